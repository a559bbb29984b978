//! What is said of one plan: whether it fits, why not, and what helps.

use zdd_core::fit::{Basis, Fit, Scene, Verdict};

use super::words::stands_still;
use crate::chart::{AgentChart, Standing};
use crate::text::plural;

/// Whether a plan fits the cluster, and what was taken for granted.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) scene: Scene,
    pub(crate) fit: Fit,
    /// The smallest changes with which it fits, as sentences.
    pub(crate) fixes: Vec<String>,
    /// What is not known and was assumed.
    pub(crate) assumed: Vec<String>,
}

impl Answer {
    /// Whether it is proven to get to its end.
    pub(crate) fn fits(&self) -> bool {
        self.fit.verdict == Verdict::Fits && self.fit.basis.is_proven()
    }

    /// The reasons, as one sentence.
    pub(crate) fn why(&self) -> String {
        let Fit { verdict, basis, stall, .. } = &self.fit;
        if let Basis::Tried { orders, stalled } = basis
            && !basis.is_proven()
        {
            let orders = plural(*orders as u64, "order");
            let tried = format!("not proven: each of {orders} that were tried");
            return match stall {
                Some(stall) if *stalled > 0 => {
                    format!("{tried} stood still; {}", stands_still(&self.scene, stall))
                }
                _ => format!("{tried} finished"),
            };
        }
        match (verdict, stall) {
            (Verdict::Fits, _) => self.all_placed(),
            (Verdict::MayStall | Verdict::Stalls, Some(stall)) => stands_still(&self.scene, stall),
            (Verdict::MayStall, None) => "in some orders it stands still".into(),
            (Verdict::Stalls, None) => "in every order it stands still".into(),
        }
    }

    fn all_placed(&self) -> String {
        let agents = plural(self.scene.room.agents().len() as u64, "agent");
        let comes = self.scene.steps.iter().flatten().any(|it| !it.moves.target().is_zero());
        if !comes {
            return format!("nothing new comes to the {agents}");
        }
        format!("each new instance finds a place on the {agents}, whatever is stopped first")
    }

    /// What the answer rests on, where that is not that all orders were looked at, and not in the
    /// reasons.
    pub(crate) fn basis(&self) -> Option<String> {
        match self.fit.basis {
            Basis::Counted => Some("counted, by how many each agent can hold".into()),
            Basis::Tried { orders, stalled } if self.fit.basis.is_proven() => {
                let orders = plural(orders as u64, "order");
                Some(format!("{stalled} of {orders} that were tried stood still"))
            }
            _ => None,
        }
    }

    /// The picture of the order in which it stands still, else of one that gets to its end.
    pub(crate) fn chart(&self, title: &str) -> AgentChart {
        let Fit { stall, finish, .. } = &self.fit;
        match stall {
            Some(stall) => {
                let text = super::words::waiting(&self.scene, stall);
                let standing = Standing { text: &text, rejections: &stall.rejections };
                AgentChart::of(&self.scene, &stall.moves, Some(standing), title)
            }
            None => AgentChart::of(&self.scene, finish.as_deref().unwrap_or_default(), None, title),
        }
    }
}
