//! Ids of tasks and instances.

use alloc::boxed::Box;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// There is no text.
    #[error("an id may not be empty")]
    Empty,
    /// The text is longer than any id that Marathon makes.
    #[error("an id of {0} bytes is longer than the {max} that are allowed", max = MAX_LEN)]
    TooLong(usize),
}

/// Marathon's ids are a path of at most 242 characters (Mesos' limit on directory names) with a
/// suffix of about 60. The bound keeps hostile input from filling memory with ids.
const MAX_LEN: usize = 512;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Box<str>", into = "Box<str>")]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<Box<str>> for $name {
            type Error = IdError;

            fn try_from(text: Box<str>) -> Result<Self, Self::Error> {
                match text.len() {
                    0 => Err(IdError::Empty),
                    1..=MAX_LEN => Ok(Self(text)),
                    len => Err(IdError::TooLong(len)),
                }
            }
        }

        impl From<$name> for Box<str> {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(Box::<str>::from(text))
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Id of one run of an instance, as Mesos knows it: `zdd_base.5ed13e24-…` in old versions of
    /// Marathon, `zdd_base.instance-5ed13e24-…._app.1` since 1.8.
    TaskId
}
id! {
    /// Id of one of an app's running copies. It survives restarts of its task (since Marathon 1.8;
    /// before that an instance is its task).
    InstanceId
}
id! {
    /// Id of a deployment: a UUID that Marathon makes.
    DeploymentId
}
id! {
    /// Id of an agent of Mesos.
    AgentId
}
