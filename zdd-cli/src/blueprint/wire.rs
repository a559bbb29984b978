//! A blueprint as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::quantity::{Count, Cpus, Megabytes, Percent, Port, Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) name: Spanned<String>,
    /// Later versions of VAMP write what kind of thing a file is.
    #[serde(default)]
    pub(super) kind: Option<Spanned<String>>,
    /// By the port that clients connect to: `cluster/port`.
    #[serde(default)]
    pub(super) gateways: BTreeMap<Text, Spanned<String>>,
    pub(super) clusters: Spanned<BTreeMap<String, Spanned<Cluster>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cluster {
    #[serde(default)]
    pub(super) gateways: Option<Gateway>,
    pub(super) services: Spanned<Vec<Spanned<Service>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gateway {
    #[serde(default)]
    pub(super) sticky: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) routes: BTreeMap<String, Spanned<Route>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    pub(super) weight: Spanned<Percent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    pub(super) breed: Spanned<Breed>,
    #[serde(default)]
    pub(super) environment_variables: BTreeMap<String, Text>,
    #[serde(default)]
    pub(super) scale: Option<Spanned<Scale>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Breed {
    pub(super) name: Spanned<String>,
    pub(super) deployable: Spanned<String>,
    /// Name and `number/protocol`.
    #[serde(default)]
    pub(super) ports: BTreeMap<String, Spanned<Port>>,
    #[serde(default, alias = "environment_variables")]
    pub(super) env: BTreeMap<String, Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scale {
    pub(super) cpu: Spanned<Cpus>,
    pub(super) memory: Spanned<Megabytes>,
    #[serde(default)]
    pub(super) instances: Option<Spanned<Count>>,
}
