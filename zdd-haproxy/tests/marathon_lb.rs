//! The endpoints of marathon-lb, served by a real HAProxy, and by things that are none.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use proptest::prelude::*;
use support::{Haproxy, LONG, free_port};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zdd_core::ports::{self, LoadBalancer};
use zdd_haproxy::marathon_lb::{BuildError, Builder, HttpError, Look, MarathonLb};
use zdd_haproxy::socket::Name;
use zdd_haproxy::stats::{Limits, Reader, StatsError};

/// The statistics as marathon-lb serves them, and an app. `@BIND@` is where.
const SECTIONS: &str = "\
frontend stats
  bind @BIND@
  http-request return status 200 content-type text/plain lf-string \"%pid 1\\n\" if { path /_haproxy_getpids }
  stats enable
  stats uri /haproxy?stats
backend shop_10080
  server 10_0_6_25_16916 127.0.0.1:1
  server 10_0_6_25_18484 127.0.0.1:2 disabled
";

fn sections(bind: &str) -> String {
    SECTIONS.replace("@BIND@", bind)
}

fn builder(url: &str) -> Builder {
    // Other tests and builds run beside this one.
    MarathonLb::builder(url.parse().unwrap()).connect_timeout(LONG).call_timeout(LONG)
}

fn servers(csv: &[u8]) -> Vec<String> {
    let mut rows = Reader::new(csv, Limits::default()).unwrap();
    let mut servers = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        servers.push(row.svname.into_owned());
    }
    servers
}

#[tokio::test]
async fn statistics_and_process_ids_are_read() {
    let port = free_port();
    let haproxy = Haproxy::start(&sections(&format!("127.0.0.1:{port}")));
    let lb = builder(&format!("http://127.0.0.1:{port}")).build().unwrap();
    let balancers = lb.balancers().await.unwrap();
    assert_eq!(balancers, [SocketAddr::from(([127, 0, 0, 1], port))]);
    let csv = lb.stats_of(balancers[0]).await.unwrap();
    assert_eq!(servers(&csv), ["FRONTEND", "10_0_6_25_16916", "10_0_6_25_18484", "BACKEND"]);
    let pids = lb.pids_of(balancers[0]).await.unwrap();
    assert_eq!(pids, [haproxy.pid().parse().unwrap(), 1]);
    // After a reload it is another process, and the old one is not stumbled over.
    let mut haproxy = haproxy;
    haproxy.reload();
    assert_eq!(lb.pids_of(balancers[0]).await.unwrap(), [haproxy.pid().parse().unwrap(), 1]);
}

#[tokio::test]
async fn each_address_behind_the_name_is_asked_by_the_name() {
    let port = free_port();
    let only_first = "10_0_6_25_18484";
    let first = Haproxy::start(&sections(&format!("127.0.0.1:{port}")));
    let second = sections(&format!("127.0.0.2:{port}")).replace(only_first, "other");
    let mut second = Haproxy::start(&second);
    let addresses: [IpAddr; 3] =
        ["127.0.0.2", "127.0.0.1", "127.0.0.2"].map(|ip| ip.parse().unwrap());
    let url = format!("http://lb.example:{port}/");
    let lb = builder(&url).addresses(addresses).build().unwrap();
    let balancers = lb.balancers().await.unwrap();
    assert_eq!(balancers.len(), 2);
    assert!(servers(&lb.stats_of(balancers[0]).await.unwrap()).contains(&only_first.to_owned()));
    assert!(!servers(&lb.stats_of(balancers[1]).await.unwrap()).contains(&only_first.to_owned()));
    assert_eq!(lb.name_of(balancers[1]), format!("http://lb.example:{port} (127.0.0.2)"));

    second.kill();
    assert!(lb.stats_of(balancers[0]).await.is_ok());
    let error = lb.stats_of(balancers[1]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("no marathon-lb at http://lb.example:{port} (127.0.0.2): connection refused")
    );
    drop(first);
}

