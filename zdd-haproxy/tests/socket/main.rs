//! The admin socket of a real HAProxy, and of things that are none.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod glance;
mod none;
mod real;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::time::Duration;

use support::LONG;
use zdd_haproxy::socket::{Address, Name, Patience, Socket};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn socket(path: &Path) -> Socket {
    // Other tests and builds run beside this one.
    let patience = Patience { connect: LONG, answer: LONG };
    Socket::new(Address::Unix(path.to_owned())).with_patience(patience)
}

/// A socket that is given up soon: for those that never answer.
fn impatient(path: &Path) -> Socket {
    let short = Duration::from_millis(200);
    socket(path).with_patience(Patience { connect: short, answer: short })
}
