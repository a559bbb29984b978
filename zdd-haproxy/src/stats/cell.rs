//! Reads the cells of one row.

use std::borrow::Cow;

use csv::ByteRecord;

use super::columns::{Column, Columns};
use super::error::{Place, StatsError};

/// How much of a cell is repeated in an error.
const SHOWN: usize = 40;

/// One row, with the knowledge which column is where.
#[derive(Clone, Copy)]
pub(super) struct Cells<'r> {
    pub(super) record: &'r ByteRecord,
    pub(super) columns: &'r Columns,
    pub(super) line: u64,
}

impl<'r> Cells<'r> {
    /// What is in the cell; `None` where it is empty or not there.
    pub(super) fn bytes(&self, column: Column) -> Option<&'r [u8]> {
        let cell = self.record.get(self.columns.at(column)?)?;
        (!cell.is_empty()).then_some(cell)
    }

    /// The same as text. What servers answered to checks is in some cells, so any bytes may come.
    pub(super) fn text(&self, column: Column) -> Option<Cow<'r, str>> {
        self.bytes(column).map(String::from_utf8_lossy)
    }

    /// A text that has to be there.
    pub(super) fn name(&self, column: Column) -> Result<Cow<'r, str>, StatsError> {
        self.text(column).ok_or_else(|| self.wrong(column, "a name"))
    }

    /// A count.
    pub(super) fn count(&self, column: Column) -> Result<Option<u64>, StatsError> {
        match self.bytes(column) {
            None => Ok(None),
            Some(digits) => match number(digits) {
                Some(count) => Ok(Some(count)),
                None => Err(self.wrong(column, "a count")),
            },
        }
    }

    /// A number that HAProxy keeps in 32 bits. Those of many servers can be added, and multiplied by a
    /// count, without a check.
    pub(super) fn small(&self, column: Column) -> Result<Option<u64>, StatsError> {
        let number = self.count(column)?;
        if number.is_some_and(|it| it > u64::from(u32::MAX)) {
            return Err(self.wrong(column, "a number of 32 bits"));
        }
        Ok(number)
    }

    /// The error that `column` does not hold what it has to.
    pub(super) fn wrong(&self, column: Column, wanted: &'static str) -> StatsError {
        let index = self.columns.at(column).unwrap_or_default();
        StatsError::Cell {
            at: Place { line: self.line, column: index + 1 },
            heading: column.heading(),
            found: shown(self.bytes(column).unwrap_or_default()),
            wanted,
        }
    }
}

/// A number in decimal digits and nothing else.
fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// The first characters of what may be any bytes, on one line.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)]).into_owned();
    let mut shown: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { '·' } else { c }).collect();
    if shown.len() < text.len() || bytes.len() > 4 * SHOWN {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_that_fit() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"18446744073709551616"), None);
        for wrong in ["-1", "+1", "1.5", " 1", "1 ", "0x1", "abc", "१"] {
            assert_eq!(number(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_is_short_and_on_one_line() {
        assert_eq!(shown(b"abc"), "abc");
        assert_eq!(shown(b"a\nb\x1b[0m"), "a·b·[0m");
        assert_eq!(shown(&[b'x'; 5000]).chars().count(), SHOWN + 1);
        assert_eq!(shown(&[0xff; 5000]).chars().count(), SHOWN + 1);
    }
}
