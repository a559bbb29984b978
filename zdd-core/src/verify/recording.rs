//! Lines of recordings that need nothing beside them.
//!
//! A recording is JSON, one object a line, in the order in which it was written:
//!
//! 1. a [`snapshot`], made after the event stream was connected and before anything was changed;
//! 2. each [`event`] as it comes;
//! 3. another snapshot when a change was accepted: it has the new definition, which events of most
//!    releases do not say;
//! 4. behind each gap of the stream a snapshot that [says so](Seen::after_gap).
//!
//! What [`Replay`](super::Replay) makes of it: the first snapshot says which instances are there, so
//! that old ones are known before anything happens to them. A snapshot behind a gap says what has
//! become of them; whatever it does not have is over. That bounds were kept in between is then
//! [no longer known](super::Why::Gaps). A deployment that is missing from it ended
//! [unseen](super::Outcome::Unseen). The moment of a snapshot is that of the recorder's clock, so it is
//! taken for no later than the event behind it.
//!
//! # What is left out
//!
//! Definitions may hold secrets: in `env`, in `cmd`, in labels, in the command or the headers of a
//! health check. Of a definition the lines have the id, the version, the number of instances, the
//! strategy that is in force, and which protocols its checks have. Nothing else of it can get in,
//! because these are the fields that are written, whatever the definition has.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::event::{self, Kind, What};
use super::log::Trouble;
use super::wire;
use crate::app::App;
use crate::ports::{AppStatus, CurrentAction, RunningDeployment, Task};
use crate::units::{AppId, Timestamp};

/// The form of the snapshots that are written, and the only one that is read.
pub const SCHEMA: u32 = 1;

/// What there is at one moment.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Seen<'a> {
    /// When it was read, by the recorder's clock.
    pub at: Timestamp,
    /// The release of Marathon, as it writes it.
    pub marathon: &'a str,
    /// Whether events are missing between the line before and this one.
    pub after_gap: bool,
    /// The apps that the recording is about: the same ones in each snapshot.
    pub apps: &'a [SeenApp<'a>],
    /// Every deployment that goes on, also those of other apps: one that is missing is over.
    pub deployments: &'a [RunningDeployment],
}

/// One app at one moment.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct SeenApp<'a> {
    /// Which.
    pub id: &'a AppId,
    /// What runs of it, with its tasks; none if there is no such app.
    pub status: Option<&'a AppStatus>,
    /// The definition that the newest one takes the place of, where there is one.
    pub previous: Option<&'a App>,
}

/// The line of a snapshot, without a line feed.
pub fn snapshot(seen: &Seen<'_>) -> String {
    let apps: Vec<Value> = seen.apps.iter().map(app).collect();
    let deployments: Vec<Value> = seen.deployments.iter().map(deployment).collect();
    json!({
        "eventType": wire::SNAPSHOT,
        "timestamp": seen.at,
        "schema": SCHEMA,
        "marathon": seen.marathon,
        "afterGap": seen.after_gap,
        "apps": apps,
        "deployments": deployments,
    })
    .to_string()
}

/// The line of an event, without a line feed: its JSON, of which plain fields are kept, and of all
/// else only what a verdict depends on. Heavy plans, which may have megabytes, become short by that.
///
/// # Errors
///
/// When the text is no event. An event of a type that is not known is none for a verdict, but has a
/// line.
pub fn event(json: &str) -> Result<String, Trouble> {
    let what = match wire::decode(json.as_bytes(), 0) {
        Ok(event) => event.what,
        Err(Trouble::UnknownEvent(_)) => What::Other,
        Err(trouble) => return Err(trouble),
    };
    let mut line = wire::plain_fields(json)?;
    match what {
        What::Defined(definition) => {
            line.insert("appDefinition".into(), announced(&definition));
        }
        What::Step { plan, current, .. } => {
            line.insert("plan".into(), planned(&plan));
            line.insert("currentStep".into(), step(&current));
        }
        What::Ended { id, empty: true, .. } => {
            line.insert("plan".into(), json!({ "id": id, "steps": [] }));
        }
        What::Stage(..)
        | What::Health(..)
        | What::HealthCheckAdded { .. }
        | What::Ended { .. }
        | What::Snapshot(_)
        | What::Other => {}
    }
    Ok(Value::Object(line).to_string())
}

fn app(seen: &SeenApp<'_>) -> Value {
    let tasks = seen.status.map_or(Some([].as_slice()), |status| status.tasks.as_deref());
    json!({
        "id": seen.id,
        "definition": seen.status.map(|status| definition(&status.app)),
        "previous": seen.previous.map(definition),
        "tasks": tasks.map(|tasks| tasks.iter().map(task).collect::<Vec<_>>()),
    })
}

fn definition(app: &App) -> Value {
    let checks =
        app.health_checks().iter().map(|check| json!({ "protocol": check.protocol.as_str() }));
    let readiness = app.readiness_check().map(|_| json!({}));
    json!({
        "id": app.id(),
        "version": app.version(),
        "instances": app.instances(),
        "upgradeStrategy": app.upgrade_strategy(),
        "healthChecks": checks.collect::<Vec<_>>(),
        "readinessChecks": readiness.into_iter().collect::<Vec<_>>(),
    })
}

fn task(task: &Task) -> Value {
    json!({
        "id": task.id,
        "version": task.version,
        "state": task.state.to_string(),
        "healthy": task.is_healthy(),
    })
}

fn deployment(deployment: &RunningDeployment) -> Value {
    let steps = deployment.steps.iter().map(|step| actions(&step.actions));
    json!({
        "plan": {
            "id": deployment.id,
            "version": deployment.version,
            "steps": steps.collect::<Vec<_>>(),
        },
        "currentStep": actions(&deployment.current_actions),
    })
}

fn actions(actions: &[CurrentAction]) -> Value {
    let action = |action: &CurrentAction| json!({ "action": action.action, "app": action.app });
    json!({ "actions": actions.iter().map(action).collect::<Vec<_>>() })
}

/// A definition as an event announced it.
fn announced(definition: &event::Definition<'_>) -> Value {
    let event::Facts { instances, strategy, has_health_checks, has_readiness_checks } =
        definition.facts;
    // Which protocol it is, is not kept; that there is one decides.
    let checks = |any: bool| if any { json!([{}]) } else { json!([]) };
    json!({
        "id": definition.app,
        "version": definition.version,
        "instances": instances,
        "upgradeStrategy": strategy,
        "healthChecks": checks(has_health_checks),
        "readinessChecks": checks(has_readiness_checks),
    })
}

fn planned(plan: &event::Plan<'_>) -> Value {
    let steps: Vec<Value> = plan.steps.iter().map(|actions| step(actions)).collect();
    let mut object = json!({ "id": plan.id, "version": plan.version, "steps": steps });
    for (name, definitions) in [("original", &plan.original), ("target", &plan.target)] {
        if !definitions.is_empty() {
            let apps: Vec<Value> = definitions.iter().map(announced).collect();
            object[name] = json!({ "id": "/", "apps": apps });
        }
    }
    object
}

fn step(actions: &[event::Action<'_>]) -> Value {
    let action =
        |action: &event::Action<'_>| json!({ "action": word(action.kind), "app": action.app });
    json!({ "actions": actions.iter().map(action).collect::<Vec<_>>() })
}

/// Marathon's word.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Start => "StartApplication",
        Kind::Scale => "ScaleApplication",
        Kind::Stop => "StopApplication",
        Kind::Restart => "RestartApplication",
        Kind::Other => "Other",
    }
}
