//! The masters of a Mesos.

use url::Url;
use zdd_marathon::mesos::HttpMesos;

use super::address::{Origin, addresses};
use super::client::guarded;
use crate::args::ConnectArgs;
use crate::error::ConnectFault;

/// The masters at the addresses that `text` lists, by the same rules as Marathon, but for its
/// credentials: these are not for others.
pub(crate) fn mesos_at(text: &str, args: &ConnectArgs) -> Result<HttpMesos, ConnectFault> {
    mesos_of(addresses(text, Origin::Argument)?, args)
}

/// The masters at these addresses.
pub(crate) fn mesos_of(
    masters: impl IntoIterator<Item = Url>,
    args: &ConnectArgs,
) -> Result<HttpMesos, ConnectFault> {
    Ok(guarded(masters, args).build_mesos()?)
}
