//! Which resource is drawn.

use std::fmt;

use zdd_core::fit::Scene;
use zdd_core::placement::{Rejection, Rejections, Resources};

/// A resource of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    Cpus,
    Memory,
    Disk,
    Gpus,
    Ports,
}

impl Dimension {
    const ALL: [Self; 5] = [Self::Cpus, Self::Memory, Self::Disk, Self::Gpus, Self::Ports];

    /// The one that most agents have too little of, else the one of which the new instances need the
    /// greatest share of all that there is.
    pub(super) fn of(scene: &Scene, rejections: Option<&Rejections>) -> Self {
        let shortages = |it: &Self| {
            let agents = rejections.into_iter().flat_map(|rejections| &rejections.agents);
            agents.filter(|(_, why)| why.iter().any(|one| it.is_short(one))).count()
        };
        // Of equal ones the first, which `max_by_key` would not give.
        let mut best = (0, 0, Self::Cpus);
        for it in Self::ALL {
            let (shortages, share) = (shortages(&it), it.share(scene));
            if (shortages, share) > (best.0, best.1) {
                best = (shortages, share, it);
            }
        }
        best.2
    }

    /// How much there is of it, in thousandths.
    pub(super) fn amount(self, resources: &Resources) -> u64 {
        match self {
            Self::Cpus => resources.cpus.as_thousandths(),
            Self::Memory => resources.mem.as_thousandths(),
            Self::Disk => resources.disk.as_thousandths(),
            Self::Gpus => u64::from(resources.gpus) * 1000,
            Self::Ports => u64::from(resources.n_ports) * 1000,
        }
    }

    const fn is_short(self, why: &Rejection) -> bool {
        matches!(
            (self, why),
            (Self::Cpus, Rejection::Cpus(_))
                | (Self::Memory, Rejection::Memory(_))
                | (Self::Disk, Rejection::Disk(_))
                | (Self::Gpus, Rejection::Gpus(_))
                | (Self::Ports, Rejection::Ports(_))
        )
    }

    /// What the new instances need of all that there is, in millionths.
    fn share(self, scene: &Scene) -> u128 {
        let all: u128 =
            scene.room.agents().iter().map(|agent| u128::from(self.amount(&agent.total()))).sum();
        let needed: u128 = scene
            .steps
            .iter()
            .flatten()
            .map(|exchange| {
                let one = u128::from(self.amount(&exchange.demand.resources));
                one * u128::from(exchange.moves.target().get())
            })
            .sum();
        needed * 1_000_000 / all.max(1)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpus => "cpus",
            Self::Memory => "MiB of memory",
            Self::Disk => "MiB of disk",
            Self::Gpus => "GPUs",
            Self::Ports => "ports",
        })
    }
}
