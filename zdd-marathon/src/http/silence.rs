//! For how long nothing has been heard of Marathon although something is asked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Whether answers are awaited, and since when none came.
#[derive(Debug, Default)]
pub(super) struct Silence(Mutex<Awaited>);

#[derive(Debug, Default)]
struct Awaited {
    n_calls: usize,
    /// When the first of them began, or Marathon was heard last; none before the first call.
    since: Option<Instant>,
}

/// A call on its way, which ends with this, also where nobody waits for its answer any more.
pub(super) struct OnItsWay<'s>(&'s Silence);

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.0.change(|it| it.n_calls = it.n_calls.saturating_sub(1));
    }
}

impl Silence {
    /// A call begins.
    pub(super) fn begin(&self) -> OnItsWay<'_> {
        self.change(|it| {
            if it.n_calls == 0 {
                it.since = Some(Instant::now());
            }
            it.n_calls += 1;
        });
        OnItsWay(self)
    }

    /// Marathon answered something, if only that it cannot do what is asked yet.
    pub(super) fn broken(&self) {
        self.change(|it| it.since = Some(Instant::now()));
    }

    /// How long it lasts; none while nothing is asked.
    pub(super) fn lasts(&self) -> Option<Duration> {
        self.change(|it| it.since.filter(|_| it.n_calls > 0).map(|since| since.elapsed()))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Awaited) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_lasts_from_the_first_question_to_whatever_is_heard() {
        let second = Duration::from_secs(1);
        let silence = Silence::default();
        assert_eq!(silence.lasts(), None);
        let one = silence.begin();
        advance(second * 5).await;
        let other = silence.begin();
        advance(second * 2).await;
        assert_eq!(silence.lasts(), Some(second * 7));
        silence.broken();
        advance(second).await;
        assert_eq!(silence.lasts(), Some(second));
        drop(one);
        assert_eq!(silence.lasts(), Some(second));
        drop(other);
        assert_eq!(silence.lasts(), None);
        // What came before the next question is no part of it.
        advance(second).await;
        let _next = silence.begin();
        assert_eq!(silence.lasts(), Some(Duration::ZERO));
    }
}
