//! Everything that one worker says of its servers, at one moment.

use super::abilities::Abilities;
use super::client::{ROWS, Socket};
use super::command::Command;
use super::error::SocketError;
use super::info::Info;
use super::server_state::{self, ServerState};

/// What one worker says of itself and its servers at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Glance {
    /// Itself.
    pub info: Info,
    /// Its statistics, for [`stats::Reader`](crate::stats::Reader).
    pub stat: Vec<u8>,
    /// What was made of its servers. `None` where this version does not say.
    pub servers: Option<Vec<ServerState>>,
}

impl Socket {
    /// Everything that is known of the servers, from one worker.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn glance(&self) -> Result<Glance, SocketError> {
        // What the last worker could do, this one most likely can as well; if not, it is asked.
        let guess = self.known().as_ref().map(|(_, abilities)| *abilities);
        if let Some(guess) = guess {
            match self.glance_with(guess).await {
                Ok((parts, command)) => {
                    if self.abilities_of(&parts.info.worker).await? == guess {
                        return parts.whole(&command, self);
                    }
                }
                Err(SocketError::NotHaproxy { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let abilities = self.abilities().await?;
        let (parts, command) = self.glance_with(abilities).await?;
        parts.whole(&command, self)
    }

    async fn glance_with(&self, abilities: Abilities) -> Result<(Parts, Command), SocketError> {
        let command = Command::glance(abilities.servers_state);
        let answer = self.listing(&command).await?;
        let parts = Parts::of(answer, abilities.servers_state);
        parts.map_err(|what| self.not_haproxy(&command, what)).map(|parts| (parts, command))
    }
}

/// The answers to the commands of a glance.
struct Parts {
    info: Info,
    stat: Vec<u8>,
    state: Option<Vec<u8>>,
}

impl Parts {
    fn of(answer: Vec<u8>, with_state: bool) -> Result<Self, String> {
        const STATE: &[u8] = b"\n\n1\n# be_id ";
        let end = memchr::memmem::find(&answer, b"\n\n").ok_or("it says too little")?;
        let info = Info::of(&String::from_utf8_lossy(&answer[..end]))?;
        let mut stat = answer;
        stat.drain(..end + 2);
        if !with_state {
            return Ok(Self { info, stat, state: None });
        }
        // Cells of the statistics may hold what a server answered: the last place that looks like the
        // beginning of the states is it.
        let at = memchr::memmem::rfind(&stat, STATE).ok_or("its server states are missing")?;
        let state = stat.split_off(at + 2);
        Ok(Self { info, stat, state: Some(state) })
    }

    fn whole(self, command: &Command, socket: &Socket) -> Result<Glance, SocketError> {
        let servers = self.state.map(|state| {
            let state = String::from_utf8_lossy(&state);
            server_state::read(&state, ROWS).map_err(|what| socket.not_haproxy(command, what))
        });
        Ok(Glance { info: self.info, stat: self.stat, servers: servers.transpose()? })
    }
}
