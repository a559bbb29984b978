//! Where marathon-lb takes instances out by itself: what it goes by is who was scaled last, and how many
//! instances each app has.

use alloc::vec;
use core::time::Duration;

use super::decision::Action;
use super::engine::{Rollout, Verdict};
use super::stage::Stage;
use super::target::{Target, Traffic};
use super::view::{Member, SideView, View};
use super::waiting::WaitingOn;
use crate::app::KillSelection;
use crate::ports::Force;
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
        let oldest_idle = oldest_idle.map(|it| age(it.task.started_at)).min();
        let youngest = side.members.iter().filter(|it| it.is_healthy);
        let youngest = youngest.map(|it| age(it.task.started_at)).max();
        // Marathon stops the youngest first.
        let are_youngest =
            oldest_idle.is_none_or(|idle| youngest.is_none_or(|healthy| idle > healthy));
        let is_youngest_first = app.app.kill_selection() == KillSelection::YoungestFirst;
        if side.instances() <= healthy || healthy == 0 || !are_youngest || !is_youngest_first {
            return None;
        }
        let instances = InstanceCount::saturating_from(healthy.into());
        let action = Action::Scale { app: app.app.id().clone(), instances, force: Force::Yes };
        Some(Verdict::Act(vec![action], WaitingOn::Effect))
    }

    /// Where marathon-lb takes out what is to take over, or not what is to go: it takes the app that was
    /// scaled or changed last for the new one. One instance more, and at once one less, makes it that: the
    /// one that is stopped is the one that has not begun.
    pub(super) fn turned_round(
        &self,
        now: Timestamp,
        view: &View<'_>,
        stage: Stage,
    ) -> Option<Verdict> {
        let app = view.side(self.ahead()).app?;
        let waiting_on = self.wrong_way(view, stage)?;
        let (id, has) = (app.app.id(), app.app.instances().get());
        let youngest = app.app.kill_selection() == KillSelection::YoungestFirst;
        let is_told = self.waiting.as_ref().is_some_and(|(it, since)| {
            it.is_same(&waiting_on) && (now <= *since || now.since(*since) < TURN_WITHIN)
        });
        if is_told || !youngest || !app.deployments.is_empty() {
            return Some(Verdict::Wait(waiting_on));
        }
        let scale = |instances: u32, force| Action::Scale {
            app: id.clone(),
            instances: InstanceCount::saturating_from(instances.into()),
            force,
        };
        let actions = vec![scale(has.saturating_add(1), Force::No), scale(has, Force::Yes)];
        Some(Verdict::Act(actions, waiting_on))
    }

    /// Whether marathon-lb takes the side that goes for the one that takes over.
    fn wrong_way(&self, view: &View<'_>, stage: Stage) -> Option<WaitingOn> {
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

/// What has not started yet is the youngest.
const fn age(started: Option<Timestamp>) -> (bool, Option<Timestamp>) {
    (started.is_none(), started)
}
