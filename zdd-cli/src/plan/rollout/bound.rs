//! A plan that was made before, and whether it still holds.

use std::fmt;
use std::path::Path;

use serde_json::Value;
use zdd_core::rollout::forecast::{Binding, Difference};

use crate::error::CliError;
use crate::exit::ExitCode;
use crate::input::Source;

/// The most of a plan that is read: one of ten thousand instances is some hundred kilobytes.
const MAX: usize = 64 << 20;

/// What a plan in a file was made from.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) source: Source,
    pub(crate) binding: Binding,
}

/// Why a plan is not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BoundError {
    #[error("{0} is no plan of `zdd plan -o json` or `--dry-run -o json`: {1}")]
    NotAPlan(Source, String),
    #[error("{0} was changed since it was made: its digest is of something else")]
    Changed(Source),
    #[error("{0} was made without a look at what runs")]
    NotLive(Source),
    #[error("{source_name} does not hold any more: {}", All(.differences))]
    Stale { source_name: Source, differences: Vec<Difference> },
}

impl Bound {
    /// The plan in a file.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        let source = Source::from(path);
        let text = source.text().map_err(|error| CliError::Files(vec![error]))?;
        Ok(Self::parse(&text, source)?)
    }

    fn parse(text: &str, source: Source) -> Result<Self, BoundError> {
        let wrong = |why: String| BoundError::NotAPlan(source.clone(), why);
        if text.len() > MAX {
            return Err(wrong(format!("it is longer than {MAX} bytes")));
        }
        // With --dry-run, notes follow in lines of their own.
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let is_bound = |value: &Value| value.get("binding").is_some_and(Value::is_object);
        let plan = values.find(|value| value.as_ref().map_or(true, is_bound));
        let plan = plan.ok_or_else(|| wrong("it has no `binding`".into()))?;
        let plan = plan.map_err(|error| wrong(error.to_string()))?;
        let part = |name: &str| plan.get(name).cloned().unwrap_or_default();
        let binding: Binding =
            serde_json::from_value(part("binding")).map_err(|error| wrong(error.to_string()))?;
        if part("digest").as_str() != Some(&binding.digest().to_string()) {
            return Err(BoundError::Changed(source));
        }
        if !binding.seen.is_live {
            return Err(BoundError::NotLive(source));
        }
        Ok(Self { source, binding })
    }

    /// Refuses when `found` is not what the plan was made from.
    pub(crate) fn holds(&self, found: &Binding) -> Result<(), BoundError> {
        if self.binding.digest() == found.digest() {
            return Ok(());
        }
        let differences = self.binding.differences(found);
        Err(BoundError::Stale { source_name: self.source.clone(), differences })
    }
}

impl BoundError {
    pub(crate) const fn exit(&self) -> ExitCode {
        match self {
            Self::NotAPlan(..) | Self::Changed(_) => ExitCode::Usage,
            Self::NotLive(_) | Self::Stale { .. } => ExitCode::Stale,
        }
    }

    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::NotAPlan(..) => "make one: zdd plan FILE -m URL -o json > plan.json",
            Self::Changed(_) => "make it again with `zdd plan`; a plan is not to be edited",
            Self::NotLive(_) => {
                "say where to look, as in: zdd plan FILE -m URL -o json > plan.json"
            }
            Self::Stale { .. } => "look at what changed, and plan again",
        }
    }
}

/// Differences one after the other.
struct All<'a>(&'a [Difference]);

impl fmt::Display for All<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, difference) in self.0.iter().enumerate() {
            write!(f, "{}{difference}", if n == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
