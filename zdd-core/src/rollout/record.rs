//! What of a rollout has to survive a crash, kept where the apps are: in the labels of an app of its own
//! that never has an instance.
//!
//! It is the lock, too. Marathon creates an app once and refuses to create it again, so whoever creates
//! the next *generation* of a record has the rollout; whoever finds one that is higher than its own has
//! lost it, and stops. Labels of an app that runs are no place for this: to change them restarts it.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::course::Course;
use super::engine::Rollout;
use super::growth::Growth;
use super::pushed::Known;
use super::target::{Split, Target, Traffic};
use crate::app::App;
use crate::ports::{Name, NameError};
use crate::units::{AppId, GroupId, PathError, Timestamp};

/// The label that holds the record.
pub const RECORD: &str = "ZDD_ROLLOUT";
/// The label that holds the app that is rolled out, as it was created.
pub const DEFINITION: &str = "ZDD_DEFINITION";
/// The label that says who works on it just now.
pub const HOLDER: &str = "ZDD_HOLDER";
/// The group of all records.
const FOLDER: &str = "zdd-rollouts";
/// The version of the form.
const SCHEMA: u32 = 1;
/// The highest generation that is read. Each verb makes one more, and the count begins anew with each
/// rollout: whoever finds a higher one has found something else, and nothing can overflow.
const LAST_GENERATION: u64 = 1 << 32;

/// Where a rollout is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "forwards, back, or to where both stand")]
pub enum Phase {
    /// Both stand beside each other.
    Canary,
    /// The new one takes over, the old one goes.
    Promote,
    /// The old one takes over again, the new one goes.
    Rollback,
}

/// A rollout, as far as it has to be remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "all of it is written and read")]
pub struct Record {
    /// Version of this form.
    pub schema: u32,
    /// The deployment group.
    pub group: String,
    /// The backend that serves both.
    pub backend: Name,
    /// Where it goes.
    pub phase: Phase,
    /// The old app, if there was one.
    pub old: Option<AppId>,
    /// The new app.
    pub new: AppId,
    /// How many instances the old app has to keep while both stand.
    pub before: u32,
    /// How many instances the new app gets while both stand.
    pub canary: u32,
    /// How many instances the new app has in the end.
    pub full: u32,
    /// How many instances have to serve at any time.
    pub floor: u32,
    /// What becomes of the traffic while both stand.
    pub traffic: Traffic,
    /// What becomes of it until then.
    pub hold: Traffic,
    /// How the side that takes over grows.
    pub growth: Growth,
    /// The steps of the canary, if it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
    /// When it began.
    pub since: Timestamp,
    /// Which definitions of both were seen by whoever worked on it last.
    #[serde(default, skip_serializing_if = "Known::is_empty")]
    pub known: Known,
}

/// Who works on a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "all of it is written and read")]
pub struct Holder {
    /// A name for people: `ann@build-7, process 4711`.
    pub who: String,
    /// Since when, by its own clock.
    pub since: Timestamp,
    /// Whether it only keeps what is there as it is, and gives way to whoever wants more.
    #[serde(default)]
    pub yields: bool,
}

impl Holder {
    /// Whether both are the same one, whether it gives way or not.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.who, self.since) == (&other.who, other.since)
    }
}

/// A record as it was found.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "all that there is")]
pub struct Found {
    /// Its generation, from 1.
    pub generation: u64,
    /// What it says.
    pub record: Record,
    /// Who works on it.
    pub holder: Option<Holder>,
    /// The app that is rolled out, as it was or is to be created.
    pub definition: Option<App>,
}

/// Why something is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The group cannot be part of an id.
    #[error("deployment group `{group}`: {error}")]
    Id {
        /// The group.
        group: String,
        /// What is wrong.
        error: PathError,
    },
    /// The group has no name: below the folder of its record would be those of all groups.
    #[error("a deployment group without a name has no record")]
    NoName,
    /// An app where a record should be is none.
    #[error("{app} is no record of a rollout: {what}")]
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
        found: u32,
    },
    /// There can be no generation after this one.
    #[error(
        "the record of {group} has had {LAST_GENERATION} generations: there is none after that"
    )]
    NoGenerationLeft {
        /// The group.
        group: String,
    },
    /// HAProxy can have no backend of this name.
    #[error(transparent)]
    Backend(#[from] NameError),
}

/// The group in Marathon that holds the generations of a deployment group's record. The name is taken as
/// it is: [`group_of`](super::labels::group_of) has taken the first slash off.
///
/// # Errors
///
/// When there is no name, or it is too long.
pub fn folder(group: &str) -> Result<GroupId, RecordError> {
    if group.is_empty() {
        return Err(RecordError::NoName);
    }
    let text = format!("/{FOLDER}/{}", encoded(group));
    GroupId::resolve(&text, &GroupId::root())
        .map_err(|error| RecordError::Id { group: group.into(), error })
}

