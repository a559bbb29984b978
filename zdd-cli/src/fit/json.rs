//! The answer as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zdd_core::fit::{Basis, Move, Scene, Stall, Verdict, What};
use zdd_core::placement::Amount;

use super::answer::Answer;
use super::words::{Nearest, TurnedDown, turned_down};

/// Whether new instances find their places on the agents.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FitReport {
    /// The app or the group that is deployed.
    about: String,
    /// In which orders they do.
    verdict: VerdictName,
    /// What that rests on.
    basis: BasisReport,
    /// Whether it is proven.
    proven: bool,
    /// The reasons, as a sentence.
    why: String,
    /// How many agents there are.
    agents: usize,
    /// Where it stands still, in one order in which it does; null where none was found.
    stall: Option<StallReport>,
    /// The smallest changes with which it would fit, as sentences.
    fixes: Vec<String>,
    /// What is not known and was assumed, as sentences.
    assumed: Vec<String>,
}

/// In which orders new instances find their places.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum VerdictName {
    /// In every order that Marathon may choose.
    Fits,
    /// Not in every order, or it is not proven.
    MayStall,
    /// In no order.
    Stalls,
}

/// What a verdict rests on.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
enum BasisReport {
    /// All orders were looked at: so many states there are.
    Searched { states: usize },
    /// It follows from how many instances each agent can hold.
    Counted,
    /// So many orders were tried, and so many of them stood still.
    Tried { orders: usize, stalled: usize },
    /// Something else.
    Other,
}

/// Where nothing goes on.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct StallReport {
    /// In which step, from 1 on.
    step: usize,
    /// The app of which instances wait.
    app: String,
    /// New instances that it is to have.
    target: u32,
    /// New instances of it that have a place.
    placed: u32,
    /// New instances of it that were launched and have none.
    waiting: u32,
    /// Old instances of it that are left.
    old: u32,
    /// What speaks against agents, the most frequent first. One agent may be under several.
    turned_down: Vec<TurnedDownReport>,
    /// What happened until then; empty where only the state is known.
    order: Vec<MoveReport>,
}

/// A reason, and how many agents are not good enough for it.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct TurnedDownReport {
    /// Marathon's word for it, such as `InsufficientCpus`; `Inactive` is ours.
    reason: String,
    /// The constraint or the port, where it is one.
    about: Option<String>,
    /// How many agents.
    agents: usize,
    /// The agent that lacks the least, where something is short.
    nearest: Option<NearestReport>,
}

/// The agent that comes nearest to being good enough.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct NearestReport {
    /// Its id.
    agent: String,
    /// What is free of it: a number, or MiB.
    free: f64,
    /// What an instance needs.
    needed: f64,
}

/// An instance comes or goes.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct MoveReport {
    /// In which step, from 1 on.
    step: usize,
    /// The app.
    app: String,
    /// What happens.
    what: WhatName,
    /// The id of the agent.
    agent: String,
    /// The task that was stopped.
    task: Option<String>,
}

/// What happens to an instance.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum WhatName {
    /// A new one comes.
    Placed,
    /// An old one goes.
    Stopped,
}

impl FitReport {
    pub(crate) fn of(answer: &Answer) -> Self {
        let Answer { about, scene, fit, fixes, assumed, is_beside: _ } = answer;
        Self {
            about: about.clone(),
            verdict: match answer.verdict() {
                Verdict::Fits => VerdictName::Fits,
                Verdict::MayStall => VerdictName::MayStall,
                Verdict::Stalls => VerdictName::Stalls,
            },
            basis: match fit.basis {
                Basis::Searched { states } => BasisReport::Searched { states },
                Basis::Counted => BasisReport::Counted,
                Basis::Tried { orders, stalled } => BasisReport::Tried { orders, stalled },
                _ => BasisReport::Other,
            },
            proven: answer.is_proven(),
            why: answer.why(),
            agents: scene.room.agents().len(),
            stall: fit.stall.as_ref().map(|stall| StallReport::of(scene, stall)),
            fixes: fixes.clone(),
            assumed: assumed.clone(),
        }
    }
}

impl StallReport {
    fn of(scene: &Scene, stall: &Stall) -> Self {
        let exchange = scene.exchange(stall.step, stall.exchange);
        Self {
            step: stall.step + 1,
            app: exchange.map_or_else(String::new, |it| it.app.to_string()),
            target: exchange.map_or(0, |it| it.moves.target().get()),
            placed: stall.placed,
            waiting: stall.waiting,
            old: stall.old,
            turned_down: turned_down(&stall.rejections).iter().map(TurnedDownReport::of).collect(),
            order: stall.moves.iter().map(|it| MoveReport::of(scene, it)).collect(),
        }
    }
}

impl TurnedDownReport {
    fn of(it: &TurnedDown<'_>) -> Self {
        Self {
            reason: it.word.into(),
            about: it.about(),
            agents: it.n_agents,
            nearest: it.nearest.map(|Nearest { agent, free, needed }| NearestReport {
                agent: agent.to_string(),
                free: number(free),
                needed: number(needed),
            }),
        }
    }
}

impl MoveReport {
    fn of(scene: &Scene, it: &Move) -> Self {
        let (what, task) = match &it.what {
            What::Placed => (WhatName::Placed, None),
            What::Stopped(task) => (WhatName::Stopped, Some(task.to_string())),
        };
        let exchange = scene.exchange(it.step, it.exchange);
        Self {
            step: it.step + 1,
            app: exchange.map_or_else(String::new, |it| it.app.to_string()),
            what,
            agent: it.agent.to_string(),
            task,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "amounts are far below what f64 holds exactly")]
fn number(amount: Amount) -> f64 {
    amount.as_thousandths() as f64 / 1000.0
}
