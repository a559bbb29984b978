//! What can be wrong with a history.

use zdd_core::rollout::history::HistoryError;

use crate::exit::ExitCode;

/// Why there is no way back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryFault {
    #[error("no history of any deployment group")]
    None,
    #[error("no history of {0}")]
    NoneOf(String),
    #[error("there are histories of several deployment groups: {}", .0.join(", "))]
    Several(Vec<String>),
    #[error("{group} has no revision {name}")]
    Unknown { group: String, name: String, known: Vec<String> },
    #[error("{group}: {name} runs already")]
    RunsAlready { group: String, name: String },
    #[error("{group}: what runs is not in its history")]
    OtherRuns { group: String, known: Vec<String> },
    #[error("{group}: nothing before {name} is in its history")]
    NothingBefore { group: String, name: String },
    #[error("{0}")]
    Unreadable(#[from] HistoryError),
}

impl HistoryFault {
    pub(crate) const fn exit(&self) -> ExitCode {
        match self {
            Self::None
            | Self::NoneOf(_)
            | Self::RunsAlready { .. }
            | Self::OtherRuns { .. }
            | Self::NothingBefore { .. } => ExitCode::InvalidCombination,
            Self::Several(_) | Self::Unknown { .. } | Self::Unreadable(_) => ExitCode::Usage,
        }
    }

    pub(crate) fn hint(&self) -> String {
        match self {
            Self::None | Self::NoneOf(_) => {
                "it begins with the next blue/green deployment or promotion by zdd".into()
            }
            Self::Several(_) => "name the deployment group".into(),
            Self::Unknown { known, .. } => format!("known are {}", known.join(", ")),
            Self::RunsAlready { group, .. } => format!("`zdd history {group}` shows all"),
            Self::OtherRuns { known, .. } => {
                format!("say which one is to run, with --to: {}", known.join(", "))
            }
            Self::NothingBefore { group, .. } => {
                format!("`zdd history {group}` shows all; --to takes any of them")
            }
            Self::Unreadable(_) => "look at the apps below /zdd-history".into(),
        }
    }
}
