//! How many tasks there are, and how long they have been running.

use serde_json::{Map, Value, json};
use zdd_core::app::App;
use zdd_core::simulate::{Instance, MesosState};
use zdd_core::units::Timestamp;

/// How many tasks are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) staged: usize,
    pub(super) running: usize,
    pub(super) healthy: usize,
    pub(super) unhealthy: usize,
}

impl Counts {
    /// Those of the instances that have a task. One without any result is neither healthy nor
    /// unhealthy.
    pub(super) fn of<'i>(instances: impl IntoIterator<Item = &'i Instance>) -> Self {
        let mut counts = Self::default();
        for instance in instances.into_iter().filter(|instance| instance.has_task()) {
            match instance.state {
                None | Some(MesosState::Staging) => counts.staged += 1,
                Some(MesosState::Running) => counts.running += 1,
                Some(_) => {}
            }
            let mut results = instance.health.iter().flatten().peekable();
            if results.peek().is_some() {
                let is_healthy = results.all(|result| result.alive);
                *if is_healthy { &mut counts.healthy } else { &mut counts.unhealthy } += 1;
            }
        }
        counts
    }
}

/// Statistics of an app's tasks, by what they were made from; parts without tasks are left out.
///
/// Source: Marathon's `TaskStatsByVersion`.
pub(super) fn task_stats(app: &App, instances: &[&Instance], now: Timestamp) -> Value {
    let tasks = instances.iter().copied().filter(|instance| instance.has_task());
    let info = app.version_info();
    let is_started_after_scaling = |it: &&Instance| {
        info.zip(it.started_at).is_some_and(|(info, at)| at > info.last_scaling_at)
    };
    let is_latest =
        |it: &&Instance| info.is_some_and(|info| it.version >= info.last_config_change_at);
    let parts: [(&str, Vec<&Instance>); 4] = [
        ("startedAfterLastScaling", tasks.clone().filter(is_started_after_scaling).collect()),
        ("withLatestConfig", tasks.clone().filter(is_latest).collect()),
        ("withOutdatedConfig", tasks.clone().filter(|it| !is_latest(it)).collect()),
        ("totalSummary", tasks.collect()),
    ];
    let parts = parts.into_iter().filter(|(_, part)| !part.is_empty());
    parts.map(|(name, part)| (name.to_owned(), stats(&part, now))).collect::<Map<_, _>>().into()
}

fn stats(tasks: &[&Instance], now: Timestamp) -> Value {
    let Counts { staged, running, healthy, unhealthy } = Counts::of(tasks.iter().copied());
    let counts = json!({
        "staged": staged, "running": running, "healthy": healthy, "unhealthy": unhealthy,
    });
    let mut stats = Map::from_iter([("counts".to_owned(), counts)]);
    let lives = tasks.iter().filter_map(|task| task.started_at);
    let mut lives: Vec<f64> = lives.map(|at| now.since(at).as_secs_f64()).collect();
    lives.sort_by(f64::total_cmp);
    if let Some(median) = lives.get(lives.len() / 2) {
        let average =
            lives.iter().sum::<f64>() / f64::from(u32::try_from(lives.len()).unwrap_or(1));
        let life = json!({ "averageSeconds": average, "medianSeconds": median });
        stats.insert("lifeTime".to_owned(), life);
    }
    json!({ "stats": stats })
}
