//! What an embedded Marathon does, as its event stream tells.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;
use zdd_core::app::App;
use zdd_core::ports::{Accepted, Event, EventStream, Feed, Force, Happening, Marathon};
use zdd_core::timeline::Timeline;
use zdd_core::units::DeploymentId;
use zdd_marathon::HttpMarathon;
use zdd_marathon::local::Lab;

use super::cases::Case;
use super::plan;

/// An order, or something that happened, by the instance that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// An old one is told to stop.
    Stop(String),
    /// An old one is gone.
    Die(String),
    /// A new one is asked for.
    Launch(String),
    /// A new one runs.
    Run(String),
    /// A new one is healthy; without checks, as soon as it runs.
    BecomeHealthy(String),
    /// What no plan says.
    Other(String),
}

/// What happened in one deployment.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) deeds: Vec<Deed>,
    pub(crate) succeeded: bool,
}

impl Deed {
    /// The instance, what number in its life this is, and whether it is a new one.
    pub(crate) fn place(&self) -> Option<(&str, usize, bool)> {
        match self {
            Self::Stop(instance) => Some((instance, 0, false)),
            Self::Die(instance) => Some((instance, 1, false)),
            Self::Launch(instance) => Some((instance, 0, true)),
            Self::Run(instance) => Some((instance, 1, true)),
            Self::BecomeHealthy(instance) => Some((instance, 2, true)),
            Self::Other(_) => None,
        }
    }
}

/// Talks to a lab over its API.
pub(crate) struct Client {
    marathon: HttpMarathon,
    events: Box<dyn EventStream>,
}

impl Client {
    pub(crate) async fn of(lab: &Lab) -> Self {
        let marathon = HttpMarathon::builder([lab.url()]).build().unwrap();
        let mut events = marathon.events();
        assert_eq!(events.next().await, Some(Feed::Connected));
        Self { marathon, events }
    }

    /// Replaces the old definition of a case by the new one, and removes the app afterwards. What
    /// happens up to that moment counts: a plan that stands still must stay so.
    pub(crate) async fn deploy(&mut self, case: &Case, plan: &Timeline) -> Happened {
        let id = case.new.id();
        let before = self.marathon.create_app(&case.old, Force::No).await.unwrap();
        self.until_succeeded(&before.deployment).await;
        let accepted = self.marathon.replace_app(&case.new, Force::No).await.unwrap();
        let mut happened = Happened { deeds: Vec::new(), succeeded: false };
        // Where it stands still, whatever is ordered because of the last deed is told before the removal.
        let is_over = |happened: &Happened| {
            happened.succeeded
                || plan::is_stalled(plan) && happened.deeds.len() >= plan::n_deeds(plan)
        };
        while !is_over(&happened) {
            let event = self.next().await;
            happened.note(&event, &case.new, &accepted);
        }
        let removal = self.marathon.delete_app(id, Force::Yes).await.unwrap();
        loop {
            let event = self.next().await;
            if event.happening == Happening::StepBegins(removal.deployment.clone()) {
                break;
            }
            happened.note(&event, &case.new, &accepted);
        }
        self.until_succeeded(&removal.deployment).await;
        happened
    }

    async fn until_succeeded(&mut self, deployment: &DeploymentId) {
        while self.next().await.happening != Happening::Succeeded(deployment.clone()) {}
    }

    async fn next(&mut self) -> Event {
        let next = timeout(Duration::from_secs(60), self.events.next()).await;
        match next.expect("an event comes in time") {
            Some(Feed::Event(event)) => event,
            other => panic!("the stream breaks: {other:?}"),
        }
    }
}

impl Happened {
    /// Takes in what an event says of this app.
    fn note(&mut self, event: &Event, app: &App, accepted: &Accepted) {
        self.succeeded |= event.happening == Happening::Succeeded(accepted.deployment.clone());
        let json: Value = serde_json::from_str(&event.json).unwrap();
        if json["runSpecId"] != app.id().as_str() {
            return;
        }
        let is_new = json["runSpecVersion"] == accepted.version.to_string();
        let instance = json["instanceId"].as_str().unwrap().to_owned();
        let is_checked = !app.health_checks().is_empty();
        match (event.name.as_str(), json["condition"].as_str(), is_new) {
            ("instance_changed_event", Some("Scheduled"), true) => {
                self.deeds.push(Deed::Launch(instance));
            }
            // It is on its way from one to the other.
            ("instance_changed_event", Some("Provisioned" | "Staging" | "Starting"), true)
            | ("instance_changed_event", Some("Killing"), false) => {}
            ("instance_changed_event", Some("Running"), true) => {
                self.deeds.push(Deed::Run(instance.clone()));
                if !is_checked {
                    self.deeds.push(Deed::BecomeHealthy(instance));
                }
            }
            ("instance_health_changed_event", _, true) if json["healthy"] == true => {
                self.deeds.push(Deed::BecomeHealthy(instance));
            }
            // It still runs, and it is said again because its goal is another one.
            ("instance_changed_event", Some("Running"), false) => {
                self.deeds.push(Deed::Stop(instance));
            }
            ("instance_changed_event", Some("Killed"), false) => {
                self.deeds.push(Deed::Die(instance));
            }
            _ => self.deeds.push(Deed::Other(event.json.clone())),
        }
    }
}
