//! Definitions as people write them, right and wrong.

use std::time::Duration;

use serde_json::{Value, json};
use zdd_core::app::{
    App, Document, Fault, Group, HealthCheckProtocol, Operator, ParseError, Problem,
};
use zdd_core::units::PathId;

macro_rules! example {
    ($path:literal) => {
        include_str!(concat!("../../examples/", $path))
    };
}

/// Id, instances, effective strategy, numbers of health checks, readiness checks and constraints.
fn summary(app: &App) -> String {
    let strategy = app.upgrade_strategy();
    format!(
        "{} x{} {}/{} {} {} {}",
        app.id(),
        app.instances(),
        strategy.minimum_health_capacity,
        strategy.maximum_over_capacity,
        app.health_checks().len(),
        app.readiness_check().iter().count(),
        app.constraints().len()
    )
}

#[test]
fn the_labs_definitions_mean_what_marathon_takes_them_for() {
    for (text, expected) in [
        (example!("default/base.json"), "/zdd/base x4 1/1 0 0 0"),
        (example!("default/base-health.json"), "/zdd/base-health x4 1/1 1 0 0"),
        (example!("default/base-ready.json"), "/zdd/base-ready x4 1/1 0 1 0"),
        (example!("default/base-min-over.json"), "/zdd/base-min-over x4 0.25/0.25 1 0 0"),
        (example!("blue-green/blue.json"), "/zdd/blue x4 1/1 1 0 0"),
        (example!("blue-green/green.json"), "/zdd/green x4 1/1 1 0 0"),
        (example!("canary/vamp.json"), "/vamp/vamp x1 1/1 0 0 0"),
        (example!("canary/vamp-es.json"), "/elasticsearch x1 1/1 0 0 0"),
        (example!("canary/vamp-gateway.json"), "/vamp/vamp-gateway-agent x3 1/1 0 0 1"),
    ] {
        let app = App::parse(text).unwrap();
        assert_eq!(summary(&app), expected);
        assert_eq!(app.refusals(), [], "{expected}");
        let written: Value = serde_json::from_str(text).unwrap();
        let mut kept = serde_json::to_value(&app).unwrap();
        kept["id"] = written["id"].clone();
        assert_eq!(kept, written);
    }
}

#[test]
fn checks_have_marathons_defaults() {
    let app = App::parse(example!("default/base-health.json")).unwrap();
    let check = &app.health_checks()[0];
    assert_eq!(check.protocol, HealthCheckProtocol::Http);
    assert_eq!(check.path.as_deref(), Some("/health"));
    assert_eq!(check.grace_period, Duration::from_secs(300));

    let app = App::parse(
        r#"{"id": "a", "healthChecks": [{}, {"protocol": "MESOS_TCP", "port": 80}],
            "readinessChecks": [{}], "check": {"exec": {}}, "taskKillGracePeriodSeconds": 7,
            "constraints": [["hostname", "unique"]]}"#,
    )
    .unwrap();
    let [http, tcp] = app.health_checks() else { panic!("two checks") };
    let seconds = [http.grace_period, http.interval, http.timeout, http.delay];
    assert_eq!(seconds.map(|s| s.as_secs()), [300, 60, 20, 15]);
    assert_eq!((http.path.as_deref(), http.max_consecutive_failures), (Some("/"), 3));
    assert!(!http.protocol.runs_in_mesos() && tcp.protocol.runs_in_mesos());
    assert_eq!((tcp.path.as_deref(), tcp.port), (None, Some(80)));
    let ready = app.readiness_check().unwrap();
    assert_eq!((ready.path.as_str(), ready.port_name.as_str()), ("/", "http-api"));
    assert_eq!((ready.interval.as_secs(), ready.timeout.as_secs()), (30, 10));
    assert!(app.has_general_check());
    assert_eq!(app.kill_grace(), Some(Duration::from_secs(7)));
    assert_eq!(app.constraints()[0].operator, Operator::Unique);
}

