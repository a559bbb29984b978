//! What a case is, and how it is looked at.

use serde_json::Value;

use super::fake::{Fake, Knobs};
use super::run::Zdd;
use super::there::{There, definition};

/// A command, and how it is to be refused.
pub(crate) struct Case {
    args: &'static [&'static str],
    /// Further arguments.
    more: &'static [&'static str],
    /// Changes the definition.
    change: fn(&mut Value),
    there: There,
    code: i32,
    says: &'static str,
    hint: &'static str,
}

pub(crate) const fn case(
    args: &'static [&'static str],
    change: fn(&mut Value),
    there: There,
    code: i32,
    says: &'static str,
    hint: &'static str,
) -> Case {
    Case { args, more: &[], change, there, code, says, hint }
}

pub(crate) const fn same(_: &mut Value) {}

/// About arguments alone.
pub(crate) const fn usage(args: &'static [&'static str], code: i32, says: &'static str) -> Case {
    case(args, same, There::Nothing, code, says, "")
}

impl Case {
    /// With these arguments besides.
    pub(crate) const fn with(self, more: &'static [&'static str]) -> Self {
        Self { more, ..self }
    }
}

pub(crate) const LB: &str = "--haproxy=127.0.0.1:1";
pub(crate) const DEPLOY: &[&str] = &["deploy", "shop.json", LB];
pub(crate) const CANARY: &[&str] = &["canary", "start", "shop.json", "--weight", "20", LB];
pub(crate) const ABORT: &[&str] = &["abort", "shop", LB];
pub(crate) const ROLLBACK: &[&str] = &["canary", "rollback", "shop", LB];

pub(crate) fn drop_label(app: &mut Value, label: &str) {
    app["labels"].as_object_mut().unwrap().remove(label).unwrap();
}

pub(crate) fn none(app: &mut Value) {
    app["instances"] = 0.into();
}

/// What is wrong with how a case is refused.
fn wrong(fake: &Fake, zdd: &Zdd, case: &Case) -> Option<String> {
    let mut json = definition();
    (case.change)(&mut json);
    zdd.file("shop.json", &json);
    {
        let mut world = fake.world();
        world.apps.clear();
        case.there.apps().into_iter().for_each(|app| world.add(app));
    }
    let url = fake.url();
    let args = [case.args, case.more].concat();
    let args: Vec<&str> =
        args.into_iter().map(|arg| if arg == "MARATHON" { &*url } else { arg }).collect();
    let told = zdd.run(&args);
    let lines: Vec<&str> = told.err.lines().collect();
    let errors = lines.iter().filter(|line| line.starts_with("error: ")).count();
    // A long line goes on, indented; so does a list of clap's.
    let text = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_hinted = case.hint.is_empty() || {
        let hint = text.split_once("hint: ").map_or("", |(_, hint)| hint);
        hint.contains(case.hint)
    };
    let changes = fake.world().changes();
    let is_right = told.code == Some(case.code)
        && errors == 1
        && lines.first().is_some_and(|line| line.starts_with("error: "))
        && text.contains(case.says)
        && is_hinted
        && told.out.is_empty()
        && changes.is_empty();
    (!is_right).then(|| format!("{args:?} {:?}: {told:#?} {changes:?}", case.there))
}

/// Each of them is refused as it says.
pub(crate) fn check(cases: &[Case]) {
    let fake = Fake::start(Knobs::default());
    let zdd = Zdd::new(&fake);
    let wrong: Vec<String> = cases.iter().filter_map(|it| wrong(&fake, &zdd, it)).collect();
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), cases.len(), wrong.join("\n"));
}
