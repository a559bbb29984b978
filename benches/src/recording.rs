//! Recordings of Marathon's event stream: the same events decoded and as text.

use std::borrow::Cow;
use std::fmt::Write as _;

use zdd_core::units::{InstanceCount, Timestamp};
use zdd_core::verify::{
    About, Action, Definition, Event, Facts, Kind, Plan, Progress, Stage, What,
};

use crate::Seed;
use crate::upgrades::upgrade;

/// Apps that are deployed side by side.
pub const APPS: usize = 8;
/// Instances of each.
pub const INSTANCES: u16 = 40;

/// A cluster on which all of [`APPS`] are upgraded, round after round and all at the same time, each
/// by one extra instance at a time. How many instances live does not depend on how long that goes on.
///
/// It writes what Marathon 1.3 does: plans with definitions in them, one event for each change of
/// a task, some that concern nobody, and one in sixteen in the place of its neighbour.
/// Every deployment of it completes and keeps its bounds.
#[derive(Clone, Debug)]
pub struct Cluster {
    seed: Seed,
    now: i64,
    round: u32,
    apps: Vec<Deployed>,
}

#[derive(Clone, Debug)]
struct Deployed {
    id: String,
    version: String,
    tasks: Vec<String>,
}

impl Cluster {
    /// Before the first round: all apps run.
    pub fn new(seed: u64) -> Self {
        let mut cluster =
            Self { seed: Seed::new(seed), now: 1_476_000_000_000, round: 0, apps: Vec::new() };
        for app in 0..APPS {
            let id = format!("/shop/service-{app}");
            let tasks = (0..INSTANCES).map(|_| cluster.task(app)).collect();
            let version = cluster.moment();
            cluster.apps.push(Deployed { id, version, tasks });
        }
        cluster
    }

    /// The events of one more upgrade of every app, in the order in which they are written down.
    pub fn round(&mut self) -> Vec<Event<'static>> {
        self.round += 1;
        let mut stories: Vec<_> = (0..APPS).map(|app| self.deployment(app).into_iter()).collect();
        let mut events = Vec::new();
        // The deployments go on side by side: each has one event in turn.
        loop {
            let next: Vec<What<'static>> = stories.iter_mut().filter_map(Iterator::next).collect();
            if next.is_empty() {
                break;
            }
            for what in next {
                self.now += 1 + i64::try_from(self.seed.below(200)).expect("below 200");
                events.push(Event { at: Timestamp::from_millis(self.now), line: 0, what });
            }
        }
        for at in 1..events.len() {
            if self.seed.below(16) == 0 {
                events.swap(at - 1, at);
            }
        }
        events
    }

    /// All that happens to one app in one upgrade.
    fn deployment(&mut self, app: usize) -> Vec<What<'static>> {
        let before: Vec<Definition<'static>> = self.apps.iter().map(definition).collect();
        self.apps[app].version = self.moment();
        let now: Vec<Definition<'static>> = self.apps.iter().map(definition).collect();
        let Deployed { id, version, .. } = self.apps[app].clone();

        let action = Action { app: Cow::Owned(id.clone()), kind: Kind::Restart };
        let only = |all: &[Definition<'static>]| all[app..=app].to_vec();
        let plan = Plan {
            id: Cow::Owned(format!("d36e08e3-a92c-4bbc-{app:04x}-{:012x}", self.round)),
            version: Cow::Owned(version.clone()),
            steps: vec![vec![action.clone()]],
            original: only(&before),
            target: only(&now),
        };
        let step = |progress| {
            let current = vec![action.clone()];
            What::Step { plan: plan.clone(), progress, current }
        };
        let mut story = vec![step(Progress::Begins), What::Defined(now[app].clone()), What::Other];
        for index in 0..usize::from(INSTANCES) {
            let new = self.task(app);
            let old = std::mem::replace(&mut self.apps[app].tasks[index], new.clone());
            let new = about(&id, &new, &version);
            let old = about(&id, &old, &before[app].version);
            story.extend([
                What::Stage(new.clone(), Stage::Starting),
                What::Stage(new.clone(), Stage::Running),
                What::Health(new, true),
                What::Stage(old.clone(), Stage::Stopping),
                What::Stage(old, Stage::Killed),
            ]);
        }
        story.push(step(Progress::Succeeded));
        story.push(What::Ended { id: plan.id, success: true, empty: false });
        story
    }

    /// A new task of an app.
    fn task(&mut self, app: usize) -> String {
        let (high, low) = (self.seed.next(), self.seed.next());
        format!(
            "shop_service-{app}.{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff,
        )
    }

    /// A moment later than all before.
    fn moment(&mut self) -> String {
        self.now += 1;
        Timestamp::from_millis(self.now).to_string()
    }
}

/// The events of so many rounds.
pub fn events(rounds: u32) -> Vec<Event<'static>> {
    let mut cluster = Cluster::new(1);
    let events = (0..rounds).flat_map(|_| cluster.round());
    // Three lines each, of which the second is the data.
    events.zip(0..).map(|(event, index)| Event { line: 3 * index + 2, ..event }).collect()
}

fn about(app: &str, task: &str, version: &str) -> About<'static> {
    let [app, task, version] = [app, task, version].map(|text| Cow::Owned(text.to_owned()));
    About { app, task, version }
}

