//! `zdd deploy` from the file to the verdict, against a Marathon that goes wrong on demand.

mod child;
mod fake;
mod run;

use std::fs;
use std::time::{Duration, Instant};

use child::interrupt;
use fake::{Fake, Hold, Knobs, Loses, shop};
use run::Zdd;
use serde_json::{Value, json};

/// A fake, and version 2 of its app in `shop.json`.
fn upgrade(knobs: Knobs) -> (Fake, Zdd) {
    let fake = Fake::start(knobs);
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &shop("2", 4));
    (fake, zdd)
}

#[test]
fn an_upgrade_is_shown_carried_out_recorded_and_judged() {
    let (fake, zdd) = upgrade(Knobs::default());
    let told = zdd.run(&["deploy", "shop.json", "--record", "log"]).exits(0);
    let told = told.says("/shop (shop.json): a rolling upgrade").says(r#"env.V: "1" -> "2""#);
    let told = told.says("4 old instances replaced by 4").says("✔ bounds: held");
    let told = told.says("old 4, new 4; at least 4 healthy (floor), at most 5 running (ceiling)");
    told.says("✔ /shop: deployment deployment-5 done: 4 of 4 instances serve");
    assert_eq!(fake.world().changes(), ["PUT /v2/apps/shop"]);
    assert_eq!(fake.world().variables(), ["2"; 4]);
    // The file alone says the same.
    zdd.run(&["verify", "log"]).exits(0).says("✔ bounds: held");
    let log = fs::read_to_string(zdd.folder.path().join("log")).unwrap();
    assert!(!log.contains("./shop"), "a recording holds no commands: {log}");
}

#[test]
fn with_json_every_line_is_an_object_and_the_last_is_the_end() {
    let (_fake, zdd) = upgrade(Knobs::default());
    let told = zdd.run(&["deploy", "shop.json", "-o", "json"]).exits(0);
    assert_eq!(told.err, "");
    let lines: Vec<Value> =
        told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["schema"] == 1), "{lines:?}");
    assert_eq!(lines[0]["event"], "plan");
    assert_eq!(lines[0]["change"], "upgrade");
    assert_eq!(lines[0]["fields"], json!([{"field": "env.V", "old": "1", "new": "2"}]));
    let [.., verdict, end] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(verdict["reports"][0]["guarantees"][1]["holds"], true);
    assert_eq!(
        (&end["event"], &end["outcome"], &end["exit"]),
        (&json!("end"), &json!("done"), &json!(0))
    );
}

#[test]
fn a_new_app_is_created() {
    let (fake, zdd) = upgrade(Knobs::default());
    let mut cart = shop("1", 2);
    cart["id"] = "/cart".into();
    zdd.file("cart.json", &cart);
    let told = zdd.run(&["deploy", "cart.json"]).exits(0);
    told.says("a new app with 2 instances").says("2 of 2 instances serve");
    assert_eq!(fake.world().changes(), ["POST /v2/apps"]);
}

#[test]
fn a_group_names_the_apps_that_are_blue_green_by_themselves() {
    let (fake, zdd) = upgrade(Knobs::default());
    let in_group = |id: &str, version: &str| {
        let mut app = shop(version, 2);
        (app["id"], app["upgradeStrategy"]["maximumOverCapacity"]) = (id.into(), 0.5.into());
        app["labels"] = json!({"HAPROXY_DEPLOYMENT_GROUP": "b"});
        app
    };
    let mut plain = in_group("/g/a", "1");
    plain["labels"] = json!({});
    let apps = [plain, in_group("/g/b", "1")];
    for app in &apps {
        fake.world().deploy(app["id"].as_str().unwrap(), app.clone(), false);
    }
    fake.wait("two apps", |world| world.deployments.is_empty());
    let apps = [apps[0].clone(), in_group("/g/b", "2")];
    zdd.file("group.json", &json!({"id": "/g", "apps": apps}));
    for more in [&["--dry-run"][..], &[]] {
        let told = zdd.run(&[&["deploy", "group.json"], more].concat()).exits(0);
        let text = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.starts_with("warning: in a group everything is deployed rolling"), "{text}");
        assert!(text.contains("HAPROXY_DEPLOYMENT_GROUP: /g/b; blue/green is for one"), "{text}");
    }
    // Whoever says so knows.
    let told = zdd.run(&["deploy", "group.json", "--strategy", "rolling"]).exits(0);
    assert!(!told.err.contains("warning"), "{told:#?}");
}

