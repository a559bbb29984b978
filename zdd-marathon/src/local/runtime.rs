//! The model of a Marathon, with real tasks around it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use zdd_core::simulate::{Launch, Marathon, Order};
use zdd_core::units::{TaskId, Timestamp};

use super::hub::Hub;
use super::images::ImageMap;
use super::persist::Store;
use super::probe_loop;
use super::process::DIES_WITHIN;
use super::runtime_machine::Machine;
use super::runtime_task;
use super::task::Task;

/// How often the loop looks after what has no moment of its own: outputs that grow, a state that
/// could not be written.
const UPKEEP_EVERY: Duration = Duration::from_secs(2);

/// A running Marathon: the model, the tasks, and whoever listens.
///
/// Everything that the model orders is begun before its lock is released, so that a kill never
/// overtakes a launch; nothing that is begun is waited for. Events reach the hub in the order in
/// which they happened.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Passes events on.
    pub(crate) hub: Hub,
    /// What stands in for images.
    pub(crate) images: ImageMap,
    /// Cancelled when the lab ends. Answers that never end by themselves have to end then.
    pub(crate) stop: CancellationToken,
    /// Where the API is served.
    pub(crate) address: SocketAddr,
    model: Mutex<Marathon>,
    machine: Arc<Machine>,
    tasks: Mutex<BTreeMap<TaskId, Handle>>,
    store: Option<Store>,
    clock: Clock,
    wake: Notify,
    /// What an app that says nothing has to stop.
    default_grace: Duration,
    /// Set when the lab ends. The model would have what is ended now launched again.
    is_ending: AtomicBool,
}

/// What a task can be told.
#[derive(Debug)]
struct Handle {
    /// Until when it may go on.
    deadline: watch::Sender<Option<Instant>>,
    /// The grace that it has when the lab ends.
    grace: Duration,
    /// What runs, as soon as it does.
    task: Option<Arc<Task>>,
    readiness: Option<AbortHandle>,
}

impl Shared {
    /// A Marathon around this model, which may have orders already.
    pub(crate) fn start(
        model: Marathon,
        machine: Arc<Machine>,
        images: ImageMap,
        store: Option<Store>,
        address: SocketAddr,
        default_grace: Duration,
    ) -> Arc<Self> {
        let shared = Arc::new(Self {
            hub: Hub::new(),
            images,
            stop: CancellationToken::new(),
            address,
            model: Mutex::new(model),
            machine,
            tasks: Mutex::default(),
            store,
            clock: Clock::default(),
            wake: Notify::new(),
            default_grace,
            is_ending: AtomicBool::new(false),
        });
        shared.machine.tracker.spawn(keep_time(shared.clone()));
        shared.with(|_, _| ());
        shared
    }

