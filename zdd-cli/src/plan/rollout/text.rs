//! Plans of rollouts for people.

use std::io::{self, Write};

use zdd_core::rollout::forecast::{Forecast, Lasting};
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{Outcome, Pause, Traffic};

use super::forecast::{Part, Plan};
use super::present::Origin;
use super::table;
use crate::fit::{Answer, NoRoom};
use crate::plan::footer::assumed;
use crate::rollout::Share;
use crate::text::{BAD, BOLD, DIM, Page, Time, plural, styled};

pub(crate) fn write(
    plan: &Plan,
    fits: Option<&Answer>,
    all_steps: bool,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    heading(plan, page, out)?;
    let mut no_room = fits.and_then(Answer::no_room);
    for (n, part) in plan.parts.iter().enumerate() {
        let title = title(part);
        if plan.parts.len() > 1 {
            let command = match n {
                0 => "",
                _ if part.is_later => "later, `zdd canary promote`: ",
                _ => "then ",
            };
            writeln!(out, "\n{}", styled(BOLD, page.wrapped(0, &format!("{command}{title}"))))?;
        } else {
            writeln!(out, "\n{}", page.wrapped(0, &title))?;
        }
        writeln!(out)?;
        table::write(&part.forecast, no_room, all_steps, page, out)?;
        // Only the first one is marked.
        let is_here =
            |it: &NoRoom| part.forecast.rows.iter().any(|row| it.is_passed(row.state.new));
        no_room = no_room.filter(|it| !is_here(it));
        if n == 0 {
            table::legend(out)?;
        }
        writeln!(out)?;
        footer(&part.forecast, &part.record, page, out)?;
        kept(part, out)?;
    }
    if let Some(answer) = fits {
        writeln!(out)?;
        answer.write(page, out)?;
    }
    writeln!(out)?;
    writeln!(out, "digest {}", plan.binding.digest())
}

fn heading(plan: &Plan, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let Plan { source, record, n_balancers, .. } = plan;
    writeln!(out, "{} ({source})", styled(BOLD, &record.new))?;
    let how = if record.phase == Phase::Canary || record.share().is_some() {
        "as a canary"
    } else {
        "blue/green"
    };
    let behind = match record.traffic {
        Traffic::Untouched => "marathon-lb, which takes instances out by itself".into(),
        _ => plural(*n_balancers, "balancer"),
    };
    let text = format!("{how} in {}: backend {} of {behind}", record.group, record.backend);
    writeln!(out, "{}", page.wrapped(0, &text))?;
    let runs = match &record.old {
        None => format!("nothing of {} runs yet", record.group),
        Some(old) => format!("{old} runs with {}", plural(record.before, "instance")),
    };
    let known = match &plan.origin {
        Origin::Live => "",
        Origin::File(_) => ", as its definition says",
        Origin::Assumed => ", as is assumed without -m and --from",
    };
    let floor = format!("{runs}{known}; at least {} have to serve", record.floor);
    writeln!(out, "{}", page.wrapped(0, &floor))?;
    assumptions(&plan.lasting, page, out)
}

fn assumptions(lasting: &Lasting, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let Lasting { old, new, sessions } = lasting;
    let stop = if old.stop == new.stop {
        String::new()
    } else {
        format!(" (an old one {})", Time(old.stop))
    };
    let text = format!(
        "{}{stop}; {} for sessions to end, and no time for balancers to follow",
        assumed(new),
        Time(*sessions)
    );
    writeln!(out, "{}", styled(DIM, page.hanging(0, 2, &text)))
}

fn title(part: &Part) -> String {
    let Record { old, new, full, before, canary, .. } = &part.record;
    match (part.record.phase, old) {
        (_, None) => format!("{new} with {}, the first of its group", plural(*full, "instance")),
        (Phase::Canary, Some(old)) => format!(
            "{canary} of {new} beside {before} of {old}: {} of the traffic",
            Share(part.record.share().unwrap_or_default())
        ),
        (Phase::Promote, Some(old)) => {
            format!("{new} takes over with {}, {old} goes", plural(*full, "instance"))
        }
        (Phase::Rollback, Some(old)) => format!("{old} takes over again, {new} goes"),
    }
}

fn footer(
    forecast: &Forecast,
    record: &Record,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let (low, high) = (forecast.lowest_serving, forecast.highest_total);
    writeln!(out, "lowest serving   {} at {} (floor {})", low.count, Time(low.at), record.floor)?;
    writeln!(out, "highest total    {} at {}", high.count, Time(high.at))?;
    let [old, new] = forecast.stopped;
    writeln!(out, "stopped          {old} old, {new} new")?;
    let (after, at_rest) = (Time(forecast.duration), forecast.at_rest);
    if let Some(why) = unreached(forecast) {
        let text = page.hanging(17, 17, &format!("✖ ends after {after}: {why}"));
        return writeln!(out, "not done         {}", styled(BAD, text.trim_start()));
    }
    let rest = if at_rest > forecast.duration {
        format!("; the last instance has stopped at {}", Time(at_rest))
    } else {
        String::new()
    };
    writeln!(out, "done             after {after}{rest}")
}

/// How long everything stays as it is then.
fn kept(part: &Part, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    match part.pause {
        None => Ok(()),
        Some(Pause::For(time)) => writeln!(out, "kept             for {}, and watched", Time(time)),
        Some(Pause::Approval) => {
            writeln!(out, "kept             until `zdd canary approve`, and watched")
        }
    }
}

/// Why it does not get to its end.
pub(super) fn unreached(forecast: &Forecast) -> Option<String> {
    (forecast.outcome != Outcome::Reached).then(|| forecast.outcome.to_string())
}
