//! The JSON of Marathon's events, 1.3 to the last, with everything skipped that no verdict needs.

mod plain;
mod plan;
mod snapshot;
mod text;

use alloc::borrow::Cow;
use alloc::string::String;

use serde::Deserialize;

pub(super) use self::plain::plain_fields;
use self::plan::{WireApp, WirePlan, WireStep};
use self::text::Text;
use super::event::{About, Event, Progress, Stage, What};
use super::log::Trouble;

/// Reads the event in `json`, which is at `line` of a recording.
pub(super) fn decode(json: &[u8], line: u64) -> Result<Event<'_>, Trouble> {
    // Checked once as a whole, which is faster than text by text.
    let json = core::str::from_utf8(json).map_err(|_| Trouble::NotUtf8)?;
    // Plain borrowed texts are read fastest, and texts with escapes cannot be borrowed. Marathon
    // writes none where it matters, so hardly anything is read twice.
    match serde_json::from_str::<Flat<&str>>(json) {
        Ok(flat) => flat.event(json, line),
        Err(_) => parse::<Flat<Text<'_>>>(json)?.event(json, line),
    }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Trouble> {
    serde_json::from_str(json)
        .map_err(|error| if error.is_eof() { Trouble::Truncated } else { Trouble::NotAnEvent })
}

/// All plain fields that any event of interest has; `T` is a text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flat<T> {
    event_type: T,
    timestamp: Option<T>,
    app_id: Option<T>,
    run_spec_id: Option<T>,
    task_id: Option<T>,
    instance_id: Option<T>,
    task_status: Option<T>,
    condition: Option<T>,
    version: Option<T>,
    run_spec_version: Option<T>,
    alive: Option<bool>,
    healthy: Option<bool>,
    id: Option<T>,
}

/// The fields that hold objects. They are large and rare, and read only where they are needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deep<'a> {
    #[serde(borrow)]
    plan: Option<WirePlan<'a>>,
    #[serde(borrow)]
    current_step: Option<WireStep<'a>>,
    #[serde(borrow)]
    app_definition: Option<WireApp<'a>>,
}

impl<'a, T: AsRef<str> + Into<Cow<'a, str>>> Flat<T> {
    fn event(self, json: &'a str, line: u64) -> Result<Event<'a>, Trouble> {
        let at = self.timestamp.as_ref().and_then(|text| text.as_ref().parse().ok());
        let at = at.ok_or(Trouble::NoTime)?;
        Ok(Event { at, line, what: self.what(json)? })
    }

    fn what(self, json: &'a str) -> Result<What<'a>, Trouble> {
        Ok(match self.event_type.as_ref() {
            "status_update_event" => {
                let status = self.task_status.as_ref().ok_or(Trouble::NotAnEvent)?.as_ref();
                let stage = Stage::of_task(status).ok_or_else(|| unknown(status))?;
                What::Stage(self.about()?, stage)
            }
            "instance_changed_event" => {
                let condition = self.condition.as_ref().ok_or(Trouble::NotAnEvent)?.as_ref();
                let stage = Stage::of_condition(condition).ok_or_else(|| unknown(condition))?;
                What::Stage(self.about()?, stage)
            }
            "unknown_instance_terminated_event" => What::Other,
            "health_status_changed_event" => {
                let alive = self.alive.ok_or(Trouble::NotAnEvent)?;
                What::Health(self.about()?, alive)
            }
            "instance_health_changed_event" => match self.healthy {
                Some(healthy) => What::Health(self.about()?, healthy),
                // Not known yet, or not any more.
                None => What::Other,
            },
            "api_post_event" => match parse::<Deep<'a>>(json)?.app_definition {
                Some(app) => What::Defined(app.into()),
                None => What::Other,
            },
            "add_health_check_event" => {
                What::HealthCheckAdded { app: self.app_id.ok_or(Trouble::NotAnEvent)?.into() }
            }
            "deployment_info" => step(json, Progress::Begins)?,
            "deployment_step_success" => step(json, Progress::Succeeded)?,
            "deployment_step_failure" => step(json, Progress::Failed)?,
            "deployment_success" => self.ended(json, true)?,
            "deployment_failed" => self.ended(json, false)?,
            SNAPSHOT => What::Snapshot(snapshot::snapshot(json)?),
            name if SILENT.contains(&name) => What::Other,
            name => return Err(unknown(name)),
        })
    }

    fn about(self) -> Result<About<'a>, Trouble> {
        let app = self.app_id.or(self.run_spec_id).ok_or(Trouble::NotAnEvent)?.into();
        let task = self.instance_id.or(self.task_id).ok_or(Trouble::NotAnEvent)?.into();
        let version = self.version.or(self.run_spec_version).map_or(Cow::Borrowed(""), T::into);
        Ok(About { app, task, version })
    }

    fn ended(self, json: &'a str, success: bool) -> Result<What<'a>, Trouble> {
        let plan = parse::<Deep<'a>>(json)?.plan;
        let empty = plan.as_ref().is_some_and(|plan| plan.steps.is_empty());
        let id = self.id.map(T::into).or(plan.map(|plan| plan.id.into()));
        Ok(What::Ended { id: id.ok_or(Trouble::NotAnEvent)?, success, empty })
    }
}

fn step(json: &str, progress: Progress) -> Result<What<'_>, Trouble> {
    let deep = parse::<Deep<'_>>(json)?;
    let plan = deep.plan.ok_or(Trouble::NotAnEvent)?.into();
    let current = deep.current_step.map(|step| step.0).unwrap_or_default();
    Ok(What::Step { plan, progress, current })
}

/// The event type of snapshots.
pub(super) const SNAPSHOT: &str = "zdd_snapshot";

/// Events that say nothing about the instances of an app.
const SILENT: &[&str] = &[
    "app_terminated_event",
    "event_stream_attached",
    "event_stream_detached",
    "failed_health_check_event",
    "framework_message_event",
    "group_change_failed",
    "group_change_success",
    "pod_created_event",
    "pod_deleted_event",
    "pod_updated_event",
    "remove_health_check_event",
    "scheduler_disconnected_event",
    "scheduler_registered_event",
    "scheduler_reregistered_event",
    "subscribe_event",
    "unhealthy_instance_kill_event",
    "unhealthy_task_kill_event",
    "unsubscribe_event",
];

fn unknown(name: &str) -> Trouble {
    Trouble::UnknownEvent(name.chars().take(60).collect::<String>().into())
}
