//! The client against a server that injects every fault it must survive. Nothing may be done twice,
//! and every failure ends in the right typed error.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
#![expect(clippy::format_push_string, reason = "short texts of tests")]

#[path = "../scripted/mod.rs"]
mod scripted;

mod answers;
mod chance;
mod events;
mod identity;
mod locks;
mod mesos;
mod redirects;
mod repeats;
mod tls;

use std::time::Duration;

use zdd_core::units::{AppId, GroupId};
use zdd_marathon::{Builder, HttpMarathon};

const RESULT: &str = r#"{"version": "2026-01-01T00:00:00.000Z", "deploymentId": "d-1"}"#;
const NO_APPS: &str = r#"{"apps": []}"#;
const NO_LEADER: &str = r#"{"message": "Could not determine the current leader"}"#;

/// A connection with little patience to `urls`. It does not look for the authorities of the machine,
/// which takes longer than most tests.
fn builder(urls: &[&str]) -> Builder {
    verifying(urls).insecure()
}

/// The same, with certificates verified.
fn verifying(urls: &[&str]) -> Builder {
    HttpMarathon::builder(urls.iter().map(|url| url.parse().unwrap()))
        .no_proxy()
        .connect_timeout(Duration::from_millis(500))
        .read_timeout(Duration::from_millis(500))
        .patience(Duration::from_millis(700))
}

fn client(urls: &[&str]) -> HttpMarathon {
    builder(urls).build().unwrap()
}

fn app(id: &str) -> AppId {
    AppId::resolve(id, &GroupId::root()).unwrap()
}
