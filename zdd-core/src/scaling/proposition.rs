//! Which instances a change of the count kills, and how many it starts.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::candidate::{Candidate, kill_order};
use super::condition::{Condition, Goal};
use crate::app::KillSelection;
use crate::units::{InstanceCount, InstanceId};

/// What a `ScaleApplication` does: first all kills, and when they are confirmed all starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScalingProposition {
    /// Instances to kill, in this order.
    pub to_kill: Vec<InstanceId>,
    /// How many instances to start.
    pub to_start: InstanceCount,
}

impl ScalingProposition {
    /// Chooses from `instances`, those of any version that the app has, to have `scale_to` of them.
    ///
    /// Only instances count whose goal is to run and that are not unreachable for so long that they
    /// are replaced. Killed are first all `sentenced` ones among them, even if that takes the count
    /// below `scale_to` for a while; then those that `picks` chooses; then the rest in
    /// [`kill_order`].
    ///
    /// `picks` is asked once, with the instances that are not sentenced, in kill order, and with the
    /// number that is still to be killed. [`even_picks`](super::even_picks) is Marathon's answer:
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use zdd_core::app::App;
    /// use zdd_core::scaling::{Candidate, Condition, ScalingProposition, even_picks};
    ///
    /// let app = App::parse(r#"{"id": "/shop", "instances": 1}"#)?;
    /// let instances = [
    ///     Candidate::new("shop.instance-1".parse()?, Condition::Running),
    ///     Candidate::new("shop.instance-2".parse()?, Condition::Staging),
    /// ];
    /// let proposition = ScalingProposition::new(
    ///     &instances,
    ///     &BTreeSet::new(),
    ///     app.instances(),
    ///     app.kill_selection(),
    ///     |left, n| even_picks(app.constraints(), left, n),
    /// );
    /// assert_eq!(proposition.to_kill, ["shop.instance-2".parse()?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Source: Marathon's `ScalingProposition.propose`.
    pub fn new(
        instances: &[Candidate],
        sentenced: &BTreeSet<InstanceId>,
        scale_to: InstanceCount,
        selection: KillSelection,
        picks: impl FnOnce(&[&Candidate], usize) -> Vec<InstanceId>,
    ) -> Self {
        let counted = instances.iter().filter(|instance| {
            instance.goal == Goal::Running && instance.condition != Condition::UnreachableInactive
        });
        let (doomed, mut left): (Vec<&Candidate>, Vec<&Candidate>) =
            counted.partition(|instance| sentenced.contains(&instance.id));
        left.sort_by(|a, b| kill_order(selection, a, b));

        let n_counted = doomed.len() + left.len();
        // A count that is larger than memory can hold asks for no kill.
        let n_wanted = usize::try_from(scale_to.get()).unwrap_or(usize::MAX);
        let n_kills = n_counted.saturating_sub(n_wanted).max(doomed.len());
        let n_left = n_kills - doomed.len();

        let picked = if n_left == 0 { Vec::new() } else { picks(&left, n_left) };
        let is_picked: BTreeSet<&InstanceId> = picked.iter().collect();
        let known: BTreeSet<&InstanceId> = left.iter().map(|instance| &instance.id).collect();
        let picked = picked.iter().filter(|id| known.contains(id));
        let rest = left.iter().map(|instance| &instance.id);
        let rest = rest.filter(|id| !is_picked.contains(id));

        let doomed = doomed.iter().map(|instance| &instance.id);
        let to_kill = doomed.chain(picked).chain(rest).take(n_kills);
        let survivors = InstanceCount::saturating_from((n_counted - n_kills) as u64);
        Self { to_kill: to_kill.cloned().collect(), to_start: scale_to.saturating_sub(survivors) }
    }
}
