//! What HAProxy says of the state of a server, and of its health check.

use std::borrow::Cow;
use std::fmt;

/// The first word of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Word {
    /// `UP`: takes new sessions.
    Up,
    /// `DOWN`: its check failed. A server that was drained shows this too once its check fails.
    Down,
    /// `NOLB`: its check asks for no new sessions but those that persist.
    Nolb,
    /// `DRAIN`: takes no new sessions but those that persist.
    Drain,
    /// `MAINT`: takes none at all, and is not checked.
    Maint,
    /// `no check`: takes new sessions, and nobody knows how it is.
    NoCheck,
    /// `OPEN`: a frontend.
    Open,
    /// Something else: what other rows and other versions say.
    Other,
}

/// The status of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "what is in the cell")]
pub struct ServerStatus {
    /// Its word.
    pub word: Word,
    /// `i/n`: in the middle of a change, after `i` of the `n` checks that it takes.
    pub changing: Option<(u32, u32)>,
    /// `(agent)`, `(resolution)`, `(via backend/server)`: something else than the operator or the
    /// check of the server made it so.
    pub is_by_other: bool,
}

impl ServerStatus {
    /// What a cell says. Never fails: what it does not know is [`Word::Other`].
    pub fn of(cell: &[u8]) -> Self {
        let cell = cell.trim_ascii();
        let (word, rest) = if let Some(rest) = cell.strip_prefix(b"no check") {
            (Word::NoCheck, rest)
        } else {
            let end = cell.iter().position(|byte| *byte == b' ').unwrap_or(cell.len());
            (Word::of(&cell[..end]), &cell[end..])
        };
        let rest = rest.trim_ascii();
        let changing = std::str::from_utf8(rest).ok().and_then(|rest| {
            let (done, of) = rest.split_once('/')?;
            Some((done.parse().ok()?, of.parse().ok()?))
        });
        Self { word, changing, is_by_other: rest.starts_with(b"(") }
    }

    /// Whether new sessions of clients that nothing binds to another server may come to it.
    pub fn is_serving(self) -> bool {
        matches!(self.word, Word::Up | Word::NoCheck)
    }
}

impl fmt::Display for ServerStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.word {
            Word::Up => "UP",
            Word::Down => "DOWN",
            Word::Nolb => "NOLB",
            Word::Drain => "DRAIN",
            Word::Maint => "MAINT",
            Word::NoCheck => "no check",
            Word::Open => "OPEN",
            Word::Other => "another status",
        })?;
        self.changing.map_or(Ok(()), |(done, of)| write!(f, " {done}/{of}"))
    }
}

impl Word {
    fn of(word: &[u8]) -> Self {
        match word {
            b"UP" => Self::Up,
            b"DOWN" => Self::Down,
            b"NOLB" => Self::Nolb,
            b"DRAIN" => Self::Drain,
            b"MAINT" => Self::Maint,
            b"OPEN" => Self::Open,
            _ => Self::Other,
        }
    }
}

/// The result of the last health check of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "what is in the cell")]
pub struct Check<'r> {
    /// HAProxy's word: `L7OK`, `L4CON`, `L7STS`, `INI` for none yet.
    pub code: Cow<'r, str>,
    /// Whether the next one goes on. HAProxy writes `* ` before the word then.
    pub is_running: bool,
}

impl<'r> Check<'r> {
    /// What a cell says.
    pub fn of(cell: &'r [u8]) -> Self {
        let stripped = cell.strip_prefix(b"* ");
        Self {
            code: String::from_utf8_lossy(stripped.unwrap_or(cell)),
            is_running: stripped.is_some(),
        }
    }

    /// Whether the server passed it. `L7OKC` is passed on condition: of a server that asks for no
    /// more sessions.
    pub fn is_passed(&self) -> bool {
        matches!(&*self.code, "L4OK" | "L6OK" | "L7OK" | "L7OKC" | "PROCOK")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_that_was_seen_is_known() {
        let plain = |word| ServerStatus { word, changing: None, is_by_other: false };
        let changing = |word, done, of| ServerStatus { changing: Some((done, of)), ..plain(word) };
        let other = |word| ServerStatus { is_by_other: true, ..plain(word) };
        for (cell, status, serves) in [
            ("OPEN", plain(Word::Open), false),
            ("UP", plain(Word::Up), true),
            ("UP 1/2", changing(Word::Up, 1, 2), true),
            ("DOWN", plain(Word::Down), false),
            ("DOWN 1/3", changing(Word::Down, 1, 3), false),
            ("DOWN (agent)", other(Word::Down), false),
            ("NOLB", plain(Word::Nolb), false),
            ("NOLB 1/2", changing(Word::Nolb, 1, 2), false),
            ("DRAIN", plain(Word::Drain), false),
            ("DRAIN 1/2", changing(Word::Drain, 1, 2), false),
            ("DRAIN (agent)", other(Word::Drain), false),
            ("MAINT", plain(Word::Maint), false),
            ("MAINT (via app/s1)", other(Word::Maint), false),
            ("MAINT (resolution)", other(Word::Maint), false),
            ("no check", plain(Word::NoCheck), true),
            ("UPSIDE", plain(Word::Other), false),
            ("", plain(Word::Other), false),
        ] {
            assert_eq!(ServerStatus::of(cell.as_bytes()), status, "{cell}");
            assert_eq!(status.is_serving(), serves, "{cell}");
        }
    }

    #[test]
    fn a_check_that_goes_on_still_says_how_the_last_one_ended() {
        let check = Check::of(b"* L7OK");
        assert_eq!((&*check.code, check.is_running, check.is_passed()), ("L7OK", true, true));
        assert!(Check::of(b"L4OK").is_passed());
        for failed in ["L4CON", "L4TOUT", "L7STS", "L7TOUT", "L7RSP", "INI", "* L7STS", "UNK"] {
            assert!(!Check::of(failed.as_bytes()).is_passed(), "{failed}");
        }
    }
}
