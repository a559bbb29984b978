//! Lines for where there is no terminal: what changed, and what is waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use zdd_core::units::{AppId, Timestamp};
use zdd_core::watch::View;

use super::block::times;
use crate::text::Time;

/// After so long in silence it is said what is waited for.
const FIRST_AFTER: Duration = Duration::from_secs(5);
/// And from then on so often.
const THEN_EVERY: Duration = Duration::from_secs(30);

/// Says what changes, and after a while of silence, why nothing does.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    started: Instant,
    /// How each app stood when it was told of.
    stood: BTreeMap<AppId, String>,
    /// What was in the way of each.
    troubles: BTreeMap<AppId, Vec<String>>,
    last: Instant,
    is_silent: bool,
}

impl Teller {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            stood: BTreeMap::new(),
            troubles: BTreeMap::new(),
            last: now,
            is_silent: false,
        }
    }

    /// When to say something even if nothing changes.
    pub(crate) fn due(&self) -> Instant {
        self.last + if self.is_silent { THEN_EVERY } else { FIRST_AFTER }
    }

    /// What there is to say of what changed.
    pub(crate) fn changes(&mut self, views: &[View]) -> Vec<String> {
        let mut said = Vec::new();
        for view in views {
            let app = &view.intent.app;
            if let Some(standing) = view.standing.map(|standing| standing.to_string())
                && self.stood.get(app) != Some(&standing)
            {
                said.push(format!("{app}: {standing}"));
                self.stood.insert(app.clone(), standing);
            }
            let troubles = view.waiting.iter().filter(|waiting| waiting.reason.is_trouble());
            let troubles: Vec<String> = troubles.map(ToString::to_string).collect();
            let known = self.troubles.get(app).map_or(&[][..], Vec::as_slice);
            let new = troubles.iter().filter(|trouble| !known.contains(*trouble));
            said.extend(new.map(|trouble| format!("{app}: {trouble}")));
            self.troubles.insert(app.clone(), troubles);
        }
        if !said.is_empty() {
            (self.last, self.is_silent) = (Instant::now(), false);
        }
        said.into_iter().map(|line| self.timed(&line)).collect()
    }

    /// What is waited for meanwhile: of each app the first reason, and what can be done about it.
    pub(crate) fn meanwhile(&mut self, views: &[View], now: Timestamp) -> Vec<String> {
        (self.last, self.is_silent) = (Instant::now(), true);
        let mut said = Vec::new();
        for view in views {
            let Some(waiting) = view.waiting.first() else { continue };
            let app = &view.intent.app;
            said.push(format!("{app}: still waiting: {waiting}{}", times(waiting, now)));
            let hint = waiting.reason.hint(&view.intent);
            said.extend(hint.map(|hint| format!("{app}: {hint}")));
        }
        said.into_iter().map(|line| self.timed(&line)).collect()
    }

    /// With the time that has passed before it.
    fn timed(&self, line: &str) -> String {
        let passed = Duration::from_secs(self.started.elapsed().as_secs());
        format!("{:>7}  {line}", Time(passed))
    }
}
