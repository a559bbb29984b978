//! Where canaries are.

use async_trait::async_trait;
use comfy_table::{Table, presets};
use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::drive::find_all;
use zdd_core::ports::{Balancer, LoadBalancer, Marathon, Name, ServerChange};
use zdd_core::rollout::history::REVISION;
use zdd_core::rollout::record::{Found, Phase, Record};
use zdd_core::rollout::{Next, Observation, Outcome, Standing, standings};

use super::carry::look;
use super::end::one;
use super::error::Share;
use super::hints::{either_way, vanished};
use super::lines::{in_short, words as words_of};
use super::wait::Wait;
use crate::args::ShowArgs;
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::Console;
use crate::schema::{SCHEMA, write_json};
use crate::text::{BOLD, styled};

/// The code of what is not known without a balancer.
const UNSEEN: &str = "no-balancer";
/// The code of what does not go on by itself; its hint says how it does.
const STUCK: &str = "stuck";

/// A rollout, as `zdd canary status -o json` prints it: a list of these.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct CanaryReport {
    /// Version of this form.
    schema: u32,
    /// The deployment group.
    group: String,
    /// The backend of HAProxy that serves both.
    backend: String,
    /// `canary`, `promote` or `rollback`.
    phase: &'static str,
    /// The wanted share of the new version, 0 to 1; null where each instance gets as much as any other.
    wanted_share: Option<f64>,
    /// Who works on it just now.
    held_by: Option<String>,
    /// The old version.
    old: SideReport,
    /// The new version.
    new: SideReport,
    /// What it waits for, or what would be done next.
    next: Option<NextReport>,
    /// How to go on with it, or to take it back; null where nothing is left to do.
    go_on: Option<String>,
}

/// One version.
#[derive(Debug, JsonSchema, Serialize)]
struct SideReport {
    /// The app; null where it is not there.
    app: Option<String>,
    /// Its label `ZDD_REVISION`.
    revision: Option<String>,
    /// How many instances it should have.
    instances: u32,
    /// How many are healthy.
    healthy: u32,
    /// How many are up at every balancer.
    up: u32,
    /// The weights of its servers, at each balancer.
    weights: Vec<Vec<u16>>,
    /// Sessions that go on there.
    sessions: u64,
    /// What it gets of the traffic, 0 to 1; null where that is not seen.
    share: Option<f64>,
}

/// What comes next.
#[derive(Clone, Debug, JsonSchema, Serialize)]
struct NextReport {
    /// A word for what is waited for.
    code: &'static str,
    /// The same for people.
    text: String,
    /// What can be done about it.
    hint: Option<String>,
}

pub(super) async fn run(
    args: &ShowArgs,
    marathon: &dyn Marathon,
    balancer: Option<&dyn LoadBalancer>,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let all = match &args.group {
        Some(group) => vec![one(marathon, Some(group)).await?],
        None => find_all(marathon).await?,
    };
    if all.is_empty() && !console.is_json() {
        console.say("no canary goes on")?;
    }
    let mut sights = Vec::new();
    for found in all {
        sights.push(Sight::of(found, marathon, balancer).await?);
    }
    if console.is_json() {
        let reports: Vec<_> = sights.iter().map(Sight::report).collect();
        write_json(&reports, console.out)?;
    } else {
        sights.iter().try_for_each(|sight| sight.say(console))?;
    }
    Ok(ExitCode::Done)
}

/// A rollout as it was seen at one moment.
pub(crate) struct Sight {
    found: Found,
    seen: Observation,
    next: Option<NextReport>,
}

impl Sight {
    /// Looks at a rollout.
    pub(crate) async fn of(
        found: Found,
        marathon: &dyn Marathon,
        balancer: Option<&dyn LoadBalancer>,
    ) -> Result<Self, CliError> {
        let rollout = found.record.rollout();
        let backend = &found.record.backend;
        let seen = look(&rollout, backend, marathon, balancer.unwrap_or(&Unseen)).await?;
        let next = next(&found, &seen, balancer.is_some());
        Ok(Self { found, seen, next })
    }

