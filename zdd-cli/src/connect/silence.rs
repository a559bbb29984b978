//! Says that Marathon does not answer while it is waited for.

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;
use zdd_marathon::HttpMarathon;

use crate::text::{Page, Time};

/// How long nothing may be said.
const SILENCE: Duration = Duration::from_secs(10);
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Says every ten seconds that Marathon does not answer, unless whoever waits says it themselves. Never ends.
///
/// Whoever waits has the console, so that this goes to standard error past it: with JSON, too, where
/// nobody reads it but people.
pub(crate) async fn tell_of_silence(
    marathon: &HttpMarathon,
    page: Page,
    is_told: Rc<Cell<bool>>,
) -> Infallible {
    let lasts = || marathon.silence().filter(|_| !is_told.get());
    each(lasts, |silence| {
        let silence = Time(Duration::from_secs(silence.as_secs()));
        let urls = marathon.addresses();
        let text = format!("Marathon at {urls} has not answered for {silence}; waiting for it");
        // Where standard error is gone, nobody is there to be told.
        let _ = writeln!(io::stderr(), "{}", page.hanging(0, 2, &text));
    })
    .await
}

/// Calls `tell` whenever a silence has lasted so long once more.
async fn each(lasts: impl Fn() -> Option<Duration>, mut tell: impl FnMut(Duration)) -> Infallible {
    let mut due = SILENCE;
    loop {
        sleep(LOOK_EVERY).await;
        match lasts() {
            Some(silence) if silence >= due => {
                due = silence + SILENCE;
                tell(silence);
            }
            Some(silence) if silence >= SILENCE => {}
            _ => due = SILENCE,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_lasts_is_said_every_ten_seconds_and_anew_after_an_answer() {
        let began = Instant::now();
        // An answer comes after 25 s, and nothing is asked from 50 s on.
        let lasts = || match began.elapsed().as_secs() {
            age @ 0..25 => Some(Duration::from_secs(age)),
            age @ 25..50 => Some(Duration::from_secs(age - 25)),
            _ => None,
        };
        let told = RefCell::new(Vec::new());
        let tell = |silence: Duration| {
            told.borrow_mut().push((began.elapsed().as_secs(), silence.as_secs()));
        };
        timeout(Duration::from_secs(100), each(lasts, tell)).await.unwrap_err();
        assert_eq!(*told.borrow(), [(10, 10), (20, 20), (35, 10), (45, 20)]);
    }
}
