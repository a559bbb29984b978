//! Why it cannot be said whether something fits.

use std::error::Error;

use zdd_core::fit::SceneError;
use zdd_core::mesos::ClusterError;
use zdd_marathon::mesos::MesosError;

use crate::error::{CliError, ConnectFault};
use crate::exit::ExitCode;
use crate::input::Source;

/// Why it cannot be said whether something fits.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FitError {
    #[error("--agents and --mesos both say what the cluster is")]
    TwoClusters,
    #[error(
        "--mesos without an address asks Marathon where the master is, and no Marathon is given"
    )]
    NoMaster,
    #[error("{0} goes with a cluster, and none is given")]
    NoCluster(&'static str),
    #[error("`{shown}` is not the address of a Mesos master: {why}")]
    NotAMaster { shown: String, why: String },
    #[error("standard input cannot be both the definition and the agents")]
    StdinTwice,
    #[error("{0} goes with a definition: nothing else says what an instance needs")]
    NoDefinition(&'static str, Option<String>),
    #[error("{0} does not go with --model side-by-side, by which Marathon does not deploy")]
    SideBySide(&'static str),
    #[error("{source_name}: more than {most} MiB, which is more than a Mesos master would say")]
    TooLong { source_name: Source, most: u64 },
    #[error("{0}")]
    Cluster(Placed),
    #[error("{}", Chain(.0))]
    Master(Box<MesosError>),
    #[error("{0}")]
    Scene(#[from] SceneError),
}

/// What is wrong with what a master said, and where.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) source: String,
    pub(crate) error: Box<ClusterError>,
}

/// A place goes right after the name, as editors and compilers have it.
impl std::fmt::Display for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gap = if self.error.place.is_some() { "" } else { " " };
        write!(f, "{}:{gap}{}", self.source, self.error)
    }
}

/// An error with what caused it.
struct Chain<'a>(&'a MesosError);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)?;
        self.0.source().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl FitError {
    /// What is wrong with the address of a master.
    pub(super) fn of_address(fault: ConnectFault) -> CliError {
        match fault {
            ConnectFault::BadAddress { shown, why, .. } => Self::NotAMaster { shown, why }.into(),
            other => other.into(),
        }
    }

    pub(super) fn of_master(error: MesosError) -> Self {
        Self::Master(Box::new(error))
    }

    pub(crate) const fn exit(&self) -> ExitCode {
        match self {
            Self::TwoClusters
            | Self::NoMaster
            | Self::NoCluster(_)
            | Self::StdinTwice
            | Self::NoDefinition(..)
            | Self::SideBySide(_) => ExitCode::InvalidCombination,
            Self::Master(_) => ExitCode::Marathon,
            Self::NotAMaster { .. } | Self::TooLong { .. } | Self::Cluster(_) | Self::Scene(_) => {
                ExitCode::Usage
            }
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TwoClusters | Self::SideBySide(_) => "leave one of them out".into(),
            Self::NoMaster => {
                "give its address, as in --mesos http://master.mesos:5050, or -m".into()
            }
            Self::NoCluster(_) => "give the agents with --agents FILE or --mesos".into(),
            Self::StdinTwice => "put one of them into a file".into(),
            Self::NoDefinition(_, Some(taken)) => {
                format!("`{taken}` was taken for the address of the master: put it before --mesos")
            }
            Self::NoDefinition(_, None) => "name a file with the app".into(),
            Self::NotAMaster { .. } => "an address is such as http://master.mesos:5050".into(),
            Self::TooLong { .. } => "save what http://MASTER:5050/state answers".into(),
            Self::Cluster(placed) => return placed.error.hint(),
            Self::Master(error) => return error.hint(),
            Self::Scene(error) => return error.hint().map(String::from),
        })
    }
}
