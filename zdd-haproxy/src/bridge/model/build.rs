//! Makes services of apps.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use zdd_core::app::{App, HealthCheck, HealthCheckProtocol};
use zdd_core::ports::{AppStatus, Task};
use zdd_core::units::TaskId;

use super::labels::{self, PortLabels, wrong};
use super::merge::{self, Merged, Merging};
use super::problem::{Problem, Reason, shortened};
use super::service::{Balance, Check, Mode, Server, Service, Services};
use super::tasks::{self, Networking};
use crate::socket::Name;

/// Which apps are served, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that can be chosen")]
pub struct Settings {
    /// Apps of which groups.
    pub groups: Groups,
    /// Whether only tasks whose health checks pass become servers.
    pub health_check: bool,
    /// How the apps of a deployment group are put together.
    pub merge: Merge,
}

impl Default for Settings {
    /// Every app, its healthy tasks only, put together as marathon-lb does.
    fn default() -> Self {
        Self { groups: Groups::All, health_check: true, merge: Merge::MarathonLb }
    }
}

/// Which apps are served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "all or some")]
pub enum Groups {
    /// All, those without a group too.
    All,
    /// Those whose label `HAPROXY_GROUP` has one of these.
    Some(BTreeSet<String>),
}

/// How the apps of a deployment group are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "as it is, or as it should be")]
pub enum Merge {
    /// As marathon-lb does, with what is odd in it: the app that was scaled last is the new one,
    /// and instances without health checks count before they run.
    #[default]
    MarathonLb,
    /// The app that was started last is the new one whatever is scaled, and only instances that
    /// run count. Tools that roll back by scaling the old app up need the other way.
    Mended,
}

/// Makes services of `apps`, which are in Marathon's order and have their tasks. `hosts` has the
/// addresses of machines whose names are no addresses, and `draining` the tasks that are draining already.
pub fn services(
    apps: &[AppStatus],
    hosts: &BTreeMap<String, IpAddr>,
    draining: &BTreeSet<TaskId>,
    settings: &Settings,
) -> Services {
    let merging = Merging { how: settings.merge, draining };
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for (id, app) in merged(apps, merging, &mut problems) {
        let mut maker = Maker { id, app: &app, hosts, settings, problems: &mut problems };
        found.extend(maker.services());
    }
    found.sort_by(|a: &Service, b| (&a.id, a.port).cmp(&(&b.id, b.port)));
    let mut owners: BTreeMap<NonZeroU16, Name> = BTreeMap::new();
    let mut services = Vec::with_capacity(found.len());
    for service in found {
        if let Some(owner) = owners.get(&service.port) {
            let reason = Reason::PortTaken { port: service.port.get(), service: owner.to_string() };
            problems.push(Problem { app: service.app, reason });
        } else {
            owners.insert(service.port, service.name.clone());
            services.push(service);
        }
    }
    Services { services, problems }
}

/// Apps by themselves and merged ones, each under its name.
fn merged<'a>(
    apps: &'a [AppStatus],
    merging: Merging<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(String, Merged<'a>)> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut merged: Vec<(String, Option<Merged<'a>>)> = Vec::with_capacity(apps.len());
    for status in apps {
        let listed = Merged::of(status);
        let Some(group) = status.app.labels().get(labels::DEPLOYMENT_GROUP) else {
            merged.push((status.app.id().as_str().into(), Some(listed)));
            continue;
        };
        let slash = if group.starts_with('/') { "" } else { "/" };
        let id = format!("{slash}{group}");
        let place = *places.entry(id.clone()).or_insert(merged.len());
        match merged.get_mut(place).and_then(|(_, it)| it.take().map(|so_far| (it, so_far))) {
            Some((it, so_far)) => *it = Some(merge::merge(so_far, listed, merging, problems)),
            None => merged.push((id, Some(listed))),
        }
    }
    merged.into_iter().filter_map(|(id, app)| app.map(|app| (id, app))).collect()
}

/// Makes the services of one app.
struct Maker<'m, 'a> {
    id: String,
    app: &'m Merged<'a>,
    hosts: &'m BTreeMap<String, IpAddr>,
    settings: &'m Settings,
    problems: &'m mut Vec<Problem>,
}

impl Maker<'_, '_> {
    fn services(&mut self) -> Vec<Service> {
        let app = self.app.app;
        let networking = Networking::of(app);
        let mut services = Vec::new();
        let mut is_served = false;
        for (index, port) in tasks::service_ports(app, networking).into_iter().enumerate() {
            match self.service(index, port, networking) {
                Ok(service) => {
                    is_served |= service.is_some();
                    services.extend(service);
                }
                Err(reason) => self.complain(reason),
            }
        }
        if is_served {
            let unknown: Vec<Reason> = labels::unknown(app.labels()).collect();
            for reason in unknown {
                self.complain(reason);
            }
        }
        services
    }

