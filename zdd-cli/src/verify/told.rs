//! What the texts about all kinds of recordings have in common.

use std::fmt::Display;
use std::io::{self, Write};

use zdd_core::units::Timestamp;
use zdd_core::verify::Severity;

use super::words::clock;
use crate::text::{BAD, DIM, NOTE, Page, plural, styled};

/// Spells, findings and issues beyond these are counted, not printed.
pub(super) const SHOWN: usize = 8;

/// Something worth knowing, whatever it is about.
pub(super) struct Told<'f> {
    pub(super) at: Timestamp,
    pub(super) severity: Severity,
    pub(super) code: &'f str,
    pub(super) text: String,
    /// The task behind it, where one is.
    pub(super) task: Option<String>,
}

/// The first of `all` findings; the day of `said` is known already.
pub(super) fn findings<'f>(
    told: impl Iterator<Item = Told<'f>>,
    all: u64,
    said: Timestamp,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    if all > 0 {
        writeln!(out)?;
    }
    let mut n_shown = 0;
    for Told { at, severity, code, text, task } in told.take(SHOWN) {
        n_shown += 1;
        let (style, glyph) = match severity {
            Severity::Violation => (BAD, '✖'),
            Severity::Warning => (NOTE, '⚠'),
            Severity::Note => (DIM, '•'),
        };
        let at = clock(at, said);
        writeln!(out, "  {}", styled(style, format!("{glyph} {at} {code}")))?;
        writeln!(out, "{}", page.wrapped(4, &text))?;
        if let Some(task) = task {
            writeln!(out, "    {}", styled(DIM, task))?;
        }
    }
    match all.saturating_sub(n_shown) {
        0 => Ok(()),
        left => writeln!(out, "  and {left} more: see -o json"),
    }
}

/// The first of `all` lines of a recording that could not be used, each with its number.
pub(super) fn unusable<W: Display>(
    listed: impl Iterator<Item = (u64, W)>,
    all: u64,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    if all > 0 {
        let lines = plural(all, "line");
        writeln!(out, "\n{}", styled(NOTE, format!("⚠ {lines} could not be used:")))?;
    }
    let mut n_shown = 0;
    for (line, what) in listed.take(SHOWN) {
        n_shown += 1;
        writeln!(out, "{}", page.hanging(2, 4, &format!("line {line}: {what}")))?;
    }
    match all.saturating_sub(n_shown) {
        0 => Ok(()),
        left => writeln!(out, "  and {left} more"),
    }
}
