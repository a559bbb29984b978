//! What `zdd verify` prints for people.

use std::io::{self, Write};

use zdd_core::guarantee::Guarantee;
use zdd_core::units::Timestamp;
use zdd_core::verify::{Fault, Finding, Lowest, OldCount, Replayed, Report};

use super::told::{self, SHOWN, Told};
use super::words::{clock, kind, span};
use crate::text::{BAD, BOLD, DIM, GOOD, NOTE, Page, plural, styled};

/// Where the values of a block begin.
const COLUMN: usize = 20;

/// `strongest` is the strongest guarantee that somebody asked about: what breaks none but stronger
/// ones is no news.
pub(crate) fn write(
    replayed: &Replayed,
    strongest: Guarantee,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    for (index, report) in replayed.reports.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        heading(report, page, out)?;
        guarantees(report, strongest, page, out)?;
        extremes(report, out)?;
        findings(report, strongest, page, out)?;
    }
    unusable(replayed, page, out)
}

fn heading(report: &Report, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let (verdict, from, to) = (&report.verdict, report.started(), report.ended());
    let title = format!("{}: {} {}", report.app, kind(report.kind), report.outcome);
    writeln!(out, "{}", styled(BOLD, title))?;
    writeln!(out, "  {from} to {}, {}", clock(to, from), span(report.duration()))?;
    writeln!(out, "  {}", styled(DIM, format!("deployment {}", report.deployment)))?;
    let seen = match report.old_from {
        OldCount::Plan | OldCount::Snapshot => "",
        _ => " (those that were seen)",
    };
    let bounds = match (verdict.floor, verdict.ceiling) {
        (Some(floor), Some(ceiling)) => {
            format!("; at least {floor} healthy (floor), at most {ceiling} running (ceiling)")
        }
        _ => String::new(),
    };
    let counts = format!("old {}{seen}, new {}{bounds}", report.old, report.new);
    writeln!(out, "{}\n", page.wrapped(2, &counts))
}

fn guarantees(
    report: &Report,
    strongest: Guarantee,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    for guarantee in Guarantee::ALL.into_iter().filter(|guarantee| *guarantee <= strongest) {
        let judgement = report.verdict.guarantee(guarantee);
        let answer = match judgement.holds() {
            Some(true) => styled(GOOD, format!("✔ {guarantee}: held")),
            Some(false) => styled(BAD, format!("✖ {guarantee}: broken")),
            None => styled(NOTE, format!("? {guarantee}: not known")),
        };
        writeln!(out, "  {answer}")?;
        if judgement.holds() != Some(true) {
            writeln!(out, "{}", page.wrapped(4, &judgement.why.to_string()))?;
        }
    }
    writeln!(out)
}

fn extremes(report: &Report, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let (verdict, from) = (&report.verdict, report.started());
    let (lowest, highest) = (&verdict.lowest_healthy, &verdict.highest_running);
    if verdict.below_instances.is_some() && lowest.count >= u64::from(report.new) {
        line(out, "lowest healthy", &format!("{}, never fewer than wanted", lowest.count))?;
    } else {
        spells(lowest, from, out)?;
    }
    line(out, "highest running", &format!("{} at {}", highest.count, clock(highest.at, from)))?;
    by(out, highest.task.as_deref())?;
    if let Some(below) = verdict.below_instances.filter(|below| !below.is_zero()) {
        line(out, &format!("fewer than {}", report.new), &format!("healthy for {}", span(below)))?;
    }
    line(out, "longest silence", &span(verdict.longest_silence))?;
    if verdict.gaps > 0 {
        line(out, "not recorded", &plural(verdict.gaps, "gap"))?;
    }
    if verdict.failed > 0 {
        line(out, "ended by itself", &plural(verdict.failed, "task"))?;
    }
    if verdict.turned_unhealthy > 0 {
        line(out, "turned unhealthy", &plural(verdict.turned_unhealthy, "time"))?;
    }
    if verdict.new_stopped > 0 {
        line(out, "told to stop", &plural(verdict.new_stopped, "new task"))?;
    }
    Ok(())
}

/// When the fewest were healthy.
fn spells(lowest: &Lowest, start: Timestamp, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let spells = plural(lowest.spell_count, "spell");
    line(out, "lowest healthy", &format!("{} in {spells}, {}", lowest.count, span(lowest.total)))?;
    by(out, lowest.task.as_deref())?;
    for spell in lowest.spells.iter().take(SHOWN) {
        let (from, to) = (clock(spell.from, start), clock(spell.to, start));
        line(out, "", &format!("{from} to {to}  {}", span(spell.duration())))?;
    }
    match lowest.spell_count.saturating_sub(lowest.spells.len().min(SHOWN) as u64) {
        0 => Ok(()),
        left => line(out, "", &format!("and {left} more")),
    }
}

/// A name and its value.
fn line(out: &mut (impl Write + ?Sized), name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "  {name:<width$}{value}", width = COLUMN - 2)
}

fn by(out: &mut (impl Write + ?Sized), task: Option<&str>) -> io::Result<()> {
    task.map_or(Ok(()), |task| line(out, "", &styled(DIM, format!("by {task}"))))
}

fn findings(
    report: &Report,
    strongest: Guarantee,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let is_news = |finding: &&Finding| {
        strongest == Guarantee::SideBySide
            || !matches!(finding.fault, Fault::OldTouchedTooEarly { .. })
    };
    let news = || report.verdict.findings.iter().filter(is_news);
    let told = news().map(|finding| Told {
        at: finding.at,
        severity: finding.fault.severity(),
        code: finding.fault.code(),
        text: finding.fault.to_string(),
        task: finding.task.as_ref().map(ToString::to_string),
    });
    told::findings(told, news().count() as u64, report.started(), page, out)
}

/// What of the recording could not be used.
fn unusable(replayed: &Replayed, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let issues = &replayed.issues;
    let listed = issues.listed.iter().map(|issue| (issue.line, &issue.what));
    told::unusable(listed, issues.count, page, out)
}
