//! What a hook prints, as lines within bounds.

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

/// The longest line, in bytes; what comes after that is left out.
pub(super) const LONGEST: usize = 4096;
/// The most lines of one run, of both streams together; the rest is read and left out, so that the hook
/// does not wait for a reader.
pub(super) const MOST: usize = 1000;

/// Hands on each line of `stream`, until it ends or nobody listens any more.
pub(super) async fn read(mut stream: impl AsyncRead + Unpin, to: mpsc::Sender<String>) {
    let mut lines = Lines::default();
    let mut chunk = [0; 4096];
    loop {
        // A pipe that breaks has ended.
        let len = stream.read(&mut chunk).await.unwrap_or(0);
        let whole = if len == 0 { lines.rest() } else { lines.of(&chunk[..len]) };
        for line in whole {
            if to.send(line).await.is_err() {
                return;
            }
        }
        if len == 0 {
            return;
        }
    }
}

/// Puts lines together from chunks.
#[derive(Debug, Default)]
struct Lines {
    begun: Vec<u8>,
    is_cut: bool,
}

impl Lines {
    /// The lines that end in `chunk`.
    fn of(&mut self, chunk: &[u8]) -> Vec<String> {
        let mut parts = chunk.split(|byte| *byte == b'\n');
        // There is always one part; the last one has no end yet.
        let last = parts.next_back().unwrap_or_default();
        let mut whole = Vec::new();
        for part in parts {
            self.add(part);
            whole.push(self.taken());
        }
        self.add(last);
        whole
    }

    /// A last line that has no end.
    fn rest(&mut self) -> Vec<String> {
        if self.begun.is_empty() { Vec::new() } else { vec![self.taken()] }
    }

    fn add(&mut self, part: &[u8]) {
        let room = LONGEST - self.begun.len();
        self.is_cut |= part.len() > room;
        self.begun.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// The line, without what a terminal would obey: it is not the hook's to clear or to colour.
    fn taken(&mut self) -> String {
        let bytes = std::mem::take(&mut self.begun);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches('\r');
        let is_odd = |it: char| it.is_control() && it != '\t';
        let mut line = text.replace(is_odd, "\u{fffd}");
        if std::mem::take(&mut self.is_cut) {
            line.push('…');
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut all: Vec<_> = chunks.iter().flat_map(|chunk| lines.of(chunk)).collect();
        all.extend(lines.rest());
        all
    }

    #[test]
    fn lines_are_put_together_from_chunks() {
        assert_eq!(lines(&[b"one\ntw", b"o\r\n", b"\nlast"]), ["one", "two", "", "last"]);
        assert_eq!(lines(&[b"one\n"]), ["one"]);
        assert!(lines(&[]).is_empty());
    }

    #[test]
    fn no_line_is_endless_and_none_commands_a_terminal() {
        let long = vec![b'x'; 10 * LONGEST];
        let told = lines(&[&long, &long, b"\nnext\n"]);
        assert_eq!(told[0].chars().filter(|it| *it == 'x').count(), LONGEST);
        assert!(told[0].ends_with('…'));
        assert_eq!(told[1..], ["next"]);
        assert_eq!(lines(&[b"\x1b[2J\tred\xff"]), ["\u{fffd}[2J\tred\u{fffd}"]);
    }
}
