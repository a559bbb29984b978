//! Metrics of a rollout, for Prometheus: text format 0.0.4 over HTTP.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use zdd_core::rollout::record::Phase;
use zdd_core::rollout::{Action, Decision, Next, Observation, Standing, standings};
use zdd_core::verify::rollout::wire::{Begin, How};

use super::error::CanaryError;

/// How long a request and its answer may take together.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests that are answered at the same time; Prometheus has one.
const MOST_AT_ONCE: usize = 8;
/// The longest request that is read.
const MAX_REQUEST: usize = 8 << 10;

/// A server of metrics, which ends with this.
#[derive(Debug)]
pub(super) struct Metrics {
    gauges: Arc<Mutex<Gauges>>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What is shown.
#[derive(Debug, Default)]
struct Gauges {
    begin: Option<Begin>,
    sides: Option<[Standing; 2]>,
    draining: u64,
    waiting: Option<(&'static str, Instant)>,
    waited: BTreeMap<&'static str, Duration>,
    actions: BTreeMap<&'static str, u64>,
    outcome: Option<How>,
}

impl Metrics {
    /// Listens, and answers from now on.
    pub(super) fn serve(address: &str) -> Result<Self, CanaryError> {
        let wanted = address_of(address)?;
        let failed = |error| CanaryError::Metrics { address: wanted, error };
        let listen = || -> io::Result<TcpListener> {
            let listener = StdListener::bind(wanted)?;
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        let listener = listen().map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let gauges = Arc::new(Mutex::new(Gauges::default()));
        let server = tokio::spawn(answer_all(listener, gauges.clone()));
        Ok(Self { gauges, address, server })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }

    pub(super) fn begin(&self, begin: &Begin) {
        self.change(|gauges| {
            gauges.begin = Some(begin.clone());
            gauges.outcome = None;
        });
    }

    pub(super) fn decided(&self, seen: &Observation, decision: &Decision) {
        let code = match &decision.next {
            Next::ObserveBy { waiting_on, .. } => Some(waiting_on.code()),
            Next::Done(_) => None,
        };
        let servers = seen.balancers.iter().filter_map(|it| it.seen.as_ref().ok());
        let draining = servers.flat_map(|look| &look.servers).filter(|server| server.is_out());
        let draining = draining.map(|server| server.sessions.saturating_add(server.queue)).sum();
        let sides = standings(seen);
        self.change(|gauges| {
            gauges.sides = Some(sides);
            gauges.draining = draining;
            gauges.waits_for(code);
        });
    }

    pub(super) fn done(&self, action: &Action) {
        let kind = match action {
            Action::Create(_) => "create",
            Action::Scale { .. } => "scale",
            Action::Set(_) => "set",
            Action::Cut(_) => "cut",
            Action::Kill { .. } => "kill",
            Action::Delete { .. } => "delete",
        };
        self.change(|gauges| *gauges.actions.entry(kind).or_default() += 1);
    }

    pub(super) fn end(&self, outcome: How) {
        self.change(|gauges| {
            gauges.waits_for(None);
            gauges.outcome = Some(outcome);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Gauges)) {
        change(&mut self.gauges.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A port alone is one of the loopback; any other address has to be written out.
fn address_of(text: &str) -> Result<SocketAddr, CanaryError> {
    let port = text.strip_prefix(':').unwrap_or(text);
    let local = || port.parse().ok().map(|port: u16| (Ipv4Addr::LOCALHOST, port).into());
    let address = text.replace("localhost", "127.0.0.1").parse().ok().or_else(local);
    address.ok_or_else(|| CanaryError::MetricsAddress(text.into()))
}

impl Gauges {
    fn waits_for(&mut self, code: Option<&'static str>) {
        let now = Instant::now();
        if let Some((before, since)) = self.waiting {
            if Some(before) == code {
                return;
            }
            *self.waited.entry(before).or_default() += now - since;
        }
        self.waiting = code.map(|code| (code, now));
    }

    fn text(&self) -> String {
        let mut page = Page::default();
        if let Some(begin) = &self.begin {
            page.rollout(begin);
        }
        if let Some(sides) = &self.sides {
            page.sides(sides);
            let help = "Sessions at servers that take nothing new.";
            page.family("zdd_rollout_draining_sessions", "gauge", help);
            page.sample(&[], self.draining);
        }
        self.waits(&mut page);
        page.family("zdd_rollout_actions_total", "counter", "What was done.");
        for kind in ["create", "scale", "set", "cut", "kill", "delete"] {
            let count = self.actions.get(kind).copied().unwrap_or_default();
            page.sample(&[("kind", kind)], count);
        }
        page.family("zdd_rollout_ended", "gauge", "1 once it has ended, with how.");
        if let Some(outcome) = self.outcome {
            page.sample(&[("outcome", outcome.code())], 1);
        }
        page.text
    }

    /// What is waited for, now and in all.
    fn waits(&self, page: &mut Page) {
        let help = "How long what is waited for now has been waited for.";
        page.family("zdd_rollout_waiting_seconds", "gauge", help);
        let mut waited = self.waited.clone();
        if let Some((code, since)) = self.waiting {
            let time = since.elapsed();
            page.sample(&[("reason", code)], time.as_secs_f64());
            *waited.entry(code).or_default() += time;
        }
        let help = "How long was waited in all, by what for.";
        page.family("zdd_rollout_waited_seconds_total", "counter", help);
        for (code, time) in &waited {
            page.sample(&[("reason", code)], time.as_secs_f64());
        }
    }
}

/// A page in Prometheus' text format.
#[derive(Default)]
struct Page {
    text: String,
    name: String,
}

impl Page {
    /// Where a rollout goes, and what it keeps to.
    fn rollout(&mut self, begin: &Begin) {
        let now = match begin.phase {
            Phase::Canary => "canary",
            Phase::Promote => "promote",
            Phase::Rollback => "rollback",
        };
        self.family("zdd_rollout_phase", "gauge", "1 for where the rollout goes.");
        for phase in ["canary", "promote", "rollback"] {
            let labels = [("group", &*begin.group), ("phase", phase)];
            self.sample(&labels, u8::from(phase == now));
        }
        self.family("zdd_rollout_floor", "gauge", "Instances that have to serve.");
        self.sample(&[("group", &*begin.group)], begin.floor);
    }

    /// What there is of the old and of the new app.
    fn sides(&mut self, sides: &[Standing; 2]) {
        type Count = fn(&Standing) -> Option<f64>;
        let counts: [(&str, &str, Count); 6] = [
            ("instances", "Instances that each side should have.", |it| {
                Some(f64::from(it.instances))
            }),
            ("tasks", "Tasks of each side.", |it| Some(f64::from(it.tasks))),
            ("healthy", "Healthy tasks of each side.", |it| Some(f64::from(it.healthy))),
            ("up", "Healthy tasks that are up at every balancer.", |it| Some(f64::from(it.up))),
            ("sessions", "Sessions that go on at each side.", |it| {
                #[expect(clippy::cast_precision_loss, reason = "Prometheus counts in doubles")]
                Some(it.sessions as f64)
            }),
            ("share", "Part of the traffic that weights give each side, 0 to 1.", |it| it.share),
        ];
        for (name, help, of) in counts {
            self.family(&format!("zdd_rollout_{name}"), "gauge", help);
            for (side, standing) in ["old", "new"].into_iter().zip(sides) {
                if let Some(value) = of(standing) {
                    self.sample(&[("side", side)], value);
                }
            }
        }
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.name = name.into();
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.text.push_str(&self.name);
        for (nth, (name, label)) in labels.iter().enumerate() {
            let before = if nth == 0 { '{' } else { ',' };
            let label = label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{before}{name}=\"{label}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

async fn answer_all(listener: TcpListener, gauges: Arc<Mutex<Gauges>>) {
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, most likely: that may pass.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        // Whoever comes when all places are taken is sent away.
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let gauges = gauges.clone();
        tokio::spawn(async move {
            // Whether the answer arrives is up to whoever asked.
            let _ = timeout(PATIENCE, answer(stream, &gauges)).await;
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, gauges: &Mutex<Gauges>) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() > MAX_REQUEST {
            return reply(&mut stream, "431 Request Header Fields Too Large", "", true).await;
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let has_body = method != "HEAD";
    match (method, path) {
        ("GET" | "HEAD", "/metrics") => {
            let text = gauges.lock().unwrap_or_else(PoisonError::into_inner).text();
            reply(&mut stream, "200 OK", &text, has_body).await
        }
        ("GET" | "HEAD", _) => reply(&mut stream, "404 Not Found", "", has_body).await,
        _ => reply(&mut stream, "405 Method Not Allowed\r\nAllow: GET, HEAD", "", true).await,
    }
}

async fn reply(stream: &mut TcpStream, status: &str, text: &str, has_body: bool) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    stream.write_all(head.as_bytes()).await?;
    if has_body {
        stream.write_all(text.as_bytes()).await?;
    }
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_the_loopback() {
        let address = |text: &str| address_of(text).map(|it| it.to_string()).ok();
        assert_eq!(address("9100").as_deref(), Some("127.0.0.1:9100"));
        assert_eq!(address(":0").as_deref(), Some("127.0.0.1:0"));
        assert_eq!(address("localhost:1").as_deref(), Some("127.0.0.1:1"));
        assert_eq!(address("0.0.0.0:9100").as_deref(), Some("0.0.0.0:9100"));
        assert_eq!(address("[::1]:9100").as_deref(), Some("[::1]:9100"));
        for wrong in ["", "x", "host:1", "70000", "1.2.3.4"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.family("a", "gauge", "Help.");
        page.sample(&[("b", "c\"d\\e\nf")], 1.5);
        page.sample(&[], 2);
        let expected = "# HELP a Help.\n# TYPE a gauge\na{b=\"c\\\"d\\\\e\\nf\"} 1.5\na 2\n";
        assert_eq!(page.text, expected);
    }

    #[tokio::test]
    async fn what_is_no_request_for_metrics_is_refused() {
        let metrics = Metrics::serve("0").unwrap();
        let ask = async |request: &str| {
            let mut stream = TcpStream::connect(metrics.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            // A reset is what becomes of those that send too much.
            let _ = stream.read_to_string(&mut answer).await;
            answer.lines().next().unwrap_or_default().to_owned()
        };
        assert_eq!(ask("GET /metrics HTTP/1.1\r\n\r\n").await, "HTTP/1.1 200 OK");
        assert_eq!(ask("HEAD /metrics HTTP/1.0\r\n\r\n").await, "HTTP/1.1 200 OK");
        assert_eq!(ask("GET / HTTP/1.1\r\n\r\n").await, "HTTP/1.1 404 Not Found");
        assert_eq!(ask("POST /metrics HTTP/1.1\r\n\r\n").await, "HTTP/1.1 405 Method Not Allowed");
        let long = format!("GET /metrics HTTP/1.1\r\nA: {}", "a".repeat(MAX_REQUEST));
        assert!(ask(&long).await.contains("431"));
        let taken = metrics.address.to_string();
        let error = Metrics::serve(&taken).unwrap_err();
        assert!(matches!(error, CanaryError::Metrics { .. }), "{error}");
    }
}
