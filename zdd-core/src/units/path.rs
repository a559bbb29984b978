//! Path ids of apps and groups.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not the id of an app or a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Nothing is left of the path.
    #[error("an app id may not be empty")]
    Empty,
    /// A segment has characters or an order of them that Marathon refuses.
    #[error(
        "`{0}` is not a valid part of an id: lower-case letters, digits, dots and inner dashes are"
    )]
    Segment(String),
    /// The last segment is a word of Marathon's API.
    #[error("an id may not end with `{0}`, which is a word of Marathon's API")]
    Reserved(String),
    /// The path is longer than Mesos can make a directory of.
    #[error("an id of {0} bytes is longer than the 242 that Mesos allows")]
    TooLong(usize),
}

/// Longest id that Mesos can turn into a directory name.
const MAX_LEN: usize = 242;

/// Absolute id of an app, such as `/shop/cart`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(Box<str>);

/// Absolute id of a group, such as `/shop`; `/` is the root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupId(Box<str>);

/// Absolute id of an app or a group, where a definition does not say which: a dependency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathId(Box<str>);

impl PathId {
    /// The app or group that `path` means inside `base`; see [`AppId::resolve`].
    ///
    /// # Errors
    ///
    /// When a segment is malformed.
    pub fn resolve(path: &str, base: &GroupId) -> Result<Self, PathError> {
        Self::below(path, &base.0)
    }

    fn below(path: &str, base: &str) -> Result<Self, PathError> {
        resolve(path, base).map(|absolute| Self(absolute.into()))
    }

    /// The id as text, with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AppId {
    /// The app that `path` means inside `base`: an absolute path stands for itself, a relative one
    /// is taken from `base`, `.` and `..` are resolved, and `..` above the root stays there.
    ///
    /// # Errors
    ///
    /// When a segment is malformed, nothing is left, or the last segment is reserved
    /// (`restart`, `tasks`, `versions`: since Marathon 1.8, refused here for all).
    pub fn resolve(path: &str, base: &GroupId) -> Result<Self, PathError> {
        Self::below(path, &base.0)
    }

    fn below(path: &str, base: &str) -> Result<Self, PathError> {
        let absolute = resolve(path, base)?;
        match absolute.rsplit('/').next() {
            None | Some("") => Err(PathError::Empty),
            Some(last @ ("restart" | "tasks" | "versions")) => {
                Err(PathError::Reserved(last.to_string()))
            }
            Some(_) => Ok(Self(absolute.into())),
        }
    }

    /// The id as text, with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The group that the app is in.
    pub fn group(&self) -> GroupId {
        GroupId(parent(&self.0).into())
    }

    /// Whether the app is in `group` or in a group below it.
    pub fn is_in(&self, group: &GroupId) -> bool {
        is_below(&self.0, &group.0)
    }
}

impl GroupId {
    /// The root group, `/`.
    pub fn root() -> Self {
        Self("/".into())
    }

    /// The group that `path` means inside `base`; see [`AppId::resolve`].
    ///
    /// # Errors
    ///
    /// When a segment is malformed.
    pub fn resolve(path: &str, base: &Self) -> Result<Self, PathError> {
        Self::below(path, &base.0)
    }

    fn below(path: &str, base: &str) -> Result<Self, PathError> {
        resolve(path, base).map(|absolute| Self(absolute.into()))
    }

    /// The id as text, with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root group.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The group that this one is in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        (!self.is_root()).then(|| Self(parent(&self.0).into()))
    }

    /// Whether this group is below `other`. A group is not below itself.
    pub fn is_in(&self, other: &Self) -> bool {
        is_below(&self.0, &other.0)
    }
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

fn is_below(path: &str, group: &str) -> bool {
    group == "/" && path != "/"
        || path.strip_prefix(group).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
}

/// The absolute form of `path` inside the absolute path `base`, in one allocation, which fits where
/// the path is absolute already.
fn resolve(path: &str, base: &str) -> Result<String, PathError> {
    let base = if path.starts_with('/') || base == "/" { "" } else { base };
    let mut absolute =
        String::with_capacity(base.len() + path.len() + usize::from(!path.starts_with('/')));
    absolute.push_str(base);
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => absolute.truncate(absolute.rfind('/').unwrap_or(0)),
            _ if is_valid(segment) => {
                absolute.push('/');
                absolute.push_str(segment);
            }
            _ => return Err(PathError::Segment(segment.chars().take(60).collect())),
        }
    }
    if absolute.is_empty() {
        absolute.push('/');
    }
    if absolute.len() > MAX_LEN { Err(PathError::TooLong(absolute.len())) } else { Ok(absolute) }
}

/// One or more labels joined by dots; a label has lower-case letters, digits and dashes and neither
/// starts nor ends with a dash.
fn is_valid(segment: &str) -> bool {
    segment.split('.').all(|label| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = label.as_bytes();
        bytes.first().copied().is_some_and(plain)
            && bytes.last().copied().is_some_and(plain)
            && bytes.iter().all(|b| plain(*b) || *b == b'-')
    })
}

macro_rules! path_id {
    ($name:ident) => {
        /// Relative paths are taken from the root.
        impl FromStr for $name {
            type Err = PathError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::below(text, "/")
            }
        }

        impl TryFrom<String> for $name {
            type Error = PathError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}
path_id!(AppId);
path_id!(GroupId);
path_id!(PathId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_resolve_as_in_marathon() {
        let shop: GroupId = "/shop".parse().unwrap();
        for (path, want) in [
            ("cart", "/shop/cart"),
            ("/cart", "/cart"),
            ("../cart", "/cart"),
            ("../../../cart", "/cart"),
            ("./a//b/", "/shop/a/b"),
            ("v1.2-rc", "/shop/v1.2-rc"),
        ] {
            assert_eq!(AppId::resolve(path, &shop).unwrap().as_str(), want);
        }
        for bad in ["", "/", "..", "Shop", "-a", "a-", "a..b", "a b", "/x/tasks", "é"] {
            assert!(AppId::resolve(bad, &GroupId::root()).is_err(), "{bad}");
        }
    }

    #[test]
    fn groups_contain_what_is_below_them() {
        let (shop, app): (GroupId, AppId) =
            ("/shop".parse().unwrap(), "/shop/cart".parse().unwrap());
        assert!(app.is_in(&shop) && app.is_in(&GroupId::root()) && shop.is_in(&GroupId::root()));
        assert!(!shop.is_in(&shop) && !GroupId::root().is_in(&GroupId::root()));
        assert!(!"/shopping".parse::<AppId>().unwrap().is_in(&shop));
        assert_eq!(app.group(), shop);
        assert_eq!(shop.parent(), Some(GroupId::root()));
        assert_eq!(GroupId::root().parent(), None);
    }

    proptest! {
        #[test]
        fn a_resolved_id_resolves_to_itself(path in "[a-z./-]{0,30}", base in "/[a-z]{1,4}") {
            if let Ok(id) = AppId::resolve(&path, &base.parse().unwrap()) {
                prop_assert_eq!(AppId::resolve(id.as_str(), &GroupId::root()), Ok(id));
            }
        }

        #[test]
        fn no_text_panics(path in "\\PC{0,60}") {
            let _ = path.parse::<AppId>();
            let _ = path.parse::<GroupId>();
        }
    }
}
