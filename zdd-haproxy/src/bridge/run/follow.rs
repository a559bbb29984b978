//! Follows Marathon's events, and looks at everything now and then.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use zdd_core::ports::{EventStream, Feed, Happening, Marathon};

use super::Status;
use super::apply::Running;
use super::apps::Apps;
use super::hosts::Hosts;
use crate::bridge::config::{Configuration, Listeners};
use crate::bridge::model::{self, Problem, Reason, Services, Settings};
use crate::bridge::process::ProcessError;

/// How long the state stays unread when no event comes, as in marathon-lb.
const AT_LEAST_EVERY: Duration = Duration::from_secs(300);
/// The same while no events come because there is no stream.
const WITHOUT_STREAM: Duration = Duration::from_secs(2);
/// Events come in bursts.
const AT_MOST_EVERY: Duration = Duration::from_millis(50);
/// When something failed, or a port or a host was not usable.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often servers that leave are looked at, and what others set is saved.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// Follows Marathon.
pub(super) struct Follower {
    marathon: Arc<dyn Marathon>,
    settings: Settings,
    listeners: Listeners,
    running: Running,
    told: watch::Sender<Status>,
    apps: Apps,
    hosts: Hosts,
    has_stream: bool,
    /// Why the last pass failed, or what happened to HAProxy since.
    trouble: Option<String>,
    /// Why the last housekeeping failed.
    trouble_at_home: Option<String>,
}

impl Follower {
    pub(super) fn new(
        marathon: Arc<dyn Marathon>,
        settings: Settings,
        listeners: Listeners,
        running: Running,
        told: watch::Sender<Status>,
    ) -> Self {
        let mut apps = Apps::default();
        apps.all_stale();
        let hosts = Hosts::default();
        Self {
            marathon,
            settings,
            listeners,
            running,
            told,
            apps,
            hosts,
            has_stream: false,
            trouble: None,
            trouble_at_home: None,
        }
    }

    /// Follows until it is told to stop, and ends HAProxy then.
    pub(super) async fn follow(mut self, stopped: oneshot::Receiver<()>) {
        // Also in the midst of a pass: Marathon may take long to answer, or never do.
        tokio::select! {
            biased;
            _ = stopped => {}
            () = self.keep_in_step() => {}
        }
        self.running.end().await;
    }

