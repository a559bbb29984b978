//! What can be wrong with what is added to a definition.

use zdd_core::app::{Place, Problem};

use crate::exit::ExitCode;
use crate::input::Source;

/// Why something cannot be added to a definition.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AmendError {
    #[error("--set {path}: `{field}` is no field of an app")]
    UnknownField { path: String, field: String, nearest: &'static str },
    #[error("--set {path}: {at} is {is}, which has nothing in it")]
    NotAnObject { path: String, at: String, is: &'static str },
    #[error("--set {path}: {at} has no item {step}")]
    NoItem { path: String, at: String, step: String },
    #[error("--set {0} is given twice")]
    Twice(String),
    #[error("{source_name} with --set: {problem}")]
    NotADefinition { source_name: Source, problem: Box<Problem> },
    #[error("{source_name} has the label ZDD_REVISION={said}, and --revision says {given}")]
    OtherRevision { source_name: Source, said: String, given: String },
    #[error("{given} is for definitions in JSON: {source_name} is a blueprint")]
    Blueprint { given: &'static str, source_name: Source },
    #[error("{source_name}{}: {pointer}: `{found}` is a place-holder that nothing was put for", At(*.place))]
    Unreplaced { source_name: Source, place: Option<Place>, pointer: String, found: String },
}

impl AmendError {
    pub(crate) const fn exit(&self) -> ExitCode {
        match self {
            Self::Twice(_)
            | Self::OtherRevision { .. }
            | Self::Blueprint { .. }
            | Self::Unreplaced { .. } => ExitCode::InvalidCombination,
            Self::UnknownField { .. }
            | Self::NotAnObject { .. }
            | Self::NoItem { .. }
            | Self::NotADefinition { .. } => ExitCode::Usage,
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownField { nearest, .. } => format!("did you mean `{nearest}`?"),
            Self::NotAnObject { .. } | Self::NoItem { .. } | Self::NotADefinition { .. } => {
                return None;
            }
            Self::Twice(_) => "give it once".into(),
            Self::OtherRevision { .. } => "leave the label to --revision".into(),
            Self::Blueprint { .. } => "change the blueprint, or give a definition".into(),
            Self::Unreplaced { pointer, .. } => {
                let path = pointer.trim_start_matches('/').replace('/', ".");
                let path = if path == "container.docker.image" { "image" } else { &path };
                format!("put something there with --set {path}=VALUE")
            }
        })
    }
}

/// `:12:30`, where it is known.
struct At(Option<Place>);

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |place| write!(f, ":{place}"))
    }
}
