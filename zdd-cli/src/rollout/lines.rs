//! What a canary does, line by line.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;
use zdd_core::ports::{Name, ServerChange, SetState, Setting};
use zdd_core::rollout::{Action, Observation, Standing, WaitingOn, cut_by, standings};
use zdd_core::units::Timestamp;

use super::wait::Wait;
use crate::error::CliError;
use crate::follow::Console;
use crate::schema::SCHEMA;
use crate::text::{DIM, Time, plural, styled};

/// How long nothing may be said while something is waited for.
pub(super) const SILENCE: Duration = Duration::from_secs(10);
/// How many kinds of one wait are kept in mind.
const KINDS: usize = 16;
/// How many servers are told by their names.
const NAMED: usize = 3;

/// One line of `zdd canary start`, `promote`, `rollback` or `hold -o json`.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct CanaryLine<'t> {
    /// Version of this form.
    schema: u32,
    /// `action`, `waiting`, `notice`, or `hook`: a line that one of them printed.
    event: &'static str,
    /// Of a wait: a word for what is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What it is, for people.
    text: &'t str,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Tells what happens, and what is waited for whenever that changes.
pub(super) struct Teller<'t, 'w> {
    console: &'t mut Console<'w>,
    /// What is waited for, and since when.
    waits_for: Option<(WaitingOn, Timestamp)>,
    /// What was said of it, each kind once, the newest last.
    said: Vec<Wait>,
    said_at: Instant,
}

impl<'t, 'w> Teller<'t, 'w> {
    pub(super) fn new(console: &'t mut Console<'w>) -> Self {
        Self { console, waits_for: None, said: Vec::new(), said_at: Instant::now() }
    }

    /// Says what was done, after what was seen right before it.
    pub(super) fn action(
        &mut self,
        action: &Action,
        seen: Option<&Observation>,
    ) -> Result<(), CliError> {
        self.line("action", None, &words(action, seen), None)
    }

    /// Says what a hook says.
    pub(super) fn hook(&mut self, text: &str) -> Result<(), CliError> {
        self.line("hook", None, text, None)
    }

    pub(super) fn notice(&mut self, balancer: &str, notice: &str) -> Result<(), CliError> {
        self.line("notice", None, &format!("{balancer}: {notice}"), None)
    }

    /// Says what is waited for when that begins, and again after a while: that its numbers move is nothing
    /// new, nor is a cause that comes and goes.
    pub(super) fn waiting(
        &mut self,
        on: &WaitingOn,
        now: Timestamp,
        seen: &Observation,
    ) -> Result<(), CliError> {
        let wait = Wait::of(on, now, seen);
        let since = match &self.waits_for {
            Some((last, since)) if last.is_same(on) => *since,
            _ => {
                self.said.clear();
                now
            }
        };
        self.waits_for = Some((on.clone(), since));
        let said = self.said.iter().position(|it| it.is_alike(&wait));
        if said.is_some() && self.said_at.elapsed() < SILENCE {
            return Ok(());
        }
        if let Some(place) = said {
            self.said.remove(place);
        } else if self.said.len() >= KINDS {
            self.said.remove(0);
        }
        let age = now.since(since);
        let for_long = if age >= SILENCE {
            format!(", for {}", Time(Duration::from_secs(age.as_secs())))
        } else {
            String::new()
        };
        let text = format!("waiting for {wait}{for_long}");
        self.said.push(wait);
        let hint = on.hint().filter(|_| age >= SILENCE);
        self.line("waiting", Some(on.code()), &text, hint)
    }

    /// Says what went wrong beside the rollout.
    pub(super) fn warning(&mut self, text: &str) -> Result<(), CliError> {
        self.console.tell(text)
    }

    pub(super) fn finish(&mut self) -> Result<(), CliError> {
        self.console.finish()
    }

    fn line(
        &mut self,
        event: &'static str,
        code: Option<&'static str>,
        text: &str,
        hint: Option<String>,
    ) -> Result<(), CliError> {
        self.said_at = Instant::now();
        if self.console.is_json() {
            return self.console.line(&CanaryLine { schema: SCHEMA, event, code, text, hint });
        }
        let page = self.console.page;
        match event {
            "waiting" => self.console.note(&styled(DIM, page.hanging(2, 4, text)))?,
            _ => self.console.tell(text)?,
        }
        let hint = hint.map(|hint| page.hanging(2, 4, &format!("hint: {hint}")));
        hint.map_or(Ok(()), |hint| self.console.note(&hint))
    }
}

