//! What keeps a canary or blue/green.

use std::time::Duration;

use zdd_core::ports::{
    AppStatus, BalancerError, HealthResult, Look, Name, Server, SetState, TaskFailure,
};
use zdd_core::rollout::{Growth, Next, Observation, Outcome, Rollout, Split, Target, Traffic};

use super::super::world::{NEW, OLD, World, labelled};
use super::super::{CANARY, PROMOTED, id, to};
use super::{Cause, Shown, cause};

pub(super) const CAUSES: &[Cause] = &[
    cause(
        "an instance that gets no health",
        || at_start(|new| health_of(new, false)),
        "health",
        &["/shop-green: 0 of 1 healthy"],
        "`zdd status /shop-green`",
    ),
    cause(
        "a crash loop, with its last failure",
        || at_start(|new| failed(new, "Command exited with status 1")),
        "health",
        &["0 of 1 healthy", "Command exited with status 1"],
        "standard error",
    ),
    cause(
        "an image that is not there",
        || at_start(|new| failed(new, "Failed to launch: manifest for shop:9 not found")),
        "health",
        &["0 of 1", "manifest for shop:9 not found"],
        "`zdd canary rollback`",
    ),
    cause(
        "an app that a deployment of others holds",
        || on_the_way(|seen| held(seen.new.as_mut())),
        "deployment",
        &["/shop-green", "1 of 3 run"],
        "`zdd status /shop-green`",
    ),
    cause(
        "no balancer behind the name",
        || on_the_way(|seen| seen.balancers.clear()),
        "no-balancer",
        &["no balancer"],
        "--haproxy",
    ),
    cause(
        "a balancer that is gone",
        || {
            on_the_way(|seen| {
                seen.balancers[1].seen = Err(BalancerError::Unreachable {
                    balancer: "lb1".into(),
                    cause: "lb1: nothing listens at /run/lb1.sock".into(),
                    hint: Some("is HAProxy running there?".into()),
                });
            })
        },
        "balancer",
        &["lb1: nothing listens"],
        "is HAProxy running",
    ),
    cause(
        "a balancer that answers garbage",
        || {
            on_the_way(|seen| {
                seen.balancers[0].seen = Err(BalancerError::Unusable {
                    balancer: "lb0".into(),
                    cause: "lb0: line 2 has 3 cells of 90".into(),
                    hint: Some("is it HAProxy that listens there?".into()),
                });
            })
        },
        "balancer",
        &["lb0: line 2 has 3 cells of 90"],
        "is it HAProxy",
    ),
    cause(
        "a balancer that only lets itself be looked at",
        || {
            on_the_way(|seen| {
                seen.refused = vec![BalancerError::ReadOnly { balancer: "lb1".into() }];
            })
        },
        "stuck",
        &["lb1", "nothing can be set"],
        "--haproxy SOCKET",
    ),
    cause(
        "a balancer that refuses",
        || {
            on_the_way(|seen| {
                seen.refused = vec![BalancerError::Refused {
                    balancer: "lb0".into(),
                    cause: "lb0: Permission denied".into(),
                    hint: Some("the socket needs `level admin`".into()),
                }];
            })
        },
        "stuck",
        &["lb0: Permission denied"],
        "level admin",
    ),
    cause(
        "somebody else who sets the same",
        || {
            on_the_way(|seen| {
                seen.refused = vec![BalancerError::NotKept {
                    balancer: "lb0".into(),
                    cause: "lb0: a weight is 7 and not 192".into(),
                    hint: Some("`zdd canary status` says what is in force".into()),
                }];
            })
        },
        "balancer",
        &["7 and not 192"],
        "zdd canary status",
    ),
    cause(
        "a weight that somebody else has changed",
        || in_place(|seen| look(seen, 0).servers[0].weight = Some(7)),
        "settings",
        &["1 setting"],
        "`zdd canary status`",
    ),
    cause(
        "a server that is down at one of two balancers",
        || {
            in_place(|seen| {
                let server = server_of(seen, 1, NEW);
                (server.is_up, server.status) = (false, "DOWN 1/2".into());
            })
        },
        "servers",
        &["/shop-green", "0 of 1", "DOWN 1/2"],
        "can reach the instance",
    ),
    cause(
        "a balancer that has no server for an instance",
        || {
            in_place(|seen| {
                let name = server_of(seen, 1, NEW).name.clone();
                look(seen, 1).servers.retain(|it| it.name != name);
            })
        },
        "servers",
        &["/shop-green", "0 of 1", "has no server"],
        "HAPROXY_GROUP",
    ),
    cause(
        "servers that cannot be told apart",
        || {
            in_place(|seen| {
                let tasks = seen.new.iter_mut().flat_map(|it| it.tasks.iter_mut().flatten());
                tasks.for_each(|it| it.host = Some("agent".into()));
                let port = port_of(seen, NEW);
                for n in 0..2 {
                    let look = look(seen, n);
                    look.servers.retain(|it| !it.name.as_str().ends_with(&format!("_{port}")));
                    let named = [1, 2].map(|k| format!("agent_10_0_0_{k}_{port}"));
                    look.servers.extend(named.map(|it| Server::new(Name::new(it).unwrap())));
                }
            })
        },
        "doubtful-servers",
        &["servers", "agent_10_0_0_1_"],
        "HAProxy say addresses",
    ),
    cause(
        "an old instance that died while both stand",
        || in_place(|seen| drop(tasks_of(seen.old.as_mut()).pop())),
        "health",
        &["/shop-blue: 2 of 3 healthy"],
        "`zdd status /shop-blue`",
    ),
    cause(
        "an old instance whose checks fail while both stand",
        || in_place(|seen| health_of(seen.old.as_mut(), false)),
        "health",
        &["/shop-blue: 0 of 3 healthy"],
        "`zdd status /shop-blue`",
    ),
    cause(
        "sessions that do not end",
        || draining(|_| {}),
        "sessions",
        &["3 sessions at 3 instances"],
        "--on-drain-timeout",
    ),
    cause(
        "requests that wait for a server that drains",
        || {
            draining(|seen| {
                for server in
                    seen.balancers.iter_mut().flat_map(|it| &mut it.seen.as_mut().unwrap().servers)
                {
                    (server.queue, server.sessions) = (server.sessions, 0);
                }
            })
        },
        "sessions",
        &["3 sessions at 3 instances"],
        "--drain-timeout",
    ),
    cause(
        "old processes of HAProxy",
        || {
            draining(|seen| {
                for server in &mut look(seen, 0).servers {
                    server.sessions = 0;
                }
                look(seen, 0).old_workers = Some(2);
            })
        },
        "old-workers",
        &["2 old processes of lb0"],
        "hard-stop-after",
    ),
    cause(
        "marathon-lb that has it the wrong way round",
        || beside_marathon_lb(|seen| set_all(seen, NEW, SetState::Maint)),
        "wrong-way",
        &["2 of /shop-green"],
        "scaled last",
    ),
    cause(
        "marathon-lb that takes nothing out",
        || beside_marathon_lb(|seen| set_all(seen, OLD, SetState::Ready)),
        "taken-out",
        &["2 of /shop-blue", "0 are"],
        "scaled last",
    ),
    cause(
        "too few that serve",
        too_few,
        "floor",
        &["4 serve and 4 have to"],
        "`zdd canary status`",
    ),
    cause(
        "an instance that was told to stop and still runs",
        || in_place_of(Target { old: 2, ..CANARY }, |seen| instances(seen, 2)),
        "stopping",
        &["3 still run, 2 are to be left"],
        "taskKillGracePeriodSeconds",
    ),
];

