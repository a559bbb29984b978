//! What a load balancer can fail with.

use alloc::string::String;

/// Why a balancer could not be seen, or not be set. The texts are the adapter's, and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BalancerError {
    /// It was not reached, or did not answer in time. This may pass.
    #[error("{cause}")]
    Unreachable {
        /// Which.
        balancer: String,
        /// What happened; names it.
        cause: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// It answers what cannot be understood, or lets us do nothing. This does not pass by itself.
    #[error("{cause}")]
    Unusable {
        /// Which.
        balancer: String,
        /// What is wrong; names it.
        cause: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// It refuses a change.
    #[error("{cause}")]
    Refused {
        /// Which.
        balancer: String,
        /// What it refuses, and its words; names it.
        cause: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// It took a change, and has another value all the same.
    #[error("{cause}")]
    NotKept {
        /// Which.
        balancer: String,
        /// What differs; names it.
        cause: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// What was to be changed is there no longer, as when a task ends between a look and what is done about
    /// it. The next look shows it.
    #[error("{cause}")]
    Gone {
        /// Which.
        balancer: String,
        /// What is not there; names it.
        cause: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// Nothing can be set this way.
    #[error("{balancer} can be looked at, and nothing can be set there")]
    ReadOnly {
        /// Which.
        balancer: String,
    },
}

impl BalancerError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unreachable { hint, .. }
            | Self::Unusable { hint, .. }
            | Self::Refused { hint, .. }
            | Self::NotKept { hint, .. }
            | Self::Gone { hint, .. } => hint.as_deref(),
            Self::ReadOnly { .. } => Some(
                "weights and states are set through the admin socket of HAProxy: --haproxy SOCKET",
            ),
        }
    }

    /// Which balancer it is about.
    pub fn balancer(&self) -> &str {
        match self {
            Self::Unreachable { balancer, .. }
            | Self::Unusable { balancer, .. }
            | Self::Refused { balancer, .. }
            | Self::NotKept { balancer, .. }
            | Self::Gone { balancer, .. }
            | Self::ReadOnly { balancer } => balancer,
        }
    }

    /// Whether it may be gone at the next look, without anybody doing anything.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::NotKept { .. } | Self::Gone { .. })
    }
}