#[tokio::test]
async fn a_balancer_that_lags_is_named() {
    let port = free_port();
    let first = Haproxy::start(&sections(&format!("127.0.0.1:{port}")));
    let mut second = Haproxy::start(&sections(&format!("127.0.0.2:{port}")));
    let addresses = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse::<IpAddr>().unwrap());
    let url = format!("http://lb.example:{port}");
    let lb = builder(&url).addresses(addresses).build().unwrap();
    let looks = lb.look().await.unwrap();
    assert_eq!(Look::disagreements(&looks), []);
    for seen in LoadBalancer::look(&lb, &Name::new("shop_10080").unwrap()).await {
        let servers = seen.seen.unwrap().servers;
        let is_quiet = |name: &str| {
            servers.iter().find(|it| it.name.as_str() == name).map(ports::Server::is_quiet)
        };
        assert_eq!(is_quiet("10_0_6_25_18484"), Some(true));
        assert_eq!(is_quiet("10_0_6_25_16916"), Some(false));
    }
    for (look, haproxy) in looks.iter().zip([&first, &second]) {
        let seen = look.seen.as_ref().unwrap();
        assert_eq!(seen.pids, [haproxy.pid().parse().unwrap(), 1]);
        assert_eq!(seen.n_old_workers(), 0);
        let up = seen.view.server("shop_10080", "10_0_6_25_16916").unwrap();
        assert!(up.status.is_serving());
    }

    second.ask("set server shop_10080/10_0_6_25_18484 state ready");
    let looks = lb.look().await.unwrap();
    let said: Vec<_> = Look::disagreements(&looks).iter().map(ToString::to_string).collect();
    // The weight that works is not refreshed in maintenance, the one that was set is the same.
    let at = |ip| format!("{url} ({ip})");
    let differ = format!(
        "shop_10080/10_0_6_25_18484: maint at {}, ready at {}",
        at("127.0.0.1"),
        at("127.0.0.2")
    );
    assert_eq!(said, [differ]);

    second.kill();
    let looks = lb.look().await.unwrap();
    assert!(looks[0].seen.is_ok());
    assert!(matches!(looks[1].seen, Err(HttpError::NotReached { .. })));
}

/// marathon-lb whose process ids are another list each time.
async fn reloading(lists: &'static [&'static str]) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut n_lists = 0;
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut call = [0; 8192];
            let n = connection.read(&mut call).await.unwrap();
            let body = if String::from_utf8_lossy(&call[..n]).starts_with("GET /_haproxy") {
                n_lists += 1;
                lists[(n_lists - 1).min(lists.len() - 1)]
            } else {
                "# pxname,svname,status,scur,type,\napp,s1,MAINT,0,2,\n"
            };
            connection.write_all(&ok(body.as_bytes())).await.unwrap();
        }
    });
    (at, task)
}

#[tokio::test]
async fn old_workers_are_counted_and_a_look_never_spans_a_reload() {
    for (lists, pids) in [
        (&["39 20"][..], Some(&[39, 20][..])),
        // A reload between the first two lists.
        (&["39 20", "60 39 20"], Some(&[60, 39, 20])),
        // An old worker ends during the look: at its beginning it may have had connections.
        (&["60 39 20", "60 20"], Some(&[60, 39, 20])),
        (&["1 2", "1 3", "1 4", "1 5", "1 6"], None),
    ] {
        let (at, task) = reloading(lists).await;
        let lb = builder(&format!("http://{at}")).build().unwrap();
        let look = lb.look().await.unwrap().remove(0);
        match (look.seen, pids) {
            (Ok(seen), Some(pids)) => {
                assert_eq!(seen.pids, pids);
                assert_eq!(seen.n_old_workers(), pids.len() - 2);
            }
            (Err(HttpError::Restless { .. }), None) => {}
            (other, _) => panic!("{other:?}"),
        }
        task.abort();
    }
}

#[tokio::test]
async fn a_name_is_looked_up() {
    let lb = builder("http://localhost:1").build().unwrap();
    let balancers = lb.balancers().await.unwrap();
    assert!(balancers.iter().all(|it| it.ip().is_loopback() && it.port() == 1), "{balancers:?}");
    let unknown = builder("http://no-such-name.invalid:9090").build().unwrap();
    let error = unknown.balancers().await.unwrap_err();
    assert!(matches!(&error, HttpError::NoAddress { host, .. } if host == "no-such-name.invalid"));
    let v6 = builder("http://[::1]:9090").build().unwrap();
    assert_eq!(v6.balancers().await.unwrap(), ["[::1]:9090".parse().unwrap()]);
}

