//! Changes of the root group.

use zdd_core::app::Group;
use zdd_core::ports::{Accepted, Force};
use zdd_core::simulate::Marathon;
use zdd_core::units::AppId;

use super::call::Call;
use super::refusal::Refusal;

/// Has `edit` change a copy of the root group, and wants that from now on. All of it is one moment:
/// nothing comes between the look and the change.
pub(super) fn change<T>(
    call: &Call,
    force: Force,
    edit: impl FnOnce(&Marathon, &mut Group) -> Result<T, Refusal>,
) -> Result<(T, Accepted), Refusal> {
    call.shared.with(|marathon, now| {
        let mut target = marathon.root().clone();
        let edited = edit(marathon, &mut target)?;
        let accepted = marathon.change(now, target, force)?;
        Ok((edited, accepted))
    })
}

/// The same for one app that is created or changed, which `edit` names. Listeners are told of it.
pub(super) fn change_app<T>(
    call: &Call,
    force: Force,
    edit: impl FnOnce(&Marathon, &mut Group) -> Result<(AppId, T), Refusal>,
) -> Result<(T, Accepted), Refusal> {
    call.shared.with(|marathon, now| {
        let mut target = marathon.root().clone();
        let (app, edited) = edit(marathon, &mut target)?;
        let accepted = marathon.change(now, target, force)?;
        let client = call.client.ip().to_string();
        marathon.note_api_post(now, client, call.path.clone(), &app);
        Ok((edited, accepted))
    })
}