/// The group in Marathon that holds all records.
///
/// # Panics
///
/// Never: the id is valid.
pub fn folder_of_all() -> GroupId {
    GroupId::resolve(FOLDER, &GroupId::root()).expect("`zdd-rollouts` is a valid id")
}

/// A deployment group as a part of an id. Two groups never become one: whatever an id cannot have is
/// written as two digits behind `-`, which is itself written so. An id begins with no `-`, so for the
/// first character it is `z`, in the same way.
pub(super) fn encoded(group: &str) -> String {
    let mut id = String::new();
    for byte in group.bytes() {
        let escape = if id.is_empty() { 'z' } else { '-' };
        let is_plain = byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if is_plain && char::from(byte) != escape {
            id.push(byte.into());
        } else {
            // Writing to a text cannot fail.
            let _ = write!(id, "{escape}{byte:02x}");
        }
    }
    id
}

impl Record {
    /// The form that is written.
    pub const SCHEMA: u32 = SCHEMA;

    /// The part of the traffic that the new app gets while both stand, 0 to 1; `None` where each instance
    /// gets as much as any other.
    pub fn share(&self) -> Option<f64> {
        let Traffic::Split(Split { old, new }) = self.traffic else { return None };
        Some(f64::from(new) / (f64::from(old) + f64::from(new)))
    }

    /// What leads from where it is to where it is to go.
    pub fn rollout(&self) -> Rollout {
        let whole = |split: Split| match self.traffic {
            Traffic::Split(_) => split.into(),
            other => other,
        };
        let target = match self.phase {
            Phase::Canary => Target { old: self.before, new: self.canary, traffic: self.traffic },
            Phase::Promote => Target { old: 0, new: self.full, traffic: whole(Split::NEW) },
            Phase::Rollback => Target { old: self.before, new: 0, traffic: whole(Split::OLD) },
        };
        let rollout = Rollout::new(self.old.clone(), self.new.clone(), target)
            .holding(self.hold)
            .growing(self.growth)
            .with_floor(self.floor)
            .knowing(self.known);
        match (self.phase, self.course.as_ref().and_then(Course::soak)) {
            (Phase::Rollback, _) => rollout.on_the_way_back(),
            (Phase::Canary, Some((soak, since))) => rollout.watched(soak, Some(since)),
            _ => rollout,
        }
    }

    /// The app that keeps it.
    ///
    /// # Errors
    ///
    /// When the name of the group is too long.
    pub fn app(
        &self,
        generation: u64,
        holder: Option<&Holder>,
        definition: Option<&App>,
    ) -> Result<App, RecordError> {
        let folder = folder(&self.group)?;
        let mut labels = json!({ RECORD: json!(self).to_string() });
        if let Some(holder) = holder {
            labels[HOLDER] = json!(holder).to_string().into();
        }
        if let Some(definition) = definition {
            labels[DEFINITION] = Value::Object(definition.as_json().clone()).to_string().into();
        }
        keeper(&format!("{}/g{generation}", folder.as_str()), &labels)
            .map_err(|error| RecordError::Id { group: self.group.clone(), error })
    }
}

/// An app that only keeps its labels: it never has an instance.
///
/// # Errors
///
/// When the id is too long.
pub(super) fn keeper(id: &str, labels: &Value) -> Result<App, PathError> {
    let app = json!({
        "id": id,
        "cmd": "exit 1",
        "instances": 0,
        "cpus": 0.01,
        "mem": 1,
        "labels": labels,
    });
    App::from_value(&app, &GroupId::root()).map_err(|problems| {
        PathError::Segment(problems.first().map(ToString::to_string).unwrap_or_default())
    })
}

impl Found {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// When the app is none.
    pub fn of(app: &App) -> Result<Self, RecordError> {
        let unreadable = |what: String| RecordError::Unreadable { app: app.id().clone(), what };
        let labels = app.labels();
        let text = labels.get(RECORD).ok_or_else(|| unreadable(format!("no label {RECORD}")))?;
        let form: Value = serde_json::from_str(text).map_err(|it| unreadable(it.to_string()))?;
        let schema = form.get("schema").and_then(Value::as_u64);
        if let Some(found) = schema.filter(|found| *found > SCHEMA.into()) {
            let found = u32::try_from(found).unwrap_or(u32::MAX);
            return Err(RecordError::Newer { app: app.id().clone(), found });
        }
        let record: Record =
            serde_json::from_value(form).map_err(|it| unreadable(it.to_string()))?;
        let last = app.id().as_str().rsplit_once("/g").and_then(|(_, n)| n.parse().ok());
        let last = last.filter(|it| *it <= LAST_GENERATION);
        let generation = last.ok_or_else(|| unreadable("its id ends with no generation".into()))?;
        let holder = labels.get(HOLDER).map(|text| serde_json::from_str(text));
        let holder = holder.transpose().map_err(|it| unreadable(format!("{HOLDER}: {it}")))?;
        let definition = labels.get(DEFINITION).map(|text| App::parse(text));
        let definition =
            definition.transpose().map_err(|it| unreadable(format!("{DEFINITION}: {it}")))?;
        Ok(Self { generation, record, holder, definition })
    }

