//! From the resources of the wire to those of a room.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

use super::error::{ClusterFault, Misfit};
use super::raw::{Amounts, Full, Text};
use crate::placement::{Agent, Amount, AmountError, Held, PortRanges, PortRangesError, Resources};
use crate::units::TaskId;

/// How much, and which ports.
#[derive(Clone, Debug, Default)]
pub(super) struct Stock {
    pub(super) resources: Resources,
    pub(super) ports: PortRanges,
}

/// The role of what is reserved for nobody.
pub(super) const UNRESERVED: &str = "*";

/// With these Marathon marks what it reserved for a task that keeps its volumes.
const TASK_LABEL: &str = "marathon_task_id";

pub(super) fn stock(amounts: &Amounts<'_>) -> Result<Stock, Misfit> {
    let amount = |value: Option<f64>, name| value.map_or(Ok(Amount::ZERO), |it| one(it, name));
    let ports = amounts.ports.as_ref().map_or(Ok(PortRanges::NONE), |text| text.0.parse());
    let ports = ports.map_err(|error| Misfit::from(error).inside("ports"))?;
    let resources = Resources {
        cpus: amount(amounts.cpus, "cpus")?,
        mem: amount(amounts.mem, "mem")?,
        disk: amount(amounts.disk, "disk")?,
        gpus: amounts.gpus.map_or(Ok(0), gpus).map_err(|misfit| misfit.inside("gpus"))?,
        n_ports: ports.count(),
    };
    Ok(Stock { resources, ports })
}

fn one(value: f64, name: &str) -> Result<Amount, Misfit> {
    let refused = |error: AmountError| Misfit::from(error).inside(name);
    Amount::try_from(value).map_err(refused)
}

/// Mesos knows whole ones only.
fn gpus(value: f64) -> Result<u32, Misfit> {
    let amount = Amount::try_from(value)?;
    let n = u32::try_from(amount.as_thousandths() / 1000).unwrap_or(u32::MAX);
    if Amount::whole(n) == amount { Ok(n) } else { Err(ClusterFault::Gpus(value).into()) }
}

/// Resources by role.
pub(super) fn stocks(
    roles: Option<&BTreeMap<Text<'_>, Amounts<'_>>>,
) -> Result<BTreeMap<String, Stock>, Misfit> {
    let roles = roles.into_iter().flatten();
    let stocks = roles.map(|(role, amounts)| {
        let stock = stock(amounts).map_err(|misfit| misfit.inside(&role.0))?;
        Ok((role.0.to_string(), stock))
    });
    stocks.collect()
}

/// Those of detailed resources that are meant, added up. `role` is theirs unless they name one.
pub(super) fn details<'a>(
    list: &[Full<'a>],
    role: &str,
    is_meant: impl Fn(&Full<'a>) -> bool,
) -> Result<Held, Misfit> {
    let mut sum = Held::default();
    for (at, full) in list.iter().enumerate().filter(|(_, full)| is_meant(full)) {
        let stock = detail(full).map_err(|misfit| misfit.inside(at))?;
        let part = match full.role_or(role) {
            UNRESERVED => &mut sum.unreserved,
            role => sum.reserved.entry(role.into()).or_default(),
        };
        *part = part.plus(stock.resources);
        if let Some(port) = sum.ports.shared_with(&stock.ports) {
            return Err(Misfit::from(PortRangesError::Overlap(port)).inside("ranges").inside(at));
        }
        sum.ports = sum.ports.plus(&stock.ports);
    }
    Ok(sum)
}

/// What is in use or offered of an agent, where only the sum is known: as much as there is of what
/// is reserved for nobody, and the rest of the reservations. Ports say themselves whose they are.
pub(super) fn spread(sum: Stock, agent: &Agent) -> Held {
    let mut held = Held::new(sum.resources, sum.ports);
    if agent.reserved.is_empty() {
        return held;
    }
    let all = Resources { n_ports: u32::MAX, ..agent.resources };
    let mut left = sum.resources.minus(all);
    held.unreserved = sum.resources.least(all);
    for (role, reserved) in &agent.reserved {
        let mut part = left.least(Resources { n_ports: 0, ..reserved.resources });
        left = left.minus(part);
        let others = reserved.ports.as_ref().map_or(PortRanges::NONE, |own| held.ports.minus(own));
        part.n_ports = held.ports.count() - others.count();
        held.unreserved.n_ports = held.unreserved.n_ports.saturating_sub(part.n_ports);
        if part != Resources::NONE {
            held.reserved.insert(role.clone(), part);
        }
    }
    // More than there is: somewhere it has to be.
    held.unreserved = held.unreserved.plus(left);
    held
}

fn detail(full: &Full<'_>) -> Result<Stock, Misfit> {
    let mut stock = Stock::default();
    // Mesos gives what is revocable other names, where it adds up.
    if full.revocable.is_some() {
        return Ok(stock);
    }
    let within = |misfit: Misfit| misfit.inside("value").inside("scalar");
    let value = full.scalar.as_ref().map_or(0.0, |scalar| scalar.value);
    let amount = || Amount::try_from(value).map_err(|error| within(error.into()));
    match &*full.name {
        "cpus" => stock.resources.cpus = amount()?,
        "mem" => stock.resources.mem = amount()?,
        "disk" => stock.resources.disk = amount()?,
        "gpus" => stock.resources.gpus = gpus(value).map_err(within)?,
        "ports" => {
            let ranges = full.ranges.as_ref().and_then(|ranges| ranges.range.as_deref());
            let pairs = ranges.into_iter().flatten().map(|range| (range.begin, range.end));
            let refused = |error| Misfit::from(ClusterFault::Ports(error)).inside("ranges");
            stock.ports = PortRanges::new(pairs).map_err(refused)?;
            stock.resources.n_ports = stock.ports.count();
        }
        _ => {}
    }
    Ok(stock)
}

impl Full<'_> {
    /// Whether anybody of the role may take it: it is not kept for one task, and no volume already.
    pub(super) fn is_open(&self) -> bool {
        let is_volume = self.disk.as_ref().is_some_and(|disk| disk.persistence.is_some());
        !is_volume && self.task().is_none()
    }

    fn role_or<'s>(&'s self, other: &'s str) -> &'s str {
        let refined = self.reservations.as_ref().and_then(|list| list.last()?.role.as_ref());
        let role = refined.or(self.role.as_ref());
        role.map_or(other, |role| &role.0)
    }

    /// The task that it is kept for.
    pub(super) fn task(&self) -> Option<TaskId> {
        let refined = self.reservations.iter().flatten();
        let mut all = self.reservation.iter().chain(refined);
        all.find_map(|reservation| {
            let labels = reservation.labels.as_ref()?;
            let list = labels.get("labels").unwrap_or(labels).as_array()?;
            let label = list.iter().find(|label| label["key"] == TASK_LABEL)?;
            label["value"].as_str()?.parse().ok()
        })
    }
}
