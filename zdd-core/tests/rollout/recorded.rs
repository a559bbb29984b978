//! Rollouts are recorded and judged: those of the engine hold, and each planted fault is found.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use zdd_core::ports::{Force, Name, ServerChange, SetState, Setting};
use zdd_core::rollout::record::Phase;
use zdd_core::rollout::{
    Action, Decision, Growth, Next, OnDrainTimeout, Outcome, Patience, Rollout, Split, Target,
    Traffic,
};
use zdd_core::units::{InstanceCount, TaskId};
use zdd_core::verify::rollout::wire::{Begin, Drain, Ended, How};
use zdd_core::verify::rollout::{
    Fault, Holds, Reader, Recorder, Report, Reviewed, Rule, is_rollout,
};

use super::world::{NEW, OLD, World, app};
use super::{BACK, CANARY, PROMOTED, id, run, to};

/// What happens beside the rollout at one step.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Nothing,
    Forgets(usize),
    Late,
    Crash,
    Dies(usize),
}

/// What a wrong engine would decide instead.
type Tamper<'t> = &'t mut dyn FnMut(&World, &mut Decision);

struct Stage {
    world: World,
    lines: Vec<String>,
    patience: Patience,
    generation: u64,
}

impl Stage {
    fn new(world: World) -> Self {
        Self { world, lines: Vec::new(), patience: Patience::default(), generation: 1 }
    }

    fn begin(&self, rollout: &Rollout, floor: u32, hold: Traffic) -> Begin {
        Begin {
            at: self.world.now,
            group: "shop".into(),
            backend: Name::new("shop_10080").unwrap(),
            generation: self.generation,
            phase: match rollout.target() {
                Target { old: 0, .. } => Phase::Promote,
                Target { new: 0, .. } => Phase::Rollback,
                _ => Phase::Canary,
            },
            old: rollout.old().cloned(),
            new: rollout.new_app().clone(),
            target: rollout.target(),
            hold,
            floor,
            drain: Drain {
                timeout_ms: u64::try_from(self.patience.drain.as_millis()).unwrap(),
                on_timeout: self.patience.on_drain_timeout,
            },
        }
    }

    /// Carries it out, and records it.
    fn carry_out(
        &mut self,
        rollout: Rollout,
        floor: u32,
        fates: &[Fate],
        tamper: Tamper<'_>,
    ) -> Outcome {
        let hold: Traffic = Split::OLD.into();
        let mut recorder = Recorder::new();
        let begin = self.begin(&rollout, floor, hold);
        self.lines.push(recorder.begin(begin));
        let rollout = rollout.with_floor(floor).with_patience(self.patience);
        let (mut engine, mut before) = (rollout.clone(), self.world.observe());
        let mut fates = fates.iter().copied();
        for _ in 0..2000 {
            let fate = fates.next().unwrap_or(Fate::Nothing);
            match fate {
                Fate::Forgets(nth) => self.world.forget(nth),
                Fate::Dies(nth) => self.world.die(nth),
                Fate::Crash => engine = rollout.clone(),
                Fate::Late | Fate::Nothing => {}
            }
            let now = self.world.observe();
            let is_fresh = !matches!(fate, Fate::Late);
            let seen = if is_fresh { now.clone() } else { before };
            before = now;
            let mut decision = engine.step(self.world.now, &seen);
            tamper(&self.world, &mut decision);
            self.lines.extend(recorder.looked(self.world.now, &seen, &decision));
            for action in &decision.actions {
                self.world.act(action);
                self.lines.push(recorder.done(self.world.now));
            }
            match decision.next {
                Next::Done(Outcome::Reached) if !is_fresh => {
                    self.world.pass(Duration::from_secs(1));
                }
                Next::Done(outcome) => {
                    self.lines.push(recorder.end(Ended::of(self.world.now, &outcome)));
                    return outcome;
                }
                Next::ObserveBy { deadline, .. } => {
                    let time = deadline.since(self.world.now).max(Duration::from_millis(1));
                    self.world.pass(time);
                }
            }
        }
        panic!("it never ends: {:#?}", self.world.log)
    }

