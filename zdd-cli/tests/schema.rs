//! Whether what is printed with `-o json` is what `zdd schema` says.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod run;

use fake::{Fake, Knobs, shop};
use run::Zdd;
use serde_json::{Value, json};
use snapbox::cmd::{Command, cargo_bin};

fn json_of(args: &[&str]) -> Value {
    let told = Command::new(cargo_bin!("zdd")).args(args).output().unwrap();
    serde_json::from_slice(&told.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

/// The parts of JSON Schema that our schemas use; anything else panics.
fn fits(value: &Value, schema: &Value, root: &Value) -> bool {
    let Value::Object(rules) = schema else { return schema != &json!(false) };
    rules.iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "format" | "default" => true,
        "$ref" => {
            let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
            fits(value, root.pointer(pointer).unwrap(), root)
        }
        "type" => match rule {
            Value::Array(types) => types.iter().any(|name| is_a(value, name)),
            name => is_a(value, name),
        },
        "enum" => rule.as_array().unwrap().contains(value),
        "const" => rule == value,
        "anyOf" => rule.as_array().unwrap().iter().any(|one| fits(value, one, root)),
        "oneOf" => {
            rule.as_array().unwrap().iter().filter(|one| fits(value, one, root)).count() == 1
        }
        "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
        "required" => value.as_object().is_none_or(|object| {
            rule.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
        }),
        "properties" => value.as_object().is_none_or(|object| {
            let mut known = rule.as_object().unwrap().iter();
            known.all(|(key, rule)| object.get(key).is_none_or(|value| fits(value, rule, root)))
        }),
        "additionalProperties" | "unevaluatedProperties" => {
            let known = rules.get("properties").and_then(Value::as_object);
            value.as_object().is_none_or(|object| {
                object.iter().all(|(key, value)| {
                    known.is_some_and(|known| known.contains_key(key)) || fits(value, rule, root)
                })
            })
        }
        "items" => {
            value.as_array().is_none_or(|items| items.iter().all(|item| fits(item, rule, root)))
        }
        "minItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap())
        }
        "maxItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap())
        }
        other => panic!("no rule for `{other}`"),
    })
}

fn is_a(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type `{other}`"),
    }
}

fn all_fit(verb: &str, calls: &[&[&str]]) {
    let schema = json_of(&["schema", verb]);
    for call in calls {
        let printed = json_of(call);
        assert!(fits(&printed, &schema, &schema), "{call:?} prints something else: {printed:#}");
        // What has a field less is refused, or the check says nothing.
        let mut without = printed.clone();
        let object = match &mut without {
            Value::Array(list) => &mut list[0],
            one => one,
        };
        object.as_object_mut().unwrap().remove("schema").unwrap();
        assert!(!fits(&without, &schema, &schema), "{call:?}");
    }
}

const FITS: &str = "../examples/fits/shop.json";
const AGENTS: &str = "--agents=../examples/fits/state.json";
const MAY_STALL: &str = "tests/good/fits-may.json";
const MIN_OVER: &str = "../examples/default/base-min-over.json";

#[test]
fn check_prints_what_its_schema_says() {
    all_fit(
        "check",
        &[
            &["check", "--instances", "4", "-o", "json"],
            &[
                "check",
                "--instances",
                "4",
                "--min-health",
                "0.5",
                "--max-over",
                "0.1",
                "-o",
                "json",
            ],
            &["check", "--instances", "10", "--keep", "8", "--spare", "1", "-o", "json"],
            &["check", MIN_OVER, "-o", "json", "--marathon-version", "1.10"],
            &["check", MIN_OVER, "../examples/default/base.json", "-o", "json"],
            &["check", "tests/good/shop-2.json", "-o", "json"],
            &["check", FITS, AGENTS, "-o", "json"],
            &["check", FITS, AGENTS, "-o", "json", "--min-health", "0.5"],
            &["check", "tests/good/fits-group.json", AGENTS, "-o", "json"],
            &["check", MAY_STALL, "--agents=tests/good/fits-may-state.json", "-o", "json"],
        ],
    );
}

