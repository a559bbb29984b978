//! Reads a recording: lines to events.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::event::Event;
use super::wire;

/// Something in a recording that could not be used, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a place and what is there")]
pub struct LogIssue {
    /// Line of the recording, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: Trouble,
}

/// Why a line of a recording could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It is not an event of Marathon's, or lacks what such an event must have.
    NotAnEvent,
    /// It is not text.
    NotUtf8,
    /// It stops in the middle.
    Truncated,
    /// It is longer than [`LogReader::MAX_LINE`].
    TooLong,
    /// It has no time, or one that is none.
    NoTime,
    /// It is an event, a task state or a condition that no release known here has.
    UnknownEvent(Box<str>),
    /// It is so much older than what came before it that it could not be put in its place.
    OutOfOrder,
    /// A deployment ends here whose beginning is not in the recording.
    EndWithoutBeginning(Box<str>),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEvent => f.write_str("not an event of Marathon's"),
            Self::NotUtf8 => f.write_str("not valid UTF-8"),
            Self::Truncated => f.write_str("stops in the middle of an event"),
            Self::TooLong => write!(f, "longer than {} bytes", LogReader::MAX_LINE),
            Self::NoTime => f.write_str("an event without a valid timestamp"),
            Self::UnknownEvent(name) => write!(f, "`{name}` is not known"),
            Self::OutOfOrder => f.write_str("too late to be put in its place"),
            Self::EndWithoutBeginning(id) => {
                write!(f, "the beginning of deployment `{id}` is not in the recording")
            }
        }
    }
}

/// What could not be used: the first few, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogIssues {
    /// The first [`MAX`](Self::MAX).
    pub listed: Vec<LogIssue>,
    /// All of them.
    pub count: u64,
}

impl LogIssues {
    /// Most issues that are listed.
    pub const MAX: usize = 64;

    pub(super) fn note(&mut self, line: u64, what: Trouble) {
        self.count += 1;
        if self.listed.len() < Self::MAX {
            self.listed.push(LogIssue { line, what });
        }
    }
}

/// Reads a recording of Marathon's event stream, in pieces of any size.
///
/// It takes what `curl` writes (server-sent events; the `event:` lines may be missing, and so may
/// the blank lines) and one JSON event a line. Whatever it cannot use it counts and passes over.
/// Memory: the unfinished line, at most [`MAX_LINE`](Self::MAX_LINE).
///
/// ```
/// use zdd_core::verify::{LogReader, Stage, What};
///
/// let recording = br#"event: status_update_event
/// data: {"eventType":"status_update_event","timestamp":"2016-10-13T13:31:39.088Z",
/// data: "appId":"/a","taskId":"a.1","taskStatus":"TASK_RUNNING","version":""}
/// "#;
/// let mut stages = Vec::new();
/// let mut reader = LogReader::new();
/// for piece in recording.chunks(10) {
///     reader.push(piece, &mut |event| {
///         if let What::Stage(_, stage) = event.what {
///             stages.push(stage);
///         }
///     });
/// }
/// let issues = reader.finish(&mut |event| {
///     if let What::Stage(_, stage) = event.what {
///         stages.push(stage);
///     }
/// });
/// assert_eq!(stages, [Stage::Running]);
/// assert_eq!(issues.count, 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogReader {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// The rest of the line is passed over: it is too long.
    too_long: bool,
    /// Data of an event that may go on in the next line.
    data: Vec<u8>,
    lines: u64,
    issues: LogIssues,
}

impl LogReader {
    /// Longest line, and longest event, that is read: heavy plans name every app of a cluster twice
    /// and have a few megabytes; more than that is no event.
    pub const MAX_LINE: usize = 16 << 20;

