//! The labels that the pair of a rollout carries. They are zdd.py's and marathon-lb's, unchanged, so
//! that those tools understand the apps.

use alloc::format;
use alloc::string::String;

use crate::app::App;
use crate::ports::{Name, NameError};

/// Both apps of a pair carry the same value: it is the only thing that makes them a pair.
pub const GROUP: &str = "HAPROXY_DEPLOYMENT_GROUP";
/// The service port of every second release: Marathon wants them unique.
pub const ALT_PORT: &str = "HAPROXY_DEPLOYMENT_ALT_PORT";
/// `blue` or `green`.
pub const COLOUR: &str = "HAPROXY_DEPLOYMENT_COLOUR";
/// When the rollout of an app began.
pub const STARTED_AT: &str = "HAPROXY_DEPLOYMENT_STARTED_AT";
/// How many instances of both are to serve while this app is the new one: marathon-lb takes those of
/// the old one away that are too many.
pub const TARGET: &str = "HAPROXY_DEPLOYMENT_TARGET_INSTANCES";
/// How many instances of the new app are to stay beside the old one; 0 if none of the old stay.
pub const NEW: &str = "HAPROXY_DEPLOYMENT_NEW_INSTANCES";
/// The id as it is in the file, without a colour.
pub const APP_ID: &str = "HAPROXY_APP_ID";
/// The port that HAProxy listens on for the first port of an app.
pub const PORT: &str = "HAPROXY_0_PORT";

/// The colour of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum Colour {
    /// The first one.
    Blue,
    /// The other one.
    Green,
}

impl Colour {
    /// The colour for a release beside `app`, as zdd.py has it: green beside blue, else blue.
    pub fn beside(app: Option<&App>) -> Self {
        match app.and_then(|app| app.labels().get(COLOUR)).map(String::as_str) {
            Some("blue") => Self::Green,
            _ => Self::Blue,
        }
    }

    /// The colour for a release of `id` beside `app`: another one where `app` has that very id, under
    /// whichever colour.
    pub(super) fn for_id(id: &str, app: Option<&App>) -> Self {
        let colour = Self::beside(app);
        let is_taken = |app: &App| app.id().as_str() == colour.of(id);
        if app.is_some_and(is_taken) { colour.other() } else { colour }
    }

    /// The id of a release in this colour.
    pub(super) fn of(self, id: &str) -> String {
        let slash = if id.starts_with('/') { "" } else { "/" };
        format!("{slash}{id}-{}", self.as_str())
    }

    const fn other(self) -> Self {
        match self {
            Self::Blue => Self::Green,
            Self::Green => Self::Blue,
        }
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
        }
    }
}

/// The deployment group of an app, without its first slash: marathon-lb makes no difference.
pub fn group_of(app: &App) -> Option<&str> {
    let group = app.labels().get(GROUP)?;
    Some(group.strip_prefix('/').unwrap_or(group))
}

/// The backend of a group, without its first slash, behind a port, as marathon-lb names it.
///
/// # Errors
///
/// When HAProxy could have no such name.
pub fn backend(group: &str, port: u16) -> Result<Name, NameError> {
    Name::new(format!("{}_{port}", group.replace('/', "_")))
}
