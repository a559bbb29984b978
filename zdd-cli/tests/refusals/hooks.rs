//! Hooks that cannot be called, before anything is begun.

use crate::case::{Case, LB, check, usage};

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
