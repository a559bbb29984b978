//! Rollouts with real processes and a real HAProxy, and who else is told of them: a recording that
//! `zdd verify` judges, metrics, a webhook.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod stage;
mod up;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use stage::{Mode, Stage, bare, said};
use up::child::interrupt;
use up::{free_port, until};

fn new() -> Stage {
    Stage::new(Mode::Haproxy, 2)
}

/// A definition with secrets in it.
fn file(stage: &Stage, version: &str) -> String {
    stage.file_with(version, |json| {
        json["env"]["PASSWORD"] = "s3cret".into();
        json["labels"]["ours"] = "s3cret".into();
    })
}

#[track_caller]
fn verify(code: i32, args: &[&str]) -> String {
    said(code, &bare(&[&["verify"], args].concat()).output().unwrap(), args)
}

fn lines(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A webhook of this machine.
struct Hook {
    url: String,
    posted: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Hook {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://ann:s3cret@{}/hook?token=s3cret", listener.local_addr().unwrap());
        let posted = Arc::new(Mutex::new(Vec::new()));
        let keeps = posted.clone();
        // It ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let keeps = keeps.clone();
                thread::spawn(move || take(&stream, &keeps));
            }
        });
        Self { url, posted }
    }

    fn events(&self) -> Vec<String> {
        let posted = self.posted.lock().unwrap();
        posted.iter().map(|(_, it)| it["event"].as_str().unwrap().into()).collect()
    }
}

/// Takes requests of one connection, one after the other.
fn take(stream: &TcpStream, posted: &Mutex<Vec<(String, Value)>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or_default() == 0 {
                return;
            }
        }
        let lower = head.to_lowercase();
        let (_, rest) = lower.split_once("content-length:").unwrap();
        let length: usize = rest.lines().next().unwrap().trim().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        posted.lock().unwrap().push((head, serde_json::from_slice(&body).unwrap()));
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    }
}