    /// The generation after this one.
    ///
    /// # Errors
    ///
    /// When there are as many as can be read.
    pub fn next_generation(&self) -> Result<u64, RecordError> {
        let next = self.generation.checked_add(1).filter(|it| *it <= LAST_GENERATION);
        next.ok_or_else(|| RecordError::NoGenerationLeft { group: self.record.group.clone() })
    }

    /// The newest of several generations; none where there is no record.
    ///
    /// # Errors
    ///
    /// When one of them is no record.
    pub fn newest<'a>(
        apps: impl IntoIterator<Item = &'a App>,
    ) -> Result<Option<Self>, RecordError> {
        let mut newest: Option<Self> = None;
        for app in apps {
            let found = Self::of(app)?;
            if newest.as_ref().is_none_or(|it| it.generation < found.generation) {
                newest = Some(found);
            }
        }
        Ok(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn record(group: &str) -> Record {
        Record { group: group.into(), ..crate::testing::record() }
    }

    #[test]
    fn what_is_written_is_read() {
        let holder = Holder { who: "ann".into(), since: Timestamp::EPOCH, yields: false };
        let definition = App::parse(r#"{"id": "/shop-green", "instances": 1}"#).unwrap();
        let record = record("shop");
        let app = record.app(3, Some(&holder), Some(&definition)).unwrap();
        assert_eq!((app.id().as_str(), app.instances().get()), ("/zdd-rollouts/shop/g3", 0));
        let found = Found::of(&app).unwrap();
        let (holder, definition) = (Some(holder), Some(definition));
        assert_eq!(found, Found { generation: 3, record, holder, definition });
    }

    #[test]
    fn generations_do_not_overflow() {
        let last = record("shop").app(LAST_GENERATION, None, None).unwrap();
        let found = Found::of(&last).unwrap();
        let error = found.next_generation().unwrap_err().to_string();
        assert!(error.starts_with("the record of shop has had "), "{error}");
        let before = Found { generation: LAST_GENERATION - 1, ..found };
        assert_eq!(before.next_generation(), Ok(LAST_GENERATION));
        for generation in [LAST_GENERATION + 1, u64::MAX] {
            let app = record("shop").app(generation, None, None).unwrap();
            let error = Found::of(&app).unwrap_err().to_string();
            assert!(error.ends_with("its id ends with no generation"), "{error}");
        }
    }

    #[test]
    fn groups_never_share_a_record() {
        let groups = [
            "shop", "/shop", "Shop", "shop-a", "shop/a", "shop_a", "shop-2da", "ä", "zc3-a4", "/-",
            "-", "/", "z",
        ];
        let mut ids: Vec<_> = groups.map(|it| folder(it).unwrap().to_string()).into();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), groups.len(), "{ids:?}");
    }

    #[test]
    fn no_name_is_not_every_group() {
        assert_eq!(folder(""), Err(RecordError::NoName));
        assert_eq!(record("").app(1, None, None), Err(RecordError::NoName));
        // Of two slashes marathon-lb takes one off; the other is a part of the name.
        for group in ["/", "/shop", "shop/"] {
            let folder = folder(group).unwrap();
            assert!(folder != folder_of_all() && folder.is_in(&folder_of_all()), "{folder}");
        }
    }

    #[test]
    fn the_newest_generation_counts_and_garbage_is_named() {
        let app = |generation| record("shop").app(generation, None, None).unwrap();
        let newest = Found::newest(&[app(2), app(10), app(9)]).unwrap().unwrap();
        assert_eq!(newest.generation, 10);
        assert_eq!(Found::newest(&[]), Ok(None));
        let stranger = App::parse(r#"{"id": "/zdd-rollouts/shop/g1"}"#).unwrap();
        let error = Found::newest(&[app(1), stranger]).unwrap_err().to_string();
        assert_eq!(error, "/zdd-rollouts/shop/g1 is no record of a rollout: no label ZDD_ROLLOUT");
        let newer =
            r#"{"id": "/zdd-rollouts/shop/g1", "labels": {"ZDD_ROLLOUT": "{\"schema\": 9}"}}"#;
        let error = Found::of(&App::parse(newer).unwrap()).unwrap_err();
        assert!(matches!(error, RecordError::Newer { found: 9, .. }));
    }
}