#[test]
fn plan_prints_what_its_schema_says() {
    all_fit(
        "plan",
        &[
            &["plan", MIN_OVER, "-o", "json"],
            &["plan", MIN_OVER, "-o", "json", "--model", "side-by-side"],
            &["plan", MIN_OVER, "-o", "json", "--from", MIN_OVER],
            &["plan", "--instances", "1000000", "--min-health", "0.5", "-o", "json"],
            &["plan", "tests/good/shop-2.json", "-o", "json", "--from", "tests/good/shop-1.json"],
            &["plan", FITS, AGENTS, "-o", "json"],
            &["plan", FITS, AGENTS, "-o", "json", "--from", "tests/good/fits-2.json"],
            &["plan", "tests/good/fits-group.json", AGENTS, "-o", "json"],
            &["plan", "tests/good/web-2.json", AGENTS, "-o", "json"],
            &["plan", "tests/good/web-2.json", "-o", "json"],
            &["plan", "tests/good/web-2.json", "-o", "json", "--weight", "20"],
            &["plan", "tests/good/web-2.json", "-o", "json", "--session-time", "10m"],
        ],
    );
}

#[test]
fn a_dry_run_prints_what_its_schema_says() {
    // The plan of what is rolled out beside what runs is the second line of a dry run.
    for (args, verb) in [(&["--session-time", "10m"], "deploy"), (&["--weight", "20"], "canary")] {
        let plan = ["plan", "tests/good/web-2.json", "-o", "json"];
        let mut printed = json_of(&[&plan[..], args].concat());
        let schema = json_of(&["schema", verb]);
        assert!(fits(&printed, &schema, &schema), "{verb}: {printed:#}");
        printed.as_object_mut().unwrap().remove("group").unwrap();
        assert!(!fits(&printed, &schema, &schema), "{verb}");
    }
}

#[test]
fn verify_prints_what_its_schema_says() {
    let several = std::env::temp_dir().join(format!("zdd-schema-{}.jsonl", std::process::id()));
    let both = [ROLLOUT, BROKEN].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    std::fs::write(&several, both).unwrap();
    let several = several.to_str().unwrap();
    all_fit(
        "verify",
        &[
            &["verify", RECORDING, "-o", "json"],
            &["verify", ROLLOUT, "-o", "json"],
            &["verify", BROKEN, "-o", "json"],
            &["verify", several, "-o", "json"],
        ],
    );
    std::fs::remove_file(several).unwrap();
}

const ROLLOUT: &str = "tests/rollouts/swap.jsonl";
const BROKEN: &str = "tests/rollouts/busy.jsonl";
const RECORDING: &str = "../zdd-core/tests/fixtures/base-min-over.events";

#[test]
fn what_is_printed_while_deploying_fits_its_schema() {
    let line = json_of(&["schema", "deploy"]);
    let status = json_of(&["schema", "status"]);
    let fake = Fake::start(Knobs::default());
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &shop("2", 4));
    let mut lines = 0;
    let told = zdd.run(&["deploy", "shop.json", "-o", "json"]).exits(0);
    for text in told.out.lines() {
        let value: Value = serde_json::from_str(text).unwrap();
        assert!(fits(&value, &line, &line), "{value:#}");
        lines += 1;
    }
    assert!(lines >= 4, "{told:#?}");
    assert!(!fits(&json!({"schema": 1, "event": "note"}), &line, &line));
    fake.world().knobs.stuck_after = Some(3);
    fake.world().deploy("/shop", shop("3", 4), false);
    for args in [&["status", "-o", "json"][..], &["status", "/shop", "-o", "json"]] {
        let value: Value = serde_json::from_str(&zdd.run(args).exits(0).out).unwrap();
        assert!(fits(&value, &status, &status), "{value:#}");
    }
}

#[test]
fn jobs_prints_what_its_schema_says() {
    let schema = json_of(&["schema", "jobs"]);
    let call = ["jobs", "tests/jobs/web.template.json", "--revision", "v2", "--image", "nginx"];
    let image = ["--zdd-image", "zdd"];
    let file = ["--zdd-image", "zdd", "--credentials-secret", "zdd/account", "-m", "http://m"];
    let user = ["--user", "alice", "--password-secret", "zdd/password"];
    for args in [&[][..], &image, &file, &user] {
        let jobs = json_of(&[&call, args, &["--out", "-"]].concat());
        assert!(fits(&jobs, &schema, &schema), "{jobs:#}");
        for member in ["id", "labels", "run"] {
            let mut without = jobs.clone();
            without[2].as_object_mut().unwrap().remove(member).unwrap();
            assert!(!fits(&without, &schema, &schema), "{member}");
        }
    }
}
