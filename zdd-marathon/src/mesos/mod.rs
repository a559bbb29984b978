//! The agents behind a Marathon, as the master of Mesos says.
//!
//! [`master_of`] asks a Marathon where its Mesos is; [`HttpMesos`] asks that for its agents and for
//! what runs there, as [`zdd_core::mesos`] reads it.
//!
//! The rules are those of the calls to Marathon: certificates, proxies, time-outs and bounds. The
//! credentials of Marathon are not for Mesos unless they are given to it, too, and a redirect to the
//! leading master is followed without any.
//!
//! ```no_run
//! use zdd_marathon::HttpMarathon;
//! use zdd_marathon::mesos::master_of;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let marathon = HttpMarathon::builder(["https://m1.example.com:8443".parse()?]).build()?;
//! let master = master_of(&marathon).await?;
//! let mesos = HttpMarathon::builder([master]).build_mesos()?;
//! let cluster = mesos.cluster().await?;
//! for note in cluster.notes() {
//!     println!("{note}");
//! }
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
mod find;

pub use client::HttpMesos;
pub use error::MesosError;
pub use find::master_of;
