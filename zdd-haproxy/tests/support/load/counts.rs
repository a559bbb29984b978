//! What became of all requests.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::clients::Kind;

/// So many failures are kept in words.
const KEPT: usize = 20;

/// Counted by all clients at the same time.
#[derive(Default)]
pub(super) struct Counts {
    answered: BTreeMap<Kind, AtomicU64>,
    opened: AtomicU64,
    closed_idle: AtomicU64,
    n_cut: AtomicU64,
    n_failed: AtomicU64,
    failures: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl Counts {
    pub(super) fn new() -> Self {
        let answered = Kind::ALL.map(|kind| (kind, AtomicU64::new(0)));
        Self { answered: answered.into(), ..Self::default() }
    }

    pub(super) fn answered(&self, kind: Kind) {
        self.answered[&kind].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// The other side closed a connection when nothing was asked. No request is lost by it.
    pub(super) fn closed_idle(&self) {
        self.closed_idle.fetch_add(1, Ordering::Relaxed);
    }

    /// An upgraded connection was cut in the middle.
    pub(super) fn cut(&self) {
        self.n_cut.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn n_cut(&self) -> u64 {
        self.n_cut.load(Ordering::Relaxed)
    }

    pub(super) fn failed(&self, kind: Kind, why: &str) {
        self.n_failed.fetch_add(1, Ordering::Relaxed);
        let mut failures = self.failures.lock().unwrap();
        if failures.len() < KEPT {
            failures.push(format!("{kind:?}: {why}"));
        }
    }

    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub(super) fn n_answered(&self, kind: Kind) -> u64 {
        self.answered[&kind].load(Ordering::Relaxed)
    }

    pub(super) fn sum(&self) -> u64 {
        Kind::ALL.iter().map(|kind| self.n_answered(*kind)).sum()
    }

    pub(super) fn n_failed(&self) -> u64 {
        self.n_failed.load(Ordering::Relaxed)
    }

    pub(super) fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap().clone()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, n) in &self.answered {
            write!(f, "{kind:?} {}, ", n.load(Ordering::Relaxed))?;
        }
        write!(
            f,
            "failed {}, cut {}; connections opened {}, closed while idle {}",
            self.n_failed(),
            self.n_cut(),
            self.opened.load(Ordering::Relaxed),
            self.closed_idle.load(Ordering::Relaxed),
        )
    }
}
