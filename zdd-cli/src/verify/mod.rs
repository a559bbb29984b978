//! `zdd verify`: judges a recording.

mod json;
mod text;
mod words;

use std::io::{self, Read, Write};

use zdd_core::verify::{LogReader, Replay, Replayed};

pub(crate) use json::Json;

/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// Reads a whole recording, in pieces: memory holds what lives in it, not the recording.
pub(crate) fn replay(mut recording: impl Read, mut replay: Replay) -> io::Result<Replayed> {
    let mut reader = LogReader::new();
    let mut piece = vec![0; PIECE];
    loop {
        match recording.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => reader.push(&piece[..n], &mut |event| replay.push(&event)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let issues = reader.finish(&mut |event| replay.push(&event));
    Ok(replay.finish(issues))
}

/// Prints the reports for people, and to `err` what of the recording could not be used.
pub(crate) fn print_text(
    replayed: &Replayed,
    out: &mut impl Write,
    err: &mut impl Write,
) -> io::Result<()> {
    for (index, report) in replayed.reports.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", text::Text(report))?;
    }
    write!(err, "{}", text::Log(replayed))
}

/// Prints the reports for tools: an object for one, an array for several.
pub(crate) fn print_json(replayed: &Replayed, out: &mut impl Write) -> io::Result<()> {
    let reports = json::of(replayed);
    match reports.as_slice() {
        [report] => serde_json::to_writer_pretty(&mut *out, report)?,
        reports => serde_json::to_writer_pretty(&mut *out, reports)?,
    }
    writeln!(out)
}
