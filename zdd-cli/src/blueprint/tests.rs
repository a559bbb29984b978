use super::{Blueprint, BlueprintError};

const LAB: &str = include_str!("../../../examples/canary/simpleservice-blueprint.yaml");

fn refused(text: &str) -> String {
    Blueprint::parse(text).expect_err("it is wrong").to_string()
}

/// The blueprint of the lab with something else in it.
fn with(old: &str, new: &str) -> String {
    assert!(LAB.contains(old), "{old}");
    LAB.replacen(old, new, 1)
}

#[test]
fn the_lab_has_three_old_and_one_new_and_splits_four_to_one() {
    let Blueprint { sides } = Blueprint::parse(LAB).unwrap();
    let told: Vec<_> = sides
        .iter()
        .map(|side| (side.version.as_str(), side.share, side.app.instances().get()))
        .collect();
    assert_eq!(told, [("simpleservice:0.9", 80, 3), ("simpleservice:1.0", 20, 1)]);
    let [old, new] = sides.as_slice() else { panic!("two sides") };
    insta::assert_snapshot!(serde_json::to_string_pretty(&old.app).unwrap());
    assert_eq!(old.app.id(), new.app.id());
    let text = serde_json::to_string(&new.app).unwrap();
    assert!(text.contains(r#""SIMPLE_SERVICE_VERSION":"1.0""#), "{text}");
}

#[test]
fn each_refusal() {
    let told: Vec<String> = [
        "",
        "name: [",
        "just a text",
        &with("name: simpleservice\n", "name: simpleservice\nworkflows: {}\n"),
        &with("cpu: 0.1", "cpu: much"),
        &with("memory: 32MB", "memory: 32XB"),
        &with("instances: 3", "instances: -3"),
        &with("weight: 80%", "weight: 180%"),
        &with("weight: 80%", "weight: 70%"),
        &with("        simpleservice:1.0:\n          weight: 20%\n", ""),
        &with("        simpleservice:1.0:\n", "        simpleservice:2.0:\n"),
        &with("10099: simpleservice/port", "10099: other/port"),
        &with("10099: simpleservice/port", "10099: simpleservice/web"),
        &with("10099: simpleservice/port", "100990: simpleservice/port"),
        &with(
            "10099: simpleservice/port",
            "10099: simpleservice/port\n  10100: simpleservice/port",
        ),
        &with("port: 0/http", "port: 0/ftp"),
        &with("deployable: mhausenblas/simpleservice:0.4.0", "depoyable: x"),
        &with("          name: simpleservice:1.0", "          name: simpleservice:0.9"),
        &with("      routes:\n", "      sticky: service\n      routes:\n"),
        &with("---\n", "---\nkind: gateway\n"),
        &format!("{LAB}\n        dialects: {{}}\n"),
    ]
    .into_iter()
    .map(refused)
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_single_service_gets_all() {
    let text = "
name: shop
gateways: {8000: web/http}
clusters:
  web:
    services:
      - breed: {name: 'shop:1', deployable: 'shop:1', ports: {http: 8080, admin: 9000/tcp}}
        environment_variables: {LEVEL: 3}
        scale: {cpu: 100m, memory: 1GB}
";
    let Blueprint { sides } = Blueprint::parse(text).unwrap();
    let [side] = sides.as_slice() else { panic!("one side") };
    assert_eq!((side.share, side.app.instances().get()), (100, 1));
    let text = serde_json::to_string(&side.app).unwrap();
    for part in [r#""LEVEL":"3""#, r#""mem":1024"#, r#""cpus":0.1"#, r#""containerPort":9000"#] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

proptest::proptest! {
    #[test]
    fn garbage_is_refused(text in "[-: a-z\n\\[\\]{}&*%0-9]{0,200}") {
        let _: Result<Blueprint, BlueprintError> = Blueprint::parse(&text);
    }
}
