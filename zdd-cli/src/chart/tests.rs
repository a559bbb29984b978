//! Tests of whole pictures.

use std::time::Duration;

use zdd_core::capacity::UpgradeStrategy;
use zdd_core::timeline::{Assumptions, Model, Side, State, Timeline};
use zdd_core::units::{InstanceCount, Timestamp};
use zdd_core::upgrade::Upgrade;

use super::text::{fitted, grouped, width};
use super::thin::{MOST, thinned};
use super::ticks::{counts, duration, times};
use super::{Axis, Chart, Note, Point};

fn upgrade(instances: u64, min: f64, over: f64) -> Upgrade {
    let strategy = UpgradeStrategy {
        minimum_health_capacity: min.try_into().unwrap(),
        maximum_over_capacity: over.try_into().unwrap(),
    };
    Upgrade::new(InstanceCount::try_from(instances).unwrap(), strategy)
}

fn plan(upgrade: &Upgrade, model: Model) -> Chart {
    let assumptions = Assumptions { healthy: Duration::from_secs(5), ..Assumptions::default() };
    Chart::of_plan(&Timeline::of(upgrade, model, &assumptions), "/shop/frontend")
}

fn point(at_ms: u64, old: u32, new: u32) -> Point {
    let side = |healthy| Side { healthy, ..Side::default() };
    Point { at: Duration::from_millis(at_ms), state: State { old: side(old), new: side(new) } }
}

/// A recording in which the floor is broken.
fn recorded(points: Vec<Point>) -> Chart {
    Chart {
        title: "/shop/frontend".to_owned(),
        subtitle: "recorded".to_owned(),
        floor: Some(3),
        ceiling: None,
        end: points.last().map_or(Duration::ZERO, |point| point.at),
        points,
        axis: Axis::Clock("2016-10-13T23:59:50.067Z".parse().unwrap()),
        notes: Vec::new(),
    }
}

/// Whether every tag is closed in its order, attributes are quoted and nothing else is in the way.
pub(super) fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg.trim_end();
    assert!(rest.starts_with("<svg ") && rest.ends_with("</svg>"), "{svg}");
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text}");
        for entity in text.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
            assert!(known.iter().any(|name| entity.starts_with(name)), "{text}");
        }
        let (tag, tail) = tail.split_once('>').expect("a tag that ends");
        assert!(tag.matches('"').count().is_multiple_of(2) && !tag.contains('&'), "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or(""));
        }
        for number in tag.split(|c: char| !c.is_ascii_digit() && c != '.') {
            let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            assert!(decimals <= 2, "{tag}");
        }
        rest = tail;
    }
    assert!(open.is_empty() && rest.is_empty(), "{open:?} {rest}");
    assert!(!svg.chars().any(|c| c.is_control() && c != '\n'), "{svg}");
    for wrong in ["NaN", "inf", "<script", "--"] {
        assert!(!svg.contains(wrong), "{wrong} in {svg}");
    }
}

#[test]
fn a_small_plan() {
    insta::assert_snapshot!(plan(&upgrade(4, 0.25, 0.25), Model::Marathon).to_svg());
}

#[test]
fn any_plan_draws_and_says_its_bounds() {
    let mut drawn = 0;
    let shares = [0.0, 0.21, 0.999, 1.0];
    for old in [0_u64, 1, 50, 1_000_000] {
        for new in [0, 1, 4, 7, 1_000, 1_000_000] {
            for (min, over) in shares.iter().flat_map(|a| shares.map(|b| (*a, b))) {
                for model in [Model::Marathon, Model::SideBySide] {
                    let upgrade = Upgrade {
                        old: InstanceCount::try_from(old).unwrap(),
                        ..upgrade(new, min, over)
                    };
                    let chart = plan(&upgrade, model);
                    assert!(chart.points.is_sorted_by_key(|point| point.at), "{upgrade:?}");
                    assert!(chart.points.len() <= 2_000, "{upgrade:?}");
                    let svg = chart.to_svg();
                    let bounds = upgrade.bounds();
                    let floor = grouped(u64::from(bounds.floor.get()));
                    let ceiling = grouped(u64::from(bounds.ceiling.get()));
                    assert!(svg.contains(&format!(">floor {floor}<")), "{svg}");
                    assert!(svg.contains(&format!(">ceiling {ceiling}<")), "{svg}");
                    assert!(svg.len() < 150_000, "{} bytes for {upgrade:?}", svg.len());
                    assert_well_formed(&svg);
                    assert_eq!(svg, plan(&upgrade, model).to_svg());
                    drawn += 1;
                }
            }
        }
    }
    assert_eq!(drawn, 4 * 6 * 16 * 2);
}

#[test]
fn sampling_waves_keeps_the_extremes_and_the_end() {
    let upgrade = upgrade(100_000, 1.0, 0.0);
    let timeline = Timeline::of(&upgrade, Model::Marathon, &Assumptions::default());
    let chart = Chart::of_plan(&timeline, "");
    assert_eq!(chart.lowest_healthy(), Some(timeline.lowest_healthy().count));
    assert_eq!(chart.highest_running(), Some(timeline.highest_running().count));
    let last = chart.points.last().unwrap();
    assert_eq!((last.at, last.state.new.healthy, last.state.old.alive()), (chart.end, 100_000, 0));
    // Half of the time is over when half of the instances are exchanged.
    let half = chart.points.iter().find(|point| point.state.new.healthy >= 50_000).unwrap();
    let share = half.at.as_secs_f64() / chart.end.as_secs_f64();
    assert!((0.47..0.53).contains(&share), "{share}");
    assert!(chart.subtitle.ends_with("waves drawn wider than they are"));
}

