//! The balancers that the arguments describe.

use zdd_haproxy::admin::AdminSocket;
use zdd_haproxy::socket::Address;

use crate::args::HaproxyArgs;
use crate::canary::CanaryError;

/// The balancers that the arguments describe; `None` where they name none. Nothing is connected.
pub(crate) fn balancer(args: &HaproxyArgs) -> Result<Option<AdminSocket>, CanaryError> {
    let addresses = |texts: &[String]| {
        let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let address = |text: &str| text.parse::<Address>().map_err(CanaryError::Address);
        texts.map(address).collect::<Result<Vec<_>, _>>()
    };
    let (sockets, masters) = (addresses(&args.haproxy)?, addresses(&args.haproxy_master)?);
    if sockets.is_empty() && masters.is_empty() {
        return Ok(None);
    }
    if !masters.is_empty() && masters.len() != sockets.len() {
        let count = |of: &[Address]| u32::try_from(of.len()).unwrap_or(u32::MAX);
        let (given, balancers) = (count(&masters), count(&sockets));
        return Err(CanaryError::Masters { given, balancers });
    }
    let mut socket = AdminSocket::new(sockets.clone());
    for (address, master) in sockets.into_iter().zip(masters) {
        socket = socket.with_master(address, master);
    }
    Ok(Some(socket))
}
