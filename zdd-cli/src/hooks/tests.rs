//! Hooks that are small scripts.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use zdd_core::app::App;
use zdd_core::units::{GroupId, TaskId};

use super::occasion::LONGEST_ARGUMENT;
use super::{Cause, Event, Hook, Occasion, Outcome, lines};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

struct World {
    folder: TempDir,
    old: App,
    new: App,
    tasks: Vec<TaskId>,
}

impl World {
    fn new() -> Self {
        let app = |id: &str, env: &str| {
            let json = json!({"id": id, "instances": 2, "env": {"NAME": env}});
            App::from_value(&json, &GroupId::root()).unwrap()
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            old: app("/web-blue", "it's \"old\" $HOME\n"),
            new: app("/web-green", "ü"),
            tasks: ["web-blue.1", "web-blue.2"].map(|id| id.parse().unwrap()).into(),
        }
    }

    fn occasion(&self, event: Event) -> Occasion<'_> {
        Occasion { event, old: Some(&self.old), tasks: &self.tasks, new: Some(&self.new) }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    /// A script, whose `$D` is the folder of this world. Another process writes it: as long as one that
    /// was forked here meanwhile holds it open for writing, it could not be executed.
    fn script(&self, text: &str) -> PathBuf {
        let path = self.at("hook");
        let mut write = Command::new("/bin/sh")
            .args(["-c", "cat > \"$0\" && chmod 700 \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let text = format!("#!/bin/sh\nD='{}'\n{text}\n", self.folder.path().display());
        write.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(write.wait().unwrap().success());
        path
    }

    fn hook(&self, text: &str) -> Hook {
        Hook::new(self.script(text), LONG)
    }

    /// How a hook ends, and what it says.
    async fn run(&self, text: &str) -> (Outcome, Vec<String>) {
        let mut said = Vec::new();
        let occasion = self.occasion(Event::BeforeKill);
        let outcome = self.hook(text).run(&occasion, &mut |line| said.push(line.to_owned())).await;
        (outcome, said)
    }

    /// How a hook ends that is late as soon as it says `ready`.
    async fn run_late(&self, text: &str, grace: Duration) -> (Outcome, Vec<String>) {
        let mut said = Vec::new();
        let (ready, is_ready) = oneshot::channel();
        let mut ready = Some(ready);
        let mut say = |line: &str| {
            said.push(line.to_owned());
            if line.ends_with(": ready") {
                ready.take().unwrap().send(()).unwrap();
            }
        };
        let late = async { is_ready.await.unwrap() };
        let occasion = self.occasion(Event::BeforeDelete);
        let outcome = self.hook(text).run_until(&occasion, &mut say, late, grace).await;
        (outcome, said)
    }
}

/// Waits until something is so; what is not so after minutes never will be.
async fn so(what: impl Fn() -> bool) -> bool {
    for _ in 0..12_000 {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

/// Whether such a process is gone in the end; it is killed if not. An orphan may stay in the table for
/// ever where nobody waits for it.
async fn is_gone(id: &str) -> bool {
    let id = id.trim();
    let path = Path::new("/proc").join(id).join("stat");
    // The state is the first word after the name, which is in parentheses.
    let ended = || {
        let stat = fs::read_to_string(&path).unwrap_or_default();
        let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
        state.is_empty() || state.starts_with(['Z', 'X'])
    };
    if so(ended).await {
        return true;
    }
    let _ = kill(Pid::from_raw(id.parse().unwrap()), Signal::SIGKILL);
    false
}

#[tokio::test]
async fn a_hook_gets_the_same_in_three_ways() {
    let world = World::new();
    let (outcome, said) = world
        .run(
            r#"
            for it in "$@"; do printf '%s' "$it" > "$D/arg$((n += 1))"; done
            cat > "$D/stdin"
            cp "$ZDD_OLD_APP_FILE" "$D/old"; cp "$ZDD_TASKS_FILE" "$D/tasks"; cp "$ZDD_NEW_APP_FILE" "$D/new"
            printf '%s' "$ZDD_EVENT" > "$D/event"; printf '%s' "$ZDD_TASKS_FILE" > "$D/path"
            "#,
        )
        .await;
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?} {said:?}");
    let old = r#"{"env":{"NAME":"it's \"old\" $HOME\n"},"id":"/web-blue","instances":2}"#;
    let new = r#"{"env":{"NAME":"ü"},"id":"/web-green","instances":2}"#;
    let tasks = r#"["web-blue.1","web-blue.2"]"#;
    assert_eq!([world.read("arg1"), world.read("arg2"), world.read("arg3")], [old, tasks, new]);
    assert_eq!([world.read("old"), world.read("tasks"), world.read("new")], [old, tasks, new]);
    assert!(!world.at("arg4").exists());
    assert_eq!(world.read("event"), "before-kill");
    assert!(!Path::new(&world.read("path")).exists(), "the files go with the hook");
    let object: Value = serde_json::from_str(&world.read("stdin")).unwrap();
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        object,
        json!({
            "event": "before-kill",
            "old_app": json(old),
            "task_ids": json(tasks),
            "new_app": json(new),
        })
    );
}

#[tokio::test]
async fn what_is_too_long_for_an_argument_is_in_the_files_only() {
    let mut world = World::new();
    let app = |len: usize| {
        let json = json!({"id": "/web", "cmd": "x".repeat(len)});
        App::from_value(&json, &GroupId::root()).unwrap()
    };
    let frame = r#"{"cmd":"","id":"/web"}"#.len();
    world.old = app(LONGEST_ARGUMENT - frame);
    world.new = app(LONGEST_ARGUMENT - frame + 1);
    let script = r#"
        printf '%s' "${#1} $# ${#3}" > "$D/lengths"
        cp "$ZDD_NEW_APP_FILE" "$D/new"; cat > "$D/stdin"
    "#;
    let (outcome, said) = world.run(script).await;
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?} {said:?}");
    assert_eq!(world.read("lengths"), format!("{LONGEST_ARGUMENT} 3 0"));
    assert_eq!(world.read("new").len(), LONGEST_ARGUMENT + 1);
    let object: Value = serde_json::from_str(&world.read("stdin")).unwrap();
    assert_eq!(object["new_app"], Value::Object(world.new.as_json().clone()));
    // So large that a pipe does not hold it, and nobody reads it.
    world.new = app(1 << 20);
    let (outcome, said) = world.run("exit 0").await;
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?} {said:?}");
}

