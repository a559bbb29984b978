//! What successful answers say.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use zdd_core::ports::{Accepted, Info};
use zdd_core::units::AppId;

use super::attempt::{Answer, Unreadable};
use crate::wire::{WireAccepted, WireInfo};

/// The JSON of an answer.
pub(super) fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T, Unreadable> {
    Ok(serde_json::from_slice(&answer.body)?)
}

/// What was accepted.
pub(super) fn accepted(answer: &Answer) -> Result<Accepted, Unreadable> {
    let wire: WireAccepted = json(answer)?;
    wire.accepted(answer.deployment.clone())
        .ok_or_else(|| Unreadable::Wrong("it names no deployment".into()))
}

/// What was accepted, unless there was nothing to do.
pub(super) fn accepted_if_any(answer: &Answer) -> Result<Option<Accepted>, Unreadable> {
    let wire: WireAccepted = json(answer)?;
    Ok(wire.accepted(answer.deployment.clone()))
}

/// An answer of which only matters that it is one: empty, or JSON.
pub(super) fn any(answer: &Answer) -> Result<(), Unreadable> {
    if answer.body.is_empty() {
        return Ok(());
    }
    json::<IgnoredAny>(answer).map(drop)
}

/// Whether an answer is about apps, as only Marathon's is, though perhaps not one that is understood.
pub(super) fn has_apps(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Named {
        #[expect(dead_code, reason = "that it is there says enough")]
        id: AppId,
    }
    #[derive(Deserialize)]
    struct Shape {
        app: Option<Named>,
        #[serde(alias = "*")]
        apps: Option<Vec<Named>>,
    }
    let shape = serde_json::from_slice::<Shape>(body);
    shape.is_ok_and(|it| it.app.is_some() || it.apps.is_some_and(|apps| !apps.is_empty()))
}

/// What Marathon says about itself.
pub(super) fn info(answer: &Answer) -> Result<Info, Unreadable> {
    let wire: WireInfo = json(answer)?;
    if !wire.is_marathons() {
        return Err(Unreadable::Wrong("it names no version and no framework".into()));
    }
    Ok(wire.into())
}
