//! The instances of one app.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Change;
use super::event::{Definition, Facts, Stage};
use super::key::{ByKey, Key};
use super::part::{Life, Part};
use crate::units::Timestamp;

/// What is known of one app: its living instances, and the deployments that it is part of.
#[derive(Clone, Debug, Default)]
pub(super) struct Fleet {
    pub(super) alive: ByKey<Instance>,
    pub(super) ended: Ended,
    /// The version that was spoken of last: most instances share their version with others.
    version: Arc<str>,
    /// The last definition that was announced.
    defined: Option<(Box<str>, Facts)>,
    /// Whether the app has health checks, as far as anything said.
    pub(super) has_health_checks: bool,
    pub(super) parts: Vec<Part>,
    /// Whether a snapshot named all instances: then there are no others than those that are known.
    pub(super) is_listed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) version: Arc<str>,
    pub(super) life: Life,
    /// The last moment that an event spoke of it.
    last: Timestamp,
}

/// Who an event is about, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct News<'a> {
    pub(super) at: Timestamp,
    /// The event came too late to be put in its place.
    pub(super) late: bool,
    pub(super) task: &'a str,
    pub(super) version: &'a str,
}

impl Fleet {
    /// Begins a part.
    pub(super) fn begin(&mut self, part: Part) -> &mut Part {
        let at = self.parts.len();
        self.parts.push(part);
        &mut self.parts[at]
    }

    /// The living instances: their versions, and where they are.
    pub(super) fn alive(&self) -> impl Iterator<Item = (&str, Life)> {
        self.alive.values().map(|instance| (&*instance.version, instance.life))
    }

    /// What was announced of the definition of `version`.
    pub(super) fn announced(&self, version: &str) -> Option<Facts> {
        let (of, facts) = self.defined.as_ref()?;
        (&**of == version).then_some(*facts)
    }

    /// A definition is announced.
    pub(super) fn define(&mut self, definition: &Definition<'_>) {
        self.has_health_checks = definition.facts.has_health_checks;
        for part in &mut self.parts {
            if *part.version == *definition.version {
                part.facts.get_or_insert(definition.facts);
            }
        }
        self.defined = Some(((*definition.version).into(), definition.facts));
    }

    /// An instance reached a stage.
    pub(super) fn stage(&mut self, news: News<'_>, stage: Stage) {
        let key = Key::of(news.task);
        let instance = match self.alive.get_mut(&key) {
            Some(instance) if news.late && news.at < instance.last => return,
            Some(instance) => instance,
            None => match self.missing(&key, news, stage) {
                Some(before) => {
                    let version = self.shared(news.version);
                    let instance = Instance::appear(&mut self.parts, news, version, before);
                    self.alive.entry(key.clone()).or_insert(instance)
                }
                None => return,
            },
        };
        instance.last = instance.last.max(news.at);
        let running = if self.has_health_checks { Life::Running } else { Life::Healthy };
        let from = instance.life;
        let steps: &[(Option<Life>, Change)] = match (stage, from) {
            (Stage::Running, Life::Starting) if running == Life::Healthy => {
                &[(Some(Life::Healthy), Change::Healthy)]
            }
            (Stage::Running, Life::Starting) => &[(Some(Life::Running), Change::Running)],
            (Stage::Starting | Stage::Running, _) | (Stage::Stopping, Life::Dying) => &[],
            (Stage::Stopping, _) => &[(Some(Life::Dying), Change::ToldToStop)],
            (Stage::Killed | Stage::Ended | Stage::Wanted, Life::Dying) => {
                &[(None, Change::Stopped)]
            }
            // Releases without TASK_KILLING say no more than this.
            (Stage::Killed, _) => {
                &[(Some(Life::Dying), Change::ToldToStop), (None, Change::Stopped)]
            }
            (Stage::Ended | Stage::Wanted, _) => &[(None, Change::Failed)],
        };
        if !instance.go(&mut self.parts, news, steps) {
            self.alive.remove(&key);
            if stage == Stage::Wanted {
                self.ended.note_wanted(key, news.at);
            } else {
                self.ended.note(key, news.at);
            }
        }
    }

    /// An instance passed or failed its health checks.
    pub(super) fn health(&mut self, news: News<'_>, alive: bool) {
        self.has_health_checks = true;
        let key = Key::of(news.task);
        let instance = match self.alive.get_mut(&key) {
            Some(instance) if news.late && news.at < instance.last => return,
            Some(instance) => instance,
            None if self.ended.at(&key).is_some() || self.ended.is_forgotten(news) => return,
            None => {
                let version = self.shared(news.version);
                let instance = Instance::appear(&mut self.parts, news, version, !self.is_listed);
                self.alive.entry(key.clone()).or_insert(instance)
            }
        };
        instance.last = instance.last.max(news.at);
        let from = instance.life;
        let steps: &[(Option<Life>, Change)] = match (alive, from) {
            (true, Life::Starting | Life::Running) => &[(Some(Life::Healthy), Change::Healthy)],
            (false, Life::Healthy) => &[(Some(Life::Running), Change::Unhealthy)],
            _ => &[],
        };
        if !instance.go(&mut self.parts, news, steps) {
            self.alive.remove(&key);
            self.ended.note(key, news.at);
        }
    }

