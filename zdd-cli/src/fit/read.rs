//! Reads a cluster: from a file, or from those who know.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use zdd_core::fit::{Rules, SceneError};
use zdd_core::mesos::{self, Cluster};
use zdd_core::placement::{Demand, Resources};
use zdd_core::ports::{Marathon, MarathonError, Task};
use zdd_core::units::{AppId, Timestamp};
use zdd_marathon::mesos::master_of;

use super::error::{FitError, Placed};
use super::place::{Place, Told, runs};
use crate::args::{ClusterArgs, ConnectArgs, Numbers};
use crate::connect::{connect, mesos_at, mesos_of};
use crate::error::CliError;
use crate::input::Source;

/// A state of 5,000 agents and 100,000 tasks is some 300 MB.
const MOST: u64 = 1 << 30;

impl Place {
    /// The agents of a file, if one is given, and what it says of what runs there.
    pub(crate) fn of_file(args: &ClusterArgs, numbers: Numbers) -> Result<Option<Self>, CliError> {
        let Some(path) = &args.agents else { return Ok(None) };
        let place = Self::new(&read(path)?, None, rules(numbers));
        Ok(Some(place.with_role(args.mesos_role.as_deref())))
    }

    /// The agents that the arguments say, of a file or as the master says, with what Marathon says of
    /// `apps`, where one is asked.
    pub(crate) async fn of(
        args: &ClusterArgs,
        connect: &ConnectArgs,
        numbers: Numbers,
        marathon: Option<&dyn Marathon>,
        apps: &BTreeSet<AppId>,
    ) -> Result<Option<Self>, CliError> {
        let cluster = match (&args.agents, &args.mesos) {
            (Some(path), _) => read(path)?,
            (None, Some(_)) => ask_master(args.master(), connect).await?,
            (None, None) => return Ok(None),
        };
        let mut cluster = cluster;
        let mut rules = rules(numbers);
        let told = match marathon {
            None => None,
            Some(marathon) => {
                let told = ask(marathon, apps).await?;
                if cluster.tasks.is_none() {
                    cluster = cluster.with_tasks(holding(marathon, &told.tasks, rules).await?);
                }
                if let (None, Some(version)) = (numbers.marathon_version, told.info.version) {
                    // How it counts what is healthy is what the rest of the plan goes by.
                    rules = Rules { reading: rules.reading, ..Rules::of(version) };
                }
                Some(told)
            }
        };
        let place = Self::new(&cluster, told.as_ref(), rules);
        Ok(Some(place.with_role(args.mesos_role.as_deref())))
    }
}

/// What the master says; where Marathon has to be asked for it, the one that Marathon names.
async fn ask_master(master: Option<&str>, args: &ConnectArgs) -> Result<Cluster, CliError> {
    let mesos = if let Some(master) = master {
        mesos_at(master, args).map_err(FitError::of_address)?
    } else {
        let (marathon, _) = connect(args)?;
        mesos_of([master_of(&marathon).await.map_err(FitError::of_master)?], args)?
    };
    Ok(mesos.cluster().await.map_err(FitError::of_master)?)
}

/// What a file says of a cluster.
fn read(path: &Path) -> Result<Cluster, CliError> {
    let source = Source::from(path);
    let mut bytes = Vec::new();
    let file = source.open().map_err(|error| CliError::Files(vec![error]))?;
    let unreadable = |error: std::io::Error| CliError::Files(vec![source.error(error.into())]);
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST {
        return Err(FitError::TooLong { source_name: source, most: MOST >> 20 }.into());
    }
    Cluster::read(&bytes).map_err(|error| {
        FitError::Cluster(Placed { source: source.to_string(), error: Box::new(error) }).into()
    })
}

fn rules(numbers: Numbers) -> Rules {
    numbers.marathon_version.map_or_else(Rules::default, Rules::of)
}

/// The tasks with what their definitions say that they have, where the master does not say it.
async fn holding(
    marathon: &dyn Marathon,
    tasks: &[Task],
    rules: Rules,
) -> Result<Vec<mesos::Task>, CliError> {
    let mut known: BTreeMap<(&AppId, Option<Timestamp>), Resources> = BTreeMap::new();
    let mut all = Vec::new();
    for task in tasks {
        let agent = task.agent_id.as_ref().and_then(|id| id.parse().ok());
        let Some(agent) = agent.filter(|_| runs(&task.state)) else { continue };
        let key = (&task.app, task.version);
        let resources = match known.get(&key) {
            Some(resources) => *resources,
            None => needed(marathon, task, rules).await?,
        };
        known.insert(key, resources);
        let ports = task.ports.iter().copied().collect();
        all.push(mesos::Task::new(task.id.clone(), agent, resources, ports));
    }
    Ok(all)
}

/// What a task has, by the definition that it was made from.
async fn needed(marathon: &dyn Marathon, task: &Task, rules: Rules) -> Result<Resources, CliError> {
    let app = match task.version {
        Some(version) => marathon.version(&task.app, version).await,
        None => marathon.app(&task.app).await.map(|it| it.app),
    };
    let app = app.map_err(|error| CliError::of_app(&task.app, error))?;
    let demand = Demand::of(&app, rules.grouping)
        .map_err(|cause| FitError::Scene(SceneError::Demand { app: task.app.clone(), cause }))?;
    Ok(demand.resources)
}

async fn ask(marathon: &dyn Marathon, apps: &BTreeSet<AppId>) -> Result<Told, CliError> {
    let info = marathon.info().await.map_err(CliError::of_reading)?;
    let mut tasks = Vec::new();
    for app in apps {
        match marathon.tasks(app).await {
            Ok(more) => tasks.extend(more),
            // What is not there yet has none.
            Err(MarathonError::NotFound { .. }) => {}
            Err(error) => return Err(CliError::of_app(app, error)),
        }
    }
    Ok(Told { info, tasks })
}
