//! How long, how much.

use std::time::Duration;

/// The limits of a connection to Marathon.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// For name, connection and TLS together.
    pub(super) connect_timeout: Duration,
    /// Longest silence while an answer is awaited or comes.
    pub(super) read_timeout: Duration,
    /// Longest silence on an event stream.
    pub(super) event_timeout: Duration,
    /// Longest time for one call to one address, however busy it is.
    pub(super) call_timeout: Duration,
    /// How long a call is tried again while no Marathon can answer it.
    pub(super) patience: Duration,
    /// How long a change waits for a deployment that holds its app.
    pub(super) locked_deadline: Option<Duration>,
    /// Largest answer, in bytes.
    pub(super) max_answer: usize,
}

impl Default for Settings {
    /// - Marathon itself gives up on its parts after at most a minute and answers 503, so silence
    ///   for longer means that nobody is there.
    /// - An election takes some seconds, a restart of the leader half a minute.
    /// - Marathon sends a blank line on the event stream every ten seconds; three of them are missed.
    /// - 10,000 apps with 100,000 tasks are some 100 MB.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(60),
            event_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(300),
            patience: Duration::from_secs(45),
            locked_deadline: None,
            max_answer: 256 << 20,
        }
    }
}
