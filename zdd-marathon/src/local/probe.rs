//! One question to a task: is it healthy, is it ready?

use std::error::Error;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use reqwest::{Client, Response, redirect};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;
use zdd_core::app::{HealthCheck, HealthCheckProtocol};

use super::process::Process;
use super::process_status;
use super::task::Task;

/// So much of the answer to a readiness check is kept.
const KEPT: usize = 8 * 1024;

/// Asks tasks. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Prober {
    client: Client,
}

/// What a task answered to a readiness check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Prober {
    /// Certificates are not verified, as in Marathon: a task is asked by its address, which none
    /// names. Every question has a connection of its own, so that it finds out whether the task still
    /// accepts any.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .tls_certs_only([])
            .tls_danger_accept_invalid_certs(true)
            .build()
            .map(|client| Self { client })
    }

    /// Asks the question of the health check at `index` of the task's app. The error is how it
    /// failed; no result is an answer that counts neither way.
    pub(crate) async fn health(
        &self,
        task: &Task,
        index: usize,
        check: &HealthCheck,
    ) -> Option<Result<(), String>> {
        let late = || Err(format!("no answer within {} s", check.timeout.as_secs()));
        let asked = async {
            if check.protocol == HealthCheckProtocol::Command {
                return Some(run_command(task, index).await);
            }
            let at = match port_of(task, check) {
                Ok(port) => SocketAddr::new(task.address, port),
                Err(cause) => return Some(Err(cause)),
            };
            match check.protocol {
                HealthCheckProtocol::Tcp | HealthCheckProtocol::MesosTcp => Some(
                    TcpStream::connect(at)
                        .await
                        .map(drop)
                        .map_err(|error| format!("{at}: {}", reason(&error))),
                ),
                protocol => {
                    let is_tls = matches!(
                        protocol,
                        HealthCheckProtocol::Https | HealthCheckProtocol::MesosHttps
                    );
                    let path = check.path.as_deref().unwrap_or("/");
                    let ignores_1xx = task.check_option(index, "ignoreHttp1xx");
                    self.ask(is_tls, at, path).await.map_or_else(
                        |error| Some(Err(format!("{at}: {}", cause(&error)))),
                        |answer| judge(&answer, ignores_1xx),
                    )
                }
            }
        };
        timeout(check.timeout, asked).await.unwrap_or_else(|_| Some(late()))
    }

    /// Asks whether a task is ready. Without an answer it is as if it answered 504.
    ///
    /// Source: `ReadinessCheckExecutorActor` in Marathon.
    pub(crate) async fn readiness(
        &self,
        address: SocketAddr,
        is_tls: bool,
        path: &str,
        within: Duration,
    ) -> Answer {
        let asked = async {
            let mut response = self.ask(is_tls, address, path).await?;
            let content_type = response
                .headers()
                .get(reqwest::header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("text/plain")
                .to_string();
            let mut body = Vec::new();
            while body.len() < KEPT
                && let Some(chunk) = response.chunk().await?
            {
                body.extend_from_slice(&chunk[..chunk.len().min(KEPT - body.len())]);
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            Ok(Answer { status: response.status().as_u16(), content_type, body })
        };
        let failed = |body| Answer { status: 504, content_type: "text/plain".into(), body };
        match timeout(within, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => failed(cause(&error)),
            Err(_) => failed(format!("no answer within {} s", within.as_secs())),
        }
    }

    async fn ask(&self, is_tls: bool, at: SocketAddr, path: &str) -> reqwest::Result<Response> {
        let scheme = if is_tls { "https" } else { "http" };
        let slash = if path.starts_with('/') { "" } else { "/" };
        self.client.get(format!("{scheme}://{at}{slash}{path}")).send().await
    }
}

/// Healthy is any status from 200 to 399.
///
/// Source: `HealthCheckWorker` in Marathon.
fn judge(answer: &Response, ignores_1xx: bool) -> Option<Result<(), String>> {
    let status = answer.status();
    match status.as_u16() {
        100..=199 if ignores_1xx => None,
        200..=399 => Some(Ok(())),
        _ => Some(Err(status.to_string())),
    }
}

/// The port by its number, or the one at the index, or the first.
fn port_of(task: &Task, check: &HealthCheck) -> Result<u16, String> {
    if let Some(port) = check.port.filter(|port| *port > 0) {
        return Ok(port);
    }
    let index = check.port_index.unwrap_or(0);
    let port = usize::try_from(index).ok().and_then(|index| task.ports.get(index)?.port);
    port.ok_or_else(|| format!("the task has no port of index {index}"))
}

/// Runs the command of a check as the task would. In a group of its own, so that a command that takes
/// too long ends with all that it started, and with nothing else.
async fn run_command(task: &Task, index: usize) -> Result<(), String> {
    let value = task.check_command(index).ok_or("the check has no command")?;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", value])
        .env_clear()
        .envs(&task.environment)
        .current_dir(&task.sandbox)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = Process::spawn(&mut command).map_err(|error| format!("cannot start: {error}"))?;
    let group = process.group();
    let machine = task.machine.clone();
    machine.guard.begun(group);
    // Dropping the sender, together with the question, ends the command at once.
    let (_asks, end) = watch::channel(None);
    let running = task.machine.tracker.spawn(async move {
        let ended = process.run(end).await;
        machine.guard.ended(group);
        ended.status
    });
    match running.await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("the command {}", process_status::text(status))),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// What is at the bottom of a failed request: `Connection refused`, not where it happened.
fn cause(error: &reqwest::Error) -> String {
    let mut at: &dyn Error = error;
    while let Some(source) = at.source() {
        at = source;
    }
    reason(&at)
}

/// What the system says, without the number that it has for it.
fn reason(said: &impl ToString) -> String {
    let text = said.to_string();
    text.split_once(" (os error ").map_or(text.clone(), |(text, _)| text.into())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::time::Instant;

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use zdd_core::app::App;

    use super::super::agents::default_agents;
    use super::super::runtime_machine::Machine;
    use super::super::task_ports;
    use super::*;

    /// A task with this health check, and its machine.
    fn task(check: &str, ports: &[u16]) -> (Task, Arc<Machine>) {
        let machine = Machine::start(&default_agents(), 1).unwrap();
        let app = App::parse(&format!(r#"{{"id": "/a", "healthChecks": [{check}]}}"#)).unwrap();
        let sandbox = machine.sandboxes.create(&"a.1".parse().unwrap()).unwrap();
        let task = Task {
            id: "a.1".parse().unwrap(),
            address: Ipv4Addr::LOCALHOST.into(),
            ports: task_ports::of(&app, ports),
            app: Arc::new(app),
            environment: [("MINE".into(), "x y".into())].into(),
            sandbox: sandbox.path,
            machine: machine.clone(),
        };
        (task, machine)
    }

    async fn ask(check: &str, ports: &[u16]) -> Result<(), String> {
        let (task, machine) = task(check, ports);
        let check = task.app.health_checks()[0].clone();
        let answer = machine.prober.health(&task, 0, &check).await;
        machine.guard.end().await;
        answer.expect("none of these answers counts neither way")
    }

    fn failed(cause: &str) -> Result<(), String> {
        Err(cause.into())
    }

    /// A server on a free port.
    async fn serve(app: Router) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, app).await });
        port
    }

    /// A server with a certificate that names another host and that nobody signed.
    async fn serve_tls() -> u16 {
        let made = rcgen::generate_simple_self_signed(["elsewhere.example".into()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        port
    }

    /// A port that nobody listens on.
    async fn closed() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    }

    #[tokio::test]
    async fn http_passes_with_any_status_from_200_to_399() {
        let mut app = Router::new();
        for status in [200, 204, 302, 399, 400, 404, 500, 503] {
            let code = StatusCode::from_u16(status).unwrap();
            // A redirect to nowhere: following it would fail.
            let answer = (code, [("location", "http://127.0.0.1:1/")], "text");
            app = app.route(&format!("/{status}"), get(move || async move { answer }));
        }
        let port = serve(app).await;
        for status in [200, 204, 302, 399] {
            let check = format!(r#"{{"path": "/{status}"}}"#);
            assert_eq!(ask(&check, &[port]).await, Ok(()), "{status}");
        }
        for (path, cause) in [
            ("/400", "400 Bad Request"),
            ("404", "404 Not Found"),
            ("/500", "500 Internal Server Error"),
            ("/503", "503 Service Unavailable"),
        ] {
            let check = format!(r#"{{"protocol": "MESOS_HTTP", "path": "{path}"}}"#);
            assert_eq!(ask(&check, &[port]).await, failed(cause));
        }
    }

    #[tokio::test]
    async fn certificates_are_not_verified() {
        let port = serve_tls().await;
        assert_eq!(ask(r#"{"protocol": "HTTPS"}"#, &[port]).await, Ok(()));
        assert_eq!(ask(r#"{"protocol": "MESOS_HTTPS"}"#, &[port]).await, Ok(()));
        let prober = Prober::new().unwrap();
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let answer = prober.readiness(at, true, "/", Duration::from_secs(5)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
        // Asked without TLS, the server does not answer.
        assert!(ask("{}", &[port]).await.is_err());
    }

    #[tokio::test]
    async fn the_port_is_found_by_index_or_number() {
        let open = serve(Router::new().route("/", get(|| async { "" }))).await;
        let closed = closed().await;
        let refused = failed(&format!("127.0.0.1:{closed}: Connection refused"));
        let passed = Ok(());
        assert_eq!(ask("{}", &[open, closed]).await, passed);
        assert_eq!(ask(r#"{"portIndex": 1}"#, &[open, closed]).await, refused);
        assert_eq!(ask(&format!(r#"{{"port": {closed}}}"#), &[open]).await, refused);
        let tcp = |more| format!(r#"{{"protocol": "TCP"{more}}}"#);
        assert_eq!(ask(&tcp(""), &[open]).await, passed);
        assert_eq!(ask(&tcp(r#", "portIndex": 1"#), &[open, closed]).await, refused);
        assert_eq!(
            ask(&tcp(r#", "portIndex": 2"#), &[open]).await,
            failed("the task has no port of index 2")
        );
    }

    #[tokio::test]
    async fn an_answer_that_comes_too_late_is_none() {
        // Connections are accepted by the system, and nobody answers.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let late = failed("no answer within 1 s");
        for check in [r#"{"timeoutSeconds": 1}"#, r#"{"protocol": "HTTPS", "timeoutSeconds": 1}"#] {
            let begun = Instant::now();
            assert_eq!(ask(check, &[port]).await, late);
            assert!(begun.elapsed() < Duration::from_secs(5));
        }
    }

    #[tokio::test]
    async fn a_command_runs_as_the_task_would() {
        let command =
            |line| format!(r#"{{"protocol": "COMMAND", "command": {{"value": "{line}"}}}}"#);
        let mine = r#"test \"$MINE\" = 'x y' && test -f stdout"#;
        assert_eq!(ask(&command(mine), &[]).await, Ok(()));
        assert_eq!(ask(&command("exit 4"), &[]).await, failed("the command exited with status 4"));
        assert_eq!(
            ask(r#"{"protocol": "COMMAND"}"#, &[]).await,
            failed("the check has no command")
        );
    }

    #[tokio::test]
    async fn a_command_that_takes_too_long_ends_with_all_that_it_started() {
        let check = r#"{"protocol": "COMMAND", "timeoutSeconds": 1,
            "command": {"value": "sleep 1000 & echo $! > id; wait"}}"#;
        let (task, machine) = task(check, &[]);
        let check = task.app.health_checks()[0].clone();
        let answer = machine.prober.health(&task, 0, &check).await;
        assert_eq!(answer, Some(failed("no answer within 1 s")));
        machine.tracker.close();
        timeout(Duration::from_secs(10), machine.tracker.wait()).await.unwrap();
        let id = std::fs::read_to_string(task.sandbox.join("id")).unwrap();
        assert!(!std::path::Path::new("/proc").join(id.trim()).exists());
        machine.guard.end().await;
    }

    #[tokio::test]
    async fn readiness_answers_are_passed_on_and_missing_ones_are_a_504() {
        let app = Router::new()
            .route("/ready", get(|| async { (StatusCode::ACCEPTED, "soon") }))
            .route("/long", get(|| async { "x".repeat(KEPT * 3) }));
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let prober = Prober::new().unwrap();
        let (port, second) = (serve(app).await, Duration::from_secs(1));
        assert_eq!(
            prober.readiness(at(port), false, "/ready", second).await,
            Answer {
                status: 202,
                content_type: "text/plain; charset=utf-8".into(),
                body: "soon".into()
            }
        );
        assert_eq!(prober.readiness(at(port), false, "/long", second).await.body.len(), KEPT);
        let missing = prober.readiness(at(closed().await), false, "/", second).await;
        assert_eq!((missing.status, missing.body.as_str()), (504, "Connection refused"));
    }
}