    /// Changes the model, and has done what it orders.
    pub(crate) fn with<R>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Marathon, Timestamp) -> R,
    ) -> R {
        let mut model = lock(&self.model);
        let answer = change(&mut model, self.clock.now());
        let orders = model.take_orders();
        for event in model.take_events() {
            self.hub.publish(event);
        }
        for order in orders {
            self.carry_out(order);
        }
        if let Some(store) = self.store.as_ref().filter(|_| !self.is_ending()) {
            store.keep(&model);
        }
        drop(model);
        // The next moment may be another one now.
        self.wake.notify_one();
        answer
    }

    /// Looks at the model.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&Marathon, Timestamp) -> R) -> R {
        let model = lock(&self.model);
        look(&model, self.clock.now())
    }

    /// Why the state could not be written the last time, if it could not.
    pub(crate) fn store_fault(&self) -> Option<String> {
        self.store.as_ref().and_then(Store::fault)
    }

    /// What tasks run on.
    pub(crate) fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    /// Ends everything: no launches, every task with its grace, and whatever is left then.
    pub(crate) async fn end(&self) {
        let longest = self.end_now(|handle| handle.grace);
        self.machine.tracker.close();
        // What does not die is stuck in the kernel, and is left to the guard.
        let _ = timeout(longest + DIES_WITHIN, self.machine.tracker.wait()).await;
        self.machine.guard.end().await;
        // Whoever still has an answer to read also keeps this alive.
        if let Some(store) = &self.store {
            store.release();
        }
    }

    /// Begins to end everything, without any grace.
    pub(crate) fn abandon(&self) {
        self.end_now(|_| Duration::ZERO);
    }

    /// Returns the longest grace.
    fn end_now(&self, grace: impl Fn(&Handle) -> Duration) -> Duration {
        // Under the lock of the model, so that no launch is under way.
        let model = lock(&self.model);
        self.is_ending.store(true, Ordering::Release);
        let mut longest = Duration::ZERO;
        for handle in lock(&self.tasks).values_mut() {
            longest = longest.max(grace(handle));
            handle.stop_within(grace(handle));
        }
        drop(model);
        self.stop.cancel();
        longest
    }

    /// Whether the lab is ending.
    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Acquire)
    }

    /// Notes that a task runs.
    pub(crate) fn runs(&self, task: &Arc<Task>) {
        if let Some(handle) = lock(&self.tasks).get_mut(&task.id) {
            handle.task = Some(task.clone());
        }
    }

    /// Notes that a task is gone.
    pub(crate) fn forget(&self, task: &TaskId) {
        if let Some(handle) = lock(&self.tasks).remove(task) {
            handle.stop_readiness();
        }
    }

    fn carry_out(self: &Arc<Self>, order: Order) {
        if self.is_ending() {
            return;
        }
        match order {
            Order::Launch(launch) => self.launch(launch),
            // A task that is not there has ended already, and the model hears of that.
            Order::Kill { task, grace } => {
                if let Some(handle) = lock(&self.tasks).get_mut(&task) {
                    handle.stop_within(grace);
                }
            }
            Order::CheckReadiness { task } => {
                if let Some(handle) = lock(&self.tasks).get_mut(&task) {
                    handle.stop_readiness();
                    let Some(task) = handle.task.clone() else { return };
                    let asking = probe_loop::ask_ready(self.clone(), task);
                    handle.readiness = Some(tokio::spawn(asking).abort_handle());
                }
            }
            Order::StopReadiness { task } => {
                if let Some(handle) = lock(&self.tasks).get(&task) {
                    handle.stop_readiness();
                }
            }
        }
    }

    fn launch(self: &Arc<Self>, launch: Launch) {
        let (deadline, end) = watch::channel(None);
        let grace = launch.app.kill_grace().unwrap_or(self.default_grace);
        let handle = Handle { deadline, grace, task: None, readiness: None };
        lock(&self.tasks).insert(launch.task.clone(), handle);
        self.machine.tracker.spawn(runtime_task::live(self.clone(), launch, end));
    }
}

impl Handle {
    /// Tells the task to stop. Who says it twice cannot give it more time.
    fn stop_within(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        self.deadline.send_modify(|until| {
            *until = Some(until.map_or(deadline, |known| known.min(deadline)));
        });
        self.stop_readiness();
    }

    fn stop_readiness(&self) {
        if let Some(readiness) = &self.readiness {
            readiness.abort();
        }
    }
}

/// Wakes the model when it wants to be.
async fn keep_time(shared: Arc<Shared>) {
    let mut upkeep = Instant::now() + UPKEEP_EVERY;
    while !shared.is_ending() {
        let until_next =
            shared.read(|marathon, now| marathon.next_tick().map(|next| next.since(now)));
        let until_upkeep = upkeep.saturating_duration_since(Instant::now());
        tokio::select! {
            () = shared.wake.notified() => {}
            () = shared.stop.cancelled() => return,
            () = sleep(until_next.unwrap_or(until_upkeep).min(until_upkeep)) => {}
        }
        if shared.read(|marathon, now| marathon.next_tick().is_some_and(|next| next <= now)) {
            shared.with(Marathon::tick);
        }
        if Instant::now() >= upkeep {
            upkeep = Instant::now() + UPKEEP_EVERY;
            shared.machine.sandboxes.cut();
            if shared.store_fault().is_some() {
                shared.with(|_, _| ());
            }
        }
    }
}

/// The time of day, which never goes back here.
#[derive(Debug, Default)]
struct Clock {
    latest: AtomicI64,
}

impl Clock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

/// A panic while the model was being changed is a mistake of its own, which a test shows. Whoever
/// uses the lab is better served by a Marathon that goes on than by one that answers nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
