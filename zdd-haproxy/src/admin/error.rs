//! What seeing and setting can fail with.

use super::memory::Difference;
use crate::socket::SocketError;

/// Why a HAProxy could not be seen, or not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The admin socket does not do it.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// HAProxy took the change, and has another value all the same: somebody else sets it too.
    #[error("{balancer} did not keep {}", list(differences))]
    NotKept {
        /// Where.
        balancer: String,
        /// What.
        differences: Vec<Difference>,
    },
    /// A name stands for no address.
    #[error("`{name}` has no address: {cause}")]
    NoAddress {
        /// The name.
        name: String,
        /// Why.
        cause: String,
    },
}

impl AdminError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Socket(error) => error.hint(),
            Self::NotKept { .. } => Some(
                "find out who else changes this HAProxy: a bridge, marathon-lb, a script".into(),
            ),
            Self::NoAddress { .. } => None,
        }
    }
}

fn list(differences: &[Difference]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = differences.iter().take(SHOWN).map(ToString::to_string).collect();
    let rest = differences.len().saturating_sub(SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
