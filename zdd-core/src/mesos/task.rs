//! What runs.

use alloc::format;
use alloc::string::String;

use crate::placement::{PortRanges, Resources};
use crate::simulate::instance_of;
use crate::units::{AgentId, AppId, TaskId};

/// A task that holds resources: one that is being launched, runs, or is being stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// Which.
    pub id: TaskId,
    /// Its name. Marathon's are ids of apps from the end: `cart.shop`.
    pub name: String,
    /// The id of the framework that runs it.
    pub framework: String,
    /// The role as which that framework runs it, if that is said.
    pub role: Option<String>,
    /// Where it runs.
    pub agent: AgentId,
    /// What Mesos says of it: `TASK_RUNNING`.
    pub state: String,
    /// What it has, whoever that is reserved for.
    pub resources: Resources,
    /// Its ports.
    pub ports: PortRanges,
}

impl Task {
    /// A task that Marathon knows to run, where no master says so: of no known framework and role.
    pub fn new(id: TaskId, agent: AgentId, resources: Resources, ports: PortRanges) -> Self {
        Self {
            name: String::new(),
            framework: String::new(),
            role: None,
            state: "TASK_RUNNING".into(),
            id,
            agent,
            resources,
            ports,
        }
    }

    /// The app of which it is an instance, if it is one of a Marathon.
    pub fn app(&self) -> Option<AppId> {
        app_of(&self.id)
    }

    /// Whether a task in this state holds resources. One that cannot be reached holds those of an
    /// agent that cannot be reached either.
    pub(super) fn holds_in(state: &str) -> bool {
        matches!(state, "TASK_STAGING" | "TASK_STARTING" | "TASK_RUNNING" | "TASK_KILLING")
    }
}

/// The app of which a task is an instance, by its id; `None` where that is not one of Marathon's.
///
/// ```
/// use zdd_core::mesos::app_of;
///
/// let uuid = "5ed13e24-90b8-11e6-8d5b-aa1bbc1bc8ad";
/// for id in [format!("shop_cart.instance-{uuid}._app.2"), format!("shop_cart.{uuid}")] {
///     assert_eq!(app_of(&id.parse()?).unwrap().as_str(), "/shop/cart");
/// }
/// assert_eq!(app_of(&"driver-20260101".parse()?), None);
/// # Ok::<(), zdd_core::units::IdError>(())
/// ```
pub fn app_of(task: &TaskId) -> Option<AppId> {
    let instance = instance_of(task);
    let (path, run) = match instance.as_str().split_once(".instance-") {
        // The task of a pod goes on with the name of a container.
        Some((path, rest)) => (path, rest.split('.').next()?),
        None => instance.as_str().rsplit_once('.')?,
    };
    let uuid = run.strip_prefix("marathon-").unwrap_or(run);
    // An id of an app has no underscore, so that each stands for a slash.
    let app = format!("/{}", path.replace('_', "/"));
    is_uuid(uuid).then(|| app.parse().ok()).flatten()
}

fn is_uuid(text: &str) -> bool {
    let is_hyphen = |at| matches!(at, 8 | 13 | 18 | 23);
    let mut bytes = text.bytes().enumerate();
    text.len() == 36
        && bytes.all(|(at, b)| if is_hyphen(at) { b == b'-' } else { b.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;
    use crate::simulate::{Ids, task_id};

    #[test]
    fn other_tasks_are_of_no_app() {
        for id in [
            "task",
            "a.b",
            "a.instance-5ed13e24",
            "ct:1600000000000:0:job:",
            "a.instance-5ed13e24-90b8-11e6-8d5b-aa1bbc1bc8aX._app.1",
            ".5ed13e24-90b8-11e6-8d5b-aa1bbc1bc8ad",
        ] {
            assert_eq!(app_of(&id.parse().unwrap()), None, "{id}");
        }
        let pod = "a_p.instance-5ed13e24-90b8-11e6-8d5b-aa1bbc1bc8ad.web";
        assert_eq!(app_of(&pod.parse().unwrap()).unwrap().to_string(), "/a/p");
    }

    proptest! {
        #[test]
        fn tasks_know_their_app(
            seed: u64, attempt in 1_u32.., path in "(/[a-z][a-z0-9]{0,5}([.-][a-z]+)?){1,4}",
        ) {
            let Ok(app) = path.parse::<AppId>() else { return Ok(()) };
            let task = task_id(&Ids::new(seed).instance(&app), attempt);
            prop_assert_eq!(app_of(&task), Some(app));
        }

        #[test]
        fn no_id_panics(id in "\\PC{1,60}") {
            let _ = app_of(&id.parse().unwrap());
        }
    }
}
