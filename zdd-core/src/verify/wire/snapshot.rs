//! The JSON of snapshots.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use serde::Deserialize;

use super::plan::{WireApp, WirePlan, WireStep};
use super::text::Text;
use super::{SNAPSHOT, parse, unknown};
use crate::verify::event::{Definition, Stage};
use crate::verify::log::Trouble;
use crate::verify::recording::SCHEMA;
use crate::verify::snapshot::{Snapshot, SnapshotApp, SnapshotDeployment, SnapshotTask};

/// Reads the snapshot in `json`.
pub(super) fn snapshot(json: &str) -> Result<Snapshot<'_>, Trouble> {
    let schema = parse::<Head>(json)?.schema;
    if schema != SCHEMA {
        return Err(unknown(&format!("{SNAPSHOT} of schema {schema}")));
    }
    let wire = parse::<WireSnapshot<'_>>(json)?;
    let apps = wire.apps.into_iter().map(WireSeen::app).collect::<Result<_, _>>()?;
    let deployments = wire.deployments.into_iter().map(|deployment| SnapshotDeployment {
        plan: deployment.plan.into(),
        current: deployment.current_step.map(|step| step.0).unwrap_or_default(),
    });
    Ok(Snapshot { after_gap: wire.after_gap, apps, deployments: deployments.collect() })
}

#[derive(Deserialize)]
struct Head {
    schema: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSnapshot<'a> {
    after_gap: bool,
    #[serde(borrow)]
    apps: Vec<WireSeen<'a>>,
    #[serde(borrow)]
    deployments: Vec<WireDeployment<'a>>,
}

#[derive(Deserialize)]
struct WireSeen<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    definition: Option<WireApp<'a>>,
    #[serde(borrow)]
    previous: Option<WireApp<'a>>,
    #[serde(borrow)]
    tasks: Option<Vec<WireTask<'a>>>,
}

#[derive(Deserialize)]
struct WireTask<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    state: Text<'a>,
    healthy: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDeployment<'a> {
    #[serde(borrow)]
    plan: WirePlan<'a>,
    #[serde(borrow)]
    current_step: Option<WireStep<'a>>,
}

impl<'a> WireSeen<'a> {
    fn app(self) -> Result<SnapshotApp<'a>, Trouble> {
        let tasks = self.tasks.map(|tasks| tasks.into_iter().map(WireTask::task).collect());
        Ok(SnapshotApp {
            app: self.id.0,
            definition: self.definition.map(Definition::from),
            previous: self.previous.map(Definition::from),
            tasks: tasks.transpose()?,
        })
    }
}

impl<'a> WireTask<'a> {
    fn task(self) -> Result<SnapshotTask<'a>, Trouble> {
        let stage = Stage::of_task(self.state.as_ref());
        Ok(SnapshotTask {
            id: self.id.0,
            version: self.version.map_or(Cow::Borrowed(""), |version| version.0),
            stage: stage.ok_or_else(|| unknown(self.state.as_ref()))?,
            healthy: self.healthy,
        })
    }
}
