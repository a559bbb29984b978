//! Shows what would be done: what differs, and the plan.

use std::io::Write;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use zdd_core::app::{App, FieldChange};
use zdd_core::rollout::forecast::{Binding, Sight};
use zdd_core::units::AppId;

use super::change::Change;
use super::order::{Order, Present, Target};
use crate::args::Output;
use crate::error::CliError;
use crate::follow::Console;
use crate::plan::json::{GroupReport, PlanReport, ReplacementReport, ScalingReport};
use crate::plan::rollout::BindingReport;
use crate::plan::text;
use crate::schema::SCHEMA;
use crate::text::{BOLD, DIM, Page, plural, styled};

/// What would be done: the first line of `zdd deploy -o json`.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct PlanLine {
    /// Version of this form.
    schema: u32,
    /// `plan`.
    event: &'static str,
    /// The app or the group.
    target: String,
    /// The file that it is from.
    file: String,
    /// create, upgrade, restart, scale, group or nothing.
    change: &'static str,
    /// The version that it was compared with; null where there is none, and for groups.
    version: Option<String>,
    /// What differs.
    fields: Vec<Difference>,
    /// Every step; null where nothing is replaced or scaled.
    plan: Option<PlanReport>,
    /// What it was made from, for `--plan`; not of groups.
    #[serde(flatten)]
    bound: Option<BindingReport>,
}

/// A part of a field that differs.
#[derive(Debug, JsonSchema, Serialize)]
struct Difference {
    /// The field, `env.VERSION` for one; in groups with the app before it.
    field: String,
    /// The value before; null for none.
    old: Value,
    /// The value now; null for none.
    new: Value,
}

/// Shows what `change` is.
pub(super) fn change(
    change: &Change,
    order: &Order,
    present: &Present,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    match console.output {
        Output::Json => console.line(&line(change, order, present)),
        Output::Text => {
            let page = console.page;
            in_text(change, order, present, page, console.out)?;
            Ok(console.out.flush()?)
        }
    }
}

fn in_text(
    change: &Change,
    order: &Order,
    present: &Present,
    page: Page,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let what = match change {
        Change::Create => {
            let count = order.apps().first().map_or(0, |app| app.instances().get());
            format!("a new app with {}", plural(count, "instance"))
        }
        Change::Nothing => "nothing differs that Marathon would deploy".into(),
        Change::Replace { .. } => "a rolling upgrade".into(),
        Change::Restart { .. } => "a restart: nothing differs, all instances are replaced".into(),
        Change::Scale { .. } => "another number of instances".into(),
        Change::Group { plan, .. } => {
            let actions = plan.forecast.steps.iter().map(|step| step.actions.len() as u64);
            let steps = plural(plan.forecast.steps.len() as u64, "step");
            format!("{} in {steps}", plural(actions.sum::<u64>(), "action"))
        }
    };
    writeln!(out, "{}", styled(BOLD, format!("{} ({}): {what}", order.scope(), order.source)))?;
    if let Some(version) = version(order, present) {
        writeln!(out, "{}", styled(DIM, format!("  compared with version {version}")))?;
    }
    for Difference { field, old, new } in differences(change, order, present) {
        let cut = |value: &Value| excerpt(&value.to_string());
        writeln!(
            out,
            "{}",
            page.hanging(2, 4, &format!("{field}: {} -> {}", cut(&old), cut(&new)))
        )?;
    }
    match change {
        Change::Create | Change::Nothing => {}
        Change::Replace { plan, .. } | Change::Restart { plan } => {
            writeln!(out)?;
            text::replacement(plan, None, false, page, out)?;
        }
        Change::Scale { plan, .. } => {
            writeln!(out)?;
            text::scaling(plan, None, page, out)?;
        }
        Change::Group { plan, .. } => {
            writeln!(out)?;
            text::group(plan, None, false, page, out)?;
        }
    }
    Ok(())
}

fn line(change: &Change, order: &Order, present: &Present) -> PlanLine {
    let (name, plan) = match change {
        Change::Create => ("create", None),
        Change::Nothing => ("nothing", None),
        Change::Replace { plan, .. } => {
            ("upgrade", Some(PlanReport::Replacement(Box::new(ReplacementReport::of(plan)))))
        }
        Change::Restart { plan } => {
            ("restart", Some(PlanReport::Replacement(Box::new(ReplacementReport::of(plan)))))
        }
        Change::Scale { plan, .. } => {
            ("scale", Some(PlanReport::Scaling(Box::new(ScalingReport::of(plan)))))
        }
        Change::Group { plan, .. } => {
            ("group", Some(PlanReport::Group(Box::new(GroupReport::of(plan)))))
        }
    };
    PlanLine {
        schema: SCHEMA,
        event: "plan",
        target: order.scope().to_string(),
        file: order.source.to_string(),
        change: name,
        version: version(order, present),
        fields: differences(change, order, present),
        plan,
        bound: bound(order, present),
    }
}

