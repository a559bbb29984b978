//! Follows one deployment after the other, on one event stream.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout_at};
use zdd_core::ports::{Event, EventStream, Feed, Happening, Marathon, MarathonError};
use zdd_core::units::DeploymentId;
use zdd_core::verify::Replayed;

use super::end::{EVENT_COMES_WITHIN, Heard};
use super::{Console, End, How, Journal, Operator, Scope, Seen};
use crate::error::CliError;

/// How long the state stays unread when no event comes: what is shown is never older.
const AT_LEAST_EVERY: Duration = Duration::from_secs(3);
/// Events come in bursts, one for each instance; so many readings a second are enough to see each
/// change within a tenth of one.
const AT_MOST_EVERY: Duration = Duration::from_millis(50);
/// While the end of a deployment is being made out.
const NEAR_THE_END: Duration = Duration::from_millis(200);
/// How long an answer is waited for in silence.
const SLOW_AFTER: Duration = Duration::from_secs(5);
/// How long a first connection to the event stream is waited for before going on without it.
const STREAM_COMES_WITHIN: Duration = Duration::from_secs(5);

/// Follows one deployment after the other, on one event stream.
pub(crate) struct Follower<'m> {
    marathon: &'m dyn Marathon,
    events: Box<dyn EventStream>,
    stream: Stream,
    journal: Journal,
    /// Ends of deployments that events told.
    heard: BTreeMap<DeploymentId, Heard>,
    /// Whether the state has to be read again.
    is_stale: bool,
    /// The last complaint, which is not repeated.
    complaint: Option<String>,
}

/// What is known of the event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    /// Not yet connected.
    New,
    Connected,
    /// Being connected again.
    Lost,
    /// It will not come back.
    Over,
}

/// Why following stopped.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// The deployment ended.
    Ended(End),
    /// It takes longer than it may.
    Deadline,
    /// Whoever sits in front of it wants something else.
    Interrupted,
}

/// What a look at the state says.
enum Looked {
    /// Unless an event says so earlier.
    AgainAfter(Duration),
    Ended(End),
}

/// What following leaves behind.
pub(crate) struct Followed {
    pub(crate) replayed: Replayed,
    /// The recording that is incomplete, if it could not be written to its end.
    pub(crate) incomplete: Option<PathBuf>,
}

type Reading<'r> = Pin<Box<dyn Future<Output = Result<Seen, MarathonError>> + 'r>>;

impl<'m> Follower<'m> {
    /// Opens the event stream.
    pub(crate) fn new(marathon: &'m dyn Marathon, journal: Journal) -> Self {
        Self {
            marathon,
            events: marathon.events(),
            stream: Stream::New,
            journal,
            heard: BTreeMap::new(),
            is_stale: true,
            complaint: None,
        }
    }

    /// Waits until events come: what happens before is in no recording. Goes on without them after a
    /// while, and says so.
    pub(crate) async fn connect(&mut self, console: &mut Console<'_>) -> Result<(), CliError> {
        let until = Instant::now() + STREAM_COMES_WITHIN;
        while self.stream == Stream::New || self.stream == Stream::Lost {
            match timeout_at(until, self.events.next()).await {
                Ok(feed) => self.take(feed, None, console)?,
                Err(_) => {
                    return console
                        .note("no event stream yet: what happens meanwhile is not in the verdict");
                }
            }
        }
        Ok(())
    }

    /// Takes what was seen before the first change.
    pub(crate) fn note(&mut self, seen: &Seen, console: &mut Console<'_>) -> Result<(), CliError> {
        match self.journal.seen(seen, self.stream == Stream::Connected) {
            Ok(()) => Ok(()),
            Err(failed) => console.note(&failed.to_string()),
        }
    }

    /// Without events, what is there at the end is all that there is to be judged. So it is where a
    /// stream that seems to be there has not told of the end: it stands still, and for how long is
    /// not known.
    fn note_end(
        &mut self,
        deployment: &DeploymentId,
        seen: &Seen,
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        if self.stream == Stream::Connected && self.heard.contains_key(deployment) {
            return Ok(());
        }
        self.journal.gap();
        self.note(seen, console)
    }