/// What is done, or was; with the sessions that it cuts, if any.
pub(super) fn words(action: &Action, seen: Option<&Observation>) -> String {
    let n_cut = seen.map_or(0, |seen| cut_by(action, seen));
    match action {
        Action::Set(changes) => settings(changes, seen.map(standings).as_ref()),
        Action::Cut(servers) => {
            let servers = named(&servers.iter().collect::<Vec<_>>()).join(", ");
            match n_cut {
                0 => format!("cut the sessions of {servers}"),
                _ => format!("cut {} at {servers}", plural(n_cut, "session")),
            }
        }
        other if n_cut > 0 => format!("{other}, and cut {} there", plural(n_cut, "session")),
        other => other.to_string(),
    }
}

/// Servers by their names, or only how many where they are many.
fn named(servers: &[&Name]) -> Vec<String> {
    if servers.len() > NAMED {
        return vec![format!("{} servers", servers.len())];
    }
    servers.iter().map(ToString::to_string).collect()
}

/// Weights and states in short.
fn settings(changes: &[ServerChange], standings: Option<&[Standing; 2]>) -> String {
    let weights = || {
        changes.iter().filter_map(|it| match it.setting {
            Setting::Weight(weight) => Some((&it.server, weight)),
            Setting::State(_) => None,
        })
    };
    let mut texts = Vec::new();
    for state in [SetState::Maint, SetState::Drain, SetState::Ready] {
        let setting = Setting::State(state);
        let servers = changes.iter().filter(|it| it.setting == setting).map(|it| &it.server);
        let servers: Vec<_> = servers.collect();
        texts.extend(named(&servers).iter().map(|servers| format!("{servers} {setting}")));
    }
    if let Some(sides) = standings.filter(|_| weights().next().is_some()) {
        for (name, side) in ["old", "new"].into_iter().zip(sides) {
            let of_side: Vec<u16> = weights()
                .filter(|(server, _)| side.servers.contains(server))
                .map(|(_, weight)| weight)
                .collect();
            if !of_side.is_empty() {
                texts.push(format!("{name} {}", in_short(&of_side)));
            }
        }
    }
    format!("set {}", texts.join(", "))
}

