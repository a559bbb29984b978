use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(json: &str) -> Result<Event, NotAnEvent> {
    decode(&Message { name: "any", data: json.as_bytes(), id: "" })
}

/// An event of a type with further fields.
fn event(name: &str, fields: &str) -> Event {
    let comma = if fields.is_empty() { "" } else { "," };
    let json = format!(
        r#"{{"eventType":"{name}","timestamp":"2016-10-13T13:31:39.067Z"{comma}{fields}}}"#
    );
    let event = read(&json).unwrap_or_else(|_| panic!("{json}"));
    assert_eq!((&event.name[..], &event.json), (name, &json));
    assert_eq!(event.at, Some(Timestamp::from_millis(1_476_365_499_067)));
    event
}

fn happening(name: &str, fields: &str) -> Happening {
    event(name, fields).happening
}

fn app() -> AppId {
    "/shop/cart".parse().unwrap()
}

fn deployment() -> DeploymentId {
    "97c136bf-5a28-4821-9d94-480d9fbb01c8".parse().unwrap()
}

const PLAN: &str = r#""plan":{"id":"97c136bf-5a28-4821-9d94-480d9fbb01c8","version":"2016-10-13T13:31:39.000Z","steps":[{"actions":[{"action":"RestartApplication","app":"/shop/cart"}]}]}"#;
const STEP: &str =
    r#""currentStep":{"actions":[{"action":"RestartApplication","app":"/shop/cart"}]}"#;

