//! Where marathon-lb takes instances out by itself: what it goes by is who was scaled last, and how many
//! instances each app has.

use alloc::vec;
use core::time::Duration;

use super::decision::Action;
use super::engine::{Rollout, Verdict};
use super::stage::Stage;
use super::target::{Target, Traffic};
use super::view::{Member, Side, SideView, View};
use super::waiting::WaitingOn;
use crate::app::KillSelection;
use crate::ports::{Force, TaskState};
use crate::units::{InstanceCount, Timestamp};

/// How long marathon-lb may take to see which app was scaled last.
const TURN_WITHIN: Duration = Duration::from_secs(30);

impl Rollout {
    /// On the way back, gives up what has begun of the side that goes and does not serve yet. marathon-lb
    /// would count it: once the other app is the one that was scaled last, it takes out as many healthy
    /// ones instead.
    pub(super) fn thinned(&self, view: &View<'_>) -> Option<Verdict> {
        let Target { traffic, .. } = self.target;
        let behind = self.ahead().other();
        let is_there = view.side(self.ahead()).app.is_some();
        if traffic != Traffic::Untouched || !self.is_way_back || self.of(behind) > 0 || !is_there {
            return None;
        }
        let side = view.side(behind);
        let (app, healthy) = (side.app?, side.healthy());
        let oldest_idle = side.members.iter().filter(|it| !it.is_healthy);
        let oldest_idle = oldest_idle.map(|it| it.task.started_at).min();
        let youngest = side.members.iter().filter(|it| it.is_healthy);
        let youngest = youngest.map(|it| it.task.started_at).max();
        let are_youngest =
            oldest_idle.is_none_or(|idle| youngest.is_none_or(|healthy| idle > healthy));
        if side.instances() <= healthy || healthy == 0 || !are_youngest || !stops_youngest(side) {
            return None;
        }
        let instances = InstanceCount::saturating_from(healthy.into());
        let action = Action::Scale { app: app.app.id().clone(), instances, force: Force::Yes };
        Some(Verdict::Act(vec![action], WaitingOn::Effect))
    }

    /// Where marathon-lb takes out what is to take over, or not what is to go: it takes the app that was
    /// scaled or changed last for the new one. One instance more makes it that. Where it has all that it is to
    /// have, that one is [given back](Self::given_back).
    pub(super) fn turned_round(
        &self,
        now: Timestamp,
        view: &View<'_>,
        stage: Stage,
    ) -> Option<Verdict> {
        let app = view.side(self.ahead()).app?;
        let waiting_on = self.wrong_way(view, stage)?;
        let has = app.app.instances().get();
        let is_told = self.waiting.as_ref().is_some_and(|(it, since)| {
            it.is_same(&waiting_on) && (now <= *since || now.since(*since) < TURN_WITHIN)
        });
        let is_more = has > stage.of(self.ahead());
        let is_youngest_first = app.app.kill_selection() == KillSelection::YoungestFirst;
        if is_told || is_more || !is_youngest_first || !app.deployments.is_empty() {
            return Some(Verdict::Wait(waiting_on));
        }
        let instances = InstanceCount::saturating_from(u64::from(has) + 1);
        let action = Action::Scale { app: app.app.id().clone(), instances, force: Force::No };
        Some(Verdict::Act(vec![action], waiting_on))
    }

    /// The one instance more by which the side that takes over was made the one that was scaled last, as soon
    /// as it is the one that Marathon stops, and as long as it does not serve. If it does by then, it stays.
    pub(super) fn given_back(&self, view: &View<'_>, stage: Stage) -> Option<Verdict> {
        let side = view.side(self.ahead());
        let to = stage.of(self.ahead());
        let is_one_more = side.instances() == to.saturating_add(1);
        if !self.keeps_all(self.ahead()) || !is_one_more || !stops_youngest(side) {
            return None;
        }
        let youngest = side.members.iter().max_by_key(|it| it.task.started_at)?;
        let is_alone = |it: &&Member<'_>| it.task.started_at == youngest.task.started_at;
        let is_idle = !youngest.is_healthy && youngest.is_out();
        if !is_idle || side.members.iter().filter(is_alone).count() > 1 {
            return None;
        }
        let (app, instances) =
            (side.app?.app.id().clone(), InstanceCount::saturating_from(to.into()));
        let action = Action::Scale { app, instances, force: Force::Yes };
        Some(Verdict::Act(vec![action], WaitingOn::Effect))
    }

    /// Whether nothing of a side is stopped, however many there are: what takes over where marathon-lb takes
    /// nothing of it out, and what one goes back to. What is too many there, somebody else wanted.
    pub(super) fn keeps_all(&self, side: Side) -> bool {
        let is_untouched = self.target.traffic == Traffic::Untouched;
        side == self.ahead() && (self.is_way_back || is_untouched)
    }

    /// Whether marathon-lb takes the side that goes for the one that takes over.
    pub(super) fn wrong_way(&self, view: &View<'_>, stage: Stage) -> Option<WaitingOn> {
        let (ahead, behind) = (view.side(self.ahead()), view.side(self.ahead().other()));
        let is_out = |it: &&Member<'_>| it.is_healthy && !it.servers.is_empty() && it.is_out();
        let n_out = |side: &SideView<'_>| side.members.iter().filter(is_out).count();
        let app = ahead.app?.app.id();
        let scaled = |side: &SideView<'_>| side.app?.last_scaling_at;
        let is_last = || Some(scaled(ahead)? >= scaled(behind)?);
        let is_untouched = self.target.traffic == Traffic::Untouched;
        // Who is told what to do may have been told so by somebody else.
        if n_out(ahead) > 0 && (is_untouched || is_last() == Some(false)) {
            return Some(WaitingOn::WrongWay { app: app.clone(), count: n_out(ahead) });
        }
        if !is_untouched {
            return None;
        }
        let is_last = is_last()?;
        let have = u32::try_from(n_out(behind)).unwrap_or(u32::MAX);
        let need = behind.instances().saturating_sub(stage.of(self.ahead().other()));
        let app = behind.app?.app.id().clone();
        (!is_last && have < need).then_some(WaitingOn::TakenOut { app, have, need })
    }
}

/// Whether Marathon stops the youngest of a side when it is scaled down. What it has not launched yet it
/// stops last of all, and what is launching first; so all have to run.
fn stops_youngest(side: &SideView<'_>) -> bool {
    let runs =
        |it: &Member<'_>| it.task.state == TaskState::Running && it.task.started_at.is_some();
    let is_youngest_first =
        side.app.is_some_and(|it| it.app.kill_selection() == KillSelection::YoungestFirst);
    let listed = u32::try_from(side.members.len()).unwrap_or(u32::MAX);
    is_youngest_first && listed == side.instances() && side.members.iter().all(runs)
}
