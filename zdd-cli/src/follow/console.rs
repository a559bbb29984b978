//! Where following is shown.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;
use zdd_core::units::{AppId, Timestamp};
use zdd_core::watch::{Moment, View, Watch};

use super::Seen;
use super::raised::Raised;
use crate::args::Output;
use crate::error::CliError;
use crate::live::{Screen, Teller, ViewLine, sheet};
use crate::text::Page;

/// Results go to `out`, progress to `err`; with `-o json` both go to `out`, one object a line.
pub(crate) struct Console<'w> {
    pub(crate) out: &'w mut dyn Write,
    pub(crate) err: &'w mut dyn Write,
    pub(crate) page: Page,
    pub(crate) output: Output,
    view: Live,
    watches: BTreeMap<AppId, Watch>,
    /// What was seen last, and when.
    views: Vec<View>,
    looked_at: Instant,
    is_followed: Rc<Cell<bool>>,
}

/// How the live view is shown.
enum Live {
    Screen(Screen),
    Lines(Teller),
    /// The views that were written last.
    Json(BTreeMap<AppId, View>),
}

/// Whether two views differ only in their moment.
fn is_alike(one: &View, other: &View) -> bool {
    let mut other = other.clone();
    other.at = one.at;
    *one == other
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
    /// Shows what goes on as lines, or as JSON.
    pub(crate) fn new(
        out: &'w mut dyn Write,
        err: &'w mut dyn Write,
        page: Page,
        output: Output,
    ) -> Self {
        let view = match output {
            Output::Text => Live::Lines(Teller::new()),
            Output::Json => Live::Json(BTreeMap::new()),
        };
        Self {
            out,
            err,
            page,
            output,
            view,
            watches: BTreeMap::new(),
            views: Vec::new(),
            looked_at: Instant::now(),
            is_followed: Rc::default(),
        }
    }

    /// Shows what goes on on a screen, unless it is to be JSON.
    pub(crate) fn on_screen(mut self, screen: Option<Screen>) -> Self {
        if let (Output::Text, Some(screen)) = (self.output, screen) {
            self.view = Live::Screen(screen);
        }
        self
    }

    /// Whether somebody follows a deployment, who says by themselves when Marathon does not answer.
    pub(crate) fn is_followed(&self) -> Rc<Cell<bool>> {
        self.is_followed.clone()
    }

    /// From now on somebody does, for as long as the answer lives.
    pub(super) fn following(&self) -> Raised {
        Raised::new(&self.is_followed)
    }

    /// Says something that happened.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), CliError> {
        match self.output {
            Output::Text => {
                self.make_way()?;
                writeln!(self.err, "{text}")?;
                self.err.flush()?;
                self.redraw()
            }
            Output::Json => self.line(&Note { schema: crate::schema::SCHEMA, event: "note", text }),
        }
    }

    /// Says a result.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), CliError> {
        match self.output {
            Output::Text => {
                self.make_way()?;
                writeln!(self.out, "{text}")?;
                self.out.flush()?;
                self.redraw()
            }
            Output::Json => self.note(text),
        }
    }

    /// Says something that happened, in lines that fit the page.
    pub(crate) fn tell(&mut self, text: &str) -> Result<(), CliError> {
        let text = if self.is_json() { text.to_owned() } else { self.page.hanging(0, 2, text) };
        self.note(&text)
    }

    /// Whether results are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// Shows what is seen now of each app, where that is not what was seen before.
    pub(crate) fn look(&mut self, seen: &Seen) -> Result<(), CliError> {
        self.views = self.views_of(seen);
        self.looked_at = Instant::now();
        match &mut self.view {
            Live::Screen(screen) => {
                screen.stale();
                if screen.due() <= self.looked_at { self.redraw() } else { Ok(()) }
            }
            Live::Lines(teller) => {
                let lines = teller.changes(&self.views);
                lines.iter().try_for_each(|line| self.note(line))
            }
            Live::Json(written) => {
                let is_new = |view: &&View| {
                    let before = written.get(&view.intent.app);
                    before.is_none_or(|before| !is_alike(before, view))
                };
                let new: Vec<View> = self.views.iter().filter(is_new).cloned().collect();
                written.extend(new.iter().map(|view| (view.intent.app.clone(), view.clone())));
                new.iter().try_for_each(|view| self.line(&ViewLine::of(view)))
            }
        }
    }

    /// What there is to see of each app.
    fn views_of(&mut self, seen: &Seen) -> Vec<View> {
        let mut watches = std::mem::take(&mut self.watches);
        let look = |app| {
            let moment =
                Moment { now: seen.at, app, deployments: &seen.deployments, queue: &seen.queue };
            let mut watch = watches.remove(app.app.id()).unwrap_or_default();
            let view = watch.look(&moment);
            self.watches.insert(app.app.id().clone(), watch);
            view
        };
        seen.apps.iter().map(look).collect()
    }

    /// When [`refresh`](Self::refresh) has something to do, even if nothing new is seen.
    pub(crate) fn due(&self) -> Option<Instant> {
        match &self.view {
            _ if self.views.is_empty() => None,
            Live::Screen(screen) => Some(screen.due()),
            Live::Lines(teller) => Some(teller.due()),
            Live::Json(_) => None,
        }
    }

    /// Lets ages grow, and says after a while of silence what is waited for.
    pub(crate) fn refresh(&mut self) -> Result<(), CliError> {
        let now = self.now();
        match &mut self.view {
            Live::Screen(_) => self.redraw(),
            Live::Lines(teller) => {
                let lines = teller.meanwhile(&self.views, now);
                lines.iter().try_for_each(|line| self.note(line))
            }
            Live::Json(_) => Ok(()),
        }
    }

    /// By the clock that the last view is from.
    fn now(&self) -> Timestamp {
        let last = self.views.first().map_or(Timestamp::EPOCH, |view| view.at);
        last.saturating_add(self.looked_at.elapsed())
    }

    fn redraw(&mut self) -> Result<(), CliError> {
        let now = self.now();
        if let Live::Screen(screen) = &mut self.view
            && !self.views.is_empty()
        {
            let lines = sheet(&self.views, now, screen.size());
            screen.draw(&lines)?;
        }
        Ok(())
    }

    /// So that something can be said where the screen is drawn.
    fn make_way(&mut self) -> io::Result<()> {
        self.out.flush()?;
        match &mut self.view {
            Live::Screen(screen) => screen.erase(),
            Live::Lines(_) | Live::Json(_) => Ok(()),
        }
    }

    /// One object in one line.
    pub(crate) fn line(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        serde_json::to_writer(&mut *self.out, value)?;
        writeln!(self.out)?;
        Ok(self.out.flush()?)
    }

    /// Ends what is being drawn, so that other text may follow below it. Nothing is drawn again until
    /// something new is seen.
    pub(crate) fn finish(&mut self) -> Result<(), CliError> {
        if let Live::Screen(_) = &self.view {
            self.redraw()?;
        }
        if let Live::Screen(screen) = &mut self.view {
            screen.leave();
        }
        self.views.clear();
        self.out.flush()?;
        Ok(self.err.flush()?)
    }
}
