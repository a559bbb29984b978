//! A terminal that is drawn over again and again, below what was said before.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use terminal_size::{Height, Width, terminal_size_of};
use tokio::time::Instant;

/// Events come in bursts, and a screen that is drawn more than some ten times a second flickers. An
/// event is to be seen within 100 ms, so what comes right after a drawing must not wait for so long.
pub(super) const AT_MOST_EVERY: Duration = Duration::from_millis(90);
/// Ages are in seconds.
pub(super) const AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// How many characters there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// The lower part of a terminal. No other screen is opened: what was drawn last stays.
pub(crate) struct Screen {
    to: Box<dyn Write>,
    size: Box<dyn Fn() -> Size>,
    is_coloured: bool,
    /// The widths of the lines that are drawn.
    drawn: Vec<usize>,
    drawn_at: Option<Instant>,
    /// Whether what is drawn is not what there is to see.
    is_stale: bool,
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").field("drawn", &self.drawn).finish_non_exhaustive()
    }
}

impl Screen {
    /// The terminal at standard error, if there is one that can be drawn over.
    pub(crate) fn of_stderr() -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if !io::stderr().is_terminal() || is_dumb {
            return None;
        }
        // `anstream` takes escapes out where colours are not wanted, and with them those that move the
        // cursor: so they are written past it.
        let choice = anstream::AutoStream::choice(&io::stderr());
        let size = || {
            let (Width(width), Height(height)) =
                terminal_size_of(io::stderr()).unwrap_or((Width(80), Height(24)));
            Size { width: width.into(), height: height.into() }
        };
        Some(Self::new(Box::new(io::stderr()), size, choice != anstream::ColorChoice::Never))
    }

    pub(super) fn new(
        to: Box<dyn Write>,
        size: impl Fn() -> Size + 'static,
        is_coloured: bool,
    ) -> Self {
        let size = Box::new(size);
        Self { to, size, is_coloured, drawn: Vec::new(), drawn_at: None, is_stale: false }
    }

    /// What there is room for: the last line is left to the cursor.
    pub(crate) fn size(&self) -> Size {
        let Size { width, height } = (self.size)();
        Size { width: width.clamp(20, 200), height: height.saturating_sub(1).max(3) }
    }

    /// There is something new to see.
    pub(crate) fn stale(&mut self) {
        self.is_stale = true;
    }

    /// When to draw next.
    pub(crate) fn due(&self) -> Instant {
        let every = if self.is_stale { AT_MOST_EVERY } else { AT_LEAST_EVERY };
        self.drawn_at.map_or_else(Instant::now, |at| at + every)
    }

    /// Draws `lines` over what was drawn before, in one go.
    pub(crate) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let mut text = self.back();
        self.drawn.clear();
        for line in lines {
            let plain = anstream::adapter::strip_str(line).to_string();
            self.drawn.push(plain.chars().count());
            text += if self.is_coloured { line } else { &plain };
            // The rest of the line, which may have been longer.
            text += "\x1b[K\r\n";
        }
        text += "\x1b[J";
        self.drawn_at = Some(Instant::now());
        self.is_stale = false;
        self.write(&text)
    }

    /// Takes away what is drawn, so that something can be said in its place.
    pub(crate) fn erase(&mut self) -> io::Result<()> {
        if self.drawn.is_empty() {
            return Ok(());
        }
        let text = self.back() + "\x1b[J";
        self.drawn.clear();
        self.is_stale = true;
        self.write(&text)
    }

    /// Leaves what is drawn where it is; what is drawn next stands below it.
    pub(crate) fn leave(&mut self) {
        self.drawn.clear();
    }

    /// To the beginning of the first line that is drawn. Lines that a terminal has broken since,
    /// because it was made narrower, take more than one.
    fn back(&self) -> String {
        let width = (self.size)().width.max(1);
        let rows: usize = self.drawn.iter().map(|line| line.div_ceil(width).max(1)).sum();
        if rows == 0 { String::new() } else { format!("\r\x1b[{rows}A") }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())?;
        self.to.flush()
    }
}
