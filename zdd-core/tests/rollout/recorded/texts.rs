//! What is written of a rollout, and what is read where some of it is missing.

use std::time::Duration;

use serde_json::json;
use zdd_core::rollout::{Outcome, Rollout, Split, Target};
use zdd_core::verify::rollout::wire::How;
use zdd_core::verify::rollout::{Holds, Reader, Report, Rule, is_rollout};

use super::super::world::{NEW, OLD, World, app};
use super::super::{BACK, CANARY, id, to};
use super::stage::{Stage, all_held, holds, honest, promotion, review, with_canary};

#[test]
fn a_canary_and_its_ends_hold() {
    let mut stage = Stage::new(World::new(3, 2));
    for (rollout, last) in [(to(CANARY), "canary"), (promotion(), "promote")] {
        stage.lines.clear();
        assert_eq!(stage.carry_out(rollout, 3, &[], &mut honest), Outcome::Reached);
        let report = stage.report();
        all_held(&report);
        assert_eq!(report.lowest.unwrap().serving, 3);
        assert_eq!(json!(report.begin.phase), last);
        assert_eq!(report.shares.len(), 2);
        assert_eq!(report.cut_sessions, 0);
    }
    let mut stage = with_canary(1);
    let back = to(BACK).on_the_way_back();
    assert_eq!(stage.carry_out(back, 3, &[], &mut honest), Outcome::Reached);
    let report = stage.report();
    all_held(&report);
    assert_eq!((report.actions.deleted, report.shares[0].found), (1, Some(0.0)));
    assert!(report.waited.contains_key("sessions"), "{:?}", report.waited);
}

#[test]
fn the_first_of_its_group_holds() {
    let mut stage = Stage::new(World::new(0, 1));
    let target = Target { old: 0, new: 3, traffic: Split::NEW.into() };
    let first = Rollout::new(None, id(NEW), target).with_definition(app(NEW, 3));
    assert_eq!(stage.carry_out(first.holding(Split::NEW), 0, &[], &mut honest), Outcome::Reached);
    all_held(&stage.report());
}

#[test]
fn nothing_secret_is_written() {
    let text = r#"{"id": "/shop-green", "instances": 1, "cmd": "s3cret", "env": {"A": "s3cret"},
        "labels": {"HAPROXY_0_AUTH": "s3cret", "x": "s3cret"}, "user": "s3cret",
        "healthChecks": [{"protocol": "COMMAND", "command": {"value": "s3cret"}}],
        "container": {"docker": {"image": "s3cret", "portMappings": [{"containerPort": 80}]}}}"#;
    let mut stage = Stage::new(World::new(3, 1));
    let rollout = Rollout::new(Some(id(OLD)), id(NEW), CANARY)
        .with_definition(zdd_core::app::App::parse(text).unwrap());
    assert_eq!(stage.carry_out(rollout, 3, &[], &mut honest), Outcome::Reached);
    let all = stage.lines.join("\n");
    assert!(!all.contains("s3cret"), "{all}");
    // It was seen, with what a server can be found by.
    assert!(all.contains(r#""containerPort":80"#), "{all}");
    all_held(&stage.report());
}

#[test]
fn a_long_wait_is_small() {
    let mut world = World::new(3, 1);
    world.start_up = Duration::from_secs(250);
    let mut stage = Stage::new(world);
    assert_eq!(stage.carry_out(to(CANARY), 3, &[], &mut honest), Outcome::Reached);
    // 250 looks, and a sign of life every half minute.
    assert!(stage.lines.len() < 40, "{}", stage.lines.len());
    all_held(&stage.report());
}

#[test]
fn what_is_missing_is_not_held() {
    let mut stage = with_canary(1);
    assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
    let codes =
        |report: &Report| -> Vec<_> { report.findings.iter().map(|it| it.fault.code()).collect() };
    // Without its end.
    let cut = stage.lines[..stage.lines.len() - 1].join("\n");
    let report = review(&cut).reports.remove(0);
    assert_eq!((holds(&report), codes(&report)), ([Holds::Unknown; 5], vec!["no-end"]));
    // With a line that stops in the middle.
    let reviewed = review(&cut[..cut.len() - 5]);
    assert_eq!(reviewed.issues.count, 1);
    assert_eq!(reviewed.issues.listed[0].what.to_string(), "stops in the middle");
    assert_eq!(codes(&reviewed.reports[0]), ["gap", "no-end"]);
    // Taken over by another one.
    stage.generation = 2;
    let mut lines: Vec<_> = stage.lines[..4].to_vec();
    lines.extend_from_slice(&stage.lines);
    let begin = lines[4].replace("\"generation\":1", "\"generation\":2");
    lines[4] = begin;
    let reviewed = review(&lines.join("\n"));
    assert_eq!(reviewed.reports.len(), 2);
    assert!(codes(&reviewed.reports[0]).contains(&"taken-over"));
    all_held(&reviewed.reports[1]);
    // A long silence.
    let mut lines = stage.lines.clone();
    for line in &mut lines[..2] {
        *line = line.replace("\"at\":\"1970-01-01T00:1", "\"at\":\"1970-01-01T00:0");
    }
    let report = review(&lines.join("\n")).reports.remove(0);
    assert_eq!(report.rule(Rule::Completeness).why.holds(), Holds::Unknown);
    assert!(codes(&report).contains(&"gap"), "{:#?}", report.findings);
    // No beginning at all.
    let reviewed = review(&stage.lines[1..].join("\n"));
    assert_eq!((reviewed.reports.len(), reviewed.issues.count), (0, stage.lines.len() as u64 - 1));
}

#[test]
fn newer_forms_are_refused_and_unknown_fields_are_not() {
    let mut stage = with_canary(1);
    assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
    let text = stage.lines.join("\n");
    assert!(is_rollout(text.as_bytes()));
    assert!(!is_rollout(br#"{"eventType":"status_update_event"}"#));
    let more = text.replace("\"schema\":1", "\"schema\":1,\"more\":[{}]");
    all_held(&review(&more).reports[0]);
    let more = format!("{}\n{{\"schema\":1,\"rollout\":\"later\"}}\n{text}", stage.lines[0]);
    let reviewed = review(&more);
    assert_eq!(reviewed.issues.listed[0].what.to_string(), "`later` is not known");
    let newer = text.replacen("\"schema\":1", "\"schema\":2", 1);
    let mut reader = Reader::new();
    let refused = reader.push(format!("{newer}\n").as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "line 1 was written by a newer zdd (form 2, 1 is known)");
    assert_eq!(reader.finish().unwrap_err(), refused);
    let lost = text.replace("\"outcome\":\"reached\"", "\"outcome\":\"other\"");
    assert_eq!(review(&lost).reports[0].end.as_ref().unwrap().outcome, How::Unknown);
}
