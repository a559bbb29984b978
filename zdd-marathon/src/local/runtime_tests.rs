//! The runtime with real processes, without HTTP around it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

use super::testing::{Scene, eventually, is_alive, marked, stat};

#[tokio::test]
async fn a_task_has_its_environment_ports_and_output() {
    let scene = Scene::of(
        r#""cmd": "echo $MARATHON_APP_ID $HOST $PORT0 $PORT_WEB $MESOS_TASK_ID $MINE >&2; pwd; exec sleep 1000", "env": {"MINE": "m"},
            "portDefinitions": [{"port": 0, "name": "web"}]"#,
    );
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    let task = &scene.running()[0];
    let (host, ports) = scene.shared.read(|marathon, _| {
        let instance = marathon.instance_of(task).unwrap();
        (instance.host.clone().unwrap(), instance.ports.clone())
    });
    let port = ports[0];
    assert_eq!(scene.line_of(task, "stderr").await, format!("/a {host} {port} {port} {task} m\n"));
    assert_eq!(scene.line_of(task, "stdout").await.trim(), scene.sandbox(task).to_string_lossy());
    scene.end().await;
}

#[tokio::test]
async fn instances_have_ports_of_their_own() {
    let scene = Scene::of(r#""cmd": "sleep 1000", "instances": 6, "portDefinitions": [{}, {}]"#);
    scene.until("six run", |scene| scene.running().len() == 6).await;
    let ports: BTreeSet<u16> = scene.shared.read(|marathon, _| {
        marathon.instances(&scene.app).flat_map(|one| one.ports.clone()).collect()
    });
    assert_eq!(ports.len(), 12);
    scene.end().await;
}

#[tokio::test]
async fn a_fixed_port_in_use_is_named() {
    let stranger = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = stranger.local_addr().unwrap().port();
    let scene = Scene::of(&format!(
        r#""cmd": "sleep 1000", "requirePorts": true, "portDefinitions": [{{"port": {port}}}]"#
    ));
    scene.until("it fails", |scene| scene.last_failure().is_some()).await;
    let (state, message) = scene.last_failure().unwrap();
    assert_eq!(state, "TASK_FAILED");
    assert!(message.starts_with(&format!("port {port} of 127.0.0.")), "{message}");
    // As soon as the stranger is gone the task runs.
    drop(stranger);
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    scene.end().await;
}

#[tokio::test]
async fn ends_are_told_in_mesos_words() {
    for (command, expected) in [
        (r#""cmd": "exit 7""#, ("TASK_FAILED", "Command exited with status 7")),
        (r#""cmd": "kill -9 $$""#, ("TASK_FAILED", "Command terminated with signal Killed")),
        (
            r#""args": ["/no/such/program"]"#,
            (
                "TASK_FAILED",
                "cannot start `/no/such/program`: No such file or directory (os error 2)",
            ),
        ),
    ] {
        let scene = Scene::of(&format!(r#"{command}, "backoffSeconds": 3600"#));
        scene.until("it ends", |scene| scene.last_failure().is_some()).await;
        let (state, message) = scene.last_failure().unwrap();
        assert_eq!((state.as_str(), message.as_str()), expected);
        scene.end().await;
    }
}

#[tokio::test]
async fn an_end_with_success_is_no_failure_and_not_the_end_of_the_app() {
    let scene = Scene::of(r#""cmd": "exit 0", "backoffSeconds": 1"#);
    let attempts = |scene: &Scene| -> Vec<u32> {
        scene.shared.read(|marathon, _| {
            marathon.instances(&scene.app).map(zdd_core::simulate::Instance::attempt).collect()
        })
    };
    scene.until("it is run again", |scene| attempts(scene) == [3]).await;
    assert_eq!(scene.last_failure(), None);
    scene.end().await;
}

#[tokio::test]
async fn a_crash_is_followed_by_another_try_after_the_delay() {
    let scene = Scene::of(r#""cmd": "exit 1", "backoffSeconds": 1, "backoffFactor": 1"#);
    scene.until("it fails", |scene| scene.last_failure().is_some()).await;
    let first = scene.shared.read(|marathon, _| marathon.last_failure(&scene.app).unwrap().clone());
    scene
        .until("it fails again", |scene| {
            scene.shared.read(|marathon, _| {
                marathon.last_failure(&scene.app).is_some_and(|last| last.task != first.task)
            })
        })
        .await;
    let second =
        scene.shared.read(|marathon, _| marathon.last_failure(&scene.app).unwrap().clone());
    let between = second.at.unwrap().since(first.at.unwrap());
    assert!(between >= Duration::from_secs(1), "{between:?}");
    assert!(between < Duration::from_secs(3), "{between:?}");
    scene.end().await;
}

#[tokio::test]
async fn killing_ends_the_whole_group_after_its_grace() {
    let scene = Scene::of(
        r#""cmd": "trap '' TERM; (sleep 1000 & echo $! > id; wait) & wait; sleep 1000",
            "taskKillGracePeriodSeconds": 1"#,
    );
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    let task = scene.running()[0].clone();
    let grandchild = scene.line_of(&task, "id").await;
    let begun = Instant::now();
    scene.remove();
    scene.until("it is gone", |scene| scene.tasks().is_empty()).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(!Path::new("/proc").join(grandchild.trim()).exists());
    scene.end().await;
}

#[tokio::test]
async fn whoever_left_the_session_ends_with_its_task() {
    let scene = Scene::of(
        r#""cmd": "setsid sh -c 'echo $$ > id; exec sleep 1000' & wait", "instances": 1"#,
    );
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    let daemon = scene.line_of(&scene.running()[0], "id").await;
    scene.remove();
    scene.until("it is gone", |scene| scene.tasks().is_empty()).await;
    assert!(!Path::new("/proc").join(daemon.trim()).exists());
    scene.end().await;
}

#[tokio::test]
async fn the_end_waits_for_whoever_uses_its_grace() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let scene = Scene::of(&format!(
        r#""cmd": "trap 'sleep 0.2; echo done > \"$OUT\"; exit' TERM; echo up; while :; do sleep 0.01; done",
            "env": {{"OUT": "{}"}}"#,
        out.display()
    ));
    scene.until("it runs", |scene| scene.running().len() == 1).await;
    let task = scene.running()[0].clone();
    scene.line_of(&task, "stdout").await;
    scene.end().await;
    assert_eq!(fs::read_to_string(out).unwrap(), "done\n");
}

/// Not a test of its own: what the test below runs in a process that it can kill. Says in a file
/// which marker its lab has.
#[tokio::test]
async fn a_lab_to_be_killed() {
    let Some(told) = std::env::var_os("ZDD_TEST_LAB_TO_BE_KILLED") else { return };
    let scene = Scene::of(
        r#""cmd": "trap '' TERM; sleep 1000 & setsid sh -c 'sleep 1000' & env -i sleep 1000 & echo up; wait", "instances": 3"#,
    );
    scene.until("three run", |scene| scene.running().len() == 3).await;
    for task in scene.running() {
        scene.line_of(&task, "stdout").await;
    }
    let machine = scene.shared.machine();
    let folder = machine.sandboxes.folder().display();
    fs::write(told, format!("{}\n{folder}\n", machine.marker.as_str())).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn nothing_outlives_a_lab_that_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let told = directory.path().join("told");
    let mut lab = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "local::runtime_tests::a_lab_to_be_killed"])
        .env("ZDD_TEST_LAB_TO_BE_KILLED", &told)
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let text = eventually("the lab is up", || {
        fs::read_to_string(&told).ok().filter(|text| text.lines().count() == 2)
    })
    .await;
    let (marker, folder) = text.trim().split_once('\n').unwrap();
    // Each task is a shell, two sleepers and one that has left its session; and there is the guard.
    let groups = groups_of(&marked(marker));
    assert!(marked(marker).len() > 9, "{:?}", marked(marker));
    // One sleeper per task has no marker, and is found by its group.
    let members = members(&groups);
    assert!(members.len() > marked(marker).len(), "{members:?}");

    lab.start_kill().unwrap();
    lab.wait().await.unwrap();
    eventually("all end", || marked(marker).is_empty().then_some(())).await;
    eventually("the folder is gone", || (!Path::new(folder).exists()).then_some(())).await;
    let left: BTreeSet<i32> = members.into_iter().filter(|id| is_alive(*id)).collect();
    assert_eq!(left, BTreeSet::new());
}

fn groups_of(ids: &BTreeSet<i32>) -> BTreeSet<String> {
    ids.iter().filter_map(|id| Some(stat(*id)?[2].clone())).collect()
}

fn members(groups: &BTreeSet<String>) -> BTreeSet<i32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| stat(*id).is_some_and(|fields| groups.contains(&fields[2]))).collect()
}

/// How many tasks ran at the least and at most while four instances were replaced, by the events.
async fn replaced(minimum: f64, over: f64) -> (usize, usize) {
    let app = |n| {
        format!(
            r#""cmd": "exec sleep 100{n}", "instances": 4, "upgradeStrategy":
                {{"minimumHealthCapacity": {minimum}, "maximumOverCapacity": {over}}}"#
        )
    };
    let is_settled =
        |scene: &Scene| scene.shared.read(|marathon, _| marathon.deployments().len() == 0);
    let scene = Scene::of(&app(1));
    scene.until("four run", is_settled).await;
    let mut running: BTreeSet<String> =
        scene.running().iter().map(|task| task.as_str().into()).collect();
    let old = running.clone();
    let mut events = Box::pin(scene.shared.hub.subscribe());
    scene.deploy(&app(2));
    scene.until("four others run", is_settled).await;
    let now: BTreeSet<String> = scene.running().iter().map(|task| task.as_str().into()).collect();

    let (mut least, mut most) = (running.len(), running.len());
    while let Some(Some(event)) = events.next().now_or_never() {
        if event.name() != "status_update_event" {
            continue;
        }
        let update: serde_json::Value = serde_json::from_str(event.light()).unwrap();
        let task = update["taskId"].as_str().unwrap();
        match update["taskStatus"].as_str().unwrap() {
            "TASK_RUNNING" => drop(running.insert(task.into())),
            "TASK_KILLED" => assert!(running.remove(task), "{task} was not running"),
            other => assert_eq!(other, "TASK_STAGING"),
        }
        (least, most) = (least.min(running.len()), most.max(running.len()));
    }
    assert_eq!(running, now);
    assert!(old.is_disjoint(&now) && now.len() == 4);
    scene.end().await;
    (least, most)
}

#[tokio::test]
async fn an_upgrade_stays_within_its_bounds() {
    // How close it comes depends on what is faster, a start or a stop.
    let (least, most) = replaced(1.0, 1.0).await;
    assert!(least == 4 && (5..=8).contains(&most), "{least} to {most}");
    let (least, most) = replaced(0.5, 0.0).await;
    assert!((2..=3).contains(&least) && most == 4, "{least} to {most}");
    let (least, most) = replaced(0.75, 0.25).await;
    assert!((3..=4).contains(&least) && (4..=5).contains(&most), "{least} to {most}");
}
