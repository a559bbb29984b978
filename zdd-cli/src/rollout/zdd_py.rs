//! What zdd.py does, with its arguments, prompts and statuses, by the engine.

mod way_on;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use zdd_core::app::App;
use zdd_core::drive::{Around, Claim, find, refuse_held, running_of};
use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::{Found, Phase, Record};
use zdd_core::rollout::{
    Action, Growth, Known, Observation, ReleaseError, Traffic, alt_port, entrance, labels, zdd_py,
};
use zdd_core::units::{GroupId, TaskId};

use super::around::others;
use super::carry::{Carried, Means, carry_through};
use super::claim::me;
use super::close::{forget, leave};
use super::error::CanaryError;
use super::gate::{Gate, LetThrough, Pass, Say, tasks_of};
use super::watchers::Watchers;
use crate::args::{DrainArgs, DrainTimeout, Output, Span, ZddPyArgs};
use crate::clock::now;
use crate::error::{CliError, FileFault};
use crate::exit::ExitCode;
use crate::follow::{Console, Operator, line_of_terminal};
use crate::hooks::{Event, Hook, Occasion, Outcome};
use crate::input::Source;

/// How long anything but sessions is waited for: zdd.py would wait for ever.
const PATIENCE: Span = Span::THIRTY_MINUTES;
/// How long a hook may take.
const HOOK_PATIENCE: Duration = Duration::from_secs(600);

/// Does what zdd.py would do.
pub(crate) async fn run(
    args: &ZddPyArgs,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let (json, definition) = read(&args.json)?;
    let group = labels::group_of(&definition);
    let group = group.ok_or(CanaryError::Missing(zdd_py::Missing::Label(labels::GROUP)))?;
    if group.is_empty() {
        return Err(CanaryError::Missing(zdd_py::Missing::Name(labels::GROUP)).into());
    }
    let found = find(marathon, group).await?;
    refuse_held(found.as_ref(), false, now())?;
    let around = Around::look(marathon, group).await?;
    let running = &around.running;
    if let (Some(Found { record, .. }), 3..) = (&found, running.len()) {
        let (group, apps) = (record.group.clone(), others(record, running));
        return Err(CanaryError::Others { group, apps }.into());
    }
    let task = decide(args, &json, &definition, group, running)?;
    if let Some(made) = &task.made {
        around.admits(made).map_err(CanaryError::NotCreated)?;
    }
    if let Some(app) = &task.made {
        let mut text = Vec::new();
        serde_json::to_writer_pretty(&mut text, app.as_json())?;
        console.say(&String::from_utf8_lossy(&text))?;
    }
    console.tell(&task.words())?;
    if args.dry_run {
        return Ok(ExitCode::Done);
    }
    let prompt = Prompt::new(args, &task);
    tokio::select! {
        biased;
        () = operator.interrupted() => {
            console.tell("interrupted; nothing was done")?;
            return Ok(ExitCode::Left);
        }
        answer = prompt.ask("Continue with deployment?") => answer?,
    }
    task.carry_out(args, found.as_ref(), running, prompt, (marathon, balancer), operator, console)
        .await
}

fn read(file: &Path) -> Result<(serde_json::Map<String, Value>, App), CliError> {
    let source = Source::from(file);
    let text = source.text().map_err(|error| CliError::Files(vec![error]))?;
    let failed = |error| CliError::Files(vec![source.error(FileFault::NotADefinition(error))]);
    let mut json: Value = match (serde_json::from_str(&text), App::parse(&text)) {
        (Ok(json), _) => json,
        (Err(_), Ok(app)) => Value::Object(app.as_json().clone()),
        (Err(_), Err(error)) => return Err(failed(error)),
    };
    zdd_py::without_nulls(&mut json);
    let Value::Object(json) = json else {
        return Err(CanaryError::NotOneApp(source).into());
    };
    if !json.contains_key("id") {
        return Err(CanaryError::Missing(zdd_py::Missing::Id).into());
    }
    let definition = App::from_object(json.clone(), &GroupId::root())
        .or_else(|_| App::parse(&text))
        .map_err(failed)?;
    Ok((json, definition))
}