fn scrape(address: &str) -> String {
    let host = address.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: lab\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_swap_and_a_canary_are_recorded_and_hold() {
    let stage = new();
    stage.zdd(0, &["deploy", &file(&stage, "v0")]);
    let (swap, back, start) = (stage.path("swap"), stage.path("back"), stage.path("start"));
    let green = file(&stage, "v1");
    stage.zdd(0, &["deploy", &green, "--record", &swap]);
    let text = verify(0, &[&swap]);
    for rule in ["capacity", "order", "drain before kill", "weights", "completeness"] {
        assert!(text.contains(&format!("✔ {rule}: held")), "{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("shop: the new app takes over, reached"), "{text}");
    let all = fs::read_to_string(&swap).unwrap();
    assert!(!all.contains("s3cret") && all.lines().count() > 10, "{all}");
    // In place already: there is nothing to record.
    stage.zdd(0, &["deploy", &green, "--record", &back]);
    assert!(!Path::new(&back).exists());
    // A recording is never overwritten.
    stage.zdd(2, &["deploy", &file(&stage, "v2"), "--record", &swap]);

    stage.zdd(0, &["canary", "start", &file(&stage, "v2"), "--weight", "20", "--record", &start]);
    stage.zdd(0, &["canary", "rollback", "--record", &back]);
    for log in [&start, &back] {
        let report: Value = serde_json::from_str(&verify(0, &[log, "-o", "json"])).unwrap();
        for rule in report["rules"].as_array().unwrap() {
            assert_eq!(rule["holds"], "held", "{report:#}");
        }
        assert_eq!(report["outcome"], "reached");
    }
    let report: Value = serde_json::from_str(&verify(0, &[&start, "-o", "json"])).unwrap();
    assert!((report["shares"][0]["found"].as_f64().unwrap() - 0.2).abs() < 1e-9, "{report:#}");
    // One app of it is enough to ask for; a picture there is none.
    verify(0, &[&start, "--app", report["new"].as_str().unwrap()]);
    assert!(verify(2, &[&start, "--app", "/other"]).contains("no deployment of /other"));
    assert!(verify(3, &[&start, "-o", "svg"]).contains("a recording of a rollout"));
    assert!(verify(3, &[&start, "--definition", &green]).contains("--definition"));
}

#[test]
fn a_doctored_recording_is_found_out() {
    let stage = new();
    stage.zdd(0, &["deploy", &file(&stage, "v0")]);
    let swap = stage.path("swap");
    stage.zdd(0, &["deploy", &file(&stage, "v1"), "--record", &swap]);
    let doctored = stage.path("doctored");
    let write = |lines: &[Value]| {
        let text: Vec<_> = lines.iter().map(ToString::to_string).collect();
        fs::write(&doctored, text.join("\n")).unwrap();
    };
    // Sessions at the last look before the first of the old app were stopped.
    let mut all = lines(&swap);
    let is_stop =
        |line: &Value| matches!(line["actions"][0]["do"].as_str(), Some("kill" | "delete"));
    let removal = all.iter().position(is_stop).unwrap();
    let look = all[..removal].iter().rposition(|line| line["rollout"] == "seen").unwrap();
    let servers = all[look]["balancers"][0]["servers"].as_array_mut().unwrap();
    let drains = servers.iter_mut().filter(|it| it["set"] != "ready");
    assert!(drains.map(|it| it["sessions"] = json!(3)).count() > 0);
    write(&all);
    let text = verify(11, &[&doctored]);
    assert!(text.contains("✖ drain before kill: violated"), "{text}");
    assert!(text.contains("told to stop with 3 sessions at"), "{text}");
    let report: Value = serde_json::from_str(&verify(11, &[&doctored, "-o", "json"])).unwrap();
    assert_eq!(report["findings"][0]["code"], "stopped-busy", "{report:#}");
    // A newer form is refused, and what stops in the middle is not known to have held.
    let mut all = lines(&swap);
    all[0]["schema"] = json!(99);
    write(&all);
    assert!(verify(2, &[&doctored]).contains("a newer zdd (form 99, 1 is known)"));
    write(&lines(&swap)[..4]);
    assert!(verify(0, &[&doctored]).contains("? completeness: unknown"));
}

#[test]
fn a_full_disk_does_not_stop_a_rollout() {
    let stage = new();
    let text = stage.zdd(2, &["deploy", &file(&stage, "v0"), "--record", "/dev/full"]);
    assert!(text.contains("the deployment goes on, its recording ends here"), "{text}");
    assert!(text.contains("/dev/full: incomplete: it ends before the rollout does"), "{text}");
    assert!(text.contains("serves with 2 instances"), "{text}");
}

#[test]
fn metrics_and_notices_say_how_it_goes() {
    let stage = new();
    stage.zdd(0, &["deploy", &file(&stage, "v0")]);
    stage.zdd(0, &["canary", "start", &file(&stage, "v1"), "--weight", "50"]);
    // Shares are held until it is interrupted: time enough to look.
    let hook = Hook::listen();
    let log = stage.path("hold");
    let args = ["canary", "hold", "--metrics", "0", "--record", &log];
    let mut child = stage.command(&args).env("ZDD_NOTIFY_URL", &hook.url).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut err = String::new();
    while !err.contains("Ctrl-C") {
        assert_ne!(told.read_line(&mut err).unwrap(), 0, "ended early: {err}");
    }
    let (_, address) = err.split_once("metrics at ").unwrap();
    let text = scrape(address.lines().next().unwrap());
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    for line in [
        "Content-Type: text/plain; version=0.0.4; charset=utf-8\r",
        "zdd_rollout_phase{group=\"shop\",phase=\"canary\"} 1",
        "zdd_rollout_instances{side=\"old\"} 2",
        "zdd_rollout_up{side=\"new\"} 1",
        "zdd_rollout_share{side=\"new\"} 0.5",
        "zdd_rollout_draining_sessions 0",
        "zdd_rollout_actions_total{kind=\"kill\"} 0",
    ] {
        assert!(text.split('\n').any(|it| it == line), "{line}: {text}");
    }
    until("the beginning was told", || hook.events() == ["begin"]);
    interrupt(&child);
    told.read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{err}");
    // The end was told before it ended. Whoever is told gets the secret, nobody else does.
    assert_eq!(hook.events(), ["begin", "end"]);
    let posted = hook.posted.lock().unwrap();
    let (head, notice) = &posted[1];
    assert!(head.starts_with("POST /hook?token=s3cret "), "{head}");
    assert_eq!((&notice["group"], &notice["schema"]), (&json!("shop"), &json!(1)), "{notice}");
    assert!(!err.contains("s3cret"), "{err}");
    // However often it was looked after, it is one rollout.
    let report: Value = serde_json::from_str(&verify(0, &[&log, "-o", "json"])).unwrap();
    assert_eq!(report["phase"], "canary", "{report:#}");
}

#[test]
fn a_webhook_that_is_dead_is_warned_of_once_and_never_in_full() {
    let stage = new();
    let dead = format!("http://ann:s3cret@127.0.0.1:{}/s3cret?a=s3cret", free_port());
    let text = stage.zdd(0, &["deploy", &file(&stage, "v0"), "--notify", &dead]);
    assert_eq!(text.matches("could not be told").count(), 1, "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("the rollout goes on without it"), "{text}");
    for (url, why) in [("s3cret", "it is no URL"), ("ftp://s3cret/", "neither http nor https")] {
        let text = stage.zdd(2, &["canary", "promote", "shop", "--notify", url]);
        assert!(text.contains(why) && !text.contains("s3cret"), "{text}");
    }
    // Nothing of all this belongs to a rolling upgrade.
    let file = file(&stage, "v1");
    let text = stage.zdd(3, &["deploy", &file, "--strategy", "rolling", "--metrics", "0"]);
    assert!(text.contains("--metrics belongs to blue/green"), "{text}");
    let text = stage.zdd(2, &["deploy", &file, "--metrics", "nowhere"]);
    assert!(text.contains("`nowhere` is no address for metrics"), "{text}");
}
