//! Groups in which something is under way, or that are no pair.

use serde_json::Value;

use crate::case::{ABORT, CANARY, Case, DEPLOY, LB, ROLLBACK, case, check, same};
use crate::there::There;

const GROUPS: &[Case] = &[
    case(DEPLOY, same, There::Twins, 3, "has 2 apps: /shop-1, /shop-2", "promote it, or roll"),
    case(CANARY, same, There::Three, 3, "has 3 apps: /shop-1, /shop-2, /shop-3", "promote it, or"),
    case(DEPLOY, same, There::BadRecord, 2, "/zdd-rollouts/shop/g1 is no record", "/zdd-rollouts"),
    case(CANARY, same, There::BadRecord, 2, "/zdd-rollouts/shop/g1 is no record", "/zdd-rollouts"),
    case(
        &["canary", "promote", "shop", LB],
        same,
        There::NewerRecord,
        2,
        "was written by a newer zdd (form 99",
        "/zdd-rollouts",
    ),
    case(DEPLOY, same, There::Held, 12, "shop is held by ann@build-7, process 1", "--take-over"),
    case(CANARY, same, There::Held, 12, "shop is held by ann@build-7, process 1", "--take-over"),
    case(
        &["canary", "rollback", "shop", LB],
        same,
        There::Held,
        12,
        "shop is held by ann@build-7, process 1",
        "--take-over",
    ),
    // The rest of what was begun is of the file that it was begun with. Where that is this one, the
    // balancer is asked, and is not there.
    case(DEPLOY, same, There::First, 5, "127.0.0.1:1", ""),
    case(
        DEPLOY,
        other,
        There::First,
        3,
        "on its way to another version, /shop-blue",
        "zdd abort shop",
    ),
    case(
        DEPLOY,
        more,
        There::First,
        3,
        "on its way to another version, /shop-blue",
        "zdd abort shop",
    ),
    case(DEPLOY, same, There::Alone("promote"), 5, "127.0.0.1:1", ""),
    case(
        DEPLOY,
        other,
        There::Alone("promote"),
        3,
        "another version, /shop-green",
        "zdd resume shop",
    ),
    case(
        DEPLOY,
        more,
        There::Alone("promote"),
        3,
        "another version, /shop-green",
        "zdd resume shop",
    ),
    case(ABORT, same, There::Alone("promote"), 3, "/shop-blue is gone", "zdd resume shop"),
    case(ROLLBACK, same, There::Alone("promote"), 3, "/shop-blue is gone", "zdd resume shop"),
    case(ABORT, same, There::Alone("rollback"), 3, "/shop-blue is gone", "zdd canary promote shop"),
    // Other steps are no other version, as long as there is room for them.
    case(CANARY, other, There::Canary, 3, "a canary of another version", "zdd canary promote shop"),
    case(
        &["canary", "start", "shop.json", "--steps", "20x2,50x3", LB],
        same,
        There::Canary,
        5,
        "127.0.0.1:1",
        "",
    ),
    case(
        &["canary", "start", "shop.json", "--steps", "20x2,50x4", LB],
        same,
        There::Canary,
        3,
        "shop was made for 3 new instances at most, and a step wants 4",
        "zdd canary promote shop",
    ),
];

fn other(app: &mut Value) {
    app["cmd"] = "./other".into();
}

fn more(app: &mut Value) {
    app["instances"] = 3.into();
}

#[test]
fn groups_that_cannot_be_used() {
    check(GROUPS);
}
