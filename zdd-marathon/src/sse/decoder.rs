//! The decoder.

use std::borrow::Cow;
use std::time::Duration;

use memchr::{memchr, memchr2};

/// What a stream of server-sent events says next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an event is read or it is not")]
pub enum Item<'a> {
    /// An event.
    Message(Message<'a>),
    /// An event that is larger than the limit was passed over. The stream goes on behind it.
    Oversized {
        /// Its type, where that came first; otherwise empty.
        name: &'a str,
    },
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the standard has these three")]
pub struct Message<'a> {
    /// Its type: `message` where it has none.
    pub name: &'a str,
    /// Its data as it came, lines joined with a line feed.
    pub data: &'a [u8],
    /// The last id that the stream gave; empty where it gave none.
    pub id: &'a str,
}

impl<'a> Message<'a> {
    /// The data as text. What is not UTF-8 becomes U+FFFD, as the standard wants it.
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.data)
    }
}

/// Decodes server-sent events from pieces of any size.
///
/// Data that lies in one line and in one piece is borrowed from the piece. Whatever has to be kept
/// until the next piece comes is bounded: an event that needs more than the limit is passed over and
/// reported as [`Item::Oversized`]. An error instead would end the connection, and a Marathon that
/// sends one such event would send it again on the next.
///
/// ```
/// use zdd_marathon::sse::{Decoder, Item};
///
/// let mut decoder = Decoder::new();
/// let mut seen = Vec::new();
/// for piece in b"event: greeting\ndata: good\ndata: morning\n\n: a comment\n".chunks(7) {
///     let mut rest = piece;
///     while let Some(item) = decoder.next(&mut rest) {
///         if let Item::Message(message) = item {
///             seen.push((message.name.to_string(), message.text().into_owned()));
///         }
///     }
/// }
/// assert_eq!(seen, [("greeting".into(), "good\nmorning".into())]);
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    limit: usize,
    /// The data of the event so far, a line feed behind each line; then the beginning of a line
    /// whose end has not come yet.
    buffer: Vec<u8>,
    /// Where in the buffer the unfinished line begins.
    data_len: usize,
    /// The type of the event so far.
    name: String,
    /// The id that the next blank line makes the last one.
    next_id: Option<String>,
    last_id: String,
    retry: Option<Duration>,
    /// No line has ended yet.
    is_first_line: bool,
    /// A line feed that comes now belongs to the end of the last line.
    is_after_cr: bool,
    /// Name and buffer belong to an event that was handed out.
    is_given: bool,
    skipping: Option<Skipping>,
}

/// The event that is being passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skipping {
    /// At the beginning of a line.
    LineBegins,
    /// Within a line.
    InLine,
}

/// Types and ids are words. Longer ones make an event oversized, which keeps them out of the memory
/// that the limit does not count.
const MAX_WORD: usize = 1024;

