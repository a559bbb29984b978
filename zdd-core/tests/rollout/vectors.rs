//! What zdd.py's own functions answer for one look, beside what the engine makes of the same look.
//!
//! Where both differ, a published fault of zdd.py is mended: the test names it, and counts how often.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, Balancer, HealthResult, Look, Name, Server, SetState, Task, TaskState,
};
use zdd_core::rollout::{
    Action, Growth, Next, Observation, OnDrainTimeout, Outcome, Patience, Rollout, Target, Traffic,
    WaitingOn,
};
use zdd_core::units::Timestamp;

use super::id;
use super::world::{NEW, OLD};

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

/// One call of a function of zdd.py.
#[derive(Deserialize)]
pub(crate) struct Vector {
    pub(crate) id: String,
    #[serde(rename = "fn")]
    pub(crate) function: String,
    #[serde(rename = "in")]
    pub(crate) given: Value,
    pub(crate) out: Value,
}

/// All calls of one function.
pub(crate) fn vectors(function: &str) -> Vec<Vector> {
    let text = include_str!("../fixtures/zdd_scaling.json");
    let all: Vectors = serde_json::from_str(text).unwrap();
    assert_eq!(all.vectors.len(), 264);
    let those: Vec<_> = all.vectors.into_iter().filter(|it| it.function == function).collect();
    assert!(!those.is_empty());
    those
}

pub(crate) fn number(of: &Value) -> u32 {
    u32::try_from(of.as_u64().unwrap()).unwrap()
}

/// A row of HAProxy's statistics.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    svname: String,
    status: String,
    qcur: String,
    scur: String,
}

fn rows(given: &Value) -> Vec<Row> {
    serde_json::from_value(given["listeners"].clone()).unwrap()
}

impl Row {
    fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.status.starts_with(word))
    }

    /// As the adapter reads it.
    fn server(&self, name: &str) -> Server {
        let mut server = Server::new(Name::new(name).unwrap());
        server.status.clone_from(&self.status);
        server.is_up = self.is_one_of(&["UP", "no check"]);
        server.set = match self.status.split(' ').next() {
            Some("MAINT") => Some(SetState::Maint),
            Some("DRAIN") => Some(SetState::Drain),
            Some("UP" | "NOLB" | "no") => Some(SetState::Ready),
            _ => None,
        };
        server.sessions = self.scur.parse().unwrap_or(0);
        server.queue = self.qcur.parse().unwrap_or(0);
        server
    }

    fn is_quiet(&self) -> bool {
        let is_none = |cell: &str| matches!(cell, "" | "0");
        self.is_one_of(&["MAINT", "DRAIN"]) && is_none(&self.scur) && is_none(&self.qcur)
    }
}

const NOW: Timestamp = Timestamp::EPOCH;

fn running(task: &str, app: &str, host: &str, port: u16) -> Task {
    let mut it = Task::new(task.parse().unwrap(), id(app), TaskState::Running);
    (it.host, it.ports) = (Some(host.into()), vec![port]);
    it.started_at = Some(NOW);
    let mut passes = HealthResult::default();
    passes.alive = true;
    it.health = vec![passes];
    it
}

fn status(app: &str, tasks: Vec<Task>) -> AppStatus {
    let text = format!(
        r#"{{"id": "{app}", "instances": {}, "healthChecks": [{{"protocol": "HTTP"}}]}}"#,
        tasks.len()
    );
    let mut status = AppStatus::new(App::parse(&text).unwrap());
    status.tasks = Some(tasks);
    status
}

fn balancers(servers: Vec<Vec<Server>>) -> Vec<Balancer> {
    let look = |(n, servers)| {
        let mut look = Look::default();
        look.servers = servers;
        Balancer { name: format!("lb{n}"), seen: Ok(look) }
    };
    servers.into_iter().enumerate().map(look).collect()
}

/// A few looks at what stands still, a second apart: all that is done, and what it ends with.
fn looks(mut rollout: Rollout, seen: &Observation) -> (Vec<Action>, Next) {
    let mut done = Vec::new();
    let mut now = NOW;
    for _ in 0..5 {
        let decision = rollout.step(now, seen);
        done.extend(decision.actions);
        now = now.saturating_add(Duration::from_secs(1));
        if matches!(decision.next, Next::Done(_)) || !done.is_empty() {
            return (done, decision.next);
        }
    }
    let decision = rollout.step(now, seen);
    done.extend(decision.actions);
    (done, decision.next)
}