    /// An instance is among the living, as a snapshot says.
    pub(super) fn comes(&mut self, key: Key, at: Timestamp, version: &str, life: Life) {
        self.ended.forget(&key);
        let version = self.shared(version);
        self.alive.insert(key, Instance { version, life, last: at });
    }

    /// `version` as a text that the instances share.
    fn shared(&mut self, version: &str) -> Arc<str> {
        if *self.version != *version {
            self.version = version.into();
        }
        self.version.clone()
    }

    /// For an instance that is not among the living: whether it must have been there before; none
    /// if the event says nothing new.
    fn missing(&mut self, key: &Key, news: News<'_>, stage: Stage) -> Option<bool> {
        let rises = matches!(stage, Stage::Starting | Stage::Running);
        if let Some(ended) = self.ended.at(key) {
            // Since 1.8 an instance outlives its tasks; and the unreachable come back. What rises in
            // the moment of the end is an echo, unless it was said in between that it is wanted
            // again: whole lives pass within a millisecond.
            if stage == Stage::Wanted && news.at >= ended {
                self.ended.note_wanted(key.clone(), news.at);
            }
            if !rises || !self.ended.may_rise(key, news.at) {
                return None;
            }
            self.ended.forget(key);
            return Some(false);
        }
        if stage == Stage::Wanted || self.ended.is_forgotten(news) {
            return None;
        }
        // Running is repeated when an old instance shall stop. A new one is seen to run first only
        // where its launch was lost.
        let new = self.parts.iter().any(|part| part.side(news.version) == super::Version::New);
        let launched = stage == Stage::Starting || (stage == Stage::Running && new);
        Some(!launched && !self.is_listed)
    }
}

impl Instance {
    /// An instance comes among the living, as one that was there `before`, or as launched now.
    fn appear(parts: &mut [Part], news: News<'_>, version: Arc<str>, before: bool) -> Self {
        for part in parts {
            if before {
                part.reveal(news.at, news.version, news.task);
            } else {
                let launched = Some(Life::Starting);
                part.change(news.at, news.version, news.task, None, launched, Change::Launched);
            }
        }
        let life = if before { Life::Healthy } else { Life::Starting };
        Self { version, life, last: news.at }
    }

    /// Goes through the steps that an event means, in the parts and in the instance itself. Says
    /// whether it is still alive.
    fn go(&mut self, parts: &mut [Part], news: News<'_>, steps: &[(Option<Life>, Change)]) -> bool {
        for &(to, change) in steps {
            for part in &mut *parts {
                part.change(news.at, &self.version, news.task, Some(self.life), to, change);
            }
            match to {
                Some(to) => self.life = to,
                None => return false,
            }
        }
        true
    }
}

/// Instances that ended not long ago: what comes about them now is an echo.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    at: ByKey<End>,
    order: VecDeque<Key>,
    /// The last moment at which one that is forgotten by now ended.
    horizon: Option<Timestamp>,
}

/// When an instance ended, and whether it was said since that it is wanted again.
#[derive(Clone, Copy, Debug)]
struct End {
    at: Timestamp,
    wanted: bool,
}

impl Ended {
    /// Echoes come close after; an app that loses more than so many instances between is not seen.
    const MAX: usize = 1024;

    fn at(&self, key: &Key) -> Option<Timestamp> {
        self.at.get(key).map(|end| end.at)
    }

    /// Whether an event of the moment `at` that says the instance lives can be true.
    fn may_rise(&self, key: &Key, at: Timestamp) -> bool {
        self.at.get(key).is_none_or(|end| at > end.at || (at == end.at && end.wanted))
    }

    /// Whether an event that is out of its order may be about an instance that is forgotten.
    fn is_forgotten(&self, news: News<'_>) -> bool {
        news.late && self.horizon.is_some_and(|horizon| news.at <= horizon)
    }

    pub(super) fn note(&mut self, key: Key, at: Timestamp) {
        self.insert(key, End { at, wanted: false });
    }

    /// Notes that an instance that ended is wanted again at the moment `at`.
    fn note_wanted(&mut self, key: Key, at: Timestamp) {
        self.insert(key, End { at, wanted: true });
    }

    fn insert(&mut self, key: Key, end: End) {
        if self.at.insert(key.clone(), end).is_none() {
            self.order.push_back(key);
        }
        // An instance that came back and ended again stands in the order twice; that only makes it
        // be forgotten earlier.
        if self.order.len() > Self::MAX
            && let Some(oldest) = self.order.pop_front()
            && let Some(end) = self.at.remove(&oldest)
        {
            self.horizon = self.horizon.max(Some(end.at));
        }
    }

    fn forget(&mut self, key: &Key) {
        self.at.remove(key);
    }
}
