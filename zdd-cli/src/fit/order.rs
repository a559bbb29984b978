//! The order that leads to where it stands still, in words.

use zdd_core::fit::{Move, Scene, What};

use super::words::host;

/// More parts than these are not read: the first ones and the last ones are told.
const MOST: usize = 8;
/// More agents than these in a row are counted.
const MOST_AGENTS: usize = 4;

/// `stopped on a; placed on b and c; …`, with moves of one kind in a row together.
pub(super) fn told(scene: &Scene, moves: &[Move]) -> String {
    let is_alike = |a: &Move, b: &Move| {
        let is_stopped = |it: &Move| matches!(it.what, What::Stopped(_));
        (a.step, a.exchange, is_stopped(a)) == (b.step, b.exchange, is_stopped(b))
    };
    let are_several = scene.steps.iter().flatten().take(2).count() > 1;
    let parts: Vec<(usize, String)> = moves
        .chunk_by(is_alike)
        .map(|chunk| (chunk.len(), part(scene, chunk, are_several)))
        .collect();
    let text = |parts: &[(usize, String)]| {
        parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("; ")
    };
    if parts.len() <= MOST {
        return text(&parts);
    }
    let (first, rest) = parts.split_at(MOST / 2);
    let (middle, last) = rest.split_at(rest.len() - (MOST / 2 - 1));
    let left_out: usize = middle.iter().map(|(count, _)| count).sum();
    format!("{}; … {left_out} more …; {}", text(first), text(last))
}

fn part(scene: &Scene, moves: &[Move], are_several: bool) -> String {
    let Some(first) = moves.first() else { return String::new() };
    let what = match first.what {
        What::Placed => "placed",
        What::Stopped(_) => "stopped",
    };
    let app = scene.exchange(first.step, first.exchange).filter(|_| are_several);
    let app = app.map_or_else(String::new, |it| format!("{} ", it.app));
    let hosts: Vec<&str> =
        moves.iter().take(MOST_AGENTS).map(|it| host(&scene.room, &it.agent)).collect();
    match moves.len() - hosts.len() {
        0 => format!("{app}{what} on {}", hosts.join(", ")),
        more => format!("{app}{what} on {} and {more} more", hosts.join(", ")),
    }
}
