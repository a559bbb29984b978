//! What was set, and how it compares with what is there. No sockets here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use zdd_core::ports::Setting;

use crate::socket::{Command, Name, SetState, SocketError, Worker};
use crate::view::{Server, View};

/// A setting for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "which server, and what")]
pub struct Change {
    /// The backend.
    pub backend: Name,
    /// The server.
    pub server: Name,
    /// What it is set to.
    pub setting: Setting,
}

impl Change {
    pub(super) fn command(&self) -> Command {
        match self.setting {
            Setting::Weight(weight) => Command::set_weight(&self.backend, &self.server, weight),
            Setting::State(state) => Command::set_state(&self.backend, &self.server, state),
        }
    }
}

/// A setting that is not as it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What was set.
    pub wanted: Change,
    /// What is there. `None` where there is no such server, or HAProxy does not say.
    pub found: Option<Setting>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { backend, server, setting } = &self.wanted;
        write!(f, "{backend}/{server} {setting} (")?;
        match self.found {
            Some(found) => write!(f, "{found})"),
            None => f.write_str("unknown)"),
        }
    }
}

/// What was noticed while looking.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Another process answers than before: HAProxy was reloaded or started again, and its counters
    /// began anew.
    Reloaded {
        /// The process that answered before.
        from: Worker,
        /// The one that answers now.
        to: Worker,
    },
    /// A reload had forgotten this, and it was set again.
    Reasserted(Difference),
    /// A reload had forgotten these, and HAProxy refuses at least one of them now. The next look tries
    /// again.
    NotReasserted {
        /// What differs.
        differences: Vec<Difference>,
        /// The first refusal.
        error: SocketError,
    },
    /// Somebody else changed this, in the same process. It is left as it is.
    ChangedByOther(Difference),
    /// A server of which something was set is not there any more. It was forgotten: what comes under its
    /// name later, most likely another task at the same host and port, is what its configuration says.
    Gone {
        /// The backend.
        backend: Name,
        /// The server.
        server: Name,
    },
}

type Key = (Name, Name);

/// What was set at one HAProxy, and in which process.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    worker: Option<Worker>,
    weights: BTreeMap<Key, u16>,
    states: BTreeMap<Key, SetState>,
}

/// How what was set compares with what is there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// What differs, of servers that are there.
    pub(super) differences: Vec<Difference>,
    /// What was set of servers that are not there.
    pub(super) of_gone: Vec<Change>,
}

impl Comparison {
    /// Everything that is not as it was set.
    pub(super) fn of_all(self) -> Vec<Difference> {
        let gone = self.of_gone.into_iter().map(|wanted| Difference { wanted, found: None });
        self.differences.into_iter().chain(gone).collect()
    }

    /// Servers that are not there, each once.
    pub(super) fn gone(&self) -> impl Iterator<Item = Key> {
        let keys = self.of_gone.iter().map(|it| (it.backend.clone(), it.server.clone()));
        keys.collect::<BTreeSet<_>>().into_iter()
    }
}

impl Memory {
    /// What was set elsewhere, for a HAProxy that is new behind the same name.
    pub(super) fn for_another(&self) -> Self {
        Self { worker: None, ..self.clone() }
    }

    pub(super) fn worker(&self) -> Option<&Worker> {
        self.worker.as_ref()
    }

    /// Whether nothing was ever set, nor seen.
    pub(super) fn is_blank(&self) -> bool {
        self.worker.is_none() && self.weights.is_empty() && self.states.is_empty()
    }

    pub(super) fn set_worker(&mut self, worker: &Worker) {
        self.worker = Some(worker.clone());
    }

    /// Whether another process answers now than the one in which everything was set. That of a
    /// HAProxy never seen counts as another one.
    pub(super) fn is_other(&self, now: &Worker) -> bool {
        self.worker.as_ref().is_none_or(|known| !known.is_same(now))
    }

    pub(super) fn note(&mut self, change: &Change) {
        let key = (change.backend.clone(), change.server.clone());
        match change.setting {
            Setting::Weight(weight) => drop(self.weights.insert(key, weight)),
            Setting::State(state) => drop(self.states.insert(key, state)),
        }
    }

