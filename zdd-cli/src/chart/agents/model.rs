//! What there is to draw.

use zdd_core::fit::{Move, Scene};
use zdd_core::placement::{Amount, Rejections};

use super::dimension::Dimension;
use super::held::Held;
use super::rows::{Bundles, filled};

/// Agents while instances come and go.
#[derive(Clone, Debug)]
pub(crate) struct AgentChart {
    /// Set large; cut where it does not fit.
    pub(super) title: String,
    /// Set below the title; cut likewise.
    pub(super) subtitle: String,
    pub(super) rows: Vec<Row>,
    /// What happens before each column but the first.
    pub(super) columns: Vec<Column>,
    /// What is said of the last column.
    pub(super) end: Option<End>,
}

/// Where it stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    /// Who waits, in a few words.
    pub(crate) text: &'a str,
    /// What speaks against each agent.
    pub(crate) rejections: &'a Rejections,
}

/// An agent, or several.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    /// How many agents it stands for.
    pub(super) n_agents: usize,
    /// Who holds how much of them in each column.
    pub(super) held: Vec<Held>,
    /// How many instances came to them, and how many went, in each column.
    pub(super) came: Vec<u32>,
    pub(super) went: Vec<u32>,
    /// The most that is free of one of them in the end.
    pub(super) most_free: u64,
    /// What is said beside it.
    pub(super) note: String,
}

/// Moves that are drawn as one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// In which step of the scene it ends.
    pub(super) step: usize,
    /// How many moves were made up to here.
    pub(super) moves: usize,
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    StandsStill(String),
}

impl AgentChart {
    /// The chart of an order. Without any moves it shows how it is before them.
    pub(crate) fn of(
        scene: &Scene,
        moves: &[Move],
        standing: Option<Standing<'_>>,
        title: impl Into<String>,
    ) -> Self {
        let dimension = Dimension::of(scene, standing.map(|it| it.rejections));
        let columns = columns(moves);
        let bundles = Bundles::of(scene, moves);
        let rejections = standing.map(|it| it.rejections);
        let rows = filled(scene, moves, &columns, &bundles, dimension, rejections);
        let end = match standing {
            Some(standing) => Some(End::StandsStill(standing.text.to_owned())),
            None => (!moves.is_empty()).then_some(End::Done),
        };
        let n_agents = scene.room.agents().len();
        Self {
            title: title.into(),
            subtitle: subtitle(n_agents, rows.len(), moves.len(), columns.len(), dimension),
            rows,
            columns,
            end,
        }
    }
}

/// More columns than these are too narrow for the eye.
const MAX_COLUMNS: usize = 48;

/// The first is before everything; the last ends with the last move.
fn columns(moves: &[Move]) -> Vec<Column> {
    let each = moves.len().div_ceil(MAX_COLUMNS).max(1);
    let first = Column { step: moves.first().map_or(0, |first| first.step), moves: 0 };
    let mut columns = vec![first];
    for (n, chunk) in moves.chunks(each).enumerate() {
        let step = chunk.last().map_or(0, |last| last.step);
        columns.push(Column { step, moves: n * each + chunk.len() });
    }
    columns
}

fn subtitle(
    n_agents: usize,
    n_rows: usize,
    n_moves: usize,
    n_columns: usize,
    dimension: Dimension,
) -> String {
    let agents = crate::text::plural(n_agents as u64, "agent");
    let bundled = if n_rows < n_agents { ", several in a row" } else { "" };
    let order = match n_moves {
        0 => ", before anything happens".to_owned(),
        1 => ", one move".to_owned(),
        n if n_columns > n => format!(", one order of {n} moves"),
        n => format!(", one order of {n} moves, several in a column"),
    };
    format!("{dimension} of {agents}{bundled}{order}")
}

/// An amount in thousandths, as text.
pub(super) fn amount(thousandths: u64) -> String {
    Amount::thousandths(thousandths).to_string()
}