    /// Takes it that a change was accepted.
    pub(crate) fn accepted(&mut self) {
        self.journal.accepted();
    }

    /// Takes the events that came while nobody listened, until one tells of the end of a deployment
    /// in `scope`. None if there is no such event: then it was lost, or the stream is.
    pub(crate) async fn ended_meanwhile(
        &mut self,
        scope: &Scope,
        console: &mut Console<'_>,
    ) -> Result<Option<DeploymentId>, CliError> {
        let until = Instant::now() + EVENT_COMES_WITHIN;
        while self.stream == Stream::Connected {
            let Ok(feed) = timeout_at(until, self.events.next()).await else { break };
            let ended = match &feed {
                Some(Feed::Event(event)) => end_in(event, scope),
                _ => None,
            };
            self.take(feed, None, console)?;
            if ended.is_some() {
                return Ok(ended);
            }
        }
        Ok(None)
    }

    /// Follows a deployment to its end.
    pub(crate) async fn until_end(
        &mut self,
        deployment: &DeploymentId,
        scope: &Scope,
        deadline: Option<Instant>,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<Stop, CliError> {
        let marathon = self.marathon;
        let _following = console.following();
        let mut reading: Option<Reading<'_>> = None;
        let mut due = Instant::now();
        let mut last_read = due.checked_sub(AT_MOST_EVERY).unwrap_or(due);
        let mut gone_since = None;
        let mut is_slow = false;
        self.is_stale = true;
        loop {
            if self.is_stale {
                due = due.min(last_read + AT_MOST_EVERY);
            }
            let is_reading = reading.is_some();
            // What is noted down next is from the moment that it is read at, so the events from then
            // on come behind it: in the other order it would take back what they told.
            let waits = self.stream == Stream::Connected && self.journal.is_due();
            tokio::select! {
                biased;
                () = operator.interrupted() => return Ok(Stop::Interrupted),
                () = at(deadline) => return Ok(Stop::Deadline),
                () = at(console.due()) => console.refresh()?,
                seen = answer(&mut reading) => {
                    reading = None;
                    is_slow = false;
                    match self.looked(seen, (deployment, scope), &mut gone_since, console)? {
                        Looked::Ended(end) => return Ok(Stop::Ended(end)),
                        Looked::AgainAfter(time) => due = Instant::now() + time,
                    }
                }
                () = sleep_until(last_read + SLOW_AFTER), if is_reading && !is_slow => {
                    is_slow = true;
                    let slow = SLOW_AFTER.as_secs();
                    console.note(&format!("Marathon does not answer since {slow} s; waiting for it"))?;
                }
                () = sleep_until(due), if !is_reading => {
                    self.is_stale = false;
                    last_read = Instant::now();
                    reading = Some(Box::pin(scope.read(marathon)));
                }
                feed = self.events.next(), if self.stream != Stream::Over && !waits => {
                    let is_connected = feed == Some(Feed::Connected);
                    self.take(feed, Some((deployment, scope)), console)?;
                    if is_connected {
                        // What is being read may be from before the connection.
                        reading = None;
                        due = Instant::now();
                    }
                }
            }
        }
    }

    /// Shows and notes down what was read. `gone_since` is when the deployment was missed first.
    fn looked(
        &mut self,
        read: Result<Seen, MarathonError>,
        (deployment, scope): (&DeploymentId, &Scope),
        gone_since: &mut Option<Instant>,
        console: &mut Console<'_>,
    ) -> Result<Looked, CliError> {
        let seen = match read {
            Ok(seen) => seen,
            Err(error) => {
                self.complain(&error, console)?;
                return Ok(Looked::AgainAfter(AT_LEAST_EVERY));
            }
        };
        self.complaint = None;
        self.note(&seen, console)?;
        console.look(&seen)?;
        if seen.deployment(deployment).is_some() {
            *gone_since = None;
            return Ok(Looked::AgainAfter(AT_LEAST_EVERY));
        }
        let since = *gone_since.get_or_insert_with(Instant::now);
        let Some(how) = self.end(deployment, scope, &seen, since) else {
            return Ok(Looked::AgainAfter(NEAR_THE_END));
        };
        self.note_end(deployment, &seen, console)?;
        Ok(Looked::Ended(End { how, seen }))
    }

    /// How a deployment that is listed no longer ended; none while its event may still come.
    fn end(
        &self,
        deployment: &DeploymentId,
        scope: &Scope,
        seen: &Seen,
        gone_since: Instant,
    ) -> Option<How> {
        let heard = self.heard.get(deployment);
        let may_come = heard.is_none() && self.stream == Stream::Connected;
        (!may_come || gone_since.elapsed() >= EVENT_COMES_WITHIN)
            .then(|| How::of(deployment, heard, seen, scope))
    }

    /// Takes what the stream says.
    fn take(
        &mut self,
        feed: Option<Feed>,
        followed: Option<(&DeploymentId, &Scope)>,
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        match feed {
            Some(Feed::Connected) => {
                self.stream = Stream::Connected;
                self.is_stale = true;
                self.journal.connected();
            }
            Some(Feed::Event(event)) => {
                if let Err(failed) = self.journal.event(&event) {
                    console.note(&failed.to_string())?;
                }
                self.is_stale |= followed.is_some_and(|(id, scope)| concerns(&event, id, scope));
                self.hear(event);
            }
            Some(Feed::Lost { why }) => {
                if self.stream == Stream::Connected {
                    console.note(&format!("event stream lost: {why}; connecting again"))?;
                }
                self.stream = Stream::Lost;
            }
            Some(Feed::Ended { why }) => {
                self.stream = Stream::Over;
                let every = AT_LEAST_EVERY.as_secs();
                console
                    .note(&format!("no event stream: {why}; looking every {every} s instead"))?;
            }
            None => self.stream = Stream::Over,
        }
        Ok(())
    }

    /// Remembers what an event says of the end of a deployment.
    fn hear(&mut self, event: Event) {
        match event.happening {
            Happening::Succeeded(id) => {
                self.heard.insert(id, Heard::Success);
            }
            Happening::Failed { deployment, reason } => {
                self.heard.insert(deployment, Heard::Failure { reason });
            }
            _ => {}
        }
    }

    /// Marathon carries on whether or not it answers, so what fails is tried again; it is said once.
    fn complain(
        &mut self,
        error: &MarathonError,
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        let text = error.to_string();
        if self.complaint.as_deref() != Some(&text) {
            console.note(&format!("{text}; trying again"))?;
            self.complaint = Some(text);
        }
        Ok(())
    }

    /// What it leaves behind.
    pub(crate) fn finish(self) -> Followed {
        let incomplete = self.journal.incomplete().map(PathBuf::from);
        Followed { incomplete, replayed: self.journal.finish() }
    }
}

/// The deployment of which an event tells the end, if its plan has an app in `scope`.
fn end_in(event: &Event, scope: &Scope) -> Option<DeploymentId> {
    let (Happening::Succeeded(id) | Happening::Failed { deployment: id, .. }) = &event.happening
    else {
        return None;
    };
    let json: Value = serde_json::from_str(&event.json).ok()?;
    let steps = json["plan"]["steps"].as_array()?;
    let mut actions = steps.iter().filter_map(|step| step["actions"].as_array()).flatten();
    let is_in_scope =
        |action: &Value| action["app"].as_str()?.parse().ok().map(|app| scope.has(&app));
    actions.any(|action| is_in_scope(action) == Some(true)).then(|| id.clone())
}

/// Whether an event is a reason to look again.
fn concerns(event: &Event, deployment: &DeploymentId, scope: &Scope) -> bool {
    let happening = &event.happening;
    match (happening.deployment(), happening.app()) {
        (Some(id), _) => id == deployment,
        (None, Some(app)) => scope.has(app),
        (None, None) => matches!(happening, Happening::Group),
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// The answer of a reading, for as long as there is one.
async fn answer(reading: &mut Option<Reading<'_>>) -> Result<Seen, MarathonError> {
    match reading {
        Some(reading) => reading.await,
        None => pending().await,
    }
}
