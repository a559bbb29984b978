//! Whether a definition can be a canary, as far as that can be said without a cluster.

use serde_json::{Map, Value};
use zdd_core::app::App;
use zdd_core::rollout::{Extent, Release, labels, service_port};
use zdd_core::units::Timestamp;

use super::error::JobsError;

/// The deployment group of `app`.
///
/// # Errors
///
/// When `app` could not be rolled out beside another release of itself.
pub(super) fn group(app: &App, allow_no_health_check: bool) -> Result<String, JobsError> {
    if app.instances().get() == 0 {
        return Err(JobsError::NoInstances(app.id().clone()));
    }
    let release = Release { definition: app, group: &[], allow_no_health_check };
    let group = release.group_name()?.to_owned();
    let count = service_ports(app.as_json());
    if count > 1 {
        return Err(JobsError::SeveralPorts { app: app.id().clone(), count });
    }
    // What the job will do, where nothing runs yet; when it would be does not matter.
    release.app(Extent { instances: 1, target: 1, beside: 0 }, Timestamp::EPOCH)?;
    if let Some(port) = service_port(app)
        && !app.labels().contains_key(labels::ALT_PORT)
    {
        return Err(JobsError::NoAltPort { app: app.id().clone(), port });
    }
    Ok(group)
}

/// How many ports an app has. Where it says them in several ways, as templates of bg-deploy do, Marathon
/// takes the first of these.
fn service_ports(json: &Map<String, Value>) -> usize {
    const PLACES: [&[&str]; 4] = [
        &["container", "docker", "portMappings"],
        &["container", "portMappings"],
        &["portDefinitions"],
        &["ports"],
    ];
    let count = |path: &&[&str]| {
        let (head, rest) = path.split_first()?;
        let place = rest.iter().try_fold(json.get(*head)?, |at, key| at.get(key))?;
        Some(place.as_array()?.len()).filter(|count| *count > 0)
    };
    PLACES.iter().find_map(count).unwrap_or(0)
}
