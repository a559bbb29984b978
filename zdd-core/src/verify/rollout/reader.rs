//! Reads a recording, in pieces of any size.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::judge::Judge;
use super::report::Reviewed;
use super::wire::{Entry, Head, KINDS, SCHEMA};

/// Whether a recording that begins with these bytes is one of a rollout: its first line has to be whole.
pub fn is_rollout(beginning: &[u8]) -> bool {
    let beginning = beginning.strip_prefix("\u{feff}".as_bytes()).unwrap_or(beginning);
    let line = beginning.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    line.is_some_and(|line| serde_json::from_slice::<Head>(line).is_ok())
}

/// Reads a recording and has it judged.
///
/// What cannot be used is counted and passed over; a line of a newer form ends it. Memory: the
/// unfinished line, at most [`MAX_LINE`](Self::MAX_LINE), and what was seen last.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    is_too_long: bool,
    lines: u64,
    judge: Judge,
    issues: Issues,
    newer: Option<Newer>,
}

/// A newer zdd wrote a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} was written by a newer zdd (form {found}, {SCHEMA} is known)")]
#[expect(clippy::exhaustive_structs, reason = "where, and which")]
pub struct Newer {
    /// Its line, from 1.
    pub line: u64,
    /// Its form.
    pub found: u32,
}

/// A line that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "where, and why")]
pub struct Issue {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: Unusable,
}

/// Why a line could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unusable {
    /// It is longer than any line of a recording.
    TooLong,
    /// It stops in the middle.
    Truncated,
    /// It is no line of a recording of a rollout: why.
    NotALine(Box<str>),
    /// It is of a kind that is not known.
    UnknownKind(Box<str>),
    /// It comes before any beginning.
    NoBeginning,
}

/// What could not be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issues {
    /// The first 64.
    pub listed: Vec<Issue>,
    /// All of them.
    pub count: u64,
}

/// Most issues that are listed.
const MAX_ISSUES: usize = 64;
/// The longest part of a text that is repeated in an issue.
const MAX_WORDS: usize = 120;

impl Reader {
    /// The longest line that is read: ten thousand tasks with their servers at two balancers have about
    /// a third of it.
    pub const MAX_LINE: usize = 16 << 20;

    /// Before the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// When a line in it is of a newer form; so is everything from then on.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Newer> {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            rest = &after[1..];
            self.keep(line);
            self.end_of_line(false);
        }
        self.keep(rest);
        self.newer.map_or(Ok(()), Err)
    }

    /// Takes the end of the recording.
    ///
    /// # Errors
    ///
    /// When a line is of a newer form.
    pub fn finish(mut self) -> Result<Reviewed, Newer> {
        if !self.line.is_empty() || self.is_too_long {
            self.end_of_line(true);
        }
        match self.newer {
            Some(newer) => Err(newer),
            None => Ok(Reviewed { reports: self.judge.finish(), issues: self.issues }),
        }
    }

    fn keep(&mut self, part: &[u8]) {
        if self.is_too_long || self.line.len() + part.len() > Self::MAX_LINE {
            self.is_too_long = true;
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    fn end_of_line(&mut self, is_last: bool) {
        self.lines += 1;
        let line = core::mem::take(&mut self.line);
        if core::mem::take(&mut self.is_too_long) {
            self.unusable(Unusable::TooLong);
        } else if self.newer.is_none() {
            self.take(&line, is_last);
        }
        self.line = line;
        self.line.clear();
    }

    fn take(&mut self, line: &[u8], is_last: bool) {
        let line = match self.lines {
            1 => line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line),
            _ => line,
        };
        if line.trim_ascii().is_empty() {
            return;
        }
        let refused = |error: &serde_json::Error| {
            if is_last && error.is_eof() {
                Unusable::Truncated
            } else {
                Unusable::NotALine(shortened(&error.to_string()))
            }
        };
        let head: Head = match serde_json::from_slice(line) {
            Ok(head) => head,
            Err(error) => return self.unusable(refused(&error)),
        };
        if head.schema > SCHEMA {
            self.newer = Some(Newer { line: self.lines, found: head.schema });
            return;
        }
        if !KINDS.contains(&head.rollout.as_str()) {
            return self.unusable(Unusable::UnknownKind(shortened(&head.rollout)));
        }
        match serde_json::from_slice::<Entry>(line) {
            Err(error) => self.unusable(refused(&error)),
            Ok(entry) => {
                if !self.judge.push(entry) {
                    self.unusable(Unusable::NoBeginning);
                }
            }
        }
    }

    fn unusable(&mut self, what: Unusable) {
        // A kind of line that is not known takes nothing away from those that are.
        if !matches!(what, Unusable::UnknownKind(_)) {
            self.judge.lost();
        }
        self.issues.count += 1;
        if self.issues.listed.len() < MAX_ISSUES {
            self.issues.listed.push(Issue { line: self.lines, what });
        }
    }
}

fn shortened(text: &str) -> Box<str> {
    text.chars().take(MAX_WORDS).collect::<String>().into()
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "longer than {} bytes", Reader::MAX_LINE),
            Self::Truncated => f.write_str("stops in the middle"),
            Self::NotALine(why) => write!(f, "no line of a recording of a rollout: {why}"),
            Self::UnknownKind(kind) => write!(f, "`{kind}` is not known"),
            Self::NoBeginning => f.write_str("belongs to no rollout whose beginning is recorded"),
        }
    }
}
