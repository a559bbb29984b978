//! What Marathon says about itself.

use serde::Deserialize;
use zdd_core::ports::Info;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireInfo {
    version: Option<String>,
    name: Option<String>,
    framework_id: Option<String>,
    leader: Option<String>,
    #[serde(rename = "marathon_config")]
    config: Option<Config>,
}

/// What Marathon was started with.
#[derive(Debug, Deserialize)]
struct Config {
    mesos_leader_ui_url: Option<String>,
    master: Option<String>,
}

impl WireInfo {
    /// Whether anything in it is what Marathon says: other programs answer `/info` too.
    pub(crate) fn is_marathons(&self) -> bool {
        self.version.is_some() || self.framework_id.is_some()
    }
}

impl From<WireInfo> for Info {
    fn from(wire: WireInfo) -> Self {
        let mut info = Self::default();
        info.version_text = wire.version.unwrap_or_default();
        info.version = info.version_text.parse().ok();
        info.name = wire.name;
        info.framework_id = wire.framework_id;
        info.leader = wire.leader.filter(|leader| !leader.is_empty());
        if let Some(config) = wire.config {
            info.mesos_url = config.mesos_leader_ui_url.filter(|url| !url.is_empty());
            let master = config.master.filter(|master| !master.is_empty());
            info.mesos_master = master.map(|master| without_user_info(&master));
        }
        info
    }
}

/// `zk://user:password@m1:2181/mesos` is how one logs in to `ZooKeeper`. Nobody has to see that.
fn without_user_info(master: &str) -> String {
    let (scheme, rest) = master.split_once("://").unwrap_or(("", master));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
    if scheme.is_empty() { rest.into() } else { format!("{scheme}://{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(json: &str) -> Info {
        serde_json::from_str::<WireInfo>(json).unwrap().into()
    }

    #[test]
    fn where_mesos_is_is_told_without_passwords() {
        let info = info(
            r#"{"version": "1.9.136", "marathon_config": {"mesos_leader_ui_url": "http://m1:5050/",
                "master": "zk://me:s3cret@m1:2181,m2:2181/mesos"}}"#,
        );
        assert_eq!(info.mesos_url.as_deref(), Some("http://m1:5050/"));
        assert_eq!(info.mesos_master.as_deref(), Some("zk://m1:2181,m2:2181/mesos"));
        assert_eq!(without_user_info("m1:5050"), "m1:5050");
        assert_eq!(without_user_info("zk://a:b@c@m1:2181/x"), "zk://m1:2181/x");
    }

    #[test]
    fn old_ones_do_not_say() {
        let info =
            info(r#"{"version": "0.8.0", "marathon_config": {"mesos_leader_ui_url": null}}"#);
        assert_eq!((info.mesos_url, info.mesos_master), (None, None));
    }
}
