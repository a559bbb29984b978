//! What is about watching, where nothing is watched.

use crate::case::{ABORT, CANARY, Case, DEPLOY, LB, case, check, same, usage};
use crate::there::There;

/// Arguments with an option that nothing would come of.
const fn idle(
    args: &'static [&'static str],
    option: &'static [&'static str],
    says: &'static str,
) -> Case {
    case(args, same, There::One(10_080), 3, says, "as in --pause 10m").with(option)
}

/// A verb that watches nothing does not know the check.
const fn unknown(args: &'static [&'static str]) -> Case {
    usage(args, 2, "unexpected argument '--check-hook").with(&["--check-hook", "./check"])
}

const LIMITS: &[Case] = &[
    idle(
        CANARY,
        &["--max-errors", "1"],
        "--max-errors is about what is watched while a share is kept, and none is kept",
    ),
    idle(CANARY, &["--max-unhealthy", "30s"], "--max-unhealthy is about what is watched"),
    idle(
        &["canary", "start", "shop.json", LB, "--steps", "20,50"],
        &["--min-requests", "5"],
        "--min-requests is about what is watched",
    ),
    idle(CANARY, &["--on-failure", "rollback"], "--on-failure is about what is watched"),
    idle(CANARY, &["--check-hook", "./check"], "--check-hook is about what is watched"),
    idle(
        &["plan", "shop.json", "--weight", "20"],
        &["--max-slowdown", "50"],
        "--max-slowdown is about what is watched",
    ),
];

const CHECKS: &[Case] = &[
    unknown(DEPLOY),
    unknown(&["canary", "promote", LB]),
    unknown(&["canary", "rollback", LB]),
    unknown(ABORT),
    unknown(&["rollback", "shop", LB]),
];

#[test]
fn limits_where_nothing_is_watched() {
    check(LIMITS);
}

#[test]
fn checks_where_nothing_is_watched() {
    check(CHECKS);
}
