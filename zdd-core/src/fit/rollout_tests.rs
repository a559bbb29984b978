use alloc::format;
use alloc::string::ToString;
use core::time::Duration;

use super::*;
use crate::fit::{Effort, Rules, Running, Verdict, fit};
use crate::placement::{Agent, Amount, Demand, Grouping, Resources, Room};
use crate::rollout::forecast::{Forecast, Lasting, Limits, World, forecast};
use crate::rollout::{Growth, Rollout, Split, Target, Traffic};
use crate::timeline::Assumptions;

fn app(name: &str, instances: u32) -> App {
    App::parse(&format!(
        r#"{{"id": "{name}", "cmd": "x", "instances": {instances}, "healthChecks": [{{"protocol": "HTTP"}}]}}"#
    ))
    .unwrap()
}

fn foretold(world: &mut World, mut rollout: Rollout) -> Forecast {
    let forecast = forecast(world, &mut rollout, Limits::default()).unwrap();
    assert!(forecast.is_reached());
    forecast
}

fn world(old: u32) -> World {
    let s = Duration::from_secs;
    let of = Assumptions { start: s(3), healthy: s(4), stop: s(2) };
    let lasting = Lasting { old: of, new: of, sessions: s(5) };
    let world = World::new(Some("/blue".parse().unwrap()), "/green".parse().unwrap(), lasting);
    world.with_running(&app("/blue", old))
}

fn to(old: u32, new: u32, traffic: impl Into<Traffic>) -> Rollout {
    let target = Target { old, new, traffic: traffic.into() };
    let rollout = Rollout::new(Some("/blue".parse().unwrap()), "/green".parse().unwrap(), target);
    rollout.with_definition(app("/green", 1))
}

/// Four of /blue on an agent with so many cpus.
fn site(blue: u32, green: u32, cpus: u32) -> Site {
    let all = Resources {
        cpus: Amount::whole(cpus),
        mem: Amount::whole(9999),
        n_ports: 99,
        ..Resources::default()
    };
    let room = Room::new([Agent::new("one".parse().unwrap(), "one", all)].into());
    let mut site = Site::empty(room, Rules::default());
    for (name, instances) in [("/blue", blue), ("/green", green)] {
        let demand = Demand::of(&app(name, 1), Grouping::default()).unwrap();
        for n in 0..instances {
            let (task, agent) = (format!("{name}.{n}").parse().unwrap(), "one".parse().unwrap());
            site.room.take(&task, &agent, &demand);
            let app = name.parse().unwrap();
            site.running.push(Running { task, app, agent: Some(agent), version: None });
        }
    }
    site
}

fn asked(site: &Site, forecasts: &[Forecast]) -> Question {
    let (blue, green) = (app("/blue", 4), app("/green", 4));
    let rows = forecasts.iter().flat_map(|forecast| &forecast.rows);
    Question::of_rollout(site, Some(&blue), &green, rows).unwrap()
}

fn stages(question: &Question) -> Vec<(u32, u32)> {
    let Moves::Stages(stages) = &question.scene.exchange(0, 0).unwrap().moves else { panic!() };
    stages.iter().map(|stage| (stage.new.get(), stage.old.get())).collect()
}

fn swap(growth: Growth) -> Forecast {
    foretold(&mut world(4), to(0, 4, Traffic::ByInstances).growing(growth).with_floor(4))
}

#[test]
fn a_swap_has_the_stages_of_its_growth() {
    let site = site(4, 0, 99);
    for (growth, expected) in [
        (Growth::Once, &[(4, 0)][..]),
        (Growth::By(1), &[(1, 3), (2, 2), (3, 1), (4, 0)]),
        (Growth::By(3), &[(1, 3), (4, 0)]),
        (Growth::ByHalf, &[(1, 3), (2, 2), (4, 0)]),
    ] {
        let question = asked(&site, &[swap(growth)]);
        assert_eq!(stages(&question), expected, "{growth:?}");
        let exchange = question.scene.exchange(0, 0).unwrap();
        assert_eq!((exchange.app.as_str(), exchange.old.len()), ("/green", 4));
        assert!(exchange.old.iter().all(|old| !old.counts && !old.keeps_place));
        let Some(Way::Swap { instead, counts_old: false }) = question.way(0, 0) else { panic!() };
        assert_eq!((instead.old.get(), instead.instances.get()), (4, 4));
    }
}

#[test]
fn room_for_both_is_needed_as_far_as_they_grow() {
    for (growth, cpus) in [(Growth::Once, 8), (Growth::By(1), 5)] {
        let verdict = |cpus| {
            let question = asked(&site(4, 0, cpus), &[swap(growth)]);
            fit(&question.scene, Effort::default()).verdict
        };
        assert_eq!(verdict(cpus), Verdict::Fits, "{growth:?}");
        assert_eq!(verdict(cpus - 1), Verdict::Stalls, "{growth:?}");
    }
}

#[test]
fn waves_stop_some_before_others_come() {
    let waves = to(0, 4, Traffic::ByInstances).growing(Growth::Waves { most: 4 }).with_floor(3);
    let question = asked(&site(4, 0, 4), &[foretold(&mut world(4), waves)]);
    assert_eq!(stages(&question)[0], (0, 3));
    assert_eq!(fit(&question.scene, Effort::default()).verdict, Verdict::Fits);
}

#[test]
fn a_canary_stands_beside_and_then_goes_on_or_back() {
    let split = Split { old: 3, new: 1 };
    let mut world = world(4);
    let canary = foretold(&mut world, to(4, 1, split).with_floor(4));
    let first = asked(&site(4, 0, 9), core::slice::from_ref(&canary));
    assert_eq!((stages(&first), first.way(0, 0)), (alloc::vec![(1, 4)], Some(Way::Given)));

    let on = foretold(&mut world.clone(), to(0, 4, Split::NEW).holding(split).with_floor(4));
    let whole = asked(&site(4, 0, 9), &[canary, on.clone()]);
    assert_eq!(stages(&whole), [(4, 0)]);
    let rest = asked(&site(4, 1, 9), &[on]);
    assert_eq!(stages(&rest), [(4, 0)]);
    assert_eq!(rest.scene.exchange(0, 0).unwrap().present.len(), 1);

    let way_back = to(4, 0, Split::OLD).holding(split).on_the_way_back().with_floor(4);
    let back = asked(&site(4, 1, 9), &[foretold(&mut world, way_back)]);
    let exchange = back.scene.exchange(0, 0).unwrap();
    assert_eq!((exchange.app.as_str(), exchange.present.len()), ("/blue", 4));
    assert_eq!((exchange.old.len(), stages(&back)), (1, alloc::vec![(4, 0)]));
}

#[test]
fn what_comes_of_both_is_refused() {
    let deed = |side| Deed::Scale { side, instances: 5, force: false };
    let mut rows = swap(Growth::Once).rows;
    rows[0].deeds = alloc::vec![deed(Side::Old), deed(Side::New)];
    let (blue, green) = (app("/blue", 4), app("/green", 4));
    let error = Question::of_rollout(&site(4, 0, 9), Some(&blue), &green, &rows).unwrap_err();
    assert_eq!(
        error.to_string(),
        "app `/green`: instances of it come, and of the app that it stands beside"
    );
    assert_eq!(error.hint(), Some("scale the app that runs first"));
}
