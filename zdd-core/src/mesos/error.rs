//! Why a text is not what a master says.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{self, Display};

use crate::app::{Fault, Place, Problem, located};
use crate::placement::{AmountError, PortRangesError};
use crate::units::IdError;

/// What is wrong with the JSON of a master: the first thing, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub struct ClusterError {
    /// Where in the text.
    pub place: Option<Place>,
    /// JSON pointer (RFC 6901) of the value; empty for the whole document, and where the text could
    /// not even be taken apart.
    pub pointer: String,
    /// What is wrong.
    #[source]
    pub fault: ClusterFault,
}

/// What can be wrong with the JSON of a master. Texts taken from the input are cut.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterFault {
    /// It is longer than what is read.
    #[error("{0} bytes are more than a Mesos master would say: at most {MAX_BYTES} are read")]
    TooLong(usize),
    /// It is not JSON, or a value has the wrong type.
    #[error(transparent)]
    Json(Fault),
    /// It is JSON, and of something else.
    #[error(
        "no list `slaves`: not what a Mesos master answers to /slaves, /state or /state-summary"
    )]
    NotMaster,
    /// A resource is not an amount.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// There is a part of a GPU.
    #[error("{0} is not a whole number of GPUs")]
    Gpus(f64),
    /// Ports are not ranges of ports.
    #[error(transparent)]
    Ports(#[from] PortRangesError),
    /// A port is reserved for a role, and for another one or for nobody.
    #[error("port {0} is of two roles")]
    PortOfTwoRoles(u16),
    /// The id of an agent or of a task is none.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Two agents have the same id.
    #[error("agent `{id}` is given twice, first at {first}")]
    Twice {
        /// The id.
        id: String,
        /// JSON pointer of the first of the two.
        first: String,
    },
}

/// A state of 5,000 agents and 100,000 tasks has some 300 MB.
pub(super) const MAX_BYTES: usize = 1 << 30;

impl ClusterError {
    /// How to go on.
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            ClusterFault::NotMaster => {
                Some("save what http://MASTER:5050/state answers, of a master of Mesos".into())
            }
            ClusterFault::Json(Fault::Syntax(_) | Fault::Empty) => {
                Some("look whether the file was saved to its end".into())
            }
            _ => None,
        }
    }

    pub(super) fn whole(fault: ClusterFault) -> Self {
        Self { place: None, pointer: String::new(), fault }
    }

    /// `misfit`, placed in `text`.
    pub(super) fn placed(misfit: Misfit, text: &str) -> Self {
        let Misfit { pointer, fault } = misfit;
        Self { place: Some(Place::of_pointer(text, &pointer)), pointer, fault }
    }
}

impl From<Problem> for ClusterError {
    fn from(problem: Problem) -> Self {
        let fault = match problem.fault {
            // Repeats whatever stands in the wrong place.
            Fault::Syntax(text) => Fault::Syntax(shortened(&text)),
            other => other,
        };
        let fault = ClusterFault::Json(fault);
        Self { place: problem.place, pointer: problem.pointer, fault }
    }
}

/// `12:30: /slaves/3/resources/cpus: …`; without what is not known.
impl Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        located(f, self.place, &self.pointer, &self.fault)
    }
}

fn shortened(text: &str) -> String {
    const MAX: usize = 200;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// Something that does not fit, on its way up to the document: each level puts its step before the
/// pointer, so that nothing of it is made while all is well.
#[derive(Debug)]
pub(super) struct Misfit {
    pointer: String,
    fault: ClusterFault,
}

impl Misfit {
    /// The same, inside of `step`.
    pub(super) fn inside(mut self, step: impl Display) -> Self {
        let step = step.to_string().replace('~', "~0").replace('/', "~1");
        self.pointer = format!("/{step}{}", self.pointer);
        self
    }
}

impl<F: Into<ClusterFault>> From<F> for Misfit {
    fn from(fault: F) -> Self {
        Self { pointer: String::new(), fault: fault.into() }
    }
}
