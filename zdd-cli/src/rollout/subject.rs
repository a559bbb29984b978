//! What a file says about a canary.

use std::path::Path;

use zdd_core::app::{App, Document};
use zdd_core::rollout::Split;

use super::error::CanaryError;
use crate::amend::{AmendError, amended};
use crate::args::{AmendArgs, Percent};
use crate::blueprint::Blueprint;
use crate::error::CliError;
use crate::input::Source;

/// What a file says about a canary, and what the command line adds.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The new version.
    pub(crate) new: App,
    /// The version that it is to stand beside and its name, where the file says that: it is deployed
    /// first if nothing runs.
    pub(crate) old: Option<(String, App)>,
    /// How many instances of the new version while both stand.
    pub(crate) canary: u32,
    /// How many in the end.
    pub(crate) full: u32,
    pub(crate) split: Split,
}

impl Subject {
    pub(crate) fn read(
        file: &Path,
        amend: &AmendArgs,
        weight: Option<Percent>,
        instances: Option<u32>,
    ) -> Result<Self, CliError> {
        let source = Source::from(file);
        let text = source.text().map_err(|error| CliError::Files(vec![error]))?;
        if is_json(file, &text) {
            let Document::App(new) = amended(&source, text.as_bytes(), amend)? else {
                return Err(CanaryError::NotOneApp(source).into());
            };
            let split = weight.ok_or(CanaryError::NoWeight)?.split();
            let (canary, full) = (instances.unwrap_or(1), new.instances().get());
            return Ok(Self { new: *new, old: None, canary, full, split });
        }
        if let Some(given) = amend.given() {
            return Err(AmendError::Blueprint { given, source_name: source }.into());
        }
        let blueprint = Blueprint::parse(&text)
            .map_err(|error| CanaryError::Blueprint { source_name: source.clone(), error })?;
        Ok(Self::of_blueprint(blueprint, &source, weight, instances)?)
    }

    fn of_blueprint(
        blueprint: Blueprint,
        source: &Source,
        weight: Option<Percent>,
        instances: Option<u32>,
    ) -> Result<Self, CanaryError> {
        let mut sides = blueprint.sides.into_iter();
        match (sides.next(), sides.next()) {
            (Some(old), Some(new)) => {
                if weight.is_some() {
                    return Err(CanaryError::TwoWeights(source.clone()));
                }
                let canary = instances.unwrap_or(new.app.instances().get());
                let full = old.app.instances().max(new.app.instances()).get();
                let split = Split { old: old.share, new: new.share };
                Ok(Self { new: new.app, old: Some((old.version, old.app)), canary, full, split })
            }
            (Some(new), None) => {
                let split = weight.ok_or(CanaryError::NoWeight)?.split();
                let (canary, full) = (instances.unwrap_or(1), new.app.instances().get());
                Ok(Self { new: new.app, old: None, canary, full, split })
            }
            (None, _) => Err(CanaryError::NotOneApp(source.clone())),
        }
    }
}

/// A file says by its name what it is, or by its first character: a blueprint is no JSON.
fn is_json(file: &Path, text: &str) -> bool {
    match file.extension().and_then(|it| it.to_str()) {
        Some("yaml" | "yml") => false,
        Some("json") => true,
        _ => text.trim_start().starts_with(['{', '[']),
    }
}
