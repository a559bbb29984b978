//! Answers that wrap one thing or list several.

use serde::Deserialize;
use zdd_core::ports::{AppStatus, Task};
use zdd_core::units::{AppId, Timestamp};

use super::app::AppInfo;
use super::task::WireTask;

/// `{"app": {..}}`.
#[derive(Debug, Deserialize)]
pub(crate) struct OneApp {
    pub(crate) app: AppInfo,
}

/// `{"apps": [..]}`.
#[derive(Debug, Deserialize)]
pub(crate) struct AppList {
    apps: Vec<AppInfo>,
}

/// `{"*": [..]}`: the apps of a group.
#[derive(Debug, Deserialize)]
pub(crate) struct StarList {
    #[serde(rename = "*")]
    apps: Vec<AppInfo>,
}

/// `{"tasks": [..]}`.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskList {
    tasks: Vec<WireTask>,
}

/// `{"versions": [..]}`.
#[derive(Debug, Deserialize)]
pub(crate) struct Versions {
    versions: Vec<Timestamp>,
}

impl AppList {
    pub(crate) fn apps(self) -> Vec<AppStatus> {
        self.apps.into_iter().map(|app| app.0).collect()
    }
}

/// The apps in an answer of `GET /v2/apps`, for whoever has the answer already.
///
/// # Errors
///
/// When it is not such an answer, or one of its apps cannot be understood; the text names the app.
pub fn apps_of_answer(answer: &[u8]) -> Result<Vec<AppStatus>, serde_json::Error> {
    serde_json::from_slice(answer).map(AppList::apps)
}

impl StarList {
    pub(crate) fn apps(self) -> Vec<AppStatus> {
        self.apps.into_iter().map(|app| app.0).collect()
    }
}

impl TaskList {
    pub(crate) fn of_app(self, app: &AppId) -> Vec<Task> {
        self.tasks.into_iter().map(|task| task.of_app(app)).collect()
    }
}

impl Versions {
    /// The newest first; Marathon promises no order.
    pub(crate) fn newest_first(mut self) -> Vec<Timestamp> {
        self.versions.sort_unstable_by(|a, b| b.cmp(a));
        self.versions.dedup();
        self.versions
    }
}
