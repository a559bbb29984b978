//! What has to be done at the least.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::hint::black_box;

/// What a program that only reads would take from one event: the fields that any verdict needs, each
/// borrowed from the text. What plans and definitions hold is parsed and passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of Marathon's events")]
pub struct Line<'a> {
    #[serde(borrow)]
    pub event_type: Cow<'a, str>,
    #[serde(borrow)]
    pub timestamp: Cow<'a, str>,
    #[serde(borrow, default)]
    pub app_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub task_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub task_status: Cow<'a, str>,
    #[serde(borrow, default)]
    pub version: Cow<'a, str>,
    pub alive: Option<bool>,
    pub plan: Option<IgnoredAny>,
    pub current_step: Option<IgnoredAny>,
    pub app_definition: Option<IgnoredAny>,
}

/// The JSON of each event in a recording of server-sent events.
pub fn payloads(recording: &[u8]) -> Vec<&[u8]> {
    let lines = recording.split(|byte| *byte == b'\n');
    lines.filter_map(|line| line.strip_prefix(b"data: ")).collect()
}

/// Reads every payload into a [`Line`]. Returns how many bytes the texts of all have together.
///
/// # Panics
///
/// On a payload that is no event.
pub fn parse_typed(payloads: &[&[u8]]) -> usize {
    let length = |payload: &&[u8]| {
        let line: Line<'_> = serde_json::from_slice(payload).expect("a generated event");
        black_box(&line);
        line.event_type.len() + line.timestamp.len() + line.app_id.len() + line.task_id.len()
    };
    payloads.iter().map(length).sum()
}

/// Reads every payload into a [`serde_json::Value`]. Returns how many fields all have together.
///
/// # Panics
///
/// On a payload that is no JSON object.
pub fn parse_untyped(payloads: &[&[u8]]) -> usize {
    let fields = |payload: &&[u8]| {
        let value: serde_json::Value = serde_json::from_slice(payload).expect("a generated event");
        value.as_object().expect("a generated event").len()
    };
    payloads.iter().map(fields).sum()
}

/// Somewhere to write to that stays in the nearest cache.
pub type Scratch = [u8; 16 << 10];

/// Writes `count` bytes, over and over the same ones if they are more than the buffer has.
pub fn write_bytes(buffer: &mut Scratch, count: usize) {
    let mut left = count;
    while left > 0 {
        let now = left.min(buffer.len());
        buffer[..now].fill(black_box(1));
        black_box(&mut *buffer);
        left -= now;
    }
}
