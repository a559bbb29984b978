//! HAProxy, seen and set: over its admin socket, and over the endpoints of marathon-lb.
//!
//! ```text
//!      admin ── sets, reads back, sets again          marathon_lb ── looks only
//!        │      after a reload                             │
//!      socket ── one line, one answer,               http ── every address behind the name,
//!        │       one typed error                           │  TLS, credentials
//!        └──────────────▶ stats ── the CSV of any HAProxy ◀┘
//!                           │
//!                         view ── servers at one moment; in what balancers differ
//! ```
//!
//! - [`stats`]: rows of the statistics, found by the names of their columns.
//! - [`socket`]: the commands of the admin socket, and the processes behind a master's.
//! - [`view`]: what both ways of looking have in common.
//! - [`admin`]: the servers of one or several HAProxy processes, with what was set there.
//! - [`marathon_lb`]: the same, looked at where marathon-lb alone may set.
//!
//! Every call ends in time, reads a bounded answer, and fails with a typed error that names which
//! balancer it is about. What it does not do: decide. Nothing here knows of a rollout.
//!
//! ```no_run
//! use zdd_haproxy::admin::{AdminSocket, Change, Look, Setting};
//! use zdd_haproxy::socket::{Name, SetState};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let admin = AdminSocket::new(["/run/haproxy/admin.sock".parse()?, "lb2.example:9999".parse()?]);
//! let backend = Name::new("shop_10080")?;
//! let server = Name::new("10_0_6_25_16916")?;
//! let drain = Change { backend, server, setting: Setting::State(SetState::Drain) };
//! let looks = admin.set(&[drain]).await;
//! for look in &looks {
//!     match &look.seen {
//!         Ok(seen) => println!("{}: {:?}", look.balancer, seen.notices),
//!         Err(error) => println!("{error}"),
//!     }
//! }
//! for disagreement in Look::disagreements(&looks) {
//!     println!("{disagreement}");
//! }
//! # Ok(())
//! # }
//! ```

pub mod admin;
#[cfg(feature = "local")]
pub mod bridge;
pub mod marathon_lb;
mod port;
pub mod socket;
pub mod stats;
pub mod view;
