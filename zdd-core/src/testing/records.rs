//! What is kept of a rollout.

use crate::ports::Name;
use crate::rollout::record::{Phase, Record};
use crate::rollout::{Growth, Known, Split};
use crate::units::Timestamp;

/// The record of a canary of the group `shop`: one of three instances of `/shop-green` beside three of
/// `/shop-blue`, with a fifth of the traffic. Tests say what is otherwise.
pub fn record() -> Record {
    Record {
        schema: Record::SCHEMA,
        group: "shop".into(),
        backend: Name::new("shop_10080").expect("it is a name"),
        phase: Phase::Canary,
        old: Some("/shop-blue".parse().expect("it is an id")),
        new: "/shop-green".parse().expect("it is an id"),
        before: 3,
        canary: 1,
        full: 3,
        floor: 3,
        traffic: Split { old: 80, new: 20 }.into(),
        hold: Split::OLD.into(),
        growth: Growth::Once,
        course: None,
        since: Timestamp::EPOCH,
        known: Known::default(),
    }
}