    /// Before the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the recording and hands each event in it to `sink`.
    pub fn push(&mut self, piece: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        let mut rest = piece;
        // The data of the last line, as long as it is all of its event and lies in this piece.
        let mut held: Option<&[u8]> = None;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            rest = &after[1..];
            self.lines += 1;
            if self.line.is_empty() && !self.too_long {
                if line.len() > Self::MAX_LINE {
                    self.issues.note(self.lines, Trouble::TooLong);
                } else {
                    self.take(line, &mut held, sink);
                }
            } else {
                self.keep(line);
                self.spill(&mut held);
                let line = core::mem::take(&mut self.line);
                if core::mem::take(&mut self.too_long) {
                    self.issues.note(self.lines, Trouble::TooLong);
                } else {
                    let mut here = None;
                    self.take(&line, &mut here, sink);
                    self.spill(&mut here);
                }
                self.line = line;
                self.line.clear();
            }
        }
        self.spill(&mut held);
        self.keep(rest);
    }

    /// Takes the end of the recording: hands over the last event if it has no line end, and says
    /// what could not be used.
    pub fn finish(mut self, sink: &mut impl FnMut(Event<'_>)) -> LogIssues {
        if !self.line.is_empty() || self.too_long {
            self.push(b"\n", sink);
        }
        let data = core::mem::take(&mut self.data);
        if !data.is_empty() {
            self.event(&data, self.lines, sink);
        }
        self.issues
    }

    /// Keeps the beginning of a line.
    fn keep(&mut self, part: &[u8]) {
        if self.too_long || self.line.len() + part.len() > Self::MAX_LINE {
            self.too_long = true;
            self.line.clear();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    /// Moves held data out of the piece that it borrows from.
    fn spill(&mut self, held: &mut Option<&[u8]>) {
        if let Some(data) = held.take() {
            self.data.clear();
            self.data.extend_from_slice(data);
        }
    }

    /// Takes a whole line, without its line feed.
    fn take<'p>(
        &mut self,
        line: &'p [u8],
        held: &mut Option<&'p [u8]>,
        sink: &mut impl FnMut(Event<'_>),
    ) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = match self.lines {
            1 => line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line),
            _ => line,
        };
        if let Some(data) = line.strip_prefix(b"data:") {
            let data = data.strip_prefix(b" ").unwrap_or(data);
            // Where the blank lines were lost, each line of data is an event: no JSON has an object
            // right after an object.
            if data.starts_with(b"{") {
                let last = held.unwrap_or(&self.data).last();
                if last == Some(&b'}') {
                    self.dispatch(held, sink);
                }
            }
            if held.is_none() && self.data.is_empty() {
                *held = Some(data);
            } else {
                self.spill(held);
                if self.data.len() + data.len() < Self::MAX_LINE {
                    self.data.push(b'\n');
                    self.data.extend_from_slice(data);
                } else {
                    self.issues.note(self.lines, Trouble::TooLong);
                }
            }
            return;
        }
        self.dispatch(held, sink);
        match line.first() {
            None | Some(b':') => {}
            Some(b'{') => self.event(line, self.lines, sink),
            Some(_) if FIELDS.iter().any(|field| line.starts_with(field)) => {}
            Some(_) => {
                let text = core::str::from_utf8(line).is_ok();
                let what = if text { Trouble::NotAnEvent } else { Trouble::NotUtf8 };
                self.issues.note(self.lines, what);
            }
        }
    }

    /// Hands over the event whose data is complete, if there is one.
    fn dispatch(&mut self, held: &mut Option<&[u8]>, sink: &mut impl FnMut(Event<'_>)) {
        let line = self.lines - 1;
        if let Some(data) = held.take() {
            self.event(data, line, sink);
        } else if !self.data.is_empty() {
            let mut data = core::mem::take(&mut self.data);
            self.event(&data, line, sink);
            data.clear();
            self.data = data;
        }
    }

    fn event(&mut self, json: &[u8], line: u64, sink: &mut impl FnMut(Event<'_>)) {
        if json.trim_ascii().is_empty() {
            return;
        }
        match wire::decode(json, line) {
            Ok(event) => sink(event),
            Err(what) => self.issues.note(line, what),
        }
    }
}

/// Fields of server-sent events that say nothing which the data does not.
const FIELDS: [&[u8]; 3] = [b"event:", b"id:", b"retry:"];
