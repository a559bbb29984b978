//! Apps and ports of others: nothing is taken from them, and nothing of theirs is changed or deleted.

mod fake;
mod run;

use fake::{Fake, Knobs, of_a_group};
use run::{Told, Zdd};
use serde_json::{Value, json};

const LB: &str = "--haproxy=127.0.0.1:1";
const DEPLOY: &[&str] = &["deploy", "shop.json", LB];
const DRY: &[&str] = &["deploy", "shop.json", LB, "--dry-run"];
const CANARY: &[&str] = &["canary", "start", "shop.json", "--weight", "20", LB];
const PLAN: &[&str] = &["plan", "shop.json", "-m", "MARATHON"];
const PLAN_CANARY: &[&str] = &["plan", "shop.json", "--weight", "20", "-m", "MARATHON"];
const ALL: &[&[&str]] = &[DEPLOY, DRY, CANARY, PLAN, PLAN_CANARY];
const ZDD_PY: &[&str] = &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-f"];
const ZDD_PY_DRY: &[&str] =
    &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-d"];

/// An app of somebody else, with this service port.
fn stranger(id: &str, port: u16, group: Option<&str>) -> Value {
    let labels = group.map_or(json!({}), |group| json!({"HAPROXY_DEPLOYMENT_GROUP": group}));
    json!({"id": id, "cmd": "./other", "instances": 1, "ports": [port], "labels": labels})
}

/// A release of ours.
fn ours(colour: &str, port: u16) -> Value {
    let mut app = of_a_group();
    (app["id"], app["ports"]) = (format!("/shop-{colour}").into(), json!([port]));
    for (name, value) in [("HAPROXY_0_PORT", "10080"), ("HAPROXY_DEPLOYMENT_COLOUR", colour)] {
        app["labels"][name] = value.into();
    }
    app
}

/// A record that nobody holds, of a rollout from blue to green.
fn record(phase: &str) -> Value {
    let split = json!({"split": {"old": 80, "new": 20}});
    let by =
        |canary: &Value| if phase == "canary" { canary.clone() } else { "by-instances".into() };
    let record = json!({
        "schema": 1, "group": "shop", "backend": "shop_10080", "phase": phase,
        "old": "/shop-blue", "new": "/shop-green", "before": 2, "canary": 1, "full": 2, "floor": 2,
        "traffic": by(&split), "hold": by(&split), "growth": "by-half",
        "since": "2026-01-02T03:04:05.678Z",
    });
    let labels = json!({"ZDD_ROLLOUT": record.to_string()});
    json!({"id": "/zdd-rollouts/shop/g1", "cmd": "exit 1", "instances": 0, "labels": labels})
}

struct Scene {
    fake: Fake,
    zdd: Zdd,
}

impl Scene {
    fn new(apps: &[Value]) -> Self {
        let fake = Fake::start(Knobs::default());
        let zdd = Zdd::new(&fake);
        zdd.file("shop.json", &of_a_group());
        let scene = Self { fake, zdd };
        scene.put(apps);
        scene
    }

    /// Nothing but these apps is there.
    fn put(&self, apps: &[Value]) {
        let mut world = self.fake.world();
        world.apps.clear();
        for app in apps {
            world.add(app.clone());
        }
    }

    fn run(&self, args: &[&str]) -> Told {
        let url = self.fake.url();
        let args: Vec<&str> =
            args.iter().map(|arg| if *arg == "MARATHON" { &*url } else { arg }).collect();
        self.zdd.run(&args)
    }

    /// Is refused with this status, and these texts, before anything is changed.
    #[track_caller]
    fn refuses(&self, args: &[&str], code: i32, texts: &[&str]) {
        let told = self.run(args);
        let said = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(told.code, Some(code), "{args:?}: {told:#?}");
        for text in texts {
            assert!(said.contains(text), "{args:?}: {text}\n{said}");
        }
        assert_eq!(said.matches("error: ").count(), 1, "{said}");
        self.is_as_it_was(args);
    }

    /// Comes as far as the balancer, which is not there.
    #[track_caller]
    fn goes_on(&self, args: &[&str]) {
        let told = self.run(args);
        let is_plan = args[0] == "plan";
        assert_eq!(told.code, Some(if is_plan { 0 } else { 5 }), "{args:?}: {told:#?}");
        self.is_as_it_was(args);
    }

    /// Whatever begins a rollout does.
    #[track_caller]
    fn all_go_on(&self) {
        for args in [DEPLOY, CANARY, PLAN] {
            self.goes_on(args);
        }
    }

    #[track_caller]
    fn is_as_it_was(&self, args: &[&str]) {
        let changes = self.fake.world().changes();
        assert!(changes.is_empty(), "{args:?}: {changes:?}");
    }
}

