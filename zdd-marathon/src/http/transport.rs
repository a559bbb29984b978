//! Sends calls: to which address, when again, and when not.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use tokio::time::sleep;
use zdd_core::ports::MarathonError;

use super::address::Address;
use super::answers;
use super::attempt::Decode;
use super::auth::{Auth, Secrets};
use super::call::{Call, Repeat};
use super::failure::Failure;
use super::redirect;
use super::run::Run;
use super::settings::Settings;
use super::silence::Silence;

/// An address, and who we are there if the address said so.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) address: Address,
    pub(super) header: Option<HeaderValue>,
}

/// The addresses of one Marathon, and what is known of them.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) hosts: Vec<Host>,
    /// For calls that may be repeated.
    pub(super) pooled: Client,
    /// For all others: a new connection for each.
    pub(super) fresh: Client,
    pub(super) auth: Auth,
    pub(super) secrets: Secrets,
    pub(super) settings: Settings,
    /// Which address answered last.
    current: AtomicUsize,
    /// Whether a Marathon ever answered.
    was_reached: AtomicBool,
    pub(super) silence: Silence,
    /// `host:port` of the leader, as an address of the list announced it.
    leader: Mutex<Option<String>>,
}

impl Transport {
    /// Over `hosts`, of which there is at least one.
    pub(super) fn new(
        hosts: Vec<Host>,
        pooled: Client,
        fresh: Client,
        auth: Auth,
        secrets: Secrets,
        settings: Settings,
    ) -> Self {
        Self {
            hosts,
            pooled,
            fresh,
            auth,
            secrets,
            settings,
            current: AtomicUsize::new(0),
            was_reached: AtomicBool::new(false),
            silence: Silence::default(),
            leader: Mutex::new(None),
        }
    }

    /// Carries a call out, and reads its answer with `decode`.
    pub(super) async fn call<T>(&self, call: &Call, decode: Decode<T>) -> Result<T, MarathonError> {
        let _on_its_way = self.silence.begin();
        let mut run = Run::new(self, call);
        loop {
            let failure = match run.round(decode).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match run.pause_after(&failure) {
                Some(pause) => sleep(pause).await,
                None => return Err(run.error(failure)),
            }
        }
    }

    /// Carries out a call of which the second time does nothing. That it finds nothing to do after
    /// a try whose answer was lost means that this try did it.
    pub(super) async fn call_harmless(&self, call: &Call) -> Result<(), MarathonError> {
        debug_assert_eq!(call.repeat, Repeat::Harmless, "for calls that may be repeated");
        let _on_its_way = self.silence.begin();
        let mut run = Run::new(self, call);
        loop {
            let failure = match run.round(answers::any).await {
                Ok(()) => return Ok(()),
                Err(Failure::Decided(MarathonError::NotFound { .. })) if run.is_doubtful() => {
                    return Ok(());
                }
                Err(failure) => failure,
            };
            match run.pause_after(&failure) {
                Some(pause) => sleep(pause).await,
                None => return Err(run.error(failure)),
            }
        }
    }

    /// The hosts, beginning with the one that answered last.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = (usize, &Host)> {
        let first = self.current.load(Ordering::Relaxed) % self.hosts.len().max(1);
        let numbered = || self.hosts.iter().enumerate();
        numbered().skip(first).chain(numbered().take(first))
    }

    /// Notes that a Marathon answered at the host `index`.
    pub(super) fn note_reached(&self, index: usize) {
        self.current.store(index, Ordering::Relaxed);
        self.was_reached.store(true, Ordering::Relaxed);
        self.silence.broken();
    }

    pub(super) fn was_reached(&self) -> bool {
        self.was_reached.load(Ordering::Relaxed)
    }

    /// All addresses, for messages.
    pub(super) fn urls(&self) -> String {
        let urls: Vec<_> = self.hosts.iter().map(|host| host.address.to_string()).collect();
        urls.join(", ")
    }

    /// The host of the list that `url` belongs to.
    pub(super) fn listed(&self, url: &Url) -> Option<&Host> {
        self.hosts.iter().find(|host| host.address.is_of(url))
    }

    /// Notes who the leader is. Only what hosts of the list say counts.
    pub(super) fn note_leader(&self, announced: &str) {
        if let Some(leader) = redirect::leader(announced) {
            *self.leader.lock().unwrap_or_else(PoisonError::into_inner) = Some(leader);
        }
    }

    pub(super) fn is_leader(&self, url: &Url) -> bool {
        let leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        leader.is_some() && *leader == redirect::host_port(url)
    }
}
