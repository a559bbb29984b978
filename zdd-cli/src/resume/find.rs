//! Finds a running deployment.

use zdd_core::ports::{Marathon, RunningDeployment};
use zdd_core::units::{AppId, DeploymentId};

use crate::args::Target;
use crate::error::CliError;
use crate::rollout::{CanaryError, Rollouts, unrecorded};

/// What is said of the deployment that is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) app: Option<&'a AppId>,
    pub(crate) deployment: Option<&'a DeploymentId>,
}

/// The one deployment that is meant.
pub(crate) fn find<'d>(
    running: &'d [RunningDeployment],
    wanted: Wanted<'_>,
) -> Result<&'d RunningDeployment, CliError> {
    let is_meant = |deployment: &&RunningDeployment| match wanted {
        Wanted { deployment: Some(id), .. } => deployment.id == *id,
        Wanted { app: Some(app), .. } => deployment.affected_apps.contains(app),
        Wanted { app: None, deployment: None } => true,
    };
    let meant: Vec<_> = running.iter().filter(is_meant).collect();
    match meant.as_slice() {
        [one] => Ok(one),
        [] => Err(match wanted {
            Wanted { deployment: Some(id), .. } => CliError::DeploymentGone(id.clone()),
            Wanted { app: Some(app), .. } => CliError::NothingRuns(app.to_string()),
            Wanted { app: None, deployment: None } => CliError::NothingRuns("any app".into()),
        }),
        several => Err(CliError::SeveralRun(several.iter().map(|it| named(it)).collect())),
    }
}

/// That neither a deployment nor a rollout of what is meant goes on, and what does.
pub(crate) fn none_of(
    target: &Target,
    running: &[RunningDeployment],
    rollouts: &Rollouts,
) -> CliError {
    let mut there: Vec<_> = rollouts.names().map(|group| format!("rollout of {group}")).collect();
    there.extend(running.iter().map(|it| format!("deployment {}", named(it))));
    let target = target.app().map_or_else(|| target.to_string(), |app| app.to_string());
    CliError::NoneGoesOn { target, there }
}

/// The same, with what is wrong with the deployment group that is meant.
pub(crate) async fn explained(error: CliError, marathon: &dyn Marathon) -> CliError {
    let CliError::NoneGoesOn { target, .. } = &error else { return error };
    let group = target.strip_prefix('/').unwrap_or(target);
    // What is wrong already is told, with the reason or without it.
    match unrecorded(group, marathon).await {
        Ok(Some(several)) => CanaryError::Unrecorded { target: target.clone(), several }.into(),
        _ => error,
    }
}

/// A deployment and what it holds, the first few.
pub(super) fn named(deployment: &RunningDeployment) -> String {
    const SHOWN: usize = 3;
    let apps = &deployment.affected_apps;
    let shown: Vec<_> = apps.iter().take(SHOWN).map(AppId::as_str).collect();
    let more = if apps.len() > SHOWN { ", …" } else { "" };
    format!("{} of {}{more}", deployment.id, shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zdd_core::units::Timestamp;

    fn deployment(id: &str, apps: &[&str]) -> RunningDeployment {
        let mut deployment = RunningDeployment::new(id.parse().unwrap(), Timestamp::EPOCH);
        deployment.affected_apps = apps.iter().map(|app| app.parse().unwrap()).collect();
        deployment
    }

    #[test]
    fn it_has_to_be_clear_which_is_meant() {
        let running = [deployment("one", &["/a"]), deployment("two", &["/b", "/c", "/d", "/e"])];
        let app: AppId = "/b".parse().unwrap();
        let all = Wanted { app: None, deployment: None };
        let found = find(&running, Wanted { app: Some(&app), ..all }).unwrap();
        assert_eq!(found.id.as_str(), "two");
        let id = "one".parse().unwrap();
        let found = find(&running, Wanted { deployment: Some(&id), ..all }).unwrap();
        assert_eq!(found.id.as_str(), "one");
        assert_eq!(find(&running[..1], all).unwrap().id.as_str(), "one");
        assert_eq!(
            find(&running, all).unwrap_err().to_string(),
            "several deployments go on: one of /a; two of /b, /c, /d, …"
        );
        assert_eq!(find(&[], all).unwrap_err().to_string(), "no deployment of any app goes on");
        assert_eq!(
            find(&[], Wanted { deployment: Some(&id), ..all }).unwrap_err().to_string(),
            "deployment one does not go on: it has ended, or there was none of this id"
        );
    }
}
