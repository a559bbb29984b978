//! Deployments that end in every way, recorded in the words of old and new releases.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod verify_script;

use std::time::Duration;

use verify_script::{STYLES, Script, Step, Style, at};
use zdd_core::guarantee::Guarantee;
use zdd_core::verify::{Fault, Kind, OldCount, Outcome, Replay, Replayed, Report, Why};

const RESTART: &[(&str, &str)] = &[("RestartApplication", "/a")];

fn holds(report: &Report) -> [Option<bool>; 3] {
    Guarantee::ALL.map(|guarantee| report.verdict.holds(guarantee))
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.verdict.findings.iter().map(|found| found.fault.code()).collect()
}

/// The only report, of a recording without issues.
fn only(replayed: &Replayed) -> &Report {
    assert_eq!((replayed.reports.len(), replayed.issues.count), (1, 0), "{replayed:?}");
    &replayed.reports[0]
}

/// In both styles: two old tasks, and what `write` adds.
fn in_both(write: impl Fn(&mut Script), check: impl Fn(&Replayed)) {
    for style in STYLES {
        let mut script = Script::new(style);
        script.up("/a", 11, 1).up("/a", 12, 1);
        write(&mut script);
        check(&script.read());
    }
}

#[test]
fn a_good_replacement_keeps_all() {
    in_both(
        |s| {
            s.begin("d", 2, RESTART).replace("/a", 2).end("deployment_success", "d");
        },
        |replayed| {
            let report = only(replayed);
            assert_eq!((report.old, report.new, report.kind), (2, 2, Kind::Restart));
            // The first is stopped when one new one carries of the two that must.
            assert_eq!(holds(report), [Some(true), Some(true), Some(false)]);
            assert_eq!(codes(report), ["old-touched-too-early"]);
            assert_eq!(report.verdict.lowest_healthy.count, 2);
            assert_eq!(report.verdict.highest_running.count, 3);
            assert_eq!(replayed.outside, 6);
        },
    );
}

#[test]
fn cancelled_is_not_failed() {
    for fails in [false, true] {
        in_both(
            |s| {
                s.begin("d", 2, RESTART).up("/a", 21, 2);
                if fails {
                    s.step("deployment_step_failure", "d", 2, &[RESTART], 0);
                }
                s.end("deployment_failed", "d");
            },
            |replayed| {
                let report = only(replayed);
                let outcome = if fails { Outcome::Failed } else { Outcome::Cancelled };
                assert_eq!(report.outcome, outcome);
                assert_eq!(holds(report), [Some(false); 3]);
                assert_eq!(report.verdict.findings[0].fault, Fault::NotFinished { outcome });
                assert_eq!(codes(report), ["not-finished"]);
            },
        );
    }
}

#[test]
fn a_revert_takes_over_what_is_there() {
    // Marathon cancels before the new deployment begins, or after.
    for cancelled_first in [false, true] {
        in_both(
            |s| {
                s.begin("d", 2, RESTART).up("/a", 21, 2).down("/a", 11, 1);
                if cancelled_first {
                    s.end("deployment_failed", "d").begin("r", 3, RESTART);
                } else {
                    s.begin("r", 3, RESTART).end("deployment_failed", "d");
                }
                s.up("/a", 31, 3).down("/a", 21, 2).up("/a", 32, 3).down("/a", 12, 1);
                s.end("deployment_success", "r");
            },
            |replayed| {
                assert_eq!((replayed.reports.len(), replayed.issues.count), (2, 0));
                let [first, second] = &replayed.reports[..] else { unreachable!() };
                assert_eq!((&*first.deployment, first.outcome), ("d", Outcome::Cancelled));
                assert_eq!((&*second.deployment, second.outcome), ("r", Outcome::Success));
                assert_eq!((second.old, second.new), (2, 2));
                assert_eq!(holds(second)[..2], [Some(true), Some(true)]);
            },
        );
    }
}

