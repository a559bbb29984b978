//! `zdd lab bridge`: a load balancer for a Marathon that is there.

use std::io::Write;
use std::sync::Arc;

use super::balancer::Plan;
use super::stop::StopSignals;
use crate::args::BridgeArgs;
use crate::connect::connect;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::text::{NOTE, styled};

pub(super) async fn run(
    args: &BridgeArgs,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let mut signals = StopSignals::listen()?;
    let (marathon, warnings) = connect(&args.connect)?;
    for warning in warnings {
        writeln!(err, "{} {warning}", styled(NOTE, "warning:"))?;
    }
    let plan = Plan::of(&args.balancer).await?;
    let balancer = tokio::select! {
        balancer = plan.start(Arc::new(marathon)) => balancer?,
        () = signals.next() => return Ok(ExitCode::Done),
    };
    balancer.introduce(out)?;
    writeln!(out, "Ctrl-C ends it with HAProxy")?;
    out.flush()?;

    let mut teller = balancer.teller();
    let told = loop {
        tokio::select! {
            () = signals.next() => break Ok(()),
            news = teller.news() => {
                let written = news.iter().try_for_each(|line| writeln!(err, "{line}"));
                if let Err(error) = written.and_then(|()| err.flush()) {
                    break Err(error);
                }
            }
        }
    };
    balancer.end().await;
    told.map(|()| ExitCode::Done).map_err(CliError::from)
}
