//! A Marathon in memory, whose requests and answers take their time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::{Map, Value};
use zdd_core::app::{App, Group};
use zdd_core::ports::{
    Accepted, AppStatus, CurrentStep, EventStream, Force, Info, KillMode, Marathon, MarathonError,
    QueueItem, RunningDeployment, Task, Unreachable,
};
use zdd_core::rollout::record::Found;
use zdd_core::units::{AppId, DeploymentId, GroupId, InstanceCount, TaskId, Timestamp};

/// Numbers that look random and are the same each time.
pub(in crate::rollout) struct Dice(pub(in crate::rollout) u64);

impl Dice {
    pub(in crate::rollout) fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x >> 33) % sides as u64).unwrap()
    }

    /// A number from `-most` to `most`.
    pub(in crate::rollout) fn within(&mut self, most: i64) -> i64 {
        let sides = usize::try_from(2 * most + 1).unwrap();
        i64::try_from(self.throw(sides)).unwrap() - most
    }
}

pub(in crate::rollout) struct Memory {
    apps: Mutex<BTreeMap<AppId, App>>,
    /// How often somebody acted who had lost the rollout already.
    late: Mutex<BTreeMap<String, usize>>,
    /// How often labels were changed.
    n_patches: AtomicU64,
    /// Whether no change arrives.
    is_out: AtomicBool,
    /// How many requests are answered yet, once that is bounded, and how many fail after them.
    failing: Mutex<Option<(usize, usize)>>,
    /// How many of the next looks at an app are not answered.
    n_unseen: AtomicU64,
    seed: u64,
    n_requests: AtomicU64,
}

impl Memory {
    pub(in crate::rollout) fn new(seed: u64) -> Self {
        Self {
            apps: Mutex::default(),
            late: Mutex::default(),
            n_patches: AtomicU64::new(0),
            is_out: AtomicBool::new(false),
            failing: Mutex::default(),
            n_unseen: AtomicU64::new(0),
            seed,
            n_requests: AtomicU64::new(0),
        }
    }

    /// An app that is there.
    pub(in crate::rollout) fn with(self, app: App) -> Self {
        self.apps.lock().unwrap().insert(app.id().clone(), app);
        self
    }

    pub(in crate::rollout) fn n_patches(&self) -> u64 {
        self.n_patches.load(Ordering::SeqCst)
    }

    pub(in crate::rollout) fn n_requests(&self) -> u64 {
        self.n_requests.load(Ordering::SeqCst)
    }

    /// From now on no change arrives.
    pub(in crate::rollout) fn goes_out(&self) {
        self.is_out.store(true, Ordering::SeqCst);
    }

    /// After so many requests, so many others are not answered.
    pub(in crate::rollout) fn fails_after(&self, n_answered: usize, n_failing: usize) {
        *self.failing.lock().unwrap() = Some((n_answered, n_failing));
    }

    /// Whether this request is one that is not answered.
    fn answers(&self) -> Answer<()> {
        match self.failing.lock().unwrap().as_mut() {
            Some((n @ 1.., _)) => *n -= 1,
            Some((0, n @ 1..)) => {
                *n -= 1;
                return Err(not_reached());
            }
            _ => {}
        }
        Ok(())
    }

    /// Changes arrive again.
    pub(in crate::rollout) fn comes_back(&self) {
        self.is_out.store(false, Ordering::SeqCst);
    }

    /// So many of the next looks at an app are not answered.
    pub(in crate::rollout) fn fails_to_show(&self, count: u64) {
        self.n_unseen.store(count, Ordering::SeqCst);
    }

    /// Somebody does something just now.
    pub(in crate::rollout) fn act(&self, who: &str) {
        let apps = self.apps.lock().unwrap();
        let newest = Found::newest(apps.values()).unwrap();
        let holder = newest.and_then(|it| it.holder).map(|it| it.who);
        if holder.as_deref() != Some(who) {
            *self.late.lock().unwrap().entry(who.into()).or_default() += 1;
        }
    }

    pub(in crate::rollout) fn late(&self) -> BTreeMap<String, usize> {
        self.late.lock().unwrap().clone()
    }

    /// A request or an answer on its way.
    async fn on_its_way(&self) {
        let n = self.n_requests.fetch_add(1, Ordering::SeqCst);
        for _ in 0..Dice(self.seed ^ (n << 32)).throw(6) {
            tokio::task::yield_now().await;
        }
    }

    async fn request<T>(&self, what: impl FnOnce(&mut BTreeMap<AppId, App>) -> T) -> T {
        self.on_its_way().await;
        let answer = what(&mut self.apps.lock().unwrap());
        self.on_its_way().await;
        answer
    }
}

fn accepted() -> Accepted {
    Accepted { deployment: "d".parse().unwrap(), version: Timestamp::EPOCH }
}

fn not_reached() -> MarathonError {
    let (urls, cause) = ("http://marathon".into(), "refused".into());
    Unreachable::NotReached { urls, cause }.into()
}

