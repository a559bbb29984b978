//! A scene under way, one move at a time, there and back.

use alloc::vec::Vec;

use super::moves::Mover;
use super::run::{OldState, Place, Run, len, new_task};
use super::scene::Scene;
use super::verdict::{Move, Stall, What};
use crate::placement::{Holding, Room};

/// A scene under way.
pub(super) struct World<'a> {
    scene: &'a Scene,
    room: Room,
    /// The steps that were begun; the last one goes on.
    steps: Vec<Vec<Run<'a>>>,
}

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// An old instance goes, by its position in the exchange.
    Stop { exchange: usize, old: usize },
    /// A new instance comes to an agent, by its position in the room.
    Place { exchange: usize, position: usize },
    /// A new instance takes the place that an old one left for it.
    TakeOver { exchange: usize, old: usize },
}

/// How to take a choice back.
pub(super) struct Undo<'a> {
    choice: Choice,
    held: Option<Holding>,
    mover: Mover<'a>,
    to_stop: u32,
    to_place: u32,
    /// Steps that began after it.
    begun: usize,
}

/// How a world stands.
pub(super) enum Standing {
    /// All steps are done.
    Ended,
    /// Something can happen.
    GoesOn(Vec<Choice>),
    /// Nothing can, and this exchange of the last step is not done.
    Still(usize),
}

impl<'a> World<'a> {
    pub(super) fn new(scene: &'a Scene) -> Self {
        let mut world = Self { scene, room: scene.room.clone(), steps: Vec::new() };
        world.begin();
        world.begin_what_follows();
        world
    }