/// What is to be done.
struct Task {
    record: Record,
    /// What is posted; none where both apps are there.
    made: Option<App>,
    old: Option<App>,
    new: App,
}

fn decide(
    args: &ZddPyArgs,
    json: &serde_json::Map<String, Value>,
    definition: &App,
    group: &str,
    running: &[App],
) -> Result<Task, CliError> {
    let is_completion = args.complete_cur || args.complete_prev;
    let sizes = |old| {
        let initial = args.initial_instances.max(1);
        zdd_py::Sizes::of(definition, old, initial, args.new_instances)
    };
    match running {
        [] | [_] if is_completion => Err(CanaryError::NothingToComplete(group.into()).into()),
        [] | [_] => {
            alt_port(definition)?;
            let old = running.first();
            let sizes = sizes(old);
            if sizes.target == 0 {
                return Err(nothing(old, definition));
            }
            let made = zdd_py::prepare(json, definition, old, sizes, now());
            let made = made.map_err(CanaryError::Missing)?;
            let made = zdd_py::app_of(made).ok_or(CanaryError::Missing(zdd_py::Missing::Id))?;
            let stays = if sizes.beside > 0 { sizes.target - sizes.beside } else { 0 };
            let (phase, grown) = if old.is_some() && stays > 0 {
                (Phase::Canary, sizes.beside)
            } else {
                (Phase::Promote, sizes.target)
            };
            let before = if phase == Phase::Canary { stays } else { sizes.target };
            let record = record(args, group, (old, &made), phase, [before, grown, sizes.target])?;
            Ok(Task { record, old: old.cloned(), new: made.clone(), made: Some(made) })
        }
        [one, other] => {
            let (old, new) = zdd_py::by_age(one, other);
            let beside = zdd_py::number(new, labels::NEW).unwrap_or(0);
            let target = zdd_py::target(if args.complete_prev { old } else { new });
            let (phase, sizes) = if args.complete_prev {
                (Phase::Rollback, [target, 0, target])
            } else if args.complete_cur || (args.resume && beside == 0) {
                (Phase::Promote, [target, target, target])
            } else if args.resume {
                (Phase::Canary, [target.saturating_sub(beside), beside, target])
            } else {
                return Err(CanaryError::TwoApps(group.into()).into());
            };
            if target == 0 {
                return Err(nothing(Some(if args.complete_prev { old } else { new }), definition));
            }
            let record = record(args, group, (Some(old), new), phase, sizes)?;
            Ok(Task { record, made: None, old: Some(old.clone()), new: new.clone() })
        }
        more => {
            let apps = more.iter().map(|app| app.id().clone()).collect();
            let group = group.to_owned();
            Err(ReleaseError::Hybrid { group, apps }.into())
        }
    }
}

/// What zdd.py would be told when it posts the app.
fn not_created(error: impl Into<CliError>) -> CliError {
    match error.into() {
        CliError::Canary(CanaryError::Stranger(error)) => CanaryError::NotCreated(error).into(),
        CliError::Canary(CanaryError::Left { group, who, error }) => {
            CanaryError::Left { group, who, error: Box::new(not_created(*error)) }.into()
        }
        error => error,
    }
}

/// That nothing would run in the end: the size of what runs counts, else that of the file.
fn nothing(running: Option<&App>, definition: &App) -> CliError {
    match running {
        Some(app) => CanaryError::Suspended(app.id().clone()).into(),
        None => ReleaseError::NoInstances(definition.id().clone()).into(),
    }
}

