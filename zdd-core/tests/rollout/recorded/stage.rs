//! A rollout that is carried out and recorded, and what a judge makes of it.

use std::time::Duration;

use zdd_core::ports::Name;
use zdd_core::rollout::record::Phase;
use zdd_core::rollout::{Decision, Next, Outcome, Patience, Rollout, Split, Target, Traffic};
use zdd_core::verify::rollout::wire::{Begin, Drain, Ended};
use zdd_core::verify::rollout::{Fault, Holds, Reader, Recorder, Report, Reviewed, Rule};

use super::super::world::World;
use super::super::{CANARY, PROMOTED, run, to};

/// What happens beside the rollout at one step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Nothing,
    Forgets(usize),
    Late,
    Crash,
    Dies(usize),
}

/// What a wrong engine would decide instead.
pub(super) type Tamper<'t> = &'t mut dyn FnMut(&World, &mut Decision);

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) lines: Vec<String>,
    pub(super) patience: Patience,
    pub(super) generation: u64,
}

impl Stage {
    pub(super) fn new(world: World) -> Self {
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
    pub(super) fn carry_out(
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
    pub(super) fn report(&self) -> Report {
        let mut reviewed = self.judged();
        assert_eq!((reviewed.reports.len(), reviewed.issues.count), (1, 0));
        reviewed.reports.remove(0)
    }
}

pub(super) fn review(text: &str) -> Reviewed {
    let mut reader = Reader::new();
    // Pieces of any size.
    for piece in text.as_bytes().chunks(997) {
        reader.push(piece).unwrap();
    }
    reader.finish().unwrap()
}

pub(super) fn honest(_: &World, _: &mut Decision) {}

pub(super) fn holds(report: &Report) -> [Holds; 5] {
    Rule::ALL.map(|rule| report.rule(rule).why.holds())
}

#[track_caller]
pub(super) fn all_held(report: &Report) {
    assert_eq!(holds(report), [Holds::Held; 5], "{:#?}", report.findings);
}

/// The rule that is violated, and the word for what was found first.
#[track_caller]
pub(super) fn violated(report: &Report) -> Vec<(Rule, &'static str)> {
    let broken = report.rules.iter().filter(|it| it.why.holds() == Holds::Violated);
    let with_code = broken.map(|it| {
        let of_rule = |fault: &Fault| fault.rule() == it.rule;
        let found = report.findings.iter().find(|finding| of_rule(&finding.fault)).unwrap();
        (it.rule, found.fault.code())
    });
    with_code.collect()
}

/// A world with a canary in it, which is about to be promoted.
pub(super) fn with_canary(balancers: usize) -> Stage {
    let mut world = World::new(3, balancers);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    Stage::new(world)
}

pub(super) fn promotion() -> Rollout {
    to(PROMOTED).holding(CANARY.traffic)
}