    fn service(
        &mut self,
        index: usize,
        port: u64,
        networking: Networking,
    ) -> Result<Option<Service>, Reason> {
        let app = self.app.app;
        if !self.is_in_group(index) {
            return Ok(None);
        }
        let said = PortLabels::read(app.labels(), index)?;
        if said.is_enabled == Some(false) {
            return Ok(None);
        }
        let port = said.port.or_else(|| u16::try_from(port).ok().and_then(NonZeroU16::new));
        let port = port.ok_or(Reason::NoPort { index })?;
        let name = self.name(port)?;
        let servers = self.servers(index, networking)?;
        if servers.is_empty() {
            return Ok(None);
        }
        for reason in said.bad_hosts {
            self.complain(reason);
        }
        let given = check_of(app, index);
        let is_http = given.is_some_and(|check| check.protocol == HealthCheckProtocol::Http);
        let by_default = if is_http || said.wants_hosts { Mode::Http } else { Mode::Tcp };
        let mode = said.mode.unwrap_or(by_default);
        Ok(Some(Service {
            name,
            id: self.id.clone(),
            app: app.id().clone(),
            port,
            mode,
            balance: said.balance.unwrap_or(Balance::RoundRobin),
            is_sticky: said.is_sticky && mode == Mode::Http,
            hosts: said.hosts,
            path: said.path,
            check: self.check(given, mode),
            servers,
        }))
    }

    fn is_in_group(&self, index: usize) -> bool {
        let Groups::Some(wanted) = &self.settings.groups else { return true };
        let labels = self.app.app.labels();
        let of_port = labels.get(&format!("HAPROXY_{index}_GROUP"));
        let groups = of_port.or_else(|| labels.get(labels::GROUP));
        groups.is_some_and(|text| text.split(',').any(|group| wanted.contains(group.trim())))
    }

    fn name(&self, port: NonZeroU16) -> Result<Name, Reason> {
        let id = self.id.strip_prefix('/').unwrap_or(&self.id).replace('/', "_");
        let wanted = "letters, digits and - _ . : /";
        Name::new(format!("{id}_{port}"))
            .map_err(|_| wrong(labels::DEPLOYMENT_GROUP.into(), &self.id, wanted))
    }

    fn servers(&mut self, index: usize, networking: Networking) -> Result<Vec<Server>, Reason> {
        let merged = self.app;
        let mut servers = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for &(task, is_draining) in &merged.tasks {
            if !self.is_used(task) {
                continue;
            }
            let Some(host) = task.host.as_deref() else { continue };
            let Some(addr) = tasks::address(task, networking, self.hosts) else {
                unknown.insert(host);
                continue;
            };
            let ports = tasks::task_ports(merged.app, task, networking);
            let port = ports.get(index).and_then(|&port| u16::try_from(port).ok());
            let Some(port) = port.and_then(NonZeroU16::new) else { continue };
            let name = server_name(host, addr, port)
                .map_err(|_| Reason::UnknownHost { host: shortened(host) })?;
            let server = Server { name, task: task.id.clone(), addr, port, is_draining };
            // Two tasks in one place are one of them too late to be gone.
            servers.insert((host, port, addr), server);
        }
        for host in unknown {
            self.complain(Reason::UnknownHost { host: shortened(host) });
        }
        Ok(servers.into_values().collect())
    }

    fn is_used(&self, task: &Task) -> bool {
        let needs_check = self.settings.health_check && !self.app.app.health_checks().is_empty();
        tasks::is_serving(task) && (!needs_check || tasks::is_alive(task))
    }

    fn check(&mut self, given: Option<&HealthCheck>, mode: Mode) -> Check {
        // A server without a check would never be seen as up by whoever waits for that.
        let Some(given) = given else {
            let second = Duration::from_secs(1);
            return Check { path: None, port: None, interval: second, timeout: second, fall: 3 };
        };
        let asks = mode == Mode::Http && given.protocol.is_http();
        let path = given.path.as_deref().filter(|_| asks);
        if let Some(path) = path.filter(|path| !labels::is_path(path)) {
            self.complain(Reason::CheckPath { path: shortened(path) });
        }
        // Longer ones overflow HAProxy's clock.
        let most = Duration::from_secs(86_400);
        let within = |time: Duration| time.clamp(Duration::from_secs(1), most);
        Check {
            path: path.filter(|path| labels::is_path(path)).map(Into::into),
            port: given.port.and_then(NonZeroU16::new),
            interval: within(given.interval),
            timeout: within(given.timeout),
            fall: u16::try_from(given.max_consecutive_failures)
                .map_or(u16::MAX, |failures| failures.saturating_add(1)),
        }
    }

    fn complain(&mut self, reason: Reason) {
        self.problems.push(Problem { app: self.app.app.id().clone(), reason });
    }
}

/// The check of the port at a position: the first that names a port, or that position.
fn check_of(app: &App, index: usize) -> Option<&HealthCheck> {
    app.health_checks().iter().find(|check| {
        let at = check.port_index.map_or(0, |at| at as usize);
        check.port.is_some() || at == index
    })
}

fn server_name(
    host: &str,
    addr: IpAddr,
    port: NonZeroU16,
) -> Result<Name, crate::socket::NameError> {
    let addr = addr.to_string();
    let text =
        if addr == host { format!("{host}_{port}") } else { format!("{host}_{addr}_{port}") };
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    Name::new(text.chars().map(fit).collect::<String>())
}
