//! What `zdd verify` prints of a recording of rollouts, for people.

use std::io::{self, Write};

use zdd_core::rollout::record::Phase;
use zdd_core::verify::rollout::wire::Begin;
use zdd_core::verify::rollout::{Actions, Finding, Holds, Report, Reviewed, RuleVerdict};

use super::told::{self, Told};
use super::words::{clock, span};
use crate::rollout::Share;
use crate::text::{BAD, BOLD, DIM, GOOD, NOTE, Page, plural, styled};

/// Where the values of a block begin.
const COLUMN: usize = 20;

pub(crate) fn write(
    reviewed: &Reviewed,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    for (index, report) in reviewed.reports.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        heading(report, page, out)?;
        for rule in &report.rules {
            judgement(rule, page, out)?;
        }
        writeln!(out)?;
        numbers(report, page, out)?;
        findings(report, page, out)?;
    }
    unusable(reviewed, page, out)?;
    writeln!(
        out,
        "\n{}",
        styled(DIM, page.wrapped(2, &format!("Not judged: {}.", Report::NOT_JUDGED)))
    )
}

fn heading(report: &Report, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let begin = &report.begin;
    let outcome = match &report.end {
        Some(end) => end.outcome.to_string(),
        None => "end not recorded".into(),
    };
    let title = format!("{}: {}, {outcome}", begin.group, kind(begin));
    writeln!(out, "{}", styled(BOLD, title))?;
    let (from, to) = (begin.at, report.last);
    writeln!(out, "  {from} to {}, {}", clock(to, from), span(report.duration()))?;
    let generation = begin.generation;
    let place = format!("backend {}, generation {generation}", begin.backend);
    writeln!(out, "{}", styled(DIM, page.wrapped(2, &place)))?;
    let target = begin.target;
    let to = |count: u32| match count {
        0 => "to go".to_owned(),
        count => format!("to {}", plural(count, "instance")),
    };
    let old = begin.old.as_ref().map(|old| format!("{old} {}, ", to(target.old)));
    let counts = format!(
        "{}{} {}; at least {} serving (floor)",
        old.unwrap_or_default(),
        begin.new,
        to(target.new),
        begin.floor
    );
    writeln!(out, "{}", page.wrapped(2, &counts))?;
    if let Some(why) = report.end.as_ref().and_then(|end| end.why.as_ref()) {
        writeln!(out, "{}", page.wrapped(2, why))?;
    }
    writeln!(out)
}

fn kind(begin: &Begin) -> &'static str {
    match (begin.phase, &begin.old) {
        (Phase::Canary, _) => "canary",
        (Phase::Promote, Some(_)) => "the new app takes over",
        (Phase::Promote, None) => "the first of its group",
        (Phase::Rollback, _) => "rolled back",
    }
}

fn judgement(verdict: &RuleVerdict, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let (rule, holds) = (verdict.rule, verdict.why.holds());
    let (style, mark) = match holds {
        Holds::Held => (GOOD, '✔'),
        Holds::Violated => (BAD, '✖'),
        Holds::Unknown => (NOTE, '?'),
    };
    writeln!(out, "  {}", styled(style, format!("{mark} {rule}: {holds}")))?;
    match holds {
        Holds::Held => Ok(()),
        _ => writeln!(out, "{}", page.wrapped(4, &verdict.why.to_string())),
    }
}

fn numbers(report: &Report, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let from = report.begin.at;
    if let Some(lowest) = report.lowest {
        let value = format!("{} at {}", lowest.serving, clock(lowest.at, from));
        line(out, page, "lowest serving", &value)?;
    }
    line(out, page, "done", &actions(report.actions))?;
    if report.cut_sessions > 0 {
        line(out, page, "cut", &plural(report.cut_sessions, "session"))?;
    }
    for share in &report.shares {
        let found = share.found.map_or_else(|| "nothing".into(), |found| Share(found).to_string());
        let (wanted, nearest) = (Share(share.wanted), Share(share.nearest));
        let is_exact = share.found.is_some_and(|found| (found - share.wanted).abs() < 1e-9);
        let is_within_reach = (share.nearest - share.wanted).abs() < 1e-9;
        let aim = match (is_exact, is_within_reach) {
            (true, _) => String::new(),
            (false, true) => format!(" where {wanted} is wanted"),
            (false, false) => format!(" where {wanted} is wanted and {nearest} is nearest"),
        };
        let value = format!("{found} for the new app{aim}, at {}", share.balancer);
        line(out, page, "share", &value)?;
    }
    let mut waited: Vec<_> = report.waited.iter().filter(|(_, time)| !time.is_zero()).collect();
    waited.sort_by_key(|(_, time)| std::cmp::Reverse(**time));
    let waited: Vec<_> =
        waited.into_iter().map(|(code, time)| format!("{code} {}", span(*time))).collect();
    if !waited.is_empty() {
        line(out, page, "waited for", &waited.join(", "))?;
    }
    line(out, page, "looks", &format!("{} that differ", report.looks))
}

fn actions(actions: Actions) -> String {
    let Actions { created, scaled, set, cut, killed, deleted, .. } = actions;
    let parts = [
        (created, "created"),
        (scaled, "scaled"),
        (set, "set"),
        (cut, "cut"),
        (killed, "killed"),
        (deleted, "removed"),
    ];
    let done: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{word} {count}"))
        .collect();
    if done.is_empty() { "nothing".into() } else { done.join(", ") }
}

/// A name and its value.
fn line(out: &mut (impl Write + ?Sized), page: Page, name: &str, value: &str) -> io::Result<()> {
    let text = page.hanging(COLUMN, COLUMN, value);
    writeln!(out, "  {name:<width$}{}", text.trim_start(), width = COLUMN - 2)
}

fn findings(report: &Report, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let told = report.findings.iter().map(|Finding { at, task, fault, .. }| Told {
        at: *at,
        severity: fault.severity(),
        code: fault.code(),
        text: fault.to_string(),
        task: task.as_ref().map(ToString::to_string),
    });
    told::findings(told, report.finding_count, report.begin.at, page, out)
}

/// What of the recording could not be used.
fn unusable(reviewed: &Reviewed, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let issues = &reviewed.issues;
    let listed = issues.listed.iter().map(|issue| (issue.line, &issue.what));
    told::unusable(listed, issues.count, page, out)
}