#[test]
fn a_group_is_deployed_as_one_and_only_what_differs() {
    let (fake, zdd) = upgrade(Knobs::default());
    let in_group = |id: &str, version: &str| {
        let mut app = shop(version, 2);
        app["id"] = id.into();
        app["upgradeStrategy"]["maximumOverCapacity"] = 0.5.into();
        app
    };
    for app in ["/g/a", "/g/b", "/g/c"] {
        fake.world().deploy(app, in_group(app, "1"), false);
    }
    fake.wait("three apps", |world| world.deployments.is_empty());
    let apps = [in_group("/g/a", "1"), in_group("/g/b", "2"), in_group("/g/c", "2")];
    zdd.file("group.json", &json!({"id": "/g", "apps": apps}));
    let told = zdd.run(&["deploy", "group.json"]).exits(0);
    let told = told.says("/g (group.json): 2 actions in 1 step").says("RestartApplication /g/b");
    let told = told.says("done: all instances serve").says("/g/c: restart success");
    let told = told.says(r#"/g/b env.V: "1" -> "2""#);
    assert!(!told.out.contains("RestartApplication /g/a"), "{told:#?}");
    // The first is Marathon's own preview, which agrees.
    assert_eq!(fake.world().changes(), ["PUT /v2/groups/g"; 2]);
    assert!(!told.err.contains("Marathon itself would do"), "{told:#?}");
    zdd.run(&["deploy", "group.json", "--restart"]).exits(3);
    zdd.run(&["deploy", "group.json"]).exits(0).says("nothing differs");
    zdd.run(&["status", "/g"]).exits(0).says("/g/a: 2 instances").says("/g/c: 2 instances");
}

#[test]
fn nothing_is_done_where_nothing_differs() {
    let (fake, zdd) = upgrade(Knobs::default());
    zdd.file("same.json", &shop("1", 4));
    zdd.run(&["deploy", "same.json"]).exits(0).says("nothing differs that Marathon would deploy");
    assert_eq!(fake.world().changes(), [""; 0]);
    let told = zdd.run(&["deploy", "same.json", "--restart"]).exits(0);
    told.says("a restart: nothing differs, all instances are replaced");
    assert_eq!(fake.world().changes(), ["POST /v2/apps/shop/restart"]);
}

#[test]
fn only_the_number_is_scaled() {
    let (fake, zdd) = upgrade(Knobs::default());
    zdd.file("six.json", &shop("1", 6));
    let told = zdd.run(&["deploy", "six.json"]).exits(0);
    let told = told.says("  instances: 4 -> 6\n");
    told.says("Only the number of instances changes, from 4 to 6").says("6 of 6 instances serve");
    assert_eq!(fake.world().changes(), ["PUT /v2/apps/shop"]);
    let told = zdd.run(&["deploy", "shop.json", "--restart", "--dry-run"]);
    told.exits(0).says("a rolling upgrade");
    zdd.file("four.json", &shop("1", 4));
    let told = zdd.run(&["deploy", "four.json", "--restart"]).exits(3);
    told.says("its number of instances changes, too, and then Marathon only scales");
}

#[test]
fn a_dry_run_shows_the_same_and_binds_what_comes_after() {
    let (fake, zdd) = upgrade(Knobs::default());
    let version = fake.world().apps["/shop"].version.clone();
    let told = zdd.run(&["deploy", "shop.json", "--dry-run"]).exits(0);
    let told = told.says("4 old instances replaced by 4");
    told.says(&format!("`zdd deploy shop.json --expect-version {version}` does just this"));
    assert_eq!(fake.world().changes(), [""; 0]);
    fake.world().meddle();
    let now = fake.world().apps["/shop"].version.clone();
    let told = zdd.run(&["deploy", "shop.json", "--expect-version", &version]).exits(13);
    told.says(&format!("error: /shop is of version {now} and no longer {version}"));
    assert_eq!(fake.world().changes(), [""; 0]);
    zdd.run(&["deploy", "shop.json", "--expect-version", &now]).exits(0);
}

#[test]
fn an_app_that_changes_meanwhile_is_not_deployed() {
    for request in [5, 6] {
        let (fake, zdd) = upgrade(Knobs { changed_before: Some(request), ..Knobs::default() });
        zdd.run(&["deploy", "shop.json"]).exits(13).says("and no longer");
        assert_eq!(fake.world().changes(), [""; 0]);
    }
}

#[test]
fn a_guarantee_that_will_not_hold_is_refused() {
    let (fake, zdd) = upgrade(Knobs::default());
    let mut bent = shop("2", 4);
    bent["upgradeStrategy"] = json!({"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.0});
    zdd.file("bent.json", &bent);
    let told = zdd.run(&["deploy", "bent.json"]).exits(10);
    let told = told.says("error: /shop: bounds would not hold: 5 running, above the ceiling of 4");
    told.says(
        "hint: set maximumOverCapacity to 0.25; or deploy it all the same with --allow-broken",
    );
    zdd.run(&["deploy", "shop.json", "--guarantee", "side-by-side"]).exits(10);
    assert_eq!(fake.world().changes(), [""; 0]);
    zdd.run(&["deploy", "bent.json", "--allow-broken"]).exits(0).says("✖ bounds: broken");
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[test]
fn a_lock_of_others_is_named_waited_for_or_forced() {
    let (fake, zdd) = upgrade(Knobs { stuck_after: Some(1), ..Knobs::default() });
    fake.world().deploy("/shop", shop("other", 4), false);
    let told = zdd.run(&["deploy", "shop.json"]).exits(12);
    let told = told.says("error: /shop: locked by deployment deployment-5");
    told.says("wait for it with --wait-lock TIME, take it back with `zdd abort /shop`");
    let told = zdd.run(&["deploy", "shop.json", "--wait-lock", "100ms"]).exits(12);
    told.says("locked by deployment deployment-5; waiting for it, 0 s at most");

    let child = zdd.spawn(&["deploy", "shop.json", "--wait-lock", "20s"]);
    fake.wait("a look", |world| world.requests.len() > 15);
    fake.world().knobs.stuck_after = None;
    Zdd::finish(child).exits(0).says("4 of 4 instances serve");
    assert_eq!(fake.world().apps["/shop"].json["env"]["V"], "2");
    assert_eq!(fake.world().changes().len(), 1);

    fake.world().knobs.stuck_after = Some(0);
    fake.world().deploy("/shop", shop("other", 4), false);
    let child = zdd.spawn(&["deploy", "shop.json", "--force"]);
    fake.wait("the forced change", |world| world.changes().len() == 2);
    fake.world().knobs.stuck_after = None;
    Zdd::finish(child).exits(0);
}

#[test]
fn a_deployment_to_just_this_is_followed_and_not_begun_again() {
    let (fake, zdd) = upgrade(Knobs { stuck_after: Some(1), ..Knobs::default() });
    fake.world().deploy("/shop", shop("2", 4), false);
    let child = zdd.spawn(&["deploy", "shop.json"]);
    fake.wait("following", |world| world.requests.len() > 6);
    fake.world().knobs.stuck_after = None;
    let told = Zdd::finish(child).exits(0);
    told.says("deployment deployment-5 carries this out already").says("4 of 4 instances serve");
    assert_eq!(fake.world().changes(), [""; 0]);
}

#[test]
fn what_a_cancelled_deployment_left_is_named() {
    let (fake, zdd) = upgrade(Knobs { stuck_after: Some(2), ..Knobs::default() });
    let child = zdd.spawn(&["deploy", "shop.json"]);
    fake.wait("both versions", |world| world.variables().contains(&"2".into()));
    let id = fake.world().deployments[0].id.clone();
    fake.world().stop(&id);
    let told = Zdd::finish(child).exits(6);
    let told = told.says("stopped before its end (The upgrade has been cancelled)");
    told.says("of older definitions are left");
    let told = zdd.run(&["deploy", "shop.json"]).exits(6);
    let told = told.says("error: /shop: the definition is in place already, and 1 of 4");
    told.says("hint: --restart replaces all instances");
}

#[test]
fn a_change_whose_answer_is_lost_is_found_and_not_sent_again() {
    let (fake, zdd) = upgrade(Knobs { loses: Some(Loses::Answer(1)), ..Knobs::default() });
    zdd.run(&["deploy", "shop.json"]).exits(0);
    assert_eq!(fake.world().changes(), ["PUT /v2/apps/shop"]);
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[test]
fn a_change_that_is_lost_is_not_sent_again_either() {
    let (fake, zdd) = upgrade(Knobs { loses: Some(Loses::Change), ..Knobs::default() });
    let told = zdd.run(&["deploy", "shop.json"]).exits(6);
    told.says("it may have been carried out").says("look with `zdd status` before you try again");
    assert_eq!(fake.world().changes(), ["PUT /v2/apps/shop"]);
}

#[test]
fn without_an_event_stream_the_state_is_enough() {
    let (fake, zdd) = upgrade(Knobs { no_events: true, ..Knobs::default() });
    let told = zdd.run(&["deploy", "shop.json"]).exits(0);
    let told = told.says("no event stream").says("done: 4 of 4 instances serve");
    told.says("? bounds: not known");
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[test]
fn a_stream_that_breaks_is_a_gap_in_the_verdict_and_nothing_else() {
    let (fake, zdd) = upgrade(Knobs { stuck_after: Some(3), ..Knobs::default() });
    let child = zdd.spawn(&["deploy", "shop.json", "--record", "log"]);
    fake.wait("a stop", |world| world.deployments.iter().any(|it| it.moves == 3));
    {
        let mut world = fake.world();
        world.events = tokio::sync::broadcast::channel(1000).0;
        world.knobs.no_events = true;
        world.knobs.stuck_after = Some(5);
    }
    fake.wait("moves unseen", |world| world.deployments.iter().any(|it| it.moves == 5));
    fake.world().knobs.no_events = false;
    fake.wait("a listener", |world| world.events.receiver_count() == 1);
    fake.world().knobs.stuck_after = None;
    let told = Zdd::finish(child).exits(0).says("event stream lost");
    told.says("✔ completes: held").says("? bounds: not known").says("but the recording has gaps");
    zdd.run(&["verify", "log"]).exits(0).says("? bounds: not known");
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[test]
fn a_deployment_that_takes_too_long_is_left_stopped_or_taken_back() {
    for (what, code, changes, text) in [
        ("leave", 14, 1, "goes on without zdd"),
        ("stop", 14, 2, "stopped where it was"),
        ("revert", 15, 2, "taken back: 4 of 4 instances serve"),
    ] {
        let (fake, zdd) = upgrade(Knobs { stuck_after: Some(3), ..Knobs::default() });
        let args = ["deploy", "shop.json", "--timeout", "400ms", "--on-failure", what];
        let child = zdd.spawn(&args);
        if what == "revert" {
            fake.wait("the revert", |world| world.changes().len() == 2);
            fake.world().knobs.stuck_after = None;
        }
        let told = Zdd::finish(child).exits(code);
        let told = told.says("deployment deployment-5 is not done after 0.4 s").says(text);
        // What was left goes on, and is judged when it has ended.
        assert_eq!(told.out.contains("broken"), what != "leave", "{told:#?}");
        assert_eq!(fake.world().changes().len(), changes, "{what}");
        let version = if what == "revert" { "1" } else { "2" };
        assert_eq!(fake.world().apps["/shop"].json["env"]["V"], version);
    }
}

#[test]
fn what_marathon_refuses_is_one_line_and_the_status_says_what_was_tried() {
    let (fake, zdd) = upgrade(Knobs { refuses: true, ..Knobs::default() });
    let mut cart = shop("1", 2);
    cart["id"] = "/cart".into();
    zdd.file("cart.json", &cart);
    zdd.file("six.json", &shop("1", 6));
    for (file, code, id) in
        [("cart.json", 7, "/cart"), ("six.json", 9, "/shop"), ("shop.json", 6, "/shop")]
    {
        let told = zdd.run(&["deploy", file]).exits(code);
        let line = format!(
            "error: {id}: Marathon refuses it: Object is not valid; /container: no command for image `x:1`\n"
        );
        assert_eq!(told.err, line, "{file}");
    }
    assert_eq!(fake.world().changes().len(), 3);
}

#[test]
fn a_definition_may_come_from_standard_input() {
    let (fake, zdd) = upgrade(Knobs::default());
    let file = fs::File::open(zdd.folder.path().join("shop.json")).unwrap();
    let mut command = zdd.command(&["deploy", "-"]);
    command.stdin(file);
    Zdd::finish(command.spawn().unwrap())
        .exits(0)
        .says("/shop (standard input): a rolling upgrade");
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[test]
fn a_question_that_nobody_can_answer_is_an_error_before_anything_is_done() {
    let (fake, zdd) = upgrade(Knobs::default());
    let args = ["deploy", "shop.json", "--timeout", "1s", "--on-failure", "ask"];
    let told = zdd.run(&args).exits(3).says("error: nobody is there to answer a question");
    told.says("hint: say --on-failure revert, stop or leave");
    assert_eq!(fake.world().requests, [""; 0]);
}

#[test]
fn a_recording_is_never_written_over() {
    let (fake, zdd) = upgrade(Knobs::default());
    zdd.file("log", &json!("precious"));
    let told = zdd.run(&["deploy", "shop.json", "--record", "log"]).exits(2);
    told.says("error: log: exists already").says("name a new file, or move this one away");
    assert_eq!(fake.world().changes(), [""; 0]);
    let log = fs::read_to_string(zdd.folder.path().join("log")).unwrap();
    assert_eq!(log, r#""precious""#);
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_deployment() {
    let (fake, zdd) = upgrade(Knobs::default());
    let mut command = std::process::Command::new("sh");
    let zdd_command = zdd.command(&[]);
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" deploy shop.json --record log";
    command
        .args(["-c", script])
        .arg(zdd_command.get_program())
        .current_dir(zdd.folder.path())
        .env("ZDD_MARATHON", fake.url())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let told = Zdd::finish(command.spawn().unwrap()).exits(2);
    assert_eq!(told.err.matches("cannot be written any more").count(), 1, "{told:#?}");
    told.says("the deployment goes on, its recording ends here").says("✔ bounds: held");
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[test]
fn ctrl_c_without_a_terminal_leaves_and_resume_goes_on() {
    let (fake, zdd) = upgrade(Knobs { stuck_after: Some(2), ..Knobs::default() });
    let child = zdd.spawn(&["deploy", "shop.json"]);
    fake.wait("a start", |world| world.deployments.iter().any(|it| it.moves == 2));
    // A moment for the answer to the change to be read.
    fake.wait("following", |world| world.requests.len() > 11);
    interrupt(&child);
    let told = Zdd::finish(child).exits(130);
    told.says("goes on without zdd").says("`zdd resume /shop` follows it again");
    let seen = fake.world().requests.len();
    let child = zdd.spawn(&["resume", "/shop"]);
    fake.wait("following", |world| world.requests.len() > seen + 8);
    fake.world().knobs.stuck_after = None;
    Zdd::finish(child).exits(0).says("done: 4 of 4 instances serve").says("✔ completes: held");
    let told = zdd.run(&["resume", "/shop"]).exits(0);
    told.says("no deployment goes on; of the definition of version");
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[test]
fn ctrl_c_while_marathon_does_not_answer_ends_it_at_once() {
    // Before anything is sent, and while the answer to the change is awaited.
    for (request, said) in [(1, "interrupted"), (8, "it may have been carried out")] {
        let (fake, zdd) = upgrade(Knobs { holds: Some(Hold::Before(request)), ..Knobs::default() });
        let child = zdd.spawn(&["deploy", "shop.json"]);
        fake.wait("the request", |world| world.requests.len() == request);
        interrupt(&child);
        Zdd::finish(child).exits(130).says(said);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_success() {
    let (fake, zdd) = upgrade(Knobs { stuck_after: Some(2), ..Knobs::default() });
    let mut child = zdd.spawn(&["deploy", "shop.json", "-o", "json"]);
    fake.wait("a start", |world| world.deployments.iter().any(|it| it.moves == 2));
    drop(child.stdout.take());
    fake.world().knobs.stuck_after = None;
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Kills a deployment with this request unanswered and resumes it. Answers which request that was, if
/// it got so far.
#[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
fn killed_and_resumed(hold: Hold) -> Option<String> {
    let (Hold::Before(request) | Hold::After(request)) = hold;
    let (fake, zdd) = upgrade(Knobs { holds: Some(hold), ..Knobs::default() });
    let mut child = zdd.spawn(&["deploy", "shop.json"]);
    let until = Instant::now() + Duration::from_secs(20);
    let mut is_held = false;
    while !is_held && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "{hold:?}: {:?}", fake.world().requests);
        std::thread::sleep(Duration::from_millis(2));
        is_held = fake.world().held == Some(hold);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fake.world().knobs.holds = None;
    zdd.run(&["resume", "--file", "shop.json"]).exits(0);
    let world = fake.world();
    assert_eq!(world.variables(), ["2"; 4], "{hold:?}");
    assert_eq!(world.apps["/shop"].json["env"]["V"], "2", "{hold:?}");
    assert!(world.deployments.is_empty(), "{hold:?}");
    assert_eq!(world.carried_out, ["PUT /v2/apps/shop"], "{hold:?}: {:?}", world.requests);
    is_held.then(|| world.requests[request - 1].clone())
}

/// All requests that a deployment was killed at, one after the other, until one ends uncut.
fn killed_at_each(hold: fn(usize) -> Hold) {
    let killed_at: Vec<_> = (1..).map_while(|n| killed_and_resumed(hold(n))).collect();
    let change = killed_at.iter().position(|what| what == "PUT /v2/apps/shop");
    assert_eq!(change, Some(7), "{killed_at:?}");
    // The last ones come while it is followed: at least one look is cut at each of its calls.
    for call in ["GET /v2/deployments", "GET /v2/apps/shop", "GET /v2/queue"] {
        assert!(killed_at[8..].iter().any(|what| what == call), "{call}: {killed_at:?}");
    }
}

#[test]
fn kill_9_before_any_request_is_carried_out_then_resume_ends_in_the_same_state() {
    killed_at_each(Hold::Before);
}

#[test]
fn kill_9_after_any_request_was_carried_out_then_resume_ends_in_the_same_state() {
    killed_at_each(Hold::After);
}

#[test]
fn the_plan_is_that_of_the_release_that_runs() {
    for (version, reading) in [
        ("1.8.222", "reading: classic Marathon, up to 1.9"),
        ("1.11.24", "reading: health-aware Marathon, since 1.10"),
    ] {
        let (_fake, zdd) = upgrade(Knobs { version, ..Knobs::default() });
        zdd.run(&["deploy", "shop.json", "--dry-run"]).exits(0).says(reading);
    }
}