/// Whether the first thing that is done stops this task.
fn stops(done: &[Action], task: &str) -> bool {
    match done.first() {
        Some(Action::Kill { tasks, .. }) => tasks.iter().any(|it| it.as_str() == task),
        Some(Action::Delete { app, .. }) => *app == id(OLD),
        _ => false,
    }
}

/// Which tasks are stopped: one after the other is the youngest, which goes first.
fn stopped(tasks: &[Task], servers: &[Vec<Server>], policy: OnDrainTimeout) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for at in 0..tasks.len() {
        let mut tasks = tasks.to_vec();
        tasks[at].started_at = Some(NOW.saturating_add(Duration::from_secs(1)));
        let mut servers = servers.to_vec();
        for balancer in &mut servers {
            balancer.push(Server::new(Name::new("10_9_9_9_1").unwrap()));
        }
        let task = tasks[at].id.to_string();
        let left = u32::try_from(tasks.len() - 1).unwrap();
        let seen = Observation {
            old: Some(status(OLD, tasks)),
            new: Some(status(NEW, vec![running("n.0", NEW, "10.9.9.9", 1)])),
            balancers: balancers(servers),
            refused: Vec::new(),
        };
        let patience =
            Patience { drain: Duration::ZERO, on_drain_timeout: policy, ..Patience::default() };
        let target = Target { old: left, new: 1, traffic: Traffic::Untouched };
        let rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
            .holding(Traffic::Untouched)
            .growing(Growth::ByHalf)
            .with_patience(patience);
        if stops(&looks(rollout, &seen).0, &task) {
            found.insert(task);
        }
    }
    found
}

/// Which tasks may be stopped, and which after `--max-wait`.
#[test]
fn the_tasks_that_are_stopped_are_zdd_pys() {
    let mut mended: BTreeMap<&str, u32> = BTreeMap::new();
    let mut same = 0;
    for Vector { id: name, given, out, .. } in vectors("task_selection") {
        let (mut tasks, mut its_names) = (Vec::new(), Vec::new());
        for task in given["app"]["tasks"].as_array().unwrap() {
            let (host, port) = (task["host"].as_str().unwrap(), number(&task["ports"][0]));
            let mut it =
                running(task["id"].as_str().unwrap(), OLD, host, u16::try_from(port).unwrap());
            let address = task["ipAddresses"][0]["ipAddress"].as_str().unwrap();
            it.addresses = vec![address.parse().unwrap()];
            let has_own = given["app"].get("ipAddress").is_some();
            let address = if has_own { format!("{address}_") } else { String::new() };
            its_names.push(format!("{host}_{address}{port}").replace('.', "_"));
            tasks.push(it);
        }
        let n_balancers = number(&given["haproxy_count"]) as usize;
        let rows = rows(&given);
        let mut servers = vec![Vec::new(); n_balancers];
        let mut of_task: Vec<Vec<&Row>> = vec![Vec::new(); tasks.len()];
        for row in &rows {
            let at = its_names.iter().position(|it| *it == row.svname).unwrap();
            servers[of_task[at].len()].push(row.server(&row.svname));
            of_task[at].push(row);
        }
        for (kind, policy) in
            [("drained", OnDrainTimeout::Stop), ("draining", OnDrainTimeout::Kill)]
        {
            let ours = stopped(&tasks, &servers, policy);
            let theirs: BTreeSet<String> = out[kind]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap().to_owned())
                .collect();
            if ours == theirs {
                same += 1;
                continue;
            }
            for (at, task) in tasks.iter().enumerate() {
                let task_id = task.id.to_string();
                let (is_ours, is_theirs) = (ours.contains(&task_id), theirs.contains(&task_id));
                let rows = &of_task[at];
                // What nobody sends anything to, and at which nothing goes on, may go; and no other.
                let is_out = rows.iter().all(|it| it.is_one_of(&["MAINT", "DRAIN"]));
                let is_quiet = rows.iter().all(|it| it.is_quiet());
                assert_eq!(
                    is_ours,
                    if kind == "drained" { is_quiet } else { is_out },
                    "{name} {task_id} {kind}: {rows:?}"
                );
                if is_ours == is_theirs {
                    continue;
                }
                let is_exact = |it: &&&Row| it.status == "MAINT";
                let why = if given["app"]["tasks"][0]["ports"].as_array().unwrap().len() > 1 {
                    "ZDD-16, two ports confuse tasks"
                } else if rows.len() < n_balancers {
                    "ZDD-28, a balancer that has no server for it sends it nothing"
                } else if rows.iter().filter(is_exact).count() < n_balancers {
                    "ZDD-14, words that mean the same"
                } else {
                    panic!("{name} {task_id} {kind}: {rows:?}: ours {is_ours}")
                };
                *mended.entry(why).or_default() += 1;
            }
        }
    }
    assert!(same > 30, "{same}: {mended:?}");
    assert_eq!(mended.len(), 3, "{mended:?}");
}

