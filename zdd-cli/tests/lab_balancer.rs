//! The load balancer of the lab, as processes.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod up;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::process::{Command, Output};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use up::{Up, ask, free_port, nothing_is_left, request, until};

fn service(id: &str, labels: &Value) -> Value {
    json!({
        "id": id, "instances": 2, "cpus": 0.1, "mem": 32, "labels": labels,
        "container": {"type": "DOCKER", "docker": {"image": "mhausenblas/simpleservice:0.4.0"}},
        "healthChecks": [{
            "protocol": "HTTP", "path": "/health", "gracePeriodSeconds": 60, "intervalSeconds": 1,
            "timeoutSeconds": 20, "maxConsecutiveFailures": 3,
        }],
    })
}

fn on_port(port: u16) -> Value {
    json!({"HAPROXY_0_PORT": port.to_string()})
}

fn at(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn answers(port: u16) -> bool {
    request(at(port), "GET", "/endpoint0", "").is_ok_and(|(status, _)| status == 200)
}

/// What the admin socket says.
fn admin(lab: &Up, command: &str) -> String {
    let mut socket = UnixStream::connect(lab.admin_socket()).unwrap();
    writeln!(socket, "{command}").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

fn run(args: &[&str]) -> Output {
    Command::new(cargo_bin!("zdd")).arg("lab").args(args).output().unwrap()
}

#[test]
fn an_app_with_a_port_is_served_until_the_lab_is_killed() {
    let [port, vhosts] = [free_port(), free_port()];
    let mut lab = Up::lab(&["--vhosts", &vhosts.to_string()]);
    let hosts = format!("http://127.0.0.1:{vhosts}");
    assert!(lab.told.contains("HAPROXY_0_PORT") && lab.told.contains(&hosts), "{}", lab.told);
    let mut labels = on_port(port);
    labels["HAPROXY_0_VHOST"] = "shop.example".into();
    lab.deploy("POST", "/v2/apps", &service("/shop", &labels));
    until("it is served", || lab.n_up_only_in(&format!("shop_{port}")) == 2);
    assert!(answers(port));
    let of_host = |host| ask(at(vhosts), host, "GET", "/endpoint0", "").unwrap().0;
    assert_eq!((of_host("shop.example"), of_host("other.example")), (200, 503));
    assert!(admin(&lab, "show servers state").contains(&format!("shop_{port}")));

    let pids = lab.pids();
    assert_eq!(pids.len(), 2, "a master and a worker");
    assert_eq!(lab.complained(), "");
    let folder = lab.admin_socket().parent().unwrap().to_path_buf();
    assert!(folder.exists());
    let ports = [port, vhosts, lab.marathon_lb().port()];
    lab.signal(Signal::SIGKILL);
    lab.ended();
    nothing_is_left(&pids, &ports, &folder);
}

#[test]
fn what_is_wrong_is_told_when_it_comes_and_when_it_goes() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let lab = Up::lab(&[]);
    lab.deploy("POST", "/v2/apps", &service("/shop", &on_port(port)));
    let problem = format!("app `/shop`: port {port} cannot be bound: ");
    let says = |text: &str| lab.complained().contains(text);
    until("it is said", || says(&format!("load balancer: {problem}")));
    assert!(says("(hint: give the app another port with the label HAPROXY_0_PORT)"));
    drop(taken);
    until("that is over", || says(&format!("load balancer: no more: {problem}")));
    until("it is served", || answers(port));

    let master = *lab.pids().last().unwrap();
    kill(Pid::from_raw(master), Signal::SIGKILL).unwrap();
    until("it is started again", || says("load balancer: HAProxy was started again\n"));
    until("that is over", || says("load balancer: in order again\n"));
    until("it is served", || answers(port));
    let complained = lab.complained();
    assert_eq!(complained.lines().count(), 5, "each once: {complained}");
    assert!(complained.contains("load balancer: HAProxy ended ("), "{complained}");
}

#[test]
fn a_marathon_that_is_there_gets_a_load_balancer_for_a_group() {
    let mut lab = Up::lab(&["--no-haproxy"]);
    assert!(!lab.told.contains("HAProxy"), "{}", lab.told);
    let url = lab.export("ZDD_MARATHON").to_owned();
    let [inside, outside] = [free_port(), free_port()];
    let mut labels = on_port(outside);
    labels["HAPROXY_GROUP"] = "internal,external".into();
    lab.deploy("POST", "/v2/apps", &service("/outside", &labels));
    lab.deploy("POST", "/v2/apps", &service("/inside", &on_port(inside)));
    let options = ["--lb-listen", "0", "--group", "external", "--retry-for", "1s"];
    let args: Vec<&str> = ["bridge", "--marathon", &url]
        .into_iter()
        .chain(options)
        .chain(["--mended-merge"])
        .collect();
    let mut bridge = Up::start(&args);
    until("it is served", || bridge.n_up_only_in(&format!("outside_{outside}")) == 2);
    assert!(answers(outside) && !answers(inside));
    assert_eq!(bridge.complained(), "");

    // Without a Marathon HAProxy goes on with what it has.
    lab.signal(Signal::SIGKILL);
    lab.ended();
    until("it is said", || bridge.complained().contains("it is tried again\n"));
    kill(Pid::from_raw(*bridge.pids().last().unwrap()), Signal::SIGKILL).unwrap();
    until("it is said", || bridge.complained().contains("HAProxy was started again\n"));
    let (pids, folder) = (bridge.pids(), bridge.admin_socket().parent().unwrap().to_path_buf());
    bridge.signal(Signal::SIGTERM);
    assert_eq!(bridge.ended().code(), Some(0));
    assert!(!folder.exists(), "at once, not only in the end");
    nothing_is_left(&pids, &[outside, bridge.marathon_lb().port()], &folder);
}

#[test]
fn what_cannot_be_had_is_said_with_how_to_go_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let lab = Up::lab(&["--no-haproxy"]);
    let url = lab.export("ZDD_MARATHON");
    let in_use = |option| {
        format!(
            "error: {option}: cannot listen on 127.0.0.1:{port}: Address already in use (os error \
             98)\nhint: name another port with {option}"
        )
    };
    let up = ["up", "--listen", "127.0.0.1:0"];
    let bridge = ["bridge", "--marathon", url];
    let no_such = "error: /no/haproxy cannot be started: No such file or directory (os error 2)\n\
                   hint: install HAProxy 2.6 or later";
    for verb in [up, bridge] {
        for (options, told) in [
            (&["--lb-listen", &port][..], in_use("--lb-listen") + "; 0 is any free one\n"),
            (&["--lb-listen", "0", "--vhosts", &port], in_use("--vhosts") + "\n"),
            (&["--lb-listen", "0", "--haproxy", "/no/haproxy"], format!("{no_such}\n")),
        ] {
            let output = run(&[&verb[..], options].concat());
            assert_eq!(String::from_utf8_lossy(&output.stderr), told);
            assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()));
        }
    }
}
