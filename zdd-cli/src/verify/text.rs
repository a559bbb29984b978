//! What `zdd verify` prints for people.

use std::fmt::{self, Write as _};

use zdd_core::guarantee::Guarantee;
use zdd_core::verify::{MAX_LISTED, OldCount, Replayed, Report, Severity, Verdict};

use super::words::{clock, kind, span};

/// Spells and findings beyond these are counted, not printed.
const SHOWN: usize = 8;

/// One report.
pub(super) struct Text<'a>(pub(super) &'a Report);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (report, verdict) = (self.0, &self.0.verdict);
        writeln!(f, "{}: {} {}", report.app, kind(report.kind), report.outcome)?;
        let (from, to) = (report.started(), report.ended());
        writeln!(f, "  {from} to {}, {}", clock(to, from), span(report.duration()))?;
        writeln!(f, "  deployment {}", report.deployment)?;
        let seen = match report.old_from {
            OldCount::Plan => "",
            _ => " (those that were seen)",
        };
        write!(f, "  old {}{seen}, new {}", report.old, report.new)?;
        if let (Some(floor), Some(ceiling)) = (verdict.floor, verdict.ceiling) {
            write!(f, "; at least {floor} healthy (floor), at most {ceiling} running (ceiling)")?;
        }
        f.write_str("\n\n")?;
        guarantees(f, verdict)?;
        f.write_char('\n')?;
        extremes(f, report)?;
        findings(f, report)
    }
}

fn guarantees(f: &mut fmt::Formatter<'_>, verdict: &Verdict) -> fmt::Result {
    for guarantee in Guarantee::ALL {
        let judgement = verdict.guarantee(guarantee);
        let (glyph, word) = match judgement.holds() {
            Some(true) => ('✔', "held"),
            Some(false) => ('✖', "broken"),
            None => ('?', "not known"),
        };
        writeln!(f, "  {glyph} {guarantee:<13} {word:<10} {}", judgement.why)?;
    }
    Ok(())
}

fn extremes(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let (verdict, started) = (&report.verdict, report.started());
    let (lowest, highest) = (&verdict.lowest_healthy, &verdict.highest_running);
    let spells = if lowest.spell_count == 1 { "spell" } else { "spells" };
    write!(f, "  lowest healthy   {} in {} {spells}, ", lowest.count, lowest.spell_count)?;
    writeln!(f, "{} in all", span(lowest.total))?;
    by(f, lowest.task.as_deref())?;
    for spell in lowest.spells.iter().take(SHOWN) {
        let (from, to) = (clock(spell.from, started), clock(spell.to, started));
        writeln!(f, "                   {from} to {to}  {:>12}", span(spell.duration()))?;
    }
    let left = lowest.spell_count.saturating_sub(lowest.spells.len().min(SHOWN) as u64);
    if left > 0 {
        writeln!(f, "                   and {left} more")?;
    }
    writeln!(f, "  highest running  {} at {}", highest.count, clock(highest.at, started))?;
    by(f, highest.task.as_deref())?;
    if let Some(below) = verdict.below_instances {
        writeln!(f, "  below {:<10} {}", format!("{} healthy", report.new), span(below))?;
    }
    writeln!(f, "  longest silence  {}", span(verdict.longest_silence))?;
    if verdict.failed > 0 {
        writeln!(f, "  ended by itself  {}", verdict.failed)?;
    }
    if verdict.turned_unhealthy > 0 {
        writeln!(f, "  turned unhealthy {}", verdict.turned_unhealthy)?;
    }
    Ok(())
}

fn by(f: &mut fmt::Formatter<'_>, task: Option<&str>) -> fmt::Result {
    match task {
        Some(task) => writeln!(f, "                   by {task}"),
        None => Ok(()),
    }
}

fn findings(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let findings = &report.verdict.findings;
    if findings.is_empty() {
        return Ok(());
    }
    f.write_str("\n")?;
    for finding in findings.iter().take(SHOWN) {
        let glyph = match finding.fault.severity() {
            Severity::Violation => '✖',
            Severity::Warning => '⚠',
            Severity::Note => '•',
        };
        let at = clock(finding.at, report.started());
        writeln!(f, "  {glyph} {at}  {} [{}]", finding.fault, finding.fault.code())?;
        if let Some(task) = &finding.task {
            writeln!(f, "                   {task}")?;
        }
    }
    let left = findings.len().saturating_sub(SHOWN);
    if left > 0 {
        writeln!(f, "  and {left} more: see -o json")?;
    }
    Ok(())
}

/// What of the recording could not be used, as lines for people: nothing if all of it could.
pub(super) struct Log<'a>(pub(super) &'a Replayed);

impl fmt::Display for Log<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issues = &self.0.issues;
        for issue in issues.listed.iter().take(SHOWN.min(MAX_LISTED)) {
            writeln!(f, "line {}: {}", issue.line, issue.what)?;
        }
        let left = issues.count.saturating_sub(issues.listed.len().min(SHOWN) as u64);
        if left > 0 {
            writeln!(f, "and {left} more lines that could not be used")?;
        }
        Ok(())
    }
}
