//! One connection for each command.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::address::Address;
use super::command::Command;
use super::error::SocketError;

/// For how long a socket is given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a connection and an answer")]
pub struct Patience {
    /// Until it is connected. HAProxy takes the socket over within this time during a reload.
    pub connect: Duration,
    /// From then until its answer has come to its end.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), answer: Duration::from_secs(5) }
    }
}

/// The first pause between two attempts to connect. Each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// The way to one admin socket.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) address: Address,
    pub(super) patience: Patience,
    /// Held by the call whose turn it is: see the module.
    turn: Mutex<()>,
}

trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}
impl<C: AsyncRead + AsyncWrite + Unpin + Send> Connection for C {}

impl Transport {
    pub(super) fn new(address: Address) -> Self {
        Self { address, patience: Patience::default(), turn: Mutex::new(()) }
    }

    /// Sends a command, and reads what comes until HAProxy closes: `limit` bytes at most.
    pub(super) async fn ask(
        &self,
        command: &Command,
        limit: usize,
    ) -> Result<Vec<u8>, SocketError> {
        let whole = self.patience.connect + self.patience.answer;
        // Those who wait for their turn at a socket that hangs give up with the one whose turn it is.
        let in_turn = async {
            let _turn = self.turn.lock().await;
            let mut connection = self.connect().await?;
            let exchange = exchange(&mut *connection, command, limit);
            match timeout(self.patience.answer, exchange).await {
                Ok(answer) => answer.map_err(|failure| self.error(command, limit, failure)),
                Err(_) => Err(self.silent(command, self.patience.answer)),
            }
        };
        timeout(whole, in_turn).await.unwrap_or_else(|_| Err(self.silent(command, whole)))
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, SocketError> {
        let deadline = Instant::now() + self.patience.connect;
        let mut pause = FIRST_PAUSE;
        loop {
            let failed = match timeout_at(deadline, open(&self.address)).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => error,
                Err(_) => ErrorKind::TimedOut.into(),
            };
            // During a reload nobody listens for a moment; and a unix socket whose queue is full says
            // so at once (EAGAIN) instead of letting us wait.
            let passes =
                matches!(failed.kind(), ErrorKind::ConnectionRefused | ErrorKind::WouldBlock);
            if !passes || Instant::now() + pause >= deadline {
                return Err(self.not_reached(&failed));
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    fn not_reached(&self, error: &Error) -> SocketError {
        let socket = self.address.to_string();
        let cause = match error.kind() {
            ErrorKind::PermissionDenied => return SocketError::Forbidden { socket },
            ErrorKind::NotFound => "there is no such socket".into(),
            ErrorKind::ConnectionRefused => "connection refused".into(),
            ErrorKind::WouldBlock => "its queue of connections is full".into(),
            ErrorKind::TimedOut => "no connection in time".into(),
            _ => error.to_string(),
        };
        SocketError::NotReached { socket, cause }
    }

    fn silent(&self, command: &Command, waited: Duration) -> SocketError {
        SocketError::Silent { socket: self.address.to_string(), command: asked(command), waited }
    }

    fn error(&self, command: &Command, limit: usize, failure: Failure) -> SocketError {
        let (socket, command) = (self.address.to_string(), asked(command));
        match failure {
            Failure::Nothing => SocketError::NoAnswer { socket, command },
            Failure::Broken(cause) => SocketError::Cut { socket, command, cause },
            Failure::TooLarge => SocketError::TooLarge { socket, command, limit },
        }
    }
}

/// A command for an error: several in one line would fill a screen.
pub(super) fn asked(command: &Command) -> String {
    const SHOWN: usize = 80;
    let line = command.to_string();
    // Commands are ASCII.
    if line.len() <= SHOWN { line } else { format!("{}…", &line[..SHOWN]) }
}

enum Failure {
    Nothing,
    Broken(String),
    TooLarge,
}

async fn open(address: &Address) -> Result<Box<dyn Connection>, Error> {
    Ok(match address {
        Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Address::Tcp(host) => Box::new(TcpStream::connect(host.as_str()).await?),
    })
}

async fn exchange(
    connection: &mut dyn Connection,
    command: &Command,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let line = format!("{command}\n");
    // Whoever closes at once may still have said why: what comes is read in any case.
    let mut written = connection.write_all(line.as_bytes()).await;
    if written.is_ok() && command.ends {
        written = connection.shutdown().await;
    }
    let mut answer = Vec::with_capacity(4096);
    let mut bounded = connection.take(limit as u64 + 1);
    let read = bounded.read_to_end(&mut answer).await;
    match (written.and(read), answer.is_empty()) {
        (Ok(_), false) if answer.len() > limit => Err(Failure::TooLarge),
        (Ok(_), false) => Ok(answer),
        (_, true) => Err(Failure::Nothing),
        (Err(error), false) => Err(Failure::Broken(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_not_to_be_connected_has_its_words() {
        let transport = Transport::new(Address::Unix("/run/s".into()));
        for (kind, text) in [
            (ErrorKind::NotFound, "no HAProxy at /run/s: there is no such socket"),
            (ErrorKind::ConnectionRefused, "no HAProxy at /run/s: connection refused"),
            (ErrorKind::WouldBlock, "no HAProxy at /run/s: its queue of connections is full"),
            (ErrorKind::TimedOut, "no HAProxy at /run/s: no connection in time"),
            (ErrorKind::PermissionDenied, "/run/s may not be used: permission denied"),
        ] {
            let error = transport.not_reached(&kind.into());
            assert_eq!(error.to_string(), text);
            assert!(error.hint().is_some() && error.is_certainly_undone());
        }
    }

    #[test]
    fn a_long_line_is_shown_in_part() {
        let name = super::super::Name::new("x".repeat(200)).unwrap();
        let command = Command::set_weight(&name, &name, 1);
        assert_eq!(asked(&command).chars().count(), 81);
        assert_eq!(asked(&Command::show_info()), "show info");
    }
}
