//! Fewer points that look the same.

use super::Point;

/// From how many points on a chart is thinned out.
pub(super) const MOST: usize = 2_000;
/// Columns into which the time is then divided, each a few px wide.
const COLUMNS: u128 = 400;

/// At most [`MOST`] of `points`: of each column of time the first, the last, the one with the fewest
/// healthy and the one with the most running instances. So no breach of a bound gets lost.
pub(super) fn thinned(points: &[Point]) -> Vec<Point> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if points.len() <= MOST {
        return points.to_vec();
    }
    let start = first.at.as_nanos();
    let span = last.at.as_nanos().saturating_sub(start) + 1;
    let column = |point: &Point| (point.at.as_nanos().saturating_sub(start)) * COLUMNS / span;
    let mut kept = Vec::with_capacity(MOST);
    for column in points.chunk_by(|a, b| column(a) == column(b)) {
        let indices = 0..column.len();
        let low = indices.clone().min_by_key(|&i| column[i].state.healthy()).unwrap_or(0);
        let high = indices.max_by_key(|&i| column[i].state.running()).unwrap_or(0);
        let mut picks = [0, low, high, column.len() - 1];
        picks.sort_unstable();
        let mut before = None;
        for pick in picks {
            if before.replace(pick) != Some(pick) {
                kept.push(column[pick]);
            }
        }
    }
    kept
}
