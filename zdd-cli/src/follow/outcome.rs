//! From a deployment that goes on to how it was left: time limits, Ctrl-C, taking back.

use std::time::Duration;

use tokio::time::Instant;
use zdd_core::ports::{Marathon, MarathonError, Unreachable};
use zdd_core::units::DeploymentId;

use super::{Answer, Console, End, Follower, How, Operator, Scope, Stop};
use crate::args::{FollowArgs, OnFailure, Span, WatchArgs};
use crate::error::CliError;
use crate::text::Time;

/// A deployment, and what is done when it takes too long.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) deployment: DeploymentId,
    pub(crate) scope: Scope,
    pub(crate) timeout: Option<Duration>,
    pub(crate) on_failure: OnFailure,
    /// Whether it takes another one back, or was told to end: then that is not undone in turn.
    is_end: bool,
}

/// How a deployment was left.
#[derive(Clone, Debug)]
pub(crate) enum Closing {
    /// It ended.
    Ended(End),
    /// It was taken back because we wanted it, and this is how that ended.
    RolledBack(End),
    /// It was stopped because we wanted it.
    Stopped(Cause),
    /// It goes on without us.
    Left(Cause),
    /// Taking it back did nothing, and it goes on: it only restarts what did not change.
    NothingToRevert,
}

/// Why a deployment was left or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It took too long.
    Deadline,
    /// Ctrl-C.
    Interrupt,
}

impl Course {
    /// The course of a deployment that is followed as `args` say.
    ///
    /// # Errors
    ///
    /// When it says to ask, and nobody can answer: better now than when the time is up.
    pub(crate) fn new(
        deployment: DeploymentId,
        scope: Scope,
        args: &FollowArgs,
        operator: &dyn Operator,
    ) -> Result<Self, CliError> {
        let on_failure = on_failure(args, operator)?;
        let timeout = args.watch.timeout.map(Span::time);
        Ok(Self { deployment, scope, timeout, on_failure, is_end: false })
    }

    /// The course of what ends another deployment, or of one that was told to end.
    pub(crate) fn of_end(deployment: DeploymentId, scope: Scope, args: &WatchArgs) -> Self {
        let timeout = args.timeout.map(Span::time);
        Self { deployment, scope, timeout, on_failure: OnFailure::Leave, is_end: true }
    }
}

/// What to do with a deployment that takes too long.
pub(crate) fn on_failure(
    args: &FollowArgs,
    operator: &dyn Operator,
) -> Result<OnFailure, CliError> {
    match (args.on_failure, operator.can_answer()) {
        (Some(OnFailure::Ask), false) => Err(CliError::NobodyToAsk),
        (Some(given), _) => Ok(given),
        (None, true) => Ok(OnFailure::Ask),
        (None, false) => Ok(OnFailure::Leave),
    }
}

/// Follows a deployment until it ended, or was left as `course` and `operator` say.
pub(crate) async fn carry_on(
    marathon: &dyn Marathon,
    follower: &mut Follower<'_>,
    course: &Course,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Closing, CliError> {
    let Course { deployment, scope, timeout, .. } = course;
    let mut deadline = after(*timeout);
    let mut is_told_to_revert = false;
    let mut is_stopped_for = None;
    loop {
        let stop = follower.until_end(deployment, scope, deadline, operator, console).await?;
        let cause = match stop {
            Stop::Ended(End { how: How::TakenOver { by }, seen }) if is_told_to_revert => {
                // The answer to our call was lost, and this is what it did.
                let Some(reverting) = by.first() else {
                    return Ok(Closing::Ended(End { how: How::Unknown, seen }));
                };
                return taken_back(follower, course, reverting, operator, console).await;
            }
            Stop::Ended(end) => {
                return Ok(match is_stopped_for {
                    Some(cause) => Closing::Stopped(cause),
                    None => Closing::Ended(end),
                });
            }
            Stop::Deadline => Cause::Deadline,
            Stop::Interrupted => Cause::Interrupt,
        };
        if course.is_end || is_told_to_revert || is_stopped_for.is_some() {
            return Ok(Closing::Left(cause));
        }
        match answer(course, cause, operator, console).await? {
            Answer::GoOn => deadline = if cause == Cause::Deadline { None } else { deadline },
            Answer::Leave => return Ok(Closing::Left(cause)),
            Answer::Revert => match marathon.revert(deployment).await {
                Ok(accepted) => {
                    console.note(&format!("taking it back: deployment {}", accepted.deployment))?;
                    follower.accepted();
                    let reverting = accepted.deployment;
                    return taken_back(follower, course, &reverting, operator, console).await;
                }
                Err(error) => {
                    is_told_to_revert = may_go_on(error, deployment, console)?;
                    deadline = after(*timeout);
                }
            },
            Answer::Stop => match marathon.cancel(deployment).await {
                Ok(()) => {
                    console.note("stopping it where it is")?;
                    (is_stopped_for, deadline) = (Some(cause), after(*timeout));
                }
                Err(error) => {
                    let may_be = may_go_on(error, deployment, console)?;
                    is_stopped_for = may_be.then_some(cause);
                    deadline = after(*timeout);
                }
            },
        }
    }
}

fn after(timeout: Option<Duration>) -> Option<Instant> {
    timeout.map(|timeout| Instant::now() + timeout)
}

/// What to do now.
async fn answer(
    course: &Course,
    cause: Cause,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Answer, CliError> {
    let id = &course.deployment;
    if let (Cause::Deadline, Some(timeout)) = (cause, course.timeout) {
        console.note(&format!("deployment {id} is not done after {}", Time(timeout)))?;
    }
    let is_asked = match cause {
        Cause::Deadline => course.on_failure == OnFailure::Ask,
        Cause::Interrupt => true,
    };
    if is_asked && operator.can_answer() {
        console.finish()?;
        let answer = operator.ask(&format!("What about deployment {id}?")).await;
        return Ok(answer.unwrap_or(Answer::Leave));
    }
    Ok(match (cause, course.on_failure) {
        (Cause::Deadline, OnFailure::Revert) => Answer::Revert,
        (Cause::Deadline, OnFailure::Stop) => Answer::Stop,
        (Cause::Deadline, OnFailure::Leave | OnFailure::Ask) | (Cause::Interrupt, _) => {
            Answer::Leave
        }
    })
}

/// A call to end a deployment failed. Where it has ended by itself, or the call may have been carried
/// out, following it tells; this answers whether the latter.
fn may_go_on(
    error: MarathonError,
    deployment: &DeploymentId,
    console: &mut Console<'_>,
) -> Result<bool, CliError> {
    match error {
        MarathonError::NotFound { .. } => Ok(false),
        MarathonError::Unreachable { why: why @ Unreachable::MayHaveHappened { .. } } => {
            console.note(&why.to_string())?;
            Ok(true)
        }
        error => Err(CliError::of_deployment(deployment, error)),
    }
}

/// Follows the deployment that takes ours back.
async fn taken_back(
    follower: &mut Follower<'_>,
    course: &Course,
    reverting: &DeploymentId,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Closing, CliError> {
    let deadline = after(course.timeout);
    let stop = follower.until_end(reverting, &course.scope, deadline, operator, console).await?;
    Ok(match stop {
        Stop::Ended(end) if end.seen.deployment(&course.deployment).is_some() => {
            Closing::NothingToRevert
        }
        Stop::Ended(end) => Closing::RolledBack(end),
        Stop::Deadline => Closing::Left(Cause::Deadline),
        Stop::Interrupted => Closing::Left(Cause::Interrupt),
    })
}
