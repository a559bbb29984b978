//! The calls.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::{Mutex, PoisonError};

use super::abilities::Abilities;
use super::address::Address;
use super::command::{Command, DynamicServer, Success};
use super::error::SocketError;
use super::info::{Info, Worker};
use super::refusal::Refusal;
use super::sessions::{self, Session};
use super::transport::{Patience, Transport, asked};
use super::{Name, SetState};

/// The most bytes of a listing: statistics of 100,000 servers and their states.
const LISTING: usize = 96 << 20;
/// The most bytes of any other answer: a screen of help is the longest.
const WORDS: usize = 256 << 10;
/// The most servers and sessions of one HAProxy.
pub(super) const ROWS: usize = 200_000;
/// The most bytes of one line. HAProxy's buffer has 16 kB, and a line need not fit into it, but one
/// that does is written at once, before anything is read.
const LINE: usize = 12_000;

/// An admin socket.
#[derive(Debug)]
pub struct Socket {
    transport: Transport,
    /// What the worker that answered last can do.
    known: Mutex<Option<(Worker, Abilities)>>,
}

impl Socket {
    /// The socket at `address`. Nothing is connected until something is asked.
    pub fn new(address: Address) -> Self {
        Self { transport: Transport::new(address), known: Mutex::new(None) }
    }