    /// Never ends.
    async fn keep_in_step(&mut self) {
        let mut events: Option<Box<dyn EventStream>> = Some(self.marathon.events());
        let mut due = Instant::now();
        let mut last = due.checked_sub(AT_MOST_EVERY).unwrap_or(due);
        let mut housekeeping = interval(HOUSEKEEPING);
        housekeeping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                ended = self.running.haproxy().ended() => {
                    due = Instant::now() + self.revive(&ended).await;
                }
                feed = next(&mut events) => {
                    if self.take(feed) {
                        events = None;
                    }
                    if self.apps.is_stale() {
                        due = due.min(last + AT_MOST_EVERY);
                    } else if !self.has_stream {
                        due = due.min(Instant::now() + WITHOUT_STREAM);
                    }
                }
                () = sleep_until(due) => {
                    last = Instant::now();
                    due = last + self.pass().await;
                }
                _ = housekeeping.tick() => self.keep_house().await,
            }
        }
    }

    /// Takes what the stream says. Whether it is over for good.
    fn take(&mut self, feed: Option<Feed>) -> bool {
        match feed {
            Some(Feed::Connected) => {
                self.has_stream = true;
                // Nothing that happened before comes again.
                self.apps.all_stale();
            }
            Some(Feed::Event(event)) => match event.happening {
                Happening::Task { app, .. }
                | Happening::Instance { app, .. }
                | Happening::Health { app, .. } => self.apps.stale(&app),
                // An app that is new or gone, or the number of its instances.
                Happening::Changed(_)
                | Happening::Group
                | Happening::Succeeded(_)
                | Happening::Failed { .. } => self.apps.all_stale(),
                _ => {}
            },
            Some(Feed::Lost { .. }) => self.has_stream = false,
            Some(Feed::Ended { why }) => {
                self.has_stream = false;
                self.trouble(why.to_string());
            }
            None => {
                self.has_stream = false;
                return true;
            }
        }
        false
    }

    /// Reads Marathon and brings HAProxy in step. Says when to look again at the latest.
    async fn pass(&mut self) -> Duration {
        if !self.apps.is_stale() {
            self.apps.all_stale();
        }
        let read = tokio::select! {
            biased;
            // Marathon may take long, and what HAProxy serves must not wait for it.
            ended = self.running.haproxy().ended() => return self.revive(&ended).await,
            read = self.apps.read(&*self.marathon) => read,
        };
        if let Err(error) = read {
            self.trouble(error.to_string());
            return AGAIN_AFTER;
        }
        self.hosts.look_up(self.apps.list()).await;
        let draining = self.running.applied().draining();
        let (apps, hosts) = (self.apps.list(), self.hosts.known());
        let mut services = model::services(apps, hosts, &draining, &self.settings);
        self.leave_out_unusable(&mut services);
        let wanted = Configuration::new(&services.services, &self.listeners);
        match self.running.apply(wanted).await {
            Err(error) => {
                self.trouble(error.to_string());
                AGAIN_AFTER
            }
            Ok(reload) => {
                let is_passing = services.problems.iter().any(|it| {
                    matches!(it.reason, Reason::PortUnusable { .. } | Reason::UnknownHost { .. })
                });
                self.trouble = None;
                let trouble_at_home = self.trouble_at_home.clone();
                self.told.send_modify(|status| {
                    status.n_passes += 1;
                    status.n_reloads += u64::from(reload.is_some());
                    status.n_services = services.services.len();
                    status.problems = services.problems;
                    // A pass without a change asks HAProxy nothing.
                    status.trouble = trouble_at_home;
                });
                match (is_passing, self.has_stream) {
                    (true, _) => AGAIN_AFTER,
                    (false, true) => AT_LEAST_EVERY,
                    (false, false) => WITHOUT_STREAM,
                }
            }
        }
    }

    /// Starts HAProxy again. Says when to look at Marathon again at the latest.
    async fn revive(&mut self, ended: &ProcessError) -> Duration {
        self.trouble(ended.to_string());
        // What was on its way when it ended may be lost.
        self.apps.all_stale();
        if let Err(error) = self.running.start_again().await {
            self.trouble(error.to_string());
            tokio::time::sleep(AGAIN_AFTER).await;
            return AGAIN_AFTER;
        }
        self.told.send_modify(|status| {
            status.n_restarts += 1;
            status.last_end = Some(ended.to_string());
        });
        Duration::ZERO
    }

    /// One port that cannot be bound would keep HAProxy from taking any of the others.
    fn leave_out_unusable(&self, services: &mut Services) {
        let applied = self.running.applied();
        let has = |port| applied.services.values().any(|it| it.port == port);
        let problems = &mut services.problems;
        services.services.retain(|service| {
            if has(service.port) {
                return true;
            }
            match TcpListener::bind((Ipv4Addr::LOCALHOST, service.port.get())) {
                Ok(_) => true,
                Err(cause) => {
                    let (port, cause) = (service.port.get(), cause.to_string());
                    let reason = Reason::PortUnusable { port, cause };
                    problems.push(Problem { app: service.app.clone(), reason });
                    false
                }
            }
        });
    }

    async fn keep_house(&mut self) {
        let kept = match self.running.remove_leaving().await {
            Ok(()) => self.running.haproxy().save_state().await,
            failed => failed,
        };
        self.trouble_at_home = kept.err().map(|error| error.to_string());
        self.tell_trouble();
    }

    fn trouble(&mut self, trouble: String) {
        self.trouble = Some(trouble);
        self.tell_trouble();
    }

    fn tell_trouble(&self) {
        let trouble = self.trouble.as_ref().or(self.trouble_at_home.as_ref());
        self.told.send_if_modified(|status| {
            let is_new = status.trouble.as_ref() != trouble;
            status.trouble = trouble.cloned();
            is_new
        });
    }
}

/// The next of a stream, while there is one.
async fn next(events: &mut Option<Box<dyn EventStream>>) -> Option<Feed> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}