#[test]
fn hostile_words_are_only_words() {
    let mut chart = recorded(vec![point(0, 4, 0)]);
    for (title, shown) in [
        ("<script>&\"'</script>", "&lt;script&gt;&amp;"),
        ("]]>\u{0}\u{1b}[31m\u{ffff}", "]]&gt;"),
        ("--><!--", "&gt;&lt;!"),
    ] {
        title.clone_into(&mut chart.title);
        title.clone_into(&mut chart.subtitle);
        chart.notes = vec![Note { at: Duration::ZERO, text: title.to_owned() }];
        let svg = chart.to_svg();
        assert!(svg.contains(shown), "{svg}");
        assert_well_formed(&svg.replace("--", ""));
        assert!(!svg.contains('\u{ffff}'));
    }
}

#[test]
fn a_broken_floor_and_a_missing_ceiling_are_told() {
    let svg = recorded(vec![point(0, 4, 0), point(5_000, 2, 0), point(10_000, 2, 2)]).to_svg();
    assert!(svg.contains(">broken<") && svg.contains(">floor 3<"), "{svg}");
    assert!(!svg.contains("ceiling"), "{svg}");
    let svg = recorded(vec![point(0, 4, 0), point(5_000, 3, 0)]).to_svg();
    assert!(svg.contains(">touched<") && !svg.contains(">broken<"), "{svg}");
}

#[test]
fn stalls_and_nothing_to_do_are_told_apart() {
    let stalled = plan(&upgrade(4, 1.0, 0.0), Model::SideBySide).to_svg();
    assert!(stalled.contains(">stalls: nothing more happens<"), "{stalled}");
    let nothing = plan(&upgrade(0, 1.0, 1.0), Model::Marathon).to_svg();
    assert!(nothing.contains(">nothing to do<"), "{nothing}");
    assert_well_formed(&recorded(Vec::new()).to_svg());
}

#[test]
fn a_long_recording_is_thinned_out_and_keeps_its_breach() {
    let mut points: Vec<Point> = (0..100_000).map(|i| point(i, 4, u32::from(i % 2 == 0))).collect();
    points[77_777] = point(77_777, 0, 1);
    let kept = thinned(&points);
    assert!(kept.len() <= MOST && kept.contains(&points[77_777]));
    assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
    assert!(kept.is_sorted_by_key(|point| point.at));
    let svg = recorded(points).to_svg();
    assert!(svg.contains(">broken<") && svg.len() < 400_000, "{} bytes", svg.len());
}

#[test]
fn notes_without_room_keep_their_line() {
    let mut chart = recorded(vec![point(0, 4, 0), point(60_000, 4, 0)]);
    let note = |i| Note { at: Duration::from_secs(i), text: format!("note {i} of many") };
    chart.notes = (0..60).map(note).collect();
    let svg = chart.to_svg();
    assert_eq!(svg.matches("of many</title>").count(), 60);
    assert_well_formed(&svg);
}

#[test]
fn ticks_are_round_and_few() {
    assert_eq!(counts(5), [0, 1, 2, 3, 4, 5]);
    assert_eq!(counts(1_210_000), [0, 500_000, 1_000_000]);
    for top in [1, 6, 7, 99, u64::from(u32::MAX), u64::MAX] {
        assert!((2..=7).contains(&counts(top).len()), "{top}");
    }
    let texts = |axis, ms| -> Vec<String> {
        times(axis, Duration::from_millis(ms)).into_iter().map(|tick| tick.text).collect()
    };
    assert_eq!(texts(Axis::Relative, 13_000), ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]);
    assert_eq!(texts(Axis::Relative, 95_000)[5..], ["1 min 15 s", "1 min 30 s"]);
    let clock = Axis::Clock("2016-10-13T23:59:50.067Z".parse().unwrap());
    assert_eq!(
        texts(clock, 12_000),
        ["23:59:52", "23:59:54", "23:59:56", "23:59:58", "00:00:00", "00:00:02"]
    );
    for axis in [Axis::Relative, clock, Axis::Clock(Timestamp::MIN), Axis::Clock(Timestamp::MAX)] {
        for span in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
            assert!(times(axis, span).len() <= 9);
        }
    }
}

#[test]
fn words_for_numbers() {
    let told = [0, 7, 1_500, 60_000, 61_000, 3_600_000, 90_000_000, 2_592_000_000].map(duration);
    assert_eq!(told, ["0 s", "7 ms", "1.5 s", "1 min", "1 min 1 s", "1 h", "1 d 1 h", "30 d"]);
    assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    assert_eq!(fitted("short", 16, 200.0), "short");
    let cut = fitted(&"long ".repeat(100), 16, 200.0);
    assert!(cut.ends_with('…') && width(&cut, 16) <= 200.0, "{cut}");
}
