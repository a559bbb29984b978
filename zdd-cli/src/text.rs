//! Text for people: colours, widths, plurals, times.

use std::fmt::{self, Display};
use std::io;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use terminal_size::{Width, terminal_size_of};

/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// What deserves a look.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default();
/// A heading.
pub(crate) const BOLD: Style = Style::new().bold();
/// What can be passed over.
pub(crate) const DIM: Style = Style::new().dimmed();

/// `text` in a style; the stream takes the style out again where it does not belong.
pub(crate) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// ✔ or ✖ before words, in colour.
pub(crate) fn mark(holds: bool, words: &str) -> String {
    if holds { styled(GOOD, format!("✔ {words}")) } else { styled(BAD, format!("✖ {words}")) }
}

/// The sheet that text is laid out for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Characters in a line.
    pub(crate) width: usize,
}

impl Page {
    /// As wide as the terminal, within what reads well; 80 where there is none.
    pub(crate) fn of_terminal() -> Self {
        let width =
            terminal_size_of(io::stdout()).map_or(80, |(Width(columns), _)| usize::from(columns));
        Self { width: width.clamp(40, 120) }
    }

    /// `text` broken between words, each line after `indent` spaces.
    pub(crate) fn wrapped(self, indent: usize, text: &str) -> String {
        self.hanging(indent, indent, text)
    }

    /// The same with another indent for the first line.
    pub(crate) fn hanging(self, first: usize, indent: usize, text: &str) -> String {
        let mut lines = String::new();
        let mut column = first;
        lines.push_str(&" ".repeat(first));
        let mut is_first = true;
        for word in text.split_whitespace() {
            let len = word.chars().count();
            if !is_first && column + 1 + len > self.width {
                lines.push('\n');
                lines.push_str(&" ".repeat(indent));
                column = indent;
                is_first = true;
            }
            if !is_first {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(word);
            column += len;
            is_first = false;
        }
        lines
    }
}

/// A number with its noun: `1 instance`, `4 instances`.
pub(crate) fn plural(count: impl Into<u64>, noun: &str) -> String {
    match count.into() {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

/// A length of time as people read it: `13 s`, `0.5 s`, `1 min 8 s`, `2 h 5 min`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time(pub(crate) Duration);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        let (secs, rest) = (ms / 1000, ms % 1000);
        let (days, hours, mins) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60);
        let text = if secs < 60 {
            let fraction = format!("{rest:03}");
            match fraction.trim_end_matches('0') {
                "" => format!("{secs} s"),
                places => format!("{secs}.{places} s"),
            }
        } else if secs < 3600 {
            two((mins, "min"), (secs % 60, "s"))
        } else if days == 0 {
            two((hours, "h"), (mins, "min"))
        } else {
            two((days, "d"), (hours, "h"))
        };
        f.pad(&text)
    }
}

fn two((large, of): (u128, &str), (small, unit): (u128, &str)) -> String {
    if small == 0 { format!("{large} {of}") } else { format!("{large} {of} {small} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_no_word_is_lost() {
        let text = "the 1 that may be added carry the floor of 1";
        let wrapped = Page { width: 20 }.wrapped(2, text);
        assert!(wrapped.lines().all(|line| line.chars().count() <= 20 && line.starts_with("  ")));
        let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
        assert_eq!(words(&wrapped), words(text));
    }

    #[test]
    fn times_have_two_units_at_most() {
        let time = |ms| Time(Duration::from_millis(ms)).to_string();
        assert_eq!(time(0), "0 s");
        assert_eq!(time(500), "0.5 s");
        assert_eq!(time(13_000), "13 s");
        assert_eq!(time(69_534), "1 min 9 s");
        assert_eq!(time(7_500_000), "2 h 5 min");
        assert_eq!(time(86_400_000), "1 d");
    }

    #[test]
    fn one_is_not_several() {
        assert_eq!(plural(1_u32, "instance"), "1 instance");
        assert_eq!(plural(0_u32, "instance"), "0 instances");
    }
}
