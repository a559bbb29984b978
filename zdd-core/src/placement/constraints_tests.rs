use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::app::App;
use crate::placement::{Resources, counts_for_constraints};
use crate::units::Timestamp;

fn agent(rack: Option<Attribute>, host: &str) -> Agent {
    let mut agent = Agent::new(host.parse().unwrap(), host, Resources::default());
    agent.attributes.extend(rack.map(|rack| ("rack".into(), rack)));
    agent
}

fn on_rack(rack: &str) -> Agent {
    agent(Some(Attribute::Text(rack.into())), "h")
}

fn rule(constraint: &str, grouping: Grouping) -> Result<Rule, ConstraintError> {
    let app = format!(r#"{{"id": "/a", "cmd": "a", "constraints": [{constraint}]}}"#);
    Rule::new(&App::parse(&app).unwrap().constraints()[0], grouping)
}

/// Whether an instance may go to `rack` while others are on `counted`.
fn accepts(constraint: &str, rack: &str, counted: &[&str]) -> bool {
    accepts_in(Grouping::Fewest, 4, constraint, rack, counted)
}

fn accepts_in(
    grouping: Grouping,
    instances: u16,
    constraint: &str,
    rack: &str,
    counted: &[&str],
) -> bool {
    let rule = rule(constraint, grouping).unwrap();
    let counted: Vec<_> = counted.iter().map(|rack| on_rack(rack)).collect();
    rule.accepts(&on_rack(rack), &rule.tally(counted.iter()), instances.into())
}

#[test]
fn each_operator_asks_its_own_question() {
    let unique = r#"["rack", "UNIQUE"]"#;
    assert!(accepts(unique, "a", &["b", "c"]) && !accepts(unique, "a", &["b", "a"]));

    let cluster = r#"["rack", "CLUSTER", "a"]"#;
    assert!(accepts(cluster, "a", &["b"]) && !accepts(cluster, "b", &["b"]));
    let any_cluster = r#"["rack", "CLUSTER"]"#;
    assert!(accepts(any_cluster, "a", &[]) && accepts(any_cluster, "a", &["a", "b"]));
    assert!(!accepts(any_cluster, "b", &["a", "b"]));

    let max_per = r#"["rack", "MAX_PER", "2"]"#;
    assert!(accepts(max_per, "a", &["a", "b", "b"]) && !accepts(max_per, "b", &["a", "b", "b"]));

    let is = r#"["rack", "IS", "a"]"#;
    assert!(accepts(is, "a", &[]) && !accepts(is, "aa", &[]));
}

#[test]
fn patterns_match_the_whole_value() {
    let like =
        |pattern: &str, value| accepts(&format!(r#"["rack", "LIKE", "{pattern}"]"#), value, &[]);
    assert!(like("a|ab", "ab") && like("r[0-9]+", "r12") && like(r"r\\d+", "r12"));
    assert!(!like("a|ab", "abc") && !like("b", "ab") && !like("r[0-9]", "r12"));
    assert!(like("(?i)RACK", "rack"));
    let unlike = r#"["rack", "UNLIKE", "r1"]"#;
    assert!(accepts(unlike, "r12", &[]) && !accepts(unlike, "r1", &[]));
}

#[test]
fn patterns_of_hostile_form_are_refused() {
    for pattern in ["a)(b", "(?=a)b", "((a{1000}){1000}){1000}", "[", "(?P<x>a", r"(a)\\1"] {
        let rule = rule(&format!(r#"["rack", "LIKE", "{pattern}"]"#), Grouping::Fewest);
        let error = rule.unwrap_err().to_string();
        assert!(error.contains("not a pattern that can be used"), "{error}");
        assert!(!error.contains('\n') && error.len() < 400, "{error}");
    }
    let long = "a".repeat(5000);
    let error = rule(&format!(r#"["rack", "LIKE", "{long}"]"#), Grouping::Fewest).unwrap_err();
    assert!(error.to_string().ends_with("longer than 4096 bytes"), "{error}");
}

#[test]
fn an_agent_without_the_field_suits_only_unlike() {
    let bare = agent(None, "h");
    let mut n_accepted = 0;
    for operator in [
        r#""UNIQUE""#,
        r#""CLUSTER""#,
        r#""GROUP_BY""#,
        r#""LIKE", ".*""#,
        r#""MAX_PER", "1""#,
        r#""IS", "a""#,
        r#""UNLIKE", ".*""#,
    ] {
        let rule = rule(&format!(r#"["rack", {operator}]"#), Grouping::Fewest).unwrap();
        let is_accepted = rule.accepts(&bare, &Tally::default(), 1_u16.into());
        assert_eq!(is_accepted, operator.contains("UNLIKE"), "{operator}");
        n_accepted += u32::from(is_accepted);
    }
    assert_eq!(n_accepted, 1);
}

#[test]
fn numbers_are_equal_in_any_spelling() {
    let number = agent(Some(Attribute::Number(1.5)), "h");
    let is = |value: &str| {
        let rule = rule(&format!(r#"["rack", "IS", "{value}"]"#), Grouping::Fewest).unwrap();
        (rule.accepts(&number, &Tally::default(), 1_u16.into()), accepts_text(&rule, "1.5"))
    };
    assert_eq!(is("1.5"), (true, true));
    assert_eq!(is("1.500"), (true, false));
    assert_eq!(is("1.5004"), (true, false));
    assert_eq!(is("1.51"), (false, false));
}

fn accepts_text(rule: &Rule, rack: &str) -> bool {
    rule.accepts(&on_rack(rack), &Tally::default(), 1_u16.into())
}

#[test]
fn grouping_takes_new_values_first() {
    let group_by = r#"["rack", "GROUP_BY"]"#;
    assert!(accepts(group_by, "c", &["a", "a", "b"]));
    assert!(accepts(group_by, "b", &["a", "a", "b"]) && !accepts(group_by, "a", &["a", "a", "b"]));
    // Three racks are promised: nothing is doubled before the third has one.
    let of_three = r#"["rack", "GROUP_BY", "3"]"#;
    assert!(!accepts(of_three, "a", &["a", "b"]) && accepts(of_three, "c", &["a", "b"]));
    assert!(accepts(of_three, "a", &["a", "b", "c"]));
}

#[test]
fn shares_are_those_of_the_division() {
    let of_three = r#"["rack", "GROUP_BY", "3"]"#;
    let accepts = |rack, counted| accepts_in(Grouping::Shares, 8, of_three, rack, counted);
    // 8 = 3 + 3 + 2: the older rule would not put a second one on a rack before the third has one.
    assert!(accepts("a", &["a", "b"]));
    assert!(accepts("a", &["a", "a"]) && !accepts("a", &["a", "a", "a"]));
    assert!(accepts("c", &["a", "a", "a", "b", "b", "b"]));
    assert!(!accepts("c", &["a", "a", "a", "b", "b", "b", "c", "c"]));
    // No fourth rack.
    assert!(!accepts("d", &["a", "b", "c"]));
    // Without a number the older rule goes on.
    let group_by = r#"["rack", "GROUP_BY"]"#;
    assert!(!accepts_in(Grouping::Shares, 8, group_by, "a", &["a", "a", "b"]));
}

#[test]
fn the_rule_changed_with_1_11() {
    let of = |version: &str| Grouping::of(version.parse().unwrap());
    assert_eq!(["1.3", "1.10.17"].map(of), [Grouping::Fewest; 2]);
    assert_eq!(["1.11.0", "2.0"].map(of), [Grouping::Shares; 2]);
}

#[test]
fn instances_of_the_last_configuration_count() {
    let app = App::parse(
        r#"{"id": "/a", "cmd": "a", "version": "2020-01-03T00:00:00.000Z", "versionInfo": {
            "lastScalingAt": "2020-01-03T00:00:00.000Z",
            "lastConfigChangeAt": "2020-01-02T00:00:00.000Z"}}"#,
    )
    .unwrap();
    let counts = |day| {
        counts_for_constraints(format!("2020-01-0{day}T00:00:00.000Z").parse().unwrap(), &app)
    };
    assert_eq!([1, 2, 3].map(counts), [false, true, true]);
    let unversioned = App::parse(r#"{"id": "/a", "cmd": "a"}"#).unwrap();
    assert!(counts_for_constraints(Timestamp::EPOCH, &unversioned));
}

proptest! {
    /// Whichever rack is offered first, the racks end up even.
    #[test]
    fn groups_end_up_even(
        order in Just(vec!["a", "b", "c"]).prop_shuffle(), instances in 1_u16..20, shares: bool,
    ) {
        let grouping = if shares { Grouping::Shares } else { Grouping::Fewest };
        let constraint = r#"["rack", "GROUP_BY", "3"]"#;
        let mut placed: Vec<&str> = vec![];
        for _ in 0..instances {
            let rack = order
                .iter()
                .find(|rack| accepts_in(grouping, instances, constraint, rack, &placed));
            prop_assert!(rack.is_some(), "{placed:?}");
            placed.extend(rack);
        }
        let counts = order.iter().map(|rack| placed.iter().filter(|one| *one == rack).count());
        let (fewest, most) = (counts.clone().min().unwrap(), counts.max().unwrap());
        prop_assert!(most - fewest <= 1, "{placed:?}");
    }
}
