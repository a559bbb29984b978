//! How a deployment plan goes if nothing fails: what each step does to each app, and how long it takes.

use alloc::vec::Vec;
use core::time::Duration;

use super::action::{Action, DeploymentPlan};
use super::tree::apps_of;
use crate::app::{App, Group};
use crate::capacity::Reading;
use crate::timeline::{Assumptions, End, Model, Timeline};
use crate::units::InstanceCount;
use crate::upgrade::Upgrade;

/// A deployment plan with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forecast {
    /// The steps, one after the other.
    pub steps: Vec<ForecastStep>,
}

/// One step of a [`Forecast`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForecastStep {
    /// When it begins, counted from the start of the deployment; none if a step before it never ends.
    pub at: Option<Duration>,
    /// How long it takes: as long as the longest of its actions; none if one of them never ends.
    pub takes: Option<Duration>,
    /// The actions, which run at the same time.
    pub actions: Vec<ForecastAction>,
}

/// One action of a [`ForecastStep`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForecastAction {
    /// What is done.
    pub action: Action,
    /// Instances before.
    pub from: InstanceCount,
    /// Instances after.
    pub to: InstanceCount,
    /// How long it takes; none if it never ends.
    pub takes: Option<Duration>,
    /// Every step of it, for a replacement.
    pub timeline: Option<Timeline>,
}

impl Forecast {
    /// How `plan`, the plan from `original` to `target`, goes under a Marathon that counts as
    /// `reading` says. The times of an app's instances are what `assume` makes of its definition
    /// before and after; [`Assumptions::between`] is what the definitions say.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use zdd_core::app::Group;
    /// use zdd_core::capacity::Reading;
    /// use zdd_core::group::{Forecast, plan};
    /// use zdd_core::timeline::Assumptions;
    ///
    /// let old = Group::parse(r#"{"id": "/", "apps": [{"id": "/web", "cmd": "v1", "instances": 4}]}"#)?;
    /// let new = Group::parse(r#"{"id": "/", "apps": [{"id": "/web", "cmd": "v2", "instances": 4}]}"#)?;
    /// let steps = plan(&old, &new, &BTreeSet::new())?;
    /// let forecast = Forecast::of(&steps, &old, &new, Reading::Classic, Assumptions::between);
    /// let web = &forecast.steps[0].actions[0];
    /// assert_eq!(web.timeline.as_ref().unwrap().highest_running().count, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(
        plan: &DeploymentPlan,
        original: &Group,
        target: &Group,
        reading: Reading,
        assume: impl Fn(Option<&App>, &App) -> Assumptions,
    ) -> Self {
        let (old, new) = (apps_of(original), apps_of(target));
        let mut at = Some(Duration::ZERO);
        let mut steps = Vec::with_capacity(plan.steps().len());
        for step in plan.steps() {
            let forecast = |action: &Action| {
                let (old, new) = (old.get(action.app()).copied(), new.get(action.app()).copied());
                ForecastAction::of(action, old, new, reading, &assume)
            };
            let actions: Vec<_> = step.actions().iter().filter_map(forecast).collect();
            // One that never ends is none, and makes the whole step none.
            let takes = actions
                .iter()
                .map(|action| action.takes)
                .try_fold(Duration::ZERO, |longest, takes| Some(longest.max(takes?)));
            steps.push(ForecastStep { at, takes, actions });
            at = at.zip(takes).map(|(at, takes)| at + takes);
        }
        Self { steps }
    }

    /// How long the whole takes; none if it never ends.
    pub fn takes(&self) -> Option<Duration> {
        self.steps.iter().try_fold(Duration::ZERO, |sum, step| Some(sum + step.takes?))
    }
}

impl ForecastAction {
    /// None if the app is in neither tree, which the plan's own trees exclude.
    fn of(
        action: &Action,
        old: Option<&App>,
        new: Option<&App>,
        reading: Reading,
        assume: impl Fn(Option<&App>, &App) -> Assumptions,
    ) -> Option<Self> {
        let times = assume(old, new.or(old)?);
        let from = old.map_or(InstanceCount::ZERO, App::instances);
        let mut forecast = Self {
            action: action.clone(),
            from,
            to: from,
            takes: Some(Duration::ZERO),
            timeline: None,
        };
        match action {
            Action::StartApplication { .. } => {}
            Action::StopApplication { .. } => {
                forecast.to = InstanceCount::ZERO;
                forecast.takes = Some(if from.is_zero() { Duration::ZERO } else { times.stop });
            }
            Action::ScaleApplication { to, .. } => {
                forecast.to = *to;
                forecast.takes = Some(match from.cmp(to) {
                    core::cmp::Ordering::Less => times.start + times.healthy,
                    core::cmp::Ordering::Equal => Duration::ZERO,
                    core::cmp::Ordering::Greater => times.stop,
                });
            }
            Action::RestartApplication { .. } => {
                let upgrade = Upgrade::between(old?, new?, reading);
                let timeline = Timeline::of(&upgrade, Model::Marathon, &times);
                forecast.to = upgrade.instances;
                forecast.takes = match timeline.end() {
                    End::Complete { at } => Some(at),
                    End::Stalled { .. } => None,
                };
                forecast.timeline = Some(timeline);
            }
        }
        Some(forecast)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    fn forecast(old: &str, new: &str, reading: Reading) -> Forecast {
        let tree = |apps: &str| {
            Group::parse(&alloc::format!(r#"{{"id": "/", "apps": [{apps}]}}"#)).unwrap()
        };
        let (old, new) = (tree(old), tree(new));
        let plan = super::super::plan(&old, &new, &BTreeSet::new()).unwrap();
        Forecast::of(&plan, &old, &new, reading, Assumptions::between)
    }

    #[test]
    fn steps_follow_each_other_and_take_as_long_as_their_longest_action() {
        let forecast = forecast(
            r#"{"id": "/db", "cmd": "1", "instances": 1}, {"id": "/gone", "cmd": "1"}"#,
            r#"{"id": "/db", "cmd": "2", "instances": 1, "taskKillGracePeriodSeconds": 60},
               {"id": "/web", "cmd": "1", "instances": 2, "dependencies": ["/db"]}"#,
            Reading::Classic,
        );
        let seconds = |d: Option<Duration>| d.unwrap().as_secs();
        let times: Vec<_> =
            forecast.steps.iter().map(|step| (seconds(step.at), seconds(step.takes))).collect();
        // Stop 3 s; make known; replace 5 s + 3 s (the old definition's grace); start 5 s.
        assert_eq!(times, [(0, 3), (3, 0), (3, 8), (11, 5)]);
        assert_eq!(seconds(forecast.takes()), 16);
        let web = &forecast.steps[3].actions[0];
        assert_eq!((web.from.get(), web.to.get()), (0, 2));
    }

    #[test]
    fn what_hangs_has_no_time_and_nothing_after_it_begins() {
        let app = |cmd: &str| {
            alloc::format!(
                r#"{{"id": "/db", "cmd": "{cmd}", "instances": 2, "healthChecks": [{{"protocol": "TCP"}}],
                     "upgradeStrategy": {{"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0}}}},
                   {{"id": "/web", "cmd": "{cmd}", "dependencies": ["/db"]}}"#
            )
        };
        let stuck = forecast(&app("1"), &app("2"), Reading::HealthAware);
        assert_eq!((stuck.takes(), stuck.steps[0].takes, stuck.steps[1].at), (None, None, None));
        assert!(forecast(&app("1"), &app("2"), Reading::Classic).takes().is_some());
    }
}