#[tokio::test]
async fn credentials_are_sent_and_never_shown() {
    let port = free_port();
    let locked = "userlist ops\n  user ann insecure-password s3cret\n".to_owned()
        + &sections(&format!("127.0.0.1:{port}")).replace(
            "  stats enable",
            "  http-request auth unless { http_auth(ops) }\n  stats enable",
        );
    let _haproxy = Haproxy::start(&locked);
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let url = format!("http://127.0.0.1:{port}");

    let error = builder(&url).build().unwrap().stats_of(at).await.unwrap_err();
    assert!(matches!(error, HttpError::Unauthorised { status: 401, .. }), "{error}");
    let given = builder(&url).credentials("ann", "s3cret".to_owned().into());
    let in_url = builder(&format!("http://ann:s3cret@127.0.0.1:{port}"));
    for builder in [given, in_url] {
        let shown = format!("{builder:?}");
        let lb = builder.build().unwrap();
        assert!(lb.stats_of(at).await.is_ok());
        let shown = [format!("{lb:?}"), lb.name_of(at), shown].join(" ");
        // The encoding of the same.
        assert!(!shown.contains("YW5uOnMzY3JldA"), "{shown}");
    }
    let lb = builder(&url).credentials("ann", "s3cret".to_owned().into()).build().unwrap();
    assert!(!format!("{lb:?}").contains("s3cret"));
}

