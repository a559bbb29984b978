//! Redirects: followed to the leader, and nowhere else.

use zdd_core::app::App;
use zdd_core::ports::{Force, Marathon, MarathonError};
use zdd_core::units::InstanceCount;

use crate::scripted::{Server, in_time, json};
use crate::{NO_APPS, RESULT, app, client};

fn with_user(url: &str) -> String {
    url.replace("http://", "http://alice:hunter2@")
}

#[tokio::test]
async fn a_redirect_to_the_list_keeps_method_body_and_credentials() {
    let leader = Server::play(vec![], json(200, RESULT).step()).await;
    let location = format!("{}/v2/apps?force=false", leader.url());
    for status in [301, 302, 307, 308] {
        let reply = json(status, "").header("Location", location.clone());
        let follower = Server::play(vec![], reply.step()).await;
        let urls = [with_user(&follower.url()), leader.url()];
        let marathon = client(&[&urls[0], &urls[1]]);
        let definition = App::new(app("/a"), InstanceCount::from(3));
        marathon.create_app(&definition, Force::No).await.unwrap();
        let seen = leader.seen().pop().unwrap();
        let body = r#"{"id":"/a","instances":3}"#;
        assert_eq!((seen.method.as_str(), seen.body.as_str()), ("POST", body));
        assert_eq!(seen.header("authorization"), follower.seen()[0].header("authorization"));
        assert!(seen.header("authorization").is_some());
    }
    assert_eq!(leader.done().len(), 4);
}

#[tokio::test]
async fn a_redirect_to_the_announced_leader_is_followed() {
    let leader = Server::play(vec![], json(200, NO_APPS).step()).await;
    let (to, announced) = (format!("{}/v2/apps", leader.url()), leader.host_port());
    // It is asked who the leader is.
    let asked = Server::start({
        let (to, announced) = (to.clone(), announced.clone());
        move |seen| match seen.target.as_str() {
            "/v2/leader" => json(200, &format!(r#"{{"leader": "{announced}"}}"#)).step(),
            _ => json(307, "").header("Location", to.clone()).step(),
        }
    })
    .await;
    let marathon = client(&[&with_user(&asked.url())]);
    marathon.apps().await.unwrap();
    assert_eq!(leader.seen()[0].header("authorization"), asked.seen()[0].header("authorization"));
    // Or it says so in a header.
    let reply = json(302, "").header("Location", to).header("X-Marathon-Leader", leader.url());
    let saying = Server::play(vec![], reply.step()).await;
    client(&[&saying.url()]).apps().await.unwrap();
    assert_eq!((saying.seen().len(), leader.seen().len()), (1, 2));
}

#[tokio::test]
async fn a_foreign_host_gets_nothing() {
    let foreign = Server::play(vec![], json(200, RESULT).step()).await;
    let location = format!("{}/login", foreign.url());
    let reply = json(307, "").header("Location", location).step();
    let server = Server::play(vec![], reply).await;
    let marathon = client(&[&with_user(&server.url())]);
    for error in [
        marathon.apps().await.unwrap_err(),
        marathon.restart_app(&app("/a"), Force::No).await.unwrap_err(),
    ] {
        let what = format!("it redirects to {}, which is not its leader", foreign.url());
        assert_eq!(error, MarathonError::NotMarathon { url: server.url(), what });
    }
    assert_eq!(foreign.connections(), 0);
}

#[tokio::test]
async fn a_foreign_leader_of_a_foreign_host_is_not_believed() {
    // Only what hosts of the list say about the leader counts: the leader they announce may not
    // announce others.
    let foreign = Server::play(vec![], json(200, NO_APPS).step()).await;
    let to = format!("{}/v2/apps", foreign.url());
    let reply = json(307, "").header("Location", to).header("X-Marathon-Leader", foreign.url());
    let leader = Server::play(vec![], reply.step()).await;
    let announced = leader.host_port();
    let to = format!("{}/v2/apps", leader.url());
    let server = Server::start(move |seen| match seen.target.as_str() {
        "/v2/leader" => json(200, &format!(r#"{{"leader": "{announced}"}}"#)).step(),
        _ => json(307, "").header("Location", to.clone()).step(),
    })
    .await;
    let error = client(&[&server.url()]).apps().await.unwrap_err();
    assert!(matches!(error, MarathonError::NotMarathon { .. }), "{error:?}");
    assert_eq!((leader.seen().len(), foreign.connections()), (1, 0));
}

#[tokio::test]
async fn a_redirect_to_a_leader_that_is_not_known_yet_is_tried_again() {
    let leader = Server::play(vec![], json(200, RESULT).step()).await;
    let (to, announced) = (format!("{}/v2/apps/a", leader.url()), leader.host_port());
    let server = Server::start(move |seen| match (seen.target.as_str(), seen.number) {
        ("/v2/leader", 0..4) => json(404, r#"{"message": "There is no leader"}"#).step(),
        ("/v2/leader", _) => json(200, &format!(r#"{{"leader": "{announced}"}}"#)).step(),
        _ => json(307, "").header("Location", to.clone()).step(),
    })
    .await;
    in_time(client(&[&server.url()]).delete_app(&app("/a"), Force::No)).await.unwrap();
    assert_eq!((leader.done().len(), server.seen().len()), (1, 6));
}

#[tokio::test]
async fn loops_end() {
    let server = Server::play(vec![], json(307, "").header("Location", "/v2/apps").step()).await;
    let error = in_time(client(&[&server.url()]).apps()).await.unwrap_err();
    let what = "it redirects without end".into();
    assert_eq!(error, MarathonError::NotMarathon { url: server.url(), what });
    // Six requests a round, three rounds.
    assert_eq!(server.seen().len(), 18);
}

#[tokio::test]
async fn a_loop_during_an_election_passes() {
    let loops = || json(307, "").header("Location", "/v2/apps").step();
    let server = Server::play((0..6).map(|_| loops()).collect(), json(200, NO_APPS).step()).await;
    client(&[&server.url()]).apps().await.unwrap();
    assert_eq!(server.seen().len(), 7);
}

#[tokio::test]
async fn redirects_to_nowhere_are_told() {
    for (location, what) in [
        (None, "it redirects without saying where"),
        (Some("file:///etc/passwd"), "it redirects to something that is not HTTP"),
        (Some("http://"), "it redirects to something unreadable"),
    ] {
        let reply = json(302, "");
        let reply = location.map_or(reply.clone(), |to| reply.header("Location", to));
        let server = Server::play(vec![], reply.step()).await;
        let error = client(&[&server.url()]).apps().await.unwrap_err();
        assert_eq!(error, MarathonError::NotMarathon { url: server.url(), what: what.into() });
    }
}
