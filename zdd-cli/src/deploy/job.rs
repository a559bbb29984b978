//! Carries one change out, from what runs to the end of its deployment.

use zdd_core::guarantee::Guarantee;
use zdd_core::ports::Marathon;
use zdd_core::standing::Standing;
use zdd_core::units::DeploymentId;

use super::change::Change;
use super::lock::Patience;
use super::order::{Order, Present, Versions, stale};
use super::preview::{Release, compare, expected, refuse};
use super::show;
use super::submit::{Submitted, failed, submit};
use crate::args::{Carrying, FollowArgs};
use crate::error::{Call, CliError};
use crate::exit::ExitCode;
use crate::follow::{
    Asked, Console, Course, Follower, Journal, Operator, Recording, carry_on, close,
};

/// One definition to be deployed.
pub(super) struct Job<'j> {
    pub(super) order: Order,
    pub(super) release: Release,
    pub(super) how: &'j Carrying,
    pub(super) follow: &'j FollowArgs,
    pub(super) marathon: &'j dyn Marathon,
}

impl<'j> Job<'j> {
    /// Deploys it, as often as others are quicker and it is to be waited for them.
    pub(super) async fn carry_out(
        &self,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let Self { order, how, marathon, .. } = self;
        let mut patience = Patience::new(how);
        let mut shown = None;
        // One event stream and one recording, however often others are quicker.
        let mut follower = None;
        loop {
            let present = order.present(*marathon).await?;
            if let Some(deployment) = self.on_its_way(&present)? {
                console.note(&format!("deployment {deployment} carries this out already"))?;
                let mut listening = self.listening(follower, &present, console).await?;
                listening.note(&order.present(*marathon).await?.seen, console)?;
                return self.followed(deployment, listening, operator, console).await;
            }
            let unlocked = patience.unlocked(order, present, *marathon, operator, console).await?;
            let Some(present) = unlocked else {
                return unchanged(console);
            };
            let change = self.shown(&present, &mut shown, console).await?;
            if matches!(change, Change::Nothing) {
                return in_place(&present);
            }
            refuse(&change, how, order)?;

            let mut listening = self.listening(follower.take(), &present, console).await?;
            // The stream took a moment, and whoever reads a plan takes more: what is deployed is
            // what was shown, or nothing.
            let seen = present.versions();
            let present = order.present(*marathon).await?;
            if let Some(error) = stale(&seen, &present.versions()) {
                return Err(error);
            }
            listening.note(&present.seen, console)?;
            match self.submitted(&change, &seen, operator, console).await? {
                None => return Ok(ExitCode::Left),
                Some(Submitted::Accepted(accepted)) => {
                    listening.accepted();
                    console.note(&format!("deployment {}", accepted.deployment))?;
                    return self.followed(accepted.deployment, listening, operator, console).await;
                }
                Some(Submitted::Ended) => return self.ended(listening, operator, console).await,
                // A recording would hold the time of waiting, too.
                Some(Submitted::Locked(error))
                    if patience.is_left() && self.follow.watch.record.is_none() =>
                {
                    let locked = failed(order, Call::Other, error);
                    if !patience.pause(&locked, operator, console).await? {
                        return unchanged(console);
                    }
                    follower = Some(listening);
                }
                Some(Submitted::Locked(error)) => return Err(failed(order, Call::Other, error)),
            }
        }
    }

    /// What is to be changed. It is shown, unless that was done for the same versions.
    async fn shown(
        &self,
        present: &Present,
        shown: &mut Option<Versions>,
        console: &mut Console<'_>,
    ) -> Result<Change, CliError> {
        let Self { order, how, .. } = self;
        expected(how, order, present)?;
        let change = Change::of(order, present, how, self.release.version)?;
        let versions = present.versions();
        if shown.as_ref() != Some(&versions) {
            show::change(&change, order, present, console)?;
            compare(&change, order, self.marathon, console).await?;
            *shown = Some(versions);
        }
        Ok(change)
    }

    /// Sends the change; none where Ctrl-C came before the answer.
    async fn submitted(
        &self,
        change: &Change,
        seen: &Versions,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<Option<Submitted>, CliError> {
        tokio::select! {
            biased;
            submitted = submit(&self.order, change, self.how, seen, self.marathon) => {
                Ok(Some(submitted?))
            }
            () = operator.interrupted() => {
                console.note(
                    "interrupted while the answer to the change was awaited: it may have been \
                     carried out; `zdd status` says",
                )?;
                Ok(None)
            }
        }
    }

    /// The deployment that is on its way to just this definition, if one is: Marathon stores a
    /// definition when it accepts it, long before all instances are of it.
    fn on_its_way(&self, present: &Present) -> Result<Option<DeploymentId>, CliError> {
        let holders = present.holders(&self.order);
        if holders.is_empty() || self.how.restart {
            return Ok(None);
        }
        let change = Change::of(&self.order, present, self.how, self.release.version)?;
        Ok(holders.into_iter().next_back().filter(|_| matches!(change, Change::Nothing)))
    }

    /// The answer to the change was lost, it was carried out, and no deployment of it is left: says
    /// how it ended, from what was heard meanwhile and from what is there now.
    async fn ended(
        &self,
        mut follower: Follower<'_>,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        follower.accepted();
        let scope = self.order.scope();
        if let Some(deployment) = follower.ended_meanwhile(&scope, console).await? {
            console.note(&format!("deployment {deployment}, of which the answer was lost"))?;
            return self.followed(deployment, follower, operator, console).await;
        }
        let lost = format!("{scope}: the answer to the change was lost, and it is in place");
        console.note(&lost)?;
        in_place(&self.order.present(self.marathon).await?)
    }

    /// Whoever listens already, or somebody who does from now on.
    async fn listening(
        &self,
        follower: Option<Follower<'j>>,
        present: &Present,
        console: &mut Console<'_>,
    ) -> Result<Follower<'j>, CliError> {
        if let Some(follower) = follower {
            return Ok(follower);
        }
        let recording = self.follow.watch.record.as_deref().map(Recording::create).transpose()?;
        let journal = Journal::new(self.order.concerned(present), &self.release.text, recording);
        let mut follower = Follower::new(self.marathon, journal);
        follower.connect(console).await?;
        Ok(follower)
    }

    async fn followed(
        &self,
        deployment: DeploymentId,
        mut follower: Follower<'_>,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let course = Course::new(deployment, self.order.scope(), self.follow, operator)?;
        if !console.is_json() {
            writeln!(console.out)?;
        }
        let closing = carry_on(self.marathon, &mut follower, &course, operator, console).await?;
        close(&closing, follower.finish(), &asked(&course, self.how), console)
    }
}

fn asked(course: &Course, how: &Carrying) -> Asked {
    // Who allows a guarantee to be broken still wants the end to be reached.
    let guarantee = if how.allow_broken { Guarantee::Completes } else { how.guarantee };
    Asked { deployment: course.deployment.clone(), scope: course.scope.clone(), guarantee }
}

fn unchanged(console: &mut Console<'_>) -> Result<ExitCode, CliError> {
    console.note("interrupted; nothing was changed")?;
    Ok(ExitCode::Left)
}

/// Nothing has to be deployed. Whether all is well is another question: a deployment that was
/// cancelled leaves instances of both definitions, and Marathon does not repair that.
fn in_place(present: &Present) -> Result<ExitCode, CliError> {
    for status in &present.seen.apps {
        if let Some(standing) = Standing::of(status)
            && standing.old > 0
        {
            let app = status.app.id().clone();
            return Err(CliError::Mixed { app, standing: standing.to_string() });
        }
    }
    Ok(ExitCode::Done)
}
