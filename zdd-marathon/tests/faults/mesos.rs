//! The masters of a Mesos.

use std::error::Error;

use zdd_core::mesos::Answer;
use zdd_marathon::mesos::{HttpMesos, MesosError, master_of};
use zdd_marathon::{Builder, Credentials};

use crate::scripted::{Authority, Server, Step, json, nobody, page};
use crate::{builder, client, verifying};

const SLAVES: &str = r#"{"slaves": [{"id": "S0", "hostname": "h", "resources": {"cpus": 4.0},
    "used_resources": {"cpus": 1.0}, "used_resources_full": [
        {"name": "cpus", "type": "SCALAR", "role": "*", "scalar": {"value": 1.0}}]}]}"#;
const STATE: &str = r#"{"slaves": [{"id": "S0", "hostname": "h", "resources": {"cpus": 4.0}}],
    "frameworks": [{"id": "F", "name": "marathon", "tasks": [{"id": "t", "slave_id": "S0",
        "state": "TASK_RUNNING", "resources": {"cpus": 0.5}}]}], "completed_frameworks": []}"#;

fn built(builder: Builder) -> HttpMesos {
    builder.build_mesos().unwrap()
}

fn mesos(urls: &[&str]) -> HttpMesos {
    built(builder(urls))
}

async fn master() -> Server {
    Server::start(|seen| match seen.target.as_str() {
        "/slaves" | "/mesos/slaves" => json(200, SLAVES).step(),
        "/state" | "/mesos/state" => json(200, STATE).step(),
        _ => page(404).step(),
    })
    .await
}

/// Text and hint of the error that a server's answer leads to.
async fn refused(step: Step) -> (String, Option<String>) {
    let server = Server::play(vec![], step).await;
    let error = mesos(&[&server.url()]).slaves().await.unwrap_err();
    (error.to_string().replace(&server.url(), "http://m"), error.hint())
}

#[tokio::test]
async fn agents_come_with_their_tasks() {
    let master = master().await;
    for url in [master.url(), format!("{}/mesos/", master.url())] {
        let cluster = mesos(&[&url]).cluster().await.unwrap();
        assert_eq!(cluster.answer, Answer::Slaves);
        let mut room = cluster.room();
        let agent = room.agents()[0].id.clone();
        assert_eq!(room.free_of(&agent).unwrap().cpus.to_string(), "3");
        assert!(room.free(&"t".parse().unwrap()));
        assert_eq!(room.free_of(&agent).unwrap().cpus.to_string(), "3.5");
    }
    assert_eq!(mesos(&[&master.url()]).state().await.unwrap().answer, Answer::State);
}

#[tokio::test]
async fn a_redirect_to_the_leading_master_is_followed_without_credentials() {
    let leader = master().await;
    // As Mesos does: without a scheme.
    let location = format!("//{}/slaves", leader.host_port());
    let follower = Server::play(vec![], json(307, "").header("Location", location).step()).await;
    let url = follower.url().replace("http://", "http://alice:hunter2@");
    for builder in
        [builder(&[&url]), builder(&[&follower.url()]).credentials(Credentials::token("s3cret"))]
    {
        assert_eq!(built(builder).slaves().await.unwrap().nodes.len(), 1);
        assert!(follower.seen().last().unwrap().header("authorization").is_some());
        assert_eq!(leader.seen().last().unwrap().header("authorization"), None);
    }
    // What is given as an address has been asked for.
    let both = [url.as_str(), &leader.url()];
    let given = built(builder(&both).credentials(Credentials::token("s3cret")));
    given.slaves().await.unwrap();
    assert_eq!(leader.seen().last().unwrap().header("authorization"), Some("token=s3cret"));
}

#[tokio::test]
async fn redirects_end() {
    let step = json(307, "").header("Location", "/slaves").step();
    let server = Server::play(vec![], step).await;
    let error = mesos(&[&server.url()]).slaves().await.unwrap_err();
    let text = error.to_string().replace(&server.url(), "http://m");
    assert_eq!(text, "http://m does not answer like a master of Mesos: it redirects without end");
    assert_eq!(server.seen().len(), 6);
    let (text, _) = refused(json(307, "").header("Location", "file:///etc/passwd").step()).await;
    assert!(text.ends_with("it redirects to something that is not HTTP"), "{text}");
    let (text, _) = refused(json(307, "").step()).await;
    assert!(text.ends_with("it redirects without saying where"), "{text}");
}

#[tokio::test]
async fn each_fault_has_its_error_and_its_hint() {
    let address = Some("give the address of a master of Mesos, http://MASTER:5050".to_owned());
    let saved = Some("look whether the file was saved to its end".to_owned());
    assert_eq!(
        refused(json(503, "").step()).await,
        (
            "no master of Mesos leads, says http://m/slaves (503)".into(),
            Some("try again in some seconds: one is elected soon".into())
        )
    );
    let (text, hint) = refused(json(401, "").step()).await;
    assert_eq!(text, "not authorised by http://m/slaves (401)");
    assert!(hint.unwrap().contains("those of Marathon are not sent to it"));
    assert_eq!(
        refused(page(404).step()).await,
        ("http://m/slaves does not answer like a master of Mesos: HTTP 404".into(), address)
    );
    assert_eq!(
        refused(json(200, SLAVES).cut(40).step()).await,
        ("cannot read what http://m/slaves answers".into(), saved)
    );
    let (text, _) = refused(json(200, SLAVES).truncated(40).step()).await;
    assert!(text.starts_with("no master of Mesos reachable at http://m/slaves: its answer broke"));
    let (text, _) = refused(Step::Stall { done: true }).await;
    assert!(text.starts_with("no master of Mesos reachable at http://m/slaves: "), "{text}");
    let (text, hint) = {
        let error = mesos(&[&nobody().await]).slaves().await.unwrap_err();
        (error.to_string(), error.hint())
    };
    assert!(text.ends_with("connection refused"), "{text}");
    assert!(hint.unwrap().starts_with("save what its /state answers"));
}

