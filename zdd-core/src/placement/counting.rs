//! Which instances constraints look at.

use crate::app::App;
use crate::capacity::MarathonVersion;
use crate::units::Timestamp;

/// Whether constraints look at old instances while new ones are placed, as releases of Marathon do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Counting {
    /// Marathon before 1.1: all instances of the app. Unique hosts and as many instances as hosts
    /// leave no host for a new one then.
    All,
    /// Marathon 1.1 to 1.10: those made since the last change of the app's configuration. A restart
    /// without one counts all.
    #[default]
    SinceChange,
    /// Marathon 1.11: those of the version that is being placed.
    SameVersion,
}

impl Counting {
    /// How a release of Marathon counts.
    pub fn of(version: MarathonVersion) -> Self {
        match (version.major, version.minor) {
            (0, _) | (1, 0) => Self::All,
            (1, 1..=10) => Self::SinceChange,
            _ => Self::SameVersion,
        }
    }

    /// Whether an instance counts when one of `app` is placed. Restarts are a matter of what Marathon
    /// takes for a change of configuration: see [`counts_for_constraints`].
    pub fn counts(self, instance_version: Timestamp, app: &App) -> bool {
        match self {
            Self::All => true,
            Self::SinceChange | Self::SameVersion => counts_for_constraints(instance_version, app),
        }
    }

    /// Whether an old instance counts while those of a deployment are placed that changes the app's
    /// configuration, or only restarts it.
    pub const fn counts_old(self, changes_configuration: bool) -> bool {
        match self {
            Self::All => true,
            Self::SinceChange => !changes_configuration,
            Self::SameVersion => false,
        }
    }
}

/// Whether an instance counts when the constraints of `app` ask what is where: those that were made
/// before its last change of configuration do not. So an old and a new instance may share an agent
/// during an upgrade, `UNIQUE` or not.
///
/// Source: Marathon's `OfferMatcherManager`, which compares `runSpecVersion` with
/// `lastConfigChangeVersion`.
pub fn counts_for_constraints(instance_version: Timestamp, app: &App) -> bool {
    let changed_at = app.version_info().map(|info| info.last_config_change_at);
    changed_at.is_none_or(|changed_at| instance_version >= changed_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_count_differently() {
        let counts =
            |version: &str, changes| Counting::of(version.parse().unwrap()).counts_old(changes);
        for (version, after_change, after_restart) in [
            ("0.15.3", true, true),
            ("1.0.0", true, true),
            ("1.1.0", false, true),
            ("1.10.0", false, true),
            ("1.11.24", false, false),
        ] {
            assert_eq!(
                (counts(version, true), counts(version, false)),
                (after_change, after_restart)
            );
        }
    }
}
