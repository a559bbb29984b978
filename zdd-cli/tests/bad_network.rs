//! What stands between `zdd` and a Marathon, and what is said about it: each time one line with what
//! and where, and how to go on.

mod fake;
mod run;
#[allow(clippy::unwrap_used, dead_code, reason = "a panic in a test is the report")]
#[path = "../../zdd-marathon/tests/scripted/tls.rs"]
mod tls;

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;

use axum::Router;
use axum::http::{StatusCode, Uri};
use fake::{Fake, Knobs, shop};
use run::{Told, Zdd};
use serde_json::json;
use tls::Authority;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use zdd_marathon::local::Lab;

const ADDRESS: &str =
    "check the address: it ends before /v2, and behind DC/OS in /service/marathon";
const RUNS: &str = "check that it runs, and its address in -m/--marathon or ZDD_MARATHON; `zdd lab \
                    up` starts a Marathon on this machine";
const SCHEME: &str = "it begins with neither http:// nor https://";

/// A server that is not the Marathon that it should be. It ends with its value.
struct Stranger {
    address: SocketAddr,
    _runtime: Runtime,
}

impl Stranger {
    /// Answers each path with what `answer` says.
    #[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
    fn answering(
        answer: impl Fn(&str) -> (u16, &'static str) + Clone + Send + Sync + 'static,
    ) -> Self {
        let router = Router::new().fallback(async move |uri: Uri| {
            let (status, body) = answer(uri.path());
            (StatusCode::from_u16(status).unwrap(), body)
        });
        Self::run(async move |listener| axum::serve(listener, router).await.unwrap())
    }

    /// Shows a certificate, and nothing else.
    #[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
    fn secured(tls: TlsAcceptor) -> Self {
        Self::run(async move |listener| {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // The client goes away when it does not like the certificate.
                let _ = tls.accept(stream).await;
            }
        })
    }

    #[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
    fn run<F: Future<Output = ()> + Send + 'static>(
        serve: impl FnOnce(tokio::net::TcpListener) -> F,
    ) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(listener));
        Self { address, _runtime: runtime }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// It ends with this status and says this on standard error, and nothing else.
#[track_caller]
fn fails(told: Told, code: i32, error: &str, hint: &str) {
    let told = told.exits(code);
    assert_eq!(told.err, format!("error: {error}\nhint: {hint}\n"));
}

/// A Marathon with an app, and a definition that replaces it.
fn upgrade() -> (Fake, Zdd) {
    let fake = Fake::start(Knobs::default());
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &shop("2", 4));
    (fake, zdd)
}

/// What `status` and `deploy` say of the Marathon at `url`.
fn both(url: &str, args: &[&str]) -> [Told; 2] {
    let zdd = Zdd::at(url);
    zdd.file("shop.json", &shop("2", 4));
    [zdd.run(&[&["status"], args].concat()), zdd.run(&[&["deploy", "shop.json"], args].concat())]
}

#[test]
fn a_mistyped_address_is_told_with_what_may_be_meant() {
    let usual = "an address is such as http://marathon.example:8080";
    let meant = |what: &str| format!("did you mean `{what}`?");
    let inner = |what: &str| format!("`/{what}` is a part of what Marathon has below its address");
    let zdd = Zdd::at("");
    for (address, why, hint) in [
        ("localhost:8080", SCHEME, &*meant("http://localhost:8080")),
        ("htps://marathon/base", SCHEME, &meant("https://marathon/base")),
        ("ftp://marathon", SCHEME, &meant("http://marathon")),
        ("http://", "it has no host", usual),
        ("http:///shop", "it has no host", &meant("http://shop")),
        ("http://m:808080", "its port is no number from 1 to 65535", usual),
        ("http://m:8080/v2/apps", &inner("v2"), &meant("http://m:8080")),
        ("https://m/service/marathon/ui/", &inner("ui"), &meant("https://m/service/marathon")),
    ] {
        let error = format!("`{address}` is not the address of a Marathon: {why}");
        fails(zdd.run(&["status", "-m", address]), 2, &error, hint);
    }
    let none = "give its address with -m URL or in ZDD_MARATHON; `zdd lab up` starts a Marathon on \
                this machine";
    fails(zdd.run(&["status"]), 2, "no Marathon given", none);
}

