//! All HAProxy processes behind one name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::balancer::{Balancer, Seen};
use super::error::AdminError;
use super::memory::Change;
use crate::socket::{Address, Master, Name, Patience, Socket};
use crate::view::{Disagreement, View, disagreements};

/// The most balancers behind one name.
const BALANCERS: usize = 256;

/// The admin sockets of one or several HAProxy processes that balance the same apps.
///
/// A name that stands for several addresses is as many balancers: it is looked up again for every
/// call. One that is new there gets what was set at the others.
#[derive(Debug)]
pub struct AdminSocket {
    addresses: Vec<Address>,
    masters: BTreeMap<Address, Address>,
    patience: Patience,
    balancers: Mutex<BTreeMap<Address, Arc<Balancer>>>,
}

/// What became of one HAProxy in a call to all.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Look {
    /// Its address.
    pub balancer: String,
    /// What was seen of it, or why nothing was.
    pub seen: Result<Seen, AdminError>,
}

impl AdminSocket {
    /// Those at `addresses`. Nothing is connected until something is asked.
    pub fn new(addresses: impl IntoIterator<Item = Address>) -> Self {
        Self {
            addresses: addresses.into_iter().collect(),
            masters: BTreeMap::new(),
            patience: Patience::default(),
            balancers: Mutex::new(BTreeMap::new()),
        }
    }

    /// Changes for how long each is given time.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Says where the master of the one at `address` is, so that its old workers are seen. Of a name
    /// that stands for several, each address has a master of its own.
    #[must_use]
    pub fn with_master(mut self, address: Address, master: Address) -> Self {
        self.masters.insert(address, master);
        self
    }

    /// Looks at all of them, at the same time. After a reload, what was set is set again.
    pub async fn look(&self) -> Vec<Look> {
        self.each(|balancer| async move { balancer.look().await }).await
    }

    /// Sets all of `changes` at all of them, at the same time, and reads back.
    pub async fn set(&self, changes: &[Change]) -> Vec<Look> {
        self.each(|balancer| async move { balancer.set(changes).await }).await
    }

    /// Cuts what goes on at a server, at all of them, and looks.
    pub async fn shutdown_sessions(&self, backend: &Name, server: &Name) -> Vec<Look> {
        let cut = |balancer: Arc<Balancer>| async move {
            balancer.shutdown_sessions(backend, server).await?;
            balancer.look().await
        };
        self.each(cut).await
    }

    /// Forgets what was set of a server.
    pub fn forget(&self, backend: &Name, server: &Name) {
        for balancer in self.known().values() {
            balancer.forget(backend, server);
        }
    }

    async fn each<F>(&self, call: impl Fn(Arc<Balancer>) -> F) -> Vec<Look>
    where
        F: Future<Output = Result<Seen, AdminError>>,
    {
        let call = &call;
        let calls = self.addresses_now().await.into_iter().map(|address| async move {
            match address {
                Ok((address, master)) => {
                    let name = address.to_string();
                    Look { balancer: name, seen: call(self.balancer(address, master)).await }
                }
                Err((name, error)) => Look { balancer: name, seen: Err(error) },
            }
        });
        join_all(calls).await
    }

    /// The balancer at `address`: the same one, with its memory, every time.
    fn balancer(&self, address: Address, master: Option<&Address>) -> Arc<Balancer> {
        let mut known = self.known();
        if let Some(balancer) = known.get(&address) {
            return Arc::clone(balancer);
        }
        let memory = known.values().next().map(|other| other.memory().for_another());
        let socket = Socket::new(address.clone()).with_patience(self.patience);
        let mut balancer = Balancer::new(socket).with_memory(memory.unwrap_or_default());
        if let Some(master) = master {
            let master = Master::new(master.clone()).with_patience(self.patience);
            balancer = balancer.with_master(master);
        }
        let balancer = Arc::new(balancer);
        known.insert(address, Arc::clone(&balancer));
        balancer
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<Address, Arc<Balancer>>> {
        self.balancers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of each HAProxy, names looked up, and that of its master.
    async fn addresses_now(&self) -> Vec<Result<Found<'_>, (String, AdminError)>> {
        let looked_up = self.addresses.iter().map(|address| async move {
            let master = self.masters.get(address);
            let Address::Tcp(name) = address else { return vec![Ok((address.clone(), master))] };
            let error = |cause: String| {
                let no_address = AdminError::NoAddress { name: name.clone(), cause };
                vec![Err((name.clone(), no_address))]
            };
            match timeout(self.patience.connect, lookup_host(name)).await {
                Err(_) => error("its name server does not answer".into()),
                Ok(Err(cause)) => error(cause.to_string()),
                Ok(Ok(found)) => {
                    let mut found: Vec<_> = found.take(BALANCERS).collect();
                    found.sort_unstable();
                    found.dedup();
                    let master = master.filter(|_| found.len() == 1);
                    let with_master = |address| {
                        let own = self.masters.get(&address);
                        Ok((address, own.or(master)))
                    };
                    found.iter().map(|it| with_master(Address::Tcp(it.to_string()))).collect()
                }
            }
        });
        join_all(looked_up).await.into_iter().flatten().collect()
    }
}

/// The address of one HAProxy, and that of its master.
type Found<'a> = (Address, Option<&'a Address>);

impl Look {
    /// In what those that were seen differ.
    pub fn disagreements(looks: &[Self]) -> Vec<Disagreement> {
        let seen = looks.iter().filter_map(|look| {
            let seen = look.seen.as_ref().ok()?;
            Some((look.balancer.as_str(), &seen.view))
        });
        let views: Vec<(&str, &View)> = seen.collect();
        disagreements(&views)
    }
}