#[test]
fn an_app_of_somebody_else_is_not_adopted() {
    let scene = Scene::new(&[]);
    let group =
        |it: &str| format!("/shop-blue is there already, and is not of the deployment group {it}");
    for (of, says) in [(None, "shop: it has no label"), (Some("cart"), "shop but of cart")] {
        scene.put(&[stranger("/shop-blue", 9000, of)]);
        for args in ALL {
            scene.refuses(args, 3, &[&group(says), "give the definition another id"]);
        }
        // zdd.py is told by Marathon that there is such an app.
        for args in [ZDD_PY, ZDD_PY_DRY] {
            scene.refuses(args, 7, &[&group(says), "give the definition another id"]);
        }
    }
    scene.put(&[ours("blue", 10_080), stranger("/shop-green", 9000, None)]);
    for args in ALL {
        scene.refuses(args, 3, &["/shop-green is there already", "or remove /shop-green"]);
    }
    scene.put(&[ours("blue", 10_080), stranger("/shop", 9000, None)]);
    scene.all_go_on();
}

#[test]
fn what_the_hint_about_an_id_says_can_be_done() {
    let mut adopted = stranger("/shop-blue", 10_080, None);
    let scene = Scene::new(&[adopted.clone()]);
    scene.refuses(DEPLOY, 3, &["give it the label HAPROXY_DEPLOYMENT_GROUP=shop"]);
    // It is replaced by an app of another id.
    adopted["labels"]["HAPROXY_DEPLOYMENT_GROUP"] = "shop".into();
    scene.put(&[adopted]);
    scene.all_go_on();
    let told = scene.run(PLAN);
    assert!(told.out.contains("/shop-green"), "{told:#?}");
    // Another id.
    scene.put(&[stranger("/shop-blue", 9000, Some("cart"))]);
    let mut other = of_a_group();
    other["id"] = "/store".into();
    scene.zdd.file("shop.json", &other);
    scene.all_go_on();
}

#[test]
fn a_port_of_somebody_else_is_not_opened() {
    let scene = Scene::new(&[]);
    let says = "/shop-blue would have port 10080, which is that of /cart";
    for of in [None, Some("cart")] {
        scene.put(&[stranger("/cart", 10_080, of)]);
        for args in ALL {
            scene.refuses(args, 3, &[says, "choose a port that no app has"]);
        }
        for args in [ZDD_PY, ZDD_PY_DRY] {
            scene.refuses(args, 7, &[says]);
        }
    }
    // One that is there was let through before, or was there first.
    scene.put(&[ours("blue", 10_080), stranger("/cart", 10_080, None)]);
    scene.all_go_on();
    // The second port is opened by every second deployment.
    let says = "/shop-green would have port 10081, which is that of /cart";
    scene.put(&[ours("blue", 10_080), stranger("/cart", 10_081, None)]);
    for args in ALL {
        scene.refuses(args, 3, &[says, "set the label HAPROXY_DEPLOYMENT_ALT_PORT"]);
    }
    scene.put(&[stranger("/cart", 10_081, None)]);
    scene.all_go_on();
    scene.put(&[ours("green", 10_081), stranger("/cart", 10_082, None)]);
    scene.all_go_on();
}

#[test]
fn what_the_hint_about_a_port_says_can_be_done() {
    let scene = Scene::new(&[stranger("/store", 10_080, None)]);
    scene.refuses(DEPLOY, 3, &["give it the label HAPROXY_DEPLOYMENT_GROUP=shop"]);
    scene.put(&[stranger("/store", 10_080, Some("shop"))]);
    scene.all_go_on();
    scene.put(&[ours("blue", 10_080), stranger("/cart", 10_081, None)]);
    let mut other = of_a_group();
    other["labels"]["HAPROXY_DEPLOYMENT_ALT_PORT"] = "10082".into();
    scene.zdd.file("shop.json", &other);
    scene.all_go_on();
}

/// Whatever goes on with a rollout, or turns it round.
const ONWARD: &[&[&str]] = &[
    &["resume", "shop", LB],
    &["abort", "shop", LB],
    &["abort", "shop", LB, "--dry-run"],
    &["canary", "promote", "shop", LB],
    &["canary", "rollback", "shop", LB],
    &["canary", "hold", "shop", LB],
    CANARY,
];

#[test]
fn a_rollout_neither_changes_nor_deletes_an_app_of_somebody_else() {
    let scene = Scene::new(&[]);
    let (blue, green) = (ours("blue", 10_080), ours("green", 10_081));
    for (apps, id) in [
        ([blue.clone(), stranger("/shop-green", 9000, None)], "/shop-green"),
        ([blue, stranger("/shop-green", 9000, Some("cart"))], "/shop-green"),
        ([stranger("/shop-blue", 9000, None), green], "/shop-blue"),
    ] {
        let says = format!("{id} is not what shop was rolled out with");
        let phases = if id == "/shop-blue" { &["canary"] } else { &["promote", "rollback"][..] };
        for &phase in phases {
            scene.put(&[&apps[..], &[record(phase)]].concat());
            let onward = ONWARD.iter().filter(|it| phase == "canary" || it[0] != "canary");
            // It cannot be turned round once more.
            for args in onward {
                scene.refuses(args, 3, &[&says, "remove the record /zdd-rollouts/shop"]);
            }
        }
    }
}

