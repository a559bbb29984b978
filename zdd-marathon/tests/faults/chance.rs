//! Faults in any order at any address: what was carried out, and what the client says about it.

use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use zdd_core::ports::{Force, Marathon, MarathonError, Unreachable};

use crate::scripted::{Server, Step, in_time, json, page};
use crate::{NO_LEADER, RESULT, app, builder};

fn fault() -> impl Strategy<Value = Step> {
    let internal = |done| json(500, r#"{"message": "internal"}"#).done(done).step();
    prop_oneof![
        any::<bool>().prop_map(|done| Step::Reset { done }),
        any::<bool>().prop_map(internal),
        any::<bool>().prop_map(|done| page(504).done(done).step()),
        (0..RESULT.len()).prop_map(|keep| json(200, RESULT).truncated(keep).step()),
        (0..RESULT.len()).prop_map(|keep| json(200, RESULT).cut(keep).step()),
        Just(page(200).done(false).step()),
        Just(page(404).step()),
        Just(page(429).step()),
        Just(json(502, NO_LEADER).step()),
        Just(json(307, "").header("Location", "/v2/apps/a/restart").step()),
        Just(json(307, "").header("Location", "http://localhost:1/").step()),
        Just(json(422, r#"{"message": "Object is not valid"}"#).step()),
        Just(json(409, r#"{"message": "locked", "deployments": [{"id": "d-9"}]}"#).step()),
    ]
}

/// What can be wrong with what the client says of a change, given how often it was carried out.
fn lie(said: &Result<(), MarathonError>, done: usize) -> Option<&'static str> {
    match said {
        _ if done > 1 => Some("it was carried out twice"),
        Ok(()) if done == 0 => Some("it was not carried out"),
        Ok(()) | Err(MarathonError::Unreachable { why: Unreachable::MayHaveHappened { .. } }) => {
            None
        }
        Err(_) if done == 1 => Some("it was carried out, and the error does not say so"),
        Err(_) => None,
    }
}

async fn run(scripts: Vec<Vec<Step>>) -> (Result<(), MarathonError>, usize) {
    let start = |steps| Server::play(steps, json(200, RESULT).step());
    let servers = join_all(scripts.into_iter().map(start)).await;
    let urls: Vec<_> = servers.iter().map(Server::url).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let marathon = builder(&urls).locked_deadline(Duration::from_millis(600)).build().unwrap();
    let said = in_time(marathon.restart_app(&app("/a"), Force::No)).await.map(drop);
    // It may also have asked for the leader, which does nothing.
    let changes = servers.iter().flat_map(Server::done).filter(|done| done.starts_with("POST"));
    (said, changes.count())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_done_twice_and_the_client_never_lies(
        scripts in prop::collection::vec(prop::collection::vec(fault(), 0..4), 1..4)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (said, done) = runtime.block_on(run(scripts));
        prop_assert_eq!(lie(&said, done), None, "{:?}, carried out {} times", said, done);
    }
}

#[test]
fn lies_are_noticed() {
    let lost = Unreachable::MayHaveHappened { url: String::new(), cause: String::new() };
    let not_found = Err(MarathonError::NotFound { message: String::new() });
    assert!(lie(&Ok(()), 0).is_some() && lie(&Ok(()), 2).is_some() && lie(&not_found, 1).is_some());
    assert!(lie(&Ok(()), 1).is_none() && lie(&Err(lost.clone().into()), 1).is_none());
    assert!(lie(&Err(lost.into()), 0).is_none() && lie(&not_found, 0).is_none());
}
