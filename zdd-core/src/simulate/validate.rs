//! What a Marathon asks of a root group before it takes it.

use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::error::{ChangeError, detail};
use super::instance::Made;
use super::settings::Settings;
use crate::app::{App, Group};
use crate::placement::Demand;
use crate::ports::InvalidDetail;

/// Asks the rules on strategies of every app of `root`: one bad app blocks the changes of all.
pub(super) fn validate(root: &Group, settings: &Settings) -> Result<(), ChangeError> {
    let mut details: Vec<InvalidDetail> = root.all_apps().flat_map(problems_of).collect();
    let wanted: u64 = root.all_apps().map(|app| u64::from(app.instances().get())).sum();
    let most = settings.max_instances;
    if wanted > most {
        let error = format!("all apps together want {wanted} instances, and may have {most} here");
        details.push(detail("/instances", &error));
    }
    if details.is_empty() { Ok(()) } else { Err(ChangeError::Invalid { details }) }
}

fn problems_of(app: &App) -> Vec<InvalidDetail> {
    let refused = app.refusals().into_iter().map(|refusal| {
        let text = refusal.to_string();
        let text = text.strip_prefix(refusal.pointer()).unwrap_or(&text);
        detail(refusal.pointer(), &format!("app `{}`{text}", app.id()))
    });
    let partial = app.has_partial_upgrade_strategy().then(|| {
        detail("/upgradeStrategy", &format!("app `{}`: both numbers have to be given", app.id()))
    });
    refused.chain(partial).collect()
}

/// Makes the definition of an app ready to be launched.
pub(super) fn made(app: &App, settings: &Settings) -> Result<Arc<Made>, ChangeError> {
    let demand = Demand::of(app, settings.grouping)
        .map_err(|error| ChangeError::invalid("/", &format!("app `{}`: {error}", app.id())))?;
    let version = app.version().unwrap_or_default();
    Ok(Arc::new(Made { app: Arc::new(app.clone()), version, demand }))
}
