//! From what is written to what it means; what cannot be carried out is refused.

use std::collections::BTreeMap;

use serde_saphyr::{Location, Spanned};
use zdd_core::app::App;

use super::definition::definition;
use super::error::BlueprintError;
use super::quantity::Text;
use super::wire::{Cluster, Document, Gateway, Service};

/// A blueprint: versions of one app, and what each is to get of the traffic.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    /// In the order in which they are written: the first is the one that is there already.
    pub(crate) sides: Vec<Side>,
}

/// One version.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// The name of its breed.
    pub(crate) version: String,
    /// What Marathon is to run.
    pub(crate) app: App,
    /// Its share of the traffic, in percent. They add up to 100.
    pub(crate) share: u32,
}

/// As many versions as a canary has.
const MOST_SIDES: usize = 2;

impl Blueprint {
    /// Reads a blueprint.
    ///
    /// # Errors
    ///
    /// With line and column, when it is not YAML, says something that is not understood, or asks for
    /// what cannot be carried out.
    pub(crate) fn parse(text: &str) -> Result<Self, BlueprintError> {
        let document: Document = serde_saphyr::from_str(text)?;
        if let Some(kind) = &document.kind
            && !matches!(kind.value.as_str(), "blueprint" | "blueprints")
        {
            let what = format!("a blueprint is needed, and this is of kind `{}`", kind.value);
            return Err(BlueprintError::at(kind.referenced, what));
        }
        let (name, cluster) = only_cluster(&document)?;
        let entrance = Entrance::of(&document, name)?;
        let services = &cluster.value.services;
        let [_, rest @ ..] = services.value.as_slice() else {
            return Err(BlueprintError::at(services.referenced, "there is no service"));
        };
        if let Some(one_more) = rest.get(MOST_SIDES - 1) {
            let what = "a third service: traffic is split between two versions of an app";
            return Err(BlueprintError::at(one_more.referenced, what));
        }
        let shares = shares(&services.value, cluster.value.gateways.as_ref(), cluster.referenced)?;
        let about = About { blueprint: &document.name, cluster: name, entrance };
        let mut sides = Vec::new();
        for (service, share) in services.value.iter().zip(shares) {
            let version = service.value.breed.value.name.value.clone();
            sides.push(Side { version, app: definition(&about, service)?, share });
        }
        Ok(Self { sides })
    }
}

/// What the services have in common.
#[derive(Clone, Debug)]
pub(super) struct About<'d> {
    pub(super) blueprint: &'d Spanned<String>,
    pub(super) cluster: &'d str,
    pub(super) entrance: Entrance<'d>,
}

/// Where clients come in: `10099: cluster/port`.
#[derive(Clone, Debug)]
pub(super) struct Entrance<'d> {
    pub(super) port: u16,
    /// The name of the port behind it.
    pub(super) target: &'d str,
    pub(super) place: Location,
}

fn only_cluster(document: &Document) -> Result<(&str, &Spanned<Cluster>), BlueprintError> {
    let clusters = &document.clusters;
    let mut all = clusters.value.iter();
    match (all.next(), all.next()) {
        (Some((name, cluster)), None) => Ok((name, cluster)),
        (None, _) => Err(BlueprintError::at(clusters.referenced, "there is no cluster")),
        (Some((first, _)), Some((second, cluster))) => {
            let what = format!(
                "`{second}` is a second cluster, beside `{first}`: a canary is of one, so write each \
                 into a file of its own"
            );
            Err(BlueprintError::at(cluster.referenced, what))
        }
    }
}

impl<'d> Entrance<'d> {
    fn of(document: &'d Document, cluster: &str) -> Result<Self, BlueprintError> {
        let mut gateways = document.gateways.iter();
        let Some((Text(port), target)) = gateways.next() else {
            let what =
                "there is no gateway: without one no client comes in, as in `10099: NAME/port`";
            return Err(BlueprintError::at(document.name.referenced, what));
        };
        if let Some((Text(second), target)) = gateways.next() {
            let what = format!("a second gateway, `{second}`: an app has one entrance");
            return Err(BlueprintError::at(target.referenced, what));
        }
        let place = target.referenced;
        let Some(number) = port.parse().ok().filter(|port| *port > 0) else {
            let what = format!("gateway `{port}` is not a port from 1 to 65535");
            return Err(BlueprintError::at(place, what));
        };
        match target.value.split_once('/') {
            Some((name, target)) if name == cluster => Ok(Self { port: number, target, place }),
            _ => {
                let target = &target.value;
                let what = format!("gateway {port} leads to `{target}`, not to `{cluster}/…`");
                Err(BlueprintError::at(place, what))
            }
        }
    }
}

/// The share of each service, in percent.
fn shares(
    services: &[Spanned<Service>],
    gateway: Option<&Gateway>,
    place: Location,
) -> Result<Vec<u32>, BlueprintError> {
    let none = BTreeMap::new();
    let routes = gateway.map_or(&none, |gateway| &gateway.routes);
    if let Some(sticky) = gateway.and_then(|gateway| gateway.sticky.as_ref()) {
        let what =
            "`sticky`: shares are of requests, and a client that sticks brings all of its own";
        return Err(BlueprintError::at(sticky.referenced, what));
    }
    let names: Vec<&Spanned<String>> =
        services.iter().map(|service| &service.value.breed.value.name).collect();
    if let [first, second] = names.as_slice()
        && first.value == second.value
    {
        let what = format!("`{}` is the name of both services", second.value);
        return Err(BlueprintError::at(second.referenced, what));
    }
    let stranger = routes.iter().find(|(route, _)| names.iter().all(|name| name.value != **route));
    if let Some((route, weight)) = stranger {
        let what = format!("route `{route}` is none of the services");
        return Err(BlueprintError::at(weight.referenced, what));
    }
    if let ([_], true) = (names.as_slice(), routes.is_empty()) {
        return Ok(vec![100]);
    }
    let mut shares = Vec::new();
    for name in names {
        let Some(route) = routes.get(&name.value) else {
            let what = format!("`{}` has no route that says its weight", name.value);
            return Err(BlueprintError::at(name.referenced, what));
        };
        shares.push(route.value.weight.value.0);
    }
    match shares.iter().sum::<u32>() {
        100 => Ok(shares),
        sum => {
            let last = routes.values().last().map_or(place, |route| route.value.weight.referenced);
            Err(BlueprintError::at(last, format!("the weights add up to {sum} %, not to 100 %")))
        }
    }
}
