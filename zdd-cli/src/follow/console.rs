//! Where following is shown.

use std::io::{self, Write};

use serde::Serialize;
use zdd_core::standing::Standing;

use super::Seen;
use crate::args::Output;
use crate::error::CliError;
use crate::text::Page;

/// Results go to `out`, progress to `err`; with `-o json` both go to `out`, one object a line.
pub(crate) struct Console<'w> {
    pub(crate) out: &'w mut dyn Write,
    pub(crate) err: &'w mut dyn Write,
    pub(crate) page: Page,
    pub(crate) output: Output,
    last: String,
}

/// Something that is said in between.
#[derive(Serialize)]
struct Note<'t> {
    schema: u32,
    event: &'static str,
    text: &'t str,
}

impl<'w> Console<'w> {
    pub(crate) fn new(
        out: &'w mut dyn Write,
        err: &'w mut dyn Write,
        page: Page,
        output: Output,
    ) -> Self {
        Self { out, err, page, output, last: String::new() }
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

    /// Shows what is seen now.
    pub(crate) fn look(&mut self, seen: &Seen) -> Result<(), CliError> {
        for app in &seen.apps {
            if let Some(standing) = Standing::of(app) {
                let text = format!("{}: {standing}", app.app.id());
                if text != self.last {
                    self.note(&text)?;
                    self.last = text;
                }
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
