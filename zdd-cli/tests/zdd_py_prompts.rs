//! The questions of zdd.py's command line, and Ctrl-C in the place of an answer.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod child;
mod fake;
mod run;

use std::fs;
use std::io::Read;
use std::process::{Child, Stdio};

use fake::{Fake, Knobs};
use nix::sys::signal::Signal;
use run::Zdd;
use serde_json::{Value, json};

fn definition(id: &str) -> Value {
    json!({
        "id": id, "cmd": "./shop", "instances": 2, "ports": [10_080],
        "healthChecks": [{"protocol": "HTTP", "path": "/"}],
        "labels": {"HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_DEPLOYMENT_ALT_PORT": "10081"},
    })
}

/// Reads what is said up to the end of a question.
fn asked(child: &mut Child) -> String {
    let out = child.stdout.as_mut().unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"[Y/n] ") {
        let mut byte = [0];
        out.read_exact(&mut byte).unwrap();
        said.extend(byte);
    }
    String::from_utf8(said).unwrap()
}

#[test]
fn an_interruption_is_no_answer() {
    let fake = Fake::start(Knobs::default());
    {
        let mut world = fake.world();
        world.apps.clear();
        world.add(definition("/shop-blue"));
    }
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &definition("/shop"));
    let url = fake.url();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let args = ["-j", "shop.json", "-m", &url, "-l", "http://127.0.0.1:1"];
        let mut child = zdd.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        // Open, and silent.
        let input = child.stdin.take();
        assert!(asked(&mut child).ends_with("Continue with deployment? [Y/n] "));
        child::signal(&child, signal);
        Zdd::finish(child).exits(130).says("interrupted; nothing was done");
        drop(input);
        assert_eq!(fake.world().changes(), [""; 0]);
    }
}

/// As editors on Windows save it.
#[test]
fn a_byte_order_mark_is_skipped() {
    let fake = Fake::start(Knobs::default());
    fake.world().apps.clear();
    let zdd = Zdd::new(&fake);
    let url = fake.url();
    let args = ["-j", "shop.json", "-m", &url, "-l", "http://127.0.0.1:1", "-f", "-d"];
    let text = definition("/shop").to_string();
    let path = zdd.folder.path().join("shop.json");
    fs::write(&path, format!("\u{feff}{text}")).unwrap();
    zdd.run(&args).exits(0).says("the first of its group");
    fs::write(&path, format!("\u{feff}{}", &text[1..])).unwrap();
    zdd.run(&args).exits(2).says("shop.json:1:");
    assert_eq!(fake.world().changes(), [""; 0]);
}
