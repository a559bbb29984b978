//! Several operators at once: one acts, the others are told who does.
//!
//! `ZDD_RACES=250` races that often.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod stage;
mod up;

use std::process::Output;

use stage::{Mode, Stage};

/// How many at once.
const OPERATORS: usize = 4;

fn at_once(stage: &Stage, args: &[Vec<&str>]) -> Vec<Output> {
    let children: Vec<_> = args.iter().map(|args| stage.spawn(args)).collect();
    children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

fn versions(stage: &Stage) -> Vec<String> {
    stage.apps_as(|app| app["env"]["SIMPLE_SERVICE_VERSION"].as_str().unwrap().into())
}

fn races() -> usize {
    std::env::var("ZDD_RACES").map_or(3, |text| text.parse().unwrap())
}

/// How many ended with each status.
fn codes(outputs: &[Output]) -> Vec<i32> {
    outputs.iter().map(|output| output.status.code().unwrap()).collect()
}

#[test]
fn one_starts_and_the_others_are_told_who() {
    let stage = Stage::new(Mode::Haproxy, 1);
    stage.zdd(0, &["deploy", &stage.file("v0")]);
    for race in 1..=races() {
        let files: Vec<_> = (0..OPERATORS).map(|n| stage.file(&format!("v{race}-{n}"))).collect();
        let starts: Vec<Vec<&str>> =
            files.iter().map(|file| vec!["canary", "start", file, "--weight", "50"]).collect();
        let outputs = at_once(&stage, &starts);
        let codes = codes(&outputs);
        let winner = codes.iter().position(|code| *code == 0).expect("one acts");
        for (n, output) in outputs.iter().enumerate().filter(|(n, _)| *n != winner) {
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(12), "{n}: {err}");
            assert!(!err.contains("create "), "{n} acted: {err}");
            assert!(err.contains("shop is held by") || err.contains("taken shop over"), "{err}");
        }
        let both = versions(&stage);
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both.contains(&format!("v{race}-{winner}")), "{both:?}");
        // The same for its end; whoever comes after all is over finds nothing.
        let ends = vec![vec!["canary", "rollback", "shop"]; OPERATORS];
        let outputs = at_once(&stage, &ends);
        let ended = self::codes(&outputs);
        assert_eq!(ended.iter().filter(|code| **code == 0).count(), 1, "{outputs:?}");
        assert!(ended.iter().all(|code| matches!(code, 0 | 3 | 12)), "{ended:?}");
        assert_eq!(versions(&stage), ["v0"]);
    }
}
