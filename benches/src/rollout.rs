//! A large deployment, half-way, and one from its beginning to its end.

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, Balancer, HealthResult, Look, Name, Server, SetState, Task, TaskState,
};
use zdd_core::rollout::forecast::{Deed, Forecast, Lasting, Limits, World, forecast};
use zdd_core::rollout::{Growth, Observation, Rollout, Target, Traffic};
use zdd_core::timeline::Assumptions;

use crate::table::Times;

const OLD: &str = "/shop-blue";
const NEW: &str = "/shop-green";

/// Both apps with so many instances each, all healthy and in service at one balancer, where nothing has
/// been set yet.
pub fn observation(each: u16) -> Observation {
    let mut look = Look::default();
    look.servers = (0..2 * each).map(server).collect();
    Observation {
        old: Some(status(OLD, 0, each)),
        new: Some(status(NEW, each, each)),
        balancers: vec![Balancer { name: "lb".into(), seen: Ok(look) }],
        refused: Vec::new(),
    }
}

/// What decides about it.
pub fn engine(each: u16) -> Rollout {
    let target = Target { old: 0, new: (2 * each).into(), traffic: Traffic::ByInstances };
    let old = OLD.parse().expect("it is an id");
    let new = NEW.parse().expect("it is an id");
    Rollout::new(Some(old), new, target)
        .holding(Traffic::ByInstances)
        .growing(Growth::ByHalf)
        .with_floor((2 * each).into())
}

/// A deployment of so many instances by half, from the first to the last of them.
///
/// # Panics
///
/// When it takes more than a forecast may.
pub fn to_the_end(instances: u32) -> Forecast {
    let [start, healthy, stop, sessions] = [5, 10, 3, 2].map(Duration::from_secs);
    let life = Assumptions { start, healthy, stop };
    deployed(instances, Lasting { old: life, new: life, sessions })
}

/// How many instances a [`swap`] is of.
pub const SWAPPED: u32 = 10;

/// How long a blue/green swap takes, and what its tasks' start, health and drain times add up to. Time is
/// virtual: the looks are those of the loop, but nothing takes time except tasks and sessions.
///
/// # Panics
///
/// When it does not reach its end in as many stages as it should.
pub fn swap(start: Duration, healthy: Duration, drain: Duration) -> Times {
    let life = Assumptions { start, healthy, stop: Duration::from_secs(1) };
    let told = deployed(SWAPPED, Lasting { old: life, new: life, sessions: drain });
    assert!(told.is_reached());
    let deeds = told.rows.iter().flat_map(|row| &row.deeds);
    let grown = deeds.filter(|it| matches!(it, Deed::Create { .. } | Deed::Scale { .. })).count();
    // 1, 2, 3, 5, 10: each is healthy, and what it replaces has no sessions, before the next begins.
    assert_eq!(grown, 5);
    let floor = (start + healthy + drain) * 5;
    Times { figure: told.duration.as_secs_f64(), floor: floor.as_secs_f64() }
}

/// What a swap takes at worst, in terms of its floor, where each stage takes four seconds or more: it
/// depends on when a wait ends between two looks.
pub fn slowest_swap() -> Times {
    let ms = Duration::from_millis;
    let pairs = (1_000..20_000).step_by(1_350).flat_map(|ready| {
        let drains = (1_000..30_000).step_by(860).filter(move |drain| ready + drain >= 4_000);
        drains.map(move |drain| swap(ms(ready / 3), ms(ready - ready / 3), ms(drain)))
    });
    let ratio = |times: &Times| times.figure / times.floor;
    pairs.max_by(|a, b| ratio(a).total_cmp(&ratio(b))).expect("there are some")
}

fn deployed(instances: u32, lasting: Lasting) -> Forecast {
    let app = |id: &str, count: u32| {
        let text = format!(
            r#"{{"id": "{id}", "instances": {count}, "healthChecks": [{{"protocol": "HTTP"}}]}}"#
        );
        App::parse(&text).expect("it is an app")
    };
    let id = |text: &str| text.parse().expect("it is an id");
    let world = World::new(Some(id(OLD)), id(NEW), lasting);
    let mut world = world.with_running(&app(OLD, instances));
    let target = Target { old: 0, new: instances, traffic: Traffic::ByInstances };
    let mut engine = Rollout::new(Some(id(OLD)), id(NEW), target)
        .holding(Traffic::ByInstances)
        .growing(Growth::ByHalf)
        .with_floor(instances)
        .with_definition(app(NEW, 1));
    forecast(&mut world, &mut engine, Limits::default()).expect("it is within the limits")
}

fn status(id: &str, first: u16, count: u16) -> AppStatus {
    let text = format!(
        r#"{{"id": "{id}", "instances": {count}, "healthChecks": [{{"protocol": "HTTP"}}]}}"#
    );
    let mut status = AppStatus::new(App::parse(&text).expect("it is an app"));
    let tasks = (first..first + count).map(|number| {
        let task = format!("{}.{number}", &id[1..]).parse().expect("it is an id");
        let mut task = Task::new(task, status.app.id().clone(), TaskState::Running);
        task.host = Some(host(number));
        task.ports = vec![port(number)];
        let mut passes = HealthResult::default();
        passes.alive = true;
        task.health = vec![passes];
        task
    });
    status.tasks = Some(tasks.collect());
    status
}

fn server(number: u16) -> Server {
    let host = host(number).replace('.', "_");
    let name = Name::new(format!("{host}_{}", port(number))).expect("it is a name");
    let mut server = Server::new(name);
    server.set = Some(SetState::Ready);
    server.weight = Some(2);
    server.passes = Some(true);
    server
}

/// Ten tasks on each agent.
fn host(number: u16) -> String {
    format!("10.0.{}.{}", number / 2_500, number / 10 % 250)
}

fn port(number: u16) -> u16 {
    31_000 + number % 10
}
