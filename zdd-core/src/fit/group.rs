//! What a deployment of groups has to find room for.

use alloc::collections::BTreeMap;

use super::moves::{Moves, Stage};
use super::question::{Question, Sourced, Way};
use super::scene::Exchange;
use super::site::{ByApp, SceneError, Site};
use super::upgrade::{restart, scale};
use crate::app::{App, Group};
use crate::group::{Action, DeploymentPlan, apps_of};
use crate::units::{AppId, InstanceCount};

impl Question {
    /// All steps of `plan`, the plan from `original` to `target`, on `site`: one step for each of it
    /// and in it one exchange for each action, in their order.
    ///
    /// # Errors
    ///
    /// When something is not known of an instance that runs, an app cannot be placed anywhere, or
    /// the plan is of other trees.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use zdd_core::app::Group;
    /// use zdd_core::fit::{Effort, Question, Rules, Site, Verdict, fit};
    /// use zdd_core::placement::{Agent, Amount, Resources, Room};
    ///
    /// let old = Group::empty_root();
    /// let new = Group::parse(
    ///     r#"{"id": "/", "apps": [{"id": "/db", "cmd": "db", "cpus": 2},
    ///         {"id": "/web", "cmd": "web", "instances": 3, "dependencies": ["/db"]}]}"#,
    /// )?;
    /// let plan = zdd_core::group::plan(&old, &new, &BTreeSet::new())?;
    /// let four = Resources {
    ///     cpus: Amount::whole(4), mem: Amount::whole(4096), n_ports: 10, ..Default::default()
    /// };
    /// let room = Room::new([Agent::new("a1".parse()?, "a1", four)].into());
    ///
    /// let site = Site::empty(room, Rules::default());
    /// let question = Question::of_deployment(&site, &plan, &old, &new)?;
    /// let fit = fit(&question.scene, Effort::default());
    /// // Both are made known; the database has its place, and then two of three.
    /// let stall = fit.stall.unwrap();
    /// assert_eq!((fit.verdict, stall.step, stall.placed), (Verdict::Stalls, 2, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_deployment(
        site: &Site,
        plan: &DeploymentPlan,
        original: &Group,
        target: &Group,
    ) -> Result<Self, SceneError> {
        let trees = Trees { running: site.by_app(), old: apps_of(original), new: apps_of(target) };
        let steps = plan
            .steps()
            .iter()
            .map(|step| step.actions().iter().map(|action| trees.exchange(action)).collect());
        Ok(Self::of(site.room.clone(), steps.collect::<Result<_, _>>()?))
    }
}

/// What runs, and the definitions before and after.
struct Trees<'a> {
    running: ByApp<'a>,
    old: BTreeMap<&'a AppId, &'a App>,
    new: BTreeMap<&'a AppId, &'a App>,
}

impl Trees<'_> {
    fn exchange(&self, action: &Action) -> Result<Sourced, SceneError> {
        let missing = || SceneError::NoDefinition(action.app().clone());
        let old = self.old.get(action.app()).copied();
        let new = self.new.get(action.app()).copied();
        match action {
            // It starts none: Marathon keeps the action for compatibility.
            Action::StartApplication { app } => self.nothing(app),
            Action::StopApplication { app } => self.stop(app),
            Action::ScaleApplication { to, .. } => {
                scale(&self.running, new.ok_or_else(missing)?, *to)
            }
            Action::RestartApplication { .. } => {
                restart(&self.running, old, new.ok_or_else(missing)?)
            }
        }
    }

    /// Marathon's `StopApplication`. Reservations go with the app.
    fn stop(&self, app: &AppId) -> Result<Sourced, SceneError> {
        let old = self.running.of(app)?.into_iter().map(|old| old.goes(true, false));
        let none = Stage { new: InstanceCount::ZERO, old: InstanceCount::ZERO };
        let (nothing, way) = self.nothing(app)?;
        let moves = Moves::Stages([none].into());
        Ok((Exchange { old: old.collect(), moves, ..nothing }, way))
    }

    /// Nothing comes and nothing goes. What an instance would need does not matter then.
    fn nothing(&self, app: &AppId) -> Result<Sourced, SceneError> {
        let unknown = App::new(app.clone(), InstanceCount::ZERO);
        let exchange = Exchange {
            app: app.clone(),
            demand: self.running.site.demand(&unknown)?,
            old: [].into(),
            present: [].into(),
            moves: Moves::Stages([].into()),
        };
        Ok((exchange, Way::Given))
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
