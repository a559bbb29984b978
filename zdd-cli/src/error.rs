//! What can go wrong before there is an answer.

use std::io;
use std::path::PathBuf;

use zdd_core::app::{GroupError, ParseError, Place};
use zdd_core::check::{SuggestError, Verdict};
use zdd_core::group::{Cycle, PlanError};

use crate::exit::ExitCode;
use crate::input::Source;

/// Why a file gives no definition.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileFault {
    #[error("no such file")]
    Missing,
    #[error("is a directory")]
    Directory,
    #[error("larger than 64 MiB, the most that zdd reads as a definition")]
    TooLarge,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("{0}")]
    NotADefinition(ParseError),
    #[error("the dependencies go in a circle: {circle}")]
    Circle {
        circle: Cycle,
        /// Of the first dependencies in it.
        place: Option<Place>,
    },
    #[error("holds no app")]
    NoApp,
}

/// A file that gives no definition.
#[derive(Debug, thiserror::Error)]
#[error("{source_name}: {fault}", source_name = .source)]
pub(crate) struct FileError {
    #[source]
    pub(crate) fault: FileFault,
    pub(crate) source: Source,
}

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("nothing to look at: neither a file nor --instances is given")]
    NothingGiven,
    #[error("{} could not be used", .0.len())]
    Files(Vec<FileError>),
    #[error("{app}: {suggest}")]
    Suggest { app: String, suggest: SuggestError },
    #[error("{app}: side-by-side is not satisfiable: {verdict}")]
    NotSatisfiable { app: String, verdict: Box<Verdict> },
    #[error("{0}")]
    Plan(#[from] PlanError),
    #[error("{0}")]
    Group(#[from] GroupError),
    #[error(
        "{0} holds several apps that belong to no common group: a plan is made of one app or one group"
    )]
    SeveralApps(Source),
    #[error("{given} cannot be said of a group: its definitions say it")]
    NotForGroups { given: &'static str },
    #[error("an app and a group cannot be compared: {new} and {old} must be of the same kind")]
    OfTwoKinds { new: Source, old: Source },
    #[error("{new} and {old} are different apps")]
    DifferentApps { new: String, old: String },
    #[error("a picture shows one deployment, and this is {what}")]
    NoPicture { what: String },
    #[error("{0}: no deployment in it")]
    NoDeployment(Source),
    #[error("{source_name}: no deployment of {app} in it")]
    NoDeploymentOf { source_name: Source, app: String },
    #[error("{}: {error}", .path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("the result could not be written: {0}")]
    Output(#[from] io::Error),
    #[error("the result could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl CliError {
    /// What the shell is told.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::NotSatisfiable { .. } => ExitCode::NotSatisfiable,
            Self::NotForGroups { .. }
            | Self::OfTwoKinds { .. }
            | Self::DifferentApps { .. }
            | Self::NoPicture { .. } => ExitCode::InvalidCombination,
            Self::NothingGiven
            | Self::Files(_)
            | Self::Suggest { .. }
            | Self::Plan(_)
            | Self::Group(_)
            | Self::SeveralApps(_)
            | Self::NoDeployment(_)
            | Self::NoDeploymentOf { .. }
            | Self::Write { .. }
            | Self::Output(_)
            | Self::Json(_) => ExitCode::Usage,
        }
    }

    /// One line for each thing that is wrong.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Files(files) => files.iter().flat_map(FileError::lines).collect(),
            other => vec![other.to_string()],
        }
    }

    /// How to go on, where that can be said.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Files(files) => files.iter().find_map(FileError::hint).map(String::from),
            Self::NothingGiven => {
                Some("name a file, or give --instances, --min-health and --max-over".into())
            }
            Self::Suggest { suggest, .. } => Some(suggest.hint().into()),
            Self::NotSatisfiable { verdict, .. } => verdict.fix.map(|fix| fix.to_string()),
            Self::Plan(error) => Some(error.hint().into()),
            Self::SeveralApps(_) => Some("give each app a file, or put them into a group".into()),
            Self::NoPicture { .. } => Some("choose one app, or use -o text".into()),
            Self::NotForGroups { .. } => Some("plan the app by itself".into()),
            Self::NoDeployment(_) => Some(
                "record from before the deployment begins: curl -N -H 'Accept: text/event-stream' \
                 $MARATHON/v2/events"
                    .into(),
            ),
            Self::NoDeploymentOf { .. } => Some("leave --app out to see all that there are".into()),
            Self::OfTwoKinds { .. }
            | Self::DifferentApps { .. }
            | Self::Group(_)
            | Self::Write { .. }
            | Self::Output(_)
            | Self::Json(_) => None,
        }
    }
}

impl FileError {
    fn hint(&self) -> Option<&'static str> {
        let is_yaml = match &self.source {
            Source::File(path) => path.extension().is_some_and(|end| end == "yaml" || end == "yml"),
            Source::Stdin => false,
        };
        match self.fault {
            FileFault::NotADefinition(_) if is_yaml => {
                Some("a definition is Marathon's JSON, and this file is called YAML")
            }
            _ => self.fault.hint(),
        }
    }

    fn lines(&self) -> Vec<String> {
        // A place goes right after the name, as editors and compilers have it.
        if let FileFault::Circle { place: Some(place), .. } = &self.fault {
            return vec![format!("{}:{place}: {}", self.source, self.fault)];
        }
        let FileFault::NotADefinition(parse) = &self.fault else {
            return vec![self.to_string()];
        };
        let mut lines: Vec<_> = parse
            .problems()
            .iter()
            .map(|problem| match problem.place {
                Some(_) => format!("{}:{problem}", self.source),
                None => format!("{}: {problem}", self.source),
            })
            .collect();
        match parse.left_out() {
            0 => {}
            1 => lines.push(format!("{}: 1 more problem", self.source)),
            more => lines.push(format!("{}: {more} more problems", self.source)),
        }
        lines
    }
}

impl FileFault {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Directory => Some("name the files in it"),
            Self::NoApp => Some("an app definition has at least an id"),
            Self::Circle { .. } => Some("take one of these dependencies out"),
            Self::Missing | Self::TooLarge | Self::Unreadable(_) | Self::NotADefinition(_) => None,
        }
    }
}
