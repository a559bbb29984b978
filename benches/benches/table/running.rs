//! What runs as processes: the embedded Marathon, and the command.

use std::process::{Command, Stdio};
use std::time::Duration;

use zdd_benches::following;
use zdd_benches::lab::{self, Rolling};
use zdd_benches::table::{Limit, Table, Work};

/// What the embedded Marathon adds to what its tasks take.
pub(crate) fn upgrade(table: &mut Table) {
    let mut rolling = Rolling::start();
    let what = format!("rolling upgrade of {} instances on the lab", lab::INSTANCES);
    let limit = Limit::Beyond(Duration::from_millis(50));
    table.compare(&what, Work::Once, limit, || rolling.upgrade(), lab::processes);
}

/// What somebody at a terminal sees of a deployment, and what that costs.
pub(crate) fn watching(table: &mut Table) {
    let zdd = built(table.is_quick());
    let (instances, time) = if table.is_quick() { (2, 1) } else { (20, 20) };
    let mut delays = following::delays(&zdd, instances);
    delays.sort();
    let (median, longest) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    table.note(format!(
        "from Marathon's event to the terminal, for {instances} instances: {:.1} ms in the middle, \
         {:.1} ms at most (limit 100 ms)",
        median.as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3,
    ));
    let idle = following::idle(&zdd, Duration::from_secs(time));
    table.note(format!(
        "watching a deployment that stands still for {time} s: {:.2} % of a core (limit 1 %), at most \
         {:.1} MiB (limit 30 MiB)",
        idle.cpu * 100.0,
        idle.peak_mib(),
    ));
}

pub(crate) fn starting(table: &mut Table) {
    let zdd = built(table.is_quick());
    let check = || {
        let mut command = Command::new(&zdd);
        command.args(["check", "--instances", "4", "--min-health", "0.5", "--max-over", "0.1"]);
        command.output().expect("cargo has built it")
    };
    let answer = check();
    assert!(answer.status.success(), "{answer:?}");
    assert!(
        String::from_utf8_lossy(&answer.stdout).contains("set maximumOverCapacity to 0.5"),
        "{answer:?}"
    );
    let nothing = || Command::new("true").output();
    let limit = Limit::Time(Duration::from_millis(10));
    table.compare("zdd check, as a process", Work::Once, limit, check, nothing);
}

/// Builds the command, and says where it is. In a quick pass that is a build without optimisation,
/// which the tests need anyway.
fn built(is_quick: bool) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "zdd-cli", "--message-format", "json"]);
    if !is_quick {
        cargo.arg("--release");
    }
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo runs this very bench");
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    let executables = messages.filter_map(|message: Result<serde_json::Value, _>| {
        message.ok()?.get("executable")?.as_str().map(String::from)
    });
    executables.last().expect("zdd-cli has one executable")
}
