//! One HAProxy.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::timeout;

use super::error::AdminError;
use super::memory::{self, Change, Comparison, Difference, Memory, Notice};
use crate::socket::{Command, Info, Master, Name, Socket, SocketError};
use crate::view::View;

/// How often a change is made again because HAProxy was reloaded meanwhile.
const RELOADS: usize = 3;

/// What was seen of one HAProxy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Seen {
    /// The process.
    pub info: Info,
    /// Its servers.
    pub view: View,
    /// Processes that a reload replaced and that still have connections, of which nothing here tells.
    /// `None` where the socket of the master is not known.
    pub old_workers: Option<Vec<u32>>,
    /// What was noticed. What only somebody else can mend is noticed anew by every look.
    pub notices: Vec<Notice>,
}

/// One HAProxy, and what was set there.
#[derive(Debug)]
pub struct Balancer {
    socket: Socket,
    master: Option<Master>,
    memory: Mutex<Memory>,
    /// Held while something is compared or set: what is half set differs.
    turn: tokio::sync::Mutex<()>,
}

impl Balancer {
    /// The one behind `socket`.
    pub fn new(socket: Socket) -> Self {
        Self {
            socket,
            master: None,
            memory: Mutex::new(Memory::default()),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    /// Sees old workers, too, through the socket of the master.
    #[must_use]
    pub fn with_master(self, master: Master) -> Self {
        Self { master: Some(master), ..self }
    }

    pub(super) fn with_memory(self, memory: Memory) -> Self {
        Self { memory: Mutex::new(memory), ..self }
    }

    /// Its admin socket.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its servers. After a reload, what was set before is set again first: to servers that were there
    /// at every look since. What was gone at one, and comes back under the same name, is another server.
    ///
    /// # Errors
    ///
    /// When it cannot be seen, or cannot be set again.
    pub async fn look(&self) -> Result<Seen, AdminError> {
        let _turn = self.turn().await?;
        let mut notices = Vec::new();
        for _ in 0..RELOADS {
            let (info, view) = self.glance().await?;
            let (comparison, is_other, before) = {
                let memory = self.memory();
                let is_other = memory.is_other(&info.worker);
                (memory.compare(&view), is_other, memory.worker().cloned())
            };
            if let Some(from) = before.filter(|_| is_other) {
                notices.push(Notice::Reloaded { from, to: info.worker.clone() });
            }
            notices.extend(self.forget_gone(&comparison));
            if !is_other || comparison.differences.is_empty() {
                self.memory().set_worker(&info.worker);
                let by_other = comparison.differences.into_iter().map(Notice::ChangedByOther);
                notices.extend(by_other);
                return self.seen(info, view, notices).await;
            }
            // Until this has come to its end, the worker counts as another one: whatever goes wrong
            // here, the next look begins here again.
            match self.set_again(&comparison.differences).await {
                Ok(()) => {
                    self.memory().set_worker(&info.worker);
                    notices.extend(comparison.differences.into_iter().map(Notice::Reasserted));
                }
                // One setting that is refused must not hide all servers.
                Err(error @ (SocketError::Refused { .. } | SocketError::Level { .. })) => {
                    let differences = comparison.differences;
                    notices.push(Notice::NotReasserted { differences, error });
                    return self.seen(info, view, notices).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(self.restless("show stat"))
    }

    /// Sets all of `changes`, and reads them back. All are sent together.
    ///
    /// # Errors
    ///
    /// When one of them is refused, or has another value afterwards. Others may have been made; none of
    /// them is remembered, so that no reload brings them back.
    pub async fn set(&self, changes: &[Change]) -> Result<Seen, AdminError> {
        let _turn = self.turn().await?;
        let commands: Vec<Command> = changes.iter().map(Change::command).collect();
        let mut before = self.socket.info().await?.worker;
        let is_first = self.memory().is_blank();
        for change in changes {
            self.memory().doubt(change);
        }
        for _ in 0..RELOADS {
            self.socket.carry_out(&commands).await?;
            let (info, view) = self.glance().await?;
            let differences = memory::compare(newest(changes), &view).of_all();
            if differences.is_empty() {
                self.note(changes, is_first.then_some(&info));
                let gone = self.memory().compare(&view);
                let notices = self.forget_gone(&gone);
                return self.seen(info, view, notices).await;
            }
            if before.is_same(&info.worker) {
                return Err(AdminError::NotKept { balancer: self.name(), differences });
            }
            before = info.worker;
        }
        Err(self.restless("set server"))
    }

    /// Cuts what goes on at a server.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn shutdown_sessions(&self, backend: &Name, server: &Name) -> Result<(), AdminError> {
        Ok(self.socket.shutdown_sessions(backend, server).await?)
    }

    /// Forgets what was set of a server: nothing is compared nor set again.
    pub fn forget(&self, backend: &Name, server: &Name) {
        self.memory().forget(backend, server);
    }

    /// Completes what was seen. Old workers are asked for last: one that began to be old while the
    /// servers were read is seen.
    async fn seen(&self, info: Info, view: View, notices: Vec<Notice>) -> Result<Seen, AdminError> {
        let old_workers = match &self.master {
            None => None,
            Some(master) => Some(master.processes().await?.old_workers),
        };
        Ok(Seen { info, view, old_workers, notices })
    }

    /// Remembers what was set. That of a process in which other things were set before is for the next
    /// look to compare.
    fn note(&self, changes: &[Change], first: Option<&Info>) {
        let mut memory = self.memory();
        for change in changes {
            memory.note(change);
        }
        if let Some(info) = first {
            memory.set_worker(&info.worker);
        }
    }

    /// Forgets servers that are not there any more, and says so. An answer that is cut is an error and
    /// comes not this far: a server that is missing was not there.
    fn forget_gone(&self, comparison: &Comparison) -> Vec<Notice> {
        let mut memory = self.memory();
        let forgotten = comparison.gone().map(|(backend, server)| {
            memory.forget(&backend, &server);
            Notice::Gone { backend, server }
        });
        forgotten.collect()
    }

    async fn set_again(&self, differences: &[Difference]) -> Result<(), SocketError> {
        let commands: Vec<_> = differences.iter().map(|it| it.wanted.command()).collect();
        self.socket.carry_out(&commands).await
    }

    fn name(&self) -> String {
        self.socket.address().to_string()
    }

    async fn turn(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, AdminError> {
        let waited = self.socket.patience().connect + self.socket.patience().answer;
        timeout(waited, self.turn.lock()).await.map_err(|_| {
            SocketError::Silent { socket: self.name(), command: "show stat".into(), waited }.into()
        })
    }

    async fn glance(&self) -> Result<(Info, View), AdminError> {
        let glance = self.socket.glance().await?;
        let view = View::of(&glance.stat, glance.servers.as_deref())
            .map_err(|error| SocketError::Stats { socket: self.name(), error })?;
        Ok((glance.info, view))
    }

    /// The error for a HAProxy that is reloaded faster than it can be set.
    fn restless(&self, command: &str) -> AdminError {
        SocketError::NotHaproxy {
            socket: self.name(),
            command: command.into(),
            what: format!("another process answered {RELOADS} times in a row"),
        }
        .into()
    }
}

/// Of several changes of one setting, the last.
fn newest(changes: &[Change]) -> Vec<Change> {
    let is_same = |a: &Change, b: &Change| {
        a.backend == b.backend
            && a.server == b.server
            && std::mem::discriminant(&a.setting) == std::mem::discriminant(&b.setting)
    };
    let mut newest: Vec<Change> = Vec::new();
    for change in changes {
        newest.retain(|it| !is_same(it, change));
        newest.push(change.clone());
    }
    newest
}
