//! Any bytes, any text, any change of a definition: never a panic, and nothing half read.
#![expect(clippy::unwrap_used, reason = "a test: the panic is the report")]

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};
use zdd_core::app::{Document, Place, Problem};

/// A definition that has every member the model looks at, and some that it does not.
fn full() -> Value {
    json!({
        "id": "/shop/cart", "instances": 4, "cpus": 0.1, "cmd": "x", "args": ["y"], "uris": ["u"],
        "ports": [0], "requirePorts": false, "env": {"A": "1"}, "labels": {"HAPROXY_GROUP": "external"},
        "container": {
            "type": "DOCKER", "docker": {"image": "i", "network": "BRIDGE", "portMappings": [{"containerPort": 80}]},
            "volumes": [{"containerPath": "d", "persistent": {"size": 5}}, {"external": {"provider": "dvdi"}}],
        },
        "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0.25, "unknown": [1, {}]},
        "healthChecks": [{"protocol": "HTTP", "path": "/health", "portIndex": 0, "gracePeriodSeconds": 3}],
        "readinessChecks": [{"portName": "main", "httpStatusCodesForReady": [200]}],
        "check": {"exec": {"command": "x"}}, "constraints": [["hostname", "MAX_PER", "2"]],
        "dependencies": ["../db", "/x"], "killSelection": "OLDEST_FIRST", "taskKillGracePeriodSeconds": 3,
        "unreachableStrategy": {"inactiveAfterSeconds": 1}, "version": "2016-10-13T13:31:39.067Z",
        "versionInfo": {"lastScalingAt": "2016-10-13T13:31:39.067Z", "lastConfigChangeAt": "2016-10-13T13:31:39.067Z"},
        "networks": [{"mode": "host"}], "backoffFactor": 1.5, "ipAddress": {}, "residency": {},
        "tasksRunning": 4, "somethingNew": {"deep": [null, true, "text", 1e300]},
    })
}

