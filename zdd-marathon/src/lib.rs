//! Marathon over its REST API and event stream, for the ports of [`zdd_core`].
//!
//! ```text
//!   zdd_core::ports::Marathon             zdd_core::ports::EventStream
//!             ▲                                        ▲
//!        HttpMarathon ───────── events() ─────────▶ events ◀── sse::Decoder
//!             │                                        │
//!   addresses, redirects, repeats, time-outs, bounds: one transport
//!             │
//!        Marathon 1.3 to the last, behind DC/OS or not
//! ```
//!
//! - [`HttpMarathon`]: the REST API. Several addresses with fail-over, a base path, credentials,
//!   certificate authorities; see [`Builder`] for all settings.
//! - [`events`] and [`sse`]: the event stream, connected again whenever it breaks.
//! - [`mesos`]: the agents behind a Marathon, as the master of Mesos says.
//! - `local` (feature): an embedded Marathon, which speaks the same API and runs real processes.
//!
//! Three promises hold for every call. It ends: names, connections, answers and repeats have limits.
//! It is never carried out twice: a change is sent again only when it is certain that it was not
//! carried out, or when the second time does nothing; otherwise the error is
//! [`MayHaveHappened`](zdd_core::ports::Unreachable::MayHaveHappened). And no secret is in any error
//! or `Debug`, even if a server sends it back.
//!
//! What it does not do: decide. It holds no rule of a rollout, and fills in no default of Marathon.
//!
//! ```no_run
//! use std::time::Duration;
//! use zdd_core::ports::{Force, Marathon};
//! use zdd_core::units::{AppId, GroupId};
//! use zdd_marathon::{Credentials, HttpMarathon};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let (credentials, warnings) = Credentials::from_file("/etc/zdd/credentials".as_ref())?;
//! for warning in warnings {
//!     println!("{warning}");
//! }
//! let urls = ["https://m1.example.com:8443".parse()?, "https://m2.example.com:8443".parse()?];
//! let marathon = HttpMarathon::builder(urls)
//!     .credentials(credentials)
//!     .cacert_file("/etc/zdd/ca.pem")
//!     .locked_deadline(Duration::from_secs(60))
//!     .build()?;
//! let id = AppId::resolve("/shop/cart", &GroupId::root())?;
//! let accepted = marathon.restart_app(&id, Force::No).await?;
//! println!("deployment {}", accepted.deployment);
//! # Ok(())
//! # }
//! ```

pub mod events;
mod http;
#[cfg(feature = "local")]
pub mod local;
pub mod mesos;
pub mod sse;
mod wire;

pub use wire::apps_of_answer;

pub use http::{
    BuildError, Builder, CredentialFileError, Credentials, HttpMarathon, ServiceAccount, Warning,
};
