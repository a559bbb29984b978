use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, advance};
use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, CurrentAction, CurrentStep, HealthResult, QueueItem, Rejected, RunningDeployment,
    Task, TaskState,
};
use zdd_core::units::{AppId, Timestamp};
use zdd_core::watch::{Moment, View, Watch};

use super::screen::Size;
use super::{Screen, Teller, sheet};

const OLD: i64 = 10;
const NEW: i64 = 40;
const NOW: i64 = 100;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_000 * seconds)
}

fn task(app: &str, n: usize, version: i64, state: TaskState, healthy: Option<bool>) -> Task {
    let id = format!("{}.instance-{n:08x}-e95e-4d0e-a881-3201c914d233._app.1", &app[1..]);
    let mut task = Task::new(id.parse().unwrap(), app.parse().unwrap(), state);
    task.version = Some(at(version));
    (task.staged_at, task.started_at) = (Some(at(version + 1)), Some(at(version + 2)));
    (task.host, task.ports) = (Some("127.0.0.1".into()), vec![31_000 + u16::try_from(n).unwrap()]);
    task.health.extend(healthy.map(|alive| {
        let mut result = HealthResult::default();
        result.alive = alive;
        if !alive {
            result.consecutive_failures = 2;
            result.last_failure_cause = Some("Connection refused".into());
        }
        result
    }));
    task
}

fn view(app: &str, instances: usize, tasks: Vec<Task>, queue: &[QueueItem], deploys: bool) -> View {
    let json = format!(
        r#"{{"id": "{app}", "cmd": "a", "instances": {instances}, "version": "{0}",
            "versionInfo": {{"lastScalingAt": "{0}", "lastConfigChangeAt": "{0}"}},
            "healthChecks": [{{"maxConsecutiveFailures": 3}}],
            "upgradeStrategy": {{"minimumHealthCapacity": 1, "maximumOverCapacity": 0.25}}}}"#,
        at(NEW)
    );
    let mut status = AppStatus::new(App::parse(&json).unwrap());
    status.tasks = Some(tasks);
    let mut deployment =
        RunningDeployment::new("0c736da1-77e7-44d4-8ce1-93e88bb83247".parse().unwrap(), at(NEW));
    deployment.affected_apps = vec![app.parse().unwrap()];
    let action = CurrentAction {
        action: "RestartApplication".into(),
        app: app.parse().unwrap(),
        readiness: Vec::new(),
    };
    deployment.current_actions = vec![action.clone()];
    deployment.steps = vec![CurrentStep { actions: vec![action] }];
    (deployment.current_step, deployment.total_steps) = (1, 1);
    let deployments: &[_] = if deploys { &[deployment] } else { &[] };
    Watch::new().look(&Moment { now: at(NOW), app: &status, deployments, queue })
}

/// Two of four are replaced, and the third is on its way.
fn in_the_middle() -> View {
    let (running, good) = (TaskState::Running, Some(true));
    let tasks = vec![
        task("/shop", 1, OLD, running.clone(), good),
        task("/shop", 2, OLD, TaskState::Killing, good),
        task("/shop", 3, NEW, running.clone(), good),
        task("/shop", 4, NEW, running.clone(), good),
        task("/shop", 5, NEW, running, None),
    ];
    view("/shop", 4, tasks, &[], true)
}

fn failing() -> View {
    let tasks = (1..=5).map(|n| {
        let (version, healthy) = if n == 5 { (NEW, false) } else { (OLD, true) };
        task("/shop", n, version, TaskState::Running, Some(healthy))
    });
    view("/shop", 4, tasks.collect(), &[], true)
}

fn without_offers() -> View {
    let mut item = QueueItem::new("/shop".parse().unwrap(), 1);
    item.since = Some(at(41));
    let reason =
        |reason: &str, declined| Rejected { reason: reason.into(), declined, processed: 12 };
    item.offers.rejected = vec![reason("InsufficientCpus", 9), reason("InsufficientPorts", 3)];
    let old = (1..=4).map(|n| task("/shop", n, OLD, TaskState::Running, Some(true)));
    view("/shop", 4, old.collect(), &[item], true)
}

