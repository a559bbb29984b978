//! Runs the verbs that talk to Marathon: a runtime, a connection, and whoever sits in front of it.

use std::io::{ErrorKind, Write};

use tokio::runtime;
use zdd_core::ports::Marathon;
use zdd_marathon::HttpMarathon;

use crate::args::{
    AbortArgs, CanaryArgs, CanaryVerb, CheckArgs, ConnectArgs, DeployArgs, HaproxyArgs,
    HistoryArgs, Output, PlanCommand, PlanOutput, ResumeArgs, RollbackArgs, StatusArgs, ZddPyArgs,
};
use crate::connect::{balancer, connect, of_zdd_py, tell_of_silence};
use crate::error::{CliError, ConnectFault};
use crate::exit::ExitCode;
use crate::follow::{Console, Operator, Terminal};
use crate::live::Screen;
use crate::text::{NOTE, Page, styled};
use crate::{abort, check, deploy, fit, history, plan, resume, rollout, status};

type Answer = Result<ExitCode, CliError>;

pub(crate) fn deploy(
    args: &DeployArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let mut console =
        Console::new(out, err, page, args.follow.watch.output).on_screen(Screen::of_stderr());
    unread(with(&args.connect, &mut console, async |marathon, operator, console| {
        deploy::run(args, marathon, operator, console).await
    }))
}

/// Without a cluster that somebody has to be asked about, nobody is.
pub(crate) fn check(
    args: &CheckArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    fit::of_check(args)?;
    match (args.connect.marathon.is_empty(), &args.cluster.mesos) {
        (true, None) => check::run(args, page, out),
        (true, Some(_)) => alone(check::run_on(args, None, page, out)),
        (false, _) => {
            let mut console = Console::new(out, err, page, args.output);
            with(&args.connect, &mut console, async |marathon, _, console| {
                check::run_on(args, Some(marathon), page, console.out).await
            })
        }
    }
}

/// Without an address of Marathon in the arguments, nobody is asked: a plan of files is the same everywhere.
pub(crate) fn plan(
    args: &PlanCommand,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    fit::of_plan(args)?;
    if args.connect.marathon.is_empty() {
        return match &args.cluster.mesos {
            None => plan::run(args, page, out),
            Some(_) => alone(plan::run_on_mesos(args, page, out)),
        };
    }
    let output = match args.plan.output {
        PlanOutput::Text => Output::Text,
        PlanOutput::Json | PlanOutput::Svg => Output::Json,
    };
    let mut console = Console::new(out, err, page, output);
    with(&args.connect, &mut console, async |marathon, _, console| {
        plan::run_live(args, marathon, page, console.out).await
    })
}

pub(crate) fn canary(
    args: &CanaryArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let (connect, output) = match &args.verb {
        CanaryVerb::Start(args) => (&args.connect, args.pace.output),
        CanaryVerb::Approve(args) => (&args.end.connect, args.end.pace.output),
        CanaryVerb::Promote(args) | CanaryVerb::Rollback(args) => (&args.connect, args.pace.output),
        CanaryVerb::Hold(args) => (&args.connect, args.pace.output),
        CanaryVerb::Status(args) => (&args.connect, args.output),
    };
    let mut console = Console::new(out, err, page, output);
    unread(with(connect, &mut console, async |marathon, operator, console| {
        rollout::run(args, marathon, operator, console).await
    }))
}

pub(crate) fn zdd_py(
    args: &ZddPyArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let balancers = HaproxyArgs {
        haproxy: Vec::new(),
        haproxy_master: Vec::new(),
        marathon_lb: Some(args.marathon_lb.clone()),
    };
    let balancer = balancer(&balancers)?.ok_or(rollout::CanaryError::NoBalancer)?;
    let mut console = Console::new(out, err, page, Output::Text);
    unread(on(
        || of_zdd_py(args),
        &mut console,
        async |marathon, operator, console| {
            rollout::zdd_py(args, marathon, &*balancer, operator, console).await
        },
    ))
}

