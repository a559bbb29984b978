//! Words in a picture whose font is not known: how wide they are at most, and what may be in them.

use svg::node::element::{Element, Text};
use svg::node::{Node, Value};

/// Words at a place.
#[derive(Clone, Debug)]
pub(super) struct Label(Text);

/// Text of this size in px that begins, is centred or ends (`anchor`) at a place.
pub(super) fn label(text: &str, x: f64, y: f64, size: u32, anchor: &'static str) -> Label {
    Label(Text::new(printable(text)))
        .set("x", px(x))
        .set("y", px(y))
        .set("font-size", size)
        .set("text-anchor", anchor)
}

impl Label {
    /// Assigns an attribute.
    pub(super) fn set(self, name: &str, value: impl Into<Value>) -> Self {
        Self(self.0.set(name, value))
    }
}

impl From<Label> for Box<dyn Node> {
    /// As a plain element: [`Text`] puts line breaks around the words, and some viewers make room
    /// for them.
    fn from(label: Label) -> Self {
        Box::new(Element::from(label.0))
    }
}

/// How wide `text` gets in a font of this size, in px, rather too much than too little.
pub(super) fn width(text: &str, size: u32) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | ':' | '\'' | '/' | '-' => 0.36,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
            'A'..='Z' => 0.72,
            c if c.is_ascii() => 0.6,
            _ => 1.0,
        })
        .sum();
    ems * f64::from(size)
}

/// As much of `text` as fits into `room` px, with an ellipsis if it is not all.
pub(super) fn fitted(text: &str, size: u32, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = width("…", size);
    for c in text.chars() {
        used += width(c.encode_utf8(&mut [0; 4]), size);
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// `text` without what XML cannot hold (most control characters) or what would break the line.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_control() => ' ',
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// A coordinate with at most two decimals.
pub(super) fn px(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number with its digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
