//! What a verb is about: an app, or a rollout.

use std::fmt;
use std::str::FromStr;

use zdd_core::units::AppId;

/// The id of an app or of a group of apps, or the name of a deployment group. Which of them it is depends
/// on what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target(String);

impl Target {
    /// As it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The app that it may mean. Names of deployment groups may have other characters.
    pub(crate) fn app(&self) -> Option<AppId> {
        self.0.parse().ok()
    }
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_odd = |it: char| it.is_whitespace() || it.is_control();
        if text.trim_matches('/').is_empty() || text.contains(is_odd) {
            return Err("neither an id nor the name of a deployment group");
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_id_or_a_name() {
        let target = |text: &str| text.parse::<Target>();
        assert_eq!(target("/shop").unwrap().app(), Some("/shop".parse().unwrap()));
        assert_eq!(target("Shop_A").unwrap().app(), None);
        for bad in ["", "/", "a b", "a\n"] {
            assert!(target(bad).is_err(), "{bad:?}");
        }
    }
}