#[tokio::test]
async fn the_place_of_what_cannot_be_read_is_said() {
    let body = SLAVES.replace("4.0", "-4.0");
    let server = Server::play(vec![], json(200, &body).step()).await;
    let error = mesos(&[&server.url()]).slaves().await.unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(source.starts_with("1:65: /slaves/0/resources/cpus: `-4.0`"), "{source}");
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let server = Server::play(vec![], Step::Flood { megabytes: 4 }).await;
    let mesos = built(builder(&[&server.url()]).max_answer(1 << 20));
    let error = mesos.slaves().await.unwrap_err();
    assert!(matches!(error, MesosError::TooLarge { max: 1_048_576, .. }), "{error:?}");
}

#[tokio::test]
async fn another_master_may_answer() {
    let (silent, there) = (nobody().await, master().await);
    let urls = [silent.as_str(), &there.url()];
    assert_eq!(mesos(&urls).slaves().await.unwrap().nodes.len(), 1);
    // And what says most is said, if none does.
    let without = Server::play(vec![], json(503, "").step()).await;
    let error = mesos(&[&without.url(), &silent]).slaves().await.unwrap_err();
    assert!(matches!(error, MesosError::NoLeader { .. }), "{error:?}");
}

#[tokio::test]
async fn certificates_are_verified() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let server = Server::secured(ours.good_for("127.0.0.1"), |_| json(200, SLAVES).step()).await;
    let trusting = built(verifying(&[&server.url()]).cacert(ours.pem()));
    assert_eq!(trusting.slaves().await.unwrap().nodes.len(), 1);
    let error = built(verifying(&[&server.url()]).cacert(theirs.pem())).slaves().await.unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("its certificate is from an unknown authority"), "{text}");
}

#[tokio::test]
async fn no_secret_comes_back() {
    // Whoever answers repeats what it was told, and leads to where nobody is, or nothing.
    let (nobody, empty) = (nobody().await, Server::play(vec![], json(404, "").step()).await);
    for to in [nobody, empty.url(), "ftp:/".into()] {
        let server = Server::start(move |seen| {
            let secret = seen.header("authorization").unwrap_or_default().to_owned();
            json(307, "").header("Location", format!("{to}/{secret}")).step()
        })
        .await;
        for (url, credentials) in [
            (server.url(), Some(Credentials::token("hunter2hunter2"))),
            (server.url().replace("://", "://alice:hunter2@"), None),
        ] {
            let builder = builder(&[&url]);
            let mesos = built(match credentials {
                Some(credentials) => builder.credentials(credentials),
                None => builder,
            });
            let error = mesos.slaves().await.unwrap_err();
            assert!(server.seen().last().unwrap().header("authorization").is_some());
            let all = format!("{error} {error:?} {:?} {mesos:?}", error.hint());
            // The second one is `alice:hunter2` as it is sent.
            assert!(!all.contains("hunter2") && !all.contains("YWxpY2U6aHVudGVyMg"), "{all}");
        }
    }
}

#[tokio::test]
async fn marathon_says_where_its_master_is() {
    let info =
        |config: &str| format!(r#"{{"version": "1.9.136", "marathon_config": {{{config}}}}}"#);
    let says = |body: String| Server::play(vec![], json(200, &body).step());
    let marathon = says(info(r#""mesos_leader_ui_url": "http://m1:5050/""#)).await;
    let master = master_of(&client(&[&marathon.url()])).await.unwrap();
    assert_eq!(master.as_str(), "http://m1:5050/");

    let behind = says(info(r#""mesos_leader_ui_url": "/mesos""#)).await;
    let url = format!("{}/service/marathon", behind.url().replace("://", "://alice:hunter2@"));
    let master = master_of(&client(&[&url])).await.unwrap();
    assert_eq!(master.as_str(), format!("{}/mesos", behind.url()));

    let zookeeper = says(info(r#""master": "zk://me:hunter2@z1:2181/mesos""#)).await;
    let error = master_of(&client(&[&zookeeper.url()])).await.unwrap_err();
    assert_eq!(error.to_string(), "Marathon does not say where its Mesos can be asked");
    let hint = "Marathon finds the master by zk://z1:2181/mesos: give the address of one, \
                http://MASTER:5050";
    assert_eq!(error.hint().as_deref(), Some(hint));
    let error = master_of(&client(&[&nobody().await])).await.unwrap_err();
    assert!(matches!(error, MesosError::Marathon(_)), "{error:?}");
}
