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
        info
    }
}