/// Rows that belong to nobody in particular: the first task has the first row of each balancer.
fn dealt(rows: &[Row], n_balancers: usize) -> (Vec<Vec<Server>>, Vec<Vec<&Row>>) {
    let n_tasks = rows.len().div_ceil(n_balancers);
    let (mut servers, mut of_task) = (vec![Vec::new(); n_balancers], vec![Vec::new(); n_tasks]);
    for (n, row) in rows.iter().enumerate() {
        let (task, balancer) = (n / n_balancers, n % n_balancers);
        servers[balancer].push(row.server(&format!("10_0_0_1_{}", 1000 + task)));
        of_task[task].push(row);
    }
    (servers, of_task)
}

fn tasks_of(app: &str, n: usize) -> Vec<Task> {
    let port = |n: usize| u16::try_from(1000 + n).unwrap();
    (0..n).map(|n| running(&format!("t.{n}"), app, "10.0.0.1", port(n))).collect()
}

/// What is said of an app all of whose instances are to serve.
fn waits_for_servers(n: usize, servers: Vec<Vec<Server>>) -> Option<(u32, u32)> {
    let seen = Observation {
        old: None,
        new: Some(status(NEW, tasks_of(NEW, n))),
        balancers: balancers(servers),
        refused: Vec::new(),
    };
    let new = u32::try_from(n).unwrap();
    let target = Target { old: 0, new, traffic: Traffic::Untouched };
    let rollout = Rollout::new(None, id(NEW), target).holding(Traffic::Untouched);
    match looks(rollout, &seen).1 {
        Next::ObserveBy { waiting_on: WaitingOn::Servers { have, need, .. }, .. } => {
            Some((have, need))
        }
        Next::Done(Outcome::Reached) => None,
        other => panic!("{other:?}"),
    }
}

/// zdd.py's three reasons to wait, and ours.
#[test]
fn what_is_waited_for_is_zdd_pys() {
    let mut mended: BTreeMap<&str, u32> = BTreeMap::new();
    let mut same = 0;
    for Vector { id: name, given, out, .. } in vectors("wait_predicates") {
        let of = |name: &str| number(&given[name]) as usize;
        let (wanted, target) =
            (of("new_app_instances") + of("old_app_instances"), of("target_label"));
        let n_balancers = of("haproxy_count");
        let rows = rows(&given);
        let mut note = |is_ours: bool, key: &str, why: &'static str| {
            if out[key] == is_ours {
                same += 1;
            } else {
                assert_ne!(why, "", "{name} {key}: ours {is_ours}");
                *mended.entry(why).or_default() += 1;
            }
        };

        // Whether each instance has a server at each balancer, whatever that says.
        let (mut up, of_task) = dealt(&rows, n_balancers);
        up.iter_mut().flatten().for_each(|it| (it.is_up, it.set) = (true, Some(SetState::Ready)));
        let has_all = of_task.iter().filter(|rows| rows.len() == n_balancers).count();
        let waits = waits_for_servers(wanted, up);
        assert_eq!(waits.is_some(), has_all < wanted, "{name}");
        note(waits.is_some(), "waiting_for_listeners", "");

        // Whether enough of them are up. There are as many tasks as it takes.
        let (servers, of_task) = dealt(&rows, n_balancers);
        let is_up = |rows: &&Vec<&Row>, words: &[&str]| {
            rows.len() == n_balancers && rows.iter().all(|it| it.is_one_of(words))
        };
        let ours = of_task.iter().filter(|it| is_up(it, &["UP", "no check"])).count();
        let n_tasks = of_task.len().max(target);
        let mut servers = servers;
        // Who takes which out is another question.
        servers.iter_mut().flatten().filter(|it| it.is_out()).for_each(|it| it.set = None);
        let have = match waits_for_servers(n_tasks, servers) {
            None => n_tasks,
            Some((have, need)) => {
                assert_eq!(need as usize, n_tasks, "{name}");
                have as usize
            }
        };
        assert_eq!(have, ours, "{name}");
        let words = "ZDD-13 and ZDD-14, `no check` and `UP 1/3` serve";
        let why = if have >= target { words } else { "" };
        note(have < target, "waiting_for_up_listeners", why);

        // Whether one of them is drained. Something else serves meanwhile.
        let (servers, of_task) = dealt(&rows, n_balancers);
        let (whole, drained) = (of_task.len(), |rows: &[&Row]| rows.iter().all(|it| it.is_quiet()));
        let found = stopped(&tasks_of(OLD, whole), &servers, OnDrainTimeout::Stop);
        let expected = of_task.iter().filter(|rows| drained(rows)).count();
        assert_eq!(found.len(), expected, "{name}");
        let why =
            if n_balancers > 1 { "ZDD-25, one balancer's row is not all of a task" } else { "" };
        note(found.is_empty(), "waiting_for_drained_listeners", why);
    }
    assert!(same > 45, "{same}: {mended:?}");
    assert_eq!(mended.len(), 2, "{mended:?}");
}

