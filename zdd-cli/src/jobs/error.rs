//! What can be wrong with a definition that is to become jobs.

use std::path::PathBuf;

use zdd_core::rollout::{ReleaseError, labels};
use zdd_core::units::AppId;

use super::place_holder::PLACE_HOLDER;
use super::template::REVISION;
use crate::exit::ExitCode;
use crate::input::Source;

/// Why there are no jobs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobsError {
    #[error("{0}: `id` is missing")]
    NoId(Source),
    #[error("{source_name}: {PLACE_HOLDER} still stands at {pointer}")]
    PlaceHolder {
        source_name: Source,
        /// JSON pointer of the first one.
        pointer: String,
    },
    #[error("{0} has no image that another could take the place of")]
    NoImage(AppId),
    #[error("{app}: the label {REVISION} is `{said}`, and --revision {given} contradicts it")]
    OtherRevision { app: AppId, said: String, given: String },
    #[error("{0} has 0 instances: there would be nothing to deploy")]
    NoInstances(AppId),
    #[error("{app} has {count} ports, and a canary is behind one")]
    SeveralPorts { app: AppId, count: usize },
    #[error("{app} has the service port {port} and no label {ALT}", ALT = labels::ALT_PORT)]
    NoAltPort { app: AppId, port: u16 },
    #[error("{0}")]
    Release(#[from] ReleaseError),
    #[error("`{0}` can be no name of a job")]
    JobId(String),
    #[error("{app}: the definition takes {len} bytes in base64, and a variable holds {most}")]
    TooLarge { app: AppId, len: usize, most: usize },
    #[error("{}: exists already", .0.display())]
    Exists(PathBuf),
    #[error("a password in a job can be read by everybody who can see jobs")]
    Password,
    #[error("--{0}: this is no name of a secret")]
    SecretName(&'static str),
    #[error("--force is about files, and none are written")]
    NothingToForce,
}

impl JobsError {
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::NoId(_)
            | Self::NoImage(_)
            | Self::NoAltPort { .. }
            | Self::Release(
                ReleaseError::NoGroup(_) | ReleaseError::NoPort(_) | ReleaseError::NoHealthCheck(_),
            ) => ExitCode::MissingField,
            Self::OtherRevision { .. } | Self::NothingToForce => ExitCode::InvalidCombination,
            Self::Release(ReleaseError::AltPort { same: Some(_), .. }) => {
                ExitCode::InvalidCombination
            }
            Self::PlaceHolder { .. }
            | Self::NoInstances(_)
            | Self::SeveralPorts { .. }
            | Self::Release(_)
            | Self::JobId(_)
            | Self::TooLarge { .. }
            | Self::Password
            | Self::SecretName(_)
            | Self::Exists(_) => ExitCode::Usage,
        }
    }

    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoId(_) => "an app has an id, such as /shop",
            Self::PlaceHolder { pointer, .. } if pointer == "/container/docker/image" => {
                "say what to put there: --image IMAGE"
            }
            Self::PlaceHolder { .. } => "--image is put into container.docker.image only",
            Self::NoImage(_) => "add container.docker.image, or leave --image out",
            Self::OtherRevision { .. } => "leave the label to --revision",
            Self::NoInstances(_) => "set instances to what is to run in the end",
            Self::SeveralPorts { .. } => "give each port an app",
            Self::NoAltPort { .. } => {
                "set it to a service port that no app has: old and new cannot have the same one"
            }
            Self::Release(error) => return error.hint(),
            Self::JobId(_) => {
                "names of jobs have lower-case letters, digits, and single dots and dashes between \
                 them"
            }
            Self::TooLarge { .. } => "move what makes it large, such as files in `env`, elsewhere",
            Self::Exists(_) => "--force writes over it",
            Self::Password => "name a secret that holds it: --user NAME --password-secret SECRET",
            Self::SecretName(_) => {
                "names of secrets have letters, digits and the characters / _ - . only; the secret itself \
                 does not belong here"
            }
            Self::NothingToForce => "leave --force out",
        })
    }
}
