//! The view as JSON.

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::units::Timestamp;
use zdd_core::watch::{Seat, View, Waiting};

use crate::schema::SCHEMA;

/// What is seen of an app, when it is not what was seen before.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct ViewLine {
    /// Version of this form.
    schema: u32,
    /// `view`.
    event: &'static str,
    /// When it was seen.
    at: String,
    /// Id of the app.
    app: String,
    /// The version of its newest definition.
    version: Option<String>,
    /// Instances that the definition wants.
    instances: u32,
    /// Instances of the newest definition.
    current: Option<u32>,
    /// Those of them that serve.
    serving: Option<u32>,
    /// Instances of older definitions.
    old: Option<u32>,
    /// The deployment that holds it.
    deployment: Option<String>,
    /// The step that the deployment is at, from 1; 0 before the first.
    step: u32,
    /// Of so many.
    steps: u32,
    /// What it does with the app in this step, in Marathon's word.
    action: Option<String>,
    /// Fewest healthy instances while they are replaced.
    floor: Option<u32>,
    /// Most running instances while they are replaced.
    ceiling: Option<u32>,
    /// What comes next, in words.
    next: Option<String>,
    /// Its instances.
    seats: Vec<SeatReport>,
    /// What is waited for, the most serious first.
    waiting: Vec<WaitingReport>,
}

/// An instance.
#[derive(Debug, JsonSchema, Serialize)]
struct SeatReport {
    /// Its task.
    task: String,
    /// Whether it is of an older definition.
    old: bool,
    /// How it is, in words.
    condition: String,
    /// The version of the definition that it was made from.
    version: Option<String>,
    /// The host name of its agent.
    host: Option<String>,
    /// Its ports on the host.
    ports: Vec<u16>,
    /// Since when it is so.
    since: Option<String>,
}

/// Something that is waited for.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct WaitingReport {
    /// Why, in one word: `health-failing`, `offers-declined`, `launch-delay`, …
    code: &'static str,
    /// Why, in words.
    text: String,
    /// How many instances it is about.
    count: u32,
    /// The tasks of those that have one.
    tasks: Vec<String>,
    /// Since when.
    since: Option<String>,
    /// Until when at most.
    until: Option<String>,
    /// How to go on.
    hint: Option<String>,
}

impl ViewLine {
    pub(crate) fn of(view: &View) -> Self {
        let (intent, standing) = (&view.intent, view.standing);
        Self {
            schema: SCHEMA,
            event: "view",
            at: view.at.to_string(),
            app: intent.app.to_string(),
            version: intent.version.map(|it| it.to_string()),
            instances: intent.wanted.get(),
            current: standing.map(|it| it.current),
            serving: standing.map(|it| it.serving),
            old: standing.map(|it| it.old),
            deployment: intent.deployment.as_ref().map(ToString::to_string),
            step: intent.step,
            steps: intent.steps,
            action: intent.action.clone(),
            floor: intent.bounds.map(|bounds| bounds.floor.get()),
            ceiling: intent.bounds.map(|bounds| bounds.ceiling.get()),
            next: intent.next.as_ref().map(ToString::to_string),
            seats: view.seats.iter().map(SeatReport::of).collect(),
            waiting: WaitingReport::all(view),
        }
    }
}

impl SeatReport {
    fn of(seat: &Seat) -> Self {
        Self {
            task: seat.task.to_string(),
            old: !seat.is_new(),
            condition: seat.condition.to_string(),
            version: text(seat.version),
            host: seat.host.clone(),
            ports: seat.ports.clone(),
            since: text(seat.since),
        }
    }
}

impl WaitingReport {
    pub(crate) fn all(view: &View) -> Vec<Self> {
        let one = |waiting: &Waiting| Self {
            code: waiting.reason.code(),
            text: waiting.to_string(),
            count: waiting.count,
            tasks: waiting.tasks.iter().map(ToString::to_string).collect(),
            since: text(waiting.since),
            until: text(waiting.until),
            hint: waiting.reason.hint(&view.intent),
        };
        view.waiting.iter().map(one).collect()
    }
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