    fn judged(&self) -> Reviewed {
        review(&self.lines.join("\n"))
    }

    /// The only report.
    #[track_caller]
    fn report(&self) -> Report {
        let mut reviewed = self.judged();
        assert_eq!((reviewed.reports.len(), reviewed.issues.count), (1, 0));
        reviewed.reports.remove(0)
    }
}

fn review(text: &str) -> Reviewed {
    let mut reader = Reader::new();
    // Pieces of any size.
    for piece in text.as_bytes().chunks(997) {
        reader.push(piece).unwrap();
    }
    reader.finish().unwrap()
}

fn honest(_: &World, _: &mut Decision) {}

fn holds(report: &Report) -> [Holds; 5] {
    Rule::ALL.map(|rule| report.rule(rule).why.holds())
}

#[track_caller]
fn all_held(report: &Report) {
    assert_eq!(holds(report), [Holds::Held; 5], "{:#?}", report.findings);
}

/// The rule that is violated, and the word for what was found first.
#[track_caller]
fn violated(report: &Report) -> Vec<(Rule, &'static str)> {
    let broken = report.rules.iter().filter(|it| it.why.holds() == Holds::Violated);
    let with_code = broken.map(|it| {
        let of_rule = |fault: &Fault| fault.rule() == it.rule;
        let found = report.findings.iter().find(|finding| of_rule(&finding.fault)).unwrap();
        (it.rule, found.fault.code())
    });
    with_code.collect()
}

/// A world with a canary in it, which is about to be promoted.
fn with_canary(balancers: usize) -> Stage {
    let mut world = World::new(3, balancers);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    Stage::new(world)
}

fn promotion() -> Rollout {
    to(PROMOTED).holding(CANARY.traffic)
}

#[test]
fn a_canary_and_its_ends_hold() {
    let mut stage = Stage::new(World::new(3, 2));
    for (rollout, last) in [(to(CANARY), "canary"), (promotion(), "promote")] {
        stage.lines.clear();
        assert_eq!(stage.carry_out(rollout, 3, &[], &mut honest), Outcome::Reached);
        let report = stage.report();
        all_held(&report);
        assert_eq!(report.lowest.unwrap().serving, 3);
        assert_eq!(json!(report.begin.phase), last);
        assert_eq!(report.shares.len(), 2);
        assert_eq!(report.cut_sessions, 0);
    }
    let mut stage = with_canary(1);
    let back = to(BACK).on_the_way_back();
    assert_eq!(stage.carry_out(back, 3, &[], &mut honest), Outcome::Reached);
    let report = stage.report();
    all_held(&report);
    assert_eq!((report.actions.deleted, report.shares[0].found), (1, Some(0.0)));
    assert!(report.waited.contains_key("sessions"), "{:?}", report.waited);
}