/// The pointers of all values below `value`.
fn pointers(value: &Value, here: &str, into: &mut Vec<String>) {
    into.push(here.into());
    match value {
        Value::Array(list) => {
            for (index, element) in list.iter().enumerate() {
                pointers(element, &format!("{here}/{index}"), into);
            }
        }
        Value::Object(object) => {
            for (key, member) in object {
                let step = key.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{here}/{step}"), into);
            }
        }
        _ => {}
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2.0..2.0).prop_map(Value::from),
        (-3..70_000_i64).prop_map(Value::from),
        "\\PC{0,80}".prop_map(Value::from),
        "[a-z./~-]{0,12}".prop_map(Value::from),
        "disabled|HTTP|TCP|UNIQUE|true|LIKE|dvdi|2016-10-13T13:31:39\\.067Z".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let key = "[a-z~/\"é]{0,6}|id|apps|groups|app|instances|container|labels|dependencies";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The full definition, alone or in a group or a list, with some values replaced.
fn mutants() -> impl Strategy<Value = Value> {
    let around = prop_oneof![
        Just(full()),
        Just(json!([full(), {"id": "b"}])),
        Just(json!({"app": full()})),
        Just(json!({"apps": [full()]})),
        Just(
            json!({"id": "shop", "apps": [full(), {"id": "b"}], "dependencies": ["../x"], "pods": [],
            "groups": [{"id": "g", "apps": [{"id": "c"}], "groups": [{"id": "/shop/g/h"}]}]})
        ),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..3);
    (around, changes).prop_map(|(mut value, changes)| {
        for (which, new) in changes {
            let mut all = Vec::new();
            pointers(&value, "", &mut all);
            *value.pointer_mut(&all[which.index(all.len())]).unwrap() = new;
        }
        value
    })
}

/// Members that reading may rewrite: ids become absolute, and the lists of a group always written.
fn without_ids(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(object) = &mut value {
        for key in ["id", "dependencies"] {
            object.remove(key);
        }
        for key in ["apps", "groups"] {
            let list = object.remove(key).unwrap_or_default();
            let list =
                list.as_array().map_or(Vec::new(), |list| list.iter().map(without_ids).collect());
            if !list.is_empty() {
                object.insert(key.into(), Value::Array(list));
            }
        }
    }
    value
}

/// The definitions in a document, out of the wrappers that Marathon puts around them.
fn definitions(document: &Value) -> Vec<Value> {
    let has = |key| document.get(key).is_some_and(|value| !value.is_null());
    let inner = ["app", "apps", "*"]
        .into_iter()
        .filter(|_| !has("id") && !has("groups"))
        .find(|key| has(key))
        .and_then(|key| document.get(key));
    match inner.unwrap_or(document) {
        Value::Array(list) => list.iter().map(without_ids).collect(),
        one => vec![without_ids(one)],
    }
}

/// What the text holds, checked; or the problems, each of them within the text.
fn check_reading(text: &str, written: Option<&Value>) -> Result<bool, TestCaseError> {
    match Document::parse(text) {
        Ok(document) => {
            let again = serde_json::to_string(&document).unwrap();
            let reread = Document::parse(&again);
            prop_assert_eq!(reread.as_ref(), Ok(&document));
            for app in document.apps() {
                prop_assert_eq!(app.differences_from(app), []);
                let _ = app.refusals();
            }
            if let Some(written) = written {
                let kept: Value = serde_json::from_str(&again).unwrap();
                prop_assert_eq!(definitions(written), definitions(&kept));
            }
            Ok(true)
        }
        Err(error) => {
            prop_assert!(!error.problems().is_empty() && error.problems().len() <= 20);
            for problem in error.problems() {
                check_place(text, problem, written)?;
            }
            Ok(false)
        }
    }
}

fn check_place(
    text: &str,
    problem: &Problem,
    written: Option<&Value>,
) -> Result<(), TestCaseError> {
    let Some(Place { line, column, .. }) = problem.place else {
        return Err(TestCaseError::fail("a problem of a text has a place"));
    };
    let in_line = text.split('\n').nth(line - 1);
    let length = in_line.map(|line| line.chars().count());
    prop_assert!(length.is_some_and(|length| (1..=length + 1).contains(&column)), "{problem}");
    prop_assert!(!problem.to_string().contains(char::is_control), "{problem}");
    if let Some(written) = written {
        prop_assert!(written.pointer(&problem.pointer).is_some(), "{problem}");
        // What stands at the place is the value that the pointer names.
        let offset: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let rest: String = text[offset..].chars().skip(column - 1).collect();
        let mut values = serde_json::Deserializer::from_str(&rest).into_iter::<Value>();
        let there = values.next().and_then(Result::ok);
        prop_assert_eq!(there.as_ref(), written.pointer(&problem.pointer), "{}", problem);
    }
    Ok(())
}

#[test]
fn the_full_definition_is_valid() {
    let text = serde_json::to_string_pretty(&full()).unwrap();
    assert!(check_reading(&text, Some(&full())).unwrap());
}

#[test]
fn some_mutants_are_definitions_and_some_are_not() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut kept, mut refused, mut several) = (0, 0, 0);
    for _ in 0..500 {
        let value = mutants().new_tree(&mut runner).unwrap().current();
        match Document::parse(&value.to_string()) {
            Ok(_) => kept += 1,
            Err(error) if error.problems().len() == 1 => refused += 1,
            Err(_) => several += 1,
        }
    }
    assert!(kept > 100 && refused > 100 && several > 20, "{kept}, {refused}, {several}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_failure_persistence(
        FileFailurePersistence::WithSource("proptest-regressions")
    ))]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = Document::parse_bytes(&bytes) {
            prop_assert!(!error.problems().is_empty());
        }
    }

    #[test]
    fn texts_never_panic(text in "[\\[\\]{}:,\"a-e0-9.\\\\ \\n+é-]{0,60}") {
        check_reading(&text, None)?;
    }

    #[test]
    fn cut_texts_are_refused_within_the_text(cut in any::<prop::sample::Index>(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&full()) } else { serde_json::to_string(&full()) };
        let text = text.unwrap();
        let cut = &text[..cut.index(text.len())];
        prop_assert!(!check_reading(cut, None)?);
    }

    #[test]
    fn mutants_are_kept_whole_or_refused_in_place(value in mutants(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        check_reading(&text.unwrap(), Some(&value))?;
    }
}
