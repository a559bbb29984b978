//! Apps that are not of the deployment group, and what of theirs a rollout must not touch: their ids, and
//! the ports that HAProxy listens on for them.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::history;
use super::labels::{self, GROUP};
use super::record::{self, Record};
use super::service_port::{Opening, openings, service_port};
use crate::app::App;
use crate::units::AppId;

/// Why a rollout must not go on: something belongs to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrangerError {
    /// The id that the new app would have is that of an app that is there and not of the group.
    #[error("{app} is there already, and {}", NotOf(.group, .of.as_deref()))]
    Taken {
        /// The app.
        app: AppId,
        /// The group that is rolled out.
        group: String,
        /// The group of the app, if it has one.
        of: Option<String>,
        /// Whether nothing of the group is there: then this app may be what is to be replaced.
        is_first: bool,
    },
    /// A port that the new app would open is open for another app.
    #[error("{app} would have port {port}, which is that of {other}{}", OfGroup(.of.as_deref()))]
    PortTaken {
        /// The new app.
        app: AppId,
        /// The group that is rolled out.
        group: String,
        /// The port.
        port: u16,
        /// Whose it is.
        other: AppId,
        /// The group of that one, if it has one.
        of: Option<String>,
        /// What the port is to the new app.
        purpose: Purpose,
    },
    /// An app of a rollout that goes on is not of its group: it is not what the rollout was begun with.
    #[error("{app} is not what {group} was rolled out with: it {}", NotOf(.group, .of.as_deref()))]
    Foreign {
        /// The app.
        app: AppId,
        /// The group that is rolled out.
        group: String,
        /// The group of the app, if it has one.
        of: Option<String>,
    },
}

/// What a port is to the app that would open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Nothing of its group is there: no port is open yet.
    First,
    /// The service port while that of the definition is the other app's.
    Alternative,
    /// One that the other app of its group does not have.
    Added,
}

impl StrangerError {
    /// What can be done about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Taken { app, group, of: None, is_first: true } => format!(
                "if {app} is what {group} is to take over from, give it the label {GROUP}={group}; if \
                 not, give the definition another id"
            ),
            Self::Taken { app, .. } => {
                format!("give the definition another id; or remove {app}, if nobody needs it")
            }
            Self::PortTaken { other, group, of: None, purpose: Purpose::First, .. } => format!(
                "if {other} is what {group} is to take over from, give it the label {GROUP}={group}; \
                 if not, choose a port that no app has"
            ),
            Self::PortTaken { purpose: Purpose::Alternative, .. } => {
                format!("set the label {} to a service port that no app has", labels::ALT_PORT)
            }
            Self::PortTaken { .. } => "choose a port that no app has".into(),
            Self::Foreign { app, group, .. } => {
                let folder = record::folder(group).map(|it| it.to_string()).unwrap_or_default();
                format!(
                    "if {app} is a release of {group}, give it the label {GROUP}={group}; if not, remove \
                     the record {folder}: zdd forgets the rollout then, and leaves {app} alone"
                )
            }
        }
    }
}

/// That an app is not of a group.
struct NotOf<'a>(&'a str, Option<&'a str>);

impl fmt::Display for NotOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "is not of the deployment group {}", self.0)?;
        match self.1 {
            Some(of) => write!(f, " but of {of}"),
            None => write!(f, ": it has no label {GROUP}"),
        }
    }
}

/// The group of an app, if it has one.
struct OfGroup<'a>(Option<&'a str>);

impl fmt::Display for OfGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |of| write!(f, ", of the deployment group {of}"))
    }
}

/// Whether an app can come beside what runs of its group, without taking from others what is theirs.
/// `running` are the apps of the group, `strangers` all others. A port that the group has already is not
/// looked at: nothing changes about it. A port of 0 is one that Marathon chooses, and it chooses none that
/// somebody has.
///
/// # Errors
///
/// When a stranger has its id, or one of its ports at a balancer that serves both.
pub fn refuse_taken(made: &App, running: &[App], strangers: &[App]) -> Result<(), StrangerError> {
    let group = || labels::group_of(made).unwrap_or_default().to_string();
    let of = |app: &App| labels::group_of(app).map(ToString::to_string);
    if let Some(stranger) = strangers.iter().find(|it| it.id() == made.id()) {
        let (app, is_first) = (made.id().clone(), running.is_empty());
        return Err(StrangerError::Taken { app, group: group(), of: of(stranger), is_first });
    }
    if running.iter().any(|it| it.id() == made.id()) {
        // It has its ports already.
        return Ok(());
    }
    let open: BTreeSet<u16> = running.iter().flat_map(openings).map(|it| it.port).collect();
    let new: Vec<_> = openings(made).into_iter().filter(|it| !open.contains(&it.port)).collect();
    for stranger in strangers.iter().filter(|it| !is_kept(it)) {
        let theirs = openings(stranger);
        let is_theirs = |one: &&Opening<'_>| theirs.iter().any(|other| one.meets(other));
        if let Some(&Opening { port, .. }) = new.iter().find(is_theirs) {
            let purpose = match running {
                [] => Purpose::First,
                _ if service_port(made) == Some(port) => Purpose::Alternative,
                _ => Purpose::Added,
            };
            let (app, other) = (made.id().clone(), stranger.id().clone());
            let (group, of) = (group(), of(stranger));
            return Err(StrangerError::PortTaken { app, group, port, other, of, purpose });
        }
    }
    Ok(())
}