    pub(super) const fn scene(&self) -> &'a Scene {
        self.scene
    }

    pub(super) const fn room(&self) -> &Room {
        &self.room
    }

    /// The steps that were begun.
    pub(super) fn steps(&self) -> &[Vec<Run<'a>>] {
        &self.steps
    }

    /// The step that goes on.
    pub(super) fn step(&self) -> usize {
        self.steps.len().saturating_sub(1)
    }

    fn begin(&mut self) -> bool {
        let Some(step) = self.scene.steps.get(self.steps.len()) else {
            return false;
        };
        let runs = step.iter().map(|exchange| Run::start(exchange, &self.room)).collect();
        self.steps.push(runs);
        true
    }

    /// Begins the steps after those that are done. How many.
    fn begin_what_follows(&mut self) -> usize {
        let mut begun = 0;
        while self.steps.last().is_some_and(|runs| runs.iter().all(Run::is_done)) && self.begin() {
            begun += 1;
        }
        begun
    }

    pub(super) fn standing(&self) -> Standing {
        let Some(runs) = self.steps.last() else {
            return Standing::Ended;
        };
        let mut choices = Vec::new();
        for (exchange, run) in runs.iter().enumerate() {
            run.choices(exchange, &self.room, &mut choices);
        }
        if !choices.is_empty() {
            return Standing::GoesOn(choices);
        }
        // One that waits for a place says more than one whose moves have come to an end.
        let waits = runs.iter().position(|run| run.to_place > 0);
        match waits.or_else(|| runs.iter().position(|run| !run.is_done())) {
            Some(exchange) => Standing::Still(exchange),
            None => Standing::Ended,
        }
    }

    /// Where the world stands still, and how it came there.
    pub(super) fn stall(&self, exchange: usize, path: &[(usize, Choice)]) -> Stall {
        let run = &self.steps[self.step()][exchange];
        Stall {
            step: self.step(),
            exchange,
            placed: len(run.new.len()),
            waiting: run.to_place,
            old: len(run.n_old()),
            rejections: run.rejections(&self.room),
            moves: self.told(path),
        }
    }

    /// Choices as they are told.
    pub(super) fn told(&self, path: &[(usize, Choice)]) -> Vec<Move> {
        path.iter().filter_map(|(step, choice)| self.told_one(*step, *choice)).collect()
    }

    fn told_one(&self, step: usize, choice: Choice) -> Option<Move> {
        let old = |exchange, old: usize| self.scene.exchange(step, exchange)?.old.get(old);
        let (exchange, what, agent) = match choice {
            Choice::Place { exchange, position } => {
                (exchange, What::Placed, &self.room.agents().get(position)?.id)
            }
            Choice::TakeOver { exchange, old: at } => {
                (exchange, What::Placed, &old(exchange, at)?.agent)
            }
            Choice::Stop { exchange, old: at } => {
                let one = old(exchange, at)?;
                (exchange, What::Stopped(one.task.clone()), &one.agent)
            }
        };
        Some(Move { step, exchange, what, agent: agent.clone() })
    }

    /// Of the choices that place an instance, the one that Marathon takes here.
    pub(super) fn least_used(&self, choices: &[Choice]) -> Option<Choice> {
        let (exchange, position) = choices.iter().find_map(|choice| match choice {
            Choice::Place { exchange, position } => Some((*exchange, *position)),
            Choice::Stop { .. } | Choice::TakeOver { .. } => None,
        })?;
        let run = self.steps.last()?.get(exchange)?;
        let agent = self.room.place(&run.exchange.demand, &run.counted(&self.room)).ok();
        let position = agent.and_then(|agent| self.room.position(&agent)).unwrap_or(position);
        Some(Choice::Place { exchange, position })
    }

    /// How many more new instances of its exchange an agent can hold when an old one goes.
    pub(super) fn gain(&mut self, choice: Choice) -> u32 {
        let (Choice::Stop { exchange, old }, step) = (choice, self.step()) else {
            return 0;
        };
        let run = &self.steps[step][exchange];
        let (demand, task) = (&run.exchange.demand, &run.exchange.old[old].task);
        let Some(position) = run.olds[old].position else {
            return 0;
        };
        let before = self.room.slots(position, demand);
        let Some(held) = self.room.release(task) else {
            return 0;
        };
        let after = self.room.slots(position, demand);
        self.room.put_back(task.clone(), held);
        after.saturating_sub(before)
    }

    /// Carries out a choice of this [`standing`](Self::standing).
    pub(super) fn apply(&mut self, choice: Choice) -> Undo<'a> {
        let step = self.step();
        let (Choice::Stop { exchange, .. }
        | Choice::Place { exchange, .. }
        | Choice::TakeOver { exchange, .. }) = choice;
        let n_new = self.steps[step][exchange].new.len();
        let run = &mut self.steps[step][exchange];
        let mut undo = Undo {
            choice,
            held: None,
            mover: run.mover,
            to_stop: run.to_stop,
            to_place: run.to_place,
            begun: 0,
        };
        match choice {
            Choice::Stop { old, .. } => {
                let one = &run.exchange.old[old];
                run.to_stop -= 1;
                if one.keeps_place {
                    run.olds[old].state = OldState::KeepsPlace;
                } else {
                    run.olds[old].state = OldState::Gone;
                    undo.held = self.room.release(&one.task);
                }
                let orders = run.mover.old_gone();
                run.follow(orders);
            }
            Choice::Place { position, .. } => {
                let task = new_task(step, exchange, n_new);
                if let Some(task) = &task {
                    let agent = self.room.agents()[position].id.clone();
                    self.room.take(task, &agent, &run.exchange.demand);
                }
                run.comes(Place { position, task });
            }
            Choice::TakeOver { old, .. } => {
                run.olds[old].state = OldState::Gone;
                if let Some(position) = run.olds[old].position {
                    run.comes(Place { position, task: None });
                }
            }
        }
        undo.begun = self.begin_what_follows();
        undo
    }

    /// Takes back the last choice.
    pub(super) fn undo(&mut self, undo: Undo<'a>) {
        self.steps.truncate(self.steps.len() - undo.begun);
        let step = self.step();
        let (Choice::Stop { exchange, .. }
        | Choice::Place { exchange, .. }
        | Choice::TakeOver { exchange, .. }) = undo.choice;
        let run = &mut self.steps[step][exchange];
        (run.mover, run.to_stop, run.to_place) = (undo.mover, undo.to_stop, undo.to_place);
        match undo.choice {
            Choice::Stop { old, .. } => {
                run.olds[old].state = OldState::Runs;
                if let Some(held) = undo.held {
                    self.room.put_back(run.exchange.old[old].task.clone(), held);
                }
            }
            Choice::Place { .. } | Choice::TakeOver { .. } => {
                if let Choice::TakeOver { old, .. } = undo.choice {
                    run.olds[old].state = OldState::KeepsPlace;
                }
                if let Some(task) = run.new.pop().and_then(|place| place.task) {
                    self.room.free(&task);
                }
            }
        }
    }
}
