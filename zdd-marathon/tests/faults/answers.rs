//! What answers mean, and answers that mean nothing.

use std::collections::BTreeSet;

use zdd_core::app::{App, Group};
use zdd_core::ports::{Force, InvalidDetail, KillMode, Marathon, MarathonError, Unreachable};
use zdd_core::units::{GroupId, InstanceCount};

use crate::scripted::{Reply, Server, Step, in_time, json, page};
use crate::{RESULT, app, builder, client};

async fn error_of(reply: Reply) -> MarathonError {
    let server = Server::play(vec![], reply.step()).await;
    let error = client(&[&server.url()]).apps().await.unwrap_err();
    assert_eq!(server.seen().len(), 1, "a decision is final");
    error
}

#[tokio::test]
async fn refusals_are_typed() {
    let words = |message: &str| format!(r#"{{"message": "{message}"}}"#);
    let message = || "m".to_owned();
    assert_eq!(
        error_of(json(404, &words("m"))).await,
        MarathonError::NotFound { message: message() }
    );
    let details = r#"{"message": "m", "details": [{"path": "/id", "errors": ["bad", "worse"]}]}"#;
    let detail = InvalidDetail { path: "/id".into(), errors: vec!["bad".into(), "worse".into()] };
    assert_eq!(
        error_of(json(422, details)).await,
        MarathonError::Invalid { message: message(), details: vec![detail] }
    );
    assert_eq!(
        error_of(json(400, r#"{"message": "m", "details": "at 1"}"#)).await,
        MarathonError::Invalid { message: "m: at 1".into(), details: vec![] }
    );
    let many = "Max number (100) of running deployments is achieved.";
    assert_eq!(
        error_of(json(403, &words(many))).await,
        MarathonError::Refused { message: many.into() }
    );
    for (reply, expected) in [(page(401), 401), (json(401, &words("m")), 401), (page(403), 403)] {
        let error = error_of(reply).await;
        assert!(
            matches!(error, MarathonError::Unauthorised { status, .. } if status == expected),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_marathon_is_told() {
    for (reply, what) in [
        (page(200), "a page instead of JSON"),
        (page(404), "HTTP 404 without Marathon's words"),
        (json(500, r#"{"message": "URI not found"}"#), "it does not know the path of the API"),
        (json(200, r#"{"items": []}"#), "missing field `apps` at line 1 column 13"),
        (json(200, r#"{"apps": [}"#), "not JSON: expected value at line 1 column 11"),
    ] {
        match error_of(reply).await {
            MarathonError::NotMarathon { what: told, .. } => assert_eq!(told, what),
            other => panic!("{other:?}"),
        }
    }
    // A change that a page answers was not carried out by any Marathon.
    let server = Server::play(vec![], page(200).done(false).step()).await;
    let marathon = client(&[&server.url()]);
    let task = BTreeSet::from(["a.1".parse().unwrap()]);
    for error in [
        marathon.restart_app(&app("/a"), Force::No).await.unwrap_err(),
        marathon.kill(&task, KillMode::Restart, Force::No).await.unwrap_err(),
        marathon.cancel(&"d".parse().unwrap()).await.unwrap_err(),
    ] {
        assert!(matches!(error, MarathonError::NotMarathon { .. }), "{error:?}");
    }
    // Other programs answer too.
    let server = Server::play(vec![], json(200, r#"{"status": "ok"}"#).step()).await;
    let error = client(&[&server.url()]).info().await.unwrap_err();
    assert!(matches!(error, MarathonError::NotMarathon { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_still_marathons_if_it_answered_before() {
    let odd = r#"{"app": {"id": "/b", "instances": "x"}}"#;
    let server = Server::start(move |seen| match seen.target.as_str() {
        "/v2/deployments" => json(200, "[]").step(),
        _ => json(200, odd).step(),
    })
    .await;
    let marathon = client(&[&server.url()]);
    assert_eq!(marathon.deployments().await, Ok(vec![]));
    let error = marathon.app(&app("/b")).await.unwrap_err();
    let text = format!(
        "cannot read what {} answers to GET /v2/apps/b: app `/b`: /instances: expected a whole \
         number, found the text \"x\" at line 1 column 38",
        server.url()
    );
    assert_eq!(error.to_string(), text);
    let hint = error.hint().unwrap();
    assert!(!hint.contains("address"), "the address is right: {hint}");
    // An answer about apps is Marathon's also if it is the first.
    for (reply, told) in [
        (
            json(200, r#"{"apps": [{"id": "/a"}, {"id": "/b", "instances": "x"}]}"#),
            "app `/b`: /instances: expected a whole number, found the text \"x\" at line 1 column 54",
        ),
        (
            json(200, r#"{"apps": [{"id": "/b", "tasksRunning": -1}]}"#),
            "app `/b`: /tasksRunning: invalid value: integer `-1`, expected u32 at line 1 column 41",
        ),
    ] {
        match error_of(reply).await {
            MarathonError::Unreadable { call, what, .. } => {
                assert_eq!((call.as_str(), what.as_str()), ("GET /v2/apps", told));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn answers_are_bounded() {
    let too_large = || MarathonError::NotMarathon {
        url: String::new(),
        what: "an answer of more than 1048576 bytes".into(),
    };
    let told = |error| match error {
        MarathonError::NotMarathon { what, .. } => {
            MarathonError::NotMarathon { url: String::new(), what }
        }
        other => other,
    };
    let announced = json(200, "").announcing(1 << 40).step();
    for step in [Step::Flood { megabytes: 64 }, announced] {
        let server = Server::play(vec![], step.clone()).await;
        let marathon = builder(&[&server.url()]).max_answer(1 << 20).build().unwrap();
        assert_eq!(told(in_time(marathon.apps()).await.unwrap_err()), too_large());
        // A change was carried out, by the status; what it answers is lost.
        let error = in_time(marathon.restart_app(&app("/a"), Force::No)).await.unwrap_err();
        let why = match error {
            MarathonError::Unreachable { why } => why,
            other => panic!("{other:?}"),
        };
        assert!(matches!(why, Unreachable::MayHaveHappened { .. }), "{why:?}");
    }
}

#[tokio::test]
async fn each_call_is_what_marathon_expects() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "GET" => json(200, r#"{"app": {"id": "/shop/cart"}}"#).step(),
        _ => json(200, RESULT).step(),
    })
    .await;
    let base = format!("{}/service/marathon/", server.url());
    let marathon = client(&[&base]);
    let (id, root) = (app("/shop/cart"), GroupId::root());
    let shop = GroupId::resolve("/shop", &root).unwrap();
    let task = BTreeSet::from(["shop_cart.1".parse().unwrap()]);
    let definition =
        App::parse(r#"{"id": "/shop/cart", "cmd": "x", "version": "2026-01-01T00:00:00.000Z"}"#)
            .unwrap();

    marathon.create_app(&definition, Force::No).await.unwrap();
    marathon.replace_app(&definition, Force::Yes).await.unwrap();
    marathon.scale_app(&id, InstanceCount::from(3), Force::No).await.unwrap();
    marathon.restart_app(&id, Force::Yes).await.unwrap();
    marathon.delete_app(&id, Force::No).await.unwrap();
    marathon.replace_group(&Group::new(shop.clone()), Force::No).await.unwrap();
    marathon.delete_group(&shop, Force::No).await.unwrap();
    marathon.delete_group(&root, Force::No).await.unwrap();
    assert_eq!(marathon.kill(&task, KillMode::Restart, Force::No).await, Ok(None));
    let accepted = marathon.kill(&task, KillMode::Scale, Force::No).await.unwrap().unwrap();
    assert_eq!(accepted.deployment.as_str(), "d-1");
    marathon.revert(&accepted.deployment).await.unwrap();
    marathon.cancel(&accepted.deployment).await.unwrap();
    marathon.reset_delay(&id).await.unwrap();
    assert_eq!(marathon.kill(&BTreeSet::new(), KillMode::Scale, Force::No).await, Ok(None));

    let seen = server.seen();
    let calls: Vec<_> = seen
        .iter()
        .map(|seen| {
            let path = seen.target.strip_prefix("/service/marathon/v2/").unwrap();
            format!("{} {path} {}", seen.method, seen.body).trim_end().to_owned()
        })
        .collect();
    let group = r#"{"apps":[],"dependencies":[],"groups":[],"id":"/shop"}"#;
    assert_eq!(
        calls,
        [
            r#"POST apps?force=false {"cmd":"x","id":"/shop/cart"}"#,
            r#"PUT apps/shop/cart?force=true&partialUpdate=false {"cmd":"x","id":"/shop/cart"}"#,
            "GET apps/shop/cart?embed=app.readiness",
            r#"PATCH apps/shop/cart?force=false {"instances":3}"#,
            "POST apps/shop/cart/restart?force=true",
            "DELETE apps/shop/cart?force=false",
            &format!("PUT groups/shop?force=false {group}"),
            "DELETE groups/shop?force=false",
            "DELETE groups?force=false",
            r#"POST tasks/delete?force=false {"ids":["shop_cart.1"]}"#,
            r#"POST tasks/delete?force=false&scale=true {"ids":["shop_cart.1"]}"#,
            "DELETE deployments/d-1?force=false",
            "DELETE deployments/d-1?force=true",
            "DELETE queue/shop/cart/delay",
        ]
    );
}

#[tokio::test]
async fn old_releases_are_patched_by_put() {
    let there = |method: &str| match method {
        "PATCH" => page(405).step(),
        "GET" => json(200, r#"{"app": {"id": "/a"}}"#).step(),
        _ => json(200, RESULT).step(),
    };
    let server = Server::start(move |seen| there(&seen.method)).await;
    let three = InstanceCount::from(3);
    client(&[&server.url()]).scale_app(&app("/a"), three, Force::No).await.unwrap();
    let last = server.seen().pop().unwrap();
    assert_eq!(last.target, "/v2/apps/a?force=false&partialUpdate=true");
    assert_eq!((last.method.as_str(), last.body.as_str()), ("PUT", r#"{"instances":3}"#));
    // What is missing is not created.
    let server = Server::start(move |seen| match seen.method.as_str() {
        "GET" => json(404, r#"{"message": "App '/a' does not exist"}"#).step(),
        other => there(other),
    })
    .await;
    let error = client(&[&server.url()]).scale_app(&app("/a"), three, Force::No).await.unwrap_err();
    assert!(matches!(error, MarathonError::NotFound { .. }), "{error:?}");
    assert!(server.done().is_empty());
}

#[tokio::test]
async fn a_patch_keeps_what_marathon_would_forget() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "GET" => {
            let limits = r#""resourceLimits": {"cpus": 2}, "executorResources": null"#;
            json(200, &format!(r#"{{"app": {{"id": "/a", {limits}}}}}"#)).step()
        }
        _ => json(200, RESULT).step(),
    })
    .await;
    let marathon = client(&[&server.url()]);
    marathon.scale_app(&app("/a"), InstanceCount::from(3), Force::No).await.unwrap();
    let fields = serde_json::from_str(r#"{"resourceLimits": null}"#).unwrap();
    marathon.patch_app(&app("/a"), &fields, Force::No).await.unwrap();
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    let scaled = r#"{"instances":3,"resourceLimits":{"cpus":2}}"#;
    assert_eq!(bodies, ["", scaled, "", r#"{"resourceLimits":null}"#]);
}

#[tokio::test]
async fn reads_mean_what_they_say() {
    let server = Server::start(|seen| {
        let path = seen.target.split('?').next().unwrap();
        let body = match path {
            "/v2/apps/a/versions" => {
                r#"{"versions": ["2026-01-01T00:00:00.000Z", "2026-01-03T00:00:00.000Z"]}"#
            }
            "/v2/apps/a/versions/2026-01-01T00:00:00.000Z" => r#"{"id": "/a", "instances": 7}"#,
            "/v2/apps/g/*" => r#"{"*": [{"id": "/g/a", "tasksRunning": 2, "tasks": null}]}"#,
            "/v2/groups" => r#"{"id": "/", "groups": [{"id": "/g", "apps": [{"id": "/g/a"}]}]}"#,
            "/v2/info" => {
                r#"{"name": "marathon", "version": "1.11.24", "leader": "m1:8080", "elected": true}"#
            }
            "/v2/apps/a/tasks" => r#"{"tasks": [{"id": "a.1", "ports": [31001]}]}"#,
            "/v2/queue" => {
                r#"{"queue": [{"app": {"id": "/a", "cmd": "x"}, "count": 2,
                    "delay": {"timeLeftSeconds": 12, "overdue": false},
                    "processedOffersSummary": {"processedOffersCount": 3, "unusedOffersCount": 1,
                    "rejectSummaryLastOffers":
                        [{"reason": "InsufficientCpus", "declined": 1, "processed": 3}]}}]}"#
            }
            "/v2/deployments" => {
                r#"[{"id": "d", "version": "2026-01-01T00:00:00.000Z", "affectedApps": ["/a"],
                    "steps": [{"actions": [{"action": "ScaleApplication", "app": "/a"}]}],
                    "currentActions": [{"action": "ScaleApplication", "app": "/a",
                        "readinessCheckResults": [{"name": "r", "taskId": "a.1", "ready": false,
                            "lastResponse": {"status": 503, "contentType": "t", "body": "b"}}]}],
                    "currentStep": 1, "totalSteps": 1}]"#
            }
            "/v2/groups/g" => {
                r#"{"steps": [{"actions": [{"action": "RestartApplication", "app": "/g/a"}]}]}"#
            }
            other => panic!("{other}"),
        };
        json(200, body).step()
    })
    .await;
    let marathon = client(&[&server.url()]);
    let id = app("/a");
    let versions = marathon.versions(&id).await.unwrap();
    assert_eq!(versions[0].to_string(), "2026-01-03T00:00:00.000Z");
    assert_eq!(marathon.version(&id, versions[1]).await.unwrap().instances().get(), 7);
    let group = GroupId::resolve("/g", &GroupId::root()).unwrap();
    let apps = marathon.apps_in(&group).await.unwrap();
    assert_eq!((apps[0].running, &apps[0].tasks), (2, &None));
    assert!(marathon.group(&GroupId::root()).await.unwrap().app(&app("/g/a")).is_some());
    let info = marathon.info().await.unwrap();
    assert_eq!((info.version.unwrap().minor, info.leader.as_deref()), (11, Some("m1:8080")));
    assert_eq!(marathon.tasks(&id).await.unwrap()[0].app, id);
    let queue = marathon.queue().await.unwrap();
    assert_eq!((queue[0].delay.as_secs(), queue[0].overdue, queue[0].count), (12, false, 2));
    assert_eq!(queue[0].offers.rejected[0].reason, "InsufficientCpus");
    let deployments = marathon.deployments().await.unwrap();
    assert_eq!(deployments[0].current_actions[0].readiness[0].last_status, Some(503));
    assert_eq!((deployments[0].current_step, deployments[0].total_steps), (1, 1));
    let steps = marathon.preview_group(&Group::new(group)).await.unwrap();
    assert_eq!(steps[0].actions[0].action, "RestartApplication");
    assert_eq!(server.seen().pop().unwrap().target, "/v2/groups/g?dryRun=true");
}
