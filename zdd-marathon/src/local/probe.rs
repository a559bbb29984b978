//! One question to a task: is it healthy, is it ready?

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
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
                        .map_err(|error| format!("{at}: {error}")),
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
    let port = usize::try_from(index).ok().and_then(|index| task.ports.get(index));
    port.copied().ok_or_else(|| format!("the task has no port of index {index}"))
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
    at.to_string()
}
