//! Brings a running HAProxy from one configuration to the next.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::bridge::changes::{Change, Changes, ReloadReason, ServerChange};
use crate::bridge::config::{Configuration, Listeners};
use crate::bridge::process::{Haproxy, ProcessError};
use crate::socket::{Command, Name, Refusal, SetState, Socket, SocketError};
use crate::view::View;

/// A HAProxy, with what is in force.
#[derive(Debug)]
pub(super) struct Running {
    executable: PathBuf,
    listeners: Listeners,
    haproxy: Haproxy,
    applied: Configuration,
    /// Servers that are to be removed as soon as nothing goes on at them.
    leaving: BTreeSet<(Name, Name)>,
    /// Whether a change may be half done, so that what is in force is not all as it seems.
    is_uncertain: bool,
}

impl Running {
    pub(super) async fn start(
        executable: PathBuf,
        listeners: Listeners,
        configuration: Configuration,
    ) -> Result<Self, ProcessError> {
        let haproxy = Haproxy::start(&executable, &listeners, &configuration).await?;
        let leaving = BTreeSet::new();
        let applied = configuration;
        Ok(Self { executable, listeners, haproxy, applied, leaving, is_uncertain: false })
    }

    pub(super) fn applied(&self) -> &Configuration {
        &self.applied
    }

    pub(super) fn haproxy(&mut self) -> &mut Haproxy {
        &mut self.haproxy
    }

    /// Starts it again. The last states and weights that were saved come back.
    pub(super) async fn start_again(&mut self) -> Result<(), ProcessError> {
        self.haproxy.end_rest().await;
        self.haproxy = Haproxy::start(&self.executable, &self.listeners, &self.applied).await?;
        self.leaving.clear();
        Ok(())
    }

    /// Brings a configuration into force. Says why it took a reload, if it did.
    pub(super) async fn apply(
        &mut self,
        wanted: Configuration,
    ) -> Result<Option<ReloadReason>, ProcessError> {
        let changes = Changes::between(&self.applied, &wanted);
        if changes.is_empty() && !self.is_uncertain {
            return Ok(None);
        }
        let was_uncertain = std::mem::replace(&mut self.is_uncertain, true);
        // Servers that come only with the reload may be those in whose favour others go.
        let (early, late): (Vec<_>, Vec<_>) = changes
            .servers
            .iter()
            .partition(|it| changes.reload.is_none() || it.change.is_harmless());
        for change in early {
            self.change(change).await?;
        }
        if changes.reload.is_some() {
            self.haproxy.reload(&wanted).await?;
            self.leaving.clear();
        }
        for change in late {
            // What is to be removed is gone with the reload.
            if change.change != Change::Remove {
                self.change(change).await?;
            }
        }
        self.applied = wanted;
        if was_uncertain {
            self.assert_states().await?;
        }
        self.remove_leaving().await?;
        if changes.reload.is_none() {
            self.haproxy.keep(&self.applied).await?;
        }
        self.haproxy.save_state().await?;
        self.is_uncertain = false;
        Ok(changes.reload)
    }

    /// Sets servers in or out of maintenance where what failed before may have left them otherwise.
    /// The bridge sets nothing else, so a server that drains does so for somebody else.
    async fn assert_states(&self) -> Result<(), ProcessError> {
        let seen = self.view().await?;
        let mut commands = Vec::new();
        for (backend, served) in &self.applied.services {
            for server in served.servers.values() {
                let row = seen.server(backend.as_str(), server.name.as_str());
                let is_out = row.is_some_and(|it| it.admin == Some(SetState::Maint));
                if is_out != server.is_draining {
                    let state = if server.is_draining { SetState::Maint } else { SetState::Ready };
                    commands.push(Command::set_state(backend, &server.name, state));
                }
            }
        }
        if commands.is_empty() {
            return Ok(());
        }
        Ok(self.socket().carry_out(&commands).await?)
    }

    async fn view(&self) -> Result<View, ProcessError> {
        let glance = self.socket().glance().await?;
        let view = View::of(&glance.stat, glance.servers.as_deref());
        Ok(view.map_err(|error| SocketError::Stats {
            socket: self.socket().address().to_string(),
            error,
        })?)
    }

    /// Removes servers at which nothing goes on any more.
    pub(super) async fn remove_leaving(&mut self) -> Result<(), ProcessError> {
        let mut still = BTreeSet::new();
        for (backend, server) in std::mem::take(&mut self.leaving) {
            match self.socket().del_server(&backend, &server).await {
                Ok(()) => {}
                Err(error) => match refusal(&error) {
                    Some(Refusal::NoSuchServer | Refusal::NoSuchBackend) => {}
                    Some(_) => {
                        still.insert((backend, server));
                    }
                    None => {
                        self.leaving.insert((backend, server));
                        self.leaving.append(&mut still);
                        return Err(error.into());
                    }
                },
            }
        }
        self.leaving = still;
        Ok(())
    }

    /// Carries one change out. Doing it twice ends the same.
    async fn change(&mut self, change: &ServerChange) -> Result<(), ProcessError> {
        let ServerChange { backend, server, change } = change;
        let socket = self.haproxy.socket();
        let state = |state| Command::set_state(backend, server, state);
        match change {
            Change::Add { server: made, is_draining } => {
                match socket.add_server(backend, server, made).await {
                    Err(error) if refusal(&error) == Some(Refusal::Exists) => {
                        socket.set_addr(backend, server, made.addr, made.port).await?;
                        socket.carry_out(&[Command::enable_health(backend, server)]).await?;
                    }
                    other => other?,
                }
                self.leaving.remove(&(backend.clone(), server.clone()));
                if !is_draining {
                    self.socket().carry_out(&[state(SetState::Ready)]).await?;
                }
            }
            Change::Move(to) => socket.set_addr(backend, server, to.addr, to.port).await?,
            Change::Drain => socket.carry_out(&[state(SetState::Maint)]).await?,
            Change::Ready => socket.carry_out(&[state(SetState::Ready)]).await?,
            Change::Remove => {
                match socket.carry_out(&[state(SetState::Maint)]).await {
                    Err(error) if refusal(&error) == Some(Refusal::NoSuchServer) => {}
                    other => other?,
                }
                self.leaving.insert((backend.clone(), server.clone()));
            }
        }
        Ok(())
    }

    fn socket(&self) -> &Socket {
        self.haproxy.socket()
    }

    pub(super) async fn end(self) {
        self.haproxy.end().await;
    }
}

fn refusal(error: &SocketError) -> Option<Refusal> {
    match error {
        SocketError::Refused { refusal, .. } => Some(*refusal),
        _ => None,
    }
}
