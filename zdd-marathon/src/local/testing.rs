//! A running Marathon for tests, and a look at the processes of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use zdd_core::app::App;
use zdd_core::ports::Force;
use zdd_core::simulate::{Marathon, MesosState, Settings};
use zdd_core::units::{AppId, TaskId, Timestamp};

use super::agents::default_agents;
use super::images::ImageMap;
use super::persist::{Kept, Store};
use super::runtime::Shared;
use super::runtime_machine::Machine;

/// Longer than anything here takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A Marathon with one app.
pub(super) struct Scene {
    pub(super) shared: Arc<Shared>,
    pub(super) app: AppId,
}

impl Scene {
    /// Starts a Marathon and deploys an app with the id `/a`, what `rest` says, and nothing else.
    pub(super) fn of(rest: &str) -> Self {
        let scene = Self::empty();
        scene.deploy(rest);
        scene
    }

    pub(super) fn empty() -> Self {
        Self::around(None, None)
    }

    /// A Marathon that keeps its state, and begins with what was kept.
    pub(super) fn keeping(store: Store, kept: Option<Kept>) -> Self {
        Self::around(Some(store), kept)
    }

    fn around(store: Option<Store>, kept: Option<Kept>) -> Self {
        let agents = default_agents();
        let machine = Machine::start(&agents, 1).unwrap();
        let settings = Settings::default();
        let grace = settings.default_kill_grace;
        // The seed makes the ids, and tasks of one run differ from those of the next.
        let seed = if kept.is_some() { 2 } else { 1 };
        let mut model = Marathon::new(settings, agents, seed, Timestamp::EPOCH);
        if let Some(kept) = kept {
            model.restore(Timestamp::EPOCH, kept.root, kept.history).unwrap();
        }
        let address = "127.0.0.1:1".parse().unwrap();
        let shared = Shared::start(model, machine, ImageMap::new(), store, address, grace);
        Self { shared, app: "/a".parse().unwrap() }
    }

    pub(super) fn deploy(&self, rest: &str) {
        let app = App::parse(&format!(r#"{{"id": "/a", {rest}}}"#)).unwrap();
        self.shared.with(|marathon, now| change(marathon, now, app));
    }

    pub(super) fn remove(&self) {
        self.shared.with(|marathon, now| {
            let mut target = marathon.root().clone();
            target.remove_app(&self.app).unwrap();
            marathon.change(now, target, Force::Yes).unwrap();
        });
    }

    /// What all tasks of the app are in, by the state's word, and `healthy` for those that are.
    pub(super) fn tasks(&self) -> BTreeMap<TaskId, MesosState> {
        self.shared.read(|marathon, _| {
            let instances = marathon.instances(&self.app);
            instances.filter_map(|one| Some((one.task.clone(), one.state?))).collect()
        })
    }

    pub(super) fn running(&self) -> Vec<TaskId> {
        let tasks = self.tasks().into_iter();
        tasks.filter(|(_, state)| *state == MesosState::Running).map(|(task, _)| task).collect()
    }

    pub(super) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let held = async {
            while !condition(self) {
                sleep(Duration::from_millis(2)).await;
            }
        };
        let is_held = timeout(PATIENCE, held).await.is_ok();
        assert!(is_held, "{what}: {:?}, last failure {:?}", self.tasks(), self.last_failure());
    }

    pub(super) fn last_failure(&self) -> Option<(String, String)> {
        self.shared.read(|marathon, _| {
            let failure = marathon.last_failure(&self.app)?;
            Some((failure.state.clone(), failure.message.clone()))
        })
    }

    pub(super) fn sandbox(&self, task: &TaskId) -> PathBuf {
        self.shared.machine().sandboxes.folder().join(task.as_str())
    }

    /// What a task wrote into a file, once there is a whole line.
    pub(super) async fn line_of(&self, task: &TaskId, file: &str) -> String {
        let path = self.sandbox(task).join(file);
        let is_written = || fs::read(&path).is_ok_and(|text| text.ends_with(b"\n"));
        self.until(&format!("a line in {}", path.display()), |_| is_written()).await;
        fs::read_to_string(path).unwrap()
    }

    /// Ends all, and checks that nothing is left.
    pub(super) async fn end(self) {
        let machine = self.shared.machine().clone();
        timeout(PATIENCE, self.shared.end()).await.expect("it ends in time");
        assert_eq!(marked(machine.marker.as_str()), BTreeSet::new());
        assert!(!machine.sandboxes.folder().exists());
    }
}

/// Has an app run as it is defined, whatever else goes on.
pub(super) fn change(marathon: &mut Marathon, now: Timestamp, app: App) {
    let mut target = marathon.root().clone();
    target.insert_app(app).unwrap();
    marathon.change(now, target, Force::Yes).unwrap();
}

/// All processes that were started with this text in their environment or arguments.
pub(super) fn marked(text: &str) -> BTreeSet<i32> {
    let mentions = |path: PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &i32| {
        let folder = Path::new("/proc").join(id.to_string());
        mentions(folder.join("environ")) || mentions(folder.join("cmdline"))
    })
    .collect()
}

pub(super) async fn eventually<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{what}"))
}

/// Fields of `/proc/ID/stat` after the name: the state, the parent, the group, …
pub(super) fn stat(id: i32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(String::from).collect())
}

pub(super) fn is_alive(id: i32) -> bool {
    stat(id).is_some_and(|fields| fields[0] != "Z")
}