fn settled(app: &str, instances: usize) -> View {
    let all = (1..=instances).map(|n| task(app, n, NEW, TaskState::Running, Some(true)));
    view(app, instances, all.collect(), &[], false)
}

fn many() -> View {
    let tasks = (1..=50).map(|n| match n {
        1..=20 => task("/shop", n, OLD, TaskState::Running, Some(true)),
        21..=24 => task("/shop", n, OLD, TaskState::Killing, None),
        25..=47 => task("/shop", n, NEW, TaskState::Running, Some(true)),
        48 => task("/shop", n, NEW, TaskState::Running, Some(false)),
        _ => task("/shop", n, NEW, TaskState::Staging, None),
    });
    view("/shop", 40, tasks.collect(), &[], true)
}

fn drawn(views: &[View], width: usize, height: usize) -> String {
    let lines = sheet(views, at(NOW), Size { width, height });
    anstream::adapter::strip_str(&lines.join("\n")).to_string()
}

#[test]
fn an_upgrade_in_the_middle() {
    for width in [60, 80, 120, 200] {
        let name = format!("an_upgrade_in_the_middle_at_{width}");
        insta::assert_snapshot!(name, drawn(&[in_the_middle()], width, 24));
    }
}

#[test]
fn what_stands_still_says_why() {
    let all = [failing(), without_offers()].map(|view| drawn(&[view], 80, 24));
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn what_is_done_is_quiet() {
    insta::assert_snapshot!(drawn(&[settled("/shop", 2)], 80, 24));
}

#[test]
fn many_instances_and_many_apps_are_counted() {
    insta::assert_snapshot!("many_instances", drawn(&[many()], 80, 20));
    let apps: Vec<View> = (0..30)
        .map(|n| if n == 17 { failing() } else { settled(&format!("/app-{n}"), 2) })
        .collect();
    insta::assert_snapshot!("many_apps", drawn(&apps, 80, 12));
    insta::assert_snapshot!("a_few_apps", drawn(&[in_the_middle(), settled("/db", 1)], 80, 24));
}

proptest! {
    #[test]
    fn whatever_is_seen_fits(
        which in prop::collection::vec(0..5_usize, 1..12),
        width in 20..220_usize,
        height in 3..60_usize,
    ) {
        let made = [in_the_middle, failing, without_offers, many, || settled("/x", 3)];
        let views: Vec<View> = which.iter().map(|n| made[*n]()).collect();
        let text = drawn(&views, width, height);
        prop_assert!(text.lines().count() <= height, "{text}");
        let widest = text.lines().map(|line| line.chars().count()).max();
        prop_assert!(widest <= Some(width), "{text}");
        prop_assert!(text.contains('/'), "an app is there: {text}");
    }
}

/// What was written.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn take(&self) -> String {
        String::from_utf8(self.0.take()).unwrap()
    }
}

/// A terminal that knows what the screen uses, and nothing else.
struct Paper {
    width: usize,
    lines: Vec<String>,
    at: usize,
}

impl Paper {
    fn with(width: usize, before: &[&str]) -> Self {
        let mut lines: Vec<String> = before.iter().map(ToString::to_string).collect();
        lines.push(String::new());
        Self { width, at: lines.len() - 1, lines }
    }

    fn take(&mut self, text: &str) {
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\r' => {}
                '\n' => {
                    self.at += 1;
                    if self.at == self.lines.len() {
                        self.lines.push(String::new());
                    }
                }
                '\x1b' => {
                    assert_eq!(letters.next(), Some('['));
                    let mut number = String::new();
                    while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                        number.push(digit);
                    }
                    match letters.next().unwrap() {
                        'A' => self.at -= number.parse::<usize>().unwrap(),
                        'K' => {}
                        'J' => {
                            self.lines.truncate(self.at);
                            self.lines.push(String::new());
                        }
                        other => panic!("{other}"),
                    }
                }
                letter => {
                    // The first letter of a line takes the place of what was there.
                    let mut line = String::from(letter);
                    while let Some(next) = letters.next_if(|next| !next.is_control()) {
                        line.push(next);
                    }
                    assert!(line.chars().count() <= self.width);
                    self.lines[self.at] = line;
                }
            }
        }
    }
}

