//! Reads a definition with what the command line adds to it.

use serde_json::{Map, Value};
use zdd_core::app::{App, Document, Place};
use zdd_core::rollout::history::REVISION;
use zdd_core::units::GroupId;

use super::error::AmendError;
use super::{set, unreplaced};
use crate::args::{AmendArgs, Revision};
use crate::error::CliError;
use crate::input::{Source, without_mark};

/// The document in a file, as it is to be deployed.
pub(crate) fn document(source: &Source, args: &AmendArgs) -> Result<Document, CliError> {
    let bytes = source.contents().map_err(|error| CliError::Files(vec![error]))?;
    amended(source, &bytes, args)
}

/// The same of what was read already.
pub(crate) fn amended(
    source: &Source,
    bytes: &[u8],
    args: &AmendArgs,
) -> Result<Document, CliError> {
    let written = source.document_of(bytes);
    let document = match args.given() {
        None => written.map_err(|error| CliError::Files(vec![error]))?,
        Some(given) => {
            let text = String::from_utf8_lossy(bytes);
            let json = serde_json::from_str(without_mark(&text));
            match (written, json) {
                (Ok(Document::Group(_) | Document::Apps(_)), _) => {
                    return Err(CliError::NotForGroups { given });
                }
                // Once something is put for its place-holders, a template may be a definition.
                (Ok(Document::App(_)) | Err(_), Ok(Value::Object(json))) => {
                    Document::App(Box::new(app(json, source, args)?))
                }
                (Ok(document), _) => document,
                (Err(error), _) => return Err(CliError::Files(vec![error])),
            }
        }
    };
    let left = document.apps().find_map(|app| Some((app, unreplaced::find(app)?)));
    if let Some((app, (pointer, found))) = left {
        let text = String::from_utf8_lossy(bytes);
        let place = Place::of_app(&text, app.id(), pointer.trim_start_matches('/'));
        let source_name = source.clone();
        return Err(AmendError::Unreplaced { source_name, place, pointer, found }.into());
    }
    Ok(document)
}

fn app(mut json: Map<String, Value>, source: &Source, args: &AmendArgs) -> Result<App, AmendError> {
    set::put_all(&mut json, &args.set)?;
    if let Some(revision) = &args.revision {
        let said = put_revision(&mut json, revision);
        if let Some(said) = said.filter(|said| said != revision.as_str()) {
            let (source_name, given) = (source.clone(), revision.to_string());
            return Err(AmendError::OtherRevision { source_name, said, given });
        }
    }
    App::from_object(json, &GroupId::root()).map_err(|problems| {
        // There is at least one.
        let problem = problems.into_iter().next().expect("a definition is refused for something");
        let problem = Box::new(problem);
        AmendError::NotADefinition { source_name: source.clone(), problem }
    })
}

/// Puts the revision into its label; answers with what that said before. Labels that are none are found
/// when the definition is read.
fn put_revision(json: &mut Map<String, Value>, revision: &Revision) -> Option<String> {
    let labels = json.entry("labels").or_insert(Value::Null);
    if labels.is_null() {
        *labels = Map::new().into();
    }
    match labels.as_object_mut()?.insert(REVISION.into(), revision.as_str().into()) {
        Some(Value::String(said)) => Some(said),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, revision: Option<&str>, settings: &[&str]) -> Result<Document, String> {
        let args = AmendArgs {
            revision: revision.map(|it| it.parse().unwrap()),
            set: settings.iter().map(|it| it.parse().unwrap()).collect(),
        };
        amended(&Source::Stdin, text.as_bytes(), &args).map_err(|error| error.lines().join("\n"))
    }

    fn json(document: &Document) -> Value {
        document.apps().next().unwrap().as_json().clone().into()
    }

    #[test]
    fn a_template_becomes_a_definition() {
        let template = r#"{"id": "/shop-__STAGE__", "labels": {"A": "{{a}}"}}"#;
        let error = read(template, None, &[]).unwrap_err();
        assert!(error.contains("__STAGE__"), "{error}");
        let settings = ["id=/shop-test", "labels.A=1", "instances=3"];
        let made = json(&read(template, Some("v2"), &settings).unwrap());
        assert_eq!(
            made,
            serde_json::json!({
                "id": "/shop-test", "labels": {"A": "1", "ZDD_REVISION": "v2"}, "instances": 3,
            })
        );
    }

    #[test]
    fn what_is_left_of_a_template_has_a_place() {
        let template = "{\"id\": \"/shop\",\n \"labels\": {\"A\": \"%TAG%\"}}";
        assert_eq!(
            read(template, None, &[]).unwrap_err(),
            "standard input:2:18: /labels/A: `%TAG%` is a place-holder that nothing was put for"
        );
        assert_eq!(
            read(template, None, &["labels.A=${TAG}"]).unwrap_err(),
            "standard input:2:18: /labels/A: `${TAG}` is a place-holder that nothing was put for"
        );
    }

    #[test]
    fn contradictions_and_nonsense_are_refused() {
        let app = r#"{"id": "/shop", "labels": {"ZDD_REVISION": "v1"}}"#;
        assert_eq!(
            read(app, Some("v2"), &[]).unwrap_err(),
            "standard input has the label ZDD_REVISION=v1, and --revision says v2"
        );
        read(app, Some("v1"), &[]).unwrap();
        assert_eq!(read(app, None, &["instances=many"]).unwrap_err().lines().count(), 1);
        let group = r#"{"id": "/", "apps": [{"id": "a"}]}"#;
        assert_eq!(
            read(group, None, &["instances=1"]).unwrap_err(),
            "--set cannot be said of a group: its definitions say it"
        );
        read("{", None, &["instances=1"]).unwrap_err();
        read("3", Some("v1"), &[]).unwrap_err();
    }
}