/// `3 × 256`, or `2 × 43 + 1 × 42` where they differ.
pub(super) fn in_short(weights: &[u16]) -> String {
    let mut counts: Vec<(u16, u32)> = Vec::new();
    for weight in weights {
        match counts.iter_mut().find(|(it, _)| it == weight) {
            Some((_, count)) => *count += 1,
            None => counts.push((*weight, 1)),
        }
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let texts: Vec<_> =
        counts.iter().map(|(weight, count)| format!("{count} × {weight}")).collect();
    texts.join(" + ")
}

#[cfg(test)]
mod tests {
    use zdd_core::app::App;
    use zdd_core::ports::{AppStatus, Balancer, Force, Look, Name, Server, Task, TaskState};

    use super::*;
    use crate::args::Output;
    use crate::text::Page;

    /// An app with one instance for each of these numbers, which is that of the sessions there.
    fn seen(sessions: &[u64]) -> Observation {
        let mut status = AppStatus::new(App::parse(r#"{"id": "/shop-blue"}"#).unwrap());
        let mut look = Look::default();
        let mut tasks = Vec::new();
        for (port, sessions) in (31_001_u16..).zip(sessions) {
            let (id, app) = (format!("shop-blue.{port}").parse().unwrap(), status.app.id().clone());
            let mut task = Task::new(id, app, TaskState::Running);
            (task.host, task.ports) = (Some("a".into()), vec![port]);
            tasks.push(task);
            let mut server = Server::new(Name::new(format!("a_{port}")).unwrap());
            server.sessions = *sessions;
            look.servers.push(server);
        }
        status.tasks = Some(tasks);
        let balancers = vec![Balancer { name: "lb".into(), seen: Ok(look) }];
        Observation { old: Some(status), balancers, ..Observation::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_said_at_its_beginning_and_every_ten_seconds() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(&mut out, &mut err, Page { width: 100 }, Output::Text);
        let mut teller = Teller::new(&mut console);
        // Seven looks a second, for half a minute.
        let every = Duration::from_millis(143);
        let mut now = Timestamp::EPOCH;
        for requests in 0..210 {
            let left = Duration::from_secs(600).saturating_sub(now.since(Timestamp::EPOCH));
            let on = WaitingOn::Pause { left, requests, errors: 0 };
            teller.waiting(&on, now, &Observation::default()).unwrap();
            tokio::time::advance(every).await;
            now = now.saturating_add(every);
        }
        teller.waiting(&WaitingOn::Approval, now, &Observation::default()).unwrap();
        let said = anstream::adapter::strip_str(&String::from_utf8(err).unwrap()).to_string();
        let lines: Vec<_> = said.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "waiting for 10 min more, 0 requests so far and 0 failed",
                "waiting for 9 min 49 s more, 70 requests so far and 0 failed, for 10 s",
                "waiting for 9 min 39 s more, 140 requests so far and 0 failed, for 20 s",
                "waiting for somebody to say that it may go on",
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_cause_that_comes_and_goes_is_no_news() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(&mut out, &mut err, Page { width: 200 }, Output::Text);
        let mut teller = Teller::new(&mut console);
        let sick = crate::rollout::wait::tests::seen("HTTP 404", 2);
        let on = crate::rollout::wait::tests::health(0);
        let mut now = Timestamp::EPOCH;
        for second in 0..25 {
            let seen = if second % 2 == 0 { &Observation::default() } else { &sick };
            teller.waiting(&on, now, seen).unwrap();
            tokio::time::advance(Duration::from_secs(1)).await;
            now = now.saturating_add(Duration::from_secs(1));
        }
        let said = anstream::adapter::strip_str(&String::from_utf8(err).unwrap()).to_string();
        let waits = said.lines().filter(|line| line.contains("waiting"));
        let causes: Vec<_> = waits.map(|line| line.contains("HTTP 404")).collect();
        assert_eq!(causes, [false, true, true, true], "{said}");
    }

    #[test]
    fn many_servers_are_counted_and_few_are_named() {
        let set = |ports: std::ops::Range<u16>, setting| {
            let servers = ports.map(|port| Name::new(format!("a_{port}")).unwrap());
            servers.map(|server| ServerChange { server, setting }).collect::<Vec<_>>()
        };
        let drains = |ports| set(ports, Setting::State(SetState::Drain));
        let text = |changes: Vec<_>| words(&Action::Set(changes), Some(&seen(&[0; 100])));
        assert_eq!(text(drains(31_001..31_003)), "set a_31001 drain, a_31002 drain");
        assert_eq!(text(drains(31_001..31_101)), "set 100 servers drain");
        let ready = set(31_001..31_002, Setting::State(SetState::Ready));
        let weights = set(31_002..31_101, Setting::Weight(256));
        let all = [drains(31_005..31_010), ready, weights].concat();
        assert_eq!(text(all), "set 5 servers drain, a_31001 ready, old 99 × 256");
    }

    #[test]
    fn sessions_that_are_cut_are_counted() {
        let servers = [31_001, 31_002].map(|port| Name::new(format!("a_{port}")).unwrap());
        let cut = Action::Cut(servers.into());
        assert_eq!(words(&cut, Some(&seen(&[2, 1]))), "cut 3 sessions at a_31001, a_31002");
        assert_eq!(words(&cut, Some(&seen(&[1, 0]))), "cut 1 session at a_31001, a_31002");
        // What is not seen is not counted.
        assert_eq!(words(&cut, None), "cut the sessions of a_31001, a_31002");
        let app = "/shop-blue".parse().unwrap();
        let remove = Action::Delete { app, force: Force::No };
        let text = "remove /shop-blue, and cut 7 sessions there";
        assert_eq!(words(&remove, Some(&seen(&[3, 4]))), text);
        assert_eq!(words(&remove, Some(&seen(&[0, 0]))), "remove /shop-blue");
    }
}