#[test]
fn deployments() {
    let both = format!("{PLAN},{STEP}");
    assert_eq!(happening("deployment_info", &both), Happening::StepBegins(deployment()));
    for (name, success) in [("deployment_step_success", true), ("deployment_step_failure", false)] {
        let wanted = Happening::StepEnds { deployment: deployment(), success };
        assert_eq!(happening(name, &both), wanted);
    }
    let id = r#""id":"97c136bf-5a28-4821-9d94-480d9fbb01c8""#;
    let ended = format!("{id},{PLAN}");
    assert_eq!(happening("deployment_success", &ended), Happening::Succeeded(deployment()));
    assert_eq!(happening("deployment_success", id), Happening::Succeeded(deployment()));
    let failed = |reason: Option<&str>| Happening::Failed {
        deployment: deployment(),
        reason: reason.map(String::from),
    };
    // The reason came with 1.6.
    assert_eq!(happening("deployment_failed", &ended), failed(None));
    assert_eq!(
        happening("deployment_failed", &format!(r#"{ended},"reason":"cancelled by \"x\"""#)),
        failed(Some("cancelled by \"x\""))
    );
}

#[test]
fn heavy_plans_are_passed_over() {
    let mut apps = String::new();
    for index in 0..20_000 {
        let comma = if index > 0 { "," } else { "" };
        write!(apps, r#"{comma}{{"id":"/a{index}","cmd":"echo \"hi\"","env":{{"A":"b"}}}}"#)
            .unwrap();
    }
    let heavy = format!(
        r#""plan":{{"original":{{"id":"/","apps":[{apps}]}},"target":{{"id":"/","apps":[{apps}]}},"id":"97c136bf-5a28-4821-9d94-480d9fbb01c8","steps":[]}}"#
    );
    assert_eq!(happening("deployment_info", &heavy), Happening::StepBegins(deployment()));
}

#[test]
fn tasks_and_instances() {
    // 1.3 and later differ in the id of the task alone.
    for task in ["shop_cart.5ed13e24", "shop_cart.instance-5ed13e24._app.1"] {
        let fields = format!(
            r#""slaveId":"S0","taskId":"{task}","taskStatus":"TASK_FAILED","message":"exit \"1\"","appId":"/shop/cart","host":"h","ipAddresses":[{{"ipAddress":"10.0.0.1","protocol":"IPv4"}}],"ports":[31000],"version":"2016-10-13T13:31:39.000Z""#
        );
        let wanted = Happening::Task {
            app: app(),
            task: task.parse().unwrap(),
            state: "TASK_FAILED".into(),
            message: "exit \"1\"".into(),
        };
        assert_eq!(happening("status_update_event", &fields), wanted);
    }
    let wanted = |condition: &str| Happening::Instance {
        app: app(),
        instance: "shop_cart.marathon-5ed13e24".parse().unwrap(),
        condition: condition.into(),
    };
    let fields = r#""instanceId":"shop_cart.marathon-5ed13e24","condition":"Running","runSpecId":"/shop/cart","agentId":"S0","host":"h","runSpecVersion":"2016-10-13T13:31:39.000Z""#;
    assert_eq!(happening("instance_changed_event", fields), wanted("Running"));
    let fields = r#""instanceId":"shop_cart.marathon-5ed13e24","runSpecId":"/shop/cart","condition":"Killed""#;
    assert_eq!(happening("unknown_instance_terminated_event", fields), wanted("Killed"));
}

#[test]
fn health() {
    let is = |healthy| Happening::Health { app: app(), healthy };
    for id in [r#""taskId":"a.1""#, r#""instanceId":"a.marathon-1""#] {
        for healthy in [true, false] {
            let fields = format!(r#""appId":"/shop/cart",{id},"version":"v","alive":{healthy}"#);
            assert_eq!(happening("health_status_changed_event", &fields), is(healthy));
        }
    }
    for (word, wanted) in [("true", is(true)), ("false", is(false)), ("null", Happening::Other)] {
        let fields = format!(
            r#""instanceId":"i","runSpecId":"/shop/cart","healthy":{word},"runSpecVersion":"v""#
        );
        assert_eq!(happening("instance_health_changed_event", &fields), wanted);
    }
    for (name, fields) in [
        (
            "failed_health_check_event",
            r#""taskId":"a.marathon-1","healthCheck":{"protocol":"HTTP"}"#,
        ),
        ("unhealthy_task_kill_event", r#""taskId":"a.1","version":"v","reason":"r","host":"h""#),
        ("unhealthy_instance_kill_event", r#""taskId":"a.1","instanceId":"a.marathon-1""#),
    ] {
        assert_eq!(happening(name, &format!(r#""appId":"/shop/cart",{fields}"#)), is(false));
    }
}

#[test]
fn apps_and_groups() {
    let posted = r#""clientIp":"10.0.0.1","uri":"/v2/apps//shop/cart","appDefinition":{"id":"/shop/cart","cmd":"sleep 1","env":{"A":{"secret":"s"}}}"#;
    assert_eq!(happening("api_post_event", posted), Happening::Changed(app()));
    assert_eq!(
        happening("app_terminated_event", r#""appId":"/shop/cart""#),
        Happening::Changed(app())
    );
    let group = r#""groupId":"/shop","version":"2016-10-13T13:31:39.000Z""#;
    assert_eq!(happening("group_change_success", group), Happening::Group);
    let failed = format!(r#"{group},"reason":"no""#);
    assert_eq!(happening("group_change_failed", &failed), Happening::Group);
}

#[test]
fn all_others_mean_nothing_to_a_deployment() {
    for (name, fields) in [
        ("add_health_check_event", r#""appId":"/a","version":"v","healthCheck":{}"#),
        ("remove_health_check_event", r#""appId":"/a""#),
        ("event_stream_attached", r#""remoteAddress":"10.0.0.1""#),
        ("event_stream_detached", r#""remoteAddress":"10.0.0.1""#),
        ("subscribe_event", r#""clientIp":"10.0.0.1","callbackUrl":"http://x""#),
        ("unsubscribe_event", r#""clientIp":"10.0.0.1","callbackUrl":"http://x""#),
        ("framework_message_event", r#""executorId":"e","slaveId":"s","message":"bWVzc2FnZQ==""#),
        ("scheduler_registered_event", r#""frameworkId":"f","master":"m:5050""#),
        ("scheduler_reregistered_event", r#""master":"m:5050""#),
        ("scheduler_disconnected_event", ""),
        ("pod_created_event", r#""clientIp":"10.0.0.1","uri":"/v2/pods""#),
        ("pod_updated_event", r#""clientIp":"10.0.0.1","uri":"/v2/pods//p""#),
        ("pod_deleted_event", r#""clientIp":"10.0.0.1","uri":"/v2/pods//p""#),
        ("an_event_of_tomorrow", r#""message":5,"plan":[1],"id":null,"alive":"yes""#),
        // Known types without what they should have.
        ("status_update_event", r#""taskId":"a.1","taskStatus":"TASK_RUNNING""#),
        ("status_update_event", r#""appId":7,"taskId":"a.1","taskStatus":"TASK_RUNNING""#),
        ("status_update_event", r#""appId":"/A B","taskId":"a.1","taskStatus":"TASK_RUNNING""#),
        ("deployment_info", ""),
        ("deployment_success", r#""id":"""#),
        ("api_post_event", r#""clientIp":"10.0.0.1""#),
    ] {
        assert_eq!(happening(name, fields), Happening::Other, "{name}");
    }
}

#[test]
fn garbage_is_no_event() {
    for garbage in [
        "",
        "hello",
        "{}",
        "[]",
        "null",
        "{\"eventType\":5}",
        "{\"eventType\":\"x\"",
        "{\"eventType\":\"x\"} {}",
    ] {
        assert_eq!(read(garbage), Err(NotAnEvent), "{garbage}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(read(&format!("{{\"eventType\":\"x\",\"y\":{deep}")), Err(NotAnEvent));
}

#[test]
fn an_event_is_kept_in_one_line() {
    let event = read("{\"eventType\":\"x\",\n\"timestamp\":\"never\"}").unwrap();
    assert_eq!(
        (&event.json[..], event.at),
        ("{\"eventType\":\"x\", \"timestamp\":\"never\"}", None)
    );
}

proptest! {
    #[test]
    fn nothing_panics(data in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&Message { name: "", data: &data, id: "" });
    }

    #[test]
    fn cut_events_are_no_events(end in 0..200_usize) {
        let json = format!("{{\"eventType\":\"deployment_info\",{PLAN},{STEP}}}");
        prop_assert_eq!(read(&json[..end.min(json.len() - 1)]), Err(NotAnEvent));
    }
}