/// Whether the old app goes, or a hybrid is reached.
#[test]
fn the_end_is_reached_when_zdd_py_would_be_ready() {
    let (mut same, mut ready) = (0, 0);
    for Vector { id: name, given, out, .. } in vectors("ready_to_delete_old_app") {
        let of = |name: &str| number(&given[name]);
        let (new, old, out_of_it) =
            (of("new_app_instances"), of("old_app_instances"), of("tasks_to_kill"));
        if out_of_it > old {
            // More tasks than there are.
            continue;
        }
        let label = |name: &str| given[name].as_u64().map(|it| u32::try_from(it).unwrap());
        let is_complete = given["complete_cur"] == true || given["complete_prev"] == true;
        let beside = label("new_instances_label").filter(|n| *n > 0 && !is_complete);
        let (old_wanted, new_wanted) = match beside {
            // ZDD-2: it is the label of an earlier deployment. Here it is what runs when one begins,
            // so only what the label says can be compared.
            Some(n) => (label("old_app_target_label").unwrap_or(old).saturating_sub(n), n),
            None => (0, label("new_app_target_label").unwrap_or(new)),
        };
        let target = Target { old: old_wanted, new: new_wanted, traffic: Traffic::Untouched };
        let tasks = |app: &str, n: u32, from: u16| -> Vec<Task> {
            (0..n)
                .map(|n| {
                    let port = from + u16::try_from(n).unwrap();
                    running(&format!("{}.{n}", &app[1..]), app, "10.0.0.1", port)
                })
                .collect()
        };
        let server = |port: u16, is_out: bool| {
            let mut it = Server::new(Name::new(format!("10_0_0_1_{port}")).unwrap());
            (it.is_up, it.set) =
                if is_out { (false, Some(SetState::Maint)) } else { (true, Some(SetState::Ready)) };
            it
        };
        let port = |n: u32, from: u16| from + u16::try_from(n).unwrap();
        let servers = (0..new)
            .map(|n| server(port(n, 2000), false))
            .chain((0..old).map(|n| server(port(n, 1000), n < out_of_it)));
        let seen = Observation {
            old: Some(status(OLD, tasks(OLD, old, 1000))),
            new: Some(status(NEW, tasks(NEW, new, 2000))),
            balancers: balancers(vec![servers.collect()]),
            refused: Vec::new(),
        };
        let growth = if beside.is_some() { Growth::Once } else { Growth::ByHalf };
        let rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
            .holding(Traffic::Untouched)
            .growing(growth);
        let (done, next) = looks(rollout, &seen);
        let is_ready = if beside.is_some() {
            next == Next::Done(Outcome::Reached)
        } else {
            matches!(done.first(), Some(Action::Delete { app, .. }) if *app == id(OLD))
        };
        assert_eq!(out["ready"], is_ready, "{name}: {given} {done:?} {next:?}");
        same += 1;
        ready += u32::from(is_ready);
    }
    assert!(same > 38 && ready > 12, "{same} {ready}");
}
