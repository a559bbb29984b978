//! Jobs as Metronome's `POST /v1/jobs` takes them: it refuses members that it does not know.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// A job definition of Metronome.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// Name of the job.
    pub(super) id: String,
    /// What it does, in one sentence.
    pub(super) description: String,
    /// The app, its deployment group and its revision.
    pub(super) labels: BTreeMap<String, String>,
    /// What runs.
    pub(super) run: Run,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// A line for the shell.
    pub(super) cmd: String,
    /// Share of a processor.
    pub(super) cpus: f64,
    /// Memory in MiB.
    pub(super) mem: u32,
    /// Disk in MiB.
    pub(super) disk: u32,
    /// The image, where Docker runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) docker: Option<Docker>,
    /// The image, where Mesos runs it: only there are secrets files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ucr: Option<Ucr>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) env: BTreeMap<String, EnvValue>,
    /// Secrets, by the names that `env` and `volumes` have for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) secrets: BTreeMap<String, Secret>,
    /// Secrets that are files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) volumes: Vec<SecretFile>,
    /// What to do when it fails.
    pub(super) restart: Restart,
}

/// An image that Docker runs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Docker {
    /// Name of the image.
    pub(super) image: String,
}

/// An image that Mesos runs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ucr {
    /// The image.
    pub(super) image: UcrImage,
}

/// The name of an image that Mesos runs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UcrImage {
    /// Name of the image.
    pub(super) id: String,
}

/// The value of an environment variable.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum EnvValue {
    /// As it is.
    Text(String),
    /// That of a secret.
    Secret {
        /// Its name in `secrets`.
        secret: String,
    },
}

/// A secret of the store.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secret {
    /// Its place in the store.
    pub(super) source: String,
}

/// A secret that is a file.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SecretFile {
    /// Path of the file in the job.
    pub(super) container_path: String,
    /// Its name in `secrets`.
    pub(super) secret: String,
}

/// What to do when a job fails.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restart {
    /// When to try again.
    pub(super) policy: RestartPolicy,
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RestartPolicy {
    /// Not at all: a person looks first.
    Never,
}