pub(crate) fn status(
    args: &StatusArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let mut console = Console::new(out, err, page, args.output).on_screen(Screen::of_stderr());
    with(&args.connect, &mut console, async |marathon, operator, console| {
        status::run(args, marathon, operator, console).await
    })
}

pub(crate) fn abort(
    args: &AbortArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let mut console =
        Console::new(out, err, page, args.watch.output).on_screen(Screen::of_stderr());
    unread(with(&args.connect, &mut console, async |marathon, operator, console| {
        abort::run(args, marathon, operator, console).await
    }))
}

pub(crate) fn resume(
    args: &ResumeArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let mut console =
        Console::new(out, err, page, args.follow.watch.output).on_screen(Screen::of_stderr());
    unread(with(&args.connect, &mut console, async |marathon, operator, console| {
        resume::run(args, marathon, operator, console).await
    }))
}

pub(crate) fn history(
    args: &HistoryArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let mut console = Console::new(out, err, page, args.output);
    with(&args.connect, &mut console, async |marathon, _, console| {
        history::run(args, marathon, console).await
    })
}

pub(crate) fn rollback(
    args: &RollbackArgs,
    page: Page,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Answer {
    let mut console = Console::new(out, err, page, args.output);
    unread(with(&args.connect, &mut console, async |marathon, operator, console| {
        history::rollback(args, marathon, operator, console).await
    }))
}

/// A reader that went away has seen enough of a result, but not how a deployment ended.
fn unread(answer: Answer) -> Answer {
    match answer {
        Err(CliError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::Left),
        Err(CliError::Json(error)) if error.io_error_kind() == Some(ErrorKind::BrokenPipe) => {
            Ok(ExitCode::Left)
        }
        answer => answer,
    }
}

/// Runs what talks to no Marathon.
fn alone(verb: impl Future<Output = Answer>) -> Answer {
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Terminal)?;
    let answer = runtime.block_on(verb);
    runtime.shutdown_background();
    answer
}

/// Connects and runs `verb`. One thread is enough: it only waits.
fn with(
    args: &ConnectArgs,
    console: &mut Console<'_>,
    verb: impl AsyncFnOnce(&dyn Marathon, &mut dyn Operator, &mut Console<'_>) -> Answer,
) -> Answer {
    on(|| connect(args), console, verb)
}

/// Runs `verb` on the Marathon that `connected` answers with.
fn on(
    connected: impl FnOnce() -> Result<(HttpMarathon, Vec<String>), ConnectFault>,
    console: &mut Console<'_>,
    verb: impl AsyncFnOnce(&dyn Marathon, &mut dyn Operator, &mut Console<'_>) -> Answer,
) -> Answer {
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Terminal)?;
    let answer = runtime.block_on(async {
        let (marathon, warnings) = connected()?;
        for warning in warnings {
            warn(&warning, console)?;
        }
        let mut terminal = Terminal::new().map_err(CliError::Terminal)?;
        let unheard = terminal.unheard().map_err(CliError::Terminal)?;
        let silence = tell_of_silence(&marathon, console.page, console.is_followed());
        let answer = tokio::select! {
            biased;
            answer = verb(&marathon, &mut terminal, console) => Some(answer),
            () = unheard => None,
            never = silence => match never {},
        };
        answer.unwrap_or_else(|| {
            console.note("interrupted; `zdd status` says what goes on")?;
            Ok(ExitCode::Left)
        })
    });
    // A name that is still being looked up must not hold up the end.
    runtime.shutdown_background();
    answer
}

/// Warnings go to standard error also where the rest is JSON.
fn warn(text: &str, console: &mut Console<'_>) -> Result<(), CliError> {
    if console.output == Output::Json {
        return console.note(&format!("warning: {text}"));
    }
    Ok(writeln!(console.err, "{} {text}", styled(NOTE, "warning:"))?)
}