fn shown(next: &Next) -> Shown {
    match next {
        Next::ObserveBy { waiting_on, .. } => Shown {
            code: waiting_on.code().into(),
            text: waiting_on.to_string(),
            hint: waiting_on.hint(),
        },
        Next::Done(Outcome::Stuck { why, hint }) => {
            Shown { code: "stuck".into(), text: why.clone(), hint: hint.clone() }
        }
        Next::Done(other) => Shown { code: format!("{other:?}"), text: String::new(), hint: None },
    }
}

/// The first that is shown within two looks, from `world` on, each of which `plant` changes. What is
/// waited for after something was done is not shown: what was done is.
fn first(world: &mut World, rollout: &mut Rollout, plant: &dyn Fn(&mut Observation)) -> Shown {
    let mut last = None;
    for _ in 0..2 {
        let mut seen = world.observe();
        plant(&mut seen);
        let decision = rollout.step(world.now, &seen);
        let is_shown = decision.actions.is_empty();
        last = Some(shown(&decision.next));
        decision.actions.iter().for_each(|action| world.act(action));
        if is_shown {
            break;
        }
        world.pass(Duration::from_secs(1));
    }
    last.unwrap()
}

/// Goes on until nothing more is done at once.
fn advance(world: &mut World, rollout: &mut Rollout, is_there: impl Fn(&World) -> bool) {
    for _ in 0..200 {
        if is_there(world) {
            return;
        }
        let decision = rollout.step(world.now, &world.observe());
        decision.actions.iter().for_each(|action| world.act(action));
        match decision.next {
            Next::Done(_) => return,
            Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
        }
    }
    panic!("it does not get there: {:#?}", world.log)
}

/// A new app that has just been created.
fn at_start(plant: fn(Option<&mut AppStatus>)) -> Shown {
    let (mut world, mut rollout) = (World::new(3, 1), to(CANARY));
    advance(&mut world, &mut rollout, |world| world.apps.len() == 2);
    world.pass(Duration::from_secs(5));
    first(&mut world, &mut rollout, &|seen| plant(seen.new.as_mut()))
}

