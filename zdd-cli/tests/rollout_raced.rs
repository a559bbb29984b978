//! Several operators at once: one acts, the others are told who does.
//!
//! `ZDD_RACES=250` races that often.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod proxy;
mod stage;
mod up;

use std::process::{Child, Output};
use std::thread;
use std::time::{Duration, Instant};

use proxy::{Proxy, Stop};
use stage::{Mode, Stage};
use tokio::runtime::Runtime;

/// How many at once.
const OPERATORS: usize = 4;

/// What a loser asks of Marathon at most, from its start to its end. It is told at once, and waits for
/// nothing: what a wait begins with alone, the states of both apps and the record again, would be more
/// after a few looks.
const MOST_REQUESTS: usize = 12;

/// A command that has ended.
struct Ended {
    output: Output,
    /// What it asked of Marathon.
    asked: Vec<String>,
    after: Duration,
}

impl Ended {
    fn code(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// That it gave way at once, and changed nothing but a record of its own.
    #[expect(clippy::print_stderr, reason = "on a busy machine the time can be told, not held")]
    fn assert_gave_way(&self) {
        let asked = &self.asked;
        assert!(!asked.is_empty() && asked.len() <= MOST_REQUESTS, "{asked:#?}");
        let is_of_record =
            |it: &str| it == "POST /v2/apps" || it.starts_with("DELETE /v2/apps//zdd-rollouts/");
        let changes = asked.iter().filter(|it| !it.starts_with("GET "));
        assert!(changes.clone().all(|it| is_of_record(it)), "{asked:#?}");
        let (n, code, time) = (asked.len(), self.code(), self.after.as_millis());
        eprintln!("gave way with {code}, after {n} requests and {time} ms");
    }
}

/// Runs them all at once, each with a proxy of its own that counts.
fn at_once(stage: &Stage, args: &[Vec<&str>]) -> Vec<Ended> {
    let runtime = Runtime::new().unwrap();
    let proxies: Vec<_> = args
        .iter()
        .map(|_| Proxy::start(runtime.handle(), stage.lab.marathon(), Stop::Before(usize::MAX)))
        .collect();
    let began = Instant::now();
    let spawn = |(args, proxy): (&Vec<&str>, &Proxy)| {
        stage.command(args).env("ZDD_MARATHON", proxy.url()).spawn().unwrap()
    };
    let children: Vec<Child> = args.iter().zip(&proxies).map(spawn).collect();
    let wait =
        |child: Child| thread::spawn(move || (child.wait_with_output().unwrap(), began.elapsed()));
    let waiting: Vec<_> = children.into_iter().map(wait).collect();
    let ended = waiting.into_iter().map(|it| it.join().unwrap());
    ended
        .zip(&proxies)
        .map(|((output, after), proxy)| {
            let asked = proxy.log().into_iter().map(|it| it.what).collect();
            Ended { output, asked, after }
        })
        .collect()
}

fn versions(stage: &Stage) -> Vec<String> {
    stage.apps_as(|app| app["env"]["SIMPLE_SERVICE_VERSION"].as_str().unwrap().into())
}

fn races() -> usize {
    std::env::var("ZDD_RACES").map_or(3, |text| text.parse().unwrap())
}

/// How each ended.
fn codes(all: &[Ended]) -> Vec<i32> {
    all.iter().map(Ended::code).collect()
}

#[test]
fn one_starts_and_the_others_are_told_who() {
    let stage = Stage::new(Mode::Haproxy, 1);
    stage.zdd(0, &["deploy", &stage.file("v0")]);
    for race in 1..=races() {
        let files: Vec<_> = (0..OPERATORS).map(|n| stage.file(&format!("v{race}-{n}"))).collect();
        let starts: Vec<Vec<&str>> =
            files.iter().map(|file| vec!["canary", "start", file, "--weight", "50"]).collect();
        let all = at_once(&stage, &starts);
        let winner = codes(&all).iter().position(|code| *code == 0).expect("one acts");
        for (n, loser) in all.iter().enumerate().filter(|(n, _)| *n != winner) {
            let err = loser.said();
            assert_eq!(loser.code(), 12, "{n}: {err}");
            assert!(!err.contains("create "), "{n} acted: {err}");
            assert!(err.contains("shop is held by") || err.contains("taken shop over"), "{err}");
            loser.assert_gave_way();
        }
        let both = versions(&stage);
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both.contains(&format!("v{race}-{winner}")), "{both:?}");
        // The same for its end; whoever comes after all is over finds nothing.
        let ends = vec![vec!["canary", "rollback", "shop"]; OPERATORS];
        let all = at_once(&stage, &ends);
        let ended = codes(&all);
        let said: Vec<_> = all.iter().map(Ended::said).collect();
        assert_eq!(ended.iter().filter(|code| **code == 0).count(), 1, "{said:?}");
        assert!(ended.iter().all(|code| matches!(code, 0 | 3 | 12)), "{ended:?}");
        all.iter().filter(|it| it.code() != 0).for_each(Ended::assert_gave_way);
        assert_eq!(versions(&stage), ["v0"]);
    }
}