#[tokio::test]
async fn where_all_arguments_are_too_long_together_none_is_given() {
    let mut world = World::new();
    let json = json!({"id": "/web", "cmd": "x".repeat(90_000)});
    world.old = App::from_value(&json, &GroupId::root()).unwrap();
    let script = world.script(r#"printf '%s' "$#:$1$2$3" > "$D/args""#);
    // Linux takes a quarter of the stack for arguments and environment, 2 MiB mostly and 6 MiB at most.
    let variables = |count: usize, rest: usize| -> Vec<(OsString, OsString)> {
        let sizes = std::iter::repeat_n(100_000, count).chain([rest]).enumerate();
        sizes.map(|(at, size)| (format!("V{at}").into(), "v".repeat(size).into())).collect()
    };
    let starts = |count, rest| {
        Command::new(&script).env_clear().envs(variables(count, rest)).status().is_ok()
    };
    // With that much it cannot be started in any way.
    let hook = Hook::with_environment(script.clone(), LONG, variables(100, 0));
    let outcome = hook.run(&world.occasion(Event::BeforeKill), &mut |_| ()).await;
    let Outcome::NotRun { cause: Cause::Start(error) } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(error.kind(), std::io::ErrorKind::ArgumentListTooLong);
    // With a little less than what it can be started with there is no room for the argument.
    let count = (1..100).rev().find(|count| starts(*count, 0)).unwrap();
    let rest = (0..11).rev().map(|it| it * 10_000).find(|rest| starts(count, *rest)).unwrap();
    let (count, rest) = if rest < 10_000 { (count - 1, 90_000) } else { (count, rest - 10_000) };
    let hook = Hook::with_environment(script.clone(), LONG, variables(count, rest));
    let outcome = hook.run(&world.occasion(Event::BeforeKill), &mut |_| ()).await;
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?}");
    assert_eq!(world.read("args"), "3:");
}

#[tokio::test]
async fn anything_but_0_refuses() {
    let world = World::new();
    let (outcome, _) = world.run("exit 3").await;
    let Outcome::Refused { status } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(status.code(), Some(3));
    assert_eq!(outcome.to_string(), "the hook refuses (exit status: 3)");
    let (outcome, _) = world.run("kill -KILL $$").await;
    let Outcome::Refused { status } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status.signal(), Some(9));
}

#[tokio::test]
async fn what_cannot_be_started_does_not_pass() {
    let world = World::new();
    fs::write(world.at("text"), "#!/bin/sh\nexit 0\n").unwrap();
    for name in ["none", "text", "."] {
        let hook = Hook::new(world.at(name), LONG);
        let outcome = hook.run(&world.occasion(Event::BeforeDelete), &mut |_| ()).await;
        let Outcome::NotRun { cause: Cause::Start(_) } = &outcome else { panic!("{outcome:?}") };
        let told = outcome.to_string();
        assert!(told.starts_with("the hook was not asked: it cannot be started: "), "{told}");
    }
}

