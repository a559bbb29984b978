//! Hooks that cannot be called, or of which nothing would come: said before anything is begun.

use crate::case::{ABORT, Case, DEPLOY, LB, ROLLBACK, case, check, drop_label, same, usage};
use crate::there::There;

const RESUME: &[&str] = &["resume", "shop", LB];
const ROLLING: &str = "belongs to blue/green deployments; this one is rolling";
const ON_THE_WAY_BACK: &str =
    "--after-promote-hook is told when a version has taken over, and none does on the way back";
const UNWATCHED: &str = "--check-hook is about a canary that is watched, and nothing is watched";

/// Marathon replaces the instances, and asks nobody.
const fn rolling(args: &'static [&'static str], hook: &'static [&'static str]) -> Case {
    usage(args, 3, ROLLING).with(hook)
}

/// Of a group where this is there.
const fn of_group(
    args: &'static [&'static str],
    hook: &'static [&'static str],
    there: There,
    says: &'static str,
) -> Case {
    case(args, same, there, 3, says, "leave it out").with(hook)
}

const IDLE: &[Case] = &[
    rolling(&["deploy", "shop.json", "--strategy", "rolling"], &["--pre-kill-hook", "true"]),
    rolling(&["deploy", "shop.json", "--strategy", "rolling"], &["--before-delete-hook", "true"]),
    rolling(&["deploy", "shop.json", "--strategy", "rolling"], &["--after-promote-hook", "true"]),
    rolling(&["resume", "--file", "shop.json"], &["--pre-kill-hook", "true"]),
    rolling(&["abort", "/shop"], &["--before-delete-hook", "true"]),
    case(
        DEPLOY,
        |app| drop_label(app, "HAPROXY_DEPLOYMENT_GROUP"),
        There::Nothing,
        3,
        ROLLING,
        "leave it out, or give the app the label",
    )
    .with(&["--after-promote-hook", "true"]),
    usage(&["resume", "--file", "shop.json"], 3, UNWATCHED).with(&["--check-hook", "true"]),
    of_group(RESUME, &["--check-hook", "true"], There::First, UNWATCHED),
    of_group(RESUME, &["--check-hook", "true"], There::Alone("rollback"), UNWATCHED),
    // Both stand beside each other, for as long as somebody likes.
    of_group(RESUME, &["--check-hook", "true"], There::Canary, UNWATCHED),
    of_group(ABORT, &["--after-promote-hook", "true"], There::Canary, ON_THE_WAY_BACK),
    of_group(ROLLBACK, &["--after-promote-hook", "true"], There::Canary, ON_THE_WAY_BACK),
];

const UNUSABLE: &[Case] = &[
    usage(&["deploy", "shop.json", LB, "--pre-kill-hook", "./typo"], 2, "./typo: no such file"),
    usage(&["deploy", "shop.json", LB, "--before-delete-hook", "."], 2, ".: no executable of"),
    usage(&["deploy", "shop.json", LB, "--after-promote-hook", "./shop.json"], 2, "not executable"),
    usage(
        &[
            "canary",
            "start",
            "shop.json",
            LB,
            "--weight",
            "5",
            "--pause",
            "10m",
            "--check-hook",
            "./typo",
        ],
        2,
        "--check-hook ./typo: no such file",
    ),
    usage(&["canary", "promote", LB, "--pre-kill-hook", "../"], 2, "../: it is no file"),
];

#[test]
fn hooks_that_cannot_be_called() {
    check(UNUSABLE);
}

#[test]
fn hooks_that_nothing_would_come_of() {
    check(IDLE);
}
