//! Files too large to keep, pipes and streams.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use snapbox::cmd::{Command as Zdd, cargo_bin};

fn zdd() -> Zdd {
    Zdd::new(cargo_bin!("zdd"))
}

fn sparse(dir: &Path, len: u64) -> std::path::PathBuf {
    let path = dir.join("large.json");
    File::create(&path).unwrap().set_len(len).unwrap();
    path
}

#[test]
fn a_definition_of_100_mb_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    sparse(dir.path(), 100 << 20);
    zdd()
        .current_dir(dir.path())
        .args(["check", "large.json"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(
            "error: large.json: larger than 64 MiB, the most that zdd reads as a definition\n",
        );
}

#[test]
fn a_pipe_of_100_mb_is_refused_too() {
    let dir = tempfile::tempdir().unwrap();
    let large = File::open(sparse(dir.path(), 100 << 20)).unwrap();
    let told = Command::new(cargo_bin!("zdd")).args(["check", "-"]).stdin(large).output().unwrap();
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(told.stderr).unwrap(),
        "error: standard input: larger than 64 MiB, the most that zdd reads as a definition\n"
    );
}

#[test]
fn a_recording_of_100_mb_of_nothing_is_read_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    sparse(dir.path(), 100 << 20);
    let told = zdd().current_dir(dir.path()).args(["verify", "large.json"]).assert().code(2);
    assert!(
        String::from_utf8_lossy(&told.get_output().stderr)
            .starts_with("error: large.json: no deployment")
    );
}

#[test]
fn standard_input_is_a_file_called_dash() {
    let told = zdd()
        .args(["check", "-", "-o", "json"])
        .stdin(r#"{"id": "/shop", "instances": 4, "cmd": "./shop"}"#)
        .assert()
        .code(0);
    let report: serde_json::Value = serde_json::from_slice(&told.get_output().stdout).unwrap();
    assert_eq!(report["app"], "/shop");
    assert_eq!(report["file"], "standard input");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = Command::new(cargo_bin!("zdd"))
        .args(["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before anything was read.
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(told, "");
}

#[test]
fn a_pipe_gets_no_colour() {
    let told = zdd().args(["check", "--instances", "4"]).assert().code(0);
    assert!(!told.get_output().stdout.contains(&0x1b));
}

#[test]
fn every_shell_gets_a_completion_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let told = zdd().args(["completions", shell]).assert().code(0);
        assert!(
            String::from_utf8_lossy(&told.get_output().stdout).contains("side-by-side"),
            "{shell}"
        );
    }
}

#[test]
fn man_pages_are_written_for_all_verbs() {
    let dir = tempfile::tempdir().unwrap();
    zdd().arg("man").arg(dir.path()).assert().code(0).stdout_eq("");
    for page in ["zdd", "zdd-check", "zdd-plan", "zdd-verify", "zdd-schema"] {
        let text = std::fs::read_to_string(dir.path().join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME"), "{page}");
    }
    let told = zdd().arg("man").assert().code(0);
    assert!(String::from_utf8_lossy(&told.get_output().stdout).contains("Exit status"));
}