#[tokio::test]
async fn tls_is_verified() {
    let made = rcgen::generate_simple_self_signed(["lb.example".into()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let pem = dir.path().join("lb.pem");
    fs::write(&pem, made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    readable(dir.path());
    let port = free_port();
    let _haproxy =
        Haproxy::start(&sections(&format!("127.0.0.1:{port} ssl crt {}", pem.display())));
    let loopback: IpAddr = [127, 0, 0, 1].into();
    let at = SocketAddr::new(loopback, port);
    let of = |host: &str| builder(&format!("https://{host}:{port}")).addresses([loopback]);

    let trusted = of("lb.example").cacert(made.cert.pem()).build().unwrap();
    assert!(trusted.stats_of(at).await.is_ok());
    let other_name = of("other.example").cacert(made.cert.pem()).build().unwrap();
    let error = other_name.stats_of(at).await.unwrap_err();
    assert!(matches!(error, HttpError::Untrusted { .. }), "{error}");
    let other = rcgen::generate_simple_self_signed(["lb.example".into()]).unwrap();
    let unknown = of("lb.example").cacert(other.cert.pem()).build().unwrap();
    let error = unknown.stats_of(at).await.unwrap_err();
    assert!(matches!(error, HttpError::Untrusted { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--cacert"));
    assert!(of("lb.example").insecure().build().unwrap().stats_of(at).await.is_ok());
    // Plain HTTP there.
    let plain = builder(&format!("http://lb.example:{port}")).addresses([loopback]);
    assert!(plain.build().unwrap().stats_of(at).await.is_err());
}

/// HAProxy has another account.
fn readable(dir: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_cannot_be_an_address_is_refused() {
    let refused = |url: &str| builder(url).build().unwrap_err();
    for url in ["ftp://lb:9090", "http://lb:9090/?x", "http://lb:9090/#x", "unix:/x"] {
        let error = refused(url);
        assert!(matches!(error, BuildError::Address { .. }), "{error}");
        assert!(error.hint().is_some());
    }
    let error = refused("ftp://ann:s3cret@lb:9090");
    assert!(!error.to_string().contains("s3cret"), "{error}");
    let none = builder("http://lb:9090").addresses([]).build();
    assert!(matches!(none, Err(BuildError::Address { .. })));
    let others = builder("http://10.0.0.1:9090").addresses([IpAddr::from([10, 0, 0, 2])]).build();
    assert!(matches!(others, Err(BuildError::Address { .. })));
    let colon = builder("http://lb:9090").credentials("a:b", "s3cret".to_owned().into()).build();
    assert!(matches!(colon, Err(BuildError::Credentials { .. })));
    let no_pem = builder("https://lb:9090").cacert("hello").build();
    assert_eq!(no_pem.unwrap_err(), BuildError::CacertEmpty);
}

/// Answers every call with the same bytes, and closes.
async fn answering(answer: Vec<u8>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.read(&mut [0; 8192]).await;
            let _ = connection.write_all(&answer).await;
        }
    });
    (at, task)
}

async fn asked_of(answer: &[u8]) -> [HttpError; 2] {
    let (at, task) = answering(answer.to_vec()).await;
    let lb = builder(&format!("http://{at}")).build().unwrap();
    let errors = [lb.stats_of(at).await.unwrap_err(), lb.pids_of(at).await.unwrap_err()];
    task.abort();
    errors
}

fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn nothing_garbage_and_halves_are_told_apart() {
    let [stats, pids] = asked_of(b"").await;
    assert!(matches!(stats, HttpError::Cut { .. }), "{stats}");
    assert!(matches!(pids, HttpError::Cut { .. }), "{pids}");

    let [stats, pids] = asked_of(&ok(b"")).await;
    assert!(matches!(stats, HttpError::Stats { error: StatsError::Empty, .. }), "{stats}");
    assert!(matches!(pids, HttpError::NotMarathonLb { .. }), "{pids}");

    let [stats, pids] = asked_of(&ok(b"<html>\n")).await;
    assert!(matches!(stats, HttpError::Stats { error: StatsError::NoHeadings { .. }, .. }));
    assert!(matches!(pids, HttpError::NotMarathonLb { .. }), "{pids}");

    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n# pxname,svname,scur,status,\napp";
    let [stats, pids] = asked_of(half).await;
    assert!(matches!(stats, HttpError::Cut { .. }), "{stats}");
    assert!(matches!(pids, HttpError::Cut { .. }), "{pids}");

    for status in [302, 404, 503] {
        let answer = format!("HTTP/1.1 {status} X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n");
        for error in asked_of(answer.as_bytes()).await {
            assert!(matches!(error, HttpError::Status { status: s, .. } if s == status), "{error}");
        }
    }
    for error in asked_of(b"SSH-2.0-OpenSSH\r\n").await {
        assert!(matches!(error, HttpError::Cut { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_says_our_password_back_does_not_have_it_repeated() {
    let (at, task) = answering(ok(b"Basic YW5uOnMzY3JldA== s3cret\n")).await;
    let lb = builder(&format!("http://ann:s3cret@{at}")).build().unwrap();
    for error in [lb.stats_of(at).await.unwrap_err(), lb.pids_of(at).await.unwrap_err()] {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("YW5u"), "{shown}");
    }
    task.abort();
}

#[tokio::test]
async fn what_hangs_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let short = Duration::from_millis(200);
    let lb = builder(&format!("http://{at}")).call_timeout(short).build().unwrap();
    let error = lb.stats_of(at).await.unwrap_err();
    assert!(matches!(&error, HttpError::Silent { within, .. } if *within == short), "{error}");
    // A head, and then nothing.
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.read(&mut [0; 8192]).await;
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1").await;
            held.push(connection);
        }
    });
    let error = lb.pids_of(at).await.unwrap_err();
    assert!(matches!(error, HttpError::Silent { .. }), "{error}");
    task.abort();
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_without_end() {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    answer.extend(b"1 ".repeat(1 << 20));
    let (at, task) = answering(answer).await;
    let lb = builder(&format!("http://{at}")).build().unwrap();
    let error = lb.pids_of(at).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge { limit: 131_072, .. }), "{error}");
    task.abort();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_answer_makes_it_panic(answer in prop::collection::vec(any::<u8>(), 0..200), whole: bool) {
        let answer = if whole { ok(&answer) } else { answer };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (at, task) = answering(answer).await;
            let lb = builder(&format!("http://{at}")).build().unwrap();
            assert!(lb.stats_of(at).await.is_err());
            let _ = lb.pids_of(at).await;
            task.abort();
        });
    }
}
