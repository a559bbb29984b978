//! The admin socket: what is asked, what is answered, and everything that can go wrong between.
//!
//! ```no_run
//! use zdd_haproxy::socket::{Name, SetState, Socket};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let socket = Socket::new("/run/haproxy/admin.sock".parse()?);
//! let (backend, server) = (Name::new("shop_10080")?, Name::new("10_0_6_25_16916")?);
//! socket.set_state(&backend, &server, SetState::Drain).await?;
//! println!("{} sessions", socket.sessions_of(&backend, &server).await?.len());
//! # Ok(())
//! # }
//! ```
//!
//! Each call is one connection with one line, and its answer is all that comes until HAProxy closes:
//! that works with every version, over unix sockets and TCP. HAProxy has no status codes: what a
//! change answers is compared with what a success says, and everything else is a typed error with
//! HAProxy's words. Calls to one socket go one after the other, because HAProxy serves only ten
//! connections at a time (`stats maxconn`) and lets all others wait in silence.

mod abilities;
mod address;
mod client;
mod command;
mod error;
mod glance;
mod info;
mod processes;
mod refusal;
mod server_state;
mod sessions;
mod transport;

pub use abilities::Abilities;
pub use address::{Address, AddressError};
pub use client::Socket;
pub use command::{Checks, Command, DynamicServer};
pub use error::SocketError;
pub use glance::Glance;
pub use info::{Info, Worker};
pub use processes::{Master, Processes};
pub use refusal::Refusal;
pub use server_state::{AdminState, ServerState};
pub use sessions::Session;
pub use transport::Patience;
pub use zdd_core::ports::{Name, NameError, SetState};