#[test]
fn nobody_there_and_no_such_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for told in both(&url, &[]) {
        fails(told, 6, &format!("no Marathon reachable at {url}: connection refused"), RUNS);
    }
    let url = "http://no-such-host.invalid:8080";
    let error = format!("no Marathon reachable at {url}: the name of the host cannot be looked up");
    for told in both(url, &[]) {
        fails(told, 6, &error, RUNS);
    }
}

#[test]
fn what_is_not_marathon() {
    for (status, body, what) in [
        (200, "<!doctype html><p>It works!", "a page instead of JSON"),
        (200, "It works!", "not JSON: expected value at line 1 column 1"),
        (404, "<!doctype html><p>Not here.", "HTTP 404 without Marathon's words"),
        (404, "404 page not found", "HTTP 404 without Marathon's words"),
    ] {
        let other = Stranger::answering(move |_| (status, body));
        let error = format!("{} does not answer like Marathon: {what}", other.url());
        for told in both(&other.url(), &[]) {
            fails(told, 6, &error, ADDRESS);
        }
    }
    // A Marathon, below another path.
    let fake = Fake::start(Knobs::default());
    let url = format!("{}/elsewhere", fake.url());
    let error =
        format!("{url} does not answer like Marathon: it does not know the path of the API");
    for told in both(&url, &[]) {
        fails(told, 6, &error, ADDRESS);
    }
    let other = Stranger::answering(|_| (200, r#"{"status": "green"}"#));
    let error = format!("{} does not answer like Marathon: ", other.url());
    let [status, deploy] = both(&other.url(), &[]);
    let what = "invalid type: map, expected a sequence at line 1 column 0";
    fails(status, 6, &format!("{error}{what}"), ADDRESS);
    fails(deploy, 6, &format!("{error}it names no version and no framework"), ADDRESS);
}

/// The address is right: whoever is told otherwise looks in the wrong place.
#[test]
fn an_app_that_cannot_be_read_is_not_a_wrong_address() {
    let odd = Stranger::answering(|path| match path {
        "/v2/info" => (200, r#"{"name": "marathon", "version": "1.8.222", "frameworkId": "f"}"#),
        "/v2/deployments" => (200, "[]"),
        path if path.starts_with("/v2/apps/zdd-rollouts") => (404, r#"{"message": "no such app"}"#),
        _ => (200, r#"{"app": {"id": "/shop", "instances": "four"}}"#),
    });
    let error = format!(
        "cannot read what {} answers to GET /v2/apps/shop: app `/shop`: /instances: expected a \
         whole number, found the text \"four\" at line 1 column 44",
        odd.url()
    );
    let hint = "look at that answer with curl: its release may be one that zdd does not know";
    let [_, deploy] = both(&odd.url(), &[]);
    fails(deploy, 6, &error, hint);
    // It asks for the app first.
    let status = Zdd::at(&odd.url()).run(&["status", "/shop"]);
    fails(status, 6, &format!("/shop: {error}"), hint);
}

#[test]
fn a_server_that_fails() {
    let other = Stranger::answering(|_| (503, "<html>Service Unavailable"));
    let error = format!("{} answers 503: a page instead of an answer", other.url());
    let hint = "it may be starting or without a leader: try again in a moment, or read its log";
    for told in both(&other.url(), &[]) {
        fails(told, 6, &error, hint);
    }
}

#[test]
fn certificates_and_what_helps_with_each() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let folder = tempfile::tempdir().unwrap();
    let cacert = folder.path().join("ours.pem");
    fs::write(&cacert, ours.pem()).unwrap();
    let args = ["--cacert", cacert.to_str().unwrap()];
    for (tls, what, hint) in [
        (
            ours.expired_for("127.0.0.1"),
            "its certificate has expired",
            "have the certificate of that server renewed, and check the clock of this machine",
        ),
        (
            theirs.good_for("127.0.0.1"),
            "its certificate is from an unknown authority",
            "name the certificate authority with --cacert FILE",
        ),
        (
            ours.good_for("marathon.example.com"),
            "its certificate is for another host",
            "use the name that the certificate is for, or have this one added to it",
        ),
    ] {
        let server = Stranger::secured(tls);
        let url = format!("https://{}", server.address);
        for told in both(&url, &args) {
            fails(told, 6, &format!("{url} is not trusted: {what}"), hint);
        }
    }
    let plain = Stranger::answering(|_| (200, "[]"));
    let url = format!("https://{}", plain.address);
    for told in both(&url, &args) {
        fails(told, 6, &format!("no Marathon reachable at {url}: it does not speak TLS"), RUNS);
    }
}

#[test]
fn credentials_that_are_not_accepted() {
    let unknown = "set ZDD_MARATHON_USER and ZDD_MARATHON_PASSWORD, or name a file with \
                   --credentials or --token-file; if you did, check what is in it";
    let forbidden = "ask for the permission, or act as somebody else: with --credentials FILE";
    for (status, hint) in [(401, unknown), (403, forbidden)] {
        let door = Stranger::answering(move |_| (status, "<html>Go away"));
        let error = format!("not authorised by {} ({status})", door.url());
        for told in both(&door.url(), &[]) {
            fails(told, 6, &error, hint);
        }
    }
}

#[test]
fn a_credential_file_that_others_may_read_is_warned_of_and_used() {
    // alice:secret
    let knobs = Knobs { password: Some("Basic YWxpY2U6c2VjcmV0"), ..Knobs::default() };
    let fake = Fake::start(knobs);
    let zdd = Zdd::new(&fake);
    let file = zdd.folder.path().join("door");
    fs::write(&file, "alice:secret\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let told = zdd.run(&["status", "--credentials", "door"]).exits(0);
    let warning =
        "warning: the credential file door is open to others (mode 0644); chmod 600 door\n";
    assert_eq!((told.out.as_str(), told.err.as_str()), ("No deployment goes on.\n", warning));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(zdd.run(&["status", "--credentials", "door"]).exits(0).err, "");
    let missing = "the credential file none cannot be read: No such file or directory (os error 2)";
    fails(zdd.run(&["status", "--credentials", "none"]), 2, missing, "check the name of the file");
}

#[test]
fn an_app_that_others_hold() {
    let (fake, zdd) = upgrade();
    fake.world().knobs.stuck_after = Some(1);
    fake.world().deploy("/shop", shop("other", 4), false);
    let hint = "wait for it with --wait-lock TIME, take it back with `zdd abort /shop`, or cancel \
                it with --force";
    let told = zdd.run(&["deploy", "shop.json"]);
    fails(told, 12, "/shop: locked by deployment deployment-5", hint);
    assert_eq!(fake.world().changes(), [""; 0]);
}

#[test]
fn an_image_without_a_command() {
    let runtime = Runtime::new().unwrap();
    let lab = runtime.block_on(Lab::builder().start()).unwrap();
    let zdd = Zdd::at(lab.url().as_str());
    let image = json!({"type": "DOCKER", "docker": {"image": "nginx:1"}});
    zdd.file("web.json", &json!({"id": "/web", "instances": 1, "container": image}));
    let told = zdd.run(&["deploy", "web.json"]);
    runtime.block_on(lab.shutdown());
    assert_eq!(
        told.exits(7).err,
        "error: /web: Marathon refuses it: Object is not valid; /container/docker/image: the image \
         `nginx:1` cannot run here: a lab runs commands, and none is given for it (give one with \
         `--image 'nginx:1=COMMAND'`)\n"
    );
}

#[test]
fn a_port_in_use() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let told = Zdd::at("").run(&["lab", "up", "--listen", &address, "--no-haproxy"]);
    let error = format!("cannot listen on {address}: Address already in use (os error 98)");
    fails(told, 2, &error, "name another port, or 0 for any free one");
}

#[test]
fn a_full_disk_costs_the_recording_and_not_the_deployment() {
    let (fake, zdd) = upgrade();
    let told = zdd.run(&["deploy", "shop.json", "--record", "/dev/full"]).exits(2);
    let about: Vec<_> = told.err.lines().filter(|line| line.contains("/dev/full")).collect();
    let words = [
        "/dev/full: cannot be written any more (No space left on device (os error 28)); the \
         deployment goes on, its recording ends here",
        "error: /dev/full: incomplete: it ends before the deployment does",
    ];
    assert_eq!(about, words, "{told:#?}");
    assert_eq!(told.err.lines().last(), Some(words[1]), "it is what the exit status means");
    told.says("✔ bounds: held").says("deployment-5 done: 4 of 4 instances serve");
    assert_eq!(fake.world().variables(), ["2"; 4]);
    assert_eq!(fake.world().carried_out, ["PUT /v2/apps/shop"]);

    // With JSON the same is said before the last line, which has the exit status.
    zdd.file("shop.json", &shop("3", 4));
    let args = ["deploy", "shop.json", "--record", "/dev/full", "-o", "json"];
    let told = zdd.run(&args).exits(2).says("incomplete: it ends before the deployment does");
    let last = told.out.lines().last().unwrap_or_default();
    assert!(last.contains(r#""exit":2"#) && last.contains(r#""outcome":"done""#), "{last}");
    assert_eq!(fake.world().variables(), ["3"; 4]);

    // What takes it back says so, too.
    fake.world().knobs.stuck_after = Some(2);
    fake.world().deploy("/shop", shop("4", 4), false);
    let child = zdd.spawn(&["abort", "/shop", "--record", "/dev/full"]);
    fake.wait("the revert", |world| world.carried_out.len() == 3);
    fake.world().knobs.stuck_after = None;
    Zdd::finish(child).exits(2).says("taken back").says(words[1]);
}

#[test]
fn a_recording_that_cannot_begin() {
    let (fake, zdd) = upgrade();
    fs::write(zdd.folder.path().join("log"), "precious").unwrap();
    for (path, error, hint) in [
        (
            "log",
            "exists already, and may be the only record of another deployment",
            "name a new file, or move this one away",
        ),
        (
            "no/log",
            "cannot be written: No such file or directory (os error 2)",
            "name a file in a folder that exists",
        ),
        (
            "shop.json/log",
            "cannot be written: Not a directory (os error 20)",
            "name a file in a folder that exists",
        ),
    ] {
        let told = zdd.run(&["deploy", "shop.json", "--record", path]);
        fails(told, 2, &format!("{path}: {error}"), hint);
    }
    assert_eq!(fs::read_to_string(zdd.folder.path().join("log")).unwrap(), "precious");
    assert_eq!(fake.world().changes(), [""; 0]);
}

/// Whoever may do everything may also write there: then it is no such folder.
#[test]
fn a_folder_that_may_not_be_written_to() {
    let (fake, zdd) = upgrade();
    let folder = zdd.folder.path().join("closed");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o500)).unwrap();
    let is_closed = fs::write(folder.join("probe"), "").is_err();
    let told = zdd.run(&["deploy", "shop.json", "--record", "closed/log"]);
    if is_closed {
        let error = "closed/log: cannot be written: Permission denied (os error 13)";
        fails(told, 2, error, "name a file in a folder that you may write to");
        assert_eq!(fake.world().changes(), [""; 0]);
    } else {
        told.exits(0);
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
}