fn screen(width: usize) -> (Screen, Written) {
    let written = Written::default();
    let to = Box::new(written.clone());
    (Screen::new(to, move || Size { width, height: 30 }, false), written)
}

#[tokio::test(start_paused = true)]
async fn a_screen_touches_only_what_it_drew() {
    let (mut screen, written) = screen(80);
    let mut paper = Paper::with(80, &["$ zdd deploy", "a line of before"]);
    let lines = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    screen.draw(&lines(&["one", "two", "three"])).unwrap();
    screen.draw(&lines(&["uno", "due"])).unwrap();
    paper.take(&written.take());
    assert_eq!(paper.lines, ["$ zdd deploy", "a line of before", "uno", "due", ""]);

    screen.erase().unwrap();
    paper.take(&(written.take() + "a note\n"));
    screen.draw(&lines(&["uno", "due", "tre"])).unwrap();
    paper.take(&written.take());
    assert_eq!(paper.lines[2..], ["a note", "uno", "due", "tre", ""]);

    screen.leave();
    screen.draw(&lines(&["below"])).unwrap();
    paper.take(&written.take());
    assert_eq!(paper.lines[3..], ["uno", "due", "tre", "below", ""]);
}

#[tokio::test(start_paused = true)]
async fn lines_that_a_narrower_terminal_broke_are_taken_away_as_well() {
    let width = Rc::new(RefCell::new(10_usize));
    let written = Written::default();
    let size = {
        let width = width.clone();
        move || Size { width: *width.borrow(), height: 30 }
    };
    let mut screen = Screen::new(Box::new(written.clone()), size, false);
    screen.draw(&["123456789".to_string(), "12".to_string()]).unwrap();
    *width.borrow_mut() = 4;
    written.take();
    screen.erase().unwrap();
    assert_eq!(written.take(), "\r\x1b[4A\x1b[J", "three lines of the first, one of the second");
}

#[tokio::test(start_paused = true)]
async fn a_screen_is_drawn_some_ten_times_a_second_at_most() {
    let (mut screen, _) = screen(80);
    let now = Instant::now();
    assert_eq!(screen.due(), now, "at once");
    screen.draw(&["a".to_string()]).unwrap();
    assert_eq!(screen.due(), now + Duration::from_secs(1), "ages grow");
    screen.stale();
    assert_eq!(screen.due(), now + Duration::from_millis(90));
}

#[tokio::test(start_paused = true)]
async fn lines_tell_what_changes_and_after_a_silence_what_is_waited_for() {
    let mut teller = Teller::new();
    let start = Instant::now();
    assert_eq!(teller.due(), start + Duration::from_secs(5));
    advance(Duration::from_secs(2)).await;
    let first = teller.changes(&[in_the_middle()]);
    assert_eq!(
        first,
        ["    2 s  /shop: 2 of 4 instances serve, 1 not yet, 2 of older definitions are left"]
    );
    assert!(teller.changes(&[in_the_middle()]).is_empty(), "nothing twice");
    assert_eq!(teller.due(), Instant::now() + Duration::from_secs(5));
    advance(Duration::from_secs(5)).await;
    let still = teller.meanwhile(&[in_the_middle()], at(NOW));
    insta::assert_snapshot!(still.join("\n"));
    assert_eq!(teller.due(), Instant::now() + Duration::from_secs(30));
    let trouble = teller.changes(&[failing()]);
    insta::assert_snapshot!(trouble.join("\n"));
}

#[test]
fn the_app_of_a_view_is_its_own() {
    let app: AppId = "/shop".parse().unwrap();
    assert_eq!(in_the_middle().intent.app, app);
}
