//! From a template to the definition of a release.

use std::path::Path;

use serde_json::{Map, Value};
use zdd_core::app::{App, Document, Fault, ParseError};

use super::error::JobsError;
use super::place_holder::{self, PLACE_HOLDER};
use crate::args::Revision;
use crate::error::{CliError, FileFault};
use crate::input::Source;
use crate::rollout::CanaryError;

/// The label that says which release an app is.
pub(super) const REVISION: &str = zdd_core::rollout::history::REVISION;

/// The definition in `file`, with its image and its revision in it.
pub(super) fn release(
    file: &Path,
    image: Option<&str>,
    revision: &Revision,
) -> Result<App, CliError> {
    let source = Source::from(file);
    let app = read(&source)?;
    let mut json = app.as_json().clone();
    if let Some(image) = image {
        set_image(&mut json, image).ok_or_else(|| JobsError::NoImage(app.id().clone()))?;
    }
    set_revision(&mut json, revision).map_err(|said| JobsError::OtherRevision {
        app: app.id().clone(),
        said,
        given: revision.to_string(),
    })?;
    let json = Value::Object(json);
    if let Some(pointer) = place_holder::find(&json) {
        return Err(JobsError::PlaceHolder { source_name: source, pointer }.into());
    }
    // Read as the job will read it.
    App::parse(&json.to_string())
        .map_err(|error| CliError::Files(vec![source.error(FileFault::NotADefinition(error))]))
}

fn read(source: &Source) -> Result<App, CliError> {
    let text = source.text().map_err(|error| CliError::Files(vec![error]))?;
    match Document::parse(&text) {
        Ok(Document::App(app)) => Ok(*app),
        Ok(_) => Err(CanaryError::NotOneApp(source.clone()).into()),
        Err(error) if lacks_id(&error) => Err(JobsError::NoId(source.clone()).into()),
        Err(error) => Err(CliError::Files(vec![source.error(FileFault::NotADefinition(error))])),
    }
}

fn lacks_id(error: &ParseError) -> bool {
    error.problems().iter().all(|problem| matches!(problem.fault, Fault::Missing("id")))
}

/// Puts `image` in the place of the place-holder, or of all that is there; `None` where an app has no
/// image.
fn set_image(json: &mut Map<String, Value>, image: &str) -> Option<()> {
    let docker = json.get_mut("container")?.get_mut("docker")?.as_object_mut()?;
    let there = docker.get("image").and_then(Value::as_str);
    // A template may say the registry or the tag itself.
    let image = match there.filter(|it| it.contains(PLACE_HOLDER)) {
        Some(there) => there.replace(PLACE_HOLDER, image),
        None => image.into(),
    };
    docker.insert("image".into(), image.into());
    Some(())
}

/// Puts the revision into a label; what the label says already, where that is another one.
fn set_revision(json: &mut Map<String, Value>, revision: &Revision) -> Result<(), String> {
    let labels = json.entry("labels").or_insert_with(|| Map::new().into());
    if labels.is_null() {
        *labels = Map::new().into();
    }
    let Some(labels) = labels.as_object_mut() else { return Ok(()) };
    match labels.insert(REVISION.into(), revision.as_str().into()) {
        Some(Value::String(said)) if said != revision.as_str() => Err(said),
        _ => Ok(()),
    }
}
