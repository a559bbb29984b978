//! The recorded cases of how Marathon starts a replacement.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use serde_json::Value;
use zdd_core::capacity::{Reading, Start, Tracked, UpgradeStrategy};
use zdd_core::units::InstanceCount;

fn count(value: &Value) -> InstanceCount {
    value.as_u64().unwrap().try_into().unwrap()
}

#[test]
fn every_case_starts_as_in_marathon() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("vectors/restart_strategy.json")).unwrap();
    assert_eq!(cases.len(), 326);
    for case in &cases {
        let strategy = UpgradeStrategy {
            minimum_health_capacity: case["minimumHealthCapacity"]
                .as_f64()
                .unwrap()
                .try_into()
                .unwrap(),
            maximum_over_capacity: case["maximumOverCapacity"]
                .as_f64()
                .unwrap()
                .try_into()
                .unwrap(),
        };
        let tracked = Tracked {
            healthy: count(&case["running_healthy"]),
            total: count(&case["running_total"]),
        };
        let resident = case["resident"].as_bool().unwrap();
        let bounds = strategy.bounds(count(&case["instances"]));
        let expect =
            (count(&case["expect"]["kill_immediately"]), count(&case["expect"]["max_capacity"]));

        let newer = Start::decide(bounds, resident, tracked, Reading::HealthAware);
        assert_eq!((newer.kill, newer.ceiling), expect, "{}", case["name"]);

        // Older Marathons differ in one clause: a surplus is not killed for being one.
        let classic = Start::decide(bounds, resident, tracked, Reading::Classic);
        assert_eq!(
            (classic.ceiling, classic.bend),
            (newer.ceiling, newer.bend),
            "{}",
            case["name"]
        );
        let surplus = tracked.total.saturating_sub(bounds.instances);
        assert_eq!(classic.kill.max(surplus), newer.kill, "{}", case["name"]);
    }
}
