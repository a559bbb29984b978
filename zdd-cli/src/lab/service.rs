//! `zdd lab service`: a service to deploy.

use std::future::IntoFuture;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::error::LabError;
use super::listen::{self, Reach};
use super::service_http::{Behaviour, router};
use super::stop::StopSignals;
use crate::args::ServiceArgs;
use crate::error::CliError;
use crate::exit::ExitCode;

/// How much longer than its slowest answer a service that is told to stop waits for its clients: one
/// that never sends the rest of its request must not keep it.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn run(args: &ServiceArgs, out: &mut impl Write) -> Result<ExitCode, CliError> {
    let behaviour = Behaviour::of(args)?;
    let address = address(args)?;
    let mut signals = StopSignals::listen()?;
    tokio::select! {
        () = signals.next() => return Ok(ExitCode::Done),
        () = sleep(millis(args.trouble.start_up)) => {}
    }
    let (listener, address) = listen::bind(address).await?;
    writeln!(out, "simpleservice {} listens on http://{address}", args.service_version)?;
    out.flush()?;

    let slowest = behaviour.slowest();
    let (stop, stopped) = oneshot::channel::<()>();
    let service = router(behaviour).into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|connection| {
        // Only speed depends on it, and a connection that is broken is found out soon enough.
        let _ = connection.set_nodelay(true);
    });
    let serving = axum::serve(listener, service)
        // A sender that is dropped stops it as well.
        .with_graceful_shutdown(async move { stopped.await.unwrap_or_default() })
        .into_future();
    tokio::pin!(serving);
    tokio::select! {
        served = &mut serving => served?,
        () = signals.next() => {}
        error = crash(args.trouble.crash_after) => return Err(error.into()),
    }
    drop(stop);
    tokio::select! {
        served = serving => served?,
        () = sleep(slowest + PATIENCE) => {}
        // Whoever asks twice does not want to wait.
        () = signals.next() => {}
    }
    Ok(ExitCode::Done)
}

fn address(args: &ServiceArgs) -> Result<SocketAddr, LabError> {
    let ip = match &args.host {
        Some(host) => listen::address_of(host)?,
        None => listen::address_of_task(),
    };
    let address = SocketAddr::new(ip, args.port);
    listen::check(address, if args.allow_non_loopback { Reach::Any } else { Reach::Loopback })?;
    Ok(address)
}

/// Crashes after a time, or never.
async fn crash(after: Option<u32>) -> LabError {
    match after.map(millis) {
        None => std::future::pending().await,
        Some(after) => {
            sleep(after).await;
            LabError::Crashed { after }
        }
    }
}

pub(super) fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