const fn missing() -> MarathonError {
    MarathonError::NotFound { message: String::new() }
}

type Answer<T> = Result<T, MarathonError>;

#[async_trait]
impl Marathon for Memory {
    async fn app(&self, id: &AppId) -> Answer<AppStatus> {
        self.answers()?;
        let less = |count: u64| count.checked_sub(1);
        if self.n_unseen.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return Err(not_reached());
        }
        let found = self.request(|apps| apps.get(id).cloned()).await;
        found.map(AppStatus::new).ok_or_else(missing)
    }
    async fn apps(&self) -> Answer<Vec<AppStatus>> {
        self.answers()?;
        Ok(self.request(|apps| apps.values().cloned().map(AppStatus::new).collect()).await)
    }
    async fn apps_in(&self, id: &GroupId) -> Answer<Vec<AppStatus>> {
        self.answers()?;
        let folder = format!("{}/", id.as_str());
        let all: Vec<_> = self
            .request(|apps| {
                let its = apps.values().filter(|app| app.id().as_str().starts_with(&folder));
                its.cloned().map(AppStatus::new).collect()
            })
            .await;
        if all.is_empty() { Err(missing()) } else { Ok(all) }
    }
    async fn create_app(&self, app: &App, _: Force) -> Answer<Accepted> {
        self.answers()?;
        self.request(|apps| {
            if apps.contains_key(app.id()) {
                return Err(MarathonError::Exists { message: String::new() });
            }
            apps.insert(app.id().clone(), app.clone());
            Ok(accepted())
        })
        .await
    }
    async fn patch_app(
        &self,
        id: &AppId,
        fields: &Map<String, Value>,
        force: Force,
    ) -> Answer<Accepted> {
        if self.is_out.load(Ordering::SeqCst) {
            return Err(not_reached());
        }
        self.answers()?;
        // The deployment by which it was created, or changed, may last.
        if force == Force::No {
            return Err(MarathonError::Locked { deployments: Vec::new() });
        }
        self.n_patches.fetch_add(1, Ordering::SeqCst);
        self.request(|apps| {
            let app = apps.get_mut(id).ok_or_else(missing)?;
            let mut json = app.as_json().clone();
            json.extend(fields.clone());
            *app = App::from_object(json, &GroupId::root()).unwrap();
            Ok(accepted())
        })
        .await
    }
    async fn delete_app(&self, id: &AppId, _: Force) -> Answer<Accepted> {
        self.answers()?;
        let gone = self.request(|apps| apps.remove(id)).await;
        gone.map(|_| accepted()).ok_or_else(missing)
    }
    async fn replace_app(&self, _: &App, _: Force) -> Answer<Accepted> {
        unreachable!("it would create a record again")
    }
    async fn scale_app(&self, _: &AppId, _: InstanceCount, _: Force) -> Answer<Accepted> {
        unreachable!("a record has no instances")
    }
    async fn restart_app(&self, _: &AppId, _: Force) -> Answer<Accepted> {
        unreachable!("a record has no instances")
    }
    async fn versions(&self, _: &AppId) -> Answer<Vec<Timestamp>> {
        unreachable!("only what is there counts")
    }
    async fn version(&self, _: &AppId, _: Timestamp) -> Answer<App> {
        unreachable!("only what is there counts")
    }
    async fn group(&self, _: &GroupId) -> Answer<Group> {
        unreachable!("records are read one by one")
    }
    async fn replace_group(&self, _: &Group, _: Force) -> Answer<Accepted> {
        unreachable!("records are written one by one")
    }
    async fn preview_group(&self, _: &Group) -> Answer<Vec<CurrentStep>> {
        unreachable!("records are written one by one")
    }
    async fn delete_group(&self, _: &GroupId, _: Force) -> Answer<Accepted> {
        unreachable!("records are removed one by one")
    }
    async fn tasks(&self, _: &AppId) -> Answer<Vec<Task>> {
        unreachable!("a record has no instances")
    }
    async fn kill(&self, _: &BTreeSet<TaskId>, _: KillMode, _: Force) -> Answer<Option<Accepted>> {
        unreachable!("a record has no instances")
    }
    async fn deployments(&self) -> Answer<Vec<RunningDeployment>> {
        unreachable!("a record has no instances")
    }
    async fn revert(&self, _: &DeploymentId) -> Answer<Accepted> {
        unreachable!("a record has no instances")
    }
    async fn cancel(&self, _: &DeploymentId) -> Answer<()> {
        unreachable!("a record has no instances")
    }
    async fn queue(&self) -> Answer<Vec<QueueItem>> {
        unreachable!("a record has no instances")
    }
    async fn reset_delay(&self, _: &AppId) -> Answer<()> {
        unreachable!("a record has no instances")
    }
    async fn info(&self) -> Answer<Info> {
        unreachable!("any Marathon will do")
    }
    fn events(&self) -> Box<dyn EventStream> {
        unreachable!("nobody waits for a record")
    }
}
