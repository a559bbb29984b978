//! The answers for people.

use std::io::{self, Write};
use std::rc::Rc;

use zdd_core::capacity::{Reading, UpgradeStrategy};
use zdd_core::check::{Fix, Verdict};
use zdd_core::units::InstanceCount;

use super::subject::Subject;
use crate::args::Asked;
use crate::text::{BOLD, DIM, NOTE, Page, mark, plural, styled};

pub(super) fn write(
    subjects: &[Subject],
    asked: Asked,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    for (n, subject) in subjects.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        one(subject, page, out)?;
        let next = subjects.get(n + 1).and_then(|next| next.fits.as_ref());
        if let Some(answer) = &subject.fits
            && subject.own_answer().is_none()
            && !next.is_some_and(|next| Rc::ptr_eq(next, answer))
        {
            writeln!(out, "\n{}", styled(BOLD, format!("group {}", answer.about)))?;
            answer.write(page, out)?;
        }
    }
    if subjects.len() > 1 {
        let is_kept = |subject: &&Subject| match asked {
            Asked::Strategy(guarantee) => subject.check.verdict(guarantee).satisfiable.holds(),
            Asked::Fits => subject.holds(asked),
        };
        let kept = subjects.iter().filter(is_kept).count();
        let verdict = if asked == Asked::Fits { "proven" } else { "satisfiable" };
        writeln!(out, "\n{asked}: {verdict} for {kept} of {} apps", subjects.len())?;
    }
    Ok(())
}

fn one(subject: &Subject, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    heading(subject, page, out)?;
    for verdict in subject.check.verdicts() {
        writeln!(out)?;
        one_guarantee(verdict, page, out)?;
    }
    if let Some(answer) = subject.own_answer() {
        writeln!(out)?;
        answer.write(page, out)?;
    }
    let warnings = subject.check.warnings();
    if !warnings.is_empty() {
        writeln!(out)?;
    }
    for warning in warnings {
        let text = page.hanging(0, 2, &format!("! {}: {warning}", warning.code()));
        writeln!(out, "{}", styled(NOTE, text))?;
    }
    writeln!(out)?;
    if let Some(suggestion) = subject.suggestion {
        let bounds = suggestion.bounds;
        let text = format!(
            "suggestion: {}: at least {} healthy, at most {} running; nothing within these is faster",
            named(suggestion.strategy),
            bounds.floor,
            bounds.ceiling,
        );
        writeln!(out, "{}", page.hanging(0, 2, &text))?;
    }
    let reading = reading(subject.check.upgrade().reading, subject.is_reading_given);
    writeln!(out, "{}", styled(DIM, page.hanging(0, 2, &reading)))
}

fn heading(subject: &Subject, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    match (&subject.app, &subject.source) {
        (Some(app), Some(source)) => writeln!(out, "{} ({source})", styled(BOLD, app))?,
        _ => writeln!(out, "{}", styled(BOLD, "An app of which only the numbers are known"))?,
    }
    let bounds = subject.check.bounds();
    let at_once = match subject.check.initial_kills() {
        InstanceCount::ZERO => "none".to_string(),
        count => count.to_string(),
    };
    writeln!(out, "{}", named(subject.check.upgrade().strategy))?;
    let text = format!(
        "{}: at least {} healthy (floor), at most {} running (ceiling), {} spare; Marathon stops {at_once} \
         at once",
        plural(bounds.instances.get(), "instance"),
        bounds.floor,
        bounds.ceiling,
        bounds.spare(),
    );
    writeln!(out, "{}", page.wrapped(0, &text))
}

fn one_guarantee(verdict: &Verdict, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let (satisfiable, kept) = (verdict.satisfiable.holds(), verdict.kept_by_marathon.holds());
    // The second column begins at the same place, whatever stands in the first.
    let (can, gap) =
        if satisfiable { ("satisfiable", "      ") } else { ("not satisfiable", "  ") };
    let keeps = if kept { "kept by Marathon" } else { "not kept by Marathon" };
    let name = styled(BOLD, format!("{:<12}", verdict.guarantee));
    writeln!(out, "{name}  {}{gap}{}", mark(satisfiable, can), mark(kept, keeps))?;
    writeln!(out, "{}", page.wrapped(2, &verdict.to_string()))?;
    if let Some(fix) = verdict.fix {
        writeln!(out, "{}", page.hanging(2, 7, &format!("fix: {fix}{}", least(fix))))?;
    }
    if let Some(nearest) = verdict.nearest {
        let text = format!(
            "nearest: {} / {} (minimumHealthCapacity / maximumOverCapacity)",
            nearest.minimum_health_capacity, nearest.maximum_over_capacity,
        );
        writeln!(out, "{}", page.hanging(2, 11, &text))?;
    }
    Ok(())
}

/// In what sense a fix is the least that helps.
fn least(fix: Fix) -> &'static str {
    match (fix.minimum_health_capacity, fix.maximum_over_capacity) {
        (None, Some(_)) => ", the smallest with which it is satisfiable",
        (Some(_), None) => ", the largest with which it is satisfiable",
        (Some(_), Some(_)) => "; one of them alone is not enough",
        (None, None) => "",
    }
}

fn named(strategy: UpgradeStrategy) -> String {
    format!(
        "minimumHealthCapacity {}, maximumOverCapacity {}",
        strategy.minimum_health_capacity, strategy.maximum_over_capacity
    )
}

/// One line that says as what Marathon the numbers were read.
pub(crate) fn reading(reading: Reading, is_given: bool) -> String {
    let name = if reading == Reading::Classic {
        "classic Marathon, up to 1.9"
    } else {
        "health-aware Marathon, since 1.10"
    };
    let assumed = if is_given { "" } else { " (assumed: no --marathon-version)" };
    format!("reading: {name}{assumed}")
}
