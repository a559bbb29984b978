//! Whoever sits in front of it, or nobody.

use std::cell::Cell;
use std::future::Future;
use std::io::{self, BufRead, IsTerminal, Write};
use std::rc::Rc;
use std::thread;

use async_trait::async_trait;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::raised::Raised;

/// Whoever sits in front of it, or nobody.
#[async_trait(?Send)]
pub(crate) trait Operator {
    /// Whether somebody is there to answer a question.
    fn can_answer(&self) -> bool;

    /// Waits for Ctrl-C, or for being told to end. May be dropped while it waits, without losing one.
    async fn interrupted(&mut self);

    /// Asks what to do with a deployment. None when Ctrl-C is the answer, or no answer can come.
    async fn ask(&mut self, question: &str) -> Option<Answer>;
}

/// What to do with a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Follow it further.
    GoOn,
    /// Let it go on without us.
    Leave,
    /// Take it back.
    Revert,
    /// Stop it where it is.
    Stop,
}

impl Answer {
    /// What the question lists.
    const CHOICES: &'static str = "[g]o on, [l]eave it to itself, [r]evert, [s]top it where it is";

    fn of(line: &str) -> Option<Self> {
        match line.trim().to_ascii_lowercase().as_str() {
            "" | "g" | "go" | "go on" => Some(Self::GoOn),
            "l" | "leave" => Some(Self::Leave),
            "r" | "revert" => Some(Self::Revert),
            "s" | "stop" => Some(Self::Stop),
            _ => None,
        }
    }
}

/// The terminal that the command was started from, if it was.
#[derive(Debug)]
pub(crate) struct Terminal {
    signals: Signals,
    can_answer: bool,
    /// Whether somebody waits for Ctrl-C to do something about it.
    is_heard: Rc<Cell<bool>>,
    /// How many were heard that [`unheard`](Self::unheard) has not come across yet: it sees all.
    taken: Rc<Cell<u32>>,
}

/// Ctrl-C, and being told to end.
#[derive(Debug)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

/// Which of the two came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Interrupt,
    Terminate,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Came {
        tokio::select! {
            _ = self.interrupt.recv() => Came::Interrupt,
            _ = self.terminate.recv() => Came::Terminate,
        }
    }
}

impl Terminal {
    /// From now on Ctrl-C does not end the process by itself.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            signals: Signals::new()?,
            can_answer: io::stdin().is_terminal() && io::stderr().is_terminal(),
            is_heard: Rc::default(),
            taken: Rc::default(),
        })
    }

    /// Waits for a Ctrl-C that nobody waits for: while an answer of Marathon is awaited, for one.
    pub(crate) fn unheard(&self) -> io::Result<impl Future<Output = ()> + use<>> {
        let (mut signals, is_heard) = (Signals::new()?, self.is_heard.clone());
        let taken = self.taken.clone();
        Ok(async move {
            loop {
                signals.next().await;
                // Whoever heard it may be busy with it already, and hear no more.
                if let Some(rest) = taken.get().checked_sub(1) {
                    taken.set(rest);
                } else if !is_heard.get() {
                    return;
                }
            }
        })
    }
}

#[async_trait(?Send)]
impl Operator for Terminal {
    fn can_answer(&self) -> bool {
        self.can_answer
    }

    async fn interrupted(&mut self) {
        let _hearing = Raised::new(&self.is_heard);
        if self.signals.next().await == Came::Terminate {
            self.can_answer = false;
        }
        self.taken.set(self.taken.get() + 1);
    }

    async fn ask(&mut self, question: &str) -> Option<Answer> {
        loop {
            let mut err = io::stderr().lock();
            write!(err, "{question} {}: ", Answer::CHOICES).and_then(|()| err.flush()).ok()?;
            drop(err);
            tokio::select! {
                biased;
                () = self.interrupted() => {
                    // What is said next is not the answer.
                    writeln!(io::stderr()).ok()?;
                    return None;
                }
                line = line_of_terminal() => if let Some(answer) = Answer::of(&line?) {
                    return Some(answer);
                },
            }
        }
    }
}

/// A line from the terminal, or from whatever is in its place; none at its end. It is read in a thread of its own: one of the runtime's would keep the
/// process from ending for as long as nobody presses a key.
pub(crate) async fn line_of_terminal() -> Option<String> {
    let (send, line) = oneshot::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        // Whoever asked may have gone.
        let _ = send.send(matches!(read, Ok(1..)).then_some(line));
    });
    line.await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_words_or_their_first_letters() {
        assert_eq!(Answer::of("\n"), Some(Answer::GoOn));
        assert_eq!(Answer::of("L\n"), Some(Answer::Leave));
        assert_eq!(Answer::of("revert\n"), Some(Answer::Revert));
        assert_eq!(Answer::of(" s \n"), Some(Answer::Stop));
        assert_eq!(Answer::of("y\n"), None);
    }
}
