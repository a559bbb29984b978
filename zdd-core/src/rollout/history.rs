//! What was deployed before, kept where the apps are: one app without instances for each deployment that
//! was finished, below `/zdd-history`.
//!
//! Its definition is kept as a text in a label, and none of the labels of a deployment group is on the app
//! itself: neither a load balancer nor a rollout ever takes it for one of the pair.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::labels;
use super::record::{DEFINITION, Record, encoded, keeper};
use super::service_port::{entrance, service_port, set_service_port};
use crate::app::App;
use crate::units::{AppId, GroupId, InstanceCount, PathError, Timestamp};

/// The label of an app that names its revision. zdd.py does not know it, and leaves it as it is.
pub const REVISION: &str = "ZDD_REVISION";
/// How many revisions of a group are kept.
pub const KEPT: usize = 10;
/// The label that holds what is known of a revision beside its definition.
const ENTRY: &str = "ZDD_HISTORY";
/// The group of all histories.
const FOLDER: &str = "zdd-history";
/// The version of the form.
const SCHEMA: u32 = 1;
/// The highest number that is read: whatever has a higher one was not counted here.
const LAST_NUMBER: u64 = 1 << 32;

/// A deployment that was finished.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "all of it is written and read")]
pub struct Entry {
    /// Its number within the group, from 1: `r7` is another name of the seventh.
    pub number: u64,
    /// The deployment group.
    pub group: String,
    /// What the operator called it.
    pub revision: Option<String>,
    /// The app that it ran as, with its colour.
    pub app: AppId,
    /// When its rollout began: what tells two deployments of one app apart.
    pub began: Timestamp,
    /// Since when all of it ran.
    pub since: Timestamp,
    /// Who saw it through.
    pub who: String,
    /// The definition, as it can be deployed again.
    pub definition: App,
}

/// What is written beside the definition.
#[derive(Serialize, Deserialize)]
struct Form {
    schema: u32,
    group: String,
    revision: Option<String>,
    app: AppId,
    began: Timestamp,
    since: Timestamp,
    who: String,
}

/// Why something is no revision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The group cannot be part of an id.
    #[error("deployment group `{group}`: {error}")]
    Id {
        /// The group.
        group: String,
        /// What is wrong.
        error: PathError,
    },
    /// The group has no name: below the folder of its history would be those of all groups.
    #[error("a deployment group without a name has no history")]
    NoName,
    /// An app where a revision should be is none.
    #[error("{app} is no revision of a history: {what}")]
    Unreadable {
        /// Which app.
        app: AppId,
        /// What is wrong.
        what: String,
    },
    /// A newer zdd wrote it.
    #[error("{app} was written by a newer zdd (form {found}, {SCHEMA} is known)")]
    Newer {
        /// Which app.
        app: AppId,
        /// Its form.
        found: u64,
    },
}

/// The group in Marathon that holds the history of a deployment group, whose name is taken as it is.
///
/// # Errors
///
/// When there is no name, or it is too long.
pub fn folder(group: &str) -> Result<GroupId, HistoryError> {
    if group.is_empty() {
        return Err(HistoryError::NoName);
    }
    let text = format!("/{FOLDER}/{}", encoded(group));
    GroupId::resolve(&text, &GroupId::root())
        .map_err(|error| HistoryError::Id { group: group.into(), error })
}

/// The group in Marathon that holds all histories.
///
/// # Panics
///
/// Never: the id is valid.
pub fn folder_of_all() -> GroupId {
    GroupId::resolve(FOLDER, &GroupId::root()).expect("`zdd-history` is a valid id")
}

/// The number of the next revision, after those that are there.
pub fn next_number(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.number).max().unwrap_or_default().saturating_add(1)
}

/// Those that are too many: all but the newest [`KEPT`].
pub fn surplus(entries: &[Entry]) -> Vec<&Entry> {
    let mut all: Vec<&Entry> = entries.iter().collect();
    all.sort_by_key(|entry| core::cmp::Reverse(entry.number));
    all.split_off(all.len().min(KEPT))
}

