//! The load balancer of the lab: a HAProxy in step with a Marathon.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;

use zdd_core::ports::Marathon;
use zdd_haproxy::bridge::Bridge;
use zdd_haproxy::bridge::config::Listeners;
use zdd_haproxy::bridge::model::{Groups, Merge, Settings};

use super::error::LabError;
use super::executable;
use super::folder::Folder;
use super::listen;
use super::teller::Teller;
use crate::args::BalancerArgs;

/// A group of apps that is all of them.
const ALL: &str = "*";

/// What is needed to start one.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    executable: PathBuf,
    listen: Option<NonZeroU16>,
    hosts: Option<NonZeroU16>,
    settings: Settings,
}

/// A HAProxy in step with a Marathon.
#[derive(Debug)]
pub(super) struct Balancer {
    bridge: Bridge,
    hosts: Option<NonZeroU16>,
    // After the bridge, whose files are in it.
    _folder: Folder,
}

impl Plan {
    /// What the arguments ask for. Nothing is started.
    ///
    /// # Errors
    ///
    /// When there is no HAProxy, or a port is taken.
    pub(super) async fn of(args: &BalancerArgs) -> Result<Self, LabError> {
        let found = args.haproxy.clone().or_else(executable::find);
        let executable = found.ok_or(LabError::NoHaproxy)?;
        let hosts = args.vhosts.and_then(NonZeroU16::new);
        let is_free = async |option, port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            listen::bind(address).await.map_err(|error| LabError::of_port(option, error))
        };
        // Both are held until both are had: one port cannot be both.
        let statistics = is_free("--lb-listen", args.lb_listen).await?;
        let vhosts = is_free("--vhosts", args.vhosts.unwrap_or_default()).await?;
        drop((statistics, vhosts));
        Ok(Self { executable, listen: NonZeroU16::new(args.lb_listen), hosts, settings: of(args) })
    }

    /// One on ports that are free, for every app.
    ///
    /// # Errors
    ///
    /// When there is no HAProxy.
    pub(super) fn anywhere() -> Result<Self, LabError> {
        let executable = executable::find().ok_or(LabError::NoHaproxy)?;
        Ok(Self { executable, listen: None, hosts: None, settings: Settings::default() })
    }

    /// Starts it.
    pub(super) async fn start(self, marathon: Arc<dyn Marathon>) -> Result<Balancer, LabError> {
        let folder = Folder::new().map_err(LabError::Folder)?;
        let mut builder = Bridge::builder(marathon, folder.path())
            .executable(self.executable)
            .settings(self.settings);
        if let Some(port) = self.listen {
            builder = builder.listen(port);
        }
        if let Some(port) = self.hosts {
            builder = builder.hosts(port);
        }
        Ok(Balancer { bridge: builder.start().await?, hosts: self.hosts, _folder: folder })
    }
}

impl Balancer {
    /// Says where it is, and how an app gets there.
    pub(super) fn introduce(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "HAProxy serves apps at 127.0.0.1, each on the port that its label HAPROXY_0_PORT says"
        )?;
        if let Some(port) = self.hosts {
            writeln!(out, "those with a label HAPROXY_0_VHOST are at http://127.0.0.1:{port} too")?;
        }
        let address = self.bridge.address();
        writeln!(out, "what marathon-lb answers: export ZDD_MARATHON_LB=http://{address}")?;
        let listeners = self.bridge.listeners();
        let (socket, master) = (listeners.admin_socket(), listeners.master_socket());
        writeln!(out, "its admin socket: export ZDD_HAPROXY={}", socket.display())?;
        writeln!(out, "that of its master: export ZDD_HAPROXY_MASTER={}", master.display())
    }

    /// Where HAProxy's own sockets are.
    pub(super) fn listeners(&self) -> &Listeners {
        self.bridge.listeners()
    }

    /// What there is to be told of it from now on.
    pub(super) fn teller(&self) -> Teller {
        Teller::new(self.bridge.status())
    }

    /// Ends it, with everything that goes on.
    pub(super) async fn end(self) {
        self.bridge.end().await;
    }
}

fn of(args: &BalancerArgs) -> Settings {
    let is_all = args.group.is_empty() || args.group.iter().any(|group| group == ALL);
    let groups = if is_all {
        Groups::All
    } else {
        Groups::Some(args.group.iter().cloned().collect::<BTreeSet<_>>())
    };
    let merge = if args.mended_merge { Merge::Mended } else { Merge::MarathonLb };
    Settings { groups, merge, ..Settings::default() }
}