    /// Forgets one setting: until its answer is there, nobody knows which value it has.
    pub(super) fn doubt(&mut self, change: &Change) {
        let key = (change.backend.clone(), change.server.clone());
        match change.setting {
            Setting::Weight(_) => drop(self.weights.remove(&key)),
            Setting::State(_) => drop(self.states.remove(&key)),
        }
    }

    /// Forgets everything of a server.
    pub(super) fn forget(&mut self, backend: &Name, server: &Name) {
        let key = (backend.clone(), server.clone());
        self.weights.remove(&key);
        self.states.remove(&key);
    }

    pub(super) fn compare(&self, view: &View) -> Comparison {
        let weights = self.weights.iter().map(|(key, weight)| (key, Setting::Weight(*weight)));
        let states = self.states.iter().map(|(key, state)| (key, Setting::State(*state)));
        let wanted = weights.chain(states).map(|((backend, server), setting)| Change {
            backend: backend.clone(),
            server: server.clone(),
            setting,
        });
        compare(wanted, view)
    }
}

/// How `wanted` compares with what is there.
pub(super) fn compare(wanted: impl IntoIterator<Item = Change>, view: &View) -> Comparison {
    let servers: BTreeMap<(&str, &str), &Server> =
        view.servers.iter().map(|it| ((it.backend.as_str(), it.name.as_str()), it)).collect();
    let mut comparison = Comparison::default();
    for change in wanted {
        let key = (change.backend.as_str(), change.server.as_str());
        let Some(server) = servers.get(&key) else {
            comparison.of_gone.push(change);
            continue;
        };
        let found = found(server, change.setting);
        // A state that HAProxy does not tell (old versions, of a server that is down) is not another.
        let differs = found.is_some_and(|found| found != change.setting);
        if differs {
            comparison.differences.push(Difference { wanted: change, found });
        }
    }
    comparison
}

fn found(server: &Server, setting: Setting) -> Option<Setting> {
    match setting {
        // A weight that fits into no setting differs from every one.
        Setting::Weight(_) => {
            let weight = server.weight?;
            Some(Setting::Weight(u16::try_from(weight).unwrap_or(u16::MAX)))
        }
        Setting::State(_) => server.admin.map(Setting::State),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(server: &str, setting: Setting) -> Change {
        Change { backend: Name::new("app").unwrap(), server: Name::new(server).unwrap(), setting }
    }

    fn view(rows: &str) -> View {
        let csv = format!("# pxname,svname,status,scur,uweight,type,\n{rows}");
        View::of(csv.as_bytes(), None).unwrap()
    }

    #[test]
    fn what_differs_and_what_is_gone_are_told_apart() {
        let mut memory = Memory::default();
        memory.note(&change("s1", Setting::Weight(10)));
        memory.note(&change("s1", Setting::State(SetState::Drain)));
        memory.note(&change("s2", Setting::Weight(5)));
        memory.note(&change("s2", Setting::Weight(7)));
        memory.note(&change("s3", Setting::State(SetState::Ready)));
        memory.note(&change("s9", Setting::State(SetState::Ready)));
        memory.note(&change("s9", Setting::Weight(1)));
        let now = view("app,s1,UP,0,30,2,\napp,s2,UP,0,7,2,\napp,s3,DOWN,0,1,2,\n");
        let comparison = memory.compare(&now);
        let said: Vec<_> = comparison.differences.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["app/s1 weight 10 (weight 30)", "app/s1 drain (ready)"]);
        let gone: Vec<_> = comparison.gone().map(|(_, server)| server.to_string()).collect();
        assert_eq!(gone, ["s9"]);
        assert_eq!(comparison.of_all().len(), 4);

        memory.doubt(&change("s1", Setting::Weight(10)));
        assert_eq!(memory.compare(&now).differences.len(), 1);
        memory.forget(&Name::new("app").unwrap(), &Name::new("s1").unwrap());
        memory.forget(&Name::new("app").unwrap(), &Name::new("s9").unwrap());
        assert_eq!(memory.compare(&now), Comparison::default());
    }
}
