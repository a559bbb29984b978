//! `zdd deploy` from the file to the verdict, against a Marathon that goes wrong on demand.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;

use fake::{Fake, Knobs, Zdd};
use serde_json::{Value, json};

fn shop(version: &str) -> Value {
    json!({
        "id": "/shop", "cmd": "./shop", "instances": 4, "env": {"V": version},
        "upgradeStrategy": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.25},
    })
}

#[test]
fn an_upgrade_is_shown_carried_out_recorded_and_judged() {
    let fake = Fake::start(Knobs::default());
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &shop("2"));
    let told = zdd.run(&["deploy", "shop.json", "--record", "log"]).exits(0);
    let told = told.says("/shop (shop.json): a rolling upgrade").says(r#"env.V: "1" -> "2""#);
    let told = told.says("4 old instances replaced by 4").says("✔ bounds: held");
    told.says("✔ /shop: deployment deployment-5 done: 4 of 4 instances serve");
    assert_eq!(fake.world().changes(), ["PUT /v2/apps/shop"]);
    zdd.run(&["verify", "log"]).exits(0).says("✔ bounds: held");
}
