//! Plans for people.

use std::io::{self, Write};

use zdd_core::group::ForecastAction;
use zdd_core::timeline::{Model, Timeline};
use zdd_core::verify::judge_plan;

use super::drawing::Drawing;
use super::group::GroupPlan;
use super::subject::{Labels, Replacement, Scaling};
use super::{footer, table};
use crate::check::text::reading;
use crate::fit::{Answer, NoRoom};
use crate::text::{BAD, BOLD, DIM, Page, Time, plural, styled};

pub(crate) fn replacement(
    replacement: &Replacement,
    fits: Option<&Answer>,
    all_steps: bool,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let Replacement { timeline, labels, .. } = replacement;
    heading(replacement, page, out)?;
    writeln!(out)?;
    let shown = Shown { labels, all_steps, no_room: fits.and_then(Answer::no_room) };
    body(timeline, shown, page, out)?;
    if timeline.upgrade().instances.is_zero() {
        return Ok(());
    }
    writeln!(out)?;
    footer::write(timeline, &replacement.verdict, page, out)?;
    fits.map_or(Ok(()), |answer| answer.write(page, out))
}

/// What is shown of a timeline, and how.
#[derive(Clone, Copy)]
struct Shown<'a> {
    labels: &'a Labels,
    all_steps: bool,
    /// Where it stands still for want of a place.
    no_room: Option<NoRoom>,
}

fn heading(
    replacement: &Replacement,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let name = styled(BOLD, replacement.name());
    match &replacement.source {
        Some(source) => writeln!(out, "{name} ({source})")?,
        None => writeln!(out, "{name}")?,
    }
    writeln!(out, "{}", page.wrapped(0, &what(&replacement.timeline)))?;
    writeln!(out, "{}", page.wrapped(0, &bounds(&replacement.timeline)))?;
    let assumed = footer::assumed(&replacement.assumptions);
    writeln!(out, "{}", styled(DIM, page.hanging(0, 2, &assumed)))?;
    if replacement.timeline.model() == Model::SideBySide {
        return Ok(());
    }
    let reading = reading(replacement.timeline.upgrade().reading, replacement.is_reading_given);
    writeln!(out, "{}", styled(DIM, page.hanging(0, 2, &reading)))
}

fn what(timeline: &Timeline) -> String {
    let upgrade = timeline.upgrade();
    let who = match timeline.model() {
        Model::Marathon => "by Marathon's rolling upgrade",
        Model::SideBySide => {
            "side by side: no old one is touched before the new ones carry the floor"
        }
    };
    format!("{} replaced by {} {who}", plural(upgrade.old.get(), "old instance"), upgrade.instances)
}

fn bounds(timeline: &Timeline) -> String {
    let bounds = timeline.bounds();
    let strategy = timeline.upgrade().strategy;
    format!(
        "at least {} healthy (minimumHealthCapacity {}), at most {} running (maximumOverCapacity {})",
        bounds.floor,
        strategy.minimum_health_capacity,
        bounds.ceiling,
        strategy.maximum_over_capacity,
    )
}

/// The drawing where it fits, else the table.
fn body(
    timeline: &Timeline,
    shown: Shown<'_>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let Shown { labels, all_steps, no_room } = shown;
    if timeline.upgrade().instances.is_zero() {
        return writeln!(out, "There is nothing to replace: Marathon only changes the number.");
    }
    match Drawing::of(timeline, labels, all_steps, page) {
        Some(drawing) => write!(out, "{}", drawing.marked(no_room)),
        None => table::write(timeline, no_room, page, out),
    }
}

pub(crate) fn scaling(
    scaling: &Scaling,
    fits: Option<&Answer>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let Scaling { app, source, from, to, is_changed } = scaling;
    writeln!(out, "{} ({source})", styled(BOLD, app))?;
    let text = if *is_changed {
        format!(
            "The definition changes and no instance is wanted: Marathon scales the app from {from} to \
             {to}, replaces nothing, and its upgradeStrategy does not apply."
        )
    } else if from == to {
        "Nothing changes that Marathon would deploy.".into()
    } else {
        format!(
            "Only the number of instances changes, from {from} to {to}: Marathon scales the app, \
             replaces nothing, and its upgradeStrategy does not apply."
        )
    };
    writeln!(out, "{}", page.wrapped(0, &text))?;
    let Some(answer) = fits else { return Ok(()) };
    writeln!(out)?;
    answer.write(page, out)
}

pub(crate) fn group(
    plan: &GroupPlan,
    fits: Option<&Answer>,
    all_steps: bool,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    writeln!(out, "{} ({})", styled(BOLD, format!("group {}", plan.group)), plan.source)?;
    let steps = &plan.forecast.steps;
    if !plan.is_from_given {
        let text = "every app is taken to change in its configuration; with --from OLD only those do \
                    that differ";
        writeln!(out, "{}", styled(DIM, page.hanging(0, 2, text)))?;
    }
    let reading = reading(plan.reading, plan.is_reading_given);
    writeln!(out, "{}", styled(DIM, page.hanging(0, 2, &reading)))?;
    if steps.is_empty() {
        return writeln!(out, "\nNothing changes that Marathon would deploy.");
    }
    let no_room = fits.and_then(Answer::no_room);
    for (n, step) in steps.iter().enumerate() {
        let no_room = no_room.filter(|it| it.step == n);
        let when = match step.at {
            Some(at) => format!("at {}", Time(at)),
            None => "never reached".into(),
        };
        let heading = format!("Step {} of {}, {when}", n + 1, steps.len());
        let mark = no_room.map_or_else(String::new, |it| format!("  {}", styled(BAD, it.mark)));
        writeln!(out, "\n{}{mark}", styled(BOLD, heading))?;
        for (n, forecast) in step.actions.iter().enumerate() {
            let is_after_a_drawing = n > 0 && step.actions[n - 1].timeline.is_some();
            if is_after_a_drawing {
                writeln!(out)?;
            }
            let no_room = no_room.filter(|it| it.action == n);
            let shown = Shown { labels: &Labels::default(), all_steps, no_room };
            action(forecast, shown, page, out)?;
        }
    }
    match plan.forecast.takes() {
        Some(takes) => writeln!(out, "\ndone after {}", Time(takes))?,
        None => writeln!(out, "\nit never ends: see the step that takes for ever")?,
    }
    let Some(answer) = fits else { return Ok(()) };
    writeln!(out)?;
    answer.write(page, out)
}

fn action(
    forecast: &ForecastAction,
    shown: Shown<'_>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let takes = match forecast.takes {
        Some(takes) => format!("takes {}", Time(takes)),
        None => "takes for ever".into(),
    };
    let (from, to) = (forecast.from, forecast.to);
    let counts = if from == to { format!("{to}") } else { format!("{from} -> {to}") };
    let mark = shown.no_room.map_or_else(String::new, |it| format!("  {}", styled(BAD, it.mark)));
    let (name, app) = (forecast.action.name(), forecast.action.app());
    writeln!(out, "{name} {app}: {counts}, {takes}{mark}")?;
    let Some(timeline) = &forecast.timeline else { return Ok(()) };
    writeln!(out)?;
    body(timeline, shown, page, out)?;
    if timeline.upgrade().instances.is_zero() {
        return Ok(());
    }
    writeln!(out)?;
    footer::write(timeline, &judge_plan(timeline), page, out)
}
