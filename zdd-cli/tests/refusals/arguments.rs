//! Arguments that cannot be used, by themselves or with others.

use crate::case::{Case, LB, case, check, same, usage};
use crate::there::There;

const OF_OTHERS: &[Case] = &[
    // Of rollouts, and not of rolling upgrades.
    usage(&["resume", "--file", "shop.json", "--metrics", "0"], 3, "--metrics belongs to blue/gre"),
    usage(&["abort", "/shop", "--notify", "http://127.0.0.1:1/"], 3, "--notify belongs to blue/gr"),
    case(
        &["resume", "shop", LB, "--metrics", "nowhere"],
        same,
        There::Held,
        2,
        "`nowhere` is no address for metrics",
        "127.0.0.1:9100",
    ),
    case(
        &["abort", "shop", LB, "--metrics", "nowhere"],
        same,
        There::Held,
        2,
        "`nowhere` is no address for metrics",
        "127.0.0.1:9100",
    ),
    case(
        &["abort", "shop", LB, "--notify", "nowhere"],
        same,
        There::Held,
        2,
        "the address for notices cannot be used",
        "https://hooks.example/zdd",
    ),
    // Of rolling upgrades, and not of blue/green.
    usage(&["deploy", "shop.json", LB, "--restart"], 3, "--restart belongs to rolling upgrades"),
    usage(&["deploy", "shop.json", LB, "--force"], 3, "--force belongs to rolling upgrades"),
    usage(&["deploy", "shop.json", LB, "--allow-broken"], 3, "--allow-broken belongs to rolling"),
    usage(&["deploy", "shop.json", LB, "--wait-lock", "1m"], 3, "--wait-lock belongs to rolling"),
    usage(
        &["deploy", "shop.json", LB, "--expect-version", "2026-01-02T03:04:05.678Z"],
        3,
        "--expect-version belongs to rolling upgrades",
    ),
    usage(
        &["deploy", "shop.json", LB, "--on-failure", "revert", "--timeout=5m"],
        3,
        "--on-failure belongs to",
    ),
];

const VALUES: &[Case] = &[
    // Each other.
    usage(&["deploy", "shop.json", "--force", "--wait-lock", "1m"], 2, "cannot be used with"),
    usage(
        &["deploy", "shop.json", LB, "--haproxy-master=127.0.0.1:2,127.0.0.1:3"],
        3,
        "1 admin socket and 2 master sockets",
    ),
    // Numbers.
    usage(&["deploy", "shop.json", LB, "--initial-instances", "0"], 2, "invalid value '0'"),
    usage(&["deploy", "shop.json", LB, "--initial-instances=-1"], 2, "invalid value '-1'"),
    usage(&["deploy", "shop.json", LB, "--linear-increase", "0"], 2, "invalid value '0'"),
    usage(&["deploy", "shop.json", LB, "--linear-increase=-2"], 2, "invalid value '-2'"),
    usage(&["deploy", "shop.json", LB, "--drain-timeout=-5s"], 2, "invalid value '-5s'"),
    usage(&["deploy", "shop.json", LB, "--on-drain-timeout", "hope"], 2, "invalid value 'hope'"),
    usage(&["deploy", "shop.json", LB, "--strategy", "magic"], 2, "invalid value 'magic'"),
    usage(&["canary", "start", "shop.json", LB], 2, "no share given"),
    usage(&["canary", "start", "shop.json", LB, "--weight", "-1"], 2, "invalid value '-1'"),
    usage(&["canary", "start", "shop.json", LB, "--weight", "101"], 2, "invalid value '101'"),
    usage(&["canary", "start", "shop.json", LB, "--weight", "few"], 2, "invalid value 'few'"),
    usage(
        &["canary", "start", "shop.json", LB, "--weight", "5", "--instances", "0"],
        2,
        "invalid value '0'",
    ),
    usage(
        &["canary", "start", "shop.json", LB, "--weight", "5", "--instances=-3"],
        2,
        "invalid value '-3'",
    ),
    usage(&["canary", "start", "shop.json", LB, "--weight", "5", "--timeout", "0x"], 2, "'0x'"),
    // Balancers.
    usage(&["deploy", "shop.json"], 2, "no HAProxy given"),
    usage(&["canary", "promote", "shop"], 2, "no HAProxy given"),
    usage(&["deploy", "shop.json", "--haproxy", "nowhere:0"], 2, "nowhere:0"),
    usage(&["deploy", "shop.json", "-l", "no url"], 2, "the address of marathon-lb"),
    // Files.
    usage(&["canary", "start", "nowhere.json", "--weight", "5", LB], 2, "nowhere.json: no such"),
];

const NOTHING_THERE: &[Case] = &[
    usage(&["canary", "promote", LB], 3, "no canary goes on"),
    usage(&["canary", "rollback", "shop", LB], 3, "no canary of shop goes on"),
    usage(&["canary", "hold", "shop", LB], 3, "no canary of shop goes on"),
];

/// An empty variable of a script: with a rollout of some group there, that is not the one that is meant.
const NAMELESS: &[Case] = &[
    nameless(&["canary", "promote", "", LB]),
    nameless(&["canary", "promote", "/", LB]),
    nameless(&["canary", "rollback", "", LB]),
    nameless(&["canary", "approve", "", LB]),
    nameless(&["canary", "hold", "", LB]),
    nameless(&["canary", "status", "/"]),
    nameless(&["rollback", "", LB]),
    nameless(&["history", "/"]),
    nameless(&["abort", "", LB]),
    nameless(&["resume", "/", LB]),
    nameless(&["status", ""]),
];

const fn nameless(args: &'static [&'static str]) -> Case {
    case(args, same, There::Canary, 2, "name of a deployment group", "")
}

#[test]
fn an_empty_name_is_no_group() {
    check(NAMELESS);
}

#[test]
fn options_of_other_strategies() {
    check(OF_OTHERS);
}

#[test]
fn values_that_cannot_be_used() {
    check(VALUES);
}

#[test]
fn nothing_to_go_on_with() {
    check(NOTHING_THERE);
}
