//! From a scene to an answer: counted where that is enough, searched where it can be, tried else.

use super::count::count;
use super::scene::Scene;
use super::search::{Effort, Search};
use super::tried::{one_order, tried};
use super::verdict::{Basis, Fit, Verdict};

/// Whether `scene` gets to its end, whatever order Marathon chooses.
///
/// All orders are looked at as long as there are not more than `effort` allows. Beyond that it is
/// counted how many instances each agent can hold, which proves most answers about big clusters; and
/// where it does not, some orders are tried. [`Basis`] says which.
pub fn fit(scene: &Scene, effort: Effort) -> Fit {
    let counted = count(scene);
    if counted == Some(Verdict::Fits) {
        let finish = one_order(scene);
        return Fit { verdict: Verdict::Fits, basis: Basis::Counted, stall: None, finish };
    }
    if let Some(fit) = Search::new(scene, effort).run() {
        return fit;
    }
    let tried = tried(scene);
    match counted {
        Some(verdict) => Fit { verdict, basis: Basis::Counted, ..tried },
        None => tried,
    }
}
