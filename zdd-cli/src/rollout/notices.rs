//! What somebody should know of balancers: each thing once, and only what somebody else did.

use zdd_core::ports::{Balancer, Look, Name, Notice, ServerChange, SetState, Setting};
use zdd_core::rollout::{Action, Observation, standings};

/// What was said already, and what was in force before.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices {
    /// What every look notices anew as long as it is so.
    standing: Vec<(String, Notice)>,
    /// How a rollout was when everything was as it should be.
    rested: Vec<Balancer>,
}

impl Notices {
    /// What is new at a look, with the balancer that it is about.
    pub(super) fn of(&mut self, seen: &Observation, actions: &[Action]) -> Vec<(String, String)> {
        let at_rest = std::mem::take(&mut self.rested);
        let ours: Vec<Name> = standings(seen).into_iter().flat_map(|side| side.servers).collect();
        let mut standing = Vec::new();
        let mut new = Vec::new();
        for balancer in &seen.balancers {
            let Ok(look) = &balancer.seen else { continue };
            let before = at_rest.iter().find(|it| it.name == balancer.name);
            let before = before.and_then(|it| it.seen.as_ref().ok());
            let undone = before.into_iter().flat_map(|before| undone(before, look, actions));
            for notice in look.notices.iter().cloned().chain(undone) {
                if !is_worth_saying(&notice, &ours) {
                    continue;
                }
                let noticed = (balancer.name.clone(), notice);
                if self.standing.contains(&noticed) || standing.contains(&noticed) {
                    standing.push(noticed);
                    continue;
                }
                new.push((balancer.name.clone(), words(&noticed.1, look)));
                if is_lasting(&noticed.1) {
                    standing.push(noticed);
                }
            }
        }
        self.standing = standing;
        new
    }

    /// Keeps what is in force while all is as it should be: a process that has set nothing itself sees by it
    /// what somebody else sets.
    pub(super) fn rest(&mut self, seen: &Observation) {
        self.rested.clone_from(&seen.balancers);
    }
}

/// Weights that were in force, that somebody else changed, and that are about to be set again.
fn undone(before: &Look, now: &Look, actions: &[Action]) -> Vec<Notice> {
    // Another process has the weights of its configuration.
    if now.notices.contains(&Notice::Reloaded) {
        return Vec::new();
    }
    let changes = actions.iter().flat_map(|action| match action {
        Action::Set(changes) => changes.as_slice(),
        _ => &[],
    });
    let undone = |change: &ServerChange| {
        let Setting::Weight(weight) = change.setting else { return None };
        let at = |look: &Look| look.servers.iter().find(|it| it.name == change.server).cloned();
        let (before, now) = (at(before)?, at(now)?);
        let is_same = before.addr == now.addr && before.weight == Some(weight);
        let found = now.weight.filter(|found| is_same && *found != weight)?;
        let found = Some(Setting::Weight(found));
        Some(Notice::ChangedByOther { wanted: change.clone(), found })
    };
    changes.filter_map(undone).collect()
}

/// Whether somebody should know it. What is set of a server without an instance, and what takes out further
/// what was taken out here, is the balancer's own affair: an instance that was stopped leaves its server.
fn is_worth_saying(notice: &Notice, ours: &[Name]) -> bool {
    match notice {
        Notice::Gone(_) => false,
        Notice::ChangedByOther { wanted, found } => {
            let is_out = wanted.setting == Setting::State(SetState::Drain)
                && *found == Some(Setting::State(SetState::Maint));
            !is_out && ours.contains(&wanted.server)
        }
        _ => true,
    }
}

/// Whether it is noticed again as long as nobody does anything about it.
const fn is_lasting(notice: &Notice) -> bool {
    matches!(notice, Notice::ChangedByOther { .. } | Notice::NotReasserted(_))
}