/// Whether an app that a rollout finds under one of its ids is of its group: whatever else is there must
/// be neither changed nor deleted.
///
/// # Errors
///
/// When it is not.
pub fn refuse_foreign(record: &Record, app: &App) -> Result<(), StrangerError> {
    let of = labels::group_of(app);
    let is_meant = record.new == *app.id() || record.old.as_ref() == Some(app.id());
    if !is_meant || of == Some(record.group.as_str()) {
        return Ok(());
    }
    let (app, group) = (app.id().clone(), record.group.clone());
    Err(StrangerError::Foreign { app, group, of: of.map(Into::into) })
}

/// Whether an app only keeps a record or a history: it never has an instance, and Marathon gives it a port
/// all the same.
fn is_kept(app: &App) -> bool {
    let folders = [record::folder_of_all(), history::folder_of_all()];
    let id = app.id().as_str();
    folders.iter().any(|it| id.strip_prefix(it.as_str()).is_some_and(|it| it.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use serde_json::{Value, json};

    fn app(json: &Value) -> App {
        App::parse(&json.to_string()).unwrap()
    }

    /// Of a group, if one is named, with this service port.
    fn of(id: &str, group: Option<&str>, port: u16) -> App {
        let labels = group.map_or(json!({}), |group| json!({ GROUP: group }));
        app(&json!({"id": id, "ports": [port], "labels": labels}))
    }

    fn of_shop(labels: &[(&str, &str)], ports: &Value) -> App {
        let mut all = json!({ GROUP: "shop" });
        for (name, value) in labels {
            all[name] = (*value).into();
        }
        app(&json!({"id": "/shop-blue", "ports": ports, "labels": all}))
    }

    fn taken(made: &App, running: &[App], stranger: App) -> Option<String> {
        refuse_taken(made, running, &[stranger]).err().map(|it| it.to_string())
    }

    #[test]
    fn an_id_of_somebody_else_is_not_taken() {
        let made = of_shop(&[], &json!([10_080]));
        let stranger = of("/shop-blue", None, 9);
        let error = refuse_taken(&made, &[], core::slice::from_ref(&stranger)).unwrap_err();
        let says = "/shop-blue is there already, and is not of the deployment group shop: it has no label \
                    HAPROXY_DEPLOYMENT_GROUP";
        assert_eq!(error.to_string(), says);
        assert!(error.hint().contains("give it the label HAPROXY_DEPLOYMENT_GROUP=shop"));
        // Where something runs already, a second one would be one too many.
        let runs = of("/shop-green", Some("shop"), 10_080);
        let error = refuse_taken(&made, &[runs], &[stranger]).unwrap_err();
        assert!(!error.hint().contains("label"), "{}", error.hint());
        let error = refuse_taken(&made, &[], &[of("/shop-blue", Some("cart"), 9)]).unwrap_err();
        assert!(error.to_string().ends_with("of the deployment group shop but of cart"), "{error}");
        assert!(!error.hint().contains("label"), "{}", error.hint());
        assert_eq!(taken(&made, &[], of("/shop-blues", None, 9)), None);
    }

    #[test]
    fn a_port_of_somebody_else_is_not_taken() {
        let made = of_shop(&[], &json!([10_080]));
        assert_eq!(
            taken(&made, &[], of("/cart", None, 10_080)).unwrap(),
            "/shop-blue would have port 10080, which is that of /cart"
        );
        assert_eq!(
            taken(&made, &[], of("/cart-green", Some("cart"), 10_080)).unwrap(),
            "/shop-blue would have port 10080, which is that of /cart-green, of the deployment group cart"
        );
        assert_eq!(taken(&made, &[], of("/cart", None, 10_081)), None);
        // What is open already stays open.
        let runs = of("/shop-green", Some("shop"), 10_080);
        assert_eq!(taken(&made, &[runs], of("/cart", None, 10_080)), None);
    }

    #[test]
    fn ports_are_found_wherever_they_are_written() {
        let made = of_shop(&[("HAPROXY_0_PORT", "80")], &json!([10_080, 0, 10_082]));
        for (json, port) in [
            (json!({"portDefinitions": [{"port": 0}, {"port": 10_082}]}), Some(10_082)),
            (json!({"container": {"portMappings": [{"servicePort": 10_080}]}}), Some(10_080)),
            (
                json!({"container": {"docker": {"portMappings": [{"servicePort": 10_080}]}}}),
                Some(10_080),
            ),
            (json!({"ports": [9], "labels": {"HAPROXY_1_PORT": "80"}}), Some(80)),
            (json!({"ports": [9], "labels": {"HAPROXY_1_PORT": "https"}}), None),
            (json!({"ports": [0, 0]}), None),
            (json!({"container": {"portMappings": [{"containerPort": 10_080}]}}), None),
        ] {
            let mut json = json;
            json["id"] = "/cart".into();
            let told = taken(&made, &[], app(&json));
            let says = port.map(|port| format!("would have port {port}, which is"));
            assert_eq!(told.is_some(), says.is_some(), "{json}: {told:?}");
            assert!(told.unwrap_or_default().contains(&says.unwrap_or_default()), "{json}");
        }
    }

    #[test]
    fn the_second_port_is_looked_at_whenever_it_is_opened() {
        let made = of_shop(&[("HAPROXY_0_PORT", "10080")], &json!([10_081]));
        let runs = of("/shop-green", Some("shop"), 10_080);
        let refused = |running: &[App], port| {
            refuse_taken(&made, running, &[of("/cart", None, port)]).err().map(|it| it.hint())
        };
        assert_eq!(refused(core::slice::from_ref(&runs), 10_080), None);
        let hint = refused(core::slice::from_ref(&runs), 10_081).unwrap();
        assert_eq!(
            hint,
            "set the label HAPROXY_DEPLOYMENT_ALT_PORT to a service port that no app has"
        );
        // Once it is there, nothing is opened any more.
        assert_eq!(refused(&[runs, made.clone()], 10_081), None);
        let made = of_shop(&[("HAPROXY_0_PORT", "10080")], &json!([10_081, 9000]));
        let runs = of("/shop-green", Some("shop"), 10_080);
        let error = refuse_taken(&made, &[runs], &[of("/cart", None, 9000)]).unwrap_err();
        assert_eq!(error.hint(), "choose a port that no app has");
    }

    #[test]
    fn other_balancers_and_other_addresses_do_not_meet() {
        let made = |labels: &[(&str, &str)]| of_shop(labels, &json!([80]));
        let other = |labels: &Value| app(&json!({"id": "/cart", "ports": [80], "labels": labels}));
        for (ours, theirs, meets) in [
            (("HAPROXY_GROUP", "external"), json!({"HAPROXY_GROUP": "internal"}), false),
            (("HAPROXY_GROUP", "a, b"), json!({"HAPROXY_GROUP": "b"}), true),
            (
                ("HAPROXY_0_GROUP", "a"),
                json!({"HAPROXY_0_GROUP": "b", "HAPROXY_GROUP": "a"}),
                false,
            ),
            (("HAPROXY_GROUP", "external"), json!({}), true),
            (
                ("HAPROXY_0_BIND_ADDR", "10.0.0.1"),
                json!({"HAPROXY_0_BIND_ADDR": "10.0.0.2"}),
                false,
            ),
            (("HAPROXY_0_BIND_ADDR", "10.0.0.1"), json!({"HAPROXY_0_BIND_ADDR": "*"}), true),
            (("HAPROXY_0_BIND_ADDR", "10.0.0.1"), json!({}), true),
        ] {
            let told = taken(&made(&[ours]), &[], other(&theirs));
            assert_eq!(told.is_some(), meets, "{ours:?} {theirs}: {told:?}");
        }
    }

    #[test]
    fn records_and_histories_have_no_port() {
        let made = of_shop(&[], &json!([10_080]));
        for id in ["/zdd-rollouts/cart/g1", "/zdd-history/cart/r1"] {
            assert_eq!(taken(&made, &[], of(id, None, 10_080)), None);
        }
        assert!(taken(&made, &[], of("/zdd-history-of", None, 10_080)).is_some());
    }

    #[test]
    fn whatever_a_record_names_has_to_be_of_its_group() {
        let record = testing::record();
        for (id, group, is_ours) in [
            ("/shop-green", Some("shop"), true),
            ("/shop-green", Some("/shop"), true),
            ("/shop-green", None, false),
            ("/shop-blue", Some("cart"), false),
            ("/another", None, true),
        ] {
            let told = refuse_foreign(&record, &of(id, group, 9));
            assert_eq!(told.is_ok(), is_ours, "{id} {group:?}");
        }
        let error = refuse_foreign(&record, &of("/shop-green", None, 9)).unwrap_err();
        assert!(
            error.hint().contains("remove the record /zdd-rollouts/shop: "),
            "{}",
            error.hint()
        );
    }
}
