//! Plans zero-downtime deployments on Marathon, and judges them afterwards.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
extern crate alloc;
#[cfg(any(test, feature = "testing"))]
extern crate std;

pub mod app;
pub mod capacity;
pub mod check;
pub mod group;
pub mod guarantee;
pub mod rolling;
pub mod scaling;
pub mod timeline;
pub mod units;
pub mod upgrade;
pub mod verify;

#[cfg(feature = "testing")]
pub mod testing;
