//! The answer for people.

use std::io::{self, Write};

use zdd_core::fit::Verdict;

use super::answer::Answer;
use super::order;
use crate::text::{BOLD, DIM, NOTE, Page, mark, styled};

impl Answer {
    /// Its name and marks, the reasons, an order that shows them, and what helps.
    pub(crate) fn write(&self, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let name = styled(BOLD, format!("{:<12}", "fits"));
        writeln!(out, "{name}  {}", self.marks())?;
        writeln!(out, "{}", page.wrapped(2, &self.why()))?;
        self.order(page, out)?;
        if let Some(basis) = self.basis() {
            writeln!(out, "{}", styled(DIM, page.hanging(2, 4, &format!("basis: {basis}"))))?;
        }
        for fix in &self.fixes {
            writeln!(out, "{}", page.hanging(2, 7, &format!("fix: {fix}")))?;
        }
        for text in &self.assumed {
            writeln!(out, "{}", styled(DIM, page.hanging(2, 4, &format!("assumed: {text}"))))?;
        }
        Ok(())
    }

    /// The verdict, and whether it is proven.
    fn marks(&self) -> String {
        let (holds, verdict, gap) = match self.verdict() {
            Verdict::Fits => (true, "fits", "             "),
            Verdict::MayStall => (false, "may stall", "        "),
            Verdict::Stalls => (false, "stalls", "           "),
        };
        let proof = match (self.verdict(), self.is_proven()) {
            (_, false) => return styled(NOTE, format!("? {verdict}{gap}? not proven")),
            (Verdict::Fits, true) => "in every order",
            (Verdict::MayStall, true) => "not in every order",
            (Verdict::Stalls, true) => "in no order",
        };
        format!("{}{gap}{}", mark(holds, verdict), mark(holds, proof))
    }

    /// What happened until it stood still, where another order would have got to the end.
    fn order(&self, page: Page, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let Some(stall) = &self.fit.stall else { return Ok(()) };
        if stall.moves.is_empty() || self.verdict() == Verdict::Stalls {
            return Ok(());
        }
        let text = format!("one such order: {}", order::told(&self.scene, &stall.moves));
        writeln!(out, "{}", page.hanging(2, 4, &text))
    }
}
