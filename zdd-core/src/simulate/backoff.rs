//! How long an app that fails has to wait before it is launched again.

use alloc::collections::BTreeMap;
use core::time::Duration;

use crate::app::App;
use crate::units::{AppId, Timestamp};

/// The launch delays of all apps.
///
/// The first failure of an app sets its delay to `backoffSeconds`; each further one multiplies it by
/// `backoffFactor`, up to `maxLaunchDelaySeconds`. Failures are ends that nobody asked for, such as
/// `TASK_FAILED`, `TASK_ERROR` and, although that is success, `TASK_FINISHED`; who is killed has not
/// failed. A delay belongs to one configuration of an app: a new one starts without.
///
/// Source: Marathon's `RateLimiter`.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    /// By app, and when its configuration last changed.
    delays: BTreeMap<(AppId, Timestamp), Delay>,
}

#[derive(Clone, Copy, Debug)]
struct Delay {
    length: Duration,
    /// When the app may be launched again.
    until: Timestamp,
    /// When the app has behaved for so long that its failures are forgotten.
    forgotten_at: Timestamp,
}

impl Backoff {
    /// A task of `app` failed.
    pub fn failed(&mut self, now: Timestamp, app: &App) {
        let strategy = Strategy::of(app);
        let length = match self.delays.get(&key(app)) {
            None => strategy.first.min(strategy.max),
            Some(delay) => strategy.after(delay.length),
        };
        let until = now.saturating_add(length);
        let forgotten_at = until.saturating_add(strategy.max);
        self.delays.insert(key(app), Delay { length, until, forgotten_at });
    }

    /// Forgets the failures of an app, whatever its configuration was. Whether it had any.
    pub fn reset(&mut self, app: &AppId) -> bool {
        let before = self.delays.len();
        self.delays.retain(|(id, _), _| id != app);
        self.delays.len() < before
    }

    /// Forgets failures after which an app was quiet for its delay and the longest one on top.
    pub fn expire(&mut self, now: Timestamp) {
        self.delays.retain(|_, delay| delay.forgotten_at > now);
    }

    /// When [`expire`](Self::expire) will have something to do next.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.delays.values().map(|delay| delay.forgotten_at).min()
    }

    /// When `app` may be launched again; `None` if it has not failed. May be in the past.
    pub fn until(&self, app: &App) -> Option<Timestamp> {
        self.delays.get(&key(app)).map(|delay| delay.until)
    }

    /// How long until `app` may be launched; zero if it may be now.
    pub fn time_left(&self, now: Timestamp, app: &App) -> Duration {
        self.until(app).map_or(Duration::ZERO, |until| until.since(now))
    }
}

fn key(app: &App) -> (AppId, Timestamp) {
    let changed_at = app.version_info().map(|info| info.last_config_change_at);
    (app.id().clone(), changed_at.or(app.version()).unwrap_or_default())
}

/// What a definition says about delays.
struct Strategy {
    first: Duration,
    /// By how much a delay grows, in millionths.
    factor: u64,
    max: Duration,
}

impl Strategy {
    /// Marathon's defaults stand for what is missing, and for what Marathon would refuse.
    fn of(app: &App) -> Self {
        let number = |key: &str| app.as_json().get(key).and_then(serde_json::Value::as_f64);
        let seconds = |key, default| {
            let given = number(key).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            given.unwrap_or(Duration::from_secs(default))
        };
        let factor = number("backoffFactor").filter(|factor| (1.0..=1e6).contains(factor));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between a million and a million millions"
        )]
        let factor = (factor.unwrap_or(1.15) * 1e6 + 0.5) as u64;
        Self {
            first: seconds("backoffSeconds", 1),
            factor,
            max: seconds("maxLaunchDelaySeconds", 300),
        }
    }

    /// The delay that follows `length`.
    fn after(&self, length: Duration) -> Duration {
        let nanos = length.as_nanos().saturating_mul(self.factor.into()) / 1_000_000;
        let longer = u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos);
        longer.min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn app(fields: &str) -> App {
        App::parse(&format!(r#"{{"id": "/a", "cmd": "a"{fields}}}"#)).unwrap()
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn delays_grow_up_to_the_longest() {
        let app = app(r#", "backoffSeconds": 2, "backoffFactor": 1.5, "maxLaunchDelaySeconds": 5"#);
        let mut backoff = Backoff::default();
        assert_eq!((backoff.until(&app), backoff.time_left(at(0), &app)), (None, Duration::ZERO));
        let delays: Vec<_> = (0..4)
            .map(|_| {
                backoff.failed(at(0), &app);
                backoff.time_left(at(0), &app).as_millis()
            })
            .collect();
        assert_eq!(delays, [2000, 3000, 4500, 5000]);
        assert_eq!(backoff.time_left(at(4999), &app), Duration::from_millis(1));
        assert_eq!(backoff.time_left(at(5001), &app), Duration::ZERO);
    }

    #[test]
    fn the_defaults_are_marathons() {
        let app = app("");
        let mut backoff = Backoff::default();
        backoff.failed(at(0), &app);
        assert_eq!(backoff.time_left(at(0), &app), Duration::from_secs(1));
        backoff.failed(at(0), &app);
        assert_eq!(backoff.time_left(at(0), &app), Duration::from_millis(1150));
        for _ in 0..100 {
            backoff.failed(at(0), &app);
        }
        assert_eq!(backoff.time_left(at(0), &app), Duration::from_secs(300));
    }

    #[test]
    fn a_quiet_app_is_forgiven() {
        let app = app(r#", "backoffSeconds": 2, "maxLaunchDelaySeconds": 10"#);
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next_expiry(), None);
        backoff.failed(at(1000), &app);
        assert_eq!(backoff.next_expiry(), Some(at(13_000)));
        backoff.expire(at(12_999));
        assert!(backoff.until(&app).is_some());
        backoff.expire(at(13_000));
        assert_eq!((backoff.until(&app), backoff.next_expiry()), (None, None));
    }

    #[test]
    fn another_configuration_starts_without_a_delay() {
        let version = |day| {
            app(&format!(
                r#", "version": "2020-01-0{day}T00:00:00.000Z", "versionInfo": {{
                    "lastScalingAt": "2020-01-0{day}T00:00:00.000Z",
                    "lastConfigChangeAt": "2020-01-0{day}T00:00:00.000Z"}}"#
            ))
        };
        let mut backoff = Backoff::default();
        backoff.failed(at(0), &version(1));
        assert!(backoff.until(&version(1)).is_some() && backoff.until(&version(2)).is_none());
        backoff.failed(at(0), &version(2));
        assert!(backoff.reset(version(1).id()) && !backoff.reset(version(1).id()));
        assert!(backoff.until(&version(1)).is_none() && backoff.until(&version(2)).is_none());
    }

    proptest! {
        #[test]
        fn no_delay_shrinks_or_is_too_long(
            first in 0.0_f64..100.0, factor in 0.0_f64..10.0, max in 0.0_f64..1000.0, n in 1_usize..50,
        ) {
            let app = app(&format!(
                r#", "backoffSeconds": {first}, "backoffFactor": {factor}, "maxLaunchDelaySeconds": {max}"#
            ));
            let mut backoff = Backoff::default();
            let mut last = Duration::ZERO;
            for _ in 0..n {
                backoff.failed(at(0), &app);
                let delay = backoff.time_left(at(0), &app);
                prop_assert!(delay >= last && delay.as_secs_f64() <= max);
                last = delay;
            }
        }
    }
}
