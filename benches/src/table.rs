//! Measures figures and floors, and sets them out in a table.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Fewest runs of each figure and each floor; the best counts.
const RUNS: u32 = 3;
/// How long they are repeated. On a busy machine it takes many runs until one is left in peace.
const PATIENCE: Duration = Duration::from_millis(600);
/// What one run takes at least, by repeating what is too quick to be timed alone.
const RUN_TIME: Duration = Duration::from_millis(2);

/// What a figure must not go beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "every promise is one of these")]
pub enum Limit {
    /// Nothing was promised.
    None,
    /// One call takes at most so long.
    Time(Duration),
    /// One call takes at most so much longer than the floor.
    Beyond(Duration),
    /// At least so many millions of events in a second.
    Millions(f64),
    /// At least so many megabytes in a second.
    Megabytes(f64),
    /// At most so many times the floor.
    Ratio(f64),
}

/// What one call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every figure is one of these")]
pub enum Work {
    /// One thing; the figure is its time.
    Once,
    /// So many events; the figure is how many of them go through in a second.
    Events(u32),
    /// So many bytes; the figure is how many of them go through in a second.
    Bytes(u32),
}

/// The best times of one call of a figure and of its floor, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the two belong together")]
pub struct Times {
    /// Of the figure.
    pub figure: f64,
    /// Of the floor.
    pub floor: f64,
}

#[derive(Clone, Debug)]
struct Row {
    what: String,
    work: Work,
    limit: Limit,
    times: Times,
}

/// All figures; or none, if it is a quick pass in which everything runs once and nothing is measured.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
    is_quick: bool,
}

impl Table {
    /// A table that measures.
    pub const fn new() -> Self {
        Self { rows: Vec::new(), notes: Vec::new(), is_quick: false }
    }

    /// A table for a quick pass.
    pub const fn quick() -> Self {
        Self { rows: Vec::new(), notes: Vec::new(), is_quick: true }
    }

    /// Whether nothing is measured.
    pub const fn is_quick(&self) -> bool {
        self.is_quick
    }

    /// Measures `figure` and `floor` in turns, and adds them as a line.
    pub fn compare<A, B>(
        &mut self,
        what: &str,
        work: Work,
        limit: Limit,
        figure: impl FnMut() -> A,
        floor: impl FnMut() -> B,
    ) -> Times {
        let times = self.measure(figure, floor);
        self.add(what, work, limit, times);
        times
    }

    /// Measures `figure` and `floor` in turns.
    pub fn measure<A, B>(
        &self,
        mut figure: impl FnMut() -> A,
        mut floor: impl FnMut() -> B,
    ) -> Times {
        if self.is_quick {
            black_box((figure(), floor()));
            return Times { figure: f64::NAN, floor: f64::NAN };
        }
        let calls = (calls_in_a_run(&mut figure), calls_in_a_run(&mut floor));
        let mut best = Times { figure: f64::INFINITY, floor: f64::INFINITY };
        let (start, mut runs) = (Instant::now(), 0);
        while runs < RUNS || start.elapsed() < PATIENCE {
            runs += 1;
            best.figure = best.figure.min(run(&mut figure, calls.0));
            best.floor = best.floor.min(run(&mut floor, calls.1));
        }
        best
    }

    /// Adds what is measured already.
    pub fn add(&mut self, what: &str, work: Work, limit: Limit, times: Times) {
        self.rows.push(Row { what: what.into(), work, limit, times });
    }

    /// Adds a sentence below the table.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

/// How often to call something so that it takes [`RUN_TIME`].
fn calls_in_a_run<A>(call: &mut impl FnMut() -> A) -> u32 {
    let mut calls = 1;
    while calls < 1 << 24 && run(call, calls) * f64::from(calls) < RUN_TIME.as_secs_f64() {
        calls *= 2;
    }
    calls
}

/// The time of one call, in seconds, as the mean of so many.
fn run<A>(call: &mut impl FnMut() -> A, calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}

impl Row {
    fn quantity(&self, seconds: f64) -> String {
        match self.work {
            Work::Once => time(seconds),
            Work::Bytes(count) => format!("{:.0} MB/s", f64::from(count) / seconds / 1e6),
            Work::Events(count) => format!("{:.2} M/s", f64::from(count) / seconds / 1e6),
        }
    }

    fn ratio(&self) -> f64 {
        self.times.figure / self.times.floor
    }

    fn limit(&self) -> String {
        match self.limit {
            Limit::None => "-".into(),
            Limit::Time(most) => format!("≤ {}", time(most.as_secs_f64())),
            Limit::Beyond(most) => format!("≤ +{}", time(most.as_secs_f64())),
            Limit::Megabytes(least) => format!("≥ {least} MB/s"),
            Limit::Millions(least) => format!("≥ {least} M/s"),
            Limit::Ratio(most) => format!("≤ {most}×"),
        }
    }

    fn verdict(&self) -> &'static str {
        let rate = |millions: f64| {
            let count = match self.work {
                Work::Once => 1,
                Work::Events(count) | Work::Bytes(count) => count,
            };
            f64::from(count) / self.times.figure >= millions * 1e6
        };
        let is_kept = match self.limit {
            Limit::None => return "",
            Limit::Time(most) => self.times.figure <= most.as_secs_f64(),
            Limit::Beyond(most) => self.times.figure - self.times.floor <= most.as_secs_f64(),
            Limit::Millions(least) | Limit::Megabytes(least) => rate(least),
            Limit::Ratio(most) => self.ratio() <= most,
        };
        if is_kept { "ok" } else { "over" }
    }
}

/// A time with three digits that count.
fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = match value {
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// Markdown, so that it can be copied as it is.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_quick {
            return self.rows.iter().try_for_each(|row| writeln!(f, "{}: ok", row.what));
        }
        let width = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
        let line = |f: &mut fmt::Formatter<'_>,
                    [what, figure, limit, floor, ratio, verdict]: [&str; 6]| {
            writeln!(
                f,
                "| {what:width$} | {figure:>10} | {limit:>10} | {floor:>10} | {ratio:>6} | {verdict:4} |"
            )
        };
        line(f, ["what", "figure", "limit", "floor", "ratio", ""])?;
        writeln!(f, "| {:-<width$} | ---------: | ---------: | ---------: | -----: | ---- |", "")?;
        for row in &self.rows {
            let (figure, floor) = (row.quantity(row.times.figure), row.quantity(row.times.floor));
            let (limit, ratio) = (row.limit(), format!("{:.2}", row.ratio()));
            line(f, [&row.what, &figure, &limit, &floor, &ratio, row.verdict()])?;
        }
        writeln!(f)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}
