//! What one app's upgrade, or its first deployment, has to find room for.

use alloc::vec::Vec;

use super::moves::{Moves, Stage};
use super::question::{Question, Sourced, Way};
use super::scene::Exchange;
use super::site::{ByApp, Placed, Rules, SceneError, Site};
use crate::app::App;
use crate::units::{AgentId, InstanceCount};
use crate::upgrade::Upgrade;

impl Question {
    /// The rolling upgrade of what runs of an app on `site` to its definition `new`. Without `old`,
    /// its definition before, they differ in their configuration and in nothing else.
    ///
    /// The instances that run are those that are replaced, however many the definition before says:
    /// those of the version of `new` stay, if it has one of its own.
    ///
    /// # Errors
    ///
    /// When something is not known of an instance that runs, or the app cannot be placed anywhere.
    ///
    /// ```
    /// use zdd_core::app::App;
    /// use zdd_core::fit::{Effort, Question, Rules, Running, Site, Verdict, fit, fixes};
    /// use zdd_core::placement::{Agent, Amount, Demand, Grouping, Resources, Room};
    ///
    /// let app = App::parse(r#"{"id": "/shop", "cmd": "./shop", "instances": 2, "mem": 128}"#)?;
    /// let two = Resources {
    ///     cpus: Amount::whole(2), mem: Amount::whole(512), n_ports: 10, ..Default::default()
    /// };
    /// let mut room = Room::new([Agent::new("a1".parse()?, "a1", two)].into());
    /// let mut running = Vec::new();
    /// for task in ["shop.1", "shop.2"] {
    ///     let (task, agent) = (task.parse()?, "a1".parse()?);
    ///     room.take(&task, &agent, &Demand::of(&app, Grouping::default())?);
    ///     running.push(Running { task, agent: Some(agent), app: app.id().clone(), version: None });
    /// }
    /// let rules = Rules::of("1.8".parse()?);
    /// let site = Site { running, ..Site::empty(room, rules) };
    ///
    /// // By default all stay until new ones are healthy: there is no cpu for them.
    /// let question = Question::of_upgrade(&site, None, &app)?;
    /// let fit = fit(&question.scene, Effort::default());
    /// assert_eq!(fit.verdict, Verdict::Stalls);
    /// let fixes = fixes(&question, &fit, Effort::default());
    /// assert_eq!(fixes[0].to_string(), "/shop: set minimumHealthCapacity to 0.5");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_upgrade(site: &Site, old: Option<&App>, new: &App) -> Result<Self, SceneError> {
        let exchange = restart(&site.by_app(), old, new)?;
        Ok(Self::of(site.room.clone(), [[exchange].into()].into()))
    }

    /// The first deployment of an app, or that of the instances which are missing.
    ///
    /// # Errors
    ///
    /// When something is not known of an instance that runs, or the app cannot be placed anywhere.
    pub fn of_start(site: &Site, app: &App) -> Result<Self, SceneError> {
        let exchange = scale(&site.by_app(), app, app.instances())?;
        Ok(Self::of(site.room.clone(), [[exchange].into()].into()))
    }
}

/// Marathon's `RestartApplication`.
pub(super) fn restart(
    running: &ByApp<'_>,
    old: Option<&App>,
    new: &App,
) -> Result<Sourced, SceneError> {
    let Rules { reading, counting, .. } = running.site.rules;
    let (present, gone) = by_version(running.of(new.id())?, old, new);
    let changes = old.is_none_or(|old| new.is_upgrade_of(old));
    let counts = counting.counts_old(changes);
    // What Marathon counts at the start is all that runs of the app.
    let tracked = InstanceCount::saturating_from((present.len() + gone.len()) as u64);
    let upgrade = Upgrade { old: tracked, ..Upgrade::between(old.unwrap_or(new), new, reading) };
    let (moves, way) = Way::upgrade(upgrade);
    let exchange = Exchange {
        app: new.id().clone(),
        demand: running.site.demand(new)?,
        old: gone.into_iter().map(|old| old.goes(counts, new.is_resident())).collect(),
        present: agents(&present),
        moves,
    };
    Ok((exchange, way))
}

/// Marathon's `ScaleApplication`. All that runs of an app stays what it is, so constraints look at it.
/// Which instances go when there are too many is taken to be any choice of them: more than Marathon
/// leaves itself, so that what is said to fit does.
pub(super) fn scale(
    running: &ByApp<'_>,
    app: &App,
    to: InstanceCount,
) -> Result<Sourced, SceneError> {
    let placed = running.of(app.id())?;
    let is_more = placed.len() > to.get() as usize;
    let (old, present, stage) = if is_more {
        // Nothing new comes. Reservations stay, as they do when a resident instance is stopped.
        let old = placed.into_iter().map(|old| old.goes(true, app.is_resident())).collect();
        (old, Vec::new(), Stage { new: InstanceCount::ZERO, old: to })
    } else {
        (Vec::new(), agents(&placed), Stage { new: to, old: InstanceCount::ZERO })
    };
    let exchange = Exchange {
        app: app.id().clone(),
        demand: running.site.demand(app)?,
        old,
        present,
        moves: Moves::Stages([stage].into()),
    };
    Ok((exchange, Way::Given))
}

/// What runs, parted into instances of the version of `new` and others. A version that `old` has as
/// well says nothing: then `new` has not got one yet.
fn by_version<'a>(
    placed: Vec<Placed<'a>>,
    old: Option<&App>,
    new: &App,
) -> (Vec<Placed<'a>>, Vec<Placed<'a>>) {
    let own = new.version().filter(|version| old.and_then(App::version) != Some(*version));
    placed.into_iter().partition(|placed| own.is_some() && placed.running.version == own)
}

pub(super) fn agents(placed: &[Placed<'_>]) -> Vec<AgentId> {
    placed.iter().map(|placed| placed.agent.clone()).collect()
}

#[cfg(test)]
#[path = "upgrade_tests.rs"]
mod tests;
