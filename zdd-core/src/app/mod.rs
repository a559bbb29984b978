//! What a user writes down: app definitions and groups, in Marathon's JSON.
//!
//! A definition is kept whole. Beside the JSON object stands a typed view of what matters to a
//! rollout, with Marathon's defaults filled in; whatever else the object holds survives a round
//! trip. Fields may be spelled as in Marathon 1.5 or in the older way (`ports`, `uris`,
//! `container.docker.network`, …), and a member that is `null` counts as absent.
//!
//! Reading never stops at the first problem: a [`ParseError`] lists what is wrong, each with line,
//! column and JSON pointer.
//!
//! ```
//! use zdd_core::app::App;
//!
//! let app = App::parse(r#"{"id": "shop/cart", "instances": 4, "cmd": "./cart"}"#)?;
//! assert_eq!(app.id().as_str(), "/shop/cart");
//! assert_eq!(app.upgrade_strategy().maximum_over_capacity.get(), 1.0);
//!
//! let error = App::parse(
//!     r#"{"id": "/cart", "upgradeStrategy":
//!         {"minimumHealthCapacity": 1.2, "maximumOverCapacity": 0}}"#,
//! ).unwrap_err();
//! assert_eq!(
//!     error.problems()[0].to_string(),
//!     "2:35: /upgradeStrategy/minimumHealthCapacity: 1.2 is above 1"
//! );
//! # Ok::<(), zdd_core::app::ParseError>(())
//! ```

mod checks;
mod constraint;
mod cursor;
mod definition;
mod difference;
mod document;
mod effective;
mod group;
mod group_read;
mod locate;
mod network;
mod place;
mod problem;
mod read;
mod refusal;
mod text;

pub use checks::{HealthCheck, HealthCheckProtocol, ReadinessCheck};
pub use constraint::{Constraint, Operator};
pub use definition::{App, KillSelection, VersionInfo};
pub use difference::FieldChange;
pub use document::Document;
pub use group::{AllApps, Group, GroupError};
pub(crate) use network::effective as effective_network;
pub use place::Place;
pub use problem::{Fault, ParseError, Problem};
pub(crate) use problem::{excerpt, located};
pub use refusal::StrategyRefusal;
pub(crate) use text::typed;
