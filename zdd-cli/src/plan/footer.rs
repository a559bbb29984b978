//! What a plan comes to.

use std::io::{self, Write};

use zdd_core::timeline::{Assumptions, End, Timeline};
use zdd_core::verify::{Judgement, Verdict};

use crate::text::{BOLD, Page, Time, mark, styled};

pub(super) fn write(
    timeline: &Timeline,
    verdict: &Verdict,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let (low, high) = (timeline.lowest_healthy(), timeline.highest_running());
    writeln!(out, "lowest healthy   {} at {}", low.count, Time(low.at))?;
    writeln!(out, "highest running  {} at {}", high.count, Time(high.at))?;
    match timeline.end() {
        End::Complete { at } => writeln!(out, "done             after {}", Time(at))?,
        End::Stalled { at } => {
            let text = format!("✖ stands still for ever after {}", Time(at));
            writeln!(out, "not done         {}", styled(crate::text::BAD, text))?;
        }
    }
    writeln!(out)?;
    verdict.guarantees.iter().try_for_each(|judgement| judged(judgement, page, out))
}

/// One line for one guarantee: whether it holds, and what broke it.
pub(crate) fn judged(
    judgement: &Judgement,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let name = styled(BOLD, format!("{:<12}", judgement.guarantee));
    match judgement.holds() {
        Some(true) => writeln!(out, "{name}  {}", mark(true, "holds")),
        Some(false) => {
            let why = page.wrapped(2, &judgement.why.to_string());
            writeln!(out, "{name}  {}\n{why}", mark(false, "does not hold"))
        }
        None => writeln!(out, "{name}  ? not known: {}", judgement.why),
    }
}

/// The times that a plan rests on.
pub(crate) fn assumed(assumptions: &Assumptions) -> String {
    format!(
        "assumed for each instance: {} to start, {} to become healthy, {} to stop",
        Time(assumptions.start),
        Time(assumptions.healthy),
        Time(assumptions.stop),
    )
}