/// What of a large buffer is kept for the next event.
const KEPT: usize = 1 << 20;

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// The largest event that is read unless told otherwise: heavy plans name every app of a cluster
    /// twice and have a few megabytes; more than that is no event.
    pub const LIMIT: usize = 16 << 20;

    /// At the beginning of a stream.
    pub fn new() -> Self {
        Self::with_limit(Self::LIMIT)
    }

    /// At the beginning of a stream whose events may have so many bytes: the lines of data, each
    /// with its end, and the line that is being read. The decoder holds no more than that, and some
    /// kilobytes.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
            data_len: 0,
            name: String::new(),
            next_id: None,
            last_id: String::new(),
            retry: None,
            is_first_line: true,
            is_after_cr: false,
            is_given: false,
            skipping: None,
        }
    }

    /// Reads on in `input`, up to the end of the next event, and moves `input` behind it. `None`
    /// when all of it is read, and what it begins is kept.
    ///
    /// To be called until it gives `None`, for each piece of the stream.
    pub fn next<'a, 'c: 'a>(&'a mut self, input: &mut &'c [u8]) -> Option<Item<'a>> {
        self.forget_given();
        // The data so far, as long as it is one line that lies in this piece.
        let mut held: Option<&'c [u8]> = None;
        while let Some(line) = self.line(input) {
            if let Some(skipping) = &mut self.skipping {
                let is_blank = line.is_empty() && *skipping == Skipping::LineBegins;
                *skipping = Skipping::LineBegins;
                if is_blank {
                    self.skipping = None;
                    self.is_given = true;
                    return Some(Item::Oversized { name: &self.name });
                }
                continue;
            }
            if !self.has_room(held, line.len()) {
                self.skip(Skipping::LineBegins);
                held = None;
                continue;
            }
            let is_whole = self.buffer.len() == self.data_len;
            let ends = if is_whole {
                let line = self.without_mark(line);
                if !line.is_empty() {
                    self.take(line, &mut held);
                }
                line.is_empty()
            } else {
                self.append(line);
                self.take_kept()
            };
            self.is_first_line = false;
            if ends && self.ends_event(held) {
                let data = held.unwrap_or_else(|| &self.buffer[..self.data_len - 1]);
                let name = if self.name.is_empty() { "message" } else { &self.name };
                return Some(Item::Message(Message { name, data, id: &self.last_id }));
            }
        }
        self.keep(held, input);
        None
    }

    /// Another connection begins: what was not finished is forgotten. The last id and the time until
    /// a new try stay.
    pub fn restart(&mut self) {
        let fresh = Self::with_limit(self.limit);
        let old = std::mem::replace(self, fresh);
        (self.last_id, self.retry) = (old.last_id, old.retry);
    }

    /// The last id that the stream gave.
    pub fn last_id(&self) -> Option<&str> {
        (!self.last_id.is_empty()).then_some(&self.last_id)
    }

    /// How long to wait before the stream is connected again, where the stream said so.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Bytes that are set aside for what is not finished.
    pub fn held_bytes(&self) -> usize {
        let id = self.next_id.as_ref().map_or(0, String::capacity);
        self.buffer.capacity() + self.name.capacity() + self.last_id.capacity() + id
    }

    /// The rest of the current line without its end, if its end is in `input`.
    fn line<'c>(&mut self, input: &mut &'c [u8]) -> Option<&'c [u8]> {
        if self.is_after_cr && !input.is_empty() {
            self.is_after_cr = false;
            *input = input.strip_prefix(b"\n").unwrap_or(input);
        }
        let end = memchr2(b'\r', b'\n', input)?;
        let (line, rest) = input.split_at(end);
        self.is_after_cr = rest[0] == b'\r';
        *input = &rest[1..];
        Some(line)
    }

    /// A blank line came. Says whether it ends an event: one without data is none.
    fn ends_event(&mut self, held: Option<&[u8]>) -> bool {
        if let Some(id) = self.next_id.take() {
            self.last_id = id;
        }
        if held.is_none() && self.data_len == 0 {
            self.name.clear();
            return false;
        }
        self.is_given = true;
        true
    }

    /// Takes a line that is whole and not blank.
    fn take<'c>(&mut self, line: &'c [u8], held: &mut Option<&'c [u8]>) {
        match field(line) {
            (b"data", value) if held.is_none() && self.data_len == 0 => *held = Some(value),
            (b"data", value) => {
                self.spill(held);
                self.append(value);
                self.append(b"\n");
                self.data_len = self.buffer.len();
            }
            (name, value) if value.len() <= MAX_WORD || !is_word(name) => self.set(name, value),
            _ => {
                self.skip(Skipping::LineBegins);
                *held = None;
            }
        }
    }

    /// Takes the line at the end of the buffer. Says whether it is blank.
    fn take_kept(&mut self) -> bool {
        let line = self.without_mark(&self.buffer[self.data_len..]);
        let is_blank = line.is_empty();
        let (name, value) = field(line);
        if name == b"data" {
            // The value moves to where the line began.
            let from = self.buffer.len() - value.len();
            self.buffer.copy_within(from.., self.data_len);
            let end = self.data_len + (self.buffer.len() - from);
            self.buffer.truncate(end);
            self.append(b"\n");
            self.data_len = self.buffer.len();
        } else if is_word(name) && value.len() > MAX_WORD {
            self.skip(Skipping::LineBegins);
        } else {
            // Words are short, and there are few.
            let (name, value) =
                if is_word(name) { (name.to_vec(), value.to_vec()) } else { Default::default() };
            self.set(&name, &value);
            self.buffer.truncate(self.data_len);
        }
        is_blank
    }

    /// Takes a field other than data.
    fn set(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"event" => {
                self.name.clear();
                self.name.push_str(&String::from_utf8_lossy(value));
            }
            b"id" if !value.contains(&0) => {
                self.next_id = Some(String::from_utf8_lossy(value).into_owned());
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let ms = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                self.retry = ms.map(Duration::from_millis).or(self.retry);
            }
            _ => {}
        }
    }

    /// Keeps what has to wait for the next piece.
    fn keep(&mut self, mut held: Option<&[u8]>, input: &mut &[u8]) {
        let rest = std::mem::take(input);
        if self.skipping.is_some() {
            if !rest.is_empty() {
                self.skipping = Some(Skipping::InLine);
            }
        } else if self.has_room(held, rest.len()) {
            self.spill(&mut held);
            self.append(rest);
        } else {
            self.skip(Skipping::InLine);
        }
    }

    /// Whether so many more bytes of a line, and its end, are within the limit.
    fn has_room(&self, held: Option<&[u8]>, more: usize) -> bool {
        let held = held.map_or(0, |data| data.len() + 1);
        self.buffer.len() + held + more < self.limit
    }

    /// Moves held data into the buffer.
    fn spill(&mut self, held: &mut Option<&[u8]>) {
        if let Some(data) = held.take() {
            // Data is held only while the buffer is empty: an unfinished line in it ends with the
            // first line of a piece, before anything of that piece is held.
            self.append(data);
            self.append(b"\n");
            self.data_len = self.buffer.len();
        }
    }

    /// Puts bytes for which there is room at the end of the buffer. The buffer grows by doubling,
    /// and never beyond the limit.
    fn append(&mut self, bytes: &[u8]) {
        let need = self.buffer.len() + bytes.len();
        if need > self.buffer.capacity() {
            let most = self.limit.max(need);
            let capacity = (self.buffer.capacity() * 2).clamp(need, most);
            self.buffer.reserve_exact(capacity - self.buffer.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The event is too large: the rest of it is passed over.
    fn skip(&mut self, skipping: Skipping) {
        self.skipping = Some(skipping);
        self.next_id = None;
        self.buffer.clear();
        self.buffer.shrink_to(KEPT);
        self.data_len = 0;
        self.is_first_line = false;
    }

    /// Forgets the event that was handed out.
    fn forget_given(&mut self) {
        if std::mem::take(&mut self.is_given) {
            self.name.clear();
            self.buffer.clear();
            self.buffer.shrink_to(KEPT);
            self.data_len = 0;
        }
    }

    /// A line without the byte order mark that the first one may begin with.
    fn without_mark<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        let mark = "\u{feff}".as_bytes();
        if self.is_first_line { line.strip_prefix(mark).unwrap_or(line) } else { line }
    }
}

/// The name of a field, and its value. A comment has an empty name.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b':', line) {
        Some(colon) => {
            let value = &line[colon + 1..];
            (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
        }
        None => (line, &[]),
    }
}

/// Whether a field is one whose value is kept for longer.
fn is_word(name: &[u8]) -> bool {
    matches!(name, b"event" | b"id" | b"retry")
}

#[cfg(test)]
mod tests;
