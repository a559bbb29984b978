//! What is said of one plan: whether it fits, why not, and what helps.

use zdd_core::fit::{Basis, Fit, Scene, Verdict};
use zdd_core::timeline::Side;

use super::words::stands_still;
use crate::chart::{AgentChart, Standing};
use crate::text::plural;

/// Where in a plan it stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom {
    /// In which step, from 0 on.
    pub(crate) step: usize,
    /// Which action of it.
    pub(crate) action: usize,
    /// New instances of it that have places.
    pub(crate) placed: u32,
    /// For the place in a table.
    pub(crate) mark: &'static str,
}

impl NoRoom {
    /// Whether more new instances are there than have places.
    pub(crate) const fn is_passed(self, new: Side) -> bool {
        new.alive() > self.placed as u64
    }
}

/// Whether a plan fits the cluster, and what was taken for granted.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The app or the group that is deployed.
    pub(crate) about: String,
    pub(crate) scene: Scene,
    pub(crate) fit: Fit,
    /// The smallest changes with which it fits, as sentences.
    pub(crate) fixes: Vec<String>,
    /// What is not known and was assumed.
    pub(crate) assumed: Vec<String>,
    /// Whether old instances were left out, because nobody knows where they run. What fits beside
    /// them fits; what does not may.
    pub(crate) is_beside: bool,
}

impl Answer {
    /// Whether it is proven to get to its end.
    pub(crate) fn fits(&self) -> bool {
        self.verdict() == Verdict::Fits && self.is_proven()
    }

    /// In which orders it gets to its end.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.fit.verdict {
            Verdict::Fits => Verdict::Fits,
            Verdict::MayStall | Verdict::Stalls if self.is_beside => Verdict::MayStall,
            other => other,
        }
    }

    /// Whether that is proven.
    pub(crate) fn is_proven(&self) -> bool {
        let is_open = self.is_beside && self.fit.verdict != Verdict::Fits;
        self.fit.basis.is_proven() && !is_open
    }

    /// Where it stands still, in one order in which it does.
    pub(crate) fn no_room(&self) -> Option<NoRoom> {
        let stall = self.fit.stall.as_ref()?;
        let mark = match self.verdict() {
            Verdict::Stalls => "✖ no room",
            _ => "✖ may find no room",
        };
        Some(NoRoom { step: stall.step, action: stall.exchange, placed: stall.placed, mark })
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
        if let (false, true, Some(stall)) = (self.fits(), self.is_beside, stall) {
            let stands = stands_still(&self.scene, stall);
            return format!("not proven: it depends on the room that old instances make; {stands}");
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
    pub(crate) fn chart(&self) -> AgentChart {
        let title = format!("{}: agents", self.about);
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
