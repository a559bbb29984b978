//! The cluster that a plan has to fit.

use std::path::{Path, PathBuf};

use clap::Args;

/// The cluster that it has to fit.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// Say whether it fits these agents: what a Mesos master answers to /state, /slaves or
    /// /state-summary; `-` is standard input
    #[arg(
        long,
        value_name = "FILE",
        long_help = "Say whether it fits these agents: what a Mesos master answers to /state, /slaves \
                     or /state-summary; `-` is standard input\n\nOnly /state says what runs where, so \
                     that it is known what the instances that go leave behind. What may stall or \
                     stalls, or could not be proven to fit, ends with status 10."
    )]
    pub(crate) agents: Option<PathBuf>,
    /// Say whether it fits the agents of the Mesos master at URL; without URL, of the one that
    /// Marathon names
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) mesos: Option<String>,
    /// Marathon's role: besides what is reserved for nobody, it takes what is reserved for this
    #[arg(long, value_name = "ROLE")]
    pub(crate) mesos_role: Option<String>,
}

impl ClusterArgs {
    /// Whether a cluster is given at all.
    pub(crate) fn is_given(&self) -> bool {
        self.option().is_some()
    }

    /// The option that gives it.
    pub(crate) fn option(&self) -> Option<&'static str> {
        match (&self.agents, &self.mesos) {
            (Some(_), _) => Some("--agents"),
            (None, Some(_)) => Some("--mesos"),
            (None, None) => None,
        }
    }

    /// The address of a master; none where Marathon has to be asked for it.
    pub(crate) fn master(&self) -> Option<&str> {
        self.mesos.as_deref().filter(|url| !url.is_empty())
    }

    /// Whether standard input is read for it.
    pub(crate) fn is_stdin(&self) -> bool {
        self.agents.as_deref() == Some(Path::new("-"))
    }
}
