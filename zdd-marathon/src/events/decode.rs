//! The JSON of an event, from Marathon 1.3 to the last.

use std::borrow::Cow;

use serde::Deserialize;
use zdd_core::ports::{Event, Happening};
use zdd_core::units::{AppId, DeploymentId, Timestamp};

use crate::sse::Message;

/// Data that is no event of Marathon's: not a JSON object with an `eventType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event of Marathon's")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to say about garbage")]
pub struct NotAnEvent;

/// The event in a message.
///
/// Types that are not known, and known ones without what they should have, are
/// [`Happening::Other`]: the name and the text are there all the same. What plans say of original and
/// target groups, megabytes on a large cluster, is checked to be JSON and otherwise passed over.
///
/// # Errors
///
/// When the data is not a JSON object with an `eventType`.
pub fn decode(message: &Message<'_>) -> Result<Event, NotAnEvent> {
    let text = message.text();
    let (name, at, happening) = parts(&text).ok_or(NotAnEvent)?;
    Ok(Event { name, at, happening, json: in_one_line(text) })
}

/// Name, moment and meaning of the event in `json`, if it is one.
fn parts(json: &str) -> Option<(String, Option<Timestamp>, Happening)> {
    // Texts without escapes are read fastest where they may be borrowed. Few have any.
    if let Ok(flat) = serde_json::from_str::<Flat<&str>>(json) {
        return Some(flat.parts());
    }
    if let Ok(flat) = serde_json::from_str::<Flat<String>>(json) {
        return Some(flat.parts());
    }
    // A field that is something else here than it is elsewhere.
    let Head { event_type, timestamp } = serde_json::from_str(json).ok()?;
    Some((event_type, timestamp.and_then(|text| text.parse().ok()), Happening::Other))
}

/// Line feeds between the lines of a message's data. In JSON they can only stand between its words.
fn in_one_line(text: Cow<'_, str>) -> String {
    if memchr::memchr(b'\n', text.as_bytes()).is_some() {
        text.replace('\n', " ")
    } else {
        text.into_owned()
    }
}

/// What every event has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    event_type: String,
    timestamp: Option<String>,
}

/// All fields that matter of any event; `T` is a text.
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
    message: Option<T>,
    condition: Option<T>,
    alive: Option<bool>,
    healthy: Option<bool>,
    id: Option<T>,
    reason: Option<T>,
    plan: Option<Named<T>>,
    app_definition: Option<Named<T>>,
}

/// An object of which nothing but the id matters.
#[derive(Deserialize)]
struct Named<T> {
    id: Option<T>,
}

impl<T: AsRef<str>> Flat<T> {
    fn parts(&self) -> (String, Option<Timestamp>, Happening) {
        let at = self.timestamp.as_ref().and_then(|text| text.as_ref().parse().ok());
        (self.event_type.as_ref().into(), at, self.happening().unwrap_or(Happening::Other))
    }

    /// What the event means; nothing if it lacks what such an event has.
    fn happening(&self) -> Option<Happening> {
        Some(match self.event_type.as_ref() {
            "deployment_info" => Happening::StepBegins(self.deployment()?),
            "deployment_step_success" => self.step_ends(true)?,
            "deployment_step_failure" => self.step_ends(false)?,
            "deployment_success" => Happening::Succeeded(self.deployment()?),
            "deployment_failed" => Happening::Failed {
                deployment: self.deployment()?,
                reason: self.reason.as_ref().map(|text| text.as_ref().into()),
            },
            "status_update_event" => Happening::Task {
                app: self.app()?,
                task: self.task_id.as_ref()?.as_ref().parse().ok()?,
                state: self.task_status.as_ref()?.as_ref().into(),
                message: self
                    .message
                    .as_ref()
                    .map_or_else(String::new, |text| text.as_ref().into()),
            },
            "instance_changed_event" | "unknown_instance_terminated_event" => Happening::Instance {
                app: self.app()?,
                instance: self.instance_id.as_ref()?.as_ref().parse().ok()?,
                condition: self.condition.as_ref()?.as_ref().into(),
            },
            "health_status_changed_event" => {
                Happening::Health { app: self.app()?, healthy: self.alive? }
            }
            // `null` is an instance that has no result yet.
            "instance_health_changed_event" => {
                Happening::Health { app: self.app()?, healthy: self.healthy? }
            }
            // Sent for failures that count, and with one of these an instance is not healthy.
            "failed_health_check_event"
            | "unhealthy_task_kill_event"
            | "unhealthy_instance_kill_event" => {
                Happening::Health { app: self.app()?, healthy: false }
            }
            "api_post_event" => {
                let id = self.app_definition.as_ref()?.id.as_ref()?;
                Happening::Changed(id.as_ref().parse().ok()?)
            }
            "app_terminated_event" => Happening::Changed(self.app()?),
            "group_change_success" | "group_change_failed" => Happening::Group,
            _ => return None,
        })
    }

    fn step_ends(&self, success: bool) -> Option<Happening> {
        Some(Happening::StepEnds { deployment: self.deployment()?, success })
    }

    /// Ends of deployments say the id beside the plan, and the other events in it.
    fn deployment(&self) -> Option<DeploymentId> {
        let in_plan = || self.plan.as_ref()?.id.as_ref();
        self.id.as_ref().or_else(in_plan)?.as_ref().parse().ok()
    }

    fn app(&self) -> Option<AppId> {
        self.app_id.as_ref().or(self.run_spec_id.as_ref())?.as_ref().parse().ok()
    }
}

#[cfg(test)]
mod tests;
