//! What of a recording departs from a plan, read in the simplest way: the verifier has to agree.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::Value;
use zdd_core::units::Timestamp;

use crate::trouble::moment;

#[derive(Debug)]
pub(crate) struct Departures {
    /// From the begin of the deployment to its end.
    span: RangeInclusive<Timestamp>,
    /// Tasks that ended by themselves.
    crashed: BTreeSet<String>,
    /// Instances that turned unhealthy, once for each time.
    flapped: Vec<String>,
    /// Tasks of the new version that were killed.
    replaced: BTreeSet<String>,
    /// Tasks that had to be killed because they did not heed SIGTERM.
    pub(crate) slow_kills: u64,
}

impl Departures {
    /// Those of a recording of one deployment.
    pub(crate) fn of(recording: &[Value]) -> Self {
        let first = |name: &str| {
            let event = recording.iter().find(|event| event["eventType"] == name);
            event.map(moment)
        };
        let begins = first("deployment_info").expect("it begins");
        let new = recording.iter().find_map(|event| event["plan"]["version"].as_str()).unwrap();
        let ends = first("deployment_step_success").unwrap_or(Timestamp::MAX);
        let span = begins..=ends;
        let mut departures = Self {
            span,
            crashed: BTreeSet::new(),
            flapped: Vec::new(),
            replaced: BTreeSet::new(),
            slow_kills: 0,
        };
        // Only instances that were there before can turn unhealthy without having been seen healthy.
        let mut unhealthy = BTreeSet::new();
        for event in recording {
            if !departures.span(moment(event)) {
                continue;
            }
            let instance = event["instanceId"].as_str().unwrap_or_default().to_owned();
            match event["eventType"].as_str().unwrap() {
                "status_update_event" => departures.ends(event, event["version"] == new),
                "instance_changed_event" if event["condition"] == "Provisioned" => {
                    unhealthy.insert(instance);
                }
                "instance_health_changed_event" if event["healthy"] == true => {
                    unhealthy.remove(&instance);
                }
                "instance_health_changed_event"
                    if event["healthy"] == false && unhealthy.insert(instance.clone()) =>
                {
                    departures.flapped.push(instance);
                }
                _ => {}
            }
        }
        departures.flapped.sort();
        departures
    }

    fn ends(&mut self, event: &Value, is_new: bool) {
        let task = event["taskId"].as_str().unwrap().to_owned();
        match event["taskStatus"].as_str().unwrap() {
            "TASK_FAILED" | "TASK_FINISHED" => {
                self.crashed.insert(task);
            }
            "TASK_KILLED" => {
                if is_new {
                    self.replaced.insert(task);
                }
                let is_slow = event["message"].as_str().unwrap().ends_with("signal Killed");
                self.slow_kills += u64::from(is_slow);
            }
            _ => {}
        }
    }

    /// Whether the deployment went on at this moment.
    pub(crate) fn span(&self, at: Timestamp) -> bool {
        self.span.contains(&at)
    }

    pub(crate) fn has_crash(&self, task: &str) -> bool {
        self.crashed.contains(task)
    }

    pub(crate) fn has_flap(&self, instance: &str) -> bool {
        self.flapped.iter().any(|it| it == instance)
    }

    /// Whether the report of the verifier lists just these.
    pub(crate) fn are_those_of(&self, verified: &Value, what: &str) {
        let listed = |code: &str| {
            let findings = verified["findings"].as_array().unwrap().iter();
            let findings = findings.filter(|finding| finding["code"] == code);
            findings.map(|it| it["task"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let crashed = listed("task-failed");
        assert_eq!(verified["failed_tasks"], crashed.len(), "{what}\n{verified:#}");
        assert_eq!(BTreeSet::from_iter(crashed), self.crashed, "{what}\n{verified:#}");
        let mut flapped = listed("unhealthy-after-healthy");
        flapped.sort();
        assert_eq!(flapped, self.flapped, "{what}\n{verified:#}");
        let replaced = BTreeSet::from_iter(listed("new-told-to-stop"));
        assert_eq!(replaced, self.replaced, "{what}\n{verified:#}");
    }
}