#[test]
fn volumes_change_the_default_strategy() {
    let with = |volume: &str, more: &str| {
        let text = format!(r#"{{"id": "db", "container": {{"volumes": [{volume}]}} {more}}}"#);
        App::parse(&text).unwrap()
    };
    let fractions = |app: &App| {
        let strategy = app.upgrade_strategy();
        (strategy.minimum_health_capacity.get(), strategy.maximum_over_capacity.get())
    };
    let local = with(r#"{"containerPath": "d", "persistent": {"size": 5}}"#, "");
    assert!(local.is_resident() && !local.has_external_volume());
    assert_eq!(fractions(&local), (0.5, 0.0));
    let external = with(r#"{"external": {"name": "d", "provider": "dvdi"}}"#, "");
    assert!(!external.is_resident() && external.has_external_volume());
    assert_eq!(fractions(&external), (0.5, 0.0));
    let host = with(r#"{"hostPath": "/tmp", "persistent": null}"#, "");
    assert!(!host.is_resident() && !host.has_external_volume());
    assert_eq!(fractions(&host), (1.0, 1.0));
    let declared = with(
        r#"{"persistent": {"size": 5}}"#,
        r#", "upgradeStrategy": {"minimumHealthCapacity": 0.3}"#,
    );
    assert_eq!(fractions(&declared), (0.3, 1.0));
    assert!(declared.has_partial_upgrade_strategy() && !local.has_partial_upgrade_strategy());
}

#[test]
fn what_marathon_refuses_is_named() {
    for (members, refusals) in [
        (
            r#""container": {"volumes": [{"persistent": {}}]}, "unreachableStrategy": {},
               "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0.25}"#,
            &[
                "/upgradeStrategy/maximumOverCapacity: 0.25 is above 0, which an app with persistent local volumes may not have",
                "/unreachableStrategy: an app with persistent local volumes needs \"disabled\"",
            ][..],
        ),
        (
            r#""container": {"volumes": [{"external": {}}]},
               "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 1}"#,
            &[
                "/upgradeStrategy/maximumOverCapacity: 1 is above 0, which an app with external volumes may not have",
            ],
        ),
        (
            r#""labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}, "instances": 2"#,
            &[
                "/upgradeStrategy/minimumHealthCapacity: 1 is above 0, which an app with the label MARATHON_SINGLE_INSTANCE_APP may not have",
                "/upgradeStrategy/maximumOverCapacity: 1 is above 0, which an app with the label MARATHON_SINGLE_INSTANCE_APP may not have",
                "/instances: 2 is above 1, which an app with the label MARATHON_SINGLE_INSTANCE_APP may not have",
            ],
        ),
        (r#""labels": {"MARATHON_SINGLE_INSTANCE_APP": "false"}, "instances": 2"#, &[]),
        (
            r#""container": {"volumes": [{"persistent": {}}]}, "unreachableStrategy": "disabled""#,
            &[],
        ),
    ] {
        let app = App::parse(&format!("{{\"id\": \"/a\", {members}}}")).unwrap();
        let texts: Vec<_> = app.refusals().iter().map(ToString::to_string).collect();
        assert_eq!(texts, refusals, "{members}");
    }
}

#[test]
fn a_document_is_an_app_apps_or_a_group() {
    let ids = |text: &str| -> Vec<String> {
        let document = Document::parse(text).unwrap();
        document.apps().map(|app| app.id().to_string()).collect()
    };
    assert_eq!(ids(r#"{"id": "a"}"#), ["/a"]);
    assert_eq!(ids(r#"{"app": {"id": "/a", "tasksRunning": 1}}"#), ["/a"]);
    assert_eq!(ids(r#"[{"id": "b"}, {"id": "a"}]"#), ["/b", "/a"]);
    assert_eq!(ids(r#"{"apps": [{"id": "b"}, {"id": "a"}]}"#), ["/b", "/a"]);
    assert_eq!(ids(r#"{"*": [{"id": "/g/b"}]}"#), ["/g/b"]);
    assert_eq!(ids("[]"), [""; 0]);
    let group = r#"{"id": "shop", "dependencies": ["../base"],
        "groups": [{"id": "deep", "apps": [{"id": "c", "dependencies": ["../a", "/x"]}],
                    "groups": [{"id": "/shop/deep/er", "apps": [{"id": "d"}]}]}, {"id": "none"}],
        "apps": [{"id": "b"}, {"id": "/shop/a"}], "pods": [1]}"#;
    let order = ["/shop/b", "/shop/a", "/shop/deep/c", "/shop/deep/er/d"];
    assert_eq!(ids(group), order);
    let group = Group::parse(group).unwrap();
    assert_eq!(group.dependencies()[0].as_str(), "/base");
    let c = group.app(&"/shop/deep/c".parse().unwrap()).unwrap();
    let dependencies: Vec<_> = c.dependencies().iter().map(PathId::as_str).collect();
    assert_eq!(dependencies, ["/shop/a", "/x"]);
    let again = serde_json::to_string(&group).unwrap();
    assert_eq!(Group::parse(&again).unwrap(), group);
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap()["pods"], json!([1]));
}

fn texts(error: &ParseError) -> Vec<String> {
    error.problems().iter().map(Problem::to_string).collect()
}

#[test]
fn each_mistake_gets_one_clear_line() {
    for (text, lines) in [
        ("", &["1:1: the file is empty"][..]),
        (" \n\t", &["1:1: the file is empty"]),
        ("{\"id\": \"/a\",\n  \"cpus\": 1\n  \"mem\": 2}", &["3:3: expected `,` or `}`"]),
        ("{\"id\": \"/a\"", &["1:11: the text ends inside an object"]),
        ("{\"id\": \"/a\"} x", &["1:14: text after the end of the definition"]),
        ("{\"id\": \"/a\", \"cpus\": 1e400}", &["1:26: a number too large for a double"]),
        ("{\"id\": \"/a\", \"cpus\": NaN}", &["1:22: expected a value"]),
        ("{\"id\": \"/a\", \"id\": \"/b\"}", &["1:17: the key `id` is given twice"]),
        ("7", &["1:1: expected an object, found the number 7"]),
        ("null", &["1:1: expected an object, found null"]),
        ("{}", &["1:1: `id` is missing"]),
        (
            "[{\"id\": \"/a\"}, {\"id\": \"/b\", \"apps\": []}]",
            &["1:16: /1: expected an app, found a group"],
        ),
        ("[{\"id\": \"/a\"}, {\"cmd\": \"x\"}]", &["1:16: /1: `id` is missing"]),
        ("[{\"id\": \"/a\"}, {\"id\": \"a\"}]", &["1:23: /1/id: `/a` is given twice, first at /0"]),
        (
            "[{\"id\": \"/a\"}, {\"id\": \"a/b\"}]",
            &["1:9: /0/id: `/a` is an app and a group; the group is at /1"],
        ),
        (
            "{\"id\": \"/A\"}",
            &[
                "1:8: /id: `A` is not a valid part of an id: lower-case letters, digits, dots and inner dashes are",
            ],
        ),
        (
            "{\"id\": \"/a\", \"instances\": \"four\"}",
            &["1:27: /instances: expected a whole number, found the text \"four\""],
        ),
        (
            "{\"id\": \"/a\", \"instances\": 4.5}",
            &["1:27: /instances: expected a whole number, found the number 4.5"],
        ),
        ("{\"id\": \"/a\", \"instances\": -3}", &["1:27: /instances: -3 is below 0"]),
        (
            "{\"id\": \"/a\", \"instances\": 4294967295}",
            &[
                "1:27: /instances: 4294967295 is above 2147483647, the largest whole number of Marathon",
            ],
        ),
        (
            "{\"id\": \"/a\", \"upgradeStrategy\": {\n\"minimumHealthCapacity\": 1.2,\n \"maximumOverCapacity\": -1}}",
            &[
                "2:26: /upgradeStrategy/minimumHealthCapacity: 1.2 is above 1",
                "3:25: /upgradeStrategy/maximumOverCapacity: -1 is below 0",
            ],
        ),
        (
            "{\"id\": 1, \"labels\": {\"é/~\": 2}, \"constraints\": [[\"a\", \"LIKE\"], [\"a\", \"NEAR\"]]}",
            &[
                "1:8: /id: expected a text, found the number 1",
                "1:49: /constraints/0: LIKE needs a pattern",
                "1:70: /constraints/1/1: `NEAR` is none of UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, MAX_PER and IS",
                "1:29: /labels/é~1~0: expected a text, found the number 2",
            ],
        ),
        (
            "{\"id\": \"g\", \"groups\": [{\"id\": \"/h\"}, {\"apps\": []}], \"apps\": [{\"id\": \"/h/a\"}]}",
            &[
                "1:69: /apps/0/id: `/h/a` is not below the group `/g` that it is written in",
                "1:31: /groups/0/id: `/h` is not below the group `/g` that it is written in",
                "1:38: /groups/1: `id` is missing",
            ],
        ),
    ] {
        let error = Document::parse(text).unwrap_err();
        assert_eq!(texts(&error), lines, "{text}");
    }
}

#[test]
fn texts_of_the_input_are_cut() {
    let long = "x".repeat(100_000);
    for text in [
        format!(r#"{{"id": "/a", "instances": "{long}"}}"#),
        format!(r#"{{"id": "/a", "killSelection": "{long}"}}"#),
        format!(r#"{{"id": "/a", "version": "{long}"}}"#),
        format!(r#"{{"id": "/a", "labels": {{"{long}": 1}}}}"#),
        format!(r#"{{"{long}": "/a", "{long}": 1}}"#),
        format!(r#"{{"id": "/A{long}"}}"#),
        format!(r#"{{"id": "/a", "instances": "\u001b[31m{long}"}}"#),
    ] {
        let line = texts(&Document::parse(&text).unwrap_err()).remove(0);
        assert!(line.chars().count() < 250, "{line}");
        assert!(!line.contains(char::is_control), "{line}");
    }
}

#[test]
fn hostile_files_are_refused_quickly() {
    let deep = "[".repeat(1_000_000);
    let error = Document::parse(&deep).unwrap_err();
    assert_eq!(error.problems()[0].fault, Fault::TooDeep);
    let many = format!("[{}7]", "7, ".repeat(100_000));
    let error = Document::parse(&many).unwrap_err();
    assert_eq!((error.problems().len(), error.left_out()), (20, 99_981));
    assert!(error.to_string().ends_with(" (and 100000 more problems)"), "{error}");
    let error = Document::parse_bytes(b"{\"id\": \"\xc3\xa9\n\xff\"}").unwrap_err();
    assert_eq!(texts(&error), ["2:1: byte 0xff is not UTF-8 text"]);
}

#[test]
fn marks_nulls_and_odd_numbers_are_taken() {
    let app = Document::parse_bytes("\u{feff}{\"id\": \"/a\", \"instances\": 4.0}".as_bytes());
    assert_eq!(app.unwrap().apps().next().unwrap().instances().get(), 4);
    let marked = Document::parse("\u{feff}{\"id\": 7}").unwrap_err();
    assert_eq!(marked.problems()[0].place.unwrap().to_string(), "1:8");
    let nulls = r#"{"id": "/a", "instances": null, "healthChecks": null, "container": null,
        "upgradeStrategy": null, "dependencies": null, "labels": null, "version": null}"#;
    assert_eq!(App::parse(nulls).unwrap().instances().get(), 1);
    let zero = r#"{"id": "/a", "instances": -0, "upgradeStrategy": {"minimumHealthCapacity": -0.0, "maximumOverCapacity": 0}}"#;
    let zero = App::parse(zero).unwrap();
    assert_eq!(zero.instances().get(), 0);
    assert_eq!(zero.upgrade_strategy().minimum_health_capacity.to_string(), "0");
}

#[test]
fn edits_change_the_view_and_the_json_together() {
    let app = App::parse(example!("default/base.json")).unwrap();
    let strategy = App::parse(example!("default/base-min-over.json")).unwrap().upgrade_strategy();
    let edited = app
        .with_id("/other".parse().unwrap())
        .with_instances(9_u16.into())
        .with_upgrade_strategy(strategy)
        .with_dependencies(vec!["/db".parse().unwrap()]);
    let text = serde_json::to_string(&edited).unwrap();
    assert_eq!(App::parse(&text).unwrap(), edited);
    assert_eq!(edited.instances().get(), 9);
    assert_eq!(edited.as_json()["env"]["HEALTH_MIN"], "1000");
    let minimal = App::new("/a".parse().unwrap(), 3_u16.into());
    let text = serde_json::to_string(&minimal).unwrap();
    assert_eq!(text, r#"{"id":"/a","instances":3}"#);
    assert_eq!(App::parse(&text).unwrap(), minimal);
}