#[test]
fn each_app_of_a_deployment_has_its_own_end() {
    let steps: [Step<'_>; 2] = [RESTART, &[("RestartApplication", "/b")]];
    in_both(
        |s| {
            s.up("/b", 11, 1).up("/b", 12, 1);
            s.begin_step("d", 2, &steps, 0).replace("/a", 2);
            s.step("deployment_step_success", "d", 2, &steps, 0);
            s.begin_step("d", 2, &steps, 1).replace("/b", 2);
            s.step("deployment_step_success", "d", 2, &steps, 1);
            s.end("deployment_success", "d");
        },
        |replayed| {
            assert_eq!((replayed.reports.len(), replayed.issues.count), (2, 0));
            let [a, b] = &replayed.reports[..] else { unreachable!() };
            assert_eq!((&*a.app, &*b.app), ("/a", "/b"));
            assert!(a.ended() < b.started());
            for report in [a, b] {
                assert_eq!(report.outcome, Outcome::Success);
                assert_eq!((report.old, holds(report)[1]), (2, Some(true)));
            }
        },
    );
}

#[test]
fn deployments_side_by_side_do_not_mix() {
    in_both(
        |s| {
            s.up("/b", 11, 1).up("/b", 12, 1);
            s.begin("d", 2, RESTART).begin("e", 2, &[("RestartApplication", "/b")]);
            // The second app loses one more than it may, the first none.
            s.up("/a", 21, 2).down("/b", 11, 1).up("/b", 21, 2).down("/a", 11, 1);
            s.up("/a", 22, 2).up("/b", 22, 2).down("/a", 12, 1).down("/b", 12, 1);
            s.end("deployment_success", "e").end("deployment_success", "d");
        },
        |replayed| {
            assert_eq!((replayed.reports.len(), replayed.issues.count), (2, 0));
            let [e, d] = &replayed.reports[..] else { unreachable!() };
            assert_eq!((&*e.app, holds(e)[..2].to_vec()), ("/b", vec![Some(true), Some(false)]));
            assert_eq!((&*d.app, holds(d)[..2].to_vec()), ("/a", vec![Some(true), Some(true)]));
            assert_eq!(codes(e), ["below-floor", "old-touched-too-early"]);
        },
    );
}

#[test]
fn one_after_another_each_begins_with_what_the_last_one_left() {
    in_both(
        |s| {
            for (id, new) in [("d", 2), ("e", 3), ("f", 4)] {
                s.begin(id, new, RESTART).replace("/a", new).end("deployment_success", id);
                // Marathon says twice that a deployment ended.
                s.end("deployment_success", id);
            }
        },
        |replayed| {
            assert_eq!((replayed.reports.len(), replayed.issues.count), (3, 0));
            for report in &replayed.reports {
                assert_eq!((report.old, report.new), (2, 2));
                assert_eq!(holds(report)[..2], [Some(true), Some(true)]);
            }
        },
    );
}

/// Of a deployment that replaces nothing, only the end is judged.
fn not_in_force(report: &Report, kind: Kind) {
    assert_eq!((report.kind, report.outcome), (kind, Outcome::Success));
    assert_eq!(report.verdict.guarantee(Guarantee::Bounds).why, Why::NotInForce);
    assert_eq!(report.verdict.guarantee(Guarantee::SideBySide).why, Why::NotInForce);
    assert_eq!(codes(report), [""; 0]);
}

#[test]
fn to_scale_start_or_stop_is_no_replacement() {
    for (to, kind) in [(3, Kind::Scale), (1, Kind::Scale), (0, Kind::Stop)] {
        in_both(
            |s| {
                s.instances = (2, to);
                let action = if to == 0 { "StopApplication" } else { "ScaleApplication" };
                s.begin("d", 2, &[(action, "/a")]);
                match to {
                    3 => s.up("/a", 13, 1),
                    1 => s.down("/a", 11, 1),
                    _ => s.down("/a", 11, 1).down("/a", 12, 1),
                };
                s.end("deployment_success", "d");
            },
            |replayed| {
                let report = only(replayed);
                not_in_force(report, kind);
                if report.old_from == OldCount::Plan || kind == Kind::Stop {
                    assert_eq!(report.verdict.holds(Guarantee::Completes), Some(true));
                }
            },
        );
    }
    let steps: [Step<'_>; 2] = [&[("StartApplication", "/n")], &[("ScaleApplication", "/n")]];
    for style in STYLES {
        let mut s = Script::new(style);
        s.begin_step("d", 1, &steps, 0).step("deployment_step_success", "d", 1, &steps, 0);
        s.begin_step("d", 1, &steps, 1).up("/n", 11, 1).up("/n", 12, 1);
        s.step("deployment_step_success", "d", 1, &steps, 1).end("deployment_success", "d");
        let replayed = s.read();
        not_in_force(only(&replayed), Kind::Scale);
        assert_eq!(replayed.reports[0].old, 0);
        assert_eq!(replayed.outside, 0);
    }
}

#[test]
fn a_kill_without_notice_counts_as_one() {
    in_both(
        |s| {
            s.begin("d", 2, RESTART).task("/a", 11, 1, "KILLED").up("/a", 21, 2);
            s.task("/a", 12, 1, "KILLED").up("/a", 22, 2).end("deployment_success", "d");
        },
        |replayed| {
            let report = only(replayed);
            assert_eq!(report.verdict.failed, 0);
            assert_eq!(codes(report), ["below-floor", "old-touched-too-early"]);
            let Fault::BelowFloor { healthy, floor, times } = report.verdict.findings[0].fault
            else {
                unreachable!()
            };
            assert_eq!((healthy, floor, times), (1, 2, 2));
        },
    );
}

#[test]
fn an_instance_is_born_again_and_the_unreachable_come_back() {
    for (ends, births) in [("FAILED", ["STAGING", "RUNNING"]), ("UNREACHABLE", ["RUNNING"; 2])] {
        in_both(
            |s| {
                s.begin("d", 2, RESTART).up("/a", 21, 2).task("/a", 21, 2, ends);
                for state in births {
                    s.task("/a", 21, 2, state);
                }
                s.health("/a", 21, 2, true).down("/a", 11, 1);
                s.up("/a", 22, 2).down("/a", 12, 1).end("deployment_success", "d");
            },
            |replayed| {
                let report = only(replayed);
                assert_eq!(report.verdict.failed, 1);
                assert_eq!(holds(report)[0], Some(true));
                assert_eq!(codes(report), ["task-failed", "old-touched-too-early"]);
                assert_eq!(report.verdict.highest_running.count, 3);
            },
        );
    }
}

/// Since 1.8 an instance can end and be launched again within a millisecond. What is said of its
/// launch then is no echo of its life before.
#[test]
fn an_instance_is_born_again_in_the_moment_of_its_end() {
    for (born, expected) in
        [(&["SCHEDULED", "PROVISIONED", "RUNNING"][..], true), (&["RUNNING"], false)]
    {
        let mut s = Script::new(Style::Instances);
        s.up("/a", 11, 1).up("/a", 12, 1).begin("d", 2, RESTART);
        s.up("/a", 21, 2).up("/a", 22, 2).task("/a", 22, 2, "FAILED");
        for state in born {
            s.wait(-1).task("/a", 22, 2, state);
        }
        s.health("/a", 22, 2, true).down("/a", 11, 1).down("/a", 12, 1);
        let replayed = s.end("deployment_success", "d").read();
        let report = only(&replayed);
        assert_eq!(report.verdict.failed, 1);
        assert_eq!(holds(report)[0], Some(expected), "{born:?}: {:?}", report.verdict);
    }
}

#[test]
fn a_stall_is_what_the_caller_calls_one() {
    in_both(
        |s| {
            s.begin("d", 2, RESTART).wait(90).replace("/a", 2).end("deployment_success", "d");
        },
        |replayed| assert!(!codes(only(replayed)).contains(&"stalled")),
    );
    let mut s = Script::new(Style::Tasks);
    s.begin("d", 2, RESTART).wait(90).replace("/a", 2).end("deployment_success", "d");
    for (seconds, stalls) in [(91, true), (92, false)] {
        let replay = Replay::new().with_stall_after(Duration::from_secs(seconds));
        let replayed = replay.read(s.text.as_bytes());
        let stalled = replayed.reports[0].verdict.findings.iter().find(
            |found| matches!(found.fault, Fault::Stalled { silence } if silence.as_secs() == 91),
        );
        assert_eq!(stalled.map(|found| found.at), stalls.then(|| at(91)));
    }
}

#[test]
fn without_health_checks_running_is_healthy() {
    in_both(
        |s| {
            s.checks = false;
            s.begin("d", 2, RESTART).replace("/a", 2).end("deployment_success", "d");
        },
        |replayed| assert_eq!(holds(only(replayed))[..2], [Some(true), Some(true)]),
    );
}