fn record(
    args: &ZddPyArgs,
    group: &str,
    (old, new): (Option<&App>, &App),
    phase: Phase,
    [before, canary, full]: [u32; 3],
) -> Result<Record, CanaryError> {
    let port = old.and_then(entrance).or_else(|| entrance(new));
    let port = port.ok_or(CanaryError::Missing(zdd_py::Missing::ServicePort))?;
    let growth =
        if args.linear_increase == 0 { Growth::ByHalf } else { Growth::By(args.linear_increase) };
    let running = old.map_or(0, |app| app.instances().get());
    let serving = running.saturating_add(if old.is_some() { 0 } else { full });
    Ok(Record {
        schema: Record::SCHEMA,
        group: group.into(),
        backend: labels::backend(group, port)
            .map_err(zdd_core::rollout::record::RecordError::from)?,
        phase,
        old: old.map(|app| app.id().clone()),
        new: new.id().clone(),
        before: if old.is_some() { before } else { 0 },
        canary,
        full,
        floor: if old.is_some() { full.min(serving.max(canary)) } else { 0 },
        traffic: Traffic::Untouched,
        hold: Traffic::Untouched,
        growth,
        course: None,
        since: now(),
        known: Known::of_old(old),
    })
}

impl Task {
    fn words(&self) -> String {
        let Record { group, old, new, full, before, canary, .. } = &self.record;
        match (self.record.phase, old) {
            (_, None) => format!("{group}: {new} with {full}, the first of its group"),
            (Phase::Canary, Some(old)) => {
                format!("{group}: {canary} of {new} beside {before} of {old}")
            }
            (Phase::Promote, Some(old)) => {
                format!("{group}: {new} takes over from {old}, up to {full}")
            }
            (Phase::Rollback, Some(old)) => {
                format!("{group}: {old} takes over again from {new}, up to {before}")
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a verb has, and what it was told")]
    async fn carry_out(
        &self,
        args: &ZddPyArgs,
        found: Option<&Found>,
        running: &[App],
        mut prompt: Prompt,
        (marathon, balancer): (&dyn Marathon, &dyn LoadBalancer),
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let record = self.record.clone();
        let made = self.made.clone();
        let mut claim = Claim::take(marathon, found, record, made, me(now(), false)).await?;
        claim = claim.after_all(running).await.map_err(not_created)?;
        let drain = DrainArgs {
            drain_timeout: Span::seconds(args.max_wait),
            on_drain_timeout: DrainTimeout::Kill,
            take_over: false,
        };
        let pace = drain.pace(PATIENCE, Output::Text);
        let watchers = Watchers::default();
        let (pace, watchers) = (&pace, &watchers);
        let means = Means { marathon, balancer, pace, watchers, hooks: None, check: None };
        match carry_through(&mut claim, means, Some(&mut prompt), operator, console).await {
            // Labels say all that zdd.py itself would need to go on.
            Ok(Carried::Reached(_)) => {
                forget(claim, console).await?;
                console.tell("done")?;
                Ok(ExitCode::Done)
            }
            Ok(Carried::Interrupted) => {
                forget(claim, console).await?;
                let there = running_of(marathon, &self.record.group).await.ok();
                let way_on = self.way_on(args, there.as_deref());
                console.tell(&format!("interrupted; {way_on}"))?;
                Ok(ExitCode::Left)
            }
            Err(error @ CliError::Canary(CanaryError::Declined | CanaryError::Hook { .. })) => {
                forget(claim, console).await?;
                Err(error)
            }
            Err(error) => {
                leave(claim, &error, console).await?;
                Err(error)
            }
        }
    }
}

/// Whoever is asked, and the hook, with what they have let through.
struct Prompt {
    asks: bool,
    hook: Option<Hook>,
    old: Option<App>,
    new: App,
    is_back: bool,
    /// What goes on, once something is to be killed or removed.
    flag: &'static str,
    let_through: LetThrough,
}

impl Prompt {
    fn new(args: &ZddPyArgs, task: &Task) -> Self {
        Self {
            asks: !args.force,
            hook: args.pre_kill_hook.clone().map(|path| Hook::new(path, HOOK_PATIENCE)),
            old: task.old.clone(),
            new: task.new.clone(),
            is_back: task.record.phase == Phase::Rollback,
            flag: task.flag(args),
            let_through: LetThrough::default(),
        }
    }

    /// Asks, until there is an answer. May be dropped meanwhile: then there is none.
    async fn ask(&self, question: &str) -> Result<(), CanaryError> {
        if !self.asks {
            return Ok(());
        }
        loop {
            let open = OpenLine::with(&format!("{question} [Y/n] "));
            let open = open.map_err(|_| CanaryError::NobodyAnswers)?;
            let line = line_of_terminal().await.ok_or(CanaryError::NobodyAnswers)?;
            open.answered();
            match line.trim().to_ascii_lowercase().as_str() {
                "" | "y" | "ye" | "yes" => return Ok(()),
                "n" | "no" => return Err(CanaryError::Declined),
                _ => {}
            }
        }
    }

    /// Runs the hook, if there is one and something goes that something else takes over from.
    async fn call(&self, event: Event, tasks: &[TaskId]) -> Result<(), CliError> {
        // The one that goes is the old one for zdd.py, also on the way back.
        let (old, new) = if self.is_back {
            (Some(&self.new), self.old.as_ref())
        } else {
            (self.old.as_ref(), Some(&self.new))
        };
        let (Some(hook), Some(_), Some(_)) = (&self.hook, old, new) else { return Ok(()) };
        let occasion = Occasion { event, old, tasks, new };
        let mut say = on_stderr;
        match hook.run(&occasion, &mut say).await {
            Outcome::Passed => Ok(()),
            outcome => Err(CanaryError::Hook { said: outcome.to_string(), flag: self.flag }.into()),
        }
    }
}

#[async_trait(?Send)]
impl Gate for Prompt {
    async fn pass(
        &mut self,
        action: &Action,
        seen: &Observation,
        _: Say<'_>,
    ) -> Result<Pass, CliError> {
        if !self.asks && self.hook.is_none() {
            return Ok(Pass::On);
        }
        let (event, tasks, goes) = match action {
            Action::Kill { tasks, .. } => {
                (Event::BeforeKill, self.let_through.others(tasks.iter().cloned()), None)
            }
            Action::Delete { app, .. } => (Event::BeforeDelete, tasks_of(seen, app), Some(app)),
            Action::Create(_) | Action::Scale { .. } | Action::Set(_) | Action::Cut(_) => {
                return Ok(Pass::On);
            }
        };
        let are_known = self.let_through.others(tasks.iter().cloned()).is_empty();
        if are_known && goes.is_none_or(|app| self.let_through.has(app)) {
            return Ok(Pass::On);
        }
        self.call(event, &tasks).await?;
        self.ask("Continue?").await?;
        self.let_through.tasks(tasks);
        if let Some(app) = goes {
            self.let_through.app(app);
        }
        Ok(Pass::AfterALook)
    }
}

/// The line of a question. Where nobody answers any more, what is said next begins on a line of its own.
struct OpenLine;

impl OpenLine {
    fn with(question: &str) -> std::io::Result<Self> {
        let mut out = std::io::stdout().lock();
        write!(out, "{question}")?;
        out.flush()?;
        Ok(Self)
    }

    /// The answer has ended it.
    fn answered(self) {
        std::mem::forget(self);
    }
}

impl Drop for OpenLine {
    fn drop(&mut self) {
        let mut out = std::io::stdout().lock();
        // Nobody is there to be told that nobody hears.
        let _ = writeln!(out).and_then(|()| out.flush());
    }
}

/// What a hook says goes to standard error, as it comes.
fn on_stderr(line: &str) {
    let mut err = std::io::stderr().lock();
    // Nobody is there to be told that nobody hears.
    let _ = writeln!(err, "{line}");
}
