//! Who holds how much of which agent while instances come and go.

use std::collections::BTreeMap;

use zdd_core::fit::{Move, Scene, What};
use zdd_core::placement::Resources;
use zdd_core::units::{AgentId, TaskId};

use super::dimension::Dimension;

/// Who has how much of an agent, or of several, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Old instances, and what stays reserved after them.
    pub(super) old: u64,
    /// New instances.
    pub(super) new: u64,
    /// Whatever else there is.
    pub(super) others: u64,
    /// Nobody.
    pub(super) free: u64,
}

impl Held {
    pub(super) const fn all(self) -> u64 {
        self.old + self.new + self.others + self.free
    }

    pub(super) fn add(&mut self, other: Self) {
        self.old += other.old;
        self.new += other.new;
        self.others += other.others;
        self.free += other.free;
    }
}

/// The agents of a scene, in its order, between two moves.
#[derive(Clone, Debug)]
pub(super) struct Holders<'s> {
    scene: &'s Scene,
    dimension: Dimension,
    held: Vec<Held>,
    positions: BTreeMap<&'s AgentId, usize>,
    /// What old instances hold, and whether it stays when they go.
    tasks: BTreeMap<&'s TaskId, (u64, bool)>,
    /// What stays at an agent for the next instance of an exchange.
    kept: BTreeMap<(usize, usize, usize), Vec<u64>>,
}

impl<'s> Holders<'s> {
    /// Before anything happens.
    pub(super) fn new(scene: &'s Scene, dimension: Dimension) -> Self {
        let agents = scene.room.agents();
        let mut room = scene.room.clone();
        let free = |room: &zdd_core::placement::Room, agent: &AgentId| {
            dimension.amount(&room.free_of(agent).unwrap_or_default())
        };
        let held = agents.iter().map(|agent| {
            let free = free(&room, &agent.id);
            let all = dimension.amount(&agent.total());
            Held { free: free.min(all), others: all.saturating_sub(free), ..Held::default() }
        });
        let mut holders = Self {
            scene,
            dimension,
            held: held.collect(),
            positions: agents.iter().enumerate().map(|(at, agent)| (&agent.id, at)).collect(),
            tasks: BTreeMap::new(),
            kept: BTreeMap::new(),
        };
        for exchange in scene.steps.iter().flatten() {
            for old in &exchange.old {
                let before = free(&room, &old.agent);
                room.free(&old.task);
                let holds = free(&room, &old.agent).saturating_sub(before);
                holders.tasks.insert(&old.task, (holds, old.keeps_place));
                if let Some(held) = holders.at(&old.agent) {
                    let holds = holds.min(held.others);
                    held.others -= holds;
                    held.old += holds;
                }
            }
            let needs = dimension.amount(&exchange.demand.resources);
            for agent in &exchange.present {
                if let Some(held) = holders.at(agent) {
                    let holds = needs.min(held.others);
                    held.others -= holds;
                    held.new += holds;
                }
            }
        }
        holders
    }

    /// What each agent holds, in the order of the scene.
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }

    /// Where in the order of the scene an agent is.
    pub(super) fn position(&self, agent: &AgentId) -> Option<usize> {
        self.positions.get(agent).copied()
    }

    /// One thing happens.
    pub(super) fn apply(&mut self, it: &Move) {
        let Some(position) = self.position(&it.agent) else { return };
        let place = (it.step, it.exchange, position);
        match &it.what {
            What::Stopped(task) => {
                let Some((holds, keeps)) = self.tasks.get(task).copied() else { return };
                if keeps {
                    self.kept.entry(place).or_default().push(holds);
                } else {
                    let held = &mut self.held[position];
                    let holds = holds.min(held.old);
                    held.old -= holds;
                    held.free += holds;
                }
            }
            What::Placed => {
                let reserved = self.kept.get_mut(&place).and_then(Vec::pop).unwrap_or(0);
                let needs = self.needs(it);
                let held = &mut self.held[position];
                let reserved = reserved.min(held.old);
                held.old -= reserved;
                held.free += reserved;
                let needs = needs.min(held.free);
                held.free -= needs;
                held.new += needs;
            }
        }
    }

    fn needs(&self, it: &Move) -> u64 {
        let exchange = self.scene.exchange(it.step, it.exchange);
        let needs = exchange.map_or_else(Resources::default, |it| it.demand.resources);
        self.dimension.amount(&needs)
    }

    fn at(&mut self, agent: &AgentId) -> Option<&mut Held> {
        self.positions.get(agent).map(|position| &mut self.held[*position])
    }
}
