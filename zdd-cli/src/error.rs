//! What can go wrong before there is an answer.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::PathBuf;

use zdd_core::app::{GroupError, ParseError, Place};
use zdd_core::check::{SuggestError, Verdict};
use zdd_core::group::{Cycle, PlanError};
use zdd_core::guarantee::Guarantee;
use zdd_core::ports::MarathonError;
use zdd_core::rollout::forecast::ForecastError;
use zdd_core::rollout::record::RecordError;
use zdd_core::rollout::{ReleaseError, StrangerError};
use zdd_core::units::{AppId, DeploymentId, Timestamp};
use zdd_marathon::{BuildError, CredentialFileError};

use crate::amend::AmendError;
use crate::exit::ExitCode;
use crate::fit::FitError;
use crate::history::HistoryFault;
use crate::input::Source;
use crate::jobs::JobsError;
use crate::lab::LabError;
use crate::plan::rollout::BoundError;
use crate::rollout::CanaryError;

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

/// What was asked of Marathon: it decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// To create an app.
    Create,
    /// To change the number of its instances.
    Scale,
    /// To remove it.
    Delete,
    /// Anything else.
    Other,
}

/// Why Marathon cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectFault {
    #[error("no Marathon given")]
    NoAddress,
    #[error("`{shown}` is not the address of a Marathon: {why}")]
    BadAddress {
        shown: String,
        why: String,
        /// An address that may have been meant.
        meant: Option<String>,
    },
    #[error("a password in an argument can be read by every user of this machine")]
    PasswordInAddress,
    #[error("--{option}: a secret in an argument can be read by every user of this machine")]
    Secret { option: &'static str },
    #[error("{given} is set, and {missing} is not")]
    Half { given: &'static str, missing: &'static str },
    #[error("{name} is not text")]
    NotText { name: &'static str },
    #[error("{0}")]
    CredentialFile(#[from] CredentialFileError),
    #[error("{0}")]
    Build(#[from] BuildError),
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
    #[error("{given} cannot be said of a recording of a rollout: it says all of that itself")]
    NotForRollouts { given: &'static str },
    #[error("{source_name}: {newer}")]
    NewerRecording { source_name: Source, newer: zdd_core::verify::rollout::Newer },
    #[error("{0}: no deployment in it")]
    NoDeployment(Source),
    #[error("{source_name}: no deployment of {app} in it")]
    NoDeploymentOf { source_name: Source, app: String },
    #[error("{}: cannot be written: {error}", .path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("{0}")]
    Lab(#[from] LabError),
    #[error("{}: exists already, and may be the only record of another deployment", .0.display())]
    RecordingExists(PathBuf),
    #[error("{0}")]
    Canary(#[from] CanaryError),
    #[error("{0}")]
    Bound(#[from] BoundError),
    #[error("{0}")]
    Forecast(#[from] ForecastError),
    #[error("{0}")]
    Jobs(#[from] JobsError),
    #[error("{0}")]
    History(#[from] HistoryFault),
    #[error("{0}")]
    Amend(Box<AmendError>),
    #[error("{0}")]
    Connect(#[from] ConnectFault),
    #[error("{0}")]
    Fit(#[from] FitError),
    #[error("{}{error}", About(.about.as_deref()))]
    Marathon { about: Option<String>, call: Call, error: MarathonError },
    #[error("{about}: {guarantee} would not hold: {why}")]
    WouldBreak { about: String, guarantee: Guarantee, why: String, fix: Option<String> },
    #[error("{app} is of version {found} and no longer {expected}", found = Version(.found), expected = Version(.expected))]
    Stale { app: AppId, expected: Option<Timestamp>, found: Option<Timestamp> },
    #[error("nobody is there to answer a question")]
    NobodyToAsk,
    #[error("{app}: its number of instances changes, too, and then Marathon only scales")]
    ScaleAndRestart { app: AppId },
    #[error("{app}: the definition is in place already, and {standing}")]
    Mixed { app: AppId, standing: String },
    #[error("no deployment of {0} goes on")]
    NothingRuns(String),
    #[error("no deployment of {target} goes on, and no rollout")]
    NoneGoesOn { target: String, there: Vec<String> },
    #[error("deployment {0} does not go on: it has ended, or there was none of this id")]
    DeploymentGone(DeploymentId),
    #[error("deployment {0} holds no app")]
    HoldsNoApp(DeploymentId),
    #[error("several deployments go on: {}", .0.join("; "))]
    SeveralRun(Vec<String>),
    #[error(
        "{0}: there is neither an app nor a group of this id, nor a deployment group of this name"
    )]
    NoTarget(String),
    #[error("two shares are expected of version {0}")]
    ExpectedTwice(String),
    #[error("of no version an answer is expected: all shares are 0")]
    NothingExpected,
    #[error("no HTTP client can be made: {0}")]
    HttpClient(reqwest::Error),
    #[error("the terminal cannot be used: {0}")]
    Terminal(io::Error),
    #[error("the result could not be written: {0}")]
    Output(#[from] io::Error),
    #[error("the result could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl CliError {
    /// What the shell is told.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::Lab(error) => error.exit(),
            Self::Canary(error) => error.exit(),
            Self::Bound(error) => error.exit(),
            Self::Jobs(error) => error.exit(),
            Self::History(error) => error.exit(),
            Self::Amend(error) => error.exit(),
            Self::Fit(error) => error.exit(),
            Self::NotForGroups { .. }
            | Self::NotForRollouts { .. }
            | Self::OfTwoKinds { .. }
            | Self::DifferentApps { .. }
            | Self::NoPicture { .. }
            | Self::NobodyToAsk
            | Self::ExpectedTwice(_)
            | Self::NothingExpected
            | Self::ScaleAndRestart { .. }
            | Self::Connect(ConnectFault::Half { .. }) => ExitCode::InvalidCombination,
            Self::Marathon { call, error, .. } => exit_of(*call, error),
            Self::NotSatisfiable { .. } | Self::WouldBreak { .. } | Self::Forecast(_) => {
                ExitCode::NotSatisfiable
            }
            Self::Stale { .. } => ExitCode::Stale,
            Self::Mixed { .. }
            | Self::NoTarget(_)
            | Self::NothingRuns(_)
            | Self::NoneGoesOn { .. }
            | Self::DeploymentGone(_)
            | Self::HoldsNoApp(_) => ExitCode::Marathon,
            Self::NothingGiven
            | Self::Files(_)
            | Self::Suggest { .. }
            | Self::Plan(_)
            | Self::Group(_)
            | Self::SeveralApps(_)
            | Self::NoDeployment(_)
            | Self::NewerRecording { .. }
            | Self::NoDeploymentOf { .. }
            | Self::Write { .. }
            | Self::RecordingExists(_)
            | Self::Connect(_)
            | Self::SeveralRun(_)
            | Self::HttpClient(_)
            | Self::Terminal(_)
            | Self::Output(_)
            | Self::Json(_) => ExitCode::Usage,
        }
    }

    /// A call that reads something failed.
    pub(crate) fn of_reading(error: MarathonError) -> Self {
        Self::Marathon { about: None, call: Call::Other, error }
    }

    /// A call about one app failed.
    pub(crate) fn of_app(app: &AppId, error: MarathonError) -> Self {
        Self::Marathon { about: Some(app.to_string()), call: Call::Other, error }
    }

    /// A call about one deployment failed.
    pub(crate) fn of_deployment(id: &DeploymentId, error: MarathonError) -> Self {
        Self::Marathon { about: Some(format!("deployment {id}")), call: Call::Other, error }
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
            Self::Lab(error) => error.hint(),
            Self::Canary(error) => error.hint(),
            Self::Bound(error) => Some(error.hint().into()),
            Self::Forecast(error) => error.hint().map(Into::into),
            Self::Jobs(error) => error.hint().map(String::from),
            Self::History(error) => Some(error.hint()),
            Self::Amend(error) => error.hint(),
            Self::Fit(error) => error.hint(),
            Self::SeveralApps(_) => Some("give each app a file, or put them into a group".into()),
            Self::NoPicture { .. } => Some("choose one app, or use -o text".into()),
            Self::NotForGroups { .. } => Some("take the app by itself, out of its group".into()),
            Self::NotForRollouts { .. } => Some("leave it out".into()),
            Self::NewerRecording { .. } => Some("use that version of zdd".into()),
            Self::NoDeployment(_) => Some(
                "record from before the deployment begins: curl -N -H 'Accept: text/event-stream' \
                 $MARATHON/v2/events"
                    .into(),
            ),
            Self::NoDeploymentOf { .. } => Some("leave --app out to see all that there are".into()),
            Self::RecordingExists(_) => Some("name a new file, or move this one away".into()),
            Self::Connect(fault) => fault.hint().map(Cow::into_owned),
            Self::Marathon { about, error: MarathonError::Locked { .. }, .. } => Some(format!(
                "wait for it with --wait-lock TIME, take it back with `zdd abort {}`, or cancel it \
                 with --force",
                about.as_deref().unwrap_or("APP")
            )),
            Self::Marathon { error, .. } => error.hint().map(String::from),
            Self::WouldBreak { fix, .. } => Some(match fix {
                Some(fix) => format!("{fix}; or deploy it all the same with --allow-broken"),
                None => "deploy it all the same with --allow-broken".into(),
            }),
            Self::Stale { .. } => {
                Some("look at what changed: run the command again with --dry-run".into())
            }
            Self::NobodyToAsk => Some("say --on-failure revert, stop or leave".into()),
            Self::ScaleAndRestart { .. } => {
                Some("deploy the number first, without --restart, then the restart".into())
            }
            Self::Mixed { .. } => Some("--restart replaces all instances".into()),
            Self::NoneGoesOn { target, there } => Some(if there.is_empty() {
                format!("nothing else does, either; `zdd status {target}` says what runs of it")
            } else {
                format!("what goes on: {}", there.join("; "))
            }),
            Self::NothingRuns(target) if target.starts_with('/') => {
                Some(format!("`zdd status {target}` says what runs of it"))
            }
            Self::NothingRuns(_) | Self::DeploymentGone(_) => {
                Some("`zdd status` lists those that do".into())
            }
            Self::HoldsNoApp(_) => Some("zdd follows apps only, no pods".into()),
            Self::SeveralRun(_) => Some(
                "name the app or the deployment group, or the deployment with --deployment".into(),
            ),
            Self::NoTarget(_) => Some("ids begin at the root, as in /shop/cart".into()),
            Self::ExpectedTwice(_) | Self::NothingExpected => {
                Some("say each version once, as in --expect 0.9=80,1.0=20".into())
            }
            Self::OfTwoKinds { .. }
            | Self::HttpClient(_)
            | Self::DifferentApps { .. }
            | Self::Terminal(_)
            | Self::Group(_)
            | Self::Output(_)
            | Self::Json(_) => None,
            Self::Write { error, .. } => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    Some("name a file in a folder that exists".into())
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("name a file in a folder that you may write to".into())
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some("make room there, or name a file on another disk".into())
                }
                _ => None,
            },
        }
    }
}

/// What the shell is told of a call that failed: the number says what was tried only where Marathon
/// answered and said no.
fn exit_of(call: Call, error: &MarathonError) -> ExitCode {
    match (error, call) {
        (MarathonError::Locked { .. }, _) => ExitCode::Locked,
        (MarathonError::Invalid { .. } | MarathonError::Refused { .. }, Call::Create) => {
            ExitCode::Create
        }
        (MarathonError::Invalid { .. } | MarathonError::Refused { .. }, Call::Scale) => {
            ExitCode::Scale
        }
        (MarathonError::Invalid { .. } | MarathonError::Refused { .. }, Call::Delete) => {
            ExitCode::Delete
        }
        _ => ExitCode::Marathon,
    }
}

impl ConnectFault {
    fn hint(&self) -> Option<Cow<'static, str>> {
        if let Self::BadAddress { meant: Some(meant), .. } = self {
            return Some(format!("did you mean `{meant}`?").into());
        }
        self.fixed_hint().map(Cow::Borrowed)
    }

    fn fixed_hint(&self) -> Option<&'static str> {
        match self {
            Self::NoAddress => Some(
                "give its address with -m URL or in ZDD_MARATHON; `zdd lab up` starts a Marathon \
                 on this machine",
            ),
            Self::BadAddress { .. } => Some("an address is such as http://marathon.example:8080"),
            Self::PasswordInAddress => Some(
                "put the address into ZDD_MARATHON, the password into ZDD_MARATHON_PASSWORD, or \
                 both into a file for --credentials",
            ),
            Self::Secret { option: "token" } => Some("put it into a file for --token-file"),
            Self::Secret { .. } => {
                Some("put it into ZDD_MARATHON_PASSWORD, or into a file for --credentials")
            }
            Self::CredentialFile(error) => error.hint(),
            Self::Build(error) => error.hint(),
            Self::Half { .. } => Some("set both, or neither"),
            Self::NotText { .. } => None,
        }
    }
}

/// `/shop: `, where it is known what something is about.
struct About<'a>(Option<&'a str>);

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |about| write!(f, "{about}: "))
    }
}

/// A version, or that there is no app.
struct Version<'a>(&'a Option<Timestamp>);

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(version) => version.fmt(f),
            None => f.write_str("none (no such app)"),
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

macro_rules! canary_errors {
    ($($from:ty),+) => {
        $(impl From<$from> for CliError {
            fn from(error: $from) -> Self {
                Self::Canary(error.into())
            }
        })+
    };
}

canary_errors!(ReleaseError, StrangerError, RecordError);

impl From<AmendError> for CliError {
    fn from(error: AmendError) -> Self {
        Self::Amend(Box::new(error))
    }
}
