//! Reads rows, one after the other.

use csv::{ByteRecord, ReaderBuilder};

use super::cell::Cells;
use super::columns::Columns;
use super::error::StatsError;
use super::row::Row;

/// How much is read at most. What is larger is refused, never read in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a limit for each direction")]
pub struct Limits {
    /// Bytes of the whole text.
    pub bytes: usize,
    /// Rows, without the headings.
    pub rows: usize,
    /// Cells of one line.
    pub cells: usize,
}

/// Ten times what the largest installations have: 100,000 servers, and rows of today's length.
impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, rows: 120_000, cells: 1024 }
    }
}

/// Reads the rows of a text.
pub struct Reader<'b> {
    csv: csv::Reader<&'b [u8]>,
    columns: Columns,
    limits: Limits,
    record: ByteRecord,
    n_rows: usize,
    is_closed: bool,
    n_bytes: u64,
}

impl<'b> Reader<'b> {
    /// Reads the headings.
    ///
    /// # Errors
    ///
    /// When the text is larger than `limits`, does not end with its last line, or has no headings of
    /// statistics.
    pub fn new(text: &'b [u8], limits: Limits) -> Result<Self, StatsError> {
        if text.len() > limits.bytes {
            return Err(StatsError::TooLarge { limit: limits.bytes, what: "bytes" });
        }
        if text.trim_ascii().is_empty() {
            return Err(StatsError::Empty);
        }
        let mut csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(64 << 10)
            .from_reader(text);
        let mut record = ByteRecord::new();
        read(&mut csv, &mut record)?;
        check_cells(&record, limits)?;
        let columns = Columns::of_headings(&record)?;
        if text.last() != Some(&b'\n') {
            let n_before = memchr::memchr_iter(b'\n', text).count();
            return Err(StatsError::Cut { line: n_before as u64 + 1 });
        }
        // A text in which every quotation mark has its partner has an even number of them: those
        // within a cell are doubled. The reader itself would take all that follows for one cell.
        let is_closed = memchr::memchr_iter(b'"', text).count().is_multiple_of(2);
        Ok(Self { csv, columns, limits, record, n_rows: 0, is_closed, n_bytes: text.len() as u64 })
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    ///
    /// When a cell does not hold what its column has to, a quotation mark is not closed, or there is
    /// more than the limits allow.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, StatsError> {
        if !read(&mut self.csv, &mut self.record)? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let is_last = self.csv.position().byte() >= self.n_bytes;
        if !self.is_closed && is_last {
            return Err(StatsError::Unclosed { line });
        }
        self.n_rows += 1;
        if self.n_rows > self.limits.rows {
            return Err(StatsError::TooLarge { limit: self.limits.rows, what: "rows" });
        }
        check_cells(&self.record, self.limits)?;
        Row::of(Cells { record: &self.record, columns: &self.columns, line }).map(Some)
    }
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("n_rows", &self.n_rows).finish_non_exhaustive()
    }
}

/// The next record, and whether there is one.
fn read(csv: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool, StatsError> {
    // Bytes in memory cannot fail to be read, and records may have any number of cells; should the
    // reader find another reason, the text is as good as cut there.
    let is_read = csv.read_byte_record(record);
    is_read
        .map_err(|error| StatsError::Cut { line: error.position().map_or(0, csv::Position::line) })
}

fn check_cells(record: &ByteRecord, limits: Limits) -> Result<(), StatsError> {
    if record.len() > limits.cells {
        return Err(StatsError::TooLarge { limit: limits.cells, what: "cells in one line" });
    }
    Ok(())
}
