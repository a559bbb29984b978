//! Plans zero-downtime deployments on Marathon, and judges them afterwards.
//!
//! The crate answers three questions about an app and its `upgradeStrategy`, without a cluster:
//!
//! 1. *Can it be satisfied?* [`check`] gives each [guarantee](guarantee::Guarantee) two verdicts,
//!    reasons as values, and the smallest change that would help.
//! 2. *What exactly will happen?* [`timeline`] is every step of a rolling upgrade, run-length
//!    encoded; [`group`] the steps of a whole tree of apps.
//! 3. *Did it hold?* [`verify`] judges a plan or a recording of Marathon's event stream. It is a
//!    second opinion: it shares types with the planner, and no rule.
//!
//! ```text
//!   app ──► upgrade ──► check                     what is promised
//!              │
//!              ├──────► timeline ──► verify       what will happen, and whether it holds
//!              │           │            ▲
//!              └─ capacity ┴► rolling   │
//!                               ▲       │
//!                  events of a cluster ─┴─ recordings
//! ```
//!
//! A fourth question is what to do next: [`rollout`] decides it, for an app beside the one that runs, and
//! [`drive`] does it.
//!
//! The crate is pure: no clock, no IO, no environment, no randomness, no runtime, and `no_std` so
//! that it cannot. The same input gives the same bytes. It deliberately does not talk to Marathon or
//! HAProxy, and does not wait: `zdd-marathon`, `zdd-haproxy` and the `zdd` command do.
//!
//! # Modules, in reading order
//!
//! | module | holds |
//! | --- | --- |
//! | [`units`] | counts, fractions, ids, moments: valid by construction; the only floating point |
//! | [`app`] | app definitions and groups, lossless, with line and column of every problem |
//! | [`capacity`] | floor, ceiling, and how Marathon starts within or beside them |
//! | [`upgrade`] | what a planner has to know about one replacement |
//! | [`guarantee`] | what can be promised about it |
//! | [`check`] | verdicts, fixes, warnings, suggestions |
//! | [`rolling`] | Marathon's replacement, in counts and event by event |
//! | [`scaling`] | what Marathon stops and starts to reach a count |
//! | [`standing`] | whether what runs of an app is what its definition says |
//! | [`timeline`] | what happens when |
//! | [`group`] | from two trees of apps to deployment steps, and back |
//! | [`verify`] | the second opinion |
//! | [`watch`] | what a deployment waits for, seen at one moment |
//! | [`weights`] | from shares of the traffic to the weights of servers |
//! | [`shares`] | how sure one can be of counted shares, and whether they are the wanted ones |
//! | [`rollout`] | an app beside the one that runs: what to do next, from what is seen |
//! | [`drive`] | the loop that carries a rollout out, through the ports |
//! | [`ports`] | what adapters have to offer |
//! | [`placement`] | which agent an instance can go to, and why not |
//! | [`fit`] | whether a plan finds room on a cluster |
//! | [`mesos`] | what a Mesos master says of its agents and of what runs there |
//! | [`simulate`] | a Marathon without processes |
//! | `testing` | proptest strategies for all of these, with the feature `testing` |
//!
//! # Example
//!
//! Refuse an app that its strategy cannot carry:
//!
//! ```
//! use zdd_core::app::App;
//! use zdd_core::capacity::Reading;
//! use zdd_core::check::Check;
//! use zdd_core::guarantee::Guarantee;
//!
//! let app = App::parse(
//!     r#"{"id": "/shop/cart", "instances": 4, "cmd": "./cart",
//!         "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 0}}"#,
//! )?;
//! let check = Check::of_app(&app, Reading::Classic);
//! let verdict = check.verdict(Guarantee::Bounds);
//! assert!(!verdict.satisfiable.holds());
//! assert_eq!(
//!     verdict.to_string(),
//!     "4 of 4 must stay healthy and at most 4 may run: nothing may be stopped and nothing added"
//! );
//! assert_eq!(verdict.fix.unwrap().to_string(), "set maximumOverCapacity to 0.25");
//! # Ok::<(), zdd_core::app::ParseError>(())
//! ```
//!
//! # A rollout of one's own
//!
//! [`rollout::Rollout::step`] takes what is seen and says what to do; [`drive::Drive`] is the loop around it,
//! on whatever implements three [`ports`]: Marathon, the load balancers and time. The documentation of
//! [`drive`] shows it, and `cargo run -p zdd-core --example canary` runs it, in a world of its own: a canary
//! is started and promoted, and each decision printed.
#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "testing"))]
extern crate std;

pub mod app;
pub mod capacity;
pub mod check;
pub mod drive;
pub mod fit;
pub mod group;
pub mod guarantee;
pub mod mesos;
pub mod placement;
pub mod ports;
pub mod rolling;
pub mod rollout;
pub mod scaling;
pub mod shares;
pub mod simulate;
pub mod standing;
#[cfg(feature = "testing")]
pub mod testing;
pub mod timeline;
pub mod units;
pub mod upgrade;
pub mod verify;
pub mod watch;
pub mod weights;

/// The examples of the README are tests, too.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
