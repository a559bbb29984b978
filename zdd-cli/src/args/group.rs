//! The name of a deployment group.

use std::fmt;
use std::str::FromStr;

/// A deployment group, without its first slash: marathon-lb makes no difference. There is always a name: a
/// variable of a script that is empty must not stand for whatever rollout there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group(String);

impl Group {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Group {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix('/').unwrap_or(text) {
            "" => Err("no name of a deployment group: say which one, as in `shop`"),
            name => Ok(Self(name.into())),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_a_name() {
        let group = |text: &str| text.parse().map(|it: Group| it.to_string());
        for (text, name) in [("shop", "shop"), ("/shop", "shop"), ("//a", "/a"), ("a/b", "a/b")] {
            assert_eq!(group(text).as_deref(), Ok(name));
        }
        for bad in ["", "/"] {
            assert!(group(bad).is_err(), "{bad:?}");
        }
    }
}