/// The newest revision of a name, or the one of a number such as `r7` where none is called that.
pub fn named<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Entry> {
    let newest = |is: &dyn Fn(&Entry) -> bool| {
        entries.iter().filter(|entry| is(entry)).max_by_key(|entry| entry.number)
    };
    newest(&|entry| entry.revision.as_deref() == Some(name))
        .or_else(|| newest(&|entry| entry.short_name() == name))
}

/// The revision that runs, and the one before it, among those of one group.
pub fn running_and_before<'e>(
    entries: &'e [Entry],
    running: &[App],
) -> Option<(&'e Entry, Option<&'e Entry>)> {
    let of = entries.iter().filter(|entry| entry.is_running(running));
    let runs = of.max_by_key(|entry| entry.number)?;
    let older = entries.iter().filter(|entry| entry.number < runs.number);
    Some((runs, older.max_by_key(|entry| entry.number)))
}

impl Entry {
    /// What was finished: `made` is the app as it was created.
    pub fn of(record: &Record, made: &App, number: u64, since: Timestamp, who: String) -> Self {
        Self {
            number,
            group: record.group.clone(),
            revision: made.labels().get(REVISION).cloned(),
            app: made.id().clone(),
            began: record.since,
            since,
            who,
            definition: as_written(made, record.full),
        }
    }

    /// `r7` for the seventh.
    pub fn short_name(&self) -> String {
        format!("r{}", self.number)
    }

    /// What it is called.
    pub fn name(&self) -> String {
        self.revision.clone().unwrap_or_else(|| self.short_name())
    }

    /// The image of its container.
    pub fn image(&self) -> Option<&str> {
        self.definition.as_json().get("container")?.get("docker")?.get("image")?.as_str()
    }

    /// Whether both are of one deployment: whoever finishes one in the place of somebody else may find it
    /// written already.
    pub fn is_of(&self, other: &Self) -> bool {
        self.app == other.app && self.began == other.began
    }

    /// Whether it is among the apps of its group that are there.
    pub fn is_running(&self, running: &[App]) -> bool {
        let began = self.began.to_string();
        let is = |app: &App| {
            *app.id() == self.app && app.labels().get(labels::STARTED_AT) == Some(&began)
        };
        running.iter().any(is)
    }

    /// The app that keeps it.
    ///
    /// # Errors
    ///
    /// When the name of the group is too long.
    pub fn kept(&self) -> Result<App, HistoryError> {
        let form = Form {
            schema: SCHEMA,
            group: self.group.clone(),
            revision: self.revision.clone(),
            app: self.app.clone(),
            began: self.began,
            since: self.since,
            who: self.who.clone(),
        };
        let definition = Value::Object(self.definition.as_json().clone());
        let labels = json!({ ENTRY: json!(form).to_string(), DEFINITION: definition.to_string() });
        let id = format!("{}/{}", folder(&self.group)?.as_str(), self.short_name());
        keeper(&id, &labels).map_err(|error| HistoryError::Id { group: self.group.clone(), error })
    }

    /// Reads a revision.
    ///
    /// # Errors
    ///
    /// When the app is none.
    pub fn read(app: &App) -> Result<Self, HistoryError> {
        let unreadable = |what: String| HistoryError::Unreadable { app: app.id().clone(), what };
        let label = |name| {
            let text = app.labels().get(name);
            text.ok_or_else(|| unreadable(format!("no label {name}")))
        };
        let form: Value =
            serde_json::from_str(label(ENTRY)?).map_err(|it| unreadable(it.to_string()))?;
        let schema = form.get("schema").and_then(Value::as_u64);
        if let Some(found) = schema.filter(|found| *found > SCHEMA.into()) {
            return Err(HistoryError::Newer { app: app.id().clone(), found });
        }
        let Form { group, revision, app: ran, began, since, who, .. } =
            serde_json::from_value(form).map_err(|it| unreadable(it.to_string()))?;
        let last = app.id().as_str().rsplit_once("/r").and_then(|(_, n)| n.parse().ok());
        let last = last.filter(|it| *it <= LAST_NUMBER);
        let number = last.ok_or_else(|| unreadable("its id ends with no number".into()))?;
        let definition = App::parse(label(DEFINITION)?);
        let definition = definition.map_err(|it| unreadable(format!("{DEFINITION}: {it}")))?;
        Ok(Self { number, group, revision, app: ran, began, since, who, definition })
    }
}

