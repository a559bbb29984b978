//! Histories for people and for tools.

use comfy_table::{Table, presets};
use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::app::App;
use zdd_core::rollout::history::Entry;

use crate::error::CliError;
use crate::follow::Console;
use crate::schema::SCHEMA;
use crate::text::{BOLD, styled};

/// The history of a deployment group, as `zdd history -o json` prints it: a list of these.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct GroupReport {
    /// Version of this form.
    schema: u32,
    /// The deployment group.
    group: String,
    /// Its revisions, the newest first.
    revisions: Vec<RevisionReport>,
}

/// A deployment that was finished.
#[derive(Debug, JsonSchema, Serialize)]
struct RevisionReport {
    /// Its number, from 1; `r7` is a name of the seventh.
    number: u64,
    /// What the operator called it.
    revision: Option<String>,
    /// The image of its container.
    image: Option<String>,
    /// The app that it ran as.
    app: String,
    /// Since when all of it ran.
    since: String,
    /// How many instances.
    instances: u32,
    /// Who saw it through.
    who: String,
    /// Whether it runs now.
    runs: bool,
}

impl GroupReport {
    /// Of the revisions of one group, with what runs of it.
    pub(super) fn of(group: &str, entries: &[Entry], running: &[App]) -> Self {
        let mut newest: Vec<&Entry> = entries.iter().collect();
        newest.sort_by_key(|entry| std::cmp::Reverse(entry.number));
        let revision = |entry: &Entry| RevisionReport {
            number: entry.number,
            revision: entry.revision.clone(),
            image: entry.image().map(Into::into),
            app: entry.app.to_string(),
            since: entry.since.to_string(),
            instances: entry.definition.instances().get(),
            who: entry.who.clone(),
            runs: entry.is_running(running),
        };
        let revisions = newest.into_iter().map(revision).collect();
        Self { schema: SCHEMA, group: group.into(), revisions }
    }

    /// For people.
    pub(super) fn say(&self, console: &mut Console<'_>) -> Result<(), CliError> {
        console.say(&styled(BOLD, &self.group))?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["", "", "revision", "image", "since", "inst.", "who"]);
        for it in &self.revisions {
            let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
            table.add_row([
                if it.runs { "runs".to_owned() } else { String::new() },
                format!("r{}", it.number),
                or_none(&it.revision),
                or_none(&it.image),
                it.since.clone(),
                it.instances.to_string(),
                it.who.clone(),
            ]);
        }
        for line in table.to_string().lines() {
            console.say(line.trim_end())?;
        }
        Ok(())
    }
}
