//! What else is there: apps that are not of the deployment group, and apps of it that are no part of its
//! rollout.

use zdd_core::app::App;
use zdd_core::drive::{Around, find, running_of};
use zdd_core::ports::Marathon;
use zdd_core::rollout::record::Record;
use zdd_core::rollout::{ReleaseError, labels, refuse_foreign};
use zdd_core::units::AppId;

use super::error::CanaryError;
use crate::error::CliError;
use crate::follow::Console;

/// Refuses to go on with a rollout while an app under one of its ids is not of its group, and tells of
/// apps of the group that are no part of it.
pub(super) async fn look_around(
    record: &Record,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let around = Around::look(marathon, &record.group).await?;
    around.strangers.iter().try_for_each(|app| refuse_foreign(record, app))?;
    tell_of_others(record, &around.running, console)
}

/// Tells of apps of the group that are no part of a rollout of it.
pub(super) fn tell_of_others(
    record: &Record,
    running: &[App],
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let others = others(record, running);
    if others.is_empty() {
        return Ok(());
    }
    console.tell(&format!(
        "warning: no part of this rollout, but of the deployment group {}: {}; clients get their \
         answers, too, and nothing else of the group is deployed while they are there",
        record.group,
        listed(&others)
    ))
}

/// The apps of a group that are no part of its rollout.
pub(super) fn others(record: &Record, running: &[App]) -> Vec<AppId> {
    let is_of = |app: &&App| *app.id() == record.new || record.old.as_ref() == Some(app.id());
    running.iter().filter(|app| !is_of(app)).map(|app| app.id().clone()).collect()
}

pub(super) fn listed(apps: &[AppId]) -> String {
    apps.iter().map(AppId::as_str).collect::<Vec<_>>().join(", ")
}

/// That a deployment group has several apps, where no record says what they are to each other.
pub(crate) async fn unrecorded(
    group: &str,
    marathon: &dyn Marathon,
) -> Result<Option<ReleaseError>, CliError> {
    let running = running_of(marathon, group).await?;
    let apps: Vec<_> = running.iter().map(|app| app.id().clone()).collect();
    Ok((apps.len() > 1).then(|| ReleaseError::Hybrid { group: group.into(), apps }))
}

/// Refuses to create an app by a rolling upgrade beside others of its deployment group.
pub(crate) async fn refuse_one_more(app: &App, marathon: &dyn Marathon) -> Result<(), CliError> {
    let group = labels::group_of(app).filter(|it| !it.is_empty());
    let Some(group) = group else { return Ok(()) };
    let running = running_of(marathon, group).await?;
    if running.is_empty() || running.iter().any(|it| it.id() == app.id()) {
        return Ok(());
    }
    let apps = running.iter().map(|it| it.id().clone()).collect();
    let goes_on = find(marathon, group).await?.is_some();
    Err(CanaryError::OneMore { app: app.id().clone(), group: group.into(), apps, goes_on }.into())
}
