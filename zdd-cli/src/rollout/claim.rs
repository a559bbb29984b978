//! Who works on a rollout, for people.

use zdd_core::drive::ClaimError;
use zdd_core::rollout::record::Holder;
use zdd_core::units::Timestamp;

use super::error::CanaryError;
use crate::error::CliError;

impl From<ClaimError> for CliError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Held { group, holder, now } => {
                CanaryError::Held { group, holder, now }.into()
            }
            ClaimError::Lost { group } => CanaryError::Lost { group }.into(),
            ClaimError::Stale { group } => CanaryError::Stale { group }.into(),
            ClaimError::Stranger(error) => error.into(),
            ClaimError::Left { group, who, error } => {
                CanaryError::Left { group, who, error: Box::new((*error).into()) }.into()
            }
            ClaimError::Record(error) => error.into(),
            ClaimError::Marathon(error) => error.into(),
            ClaimError::App { app, error } => Self::of_app(&app, *error),
            other => CanaryError::Stuck { why: other.to_string(), hint: None }.into(),
        }
    }
}

/// Who we are, for others to read.
pub(super) fn me(now: Timestamp, yields: bool) -> Holder {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let user = user.ok().filter(|user| !user.is_empty());
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let place = match (user, host) {
        (Some(user), Some(host)) => format!("{user}@{host}, "),
        (Some(one), None) | (None, Some(one)) => format!("{one}, "),
        (None, None) => String::new(),
    };
    Holder { who: format!("{place}process {}", std::process::id()), since: now, yields }
}

#[cfg(test)]
pub(super) mod tests;
