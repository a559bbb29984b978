//! Asks the operator's hooks before something is destroyed, and tells them what was done.

use std::path::Path;

use async_trait::async_trait;
use tokio::sync::mpsc;
use zdd_core::app::App;
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{Action, Observation};
use zdd_core::units::{AppId, TaskId};

use super::error::CanaryError;
use super::gate::{Gate, LetThrough, Pass, Say, tasks_of};
use crate::args::HookArgs;
use crate::error::CliError;
use crate::hooks::{Event, Hook, Occasion, Outcome};
use crate::text::Time;

/// The hooks of one rollout, with what they have let through.
pub(super) struct Hooked<'h> {
    hooks: &'h HookArgs,
    group: String,
    is_way_back: bool,
    let_through: LetThrough,
}

/// How a hook ended that did not pass, and the last that it printed.
pub(super) struct Failed {
    pub(super) outcome: Outcome,
    pub(super) last: Option<String>,
}

impl<'h> Hooked<'h> {
    /// Nothing where nobody is to be asked.
    pub(super) fn new(hooks: &'h HookArgs, record: &Record) -> Option<Self> {
        let has_any = hooks.pre_kill_hook.is_some() || hooks.before_delete_hook.is_some();
        has_any.then(|| Self {
            hooks,
            group: record.group.clone(),
            is_way_back: record.phase == Phase::Rollback,
            let_through: LetThrough::default(),
        })
    }

    /// Asks before tasks are killed, unless all of them may be.
    async fn before_kill(
        &mut self,
        tasks: impl IntoIterator<Item = TaskId>,
        sides: Sides<'_>,
        say: Say<'_>,
    ) -> Result<Pass, CliError> {
        let Some(path) = &self.hooks.pre_kill_hook else { return Ok(Pass::On) };
        let tasks = self.let_through.others(tasks);
        if tasks.is_empty() {
            return Ok(Pass::On);
        }
        self.ask(path, Event::BeforeKill, &tasks, sides, say).await?;
        self.let_through.tasks(tasks);
        Ok(Pass::AfterALook)
    }

    /// Asks before an app is deleted, unless it may be.
    async fn before_delete(
        &mut self,
        app: &AppId,
        tasks: &[TaskId],
        sides: Sides<'_>,
        say: Say<'_>,
    ) -> Result<Pass, CliError> {
        let Some(path) = &self.hooks.before_delete_hook else { return Ok(Pass::On) };
        if self.let_through.has(app) {
            return Ok(Pass::On);
        }
        self.ask(path, Event::BeforeDelete, tasks, sides, say).await?;
        self.let_through.app(app);
        Ok(Pass::AfterALook)
    }

    async fn ask(
        &self,
        path: &Path,
        event: Event,
        tasks: &[TaskId],
        Sides { going, coming }: Sides<'_>,
        say: Say<'_>,
    ) -> Result<(), CliError> {
        let occasion = Occasion { event, old: going, tasks, new: coming };
        let asked = call(path, self.hooks, &occasion, say).await?;
        asked.map_err(|Failed { outcome, last }| {
            let (group, hook, is_way_back) = (self.group.clone(), path.into(), self.is_way_back);
            CanaryError::Refused { group, is_way_back, hook, event, outcome, last }.into()
        })
    }
}

#[async_trait(?Send)]
impl Gate for Hooked<'_> {
    async fn pass(
        &mut self,
        action: &Action,
        seen: &Observation,
        say: Say<'_>,
    ) -> Result<Pass, CliError> {
        let (app, tasks) = match action {
            Action::Kill { app, tasks } => (app, Some(tasks)),
            Action::Delete { app, .. } => (app, None),
            Action::Create(_) | Action::Scale { .. } | Action::Set(_) | Action::Cut(_) => {
                return Ok(Pass::On);
            }
        };
        let sides = Sides::of(seen, app, self.is_way_back);
        if let Some(tasks) = tasks {
            return self.before_kill(tasks.iter().cloned(), sides, say).await;
        }
        // Whatever still runs of it goes with it.
        let left = tasks_of(seen, app);
        let killed = self.before_kill(left.iter().cloned(), sides, &mut *say).await?;
        let deleted = self.before_delete(app, &left, sides, say).await?;
        Ok(if killed == Pass::On { deleted } else { killed })
    }
}

/// The app that loses something, and the one that stays.
#[derive(Clone, Copy)]
struct Sides<'o> {
    going: Option<&'o App>,
    coming: Option<&'o App>,
}

impl<'o> Sides<'o> {
    /// Of an action on `app`. Where a side only shrinks, it is the old one for zdd.py, too.
    fn of(seen: &'o Observation, app: &AppId, is_way_back: bool) -> Self {
        let [old, new] = [&seen.old, &seen.new].map(|side| side.as_ref().map(|it| &it.app));
        let is_new = new.map_or(is_way_back, |new| new.id() == app);
        let (going, coming) = if is_new { (new, old) } else { (old, new) };
        Self { going, coming }
    }
}

/// Calls a hook, and passes on what it prints while it does so.
pub(super) async fn call(
    path: &Path,
    args: &HookArgs,
    occasion: &Occasion<'_>,
    say: Say<'_>,
) -> Result<Result<(), Failed>, CliError> {
    let limit = args.hook_timeout.time();
    say(&format!("{}: asking {} (for {} at most)", occasion.event, path.display(), Time(limit)))?;
    let hook = Hook::new(path.into(), limit);
    let (told, mut tells) = mpsc::unbounded_channel();
    // Whoever listens is here until the hook has ended.
    let mut tell = |line: &str| drop(told.send(line.to_owned()));
    let mut last = None;
    let before = format!("{}: ", occasion.event);
    let mut pass_on = |line: String, say: &mut dyn FnMut(&str) -> Result<(), CliError>| {
        say(&line)?;
        last = Some(line.strip_prefix(&before).unwrap_or(&line).to_owned());
        Ok::<_, CliError>(())
    };
    let outcome = {
        let run = hook.run(occasion, &mut tell);
        tokio::pin!(run);
        loop {
            tokio::select! {
                biased;
                Some(line) = tells.recv() => pass_on(line, &mut *say)?,
                outcome = &mut run => break outcome,
            }
        }
    };
    while let Ok(line) = tells.try_recv() {
        pass_on(line, &mut *say)?;
    }
    Ok(match outcome {
        Outcome::Passed => Ok(()),
        outcome => Err(Failed { outcome, last }),
    })
}
