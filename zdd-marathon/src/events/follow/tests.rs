use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zdd_core::ports::MarathonError;

use super::*;

/// What a scripted connection does next.
#[derive(Clone, Debug)]
enum Act {
    Send(Vec<u8>),
    Wait(Duration),
    Break(&'static str),
}

type Opening = Result<Vec<Act>, OpenError>;

/// Answers each try as it is written down; when the script is at its end, no try is answered.
#[derive(Debug, Default)]
struct Script {
    openings: Mutex<VecDeque<Opening>>,
    /// When each try was made, and with which id.
    tries: Mutex<Vec<(Instant, Option<String>)>>,
    open: Arc<AtomicUsize>,
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Script {
    fn new(openings: impl IntoIterator<Item = Opening>) -> Arc<Self> {
        let openings = Mutex::new(openings.into_iter().collect());
        Arc::new(Self { openings, ..Self::default() })
    }

    /// The times between the tries.
    fn pauses(&self) -> Vec<Duration> {
        let tries = self.tries.lock().unwrap();
        tries.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
    }
}

#[async_trait]
impl Connect for Script {
    async fn open(&self, last_id: Option<&str>) -> Result<Body, OpenError> {
        self.tries.lock().unwrap().push((Instant::now(), last_id.map(String::from)));
        let opening = self.openings.lock().unwrap().pop_front();
        let Some(opening) = opening else { std::future::pending().await };
        self.open.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(Arc::clone(&self.open));
        let acts = opening?.into_iter();
        Ok(Box::pin(stream::unfold((acts, counted), |(mut acts, counted)| async move {
            loop {
                return match acts.next()? {
                    Act::Send(bytes) => Some((Ok(Bytes::from(bytes)), (acts, counted))),
                    Act::Wait(time) => {
                        sleep(time).await;
                        continue;
                    }
                    Act::Break(why) => Some((Err(why.into()), (acts, counted))),
                };
            }
        })))
    }
}

fn send(text: &str) -> Act {
    Act::Send(text.into())
}

fn wait(seconds: u64) -> Act {
    Act::Wait(Duration::from_secs(seconds))
}

/// The bytes of an event that has the name `name`.
fn event(name: &str) -> String {
    format!("event: {name}\ndata: {{\"eventType\":\"{name}\"}}\n\n")
}

fn retry(why: &str) -> Opening {
    Err(OpenError::Retry { why: why.into(), after: None })
}

fn refused() -> MarathonError {
    MarathonError::Unauthorised { url: "http://m".into(), status: 401 }
}

/// A feed in one word or a few.
fn word(feed: &Feed) -> String {
    match feed {
        Feed::Connected => "connected".into(),
        Feed::Event(event) => event.name.clone(),
        Feed::Lost { why } => format!("lost: {why}"),
        Feed::Ended { why } => format!("ended: {why}"),
    }
}

/// The next feeds, which have to come within an hour.
async fn words<const N: usize>(events: &mut Events) -> [String; N] {
    let mut words = std::array::from_fn(|_| String::new());
    for place in &mut words {
        let feed = timeout(Duration::from_secs(3600), events.next()).await;
        *place = word(&feed.expect("something comes").expect("the stream goes on"));
    }
    words
}

fn follow_script(script: &Arc<Script>) -> Events {
    follow(Arc::clone(script) as Arc<dyn Connect>, Pace::default())
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_drops_is_made_again() {
    let script = Script::new([
        Ok(vec![send(&event("a")), send("event: half\ndata: {")]),
        Ok(vec![send(&event("b")), Act::Break("reset by peer")]),
        Ok(vec![send(&event("c")), wait(5), send(&event("c")), wait(3600)]),
    ]);
    let mut events = follow_script(&script);
    assert_eq!(
        words(&mut events).await,
        [
            "connected",
            "a",
            "lost: the connection was closed",
            "connected",
            "b",
            "lost: reset by peer",
            "connected",
            "c",
            "c"
        ]
    );
    for pause in script.pauses() {
        assert!((100..=200).contains(&pause.as_millis()), "{pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tries_become_rarer_until_one_is_good() {
    let mut openings = vec![retry("refused"); 12];
    openings.extend([Ok(vec![send(&event("a"))]), Ok(vec![wait(1)]), Ok(vec![wait(3600)])]);
    let script = Script::new(openings);
    let mut events = follow_script(&script);
    // The same reason is said once.
    assert_eq!(
        words(&mut events).await,
        [
            "lost: refused",
            "connected",
            "a",
            "lost: the connection was closed",
            "connected",
            "lost: the connection was closed",
            "connected"
        ]
    );
    let pauses: Vec<u128> = script.pauses().iter().map(Duration::as_millis).collect();
    for (index, &pause) in pauses[..12].iter().enumerate() {
        let least = (100 << index).min(10_000);
        assert!((least..=2 * least + 1).contains(&pause), "{index}: {pauses:?}");
    }
    // The event made it good; the connection without one did not.
    assert!((100..=201).contains(&pauses[12]), "{pauses:?}");
    assert!((1_200..=1_402).contains(&pauses[13]), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_connection_is_good_without_events() {
    let quiet: Vec<Act> = (0..7).flat_map(|_| [wait(10), send("\r\n")]).collect();
    let mut openings = vec![retry("refused"); 8];
    openings.extend([Ok(quiet), Ok(vec![wait(3600)])]);
    let script = Script::new(openings);
    let mut events = follow_script(&script);
    words::<4>(&mut events).await;
    let last = script.pauses()[8].as_millis();
    assert!((70_100..=70_201).contains(&last), "{last}");
}

#[tokio::test(start_paused = true)]
async fn waits_that_are_asked_for_are_kept_within_reason() {
    let script = Script::new([
        Ok(vec![send(&format!("retry: 3000\nid: 7\n{}", event("a")))]),
        Err(OpenError::Retry { why: "busy".into(), after: Some(Duration::from_secs(5)) }),
        Err(OpenError::Retry { why: "busy".into(), after: Some(Duration::from_secs(1 << 30)) }),
        Ok(vec![send(&format!("retry: 99999999999999\n{}", event("b")))]),
        Ok(vec![wait(3600)]),
    ]);
    let mut events = follow_script(&script);
    words::<8>(&mut events).await;
    let pauses: Vec<u64> = script.pauses().iter().map(Duration::as_secs).collect();
    assert_eq!(pauses, [3, 5, 10, 10]);
    let tries = script.tries.lock().unwrap();
    let ids: Vec<Option<&str>> = tries.iter().map(|(_, id)| id.as_deref()).collect();
    assert_eq!(ids, [None, Some("7"), Some("7"), Some("7"), Some("7")]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_loss_and_a_heartbeat_is_not() {
    let beats = (0..20).flat_map(|_| [wait(10), send("\r\n")]);
    let script = Script::new([
        Ok(beats.chain([send(&event("a")), wait(3600)]).collect()),
        Ok(vec![send(&event("b")), wait(3600)]),
    ]);
    let mut events = follow_script(&script);
    let start = Instant::now();
    assert_eq!(
        words(&mut events).await,
        ["connected", "a", "lost: not a sign of life for 30 s", "connected", "b"]
    );
    assert!((230..=231).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_try_that_hangs_is_given_up() {
    // The script is empty: no try is ever answered.
    let script = Script::new([]);
    let mut events = follow_script(&script);
    assert_eq!(words(&mut events).await, ["lost: no answer within 300 s"]);
    let second = timeout(Duration::from_secs(3000), events.next()).await;
    assert!(second.is_err(), "the same reason is said once: {second:?}");
    assert!(script.tries.lock().unwrap().len() > 5);
}

#[tokio::test(start_paused = true)]
async fn what_no_try_can_mend_ends_the_stream() {
    let script = Script::new([Ok(vec![send(&event("a"))]), Err(OpenError::Fatal(refused()))]);
    let mut events = follow_script(&script);
    let _: [String; 3] = words(&mut events).await;
    assert_eq!(events.next().await, Some(Feed::Ended { why: refused() }));
    assert_eq!(events.next().await, None);
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_a_gap() {
    let pace = Pace { largest_event: 1000, ..Pace::default() };
    let large = format!("event: huge\ndata: {}\n\n", "x".repeat(5000));
    let script = Script::new([Ok(vec![
        send(&event("a")),
        send("data: garbage\n\ndata: more garbage\n\n"),
        send(&event("b")),
        send(&large),
        send(&event("c")),
        Act::Send(vec![0xff; 500]),
        send(&format!("\n\n{}", event("d"))),
        wait(3600),
    ])]);
    let mut events = follow(Arc::clone(&script) as Arc<dyn Connect>, pace);
    assert_eq!(
        words(&mut events).await,
        [
            "connected",
            "a",
            "lost: a message `message` is not an event of Marathon's",
            "connected",
            "b",
            "lost: an event `huge` of more than 1000 bytes",
            "connected",
            "c",
            "d",
        ]
    );
    assert_eq!(script.tries.lock().unwrap().len(), 1, "the connection is kept");
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_told_that_it_missed_something() {
    let pace = Pace { entries: 10, ..Pace::default() };
    let burst = |from: usize, to: usize| {
        send(&(from..to).map(|n| event(&n.to_string())).collect::<String>())
    };
    let script = Script::new([Ok(vec![
        burst(0, 9),
        wait(1),
        burst(9, 25),
        wait(1),
        burst(25, 26),
        wait(3600),
    ])]);
    let mut events = follow(Arc::clone(&script) as Arc<dyn Connect>, pace);
    assert_eq!(words(&mut events).await, ["connected", "0", "1"]);
    sleep(Duration::from_secs(10)).await;
    let lost = "lost: events came faster than they were read, and were dropped";
    // 2 to 8 wait, 9 to 11 fit, 12 is too many; 13 to 20 fit again, and 21 is too many.
    assert_eq!(words(&mut events).await, [lost, "connected", "22", "23", "24", "25"]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_reads_costs_a_bounded_memory() {
    let pace = Pace { bytes: 10_000, ..Pace::default() };
    let event = format!("data: {{\"eventType\":\"e\",\"x\":\"{}\"}}\n\n", "x".repeat(3000));
    let openings = (0..201).map(|_| Ok(vec![send(&event.repeat(5))]));
    let script = Script::new(openings);
    let mut events = follow(Arc::clone(&script) as Arc<dyn Connect>, pace);
    sleep(Duration::from_secs(600)).await;
    assert!(script.tries.lock().unwrap().len() > 201);
    let (mut bytes, mut entries) = (0, 0);
    while let Ok(Some(feed)) = timeout(Duration::from_millis(1), events.next()).await {
        entries += 1;
        if let Feed::Event(event) = feed {
            bytes += event.json.len();
        }
    }
    assert!((3000..=10_000).contains(&bytes), "{bytes}");
    assert!(entries < 50, "{entries}");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_ends_the_connection() {
    let script = Script::new([Ok(vec![wait(3600)])]);
    let mut events = follow_script(&script);
    assert_eq!(words(&mut events).await, ["connected"]);
    assert_eq!(script.open.load(Ordering::SeqCst), 1);
    drop(events);
    tokio::task::yield_now().await;
    assert_eq!(script.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_next_that_is_dropped_loses_nothing() {
    let acts =
        (0..50).flat_map(|n| [Act::Wait(Duration::from_millis(7)), send(&event(&n.to_string()))]);
    let script = Script::new([Ok(acts.chain([wait(3600)]).collect())]);
    let mut events = follow_script(&script);
    let mut seen = Vec::new();
    while seen.len() < 51 {
        if let Ok(feed) = timeout(Duration::from_millis(3), events.next()).await {
            seen.push(word(&feed.unwrap()));
        }
    }
    let wanted: Vec<String> =
        std::iter::once("connected".into()).chain((0..50).map(|n: u32| n.to_string())).collect();
    assert_eq!(seen, wanted);
}

/// A plain connection to a scripted server.
struct Http {
    client: reqwest::Client,
    url: String,
}

#[async_trait]
impl Connect for Http {
    async fn open(&self, _: Option<&str>) -> Result<Body, OpenError> {
        let why = |error: &reqwest::Error| error.without_url_text();
        let answer = self.client.get(&self.url).header("accept", "text/event-stream").send().await;
        let answer = answer.map_err(|error| OpenError::Retry { why: why(&error), after: None })?;
        let content_type =
            answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        OpenError::look_at(&self.url, answer.status().as_u16(), content_type)?;
        Ok(Box::pin(answer.bytes_stream().map(move |piece| piece.map_err(|error| why(&error)))))
    }
}

/// The kind of an error, which is the same on every machine.
trait Text {
    fn without_url_text(&self) -> String;
}

impl Text for reqwest::Error {
    fn without_url_text(&self) -> String {
        if self.is_connect() { "refused".into() } else { "broken".into() }
    }
}

#[tokio::test]
async fn a_real_server_that_does_everything_wrong() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v2/events", listener.local_addr().unwrap());
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let long = format!("event: long\ndata: {{\"eventType\":\"{}\"}}\n\n", "x".repeat(17 << 20));
    let answers: Vec<Vec<u8>> = vec![
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n".into(),
        Vec::new(),
        format!("{head}{}event: half\ndata: {{\"ev", event("a")).into(),
        format!("{head}{}{}{long}{}", event("b"), event("b"), event("c")).into(),
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999\r\n\r\n{}",
            event("d")
        )
        .into(),
        b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n".into(),
    ];
    let server = AbortOnDropHandle::new(tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert_ne!(socket.read(&mut request).await.unwrap(), 0);
            // The reader may be gone; that is its own affair.
            let _ = socket.write_all(&answer).await;
            let _ = socket.shutdown().await;
        }
    }));
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let pace = Pace { first_delay: Duration::from_millis(1), ..Pace::default() };
    let mut events = follow(Arc::new(Http { client, url: url.clone() }), pace);
    let mut said = Vec::new();
    let all = async {
        while let Some(feed) = events.next().await {
            said.push(word(&feed));
        }
    };
    timeout(Duration::from_secs(20), all).await.expect("401 ends it");
    assert_eq!(
        said,
        [
            &format!("lost: {url} answers 503 instead of events")[..],
            "lost: broken",
            "connected",
            "a",
            "lost: the connection was closed",
            "connected",
            "b",
            "b",
            "lost: an event `long` of more than 16777216 bytes",
            "connected",
            "c",
            "lost: the connection was closed",
            "connected",
            "d",
            "lost: broken",
            &format!("ended: not authorised by {url} (401)"),
        ]
    );
    server.await.unwrap();
}