    /// Changes for how long it is given time.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.transport.patience = patience;
        self
    }

    /// For how long it is given time.
    pub fn patience(&self) -> Patience {
        self.transport.patience
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.transport.address
    }

    /// Which process it is, and how it is.
    ///
    /// # Errors
    ///
    /// What every call can fail with: see [`SocketError`].
    pub async fn info(&self) -> Result<Info, SocketError> {
        let command = Command::show_info();
        let answer = self.listing(&command).await?;
        Info::of(&String::from_utf8_lossy(&answer)).map_err(|what| self.not_haproxy(&command, what))
    }

    /// What the answering worker can do. Asked once for each worker.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn abilities(&self) -> Result<Abilities, SocketError> {
        let info = self.info().await?;
        self.abilities_of(&info.worker).await
    }

    pub(super) async fn abilities_of(&self, worker: &Worker) -> Result<Abilities, SocketError> {
        if let Some((known, abilities)) = &*self.known()
            && known.is_same(worker)
        {
            return Ok(*abilities);
        }
        let command = Command::help();
        let answer = self.listing(&command).await?;
        let abilities = Abilities::of(&String::from_utf8_lossy(&answer))
            .map_err(|what| self.not_haproxy(&command, what))?;
        *self.known() = Some((worker.clone(), abilities));
        Ok(abilities)
    }

    pub(super) fn known(&self) -> std::sync::MutexGuard<'_, Option<(Worker, Abilities)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the weight of a server, 0 to 256.
    ///
    /// # Errors
    ///
    /// What every call can fail with; [`Refusal::StaticWeights`] where weights are fixed.
    pub async fn set_weight(
        &self,
        backend: &Name,
        server: &Name,
        weight: u16,
    ) -> Result<(), SocketError> {
        self.carry_out_one(&Command::set_weight(backend, server, weight)).await
    }

    /// Sets the state of a server.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn set_state(
        &self,
        backend: &Name,
        server: &Name,
        state: SetState,
    ) -> Result<(), SocketError> {
        self.carry_out_one(&Command::set_state(backend, server, state)).await
    }

    /// Sets where a server is.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn set_addr(
        &self,
        backend: &Name,
        server: &Name,
        addr: IpAddr,
        port: NonZeroU16,
    ) -> Result<(), SocketError> {
        self.carry_out_one(&Command::set_addr(backend, server, addr, port)).await
    }

    /// Makes a server, in maintenance, with its checks on if it has any: whoever sets it ready before
    /// one has passed sends it traffic unchecked.
    ///
    /// # Errors
    ///
    /// What every call can fail with; [`SocketError::TooOld`] before 2.5.
    pub async fn add_server(
        &self,
        backend: &Name,
        server: &Name,
        made: &DynamicServer,
    ) -> Result<(), SocketError> {
        self.demand("add server", |abilities| abilities.dynamic_servers).await?;
        self.carry_out_one(&Command::add_server(backend, server, made)).await?;
        if made.checks.is_some() {
            self.carry_out_one(&Command::enable_health(backend, server)).await?;
        }
        Ok(())
    }

    /// Removes a server that is in maintenance and has nothing going on.
    ///
    /// # Errors
    ///
    /// What every call can fail with; [`SocketError::TooOld`] before 2.5, and
    /// [`Refusal::NotInMaintenance`].
    pub async fn del_server(&self, backend: &Name, server: &Name) -> Result<(), SocketError> {
        self.demand("del server", |abilities| abilities.dynamic_servers).await?;
        self.carry_out_one(&Command::del_server(backend, server)).await
    }

    async fn demand(
        &self,
        command: &'static str,
        has: impl Fn(Abilities) -> bool,
    ) -> Result<(), SocketError> {
        let info = self.info().await?;
        if has(self.abilities_of(&info.worker).await?) {
            return Ok(());
        }
        let socket = self.address().to_string();
        Err(SocketError::TooOld { socket, command, version: info.version })
    }

    /// What goes on at a server.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn sessions_of(
        &self,
        backend: &Name,
        server: &Name,
    ) -> Result<Vec<Session>, SocketError> {
        let command = Command::show_sess();
        let answer = self.listing(&command).await?;
        let sessions = sessions::read(&String::from_utf8_lossy(&answer), ROWS);
        let mut sessions = sessions.map_err(|what| self.not_haproxy(&command, what))?;
        sessions.retain(|it| it.be == backend.as_str() && it.srv == server.as_str());
        Ok(sessions)
    }

    /// Cuts everything that goes on at a server. Clients see it.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn shutdown_sessions(
        &self,
        backend: &Name,
        server: &Name,
    ) -> Result<(), SocketError> {
        self.carry_out_one(&Command::shutdown_sessions(backend, server)).await
    }

    /// Carries out several changes in as few lines as possible, so that they come into effect
    /// together. All are tried, whatever becomes of the others.
    ///
    /// # Errors
    ///
    /// The first that failed. Those after it may have been carried out.
    pub async fn carry_out(&self, commands: &[Command]) -> Result<(), SocketError> {
        let (silent, talking): (Vec<_>, Vec<_>) =
            commands.iter().partition(|command| command.success == Success::Silent);
        let mut first = None;
        for command in talking {
            let done = self.carry_out_one(command).await;
            first = first.or(done.err());
        }
        for line in lines(&silent) {
            let joined = Command::joined(line.iter().copied());
            if let Err(error) = self.carry_out_one(&joined).await {
                // Answers of several commands cannot be told apart. Each alone says what is wrong; that
                // most are carried out a second time does nothing.
                let error = match error {
                    SocketError::Refused { .. } | SocketError::Level { .. } if line.len() > 1 => {
                        self.first_refused(line).await
                    }
                    other => Some(other),
                };
                first = first.or(error);
            }
        }
        first.map_or(Ok(()), Err)
    }

    async fn first_refused(&self, commands: &[&Command]) -> Option<SocketError> {
        let mut first = None;
        for command in commands {
            let done = self.carry_out_one(command).await;
            first = first.or(done.err());
        }
        first
    }

    async fn carry_out_one(&self, command: &Command) -> Result<(), SocketError> {
        let answer = self.transport.ask(command, WORDS).await?;
        let words = String::from_utf8_lossy(&answer);
        let is_done = match command.success {
            Success::Silent | Success::Listing => words.trim().is_empty(),
            Success::Says(texts) => texts.iter().any(|text| words.contains(text)),
        };
        if is_done { Ok(()) } else { Err(self.refused(command, &words)) }
    }

    /// A listing, whole.
    pub(super) async fn listing(&self, command: &Command) -> Result<Vec<u8>, SocketError> {
        let answer = self.transport.ask(command, LISTING).await?;
        // A refusal is short.
        let start = String::from_utf8_lossy(&answer[..answer.len().min(200)]);
        let known = Refusal::of(&start) != Refusal::Other || is_level(&start);
        if known && !start.contains("\n# ") {
            return Err(self.refused(command, &start));
        }
        if !answer.ends_with(b"\n\n") {
            return Err(SocketError::Cut {
                socket: self.address().to_string(),
                command: asked(command),
                cause: "it does not end with an empty line".into(),
            });
        }
        Ok(answer)
    }

    fn refused(&self, command: &Command, words: &str) -> SocketError {
        let (socket, command) = (self.address().to_string(), asked(command));
        if is_level(words) {
            return SocketError::Level { socket, command };
        }
        let refusal = Refusal::of(words);
        let first = words.trim().lines().next().unwrap_or("it says nothing");
        let words: String =
            first.chars().take(200).map(|c| if c.is_control() { '·' } else { c }).collect();
        SocketError::Refused { socket, command, refusal, words }
    }

    pub(super) fn not_haproxy(&self, command: &Command, what: String) -> SocketError {
        SocketError::NotHaproxy {
            socket: self.address().to_string(),
            command: asked(command),
            what,
        }
    }
}

fn is_level(words: &str) -> bool {
    words.trim_start().starts_with("Permission denied")
}

/// Divides commands so that each part makes a line of bounded length.
fn lines<'s, 'c>(commands: &'s [&'c Command]) -> Vec<&'s [&'c Command]> {
    let mut lines = Vec::new();
    let (mut start, mut length) = (0, 0);
    for (index, command) in commands.iter().enumerate() {
        let next = command.to_string().len() + 1;
        if length + next > LINE && index > start {
            lines.push(&commands[start..index]);
            (start, length) = (index, 0);
        }
        length += next;
    }
    if start < commands.len() {
        lines.push(&commands[start..]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_all_commands_in_order_and_fit() {
        let name = |text: String| Name::new(text).unwrap();
        let commands: Vec<Command> = (0..1000)
            .map(|i| Command::set_weight(&name("app".into()), &name(format!("slot{i}")), 256))
            .collect();
        let all: Vec<&Command> = commands.iter().collect();
        let lines = lines(&all);
        assert!(lines.len() > 1);
        assert_eq!(lines.concat(), all);
        for line in lines {
            assert!(Command::joined(line.iter().copied()).to_string().len() <= LINE);
        }
        assert!(super::lines(&[]).is_empty());
    }
}
