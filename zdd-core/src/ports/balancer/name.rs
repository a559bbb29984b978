//! Names that can be part of a command.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// The longest name that is sent. HAProxy reads configuration lines of 2,048 bytes, so none is longer
/// in practice, and a whole command has to fit into one buffer of 16 kB.
const LONGEST: usize = 512;

/// The name of a backend or of a server.
///
/// HAProxy accepts letters, digits and `-` `_` `.` `:` in names, and so does this type. Whatever else
/// a text holds (`;`, a line end, a space) could end the command that it is put into and begin another.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Takes a name.
    ///
    /// # Errors
    ///
    /// When HAProxy could have no such name.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > LONGEST {
            return Err(NameError::TooLong { limit: LONGEST });
        }
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        match name.chars().find(|c| !is_fit(*c)) {
            None => Ok(Self(name)),
            Some(character) => Err(NameError::Character { name, character }),
        }
    }

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no name for HAProxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It is empty.
    #[error("a name is empty")]
    Empty,
    /// It is longer than HAProxy's own lines.
    #[error("a name is longer than {limit} bytes")]
    TooLong {
        /// The longest.
        limit: usize,
    },
    /// It holds a character that HAProxy has in no name.
    #[error("{name:?} is no name of HAProxy: it holds {character:?}")]
    Character {
        /// The text.
        name: String,
        /// The first such character.
        character: char,
    },
}

impl NameError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Character { .. } => {
                Some("names have letters, digits and the characters - _ . : only")
            }
            Self::Empty | Self::TooLong { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_haproxy_can_have_are_taken_and_no_others() {
        for name in ["app", "10_0_6_25_16916", "shop_10080", "a:b", "agent1.example", "-"] {
            assert_eq!(Name::new(name).unwrap().as_str(), name);
        }
        for wrong in ["a;b", "a b", "a\nb", "a\tb", "a/b", "a\\b", "ä", "a\0", "a#b", "$x", "a,b"]
        {
            let error = Name::new(wrong).unwrap_err();
            assert!(matches!(error, NameError::Character { .. }), "{wrong:?}");
            assert!(error.hint().is_some());
        }
        assert_eq!(Name::new(""), Err(NameError::Empty));
        assert_eq!(Name::new("x".repeat(513)), Err(NameError::TooLong { limit: 512 }));
    }
}