fn definition(app: &Deployed) -> Definition<'static> {
    Definition {
        app: Cow::Owned(app.id.clone()),
        version: Cow::Owned(app.version.clone()),
        facts: Facts {
            instances: Some(InstanceCount::from(INSTANCES)),
            strategy: Some(upgrade(u32::from(INSTANCES), 1.0, 0.025).strategy),
            has_health_checks: true,
            has_readiness_checks: false,
        },
    }
}

/// Writes events as `curl` shows them.
pub fn write(events: &[Event<'_>], text: &mut String) {
    for event in events {
        let (name, fields) = fields(&event.what);
        let at = event.at;
        writeln!(
            text,
            "event: {name}\ndata: {{{fields}\"eventType\":\"{name}\",\"timestamp\":\"{at}\"}}\n",
        )
        .expect("a String grows");
    }
}

/// The name of an event and its own fields, each followed by a comma.
fn fields(what: &What<'_>) -> (&'static str, String) {
    match what {
        What::Stage(about, stage) => {
            let status = match stage {
                Stage::Wanted | Stage::Starting => "TASK_STAGING",
                Stage::Running => "TASK_RUNNING",
                Stage::Stopping => "TASK_KILLING",
                Stage::Killed => "TASK_KILLED",
                Stage::Ended => "TASK_FAILED",
            };
            let task = task(about);
            let more = "\"slaveId\":\"8fb0f4ab-9c46-4ba2-9b4c-d3ae0ee4da4d-S1\",\"message\":\"\",\
                \"host\":\"10.0.3.193\",\"ports\":[11211],";
            ("status_update_event", format!("{task}\"taskStatus\":\"{status}\",{more}"))
        }
        What::Health(about, alive) => {
            ("health_status_changed_event", format!("{}\"alive\":{alive},", task(about)))
        }
        What::Defined(definition) => {
            ("api_post_event", format!("\"appDefinition\":{},", app(definition)))
        }
        What::Step { plan, progress, current } => {
            let name = match progress {
                Progress::Begins => "deployment_info",
                Progress::Succeeded => "deployment_step_success",
                Progress::Failed => "deployment_step_failure",
            };
            let steps: Vec<String> = plan.steps.iter().map(|step| actions(step)).collect();
            let text = format!(
                "\"plan\":{{\"id\":\"{}\",\"original\":{},\"target\":{},\"steps\":[{}],\
                 \"version\":\"{}\"}},\"currentStep\":{},",
                plan.id,
                root(&plan.original),
                root(&plan.target),
                steps.join(","),
                plan.version,
                actions(current),
            );
            (name, text)
        }
        What::Ended { id, success, .. } => {
            let name = if *success { "deployment_success" } else { "deployment_failed" };
            (name, format!("\"id\":\"{id}\","))
        }
        _ => ("group_change_success", "\"groupId\":\"/shop\",".to_owned()),
    }
}

fn task(about: &About<'_>) -> String {
    let About { app, task, version } = about;
    format!("\"taskId\":\"{task}\",\"appId\":\"{app}\",\"version\":\"{version}\",")
}

fn actions(actions: &[Action<'_>]) -> String {
    let written: Vec<String> = actions
        .iter()
        .map(|action| format!("{{\"action\":\"RestartApplication\",\"app\":\"{}\"}}", action.app))
        .collect();
    format!("{{\"actions\":[{}]}}", written.join(","))
}

fn root(apps: &[Definition<'_>]) -> String {
    let apps: Vec<String> = apps.iter().map(app).collect();
    format!(
        "{{\"id\":\"/\",\"apps\":[],\"groups\":[{{\"id\":\"/shop\",\"apps\":[{}],\"groups\":[]}}]}}",
        apps.join(","),
    )
}

fn app(definition: &Definition<'_>) -> String {
    format!(
        "{{\"id\":\"{}\",\"cmd\":\"./serve --port $PORT0\",\"cpus\":0.1,\"mem\":32,\"instances\":{},\
         \"healthChecks\":[{{\"protocol\":\"HTTP\",\"path\":\"/health\"}}],\"readinessChecks\":[],\
         \"upgradeStrategy\":{{\"minimumHealthCapacity\":1.0,\"maximumOverCapacity\":0.025}},\
         \"version\":\"{}\"}}",
        definition.app,
        definition.facts.instances.unwrap_or_default(),
        definition.version,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use zdd_core::guarantee::Guarantee;
    use zdd_core::verify::{LogReader, Outcome, Replay};

    #[test]
    fn the_text_says_what_the_events_say() {
        let events = events(3);
        let mut text = String::new();
        write(&events, &mut text);
        let mut index = 0;
        let mut reader = LogReader::new();
        reader.push(text.as_bytes(), &mut |event| {
            assert_eq!(event, events[index]);
            index += 1;
        });
        assert_eq!(reader.finish(&mut |_| ()).count, 0);
        assert_eq!(index, events.len());
    }

    #[test]
    fn every_deployment_keeps_its_bounds() {
        let mut text = String::new();
        write(&events(3), &mut text);
        let replayed = Replay::new().read(text.as_bytes());
        assert_eq!((replayed.reports.len(), replayed.issues.count), (3 * APPS, 0));
        for report in &replayed.reports {
            assert_eq!(report.outcome, Outcome::Success);
            assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true), "{report:?}");
            assert_eq!(report.verdict.highest_running.count, u64::from(INSTANCES) + 1);
        }
    }
}
