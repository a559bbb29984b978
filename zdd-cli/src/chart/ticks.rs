//! Round numbers on axes.

use std::time::Duration;

use super::Axis;
use super::text::grouped;
use zdd_core::units::Timestamp;

const SECOND: u128 = 1_000;
const MINUTE: u128 = 60 * SECOND;
const HOUR: u128 = 60 * MINUTE;
const DAY: u128 = 24 * HOUR;

/// A tick of the time axis: where, in milliseconds from the start, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) ms: u128,
    pub(super) text: String,
}

/// Ticks from zero to at most `top` that divide it into six parts or fewer.
pub(super) fn counts(top: u64) -> Vec<u64> {
    let step = decades().find(|step| top.div_ceil(*step) <= 6).unwrap_or(u64::MAX);
    (0..=top / step).map(|i| i * step).collect()
}

/// 1, 2, 5, 10, 20, 50 and so on as far as they fit.
fn decades() -> impl Iterator<Item = u64> {
    (0..20)
        .filter_map(|power| 10_u64.checked_pow(power))
        .flat_map(|ten| [Some(ten), ten.checked_mul(2), ten.checked_mul(5)].into_iter().flatten())
}

/// Ticks between the start and `span` later, at most nine, at round times of the axis.
pub(super) fn times(axis: Axis, span: Duration) -> Vec<Tick> {
    const PARTS: u128 = 7;
    let span = span.as_millis();
    let step = steps().find(|step| span / step <= PARTS).unwrap_or(u128::MAX);
    let zero = match axis {
        Axis::Relative => 0,
        // Offset so that it is not negative; a whole number of days changes no time of day.
        Axis::Clock(zero) => {
            u128::try_from(i128::from(zero.as_millis()) - i128::from(floor_day(Timestamp::MIN)))
                .unwrap_or(0)
        }
    };
    let first = zero.div_ceil(step) * step;
    (0..=PARTS + 1)
        .map(|i| first.saturating_add(i.saturating_mul(step)).saturating_sub(zero))
        .take_while(|ms| *ms <= span)
        .map(|ms| Tick { ms, text: time_text(axis, ms, step) })
        .collect()
}

fn floor_day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(86_400_000) * 86_400_000
}

fn steps() -> impl Iterator<Item = u128> {
    let below_days = [1, 2, 5, 10, 20, 50, 100, 200, 500]
        .into_iter()
        .chain([1, 2, 5, 10, 15, 30].map(|n| n * SECOND))
        .chain([1, 2, 5, 10, 15, 30].map(|n| n * MINUTE))
        .chain([1, 2, 3, 6, 12].map(|n| n * HOUR));
    below_days.chain(decades().map(|n| u128::from(n) * DAY))
}

fn time_text(axis: Axis, ms: u128, step: u128) -> String {
    let Axis::Clock(zero) = axis else { return duration(ms) };
    let by = Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX));
    // 2016-10-13T13:31:39.067Z
    let text = zero.saturating_add(by).to_string();
    let part = match step {
        step if step < SECOND => text.get(11..23),
        step if step < MINUTE => text.get(11..19),
        step if step < DAY / 2 => text.get(11..16),
        step if step < DAY => text.get(5..16),
        _ => text.get(0..10),
    };
    part.unwrap_or(&text).replace('T', " ")
}

/// A duration in its largest unit and the next smaller one.
pub(super) fn duration(ms: u128) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1, "ms")];
    let count = |n: u128| grouped(u64::try_from(n).unwrap_or(u64::MAX));
    if ms == 0 {
        return "0 s".to_owned();
    }
    // Seconds and milliseconds are told as one decimal number.
    if (SECOND..MINUTE).contains(&ms) && !ms.is_multiple_of(SECOND) {
        let text = format!("{}.{:03}", ms / SECOND, ms % SECOND);
        return format!("{} s", text.trim_end_matches('0'));
    }
    let Some(i) = units.iter().position(|(unit, _)| ms >= *unit) else { return "0 s".to_owned() };
    let (unit, name) = units[i];
    match units.get(i + 1) {
        Some((next, next_name)) if ms % unit / next > 0 => {
            format!("{} {name} {} {next_name}", count(ms / unit), ms % unit / next)
        }
        _ => format!("{} {name}", count(ms / unit)),
    }
}
