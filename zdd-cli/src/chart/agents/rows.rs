//! Which agents share a row, and what is in it.

use std::collections::{BTreeMap, BTreeSet};

use zdd_core::fit::{Move, Scene, What};
use zdd_core::placement::{Rejection, Rejections};
use zdd_core::units::AgentId;

use super::dimension::Dimension;
use super::held::{Held, Holders};
use super::model::{Column, Row, amount};

/// More rows than these do not fit on a screen.
const MAX_ROWS: usize = 24;

/// Which agents share a row.
#[derive(Clone, Debug)]
pub(super) struct Bundles {
    /// The row of each agent, in the order of the scene.
    row_of: Vec<usize>,
    names: Vec<String>,
}

impl Bundles {
    /// Each agent has a row of its own where there are few. Else those with which nothing happens
    /// share one row, and so many of the others that lie next to each other that the rest fits.
    pub(super) fn of(scene: &Scene, moves: &[Move]) -> Self {
        let agents = scene.room.agents();
        if agents.len() <= MAX_ROWS {
            let names = agents.iter().map(|agent| agent.hostname.clone()).collect();
            return Self { row_of: (0..agents.len()).collect(), names };
        }
        let mut touched: BTreeSet<&AgentId> = moves.iter().map(|it| &it.agent).collect();
        for exchange in scene.steps.iter().flatten() {
            touched.extend(exchange.old.iter().map(|old| &old.agent));
            touched.extend(&exchange.present);
        }
        let (among, beside): (Vec<usize>, Vec<usize>) =
            (0..agents.len()).partition(|at| touched.contains(&agents[*at].id));
        let rows_left = MAX_ROWS - usize::from(!beside.is_empty());
        let each = among.len().div_ceil(rows_left).max(1);
        let mut row_of = vec![0; agents.len()];
        let mut names = Vec::new();
        for bundle in among.chunks(each) {
            for at in bundle {
                row_of[*at] = names.len();
            }
            names.push(match bundle {
                [one] => agents[*one].hostname.clone(),
                _ => bundle.first().zip(bundle.last()).map_or_else(String::new, |(a, b)| {
                    format!("{} … {}", agents[*a].hostname, agents[*b].hostname)
                }),
            });
        }
        if !beside.is_empty() {
            for at in &beside {
                row_of[*at] = names.len();
            }
            names.push(format!("{} that nothing happens to", beside.len()));
        }
        Self { row_of, names }
    }
}

/// The rows of an order.
pub(super) fn filled(
    scene: &Scene,
    moves: &[Move],
    columns: &[Column],
    bundles: &Bundles,
    dimension: Dimension,
    rejections: Option<&Rejections>,
) -> Vec<Row> {
    let mut rows: Vec<Row> = bundles.names.iter().map(|name| Row::new(name, columns)).collect();
    for row in &bundles.row_of {
        rows[*row].n_agents += 1;
    }
    let mut holders = Holders::new(scene, dimension);
    let mut done = 0;
    for (n, column) in columns.iter().enumerate() {
        for it in &moves[done..column.moves] {
            holders.apply(it);
            let Some(at) = holders.position(&it.agent) else { continue };
            let row = &mut rows[bundles.row_of[at]];
            match it.what {
                What::Placed => row.came[n] += 1,
                What::Stopped(_) => row.went[n] += 1,
            }
        }
        done = column.moves;
        for (held, row) in holders.held().iter().zip(&bundles.row_of) {
            rows[*row].held[n].add(*held);
        }
    }
    let against: BTreeMap<&AgentId, &[Rejection]> = rejections
        .into_iter()
        .flat_map(|it| it.agents.iter().map(|(agent, why)| (agent, why.as_slice())))
        .collect();
    // The agent of a row with the most room speaks for the others.
    let mut best: Vec<Option<usize>> = vec![None; rows.len()];
    for (at, row) in bundles.row_of.iter().enumerate() {
        let free = holders.held()[at].free;
        if best[*row].is_none_or(|other| holders.held()[other].free < free) {
            best[*row] = Some(at);
            rows[*row].most_free = free;
        }
    }
    for (row, best) in rows.iter_mut().zip(best) {
        let agent = best.map(|at| &scene.room.agents()[at].id);
        let why = agent.and_then(|agent| against.get(agent)).copied().unwrap_or_default();
        row.note = note(row, why, dimension);
    }
    rows
}

/// What speaks against it, else how much is free.
fn note(row: &Row, why: &[Rejection], dimension: Dimension) -> String {
    let texts: Vec<String> = why.iter().map(ToString::to_string).collect();
    match (texts.is_empty(), row.n_agents) {
        (true, 1) => format!("{} {dimension} free", amount(row.most_free)),
        (true, _) => format!("{} {dimension} free on one", amount(row.most_free)),
        (false, 1) => texts.join(", "),
        (false, _) => format!("at best {}", texts.join(", ")),
    }
}

impl Row {
    fn new(name: &str, columns: &[Column]) -> Self {
        Self {
            name: name.to_owned(),
            n_agents: 0,
            held: vec![Held::default(); columns.len()],
            came: vec![0; columns.len()],
            went: vec![0; columns.len()],
            most_free: 0,
            note: String::new(),
        }
    }
}
