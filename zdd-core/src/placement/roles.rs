//! Of whose resources an app takes.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};

use serde_json::{Map, Value};

/// The role of what is reserved for nobody.
const UNRESERVED: &str = "*";

/// Of whose resources an app takes.
///
/// Source: Marathon's `acceptedResourceRoles`, and `--default_accepted_resource_roles`, of which the
/// default is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roles {
    /// The app does not say: what is reserved for nobody, and for its own role.
    Own(Option<String>),
    /// These and no others.
    Named(BTreeSet<String>),
}

impl Roles {
    /// What a definition says. The role of an app itself (since Marathon 1.9) comes before that of
    /// Marathon.
    pub(super) fn of(app: &Map<String, Value>) -> Self {
        let named = app.get("acceptedResourceRoles").and_then(Value::as_array);
        let named = named.into_iter().flatten().filter_map(Value::as_str).map(ToString::to_string);
        let named: BTreeSet<String> = named.collect();
        if !named.is_empty() {
            return Self::Named(named);
        }
        let own = app.get("role").and_then(Value::as_str).filter(|role| *role != UNRESERVED);
        Self::Own(own.map(ToString::to_string))
    }

    /// Fills in the role of Marathon where the app has none.
    pub(super) fn of_framework(&mut self, role: &str) {
        if let Self::Own(own @ None) = self {
            *own = Some(role.to_string()).filter(|role| role != UNRESERVED);
        }
    }

    /// Whether they take what is reserved for nobody.
    pub(super) fn take_unreserved(&self) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Named(named) => named.contains(UNRESERVED),
        }
    }

    /// Whether they take what is reserved for `role`.
    pub(super) fn take(&self, role: &str) -> bool {
        match self {
            Self::Own(own) => own.as_deref() == Some(role),
            Self::Named(named) => named.contains(role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(json: &str) -> Roles {
        Roles::of(serde_json::from_str::<Value>(json).unwrap().as_object().unwrap())
    }

    #[test]
    fn who_says_nothing_takes_what_is_free_for_all_and_for_its_own_role() {
        let mut own = roles("{}");
        assert!(own.take_unreserved() && !own.take("prod"));
        own.of_framework("prod");
        assert!(own.take_unreserved() && own.take("prod") && !own.take("test"));
        let mut of_app = roles(r#"{"role": "test", "acceptedResourceRoles": []}"#);
        of_app.of_framework("prod");
        assert!(of_app.take_unreserved() && of_app.take("test") && !of_app.take("prod"));
    }

    #[test]
    fn who_names_roles_takes_no_others() {
        let mut named = roles(r#"{"acceptedResourceRoles": ["prod"], "role": "test"}"#);
        named.of_framework("test");
        assert!(!named.take_unreserved() && named.take("prod") && !named.take("test"));
        assert!(roles(r#"{"acceptedResourceRoles": ["*", "prod"]}"#).take_unreserved());
    }
}