/// What the plan of an app is bound to.
fn bound(order: &Order, present: &Present) -> Option<BindingReport> {
    let Target::App(app) = &order.target else { return None };
    Some(BindingReport::of(&Binding::of_upgrade(app, Sight::live(present.app(), None))))
}

/// The version of the app that is there.
fn version(order: &Order, present: &Present) -> Option<String> {
    match &order.target {
        Target::App(_) => Some(present.app()?.version()?.to_string()),
        Target::Group(_) => None,
    }
}

/// All that differs. The number of instances is no field of an upgrade to Marathon, but to whoever
/// reads it.
fn differences(change: &Change, order: &Order, present: &Present) -> Vec<Difference> {
    let fields: Vec<Difference> = match change {
        Change::Replace { fields, .. } | Change::Scale { fields, .. } => {
            fields.iter().flat_map(parts).collect()
        }
        Change::Group { fields, .. } => {
            let named = |app: &AppId, part: Difference| Difference {
                field: format!("{app} {}", part.field),
                ..part
            };
            let all =
                fields.iter().flat_map(|(app, it)| parts(it).into_iter().map(move |it| (app, it)));
            all.map(|(app, part)| named(app, part)).collect()
        }
        Change::Create | Change::Nothing | Change::Restart { .. } => Vec::new(),
    };
    fields.into_iter().chain(numbers(order, present)).collect()
}

/// Where the number of instances differs.
fn numbers(order: &Order, present: &Present) -> Vec<Difference> {
    let number = |new: &App| {
        let (field, old) = match &present.group {
            Some(group) => (format!("{} instances", new.id()), group.app(new.id())?),
            None => ("instances".into(), present.app()?),
        };
        let (old, new) = (old.instances().get(), new.instances().get());
        (old != new).then(|| Difference { field, old: old.into(), new: new.into() })
    };
    order.apps().into_iter().filter_map(number).collect()
}

/// The parts of a field that differ: of variables and labels each by itself, so that one does not
/// have to be looked for among fifty.
fn parts(change: &FieldChange) -> Vec<Difference> {
    let FieldChange { field, old, new, .. } = change;
    let empty = serde_json::Map::new();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    if !matches!(*field, "env" | "labels") {
        let (old, new) = (old.clone(), new.clone());
        return vec![Difference { field: (*field).into(), old, new }];
    }
    let (old, new) = (members(old), members(new));
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    let of = |members: &serde_json::Map<String, Value>, name: &str| {
        let value = members.get(name).or_else(|| empty.get(name)).cloned().unwrap_or_default();
        if is_secret(name) && !value.is_null() { "(not shown)".into() } else { value }
    };
    let differ = names.filter(|name| old.get(*name) != new.get(*name));
    differ
        .map(|name| Difference {
            field: format!("{field}.{name}"),
            old: of(&old, name),
            new: of(&new, name),
        })
        .collect()
}

/// Whether the value of a variable should not stand on a screen or in the log of a build.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "API_KEY", "APIKEY"]
        .iter()
        .any(|word| name.contains(word))
}

/// The beginning of a long text.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let app = |env: &str| {
            App::parse(&format!(r#"{{"id": "/a", "cmd": "a", "env": {env}}}"#)).unwrap()
        };
        let changes = app(new).differences_from(&app(old));
        let parts = changes.iter().flat_map(parts);
        parts.map(|it| format!("{}: {} -> {}", it.field, it.old, it.new)).collect()
    }

    #[test]
    fn variables_are_compared_one_by_one() {
        let shown = shown(r#"{"A": "1", "B": "2", "C": "3"}"#, r#"{"A": "1", "B": "4", "D": "5"}"#);
        let expected = [r#"env.B: "2" -> "4""#, r#"env.C: "3" -> null"#, r#"env.D: null -> "5""#];
        assert_eq!(shown, expected);
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = shown(r#"{"DB_PASSWORD": "hunter2"}"#, r#"{"DB_PASSWORD": "hunter3"}"#);
        assert_eq!(shown, [r#"env.DB_PASSWORD: "(not shown)" -> "(not shown)""#]);
    }
}