#[test]
fn what_the_hint_about_a_record_says_can_be_done() {
    let (blue, green) = (ours("blue", 10_080), ours("green", 10_081));
    let scene = Scene::new(&[blue.clone(), stranger("/shop-green", 9000, None), record("promote")]);
    let abort: &[&str] = &["abort", "shop", LB, "--dry-run"];
    scene.refuses(abort, 3, &["give it the label HAPROXY_DEPLOYMENT_GROUP=shop"]);
    scene.put(&[blue.clone(), green, record("promote")]);
    scene.run(abort).exits(0).says("rolling /shop-green back");
    scene.is_as_it_was(abort);
    // Without the record nothing is left of it, and the stranger stays.
    scene.put(&[blue, stranger("/shop-green", 9000, None)]);
    scene.refuses(DEPLOY, 3, &["/shop-green is there already"]);
}

#[test]
fn a_second_port_that_is_none_is_refused_everywhere() {
    let scene = Scene::new(&[]);
    let mut wrong = of_a_group();
    wrong["ports"] = json!([10_080, 9000]);
    for value in ["soon", "", "0", "-10081", "65536", "10080", "9000"] {
        wrong["labels"]["HAPROXY_DEPLOYMENT_ALT_PORT"] = value.into();
        scene.zdd.file("shop.json", &wrong);
        let says = format!("the label HAPROXY_DEPLOYMENT_ALT_PORT is `{value}`, no");
        let texts = [says.as_str(), "a service port that no app has"];
        if value == "9000" {
            for apps in [vec![], vec![ours("blue", 10_080)], vec![ours("green", 10_081)]] {
                scene.put(&apps);
                for args in ALL.iter().chain([&ZDD_PY, &ZDD_PY_DRY]) {
                    scene.refuses(args, 2, &texts);
                }
            }
        }
        scene.put(&[]);
        for args in [DEPLOY, ZDD_PY] {
            scene.refuses(args, 2, &texts);
        }
    }
}

/// One more app of the group.
fn third() -> Value {
    let mut app = ours("red", 10_083);
    app["id"] = "/shop".into();
    app
}

#[test]
fn an_extra_app_without_a_record_is_told_with_what_to_remove() {
    let (blue, green) = (ours("blue", 10_080), ours("green", 10_081));
    let scene = Scene::new(&[]);
    for apps in [vec![blue.clone(), green.clone()], vec![blue.clone(), green, third()]] {
        scene.put(&apps);
        let says = format!("has {} apps: /shop", apps.len());
        for args in ALL {
            scene.refuses(args, 3, &[&says, "no rollout of them is recorded", "remove all but"]);
        }
        for args in [["canary", "promote", "shop", LB], ["canary", "rollback", "shop", LB]] {
            scene.refuses(&args, 3, &[&says, "remove all but the one"]);
        }
        let abort: &[&str] = &["abort", "shop", LB];
        scene.refuses(abort, 6, &["no rollout", &says, "remove all but the one"]);
    }
    // Which is what helps.
    scene.put(&[blue]);
    scene.all_go_on();
}

#[test]
fn an_extra_app_is_told_by_whatever_goes_on_with_the_rollout_beside_it() {
    let (blue, green) = (ours("blue", 10_080), ours("green", 10_081));
    let scene = Scene::new(&[blue.clone(), green.clone(), third(), record("canary")]);
    let says = "no part of this rollout, but of the deployment group shop: /shop;";
    scene.run(&["abort", "shop", LB, "--dry-run"]).exits(0).says(says);
    scene.run(CANARY).exits(5).says(says);
    // zdd.py's line does not know which of them are meant.
    let says = "no part of the rollout that goes on: /shop";
    scene.run(ZDD_PY).exits(3).says(says).says("remove /shop;");
    scene.put(&[blue, green, record("canary")]);
    scene.run(&[ZDD_PY, &["-r", "-d"]].concat()).exits(0);
    scene.is_as_it_was(ZDD_PY);
}

#[test]
fn a_rolling_upgrade_creates_no_extra_app() {
    let (blue, green) = (ours("blue", 10_080), ours("green", 10_081));
    let scene = Scene::new(std::slice::from_ref(&blue));
    let rolling: &[&str] = &["deploy", "shop.json", "--strategy", "rolling"];
    let says = "/shop would be one more app of the deployment group shop, beside /shop-blue";
    for args in [rolling, &[rolling, &["--dry-run"]].concat()] {
        scene.refuses(args, 3, &[says, "leave --strategy rolling out"]);
    }
    scene.goes_on(DEPLOY);
    scene.put(&[blue.clone(), green.clone(), record("canary")]);
    scene.refuses(rolling, 3, &[says, "`zdd canary promote shop` or `zdd abort shop`"]);
    // By itself, or where it is there, it is upgraded.
    for apps in [vec![], vec![third()], vec![blue, green, third()]] {
        scene.put(&apps);
        scene.run(&[rolling, &["--dry-run"]].concat()).exits(0);
    }
    scene.is_as_it_was(rolling);
}
