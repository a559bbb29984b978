//! Where following is shown.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::ports::QueueItem;
use zdd_core::standing::Standing;
use zdd_core::units::AppId;

use super::Seen;
use crate::args::Output;
use crate::error::CliError;
use crate::text::{Page, plural};

/// Results go to `out`, progress to `err`; with `-o json` both go to `out`, one object a line.
pub(crate) struct Console<'w> {
    pub(crate) out: &'w mut dyn Write,
    pub(crate) err: &'w mut dyn Write,
    pub(crate) page: Page,
    pub(crate) output: Output,
    /// What was said of each app.
    said: BTreeMap<AppId, String>,
}

/// Something that is said in between.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct Note<'t> {
    /// Version of this form.
    schema: u32,
    /// `note`.
    event: &'static str,
    /// What is said, for people.
    text: &'t str,
}

impl<'w> Console<'w> {
    pub(crate) fn new(
        out: &'w mut dyn Write,
        err: &'w mut dyn Write,
        page: Page,
        output: Output,
    ) -> Self {
        Self { out, err, page, output, said: BTreeMap::new() }
    }

    /// Says something that happened.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), CliError> {
        match self.output {
            Output::Text => {
                writeln!(self.err, "{text}")?;
                Ok(self.err.flush()?)
            }
            Output::Json => self.line(&Note { schema: crate::schema::SCHEMA, event: "note", text }),
        }
    }

    /// Says a result.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), CliError> {
        match self.output {
            Output::Text => {
                writeln!(self.out, "{text}")?;
                Ok(self.out.flush()?)
            }
            Output::Json => self.note(text),
        }
    }

    /// Whether results are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// Shows what is seen now of each app, where that is not what was seen before.
    pub(crate) fn look(&mut self, seen: &Seen) -> Result<(), CliError> {
        for app in &seen.apps {
            let id = app.app.id();
            let standing = Standing::of(app).map(|standing| format!("{id}: {standing}"));
            let queued = seen.queue.iter().filter(|item| item.app == *id).map(waiting);
            let text = standing.into_iter().chain(queued).collect::<Vec<_>>().join("\n");
            if self.said.get(id) != Some(&text) {
                self.note(&text)?;
                self.said.insert(id.clone(), text);
            }
        }
        Ok(())
    }

    /// One object in one line.
    pub(crate) fn line(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        serde_json::to_writer(&mut *self.out, value)?;
        writeln!(self.out)?;
        Ok(self.out.flush()?)
    }

    /// Ends what was being drawn, so that other text may follow.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }
}

/// Why instances are not launched.
fn waiting(item: &QueueItem) -> String {
    let QueueItem { app, count, overdue, offers, .. } = item;
    let declined = offers.rejected.iter().filter(|it| it.declined > 0);
    let reasons: Vec<_> =
        declined.map(|it| format!("{} of {} {}", it.declined, it.processed, it.reason)).collect();
    let why = match (overdue, reasons.is_empty()) {
        (false, _) => "the launch delay after failures goes on".into(),
        (true, true) => "no offer came yet".into(),
        (true, false) => format!("offers declined: {}", reasons.join(", ")),
    };
    format!("{app}: {} to be launched: {why}", plural(*count, "instance"))
}
