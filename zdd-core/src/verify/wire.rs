//! The JSON of Marathon's events, 1.3 to the last, with everything skipped that no verdict needs.

mod plan;
mod text;

use alloc::borrow::Cow;
use alloc::string::String;

use serde::Deserialize;

use self::plan::{WireApp, WirePlan, WireStep};
use self::text::Text;
use super::event::{About, Event, Progress, Stage, What};
use super::log::Trouble;
use super::moment::moment;

/// Reads the event in `json`, which is at `line` of a recording.
pub(super) fn decode(json: &[u8], line: u64) -> Result<Event<'_>, Trouble> {
    // Checked once as a whole, which is faster than text by text.
    let json = core::str::from_utf8(json).map_err(|_| Trouble::NotUtf8)?;
    let wire: Wire<'_> = serde_json::from_str(json)
        .map_err(|error| if error.is_eof() { Trouble::Truncated } else { Trouble::NotAnEvent })?;
    let at = wire.timestamp.as_ref().and_then(|text| moment(&text.0)).ok_or(Trouble::NoTime)?;
    let what = wire.what()?;
    Ok(Event { at, line, what })
}

/// All fields that any event of interest has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    event_type: Text<'a>,
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    app_id: Option<Text<'a>>,
    #[serde(borrow)]
    run_spec_id: Option<Text<'a>>,
    #[serde(borrow)]
    task_id: Option<Text<'a>>,
    #[serde(borrow)]
    instance_id: Option<Text<'a>>,
    #[serde(borrow)]
    task_status: Option<Text<'a>>,
    #[serde(borrow)]
    condition: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    run_spec_version: Option<Text<'a>>,
    alive: Option<bool>,
    healthy: Option<bool>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    plan: Option<WirePlan<'a>>,
    #[serde(borrow)]
    current_step: Option<WireStep<'a>>,
    #[serde(borrow)]
    app_definition: Option<WireApp<'a>>,
}

impl<'a> Wire<'a> {
    fn what(self) -> Result<What<'a>, Trouble> {
        let name = self.event_type.0.clone();
        Ok(match &*name {
            "status_update_event" => {
                let status = self.task_status.as_ref().ok_or(Trouble::NotAnEvent)?;
                let stage = Stage::of_task(&status.0).ok_or_else(|| unknown(&status.0))?;
                What::Stage(self.about()?, stage)
            }
            "instance_changed_event" => {
                let condition = self.condition.as_ref().ok_or(Trouble::NotAnEvent)?;
                let stage =
                    Stage::of_condition(&condition.0).ok_or_else(|| unknown(&condition.0))?;
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
            "api_post_event" => match self.app_definition {
                Some(app) => What::Defined(app.into()),
                None => What::Other,
            },
            "add_health_check_event" => {
                What::HealthCheckAdded { app: self.app_id.ok_or(Trouble::NotAnEvent)?.0 }
            }
            "deployment_info" => self.step(Progress::Begins)?,
            "deployment_step_success" => self.step(Progress::Succeeded)?,
            "deployment_step_failure" => self.step(Progress::Failed)?,
            "deployment_success" => self.ended(true)?,
            "deployment_failed" => self.ended(false)?,
            name if SILENT.contains(&name) => What::Other,
            name => return Err(unknown(name)),
        })
    }

    fn about(self) -> Result<About<'a>, Trouble> {
        let app = self.app_id.or(self.run_spec_id).ok_or(Trouble::NotAnEvent)?.0;
        let task = self.instance_id.or(self.task_id).ok_or(Trouble::NotAnEvent)?.0;
        let version = self.version.or(self.run_spec_version).map_or(Cow::Borrowed(""), |v| v.0);
        Ok(About { app, task, version })
    }

    fn step(self, progress: Progress) -> Result<What<'a>, Trouble> {
        let plan = self.plan.ok_or(Trouble::NotAnEvent)?.into();
        let current = self.current_step.map(|step| step.0).unwrap_or_default();
        Ok(What::Step { plan, progress, current })
    }

    fn ended(self, success: bool) -> Result<What<'a>, Trouble> {
        let empty = self.plan.as_ref().is_some_and(|plan| plan.steps.is_empty());
        let of_plan = self.plan.map(|plan| plan.id);
        let id = self.id.or(of_plan).ok_or(Trouble::NotAnEvent)?.0;
        Ok(What::Ended { id, success, empty })
    }
}

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