#[test]
fn nothing_secret_is_written() {
    let text = r#"{"id": "/shop-green", "instances": 1, "cmd": "s3cret", "env": {"A": "s3cret"},
        "labels": {"HAPROXY_0_AUTH": "s3cret", "x": "s3cret"}, "user": "s3cret",
        "healthChecks": [{"protocol": "COMMAND", "command": {"value": "s3cret"}}],
        "container": {"docker": {"image": "s3cret", "portMappings": [{"containerPort": 80}]}}}"#;
    let mut stage = Stage::new(World::new(3, 1));
    let rollout = Rollout::new(Some(id(OLD)), id(NEW), CANARY)
        .with_definition(zdd_core::app::App::parse(text).unwrap());
    assert_eq!(stage.carry_out(rollout, 3, &[], &mut honest), Outcome::Reached);
    let all = stage.lines.join("\n");
    assert!(!all.contains("s3cret"), "{all}");
    // It was seen, with what a server can be found by.
    assert!(all.contains(r#""containerPort":80"#), "{all}");
    all_held(&stage.report());
}

#[test]
fn a_long_wait_is_small() {
    let mut world = World::new(3, 1);
    world.start_up = Duration::from_secs(250);
    let mut stage = Stage::new(world);
    assert_eq!(stage.carry_out(to(CANARY), 3, &[], &mut honest), Outcome::Reached);
    // 250 looks, and a sign of life every half minute.
    assert!(stage.lines.len() < 40, "{}", stage.lines.len());
    all_held(&stage.report());
}

/// Does something once, when `is_time`.
fn once(
    mut is_time: impl FnMut(&World, &Decision) -> bool,
    mut what: impl FnMut(&World) -> Action,
) -> impl FnMut(&World, &mut Decision) {
    let mut is_done = false;
    move |world, decision| {
        if !is_done && is_time(world, decision) {
            is_done = true;
            decision.actions = vec![what(world)];
            let deadline = world.now.saturating_add(Duration::from_millis(200));
            let waiting_on = zdd_core::rollout::WaitingOn::Effect;
            decision.next = Next::ObserveBy { deadline, waiting_on };
        }
    }
}

fn tasks_of(world: &World, of: &str) -> Vec<TaskId> {
    world.tasks.iter().filter(|it| it.app == id(of)).map(|it| it.id.clone()).collect()
}

fn kill(world: &World, of: &str, count: usize) -> Action {
    let tasks = tasks_of(world, of).into_iter().take(count).collect();
    Action::Kill { app: id(of), tasks }
}

#[test]
fn to_kill_a_serving_task_is_found() {
    let mut stage = with_canary(2);
    let mut tamper = once(|_, _| true, |world| kill(world, OLD, 1));
    stage.carry_out(promotion(), 3, &[], &mut tamper);
    let report = stage.report();
    let broken = violated(&report);
    assert!(broken.contains(&(Rule::Drain, "stopped-serving")), "{broken:?}");
    let finding = report.findings.iter().find(|it| it.fault.code() == "stopped-serving").unwrap();
    assert!(finding.task.as_ref().unwrap().as_str().starts_with("shop-blue."), "{finding:?}");
    assert!(report.is_violated());
}

#[test]
fn to_kill_with_sessions_is_found() {
    let mut stage = with_canary(1);
    stage.world.sessions = Duration::from_secs(60);
    // As soon as the old ones drain, with their sessions.
    let is_out = |world: &World, _: &Decision| {
        world.balancers[0].values().filter(|set| set.state == SetState::Drain).count() == 3
    };
    let mut tamper = once(is_out, |_| Action::Delete { app: id(OLD), force: Force::No });
    stage.carry_out(promotion(), 3, &[], &mut tamper);
    let report = stage.report();
    assert_eq!(violated(&report), [(Rule::Drain, "stopped-busy")], "{:#?}", report.findings);
    assert_eq!(report.finding_count, 3);
}

#[test]
fn a_floor_that_is_undercut_is_found() {
    let mut stage = with_canary(1);
    let mut tamper = once(
        |_, _| true,
        |world| {
            let server = super::world::server_name(world.tasks[0].port);
            Action::Set(vec![ServerChange { server, setting: Setting::State(SetState::Drain) }])
        },
    );
    stage.carry_out(promotion(), 4, &[], &mut tamper);
    let report = stage.report();
    let broken = violated(&report);
    assert!(broken.contains(&(Rule::Capacity, "below-floor")), "{broken:?}");
    let below = report.findings.iter().find(|it| it.fault.code() == "below-floor").unwrap();
    let Fault::BelowFloor { serving, floor, taken, failed } = below.fault else { panic!() };
    assert_eq!((serving, floor, taken, failed), (3, 4, 1, 0));
}

#[test]
fn instances_that_fail_are_named_so() {
    let mut stage = with_canary(1);
    let fates = [Fate::Nothing, Fate::Dies(0), Fate::Dies(0)];
    assert_eq!(stage.carry_out(promotion(), 3, &fates, &mut honest), Outcome::Reached);
    let report = stage.report();
    assert_eq!(violated(&report), [(Rule::Capacity, "below-floor")]);
    let Fault::BelowFloor { taken, failed, .. } = report.findings[0].fault else { panic!() };
    assert_eq!((taken, failed), (0, 1), "{:#?}", report.findings);
}

#[test]
fn weights_that_are_not_set_are_found() {
    // Everything that is to be set is lost, and it is over all the same.
    let mut stage = Stage::new(World::new(3, 2));
    let mut tamper = |world: &World, decision: &mut Decision| {
        let is_there = world.serving() == 4;
        for action in &mut decision.actions {
            if let Action::Set(changes) = action
                && is_there
            {
                changes.clear();
                decision.next = Next::Done(Outcome::Reached);
            }
        }
    };
    stage.carry_out(to(CANARY), 3, &[], &mut tamper);
    let report = stage.report();
    assert_eq!(violated(&report), [(Rule::Weights, "shares-off")], "{:#?}", report.findings);
    let Fault::SharesOff { found, wanted, nearest, .. } = &report.findings[0].fault else {
        panic!("{report:#?}")
    };
    assert!((wanted - 0.2).abs() < 1e-9 && (nearest - 0.2).abs() < 1e-9);
    assert!((found.unwrap() - 0.2).abs() > 0.1);
}

#[test]
fn a_setting_that_is_never_in_force_is_found() {
    let mut stage = Stage::new(World::new(3, 2));
    assert_eq!(stage.carry_out(to(CANARY), 3, &[], &mut honest), Outcome::Reached);
    // In the recording a balancer took the drain of a server that it never shows.
    let mut doctored = Vec::new();
    let mut is_done = false;
    for line in &stage.lines {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if let Some(changes) = value.pointer_mut("/actions/0/changes").filter(|_| !is_done) {
            let changes = changes.as_array_mut().unwrap();
            let server = changes[0]["server"].clone();
            changes.push(json!({ "server": server, "state": "maint" }));
            is_done = true;
        }
        doctored.push(value.to_string());
    }
    let report = review(&doctored.join("\n")).reports.remove(0);
    assert_eq!(violated(&report), [(Rule::Weights, "never-in-force")], "{:#?}", report.findings);
    assert_eq!(report.finding_count, 2);
}

#[test]
fn what_somebody_else_changes_is_a_warning() {
    let mut stage = with_canary(1);
    stage.world.sessions = Duration::from_secs(30);
    let mut fates = vec![Fate::Nothing; 40];
    fates.push(Fate::Forgets(0));
    assert_eq!(stage.carry_out(promotion(), 3, &fates, &mut honest), Outcome::Reached);
    let report = stage.report();
    assert_eq!(violated(&report), []);
    let found = report.findings.iter().any(|it| it.fault.code() == "changed");
    assert!(found, "{:#?}", report.findings);
}

#[test]
fn to_remove_the_only_side_is_found() {
    let mut stage = with_canary(1);
    let mut tamper = once(|_, _| true, |_| Action::Delete { app: id(OLD), force: Force::No });
    // It vanishes for the engine, too, unless it is to go anyway.
    let target = Target { old: 0, new: 3, traffic: Split::NEW.into() };
    stage.world.die(3);
    let rollout = to(target).holding(CANARY.traffic);
    stage.carry_out(rollout, 3, &[], &mut tamper);
    let report = stage.report();
    let order: Vec<_> = report
        .findings
        .iter()
        .filter(|it| it.fault.rule() == Rule::Order)
        .map(|it| it.fault.code())
        .collect();
    assert_eq!(order, ["too-few-remain", "only-side-removed"], "{:#?}", report.findings);
    // With a floor of nothing it is no better.
    let mut stage = with_canary(1);
    stage.world.die(3);
    let mut tamper = once(|_, _| true, |_| Action::Delete { app: id(OLD), force: Force::No });
    stage.carry_out(to(target).holding(CANARY.traffic), 0, &[], &mut tamper);
    assert!(violated(&stage.report()).contains(&(Rule::Order, "only-side-removed")));
}

#[test]
fn to_scale_down_what_serves_is_found() {
    let mut stage = with_canary(1);
    let instances = InstanceCount::saturating_from(1);
    let action = Action::Scale { app: id(OLD), instances, force: Force::No };
    let mut tamper = once(|_, _| true, move |_| action.clone());
    stage.carry_out(promotion(), 3, &[], &mut tamper);
    let broken = violated(&stage.report());
    assert!(broken.contains(&(Rule::Order, "too-few-remain")), "{broken:?}");
    assert!(broken.contains(&(Rule::Drain, "scaled-undrained")), "{broken:?}");
}

#[test]
fn sessions_are_cut_by_the_policy_and_counted_or_too_early_and_found() {
    let cut = |policy, drain: u64, recorded: u64| {
        let mut world = World::new(1, 1);
        let canary = Target { old: 1, new: 1, traffic: Split { old: 1, new: 1 }.into() };
        assert_eq!(run(&mut world, to(canary).with_floor(1)), Outcome::Reached);
        world.sessions = Duration::from_secs(100_000);
        world.pass(Duration::from_secs(1));
        let mut stage = Stage::new(world);
        stage.patience = Patience {
            drain: Duration::from_secs(drain),
            on_drain_timeout: policy,
            ..Patience::default()
        };
        let promoted = Target { old: 0, new: 1, traffic: Split::NEW.into() };
        let rollout = to(promoted).holding(canary.traffic);
        assert_eq!(stage.carry_out(rollout, 1, &[], &mut honest), Outcome::Reached);
        let text = stage.lines.join("\n");
        let said = format!("\"timeoutMs\":{}", recorded * 1000);
        let text = text.replace(&format!("\"timeoutMs\":{}", drain * 1000), &said);
        review(&text).reports.remove(0)
    };
    let report = cut(OnDrainTimeout::Kill, 20, 20);
    all_held(&report);
    assert_eq!((report.cut_sessions, report.actions.cut), (1, 1));
    // The same, where they had more time.
    let report = cut(OnDrainTimeout::Kill, 20, 60);
    assert_eq!(violated(&report), [(Rule::Drain, "cut-too-early")], "{:#?}", report.findings);
    assert_eq!(report.cut_sessions, 0);
}

#[test]
fn what_is_missing_is_not_held() {
    let mut stage = with_canary(1);
    assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
    let codes =
        |report: &Report| -> Vec<_> { report.findings.iter().map(|it| it.fault.code()).collect() };
    // Without its end.
    let cut = stage.lines[..stage.lines.len() - 1].join("\n");
    let report = review(&cut).reports.remove(0);
    assert_eq!((holds(&report), codes(&report)), ([Holds::Unknown; 5], vec!["no-end"]));
    // With a line that stops in the middle.
    let reviewed = review(&cut[..cut.len() - 5]);
    assert_eq!(reviewed.issues.count, 1);
    assert_eq!(reviewed.issues.listed[0].what.to_string(), "stops in the middle");
    assert_eq!(codes(&reviewed.reports[0]), ["gap", "no-end"]);
    // Taken over by another one.
    stage.generation = 2;
    let mut lines: Vec<_> = stage.lines[..4].to_vec();
    lines.extend_from_slice(&stage.lines);
    let begin = lines[4].replace("\"generation\":1", "\"generation\":2");
    lines[4] = begin;
    let reviewed = review(&lines.join("\n"));
    assert_eq!(reviewed.reports.len(), 2);
    assert!(codes(&reviewed.reports[0]).contains(&"taken-over"));
    all_held(&reviewed.reports[1]);
    // A long silence.
    let mut lines = stage.lines.clone();
    for line in &mut lines[..2] {
        *line = line.replace("\"at\":\"1970-01-01T00:1", "\"at\":\"1970-01-01T00:0");
    }
    let report = review(&lines.join("\n")).reports.remove(0);
    assert_eq!(report.rule(Rule::Completeness).why.holds(), Holds::Unknown);
    assert!(codes(&report).contains(&"gap"), "{:#?}", report.findings);
    // No beginning at all.
    let reviewed = review(&stage.lines[1..].join("\n"));
    assert_eq!((reviewed.reports.len(), reviewed.issues.count), (0, stage.lines.len() as u64 - 1));
}

#[test]
fn newer_forms_are_refused_and_unknown_fields_are_not() {
    let mut stage = with_canary(1);
    assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
    let text = stage.lines.join("\n");
    assert!(is_rollout(text.as_bytes()));
    assert!(!is_rollout(br#"{"eventType":"status_update_event"}"#));
    let more = text.replace("\"schema\":1", "\"schema\":1,\"more\":[{}]");
    all_held(&review(&more).reports[0]);
    let more = format!("{}\n{{\"schema\":1,\"rollout\":\"later\"}}\n{text}", stage.lines[0]);
    let reviewed = review(&more);
    assert_eq!(reviewed.issues.listed[0].what.to_string(), "`later` is not known");
    let newer = text.replacen("\"schema\":1", "\"schema\":2", 1);
    let mut reader = Reader::new();
    let refused = reader.push(format!("{newer}\n").as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "line 1 was written by a newer zdd (form 2, 1 is known)");
    assert_eq!(reader.finish().unwrap_err(), refused);
    let lost = text.replace("\"outcome\":\"reached\"", "\"outcome\":\"other\"");
    assert_eq!(review(&lost).reports[0].end.as_ref().unwrap().outcome, How::Unknown);
}

fn fate(with_deaths: bool) -> impl Strategy<Value = Fate> {
    prop_oneof![
        8 => Just(Fate::Nothing),
        1 => (0..2_usize).prop_map(Fate::Forgets),
        1 => Just(Fate::Crash),
        1 => Just(Fate::Late),
        u32::from(with_deaths) => (0..8_usize).prop_map(Fate::Dies),
    ]
}

#[derive(Clone, Debug)]
struct Way {
    n: u32,
    balancers: usize,
    target: Target,
    growth: Growth,
    merges: bool,
}

fn ways() -> impl Strategy<Value = Way> {
    let traffic = prop_oneof![
        (1..50_u32, 1..50_u32).prop_map(|(old, new)| Traffic::Split(Split { old, new })),
        Just(Traffic::ByInstances),
    ];
    let growth =
        prop_oneof![Just(Growth::Once), Just(Growth::ByHalf), (1..3_u32).prop_map(Growth::By)];
    (1..5_u32, 1..3_usize, traffic, growth, 0..2_u32, any::<bool>()).prop_map(
        |(n, balancers, traffic, growth, stays, merges)| {
            // Exact shares and steps of growth do not go together.
            let is_split = matches!(traffic, Traffic::Split(_));
            let growth = if stays == 1 || is_split { Growth::Once } else { growth };
            let merges = merges && growth != Growth::Once;
            let traffic = match traffic {
                _ if merges => Traffic::Untouched,
                Traffic::Split(_) if stays == 0 => Split::NEW.into(),
                other => other,
            };
            let target = Target { old: stays * n, new: n, traffic };
            Way { n, balancers, target, growth, merges }
        },
    )
}

fn labelled(of: &str, instances: u32, target: u32) -> zdd_core::app::App {
    let text = json!({
        "id": of, "instances": instances, "healthChecks": [{"protocol": "HTTP"}],
        "labels": {"HAPROXY_DEPLOYMENT_TARGET_INSTANCES": target.to_string()},
    });
    zdd_core::app::App::parse(&text.to_string()).unwrap()
}

fn carried(way: &Way, fates: &[Fate]) -> Report {
    let Way { n, balancers, target, growth, merges } = *way;
    let mut world = World::new(0, balancers);
    world.merges = merges;
    world.create(&labelled(OLD, n, n));
    world.pass(Duration::from_secs(10));
    let first = if growth == Growth::Once { n } else { 1 };
    let hold: Traffic = match target.traffic {
        Traffic::Split(_) => Split::OLD.into(),
        other => other,
    };
    let rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
        .with_definition(labelled(NEW, first, n))
        .holding(hold)
        .growing(growth);
    let mut stage = Stage::new(world);
    assert_eq!(stage.carry_out(rollout, n, fates, &mut honest), Outcome::Reached);
    stage.report()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever the engine does where nothing dies holds, in another opinion.
    #[test]
    fn what_the_engine_does_holds(
        way in ways(),
        fates in proptest::collection::vec(fate(false), 0..60),
    ) {
        let report = carried(&way, &fates);
        for rule in Rule::ALL {
            let expected = match rule {
                Rule::Weights if way.merges => Holds::Unknown,
                _ => Holds::Held,
            };
            prop_assert_eq!(report.rule(rule).why.holds(), expected, "{:?} {:#?}", rule, report);
        }
    }

    /// Where instances die, too few may serve, and those that were drained before that are stopped all
    /// the same; but nothing in use is, and weights are right in the end.
    #[test]
    fn where_instances_die_nothing_in_use_is_stopped(
        way in ways(),
        fates in proptest::collection::vec(fate(true), 0..60),
    ) {
        let report = carried(&way, &fates);
        let mut has_failed = false;
        let mut findings: Vec<_> = report.findings.iter().collect();
        findings.sort_by_key(|it| it.at);
        for finding in findings {
            match &finding.fault {
                Fault::BelowFloor { .. } => has_failed = true,
                Fault::TooFewRemain { .. } if has_failed => {}
                Fault::Changed { .. } | Fault::Unmatched { .. } => {}
                other => prop_assert!(false, "{other:?} {report:#?}"),
            }
        }
    }

    #[test]
    fn any_text_is_read(
        text in "\\PC{0,200}",
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in any::<proptest::sample::Index>(),
        by in any::<u8>(),
        drops in proptest::collection::vec(any::<proptest::sample::Index>(), 0..4),
    ) {
        let recorded = recording();
        let mut damaged = recorded.clone().into_bytes();
        let place = at.index(damaged.len());
        damaged[place] = by;
        let mut lines: Vec<&str> = recorded.lines().collect();
        for drop in drops {
            let nth = drop.index(lines.len());
            lines.remove(nth);
        }
        for input in [text.as_bytes(), &bytes, &damaged, lines.join("\n").as_bytes()] {
            let mut reader = Reader::new();
            let _ = is_rollout(input);
            if reader.push(input).is_ok()
                && let Ok(reviewed) = reader.finish()
            {
                for report in reviewed.reports {
                    prop_assert_eq!(report.rules.len(), 5);
                    let said: Vec<_> =
                        report.findings.iter().map(|it| it.fault.to_string()).collect();
                    prop_assert!(said.iter().all(|it| !it.is_empty()));
                }
            }
        }
    }
}

/// A recording with a bit of everything in it.
fn recording() -> String {
    use std::sync::OnceLock;
    static RECORDING: OnceLock<String> = OnceLock::new();
    let record = || {
        let mut stage = with_canary(2);
        assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
        stage.lines.join("\n")
    };
    RECORDING.get_or_init(record).clone()
}

#[test]
fn the_first_of_its_group_holds() {
    let mut stage = Stage::new(World::new(0, 1));
    let target = Target { old: 0, new: 3, traffic: Split::NEW.into() };
    let first = Rollout::new(None, id(NEW), target).with_definition(app(NEW, 3));
    assert_eq!(stage.carry_out(first.holding(Split::NEW), 0, &[], &mut honest), Outcome::Reached);
    all_held(&stage.report());
}
