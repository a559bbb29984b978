//! A Marathon that takes connections and answers nothing any more, in the middle of a rollout: what is
//! waited for is said, and whoever presses Ctrl-C is heard.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod proxy;
mod stage;
mod up;

use std::io::{BufRead, BufReader};

use proxy::{Proxy, Stop};
use stage::{Mode, Stage};
use tokio::runtime::Runtime;
use up::child::{Running, interrupt};

/// Reads on until something is said; that it ends before is a failure.
fn hears(lines: &mut impl Iterator<Item = std::io::Result<String>>, text: &str) {
    let mut said = Vec::new();
    for line in lines {
        said.push(line.unwrap());
        // A long line goes on, indented.
        let words: Vec<_> = said.iter().flat_map(|line| line.split_whitespace()).collect();
        if words.join(" ").contains(text) {
            return;
        }
    }
    panic!("{text}: {said:#?}");
}

#[test]
fn a_wait_for_marathon_is_said_and_ctrl_c_is_heard() {
    let stage = Stage::new(Mode::Haproxy, 1);
    stage.file("v1");
    let runtime = Runtime::new().unwrap();
    // The first change takes hold of the group, the second one is a part of the rollout.
    let proxy = Proxy::at_changes(runtime.handle(), stage.lab.marathon(), Stop::Before(2));
    let mut child = Running(stage.spawn(&["deploy", "v1.json", "-m", &proxy.url()]));
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
    hears(&mut lines, &format!("Marathon at {} has not answered for 10 s", proxy.url()));
    interrupt(&child.0);
    hears(&mut lines, "to note down that nobody works on shop any more; Ctrl-C ends at once");
    interrupt(&child.0);
    hears(&mut lines, "interrupted; `zdd status` says what goes on");
    assert_eq!(child.0.wait().unwrap().code(), Some(130));

    let changes: Vec<_> = proxy.log().into_iter().map(|it| it.what).collect();
    assert_eq!(changes[..2], ["POST /v2/apps", "POST /v2/apps"], "{changes:?}");

    // And what was said of it is so.
    stage.zdd(12, &["deploy", "v1.json"]);
    stage.zdd(0, &["deploy", "v1.json", "--take-over"]);
}