/// The definition that an app of a rollout was made from, as far as that can be told: without the colour
/// and what else a release adds, and with the service port of the first of a pair.
fn as_written(made: &App, full: u32) -> App {
    let mut json = made.as_json().clone();
    let said = made.labels().get(labels::APP_ID);
    let colour = made.labels().get(labels::COLOUR);
    let bare = colour.and_then(|it| made.id().as_str().strip_suffix(&format!("-{it}")));
    if let Some(id) = said.map(String::as_str).or(bare) {
        json.insert("id".into(), id.into());
    }
    if let Some(labels) = json.get_mut("labels").and_then(Value::as_object_mut) {
        use labels::{APP_ID, COLOUR, NEW, STARTED_AT, TARGET};
        for name in [APP_ID, COLOUR, STARTED_AT, TARGET, NEW] {
            labels.remove(name);
        }
    }
    let alternative: Option<u16> =
        made.labels().get(labels::ALT_PORT).and_then(|text| text.trim().parse().ok());
    if let (Some(port), Some(first)) = (service_port(made), entrance(made))
        && alternative == Some(port)
    {
        set_service_port(&mut json, first);
    }
    let written = App::from_object(json, &GroupId::root());
    // It only has texts less, and an id that it had before.
    let written = written.unwrap_or_else(|_| made.clone());
    written.with_instances(InstanceCount::saturating_from(full.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::record::{Found, Phase};
    use crate::rollout::{Extent, Growth, Release, Split};

    const SHOP: &str = r#"{
        "id": "/shop", "instances": 3, "healthChecks": [{"protocol": "HTTP"}],
        "container": {"docker": {"image": "shop:1"}, "portMappings": [{"servicePort": 10080}]},
        "labels": {
            "HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_DEPLOYMENT_ALT_PORT": "10081",
            "ZDD_REVISION": "v1"
        }
    }"#;

    fn record(new: &App) -> Record {
        Record {
            phase: Phase::Promote,
            old: None,
            new: new.id().clone(),
            before: 0,
            floor: 0,
            traffic: Split::NEW.into(),
            hold: Split::NEW.into(),
            growth: Growth::ByHalf,
            ..crate::testing::record()
        }
    }

    fn made(group: &[App]) -> App {
        let definition = App::parse(SHOP).unwrap();
        let release = Release { definition: &definition, group, allow_no_health_check: false };
        let extent = Extent { instances: 1, target: 3, beside: 0 };
        release.app(extent, Timestamp::EPOCH).unwrap()
    }

    fn entry(number: u64, revision: Option<&str>) -> Entry {
        let made = made(&[]);
        let mut entry = Entry::of(&record(&made), &made, number, Timestamp::EPOCH, "ann".into());
        entry.revision = revision.map(Into::into);
        entry.began = Timestamp::from_millis(i64::try_from(number).unwrap_or_default());
        entry
    }

    #[test]
    fn what_is_written_is_read() {
        for revision in [Some("v1"), None] {
            let entry = entry(7, revision);
            let app = entry.kept().unwrap();
            assert_eq!((app.id().as_str(), app.instances().get()), ("/zdd-history/shop/r7", 0));
            assert_eq!(Entry::read(&app), Ok(entry));
        }
        assert_eq!(entry(7, None).image(), Some("shop:1"));
    }

    #[test]
    fn a_revision_is_never_taken_for_an_app_of_its_group_nor_for_a_record() {
        let app = entry(1, Some("v1")).kept().unwrap();
        assert!(app.labels().keys().all(|name| !name.starts_with("HAPROXY")), "{app:?}");
        assert_eq!(labels::group_of(&app), None);
        Found::of(&app).unwrap_err();
        let folders = ["Shop", "shop", "/shop", "shop/a", "shop-a"].map(|it| folder(it).unwrap());
        assert!(folders.iter().all(|it| it.is_in(&folder_of_all())));
        assert!(folders.iter().enumerate().all(|(n, it)| !folders[..n].contains(it)));
        assert_eq!(folder(""), Err(HistoryError::NoName));
    }

    #[test]
    fn the_definition_can_be_deployed_again_in_either_colour() {
        let blue = made(&[]);
        let green = made(core::slice::from_ref(&blue));
        assert_eq!((service_port(&blue), service_port(&green)), (Some(10080), Some(10081)));
        for made in [&blue, &green] {
            let written = Entry::of(&record(made), made, 1, Timestamp::EPOCH, "ann".into());
            assert_eq!(written.revision.as_deref(), Some("v1"));
            let definition = &written.definition;
            assert_eq!((definition.id().as_str(), definition.instances().get()), ("/shop", 3));
            let release = |group| Release { definition, group, allow_no_health_check: false };
            let extent = Extent { instances: 1, target: 3, beside: 0 };
            let again = |group| release(group).app(extent, Timestamp::EPOCH).unwrap();
            assert_eq!(again(&[]), blue);
            assert_eq!(again(core::slice::from_ref(&blue)), green);
        }
    }

    #[test]
    fn ten_are_kept_and_numbers_go_on() {
        let mut entries: Vec<_> = (3..=14).map(|number| entry(number, None)).collect();
        entries.reverse();
        let gone: Vec<_> = surplus(&entries).into_iter().map(|it| it.number).collect();
        assert_eq!(gone, [4, 3]);
        assert!(surplus(&entries[..10]).is_empty());
        assert_eq!((next_number(&entries), next_number(&[])), (15, 1));
    }

    #[test]
    fn a_name_means_its_newest_revision() {
        let entries = [
            entry(1, Some("v1")),
            entry(2, Some("v2")),
            entry(3, Some("v1")),
            entry(4, Some("r2")),
        ];
        let number = |name| named(&entries, name).map(|it| it.number);
        assert_eq!(
            [number("v1"), number("r1"), number("r2"), number("r9")],
            [Some(3), Some(1), Some(4), None]
        );
    }

    #[test]
    fn the_one_that_runs_is_told_by_when_it_began() {
        let running = made(&[]);
        let mut entries = [entry(1, None), entry(2, None), entry(3, None)];
        assert_eq!(running_and_before(&entries, core::slice::from_ref(&running)), None);
        entries[1].began = Timestamp::EPOCH;
        let (runs, before) = running_and_before(&entries, core::slice::from_ref(&running)).unwrap();
        assert_eq!((runs.number, before.map(|it| it.number)), (2, Some(1)));
    }

    #[test]
    fn garbage_is_named() {
        let read = |text| Entry::read(&App::parse(text).unwrap()).unwrap_err();
        let error = read(r#"{"id": "/zdd-history/shop/r1"}"#).to_string();
        assert_eq!(error, "/zdd-history/shop/r1 is no revision of a history: no label ZDD_HISTORY");
        let newer =
            r#"{"id": "/zdd-history/shop/r1", "labels": {"ZDD_HISTORY": "{\"schema\": 9}"}}"#;
        assert!(matches!(read(newer), HistoryError::Newer { found: 9, .. }));
        let id = entry(1, None).kept().unwrap().with_id("/zdd-history/shop/one".parse().unwrap());
        assert!(Entry::read(&id).unwrap_err().to_string().ends_with("its id ends with no number"));
        // Nobody counted that far; what came after it would not be a number any more.
        let far = entry(u64::MAX, None);
        let error = Entry::read(&far.kept().unwrap()).unwrap_err().to_string();
        assert!(error.ends_with("its id ends with no number"), "{error}");
        assert_eq!(next_number(&[far]), u64::MAX);
        assert!(matches!(folder(&"a".repeat(300)), Err(HistoryError::Id { .. })));
    }
}
