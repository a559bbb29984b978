//! What the jobs of `zdd jobs` do when they run, and the files that hold them.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use tempfile::TempDir;

const NAMES: [&str; 3] =
    ["deploy-single-canary", "deploy-canary-completely", "rollback-single-canary"];

/// An app that can be a canary.
fn web() -> Value {
    json!({
        "id": "/web",
        "instances": 2,
        "cmd": "echo 'it''s' \"ü\" $HOME; # no % escape",
        "portDefinitions": [{"port": 10200}],
        "healthChecks": [{"path": "/"}],
        "labels": {
            "HAPROXY_DEPLOYMENT_GROUP": "web",
            "HAPROXY_DEPLOYMENT_ALT_PORT": "10201",
        },
    })
}

/// `zdd jobs - --revision v2 …` about `app`, in `folder`.
fn jobs(folder: &Path, app: &Value, args: &[&str]) -> Output {
    let mut child = Command::new(cargo_bin!("zdd"))
        .args(["jobs", "-", "--revision", "v2"])
        .args(args)
        .current_dir(folder)
        // Of whoever writes the jobs; it must not be in them.
        .env("ZDD_MARATHON", "http://alice:hunter2@elsewhere")
        .env("ZDD_HAPROXY", "elsewhere:1")
        .env("ZDD_MARATHON_PASSWORD", "hunter2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(app.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn list(app: &Value, args: &[&str]) -> Vec<Value> {
    let told = jobs(Path::new("."), app, &[args, &["--out", "-"]].concat());
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// Runs the command of a job as Mesos does, with `zdd` as the only program besides those of the system.
fn run(job: &Value, zdd: &str) -> (TempDir, Output) {
    let sandbox = tempfile::tempdir().unwrap();
    let bin = sandbox.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("zdd"), zdd).unwrap();
    fs::set_permissions(bin.join("zdd"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(job["run"]["cmd"].as_str().unwrap()).current_dir(&bin).env_clear();
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    command.env("MESOS_SANDBOX", sandbox.path());
    for (name, value) in job["run"]["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap());
    }
    let told = command.output().unwrap();
    (sandbox, told)
}

const ARGUMENTS: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 12\n";

#[test]
fn a_job_is_one_run_of_zdd_with_the_definition_in_a_file() {
    let mut app = web();
    app["labels"]["HAPROXY_DEPLOYMENT_GROUP"] = json!("-odd/web");
    let jobs = list(&app, &["--weight", "0.5", "--cacert", "/etc/it's a ca.crt"]);
    let options = ["--cacert", "/etc/it's a ca.crt"];
    let (sandbox, start) = run(&jobs[0], ARGUMENTS);
    let file = sandbox.path().join("app.json");
    let name = file.to_str().unwrap();
    let words = |told: &Output| -> Vec<String> {
        String::from_utf8(told.stdout.clone()).unwrap().lines().map(String::from).collect()
    };
    assert_eq!(
        words(&start),
        [&["canary", "start", name, "--weight", "0.5"][..], &options].concat()
    );
    assert_eq!(start.status.code(), Some(12), "the job ends as zdd does");
    app["labels"]["ZDD_REVISION"] = json!("v2");
    let arrived: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(arrived, app);
    for (job, verb) in [(&jobs[1], "promote"), (&jobs[2], "rollback")] {
        let (_, told) = run(job, ARGUMENTS);
        assert_eq!(words(&told), [&["canary", verb][..], &options, &["--", "-odd/web"]].concat());
        assert_eq!(told.status.code(), Some(12));
    }
}

#[test]
fn a_damaged_definition_is_not_deployed() {
    let mut jobs = list(&web(), &[]);
    jobs[0]["run"]["env"]["ZDD_DEFINITION"] = json!("eyJpZCI6*");
    let (_, told) = run(&jobs[0], ARGUMENTS);
    assert_eq!(told.stdout, b"", "zdd has run");
    assert_ne!(told.status.code(), Some(0));
}

#[test]
fn zdd_understands_what_the_jobs_say() {
    let bin = cargo_bin!("zdd");
    let zdd = format!("#!/bin/sh\nexec {} \"$@\"\n", bin.display());
    let mut app = web();
    app.as_object_mut().unwrap().remove("healthChecks");
    let args = ["--no-health-check-ok", "--haproxy", "127.0.0.1:1", "--cacert", "/no/such.crt"];
    // It gets as far as the first thing of the cluster that it needs.
    let jobs = list(&app, &[&args[..], &["-m", "http://127.0.0.1:1"]].concat());
    for job in &jobs {
        let (_, told) = run(job, &zdd);
        let text = String::from_utf8(told.stderr).unwrap();
        assert!(text.contains(" in /no/such.crt cannot be read"), "{text}");
    }
    for job in &list(&web(), &[]) {
        let (_, told) = run(job, &zdd);
        let text = String::from_utf8(told.stderr).unwrap();
        assert!(text.starts_with("error: no Marathon given"), "{text}");
    }
}

#[test]
fn jobs_are_what_metronome_takes() {
    const JOB: [&str; 4] = ["id", "description", "labels", "run"];
    const RUN: [&str; 10] =
        ["cmd", "cpus", "mem", "disk", "docker", "ucr", "env", "secrets", "volumes", "restart"];
    let mut app = web();
    app["id"] = json!("/shop/web.eu");
    let with_file = ["--zdd-image", "zdd", "--credentials-secret", "zdd/account"];
    let with_user = ["--zdd-image", "zdd", "--user", "alice", "--password-secret", "zdd/password"];
    for args in [&[][..], &with_file, &with_user] {
        let jobs = list(&app, args);
        assert_eq!(jobs.len(), 3);
        for (job, name) in jobs.iter().zip(NAMES) {
            let only = |of: &Value, known: &[&str]| {
                of.as_object().unwrap().keys().all(|key| known.contains(&key.as_str()))
            };
            assert_eq!(job["id"], format!("shop.web.eu-v2-{name}"));
            assert!(only(job, &JOB) && only(&job["run"], &RUN), "{job:#}");
            assert!(job["run"]["cpus"].as_f64().unwrap() >= 0.01);
            assert!(job["run"]["mem"].as_u64().unwrap() >= 32);
            assert!(job["labels"].as_object().unwrap().values().all(Value::is_string));
            let text = job.to_string();
            assert!(!text.contains("hunter2") && !text.contains("elsewhere"), "{text}");
        }
    }
}

#[test]
fn files_are_written_over_only_when_forced() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a/jobs");
    let path = |name: &str| out.join(format!("web-v2-{name}.json"));
    let first = jobs(folder.path(), &web(), &["--out", "a/jobs"]);
    assert_eq!(first.status.code(), Some(0));
    let told: Vec<_> = NAMES.map(|name| format!("wrote a/jobs/web-v2-{name}.json\n")).into();
    assert_eq!(String::from_utf8(first.stdout).unwrap(), told.concat());
    for name in NAMES {
        let job: Value = serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap();
        assert_eq!(job["id"], format!("web-v2-{name}"));
        // Nothing is secret, and the next step of a pipeline may be of another user.
        let plain = out.join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&path(name)), mode(&plain));
        fs::remove_file(plain).unwrap();
    }
    // One of them is enough for none to be written.
    fs::remove_file(path(NAMES[0])).unwrap();
    let before = fs::read(path(NAMES[2])).unwrap();
    let again = jobs(folder.path(), &web(), &["--out", "a/jobs", "--cacert", "/ca.crt"]);
    assert_eq!(again.status.code(), Some(2));
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(
        said.starts_with("error: a/jobs/web-v2-deploy-canary-completely.json: exists"),
        "{said}"
    );
    assert!(!path(NAMES[0]).exists());
    assert_eq!(fs::read(path(NAMES[2])).unwrap(), before);
    let forced =
        jobs(folder.path(), &web(), &["--out", "a/jobs", "--cacert", "/ca.crt", "--force"]);
    assert_eq!(forced.status.code(), Some(0));
    for name in NAMES {
        assert!(fs::read_to_string(path(name)).unwrap().contains("--cacert /ca.crt"));
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), 3, "nothing else is left");
}

#[test]
fn a_definition_that_no_variable_holds_is_refused() {
    let mut app = web();
    app["env"] = json!({"FILE": "x".repeat(92_000)});
    let told = jobs(Path::new("."), &app, &["--out", "-"]);
    assert_eq!(told.status.code(), Some(2));
    let said = String::from_utf8(told.stderr).unwrap();
    assert!(said.starts_with("error: /web: the definition takes 12"), "{said}");
    // The largest that is taken can be run.
    app["env"] = json!({"FILE": "x".repeat(91_800)});
    let (sandbox, told) = run(&list(&app, &[])[0], ARGUMENTS);
    assert_eq!(told.status.code(), Some(12));
    assert!(fs::metadata(sandbox.path().join("app.json")).unwrap().len() > 91_800);
}
