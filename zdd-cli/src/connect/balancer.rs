//! The balancers that the arguments describe.

use url::Url;
use zdd_core::ports::LoadBalancer;
use zdd_haproxy::admin::AdminSocket;
use zdd_haproxy::marathon_lb::MarathonLb;
use zdd_haproxy::socket::Address;

use crate::args::HaproxyArgs;
use crate::rollout::CanaryError;

/// The balancers that the arguments describe; `None` where they name none. Nothing is connected. Where
/// both ways are named, that which can set something is taken.
pub(crate) fn balancer(args: &HaproxyArgs) -> Result<Option<Box<dyn LoadBalancer>>, CanaryError> {
    let addresses = |texts: &[String]| {
        let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let address = |text: &str| text.parse::<Address>().map_err(CanaryError::Address);
        texts.map(address).collect::<Result<Vec<_>, _>>()
    };
    let (sockets, masters) = (addresses(&args.haproxy)?, addresses(&args.haproxy_master)?);
    if sockets.is_empty()
        && let Some(url) = args.marathon_lb.as_deref().filter(|url| !url.is_empty())
    {
        return Ok(Some(Box::new(marathon_lb(url)?)));
    }
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
    Ok(Some(Box::new(socket)))
}

fn marathon_lb(text: &str) -> Result<MarathonLb, CanaryError> {
    let url = Url::parse(text).map_err(|error| CanaryError::Url(error.to_string()))?;
    MarathonLb::builder(url).build().map_err(CanaryError::MarathonLb)
}
