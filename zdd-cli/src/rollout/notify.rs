//! Tells a webhook how a rollout goes. It never waits for it, but at the very end and not for long.

use std::env;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zdd_core::rollout::record::Phase;
use zdd_core::rollout::{Decision, Next, WaitingOn};
use zdd_core::units::{AppId, Timestamp};
use zdd_core::verify::rollout::wire::{Begin, Ended, How, WaitingFor};

use super::error::CanaryError;
use crate::args::HookUrl;
use crate::error::CliError;
use crate::schema::{SCHEMA, millis};

/// Where the address may stand instead.
const VARIABLE: &str = "ZDD_NOTIFY_URL";
/// How long one notice may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long is waited for those that are on their way, in the end.
const LAST_PATIENCE: Duration = Duration::from_secs(6);
/// Notices that wait to be sent; a rollout has a handful.
const MOST_WAITING: usize = 16;
/// From when on what is waited for is worth a notice.
const WORTH_SAYING: Duration = Duration::from_secs(30);

/// Sends notices, one after the other.
#[derive(Debug)]
pub(super) struct Notifier {
    queue: mpsc::Sender<Notice>,
    sender: JoinHandle<()>,
    /// Scheme, host and port: all else may be a secret.
    place: String,
    trouble: Arc<Mutex<Option<String>>>,
    is_warned: bool,
    begin: Option<Begin>,
    waiting: Option<Wait>,
}

/// What is waited for.
#[derive(Debug)]
struct Wait {
    on: WaitingOn,
    since: Timestamp,
    is_told: bool,
}

/// What is posted.
#[derive(Clone, Debug, Serialize)]
struct Notice {
    schema: u32,
    /// `begin`, `waiting` or `end`.
    event: &'static str,
    at: Timestamp,
    group: String,
    backend: String,
    phase: Phase,
    generation: u64,
    old: Option<AppId>,
    new: AppId,
    /// For people.
    text: String,
    /// Of a wait: a word for what is waited for, for how long already, and what can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Of the end: how.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<How>,
}

impl Notifier {
    /// One for the address of the argument or of the environment, if there is one.
    pub(super) fn open(argument: Option<&HookUrl>) -> Result<Option<Self>, CliError> {
        let text = match argument {
            Some(HookUrl(text)) => Some(text.clone()),
            None => match env::var(VARIABLE) {
                Ok(text) => Some(text).filter(|text| !text.is_empty()),
                Err(env::VarError::NotPresent) => None,
                Err(env::VarError::NotUnicode(_)) => {
                    return Err(CanaryError::NotifyUrl("it is not text").into());
                }
            },
        };
        text.map(|text| Self::to(&text)).transpose()
    }