fn words(notice: &Notice, look: &Look) -> String {
    match notice {
        Notice::Reloaded if look.old_workers.is_none() => format!(
            "{notice}; what its old workers still serve is not seen without --haproxy-master"
        ),
        Notice::ChangedByOther { wanted, found: Some(found) } => {
            format!("somebody else set {} from {} to {found}", wanted.server, wanted.setting)
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use zdd_core::app::App;
    use zdd_core::ports::{AppStatus, Server, Task, TaskState};

    use super::*;

    fn name(port: u16) -> Name {
        Name::new(format!("a_{port}")).unwrap()
    }

    fn change(port: u16, setting: Setting) -> ServerChange {
        ServerChange { server: name(port), setting }
    }

    fn by_other(port: u16, wanted: Setting, found: Setting) -> Notice {
        Notice::ChangedByOther { wanted: change(port, wanted), found: Some(found) }
    }

    /// An instance at 31001, and servers with these weights.
    fn seen(servers: &[(u16, u16)], notices: &[Notice]) -> Observation {
        let mut status = AppStatus::new(App::parse(r#"{"id": "/shop-blue"}"#).unwrap());
        let id = "shop-blue.1".parse().unwrap();
        let mut task = Task::new(id, status.app.id().clone(), TaskState::Running);
        (task.host, task.ports) = (Some("a".into()), vec![31_001]);
        status.tasks = Some(vec![task]);
        let mut look = Look::default();
        for (port, weight) in servers {
            let mut server = Server::new(name(*port));
            server.weight = Some(*weight);
            look.servers.push(server);
        }
        look.notices = notices.to_vec();
        let balancers = vec![Balancer { name: "lb".into(), seen: Ok(look) }];
        Observation { old: Some(status), balancers, ..Observation::default() }
    }

    const DRAIN: Setting = Setting::State(SetState::Drain);
    const MAINT: Setting = Setting::State(SetState::Maint);
    const READY: Setting = Setting::State(SetState::Ready);

    #[test]
    fn what_was_stopped_here_is_no_news_and_what_others_do_is_said_once() {
        let mut notices = Notices::default();
        let servers = [(31_001, 256), (31_002, 256)];
        let said = |notices: &mut Notices, all: &[Notice]| {
            notices.of(&seen(&servers, all), &[]).into_iter().map(|it| it.1).collect::<Vec<_>>()
        };
        // Drained here and then out of service; without an instance; gone.
        let quiet = [
            by_other(31_001, DRAIN, MAINT),
            by_other(31_002, READY, MAINT),
            Notice::Gone(name(31_009)),
        ];
        assert!(said(&mut notices, &quiet).is_empty());
        let foreign = [by_other(31_001, DRAIN, READY)];
        let text = "somebody else set a_31001 from drain to ready";
        assert_eq!(said(&mut notices, &foreign), [text]);
        assert!(said(&mut notices, &foreign).is_empty());
        assert!(said(&mut notices, &[]).is_empty());
        assert_eq!(said(&mut notices, &foreign), [text]);
        // What happens is said whenever it does. Here nobody sees what the old process still serves.
        let text = "it was reloaded or started again; what its old workers still serve is not seen \
                    without --haproxy-master";
        for _ in 0..2 {
            assert_eq!(said(&mut notices, &[Notice::Reloaded]), [text]);
        }
    }

    #[test]
    fn a_weight_that_is_set_again_is_named() {
        let set = [Action::Set(vec![change(31_001, Setting::Weight(204))])];
        let said = |before: u16, found: u16, notices: &[Notice]| {
            let mut all = Notices::default();
            all.rest(&seen(&[(31_001, before)], &[]));
            all.of(&seen(&[(31_001, found)], notices), &set)
        };
        let text = "somebody else set a_31001 from weight 204 to weight 3";
        assert_eq!(said(204, 3, &[]), [("lb".to_owned(), text.to_owned())]);
        // It is noticed in two ways, and said once.
        let noticed = by_other(31_001, Setting::Weight(204), Setting::Weight(3));
        assert_eq!(said(204, 3, &[noticed]).len(), 1);
        // It is the rollout that wants another weight than before.
        assert!(said(100, 100, &[]).is_empty());
        assert!(said(100, 3, &[]).is_empty());
        // A reload brings back what is configured.
        assert_eq!(said(204, 3, &[Notice::Reloaded]).len(), 1);
        let nobody = Notices::default().of(&seen(&[(31_001, 3)], &[]), &set);
        assert!(nobody.is_empty());
    }
}
