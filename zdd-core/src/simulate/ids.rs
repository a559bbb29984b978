//! Ids of deployments, instances and tasks.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use crate::units::{AppId, DeploymentId, InstanceId, TaskId};

/// Makes ids of Marathon's shapes, the same ones in the same order from the same seed.
///
/// Each kind of id has a sequence of its own: one deployment more does not change the ids of the
/// instances that come after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    deployments: Sequence,
    instances: Sequence,
}

impl Ids {
    /// The sequences that begin at `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { deployments: Sequence(seed), instances: Sequence(seed ^ 0x5a5a_5a5a_5a5a_5a5a) }
    }

    /// The id of the next deployment: a UUID.
    pub fn deployment(&mut self) -> DeploymentId {
        self.deployments.uuid().parse().expect("a UUID is neither empty nor long")
    }

    /// The id of the next instance, which is one of `app`: `shop_cart.instance-<uuid>`.
    pub fn instance(&mut self, app: &AppId) -> InstanceId {
        let id = format!("{}.instance-{}", flat(app), self.instances.uuid());
        id.parse().expect("a path has at most 242 bytes, and the rest 46")
    }
}

/// The id of the `attempt`th run of `instance`, from 1: `shop_cart.instance-<uuid>._app.1`.
pub fn task_id(instance: &InstanceId, attempt: u32) -> TaskId {
    // Ids that came from outside can be longer than Marathon's. Their tasks then share the longest
    // id that there can be, which no two of Marathon's own do.
    let id = format!("{instance}._app.{attempt}");
    id.parse().or_else(|_| instance.as_str().parse()).expect("an instance's id is a valid task's")
}

/// The instance that a task is a run of; the instance of an old `<path>.<uuid>` is its task.
pub fn instance_of(task: &TaskId) -> InstanceId {
    let id = split(task).map_or(task.as_str(), |(instance, _)| instance);
    id.parse().expect("a part of a valid id that is not empty is one")
}

/// Which run of its instance a task is, from 1; the first for old ids, which do not say.
pub fn attempt_of(task: &TaskId) -> u32 {
    split(task).map_or(1, |(_, attempt)| attempt)
}

/// The id of the instance and the number of the run, where a task's id has both.
fn split(task: &TaskId) -> Option<(&str, u32)> {
    let (rest, attempt) = task.as_str().rsplit_once('.')?;
    // In between is the name of a pod's container, or `_app`.
    let (instance, container) = rest.rsplit_once('.')?;
    let is_new = instance.contains(".instance-") && !container.starts_with("instance-");
    Some((instance, attempt.parse().ok()?)).filter(|_| is_new)
}

/// An app's id as Mesos can use it in names: without the leading slash, the others underscores.
fn flat(app: &AppId) -> String {
    let path = app.as_str();
    path.strip_prefix('/').unwrap_or(path).to_owned().replace('/', "_")
}

/// A sequence of numbers that look random: splitmix64, which any seed starts equally well.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A UUID of version 4, the random one.
    fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn app() -> AppId {
        "/shop/cart".parse().unwrap()
    }

    #[test]
    fn ids_have_marathons_shapes() {
        let mut ids = Ids::new(7);
        let instance = ids.instance(&app());
        let uuid = instance.as_str().strip_prefix("shop_cart.instance-").unwrap();
        let lengths: alloc::vec::Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(uuid.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
        assert_eq!(uuid.as_bytes()[14], b'4', "the version of {uuid}");
        assert!(b"89ab".contains(&uuid.as_bytes()[19]), "the variant of {uuid}");
        assert_eq!(task_id(&instance, 2).to_string(), format!("{instance}._app.2"));
        assert_eq!(ids.deployment().as_str().len(), 36);
    }

    #[test]
    fn sequences_repeat_and_do_not_touch_each_other() {
        let (mut one, mut other) = (Ids::new(1), Ids::new(1));
        let _ = other.deployment();
        assert_eq!(one.instance(&app()), other.instance(&app()));
        assert_ne!(one.instance(&app()), Ids::new(2).instance(&app()));
        let mut ids = Ids::new(0);
        let many: BTreeSet<_> = (0..1000).map(|_| ids.instance(&app())).collect();
        assert_eq!(many.len(), 1000);
    }

    #[test]
    fn old_ids_are_their_own_instances() {
        let old: TaskId = "shop_cart.5ed13e24-90b8-11e6-8d5b-aa1bbc1bc8ad".parse().unwrap();
        assert_eq!(instance_of(&old).as_str(), old.as_str());
        assert_eq!(attempt_of(&old), 1);
        let marathon_1_6: TaskId =
            "a.b.instance-5ed13e24-90b8-11e6-8d5b-aa1b._app".parse().unwrap();
        assert_eq!(attempt_of(&marathon_1_6), 1);
    }

    proptest! {
        #[test]
        fn tasks_know_their_instance(
            seed: u64, attempt in 1_u32.., path in "(/[a-z][a-z0-9]{0,5}([.-][a-z]+)?){1,4}",
        ) {
            let Ok(app) = path.parse::<AppId>() else { return Ok(()) };
            let instance = Ids::new(seed).instance(&app);
            let task = task_id(&instance, attempt);
            prop_assert_eq!(instance_of(&task), instance);
            prop_assert_eq!(attempt_of(&task), attempt);
        }

        #[test]
        fn no_id_panics(id in "\\PC{1,60}") {
            let task: TaskId = id.parse().unwrap();
            let _ = (instance_of(&task), attempt_of(&task));
        }
    }
}
