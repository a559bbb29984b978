//! The history as it is kept in Marathon.

use zdd_core::app::App;
use zdd_core::ports::{Force, Marathon, MarathonError};
use zdd_core::rollout::history::{
    self, Entry, HistoryError, KEPT, folder, folder_of_all, next_number,
};
use zdd_core::rollout::record::Record;
use zdd_core::units::{GroupId, Timestamp};

use super::error::HistoryFault;
use crate::error::CliError;
use crate::follow::Console;

/// The revisions of a group, or of all of them. What is there and is none is only told.
pub(super) async fn read(
    group: Option<&str>,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<Vec<Entry>, CliError> {
    let folder = match group {
        Some(group) => folder(group).map_err(HistoryFault::from)?,
        None => folder_of_all(),
    };
    let (entries, unreadable) = all_in(&folder, marathon).await?;
    for error in unreadable {
        console.tell(&format!("warning: {error}"))?;
    }
    Ok(entries)
}

async fn all_in(
    folder: &GroupId,
    marathon: &dyn Marathon,
) -> Result<(Vec<Entry>, Vec<HistoryError>), CliError> {
    let apps = match marathon.apps_in(folder).await {
        Ok(apps) => apps,
        Err(MarathonError::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
    for status in apps {
        match Entry::read(&status.app) {
            Ok(entry) => entries.push(entry),
            Err(error) => unreadable.push(error),
        }
    }
    Ok((entries, unreadable))
}

/// Keeps what was deployed just now: `made` is the app as it was created. Doing it again is harmless.
pub(crate) async fn keep(
    record: &Record,
    made: &App,
    (who, now): (String, Timestamp),
    marathon: &dyn Marathon,
) -> Result<(), CliError> {
    let folder = folder(&record.group).map_err(HistoryFault::from)?;
    let (mut entries, _) = all_in(&folder, marathon).await?;
    let mut entry = Entry::of(record, made, next_number(&entries), now, who);
    if !entries.iter().any(|it| it.is_of(&entry)) {
        write(&mut entry, marathon).await?;
        entries.push(entry);
    }
    for old in history::surplus(&entries) {
        let app = old.kept().map_err(HistoryFault::from)?;
        match marathon.delete_app(app.id(), Force::Yes).await {
            Ok(_) | Err(MarathonError::NotFound { .. }) => {}
            Err(error) => return Err(CliError::of_app(app.id(), error)),
        }
    }
    Ok(())
}

/// Writes a revision under the first number that is free: one that cannot be read has one, too.
async fn write(entry: &mut Entry, marathon: &dyn Marathon) -> Result<(), CliError> {
    let mut left = KEPT;
    loop {
        let app = entry.kept().map_err(HistoryFault::from)?;
        let Err(error) = marathon.create_app(&app, Force::No).await else { return Ok(()) };
        // It is ours, and its answer was lost?
        if let Ok(found) = marathon.app(app.id()).await
            && found.app.labels() == app.labels()
        {
            return Ok(());
        }
        if !matches!(error, MarathonError::Exists { .. }) || left == 0 {
            return Err(CliError::of_app(app.id(), error));
        }
        left -= 1;
        entry.number += 1;
    }
}