#[tokio::test]
async fn what_it_prints_goes_on_line_by_line() {
    let world = World::new();
    let (outcome, mut said) = world.run("echo one; echo two >&2; printf 'no end'").await;
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?}");
    said.sort();
    assert_eq!(said, ["before-kill: no end", "before-kill: one", "before-kill: two"]);
    let script = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i + 1)); done; exit 4";
    let (outcome, said) = world.run(script).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "it was read to its end: {outcome:?}");
    assert_eq!(said.len(), lines::MOST + 1);
    assert_eq!(said[lines::MOST - 1], format!("before-kill: {}", lines::MOST - 1));
    assert_eq!(said[lines::MOST], "before-kill: … more than that is not shown");
}

#[tokio::test]
async fn one_that_takes_too_long_is_killed_with_what_it_started() {
    let world = World::new();
    let script = r#"
        trap '' TERM
        echo $$ > "$D/parent"
        sh -c 'trap "" TERM; echo $$ > "$0/child"; echo ready; while :; do sleep 1; done' "$D" &
        while :; do sleep 1; done
    "#;
    let (outcome, said) = world.run_late(script, Duration::from_millis(100)).await;
    assert!(matches!(outcome, Outcome::TimedOut { limit: LONG }), "{outcome:?}");
    assert_eq!(outcome.to_string(), "the hook took longer than 10 min, and was killed");
    assert_eq!(said, ["before-delete: ready"]);
    assert!(is_gone(&world.read("parent")).await, "parent");
    assert!(is_gone(&world.read("child")).await, "child");
}

#[tokio::test]
async fn one_that_takes_too_long_may_clean_up() {
    let world = World::new();
    let script = r"
        trap 'echo cleaned; exit 0' TERM
        echo ready
        while :; do sleep 0.01; done
    ";
    let (outcome, said) = world.run_late(script, Duration::from_secs(60)).await;
    assert!(matches!(outcome, Outcome::TimedOut { .. }), "0 after the limit is late: {outcome:?}");
    assert_eq!(said.last().map(String::as_str), Some("before-delete: cleaned"));
}

#[tokio::test]
async fn the_limit_is_one() {
    let world = World::new();
    let hook = Hook::new(world.script("exec sleep 600"), Duration::ZERO);
    let outcome = hook.run(&world.occasion(Event::BeforeKill), &mut |_| ()).await;
    assert!(matches!(outcome, Outcome::TimedOut { limit: Duration::ZERO }), "{outcome:?}");
}

#[tokio::test]
async fn what_it_leaves_running_holds_nothing_up_and_lives_on() {
    let world = World::new();
    let script = r#"
        (until [ -e "$D/go" ]; do sleep 0.01; done; echo went > "$D/went") &
        exit 0
    "#;
    let (outcome, _) = world.run(script).await;
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?}");
    // It would have kept the pipes open as long as this file is not there.
    fs::write(world.at("go"), "").unwrap();
    assert!(so(|| world.at("went").exists()).await, "it was killed");
}

#[tokio::test]
async fn it_does_not_outlive_whoever_waits_for_it() {
    let world = World::new();
    let script = r#"
        sh -c 'echo $$ > "$0/child"; echo ready; exec sleep 600' "$D" &
        wait
    "#;
    let hook = world.hook(script);
    let (ready, is_ready) = oneshot::channel();
    let mut ready = Some(ready);
    let occasion = world.occasion(Event::BeforeKill);
    let mut say = |_: &str| ready.take().unwrap().send(()).unwrap();
    tokio::select! {
        outcome = hook.run(&occasion, &mut say) => panic!("{outcome:?}"),
        told = is_ready => told.unwrap(),
    }
    assert!(is_gone(&world.read("child")).await, "child");
}

#[tokio::test]
async fn it_is_not_told_what_zdd_logs_in_with() {
    let world = World::new();
    let script = world.script("env > \"$D/env\"");
    let variables = [
        ("PATH", "/usr/bin:/bin"),
        ("ZDD_MARATHON", "http://alice:hunter2@m:8080"),
        ("ZDD_MARATHON_PASSWORD", "hunter2"),
        ("ZDD_OLD_APP_FILE", "of somebody else"),
        ("KEPT", "as it is"),
    ];
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    let hook = Hook::with_environment(script, LONG, variables);
    let outcome = hook.run(&world.occasion(Event::BeforeDelete), &mut |_| ()).await;
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?}");
    let env = world.read("env");
    let has = |line: &str| env.lines().any(|it| it == line);
    assert!(has("ZDD_MARATHON=http://alice@m:8080/") && has("KEPT=as it is"), "{env}");
    assert!(has("ZDD_EVENT=before-delete"), "{env}");
    assert!(!env.contains("CARGO"), "of this process: {env}");
    assert!(!env.contains("hunter2") && !env.contains("of somebody else"), "{env}");
}
