//! What is looked at before anything is changed.

use zdd_core::app::App;
use zdd_core::capacity::MarathonVersion;
use zdd_core::ports::Marathon;

use super::change::Change;
use super::order::{Order, Present, Target};
use super::show;
use super::submit::failed;
use crate::args::Carrying;
use crate::error::{Call, CliError};
use crate::exit::ExitCode;
use crate::follow::Console;

/// Shows what would be done.
pub(super) async fn preview(
    order: Order,
    how: &Carrying,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let Release { version, .. } = release(how, marathon).await?;
    let present = order.present(marathon).await?;
    expected(how, &order, &present)?;
    let change = Change::of(&order, &present, how, version)?;
    show::change(&change, &order, &present, console)?;
    compare(&change, &order, marathon, console).await?;
    if let Some(version) = present.app().and_then(App::version)
        && !matches!(change, Change::Nothing)
    {
        let file = &order.source;
        console.note(&format!(
            "nothing was done; `zdd deploy {file} --expect-version {version}` does just this"
        ))?;
    }
    refuse(&change, how, &order).map(|()| ExitCode::Done)
}

/// Asks Marathon for its own steps, where it can say them before: for groups. It also refuses there
/// what it would refuse later.
pub(super) async fn compare(
    change: &Change,
    order: &Order,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let (Target::Group(group), Change::Group { .. }) = (&order.target, change) else {
        return Ok(());
    };
    let steps = marathon.preview_group(group).await;
    let steps = steps.map_err(|error| failed(order, Call::Other, error))?;
    change.departure(&steps).map_or(Ok(()), |text| console.note(&text))
}

/// The release of Marathon: how it counts depends on it.
pub(super) struct Release {
    /// As Marathon writes it.
    pub(super) text: String,
    /// As it is reckoned with.
    pub(super) version: Option<MarathonVersion>,
}

pub(super) async fn release(how: &Carrying, marathon: &dyn Marathon) -> Result<Release, CliError> {
    let info = marathon.info().await?;
    Ok(Release { text: info.version_text, version: how.marathon_version.or(info.version) })
}

/// Whether the app has the version that `--expect-version` says.
pub(super) fn expected(how: &Carrying, order: &Order, present: &Present) -> Result<(), CliError> {
    let Some(expected) = how.expect_version else { return Ok(()) };
    let found = present.app().and_then(App::version);
    match order.apps().first() {
        Some(app) if found != Some(expected) => {
            Err(CliError::Stale { app: app.id().clone(), expected: Some(expected), found })
        }
        _ => Ok(()),
    }
}

/// Refuses what would break the guarantee that was asked for.
pub(super) fn refuse(change: &Change, how: &Carrying, order: &Order) -> Result<(), CliError> {
    match change.broken(how.guarantee, order) {
        Some(error) if !how.allow_broken => Err(error),
        _ => Ok(()),
    }
}