/// A canary that is in place, at two balancers.
fn canary() -> World {
    let mut world = World::new(3, 2);
    advance(&mut world, &mut to(CANARY), |_| false);
    world
}

fn in_place(plant: fn(&mut Observation)) -> Shown {
    in_place_of(CANARY, plant)
}

fn in_place_of(target: Target, plant: fn(&mut Observation)) -> Shown {
    first(&mut canary(), &mut to(target).holding(CANARY.traffic).with_floor(1), &plant)
}

/// The same, about to be promoted.
fn on_the_way(plant: fn(&mut Observation)) -> Shown {
    first(&mut canary(), &mut to(PROMOTED).holding(CANARY.traffic), &plant)
}

/// The old ones take nothing new any more.
fn draining(plant: fn(&mut Observation)) -> Shown {
    let mut world = World::new(3, 1);
    advance(&mut world, &mut to(CANARY), |_| false);
    world.sessions = Duration::from_secs(10_000);
    let mut rollout = to(PROMOTED).holding(CANARY.traffic);
    let is_out = |world: &World| {
        let sets = world.balancers[0].values();
        sets.filter(|set| set.state == SetState::Drain).count() == 3
    };
    advance(&mut world, &mut rollout, is_out);
    first(&mut world, &mut rollout, &plant)
}

/// Two of each, of four in the end.
fn beside_marathon_lb(plant: fn(&mut Observation)) -> Shown {
    let mut world = World::new(0, 1);
    world.merges = true;
    world.create(&labelled(OLD, 4, 4));
    world.pass(Duration::from_secs(10));
    world.create(&labelled(NEW, 2, 4));
    world.pass(Duration::from_secs(10));
    let target = Target { old: 0, new: 4, traffic: Traffic::Untouched };
    let mut rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
        .holding(Traffic::Untouched)
        .growing(Growth::ByHalf)
        .with_floor(4);
    first(&mut world, &mut rollout, &plant)
}

/// As many serve as have to, and fewer are asked for.
fn too_few() -> Shown {
    let mut world = World::new(3, 1);
    let both = Target { old: 3, new: 1, traffic: Traffic::Split(Split { old: 1, new: 1 }) };
    advance(&mut world, &mut to(both), |_| false);
    let fewer = Target { old: 1, ..both };
    let mut rollout = to(fewer).holding(both.traffic).with_floor(4);
    first(&mut world, &mut rollout, &|_| {})
}

fn tasks_of(app: Option<&mut AppStatus>) -> &mut Vec<zdd_core::ports::Task> {
    app.unwrap().tasks.as_mut().unwrap()
}

fn health_of(app: Option<&mut AppStatus>, alive: bool) {
    for task in tasks_of(app) {
        let mut result = HealthResult::default();
        result.alive = alive;
        task.health = vec![result];
    }
}

fn failed(app: Option<&mut AppStatus>, message: &str) {
    let app = app.unwrap();
    app.tasks = Some(Vec::new());
    let task = "shop-green.7".parse().unwrap();
    app.last_task_failure = Some(TaskFailure::new(task, "TASK_FAILED".into(), message.into()));
}

fn held(app: Option<&mut AppStatus>) {
    let app = app.unwrap();
    app.deployments = vec!["of-others".parse().unwrap()];
    app.running = 1;
}

fn look(seen: &mut Observation, n: usize) -> &mut Look {
    seen.balancers[n].seen.as_mut().unwrap()
}

fn port_of(seen: &Observation, app: &str) -> u16 {
    let status = if app == OLD { &seen.old } else { &seen.new };
    status.as_ref().unwrap().tasks.as_ref().unwrap()[0].ports[0]
}

fn server_of<'s>(seen: &'s mut Observation, n: usize, app: &str) -> &'s mut Server {
    let end = format!("_{}", port_of(seen, app));
    look(seen, n).servers.iter_mut().find(|it| it.name.as_str().ends_with(&end)).unwrap()
}

/// Sets what a balancer has of an app; of the other one the opposite.
fn set_all(seen: &mut Observation, app: &str, state: SetState) {
    let ports = |status: &Option<AppStatus>| -> Vec<u16> {
        status.iter().flat_map(|it| it.tasks.iter().flatten()).map(|it| it.ports[0]).collect()
    };
    let of_app = if app == OLD { ports(&seen.old) } else { ports(&seen.new) };
    for server in &mut look(seen, 0).servers {
        let port = server.name.as_str().rsplit_once('_').unwrap().1.parse().unwrap();
        let is_of_app = of_app.contains(&port);
        server.set = Some(if is_of_app { state } else { SetState::Ready });
        server.is_up = server.set == Some(SetState::Ready);
    }
}

fn instances(seen: &mut Observation, n: u32) {
    let old = seen.old.as_mut().unwrap();
    old.app =
        old.app.clone().with_instances(zdd_core::units::InstanceCount::saturating_from(n.into()));
}
