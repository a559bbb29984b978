//! What was counted, for people and for tools.

use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::shares::{Counts, Fit};

use super::Counted;
use crate::args::SplitArgs;
use crate::schema::{SCHEMA, millis};
use crate::text::{BAD, BOLD, NOTE, Page, Time, mark, plural, styled};

/// What `zdd split -o json` prints.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct Report {
    /// Version of this form.
    schema: u32,
    /// What was asked for.
    url: String,
    /// How many requests were sent.
    requests: u64,
    /// How long that took.
    took_ms: u64,
    /// Answers by version.
    versions: Vec<VersionReport>,
    /// Answers of versions beyond those that are told apart.
    others: u64,
    /// Requests that were not answered, or by an error.
    failed: u64,
    /// Why, and how many of each.
    failures: Vec<FailureReport>,
    /// Whether the counts fit the expected shares; null where none are expected.
    fit: Option<FitReport>,
}

/// A version.
#[derive(Debug, JsonSchema, Serialize)]
struct VersionReport {
    /// Its name.
    version: String,
    /// Its answers.
    count: u64,
    /// Its part of all answers, from 0 to 1.
    share: f64,
    /// The lower end of what the true share may be, with 95 % confidence.
    low: f64,
    /// The upper end.
    high: f64,
    /// What its share is expected to be; null where nothing is expected.
    expected: Option<f64>,
}

/// Requests that failed alike.
#[derive(Debug, JsonSchema, Serialize)]
struct FailureReport {
    /// Why.
    why: String,
    /// How many.
    count: u64,
}

/// A chi-square test.
#[derive(Debug, JsonSchema, Serialize)]
struct FitReport {
    /// Whether the counts may well be those of the expected shares.
    likely: bool,
    /// How often such counts, or ones farther off, come about by accident.
    p: f64,
    /// The chi-square statistic.
    statistic: f64,
    /// Its degrees of freedom.
    degrees: u32,
    /// Versions that answered though none of their answers was expected.
    unexpected: Vec<String>,
}

impl Report {
    pub(super) fn of(
        args: &SplitArgs,
        counted: &Counted,
        counts: &Counts,
        fit: Option<&Fit>,
        took: Duration,
    ) -> Self {
        let weights: u64 = args.expect.iter().map(|wanted| u64::from(wanted.weight)).sum();
        let expected = |version: &str| {
            let wanted = args.expect.iter().find(|wanted| wanted.version == version)?;
            Some(f64::from(wanted.weight) / f64::from(u32::try_from(weights).unwrap_or(u32::MAX)))
        };
        // Those that are expected and never answered are in it, too.
        let all = args.expect.iter().map(|wanted| (wanted.version.clone(), 0));
        let all = Counts::new(all.chain(counted.answers.clone()));
        let version = |(version, share): (&str, zdd_core::shares::Share)| VersionReport {
            version: version.into(),
            count: share.count,
            share: share.part(),
            low: share.interval().low,
            high: share.interval().high,
            expected: expected(version).or_else(|| fit.map(|_| 0.0)),
        };
        let failure =
            |(why, count): (&String, &u64)| FailureReport { why: why.clone(), count: *count };
        debug_assert_eq!(all.all(), counts.all());
        Self {
            schema: SCHEMA,
            url: args.url.to_string(),
            requests: counted.requests(),
            took_ms: millis(took),
            versions: all.shares().map(version).collect(),
            others: counted.others,
            failed: counted.failed_count(),
            failures: counted.failures.iter().map(failure).collect(),
            fit: fit.map(|fit| FitReport {
                likely: fit.is_likely(),
                p: fit.p,
                statistic: fit.statistic,
                degrees: fit.degrees,
                unexpected: fit.strangers.clone(),
            }),
        }
    }
}

pub(super) fn write(report: &Report, page: Page, out: &mut impl Write) -> io::Result<()> {
    let took = Time(Duration::from_millis(report.took_ms));
    let requests = plural(report.requests, "request");
    writeln!(out, "{}: {requests} in {took}\n", styled(BOLD, &report.url))?;
    if !report.versions.is_empty() {
        writeln!(out, "{}\n", table(&report.versions).trim_fmt())?;
    }
    if report.others > 0 {
        let text =
            format!("! {} answers of still other versions: are these versions?", report.others);
        writeln!(out, "{}", styled(NOTE, page.hanging(0, 2, &text)))?;
    }
    for FailureReport { why, count } in &report.failures {
        let text = format!("✖ {} failed: {why}", plural(*count, "request"));
        writeln!(out, "{}", styled(BAD, page.hanging(0, 2, &text)))?;
    }
    if let Some(fit) = &report.fit {
        let is_or_not = if fit.likely { "are" } else { "are not" };
        let how = match fit.unexpected.as_slice() {
            [] => format!("chi-square {:.2}, p = {:.4}", fit.statistic, fit.p),
            versions => format!("nothing was expected of {}", versions.join(", ")),
        };
        writeln!(
            out,
            "{}",
            mark(fit.likely, &format!("these {is_or_not} the expected shares ({how})"))
        )?;
    }
    Ok(())
}

fn table(versions: &[VersionReport]) -> Table {
    let percent = |part: f64| format!("{:.2} %", part * 100.0);
    let is_expected = versions.iter().any(|version| version.expected.is_some());
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut header = vec!["version", "answers", "share", "95 % between", "and"];
    header.extend(is_expected.then_some("expected"));
    table.set_header(header);
    for version in versions {
        let mut row = vec![version.version.clone(), version.count.to_string()];
        row.extend([version.share, version.low, version.high].map(percent));
        row.extend(version.expected.map(percent));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
