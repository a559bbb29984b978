//! Clients that ask and ask.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::up::request;

/// Between two requests of one client: the ports for connections are not without number.
const PAUSE: Duration = Duration::from_millis(5);

/// Clients of the test service, until they are told to stop.
pub(crate) struct Load {
    counted: Arc<Mutex<Counted>>,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

/// What became of requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    /// Answers, by the version that gave them.
    pub(crate) by_version: BTreeMap<String, u64>,
    /// What came instead of an answer.
    pub(crate) failures: Vec<String>,
}

impl Load {
    pub(crate) fn start(port: u16) -> Self {
        let counted = Arc::new(Mutex::new(Counted::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let client = |_| {
            let (counted, stop) = (counted.clone(), stop.clone());
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let answer = version_at(port);
                    let mut counted = counted.lock().unwrap();
                    match answer {
                        Ok(version) => *counted.by_version.entry(version).or_default() += 1,
                        Err(failure) => counted.failures.push(failure),
                    }
                    drop(counted);
                    thread::sleep(PAUSE);
                }
            })
        };
        let clients = (0..3).map(client).collect();
        Self { counted, stop, clients }
    }

    pub(crate) fn counted(&self) -> Counted {
        self.counted.lock().unwrap().clone()
    }

    pub(crate) fn finish(mut self) -> Counted {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            client.join().unwrap();
        }
        self.counted()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Counted {
    #[allow(dead_code, reason = "each test file uses a part of it")]
    pub(crate) fn of(&self, version: &str) -> u64 {
        self.by_version.get(version).copied().unwrap_or_default()
    }
}

/// The version of the service that answers on a port.
pub(crate) fn version_at(port: u16) -> Result<String, String> {
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    let (status, body) = request(to, "GET", "/endpoint0", "").map_err(|error| error.to_string())?;
    if status != 200 {
        return Err(format!("{status}: {body}"));
    }
    let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
    answer["version"].as_str().map(Into::into).ok_or(body)
}