    fn to(text: &str) -> Result<Self, CliError> {
        let refused = |why| CliError::from(CanaryError::NotifyUrl(why));
        let url = Url::parse(text).map_err(|_| refused("it is no URL"))?;
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"));
        let host = host.ok_or_else(|| refused("it is neither http nor https"))?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let place = format!("{}://{host}{port}", url.scheme());
        // Whoever is redirected would tell somebody else.
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .user_agent(concat!("zdd/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(CliError::HttpClient)?;
        let (queue, notices) = mpsc::channel(MOST_WAITING);
        let trouble = Arc::new(Mutex::new(None));
        let sender = tokio::spawn(send_all(notices, http, url, trouble.clone()));
        let (begin, waiting) = (None, None);
        Ok(Self { queue, sender, place, trouble, is_warned: false, begin, waiting })
    }

    pub(super) fn begin(&mut self, begin: &Begin) {
        self.turn(begin);
        self.tell("begin", begin.at, "it begins".into(), |_| {});
    }

    /// Another part of the same begins: what is told from now on is of that one.
    pub(super) fn turn(&mut self, begin: &Begin) {
        self.begin = Some(begin.clone());
        self.waiting = None;
    }

    pub(super) fn decided(&mut self, now: Timestamp, decision: &Decision) {
        let Next::ObserveBy { waiting_on, .. } = &decision.next else {
            self.waiting = None;
            return;
        };
        let same = self.waiting.take().filter(|it| it.on.is_same(waiting_on));
        let (since, is_told) = same.map_or((now, false), |it| (it.since, it.is_told));
        let waited = now.since(since);
        let is_due = !is_told && waited >= WORTH_SAYING;
        if is_due {
            let text = format!("waiting for {}", WaitingFor::of(waiting_on).text);
            self.tell("waiting", now, text, |notice| {
                notice.reason = Some(waiting_on.code());
                notice.waited_ms = Some(millis(waited));
                notice.hint = waiting_on.hint();
            });
        }
        let is_told = is_told || is_due;
        self.waiting = Some(Wait { on: waiting_on.clone(), since, is_told });
    }

    pub(super) fn end(&mut self, ended: &Ended) {
        self.waiting = None;
        let why = ended.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        self.tell("end", ended.at, format!("{}{why}", ended.outcome), |notice| {
            notice.outcome = Some(ended.outcome);
        });
    }

    fn tell(
        &mut self,
        event: &'static str,
        at: Timestamp,
        text: String,
        more: impl FnOnce(&mut Notice),
    ) {
        let Some(begin) = &self.begin else { return };
        let mut notice = Notice {
            schema: SCHEMA,
            event,
            at,
            group: begin.group.clone(),
            backend: begin.backend.to_string(),
            phase: begin.phase,
            generation: begin.generation,
            old: begin.old.clone(),
            new: begin.new.clone(),
            text,
            reason: None,
            waited_ms: None,
            hint: None,
            outcome: None,
        };
        more(&mut notice);
        if self.queue.try_send(notice).is_err() {
            note(&self.trouble, "it takes too long".into());
        }
    }

    /// What went wrong, once.
    pub(super) fn warning(&mut self) -> Option<String> {
        if self.is_warned {
            return None;
        }
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        self.is_warned = true;
        Some(warning(&self.place, &trouble))
    }

    /// Lets what is on its way arrive, and says what went wrong if that was not said.
    pub(super) async fn finish(self) -> Option<String> {
        let Self { queue, mut sender, place, trouble, is_warned, .. } = self;
        drop(queue);
        if timeout(LAST_PATIENCE, &mut sender).await.is_err() {
            sender.abort();
            note(&trouble, "it takes too long".into());
        }
        let trouble = trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        trouble.filter(|_| !is_warned).map(|trouble| warning(&place, &trouble))
    }
}

fn warning(place: &str, trouble: &str) -> String {
    format!("{place} could not be told ({trouble}); the rollout goes on without it")
}

fn note(trouble: &Mutex<Option<String>>, what: String) {
    trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
}

async fn send_all(
    mut notices: mpsc::Receiver<Notice>,
    http: Client,
    url: Url,
    trouble: Arc<Mutex<Option<String>>>,
) {
    while let Some(notice) = notices.recv().await {
        let failed = match http.post(url.clone()).json(&notice).send().await {
            Ok(answer) if answer.status().is_success() => continue,
            Ok(answer) => format!("it answers {}", answer.status()),
            Err(error) => cause(error),
        };
        note(&trouble, failed);
    }
}

/// The innermost cause; never the address.
fn cause(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    let error = error.without_url();
    let mut innermost = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        innermost = inner.to_string();
        source = inner.source();
    }
    innermost
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use zdd_core::ports::Name;
    use zdd_core::rollout::{OnDrainTimeout, Split, Target};
    use zdd_core::verify::rollout::wire::Drain;

    use super::*;

    fn begin() -> Begin {
        Begin {
            at: Timestamp::EPOCH,
            group: "shop".into(),
            backend: Name::new("shop_10080").unwrap(),
            generation: 1,
            phase: Phase::Promote,
            old: Some("/shop-blue".parse().unwrap()),
            new: "/shop-green".parse().unwrap(),
            target: Target { old: 0, new: 2, traffic: Split::NEW.into() },
            hold: Split::OLD.into(),
            floor: 2,
            drain: Drain { timeout_ms: 1, on_timeout: OnDrainTimeout::Stop },
        }
    }

    fn waits(on: WaitingOn) -> Decision {
        let deadline = Timestamp::EPOCH;
        Decision { actions: Vec::new(), next: Next::ObserveBy { deadline, waiting_on: on } }
    }

    fn health(have: u32) -> WaitingOn {
        let last_failure = Some("cannot fetch http://ann:s3cret@files/".into());
        let app = "/shop-green".parse().unwrap();
        WaitingOn::Health { app, have, need: 2, last_failure }
    }

    /// Takes as many requests, each on a connection of its own, and answers so.
    async fn take(listener: TcpListener, count: usize, status: &str) -> Vec<Value> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let body = loop {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
                let text = String::from_utf8_lossy(&request);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
                if let Some(body) = body.and_then(|body| serde_json::from_str(body).ok()) {
                    break body;
                }
            };
            bodies.push(body);
            let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        bodies
    }

    async fn listening() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/?s3cret", listener.local_addr().unwrap());
        (listener, url)
    }

    #[tokio::test]
    async fn what_is_waited_for_for_long_is_told_once() {
        let (listener, url) = listening().await;
        let taken = tokio::spawn(take(listener, 4, "204 No Content"));
        let mut notifier = Notifier::to(&url).unwrap();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        notifier.begin(&begin());
        for (seconds, on) in [
            (0, health(0)),
            (29, health(1)),
            // Long enough, whatever its numbers; and said once.
            (31, health(0)),
            (80, health(0)),
            (81, WaitingOn::Effect),
            (100, WaitingOn::NoBalancer),
            (131, WaitingOn::NoBalancer),
        ] {
            notifier.decided(at(seconds), &waits(on));
        }
        notifier.end(&Ended { at: at(140), outcome: How::TimedOut, why: Some("why".into()) });
        assert_eq!(notifier.finish().await, None);
        let told = taken.await.unwrap();
        let events: Vec<_> = told.iter().map(|it| it["event"].as_str().unwrap()).collect();
        assert_eq!(events, ["begin", "waiting", "waiting", "end"]);
        assert_eq!((&told[1]["reason"], &told[1]["waited_ms"]), (&"health".into(), &31_000.into()));
        assert_eq!(told[1]["text"], "waiting for /shop-green: 0 of 2 healthy");
        assert_eq!(
            (&told[2]["reason"], &told[2]["waited_ms"]),
            (&"no-balancer".into(), &31_000.into())
        );
        assert_eq!(
            (&told[3]["outcome"], &told[3]["text"]),
            (&"timed-out".into(), &"timed out: why".into())
        );
    }

    #[tokio::test]
    async fn one_that_refuses_is_warned_of_once() {
        let (listener, url) = listening().await;
        let taken = tokio::spawn(take(listener, 2, "500 Internal Server Error"));
        let mut notifier = Notifier::to(&url).unwrap();
        notifier.begin(&begin());
        notifier.end(&Ended { at: Timestamp::EPOCH, outcome: How::Reached, why: None });
        let warning = notifier.finish().await.unwrap();
        assert!(warning.contains("it answers 500"), "{warning}");
        assert!(!warning.contains("s3cret"), "{warning}");
        assert_eq!(taken.await.unwrap().len(), 2);
    }
}
