//! Health and readiness checks of real tasks.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use zdd_core::units::TaskId;

use super::testing::Scene;

/// Not a test of its own: a task that the tests below run, with `PORT0` as a task has it. Answers
/// every request with the status in the file `status` of its folder, or that of its environment.
#[test]
fn a_task_that_answers() {
    let Ok(first_status) = env::var("ZDD_TEST_ANSWERS") else { return };
    let (host, port) = (env::var("HOST").unwrap(), env::var("PORT0").unwrap());
    let listener = TcpListener::bind(format!("{host}:{port}")).unwrap();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let status = fs::read_to_string("status").unwrap_or(first_status.clone());
        // Whoever asks may be gone already.
        let _ = write!(stream, "HTTP/1.1 {} x\r\ncontent-length: 2\r\n\r\nok", status.trim());
    }
}

/// An app whose tasks answer, at first with this status.
fn answering(status: u16, checks: &str) -> String {
    let exe = env::current_exe().unwrap();
    format!(
        r#""args": ["{}", "--exact", "local::probe_tests::a_task_that_answers"],
            "env": {{"ZDD_TEST_ANSWERS": "{status}"}},
            "portDefinitions": [{{"port": 0, "name": "http-api"}}], {checks}"#,
        exe.display()
    )
}

fn alive(scene: &Scene, task: &TaskId) -> Option<bool> {
    scene.shared.read(|marathon, _| {
        let result = marathon.instance_of(task)?.health.first()?.as_ref()?.alive;
        Some(result)
    })
}

/// A file of a task, whole or not at all.
fn write(scene: &Scene, task: &TaskId, name: &str, text: &str) {
    let folder = scene.sandbox(task);
    fs::write(folder.join("new"), text).unwrap();
    fs::rename(folder.join("new"), folder.join(name)).unwrap();
}

/// A task that fails its checks is killed, and another one takes its place.
async fn check(rest: &str, fail: impl Fn(&Scene, &TaskId), cause: &str) {
    let scene = Scene::of(rest);
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    let first = scene.running()[0].clone();
    scene.until("it is healthy", |scene| alive(scene, &first) == Some(true)).await;
    fail(&scene, &first);
    scene.until("it is unhealthy", |scene| alive(scene, &first) == Some(false)).await;
    let said = scene.shared.read(|marathon, _| {
        let result = marathon.instance_of(&first).unwrap().health[0].clone().unwrap();
        result.last_failure_cause.unwrap()
    });
    assert!(said.contains(cause), "{said}");
    let other = |scene: &Scene| scene.running().into_iter().find(|task| *task != first);
    scene.until("another runs", |scene| other(scene).is_some()).await;
    let second = other(&scene).unwrap();
    scene.until("that is healthy", |scene| alive(scene, &second) == Some(true)).await;
    scene.end().await;
}

#[tokio::test]
async fn http_checks_decide_over_a_task() {
    let checks = r#""healthChecks": [{"path": "/health", "gracePeriodSeconds": 5,
        "intervalSeconds": 1, "timeoutSeconds": 1, "maxConsecutiveFailures": 2}]"#;
    let fail = |scene: &Scene, task: &TaskId| write(scene, task, "status", "503");
    check(&answering(200, checks), fail, "503").await;
}

#[tokio::test]
async fn command_checks_decide_over_a_task() {
    let app = r#""cmd": "echo > fine; exec sleep 1000", "healthChecks": [
        {"protocol": "COMMAND", "command": {"value": "test -f fine"}, "delaySeconds": 0,
         "gracePeriodSeconds": 5, "intervalSeconds": 1, "maxConsecutiveFailures": 2}]"#;
    let fail = |scene: &Scene, task: &TaskId| {
        fs::remove_file(scene.sandbox(task).join("fine")).unwrap();
    };
    check(app, fail, "the command exited with status 1").await;
}

#[tokio::test]
async fn tcp_checks_find_the_port() {
    let checks = r#""healthChecks": [{"protocol": "TCP", "gracePeriodSeconds": 5,
        "intervalSeconds": 1}]"#;
    let scene = Scene::of(&answering(200, checks));
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    let task = scene.running()[0].clone();
    scene.until("it is healthy", |scene| alive(scene, &task) == Some(true)).await;
    scene.end().await;
}

#[tokio::test]
async fn nothing_asks_a_task_that_is_being_stopped() {
    // The task stays for a second after it was told to stop, and notes who asks.
    let app = r#""cmd": "trap '' TERM; while :; do sleep 0.01; done",
        "taskKillGracePeriodSeconds": 1, "healthChecks": [
        {"protocol": "COMMAND", "command": {"value": "echo >> asked"}, "delaySeconds": 0,
         "gracePeriodSeconds": 5, "intervalSeconds": 0}]"#;
    let scene = Scene::of(app);
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    let asked = scene.sandbox(&scene.running()[0]).join("asked");
    let count = |path: &Path| fs::read(path).map_or(0, |text| text.len());
    scene.until("it is asked again and again", |_| count(&asked) > 2).await;
    scene.remove();
    let when_told = count(&asked);
    scene.until("it is gone", |scene| scene.tasks().is_empty()).await;
    // One question may have been under way.
    assert!(count(&asked) <= when_told + 1, "{} after {when_told}", count(&asked));
    scene.end().await;
}

#[tokio::test]
async fn a_deployment_waits_until_tasks_are_ready() {
    let checks = r#""readinessChecks": [{"path": "/ready", "intervalSeconds": 2,
        "timeoutSeconds": 1, "httpStatusCodesForReady": [202], "preserveLastResponse": true}]"#;
    let scene = Scene::of(&answering(500, checks));
    let last = |scene: &Scene| {
        scene.shared.read(|marathon, _| {
            let said = marathon.readiness(&scene.app).first().copied().cloned()?;
            Some((said.ready, said.last?))
        })
    };
    scene.until("it is asked", |scene| last(scene).is_some()).await;
    let (is_ready, answer) = last(&scene).unwrap();
    // The first question may come before the task listens.
    assert!(!is_ready && [500, 504].contains(&answer.status), "{answer:?}");
    let task = scene.running()[0].clone();
    // Another status than that of a healthy answer: only those that are listed mean ready.
    write(&scene, &task, "status", "202");
    assert_eq!(scene.shared.read(|marathon, _| marathon.deployments().len()), 1);
    scene
        .until("the deployment ends", |scene| {
            scene.shared.read(|marathon, _| marathon.deployments().len() == 0)
        })
        .await;
    assert_eq!(scene.running(), [task]);
    scene.end().await;
}