    /// For people.
    pub(crate) fn say(&self, console: &mut Console<'_>) -> Result<(), CliError> {
        self.say_in_short(console)?;
        // What would end what is stuck is refused as long as somebody holds it.
        let is_refused = |next: &NextReport| next.code == STUCK && self.is_held();
        let of_next = self.next.as_ref().filter(|next| !is_refused(next));
        let mut hints = of_next.and_then(|it| it.hint.clone()).into_iter().chain(self.go_on());
        hints
            .try_for_each(|hint| console.say(&console.page.hanging(0, 2, &format!("hint: {hint}"))))
    }

    /// The same for whoever says more of one of its apps below: that is what hints lead to.
    pub(crate) fn say_in_short(&self, console: &mut Console<'_>) -> Result<(), CliError> {
        say(&self.found.record, &self.seen, console)?;
        match &self.found.holder {
            Some(holder) => {
                console.say(&format!("held by {}, since {}", holder.who, holder.since))?;
            }
            None if self.is_left() => console.say("nobody carries it out just now")?,
            None => {}
        }
        let Some(next) = &self.next else { return Ok(()) };
        console.say(&console.page.hanging(0, 2, &format!("next: {}", next.text)))
    }

    /// Whether something is left to do, as far as that is seen.
    fn is_left(&self) -> bool {
        let code = self.next.as_ref().map(|next| next.code);
        // Of a canary that stands, the weights may be all that was left to do.
        code.is_some_and(|code| code != UNSEEN || self.found.record.phase != Phase::Canary)
    }

    /// Whether nobody else may go on with it.
    fn is_held(&self) -> bool {
        self.found.holder.as_ref().is_some_and(|holder| !holder.yields)
    }

    /// How to go on with it, unless what is next says it.
    fn go_on(&self) -> Option<String> {
        let next = self.next.as_ref()?;
        if self.is_held() {
            return Some(in_place_of(&self.found.record));
        }
        let is_said = next.code == STUCK || (self.found.holder.is_some() && next.hint.is_some());
        (self.is_left() && !is_said).then(|| go_on(&self.found.record))
    }

    /// For tools.
    pub(crate) fn report(&self) -> CanaryReport {
        report(&self.found, &self.seen, self.next.clone(), self.go_on())
    }
}

/// No balancer is given: Marathon alone is looked at.
struct Unseen;

#[async_trait]
impl LoadBalancer for Unseen {
    async fn look(&self, _: &Name) -> Vec<Balancer> {
        Vec::new()
    }

    async fn set(&self, _: &Name, _: &[ServerChange]) -> Vec<Balancer> {
        Vec::new()
    }

    async fn cut(&self, _: &Name, _: &[Name]) -> Vec<Balancer> {
        Vec::new()
    }

    fn can_set(&self) -> bool {
        false
    }
}

/// What the engine would do next; nothing where all is as it should be.
fn next(found: &Found, seen: &Observation, has_balancer: bool) -> Option<NextReport> {
    if !has_balancer {
        let hint = Some("name the admin socket with --haproxy to see weights and sessions".into());
        let text = "Marathon alone was looked at".into();
        return Some(NextReport { code: UNSEEN, text, hint });
    }
    let mut rollout = found.record.rollout();
    if let Some(definition) = &found.definition {
        rollout = rollout.with_definition(definition.clone());
    }
    let decision = rollout.step(now(), seen);
    match decision.next {
        Next::Done(Outcome::Reached) => None,
        Next::Done(outcome) => {
            let group = &found.record.group;
            let hint = match outcome {
                Outcome::Changed(_) => either_way(group),
                Outcome::Vanished(side) => vanished(side, group),
                _ => format!("`zdd abort {group}` clears the rest away"),
            };
            Some(NextReport { code: STUCK, text: outcome.to_string(), hint: Some(hint) })
        }
        Next::ObserveBy { waiting_on, .. } => {
            let text = match decision.actions.as_slice() {
                [] => format!("waiting for {}", Wait::of(&waiting_on, now(), seen)),
                actions => {
                    let texts = actions.iter().map(|action| words_of(action, Some(seen)));
                    texts.collect::<Vec<_>>().join("; ")
                }
            };
            Some(NextReport { code: waiting_on.code(), text, hint: waiting_on.hint() })
        }
    }
}

