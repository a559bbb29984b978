//! A Marathon that does what a test tells it to, and nothing for real.
//!
//! Deployments go one instance at a time: a new one comes up, an old one goes.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod api;
mod faults;
mod world;

pub(crate) use faults::{Events, Fault, Of, Trouble};
pub(crate) use world::{Hold, Knobs, Loses, World, of_a_group, shop};

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

/// A running fake. It ends with its value.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// What the server and the test share.
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) changed: Condvar,
}

impl Fake {
    /// With an app `/shop` of four instances of version 1, and these knobs.
    pub(crate) fn start(knobs: Knobs) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let shared =
            Arc::new(Shared { world: Mutex::new(World::new(knobs)), changed: Condvar::new() });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let router = api::router(shared.clone());
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
        runtime.spawn(api::carry_out(shared.clone()));
        Self { address, shared, runtime: Some(runtime) }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap()
    }

    /// Waits until something is true of it.
    pub(crate) fn wait(&self, what: &str, holds: impl Fn(&World) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        let mut world = self.world();
        while !holds(&world) {
            assert!(Instant::now() < until, "waited for: {what}; {:?}", world.requests);
            let pause = Duration::from_millis(50);
            world = self.shared.changed.wait_timeout(world, pause).unwrap().0;
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