/// How to go on with what somebody else holds.
fn in_place_of(record: &Record) -> String {
    let group = &record.group;
    let turned = match record.phase {
        Phase::Canary | Phase::Promote => {
            format!(", `zdd abort {group} --take-over` takes it back")
        }
        Phase::Rollback => String::new(),
    };
    format!(
        "it is held; if that process is dead, `zdd resume {group} --take-over` goes on with it{turned}"
    )
}

fn go_on(record: &Record) -> String {
    let group = &record.group;
    match record.phase {
        Phase::Canary => format!(
            "`zdd resume {group}` does it; `zdd canary hold {group}` does, and keeps the shares from \
             then on; `zdd abort {group}` takes it back"
        ),
        Phase::Promote => {
            format!("`zdd resume {group}` goes on with it, `zdd abort {group}` takes it back")
        }
        Phase::Rollback => format!("`zdd resume {group}` goes on with it"),
    }
}

/// Says how both versions stand.
pub(super) fn say(
    record: &Record,
    seen: &Observation,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let sides = standings(seen);
    let title = format!("{} behind {}: {}", record.group, record.backend, words(record));
    console.say(&styled(BOLD, console.page.hanging(0, 2, &title)))?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let revisions = revisions(seen);
    let are_named = revisions.iter().any(Option::is_some);
    let mut header = vec!["", "app", "want", "healthy", "up", "weights", "sess.", "share"];
    if are_named {
        header.insert(1, "revision");
    }
    table.set_header(header);
    for ((name, side), revision) in ["old", "new"].into_iter().zip(&sides).zip(revisions) {
        let mut row = Vec::from(row(name, side));
        if are_named {
            row.insert(1, revision.map_or_else(|| "–".into(), Clone::clone));
        }
        table.add_row(row);
    }
    for line in table.to_string().lines() {
        console.say(line.trim_end())?;
    }
    Ok(())
}

fn row(name: &str, side: &Standing) -> [String; 8] {
    let weights = side.weights.first().map(|it| in_short(it)).unwrap_or_default();
    [
        name.into(),
        side.app.as_ref().map_or_else(|| "–".into(), ToString::to_string),
        side.instances.to_string(),
        side.healthy.to_string(),
        side.up.to_string(),
        weights,
        side.sessions.to_string(),
        side.share.map_or_else(|| "?".into(), |it| Share(it).to_string()),
    ]
}

fn words(record: &Record) -> String {
    match record.phase {
        Phase::Canary => {
            let share = record.share().map_or("as much for each instance".into(), |share| {
                format!("{} for the new version", Share(share))
            });
            format!("canary, {share}")
        }
        Phase::Promote => "on its way to the new version".into(),
        Phase::Rollback => "on its way back to the old version".into(),
    }
}

fn report(
    found: &Found,
    seen: &Observation,
    next: Option<NextReport>,
    go_on: Option<String>,
) -> CanaryReport {
    let Record { group, backend, phase, .. } = &found.record;
    let [old, new] = standings(seen);
    let [of_old, of_new] = revisions(seen);
    CanaryReport {
        schema: SCHEMA,
        group: group.clone(),
        backend: backend.to_string(),
        phase: match phase {
            Phase::Canary => "canary",
            Phase::Promote => "promote",
            Phase::Rollback => "rollback",
        },
        wanted_share: found.record.share(),
        held_by: found.holder.as_ref().map(|it| it.who.clone()),
        old: side(old, of_old),
        new: side(new, of_new),
        next,
        go_on,
    }
}

/// What both sides are called.
fn revisions(seen: &Observation) -> [Option<&String>; 2] {
    [&seen.old, &seen.new].map(|side| side.as_ref()?.app.labels().get(REVISION))
}

fn side(side: Standing, revision: Option<&String>) -> SideReport {
    SideReport {
        app: side.app.map(|app| app.to_string()),
        revision: revision.cloned(),
        instances: side.instances,
        healthy: side.healthy,
        up: side.up,
        weights: side.weights,
        sessions: side.sessions,
        share: side.share,
    }
}
