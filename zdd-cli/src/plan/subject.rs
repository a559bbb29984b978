//! What is planned.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;
use zdd_core::app::{App, Document, Group};
use zdd_core::check::Check;
use zdd_core::group::{Action, Step, plan};
use zdd_core::guarantee::Guarantee;
use zdd_core::timeline::{Assumptions, Model, Timeline};
use zdd_core::units::{AppId, InstanceCount};
use zdd_core::upgrade::Upgrade;
use zdd_core::verify::{self, judge_plan};

use crate::args::{Numbers, PlanArgs};
use crate::error::CliError;
use crate::fit::{Answer, Place};
use crate::input::Source;

/// What a deployment does.
#[derive(Debug)]
pub(crate) enum Subject {
    /// It replaces the instances of one app.
    Replacement(Box<Replacement>),
    /// It only changes the number of them, or nothing at all.
    Scaling(Scaling),
    /// It goes through the apps of a group.
    Group { old: Option<Group>, new: Group, source: Source },
}

/// The replacement of one app's instances.
#[derive(Debug)]
pub(crate) struct Replacement {
    /// None where only numbers were given.
    pub(crate) app: Option<AppId>,
    pub(crate) source: Option<Source>,
    pub(crate) timeline: Timeline,
    pub(crate) verdict: verify::Verdict,
    pub(crate) assumptions: Assumptions,
    pub(crate) is_reading_given: bool,
    pub(crate) labels: Labels,
}

/// A change of the number of instances of an app.
#[derive(Debug)]
pub(crate) struct Scaling {
    pub(crate) app: AppId,
    pub(crate) source: Source,
    pub(crate) from: InstanceCount,
    pub(crate) to: InstanceCount,
    /// Whether the definition changes in more than that, as it may when no instance is wanted.
    pub(crate) is_changed: bool,
}

/// What the two versions are called in a drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labels {
    pub(crate) old: Cow<'static, str>,
    pub(crate) new: Cow<'static, str>,
}

impl Subject {
    /// What becomes of `documents`: the new definition, and the old one where it is given.
    pub(crate) fn of(
        args: &PlanArgs,
        documents: Vec<(Source, Document)>,
    ) -> Result<Self, CliError> {
        let mut documents = documents.into_iter();
        let Some((source, new)) = documents.next() else {
            let instances = args.numbers.instances.ok_or(CliError::NothingGiven)?;
            let upgrade = args.numbers.upgrade(instances);
            let assumptions = args.times.or(Assumptions::default());
            let check = Check::of(&upgrade);
            let made = Replacement::new(None, None, &upgrade, assumptions, args, &check)?;
            return Ok(Self::Replacement(Box::new(made)));
        };
        let old = documents.next();
        match (one(new, &source)?, old) {
            (One::App(new), None) => Self::app(None, &new, source, args),
            (One::Group(new), None) => Ok(Self::Group { old: None, new, source }),
            (new, Some((old_source, old))) => match (new, one(old, &old_source)?) {
                (One::App(new), One::App(old)) => Self::app(Some(&old), &new, source, args),
                (One::Group(new), One::Group(old)) => {
                    Ok(Self::Group { old: Some(old), new, source })
                }
                _ => Err(CliError::OfTwoKinds { new: source, old: old_source }),
            },
        }
    }

    /// Whether it fits a cluster; `documents` are those that it was made of.
    pub(crate) fn fits(
        &self,
        place: &Place,
        documents: Vec<(Source, Document)>,
        numbers: Numbers,
    ) -> Result<Answer, CliError> {
        if let Self::Group { old, new, .. } = self {
            return place.of_group(old.as_ref(), new);
        }
        let mut apps = Vec::new();
        for (source, document) in documents {
            if let One::App(app) = one(document, &source)? {
                apps.push(app);
            }
        }
        let mut apps = apps.into_iter();
        let new = apps.next().ok_or(CliError::NothingGiven)?;
        let (new, old) = (numbers.override_in(*new), apps.next());
        match self {
            Self::Scaling(_) => place.of_scaling(&new),
            _ => place.of_upgrade(old.as_deref(), &new),
        }
    }

    /// The change from `old`, or from one that differs in its configuration only, to `new`.
    pub(crate) fn app(
        old: Option<&App>,
        new: &App,
        source: Source,
        args: &PlanArgs,
    ) -> Result<Self, CliError> {
        let new = args.numbers.override_in(new.clone());
        if let Some(old) = old {
            if old.id() != new.id() {
                let (new, old) = (new.id().to_string(), old.id().to_string());
                return Err(CliError::DifferentApps { new, old });
            }
            if !is_restarted(old, &new)? {
                return Ok(Self::Scaling(Scaling {
                    app: new.id().clone(),
                    source,
                    from: old.instances(),
                    to: new.instances(),
                    is_changed: new.is_upgrade_of(old),
                }));
            }
        }
        let upgrade = Upgrade::between(old.unwrap_or(&new), &new, args.numbers.reading());
        let assumptions = args.times.or(Assumptions::between(old, &new));
        let check = Check::of_app(&new, args.numbers.reading());
        let app = Some(new.id().clone());
        let mut made = Replacement::new(app, Some(source), &upgrade, assumptions, args, &check)?;
        made.labels = old.and_then(|old| Labels::between(old, &new)).unwrap_or_default();
        Ok(Self::Replacement(Box::new(made)))
    }
}

/// Whether Marathon replaces the instances of `old` by those of `new`, the same app: what the plan of
/// a root group with just this app does with it.
fn is_restarted(old: &App, new: &App) -> Result<bool, CliError> {
    let root = |app: &App| {
        let mut root = Group::empty_root();
        root.insert_app(app.clone()).map(|_| root)
    };
    let (old, new) = (root(old)?, root(new)?);
    let plan = plan(&old, &new, &BTreeSet::new())?;
    let mut actions = plan.steps().iter().flat_map(Step::actions);
    Ok(actions.any(|action| matches!(action, Action::RestartApplication { .. })))
}

/// What a plan can be made of.
pub(crate) enum One {
    App(Box<App>),
    Group(Group),
}

/// The one app or group that a document is, or the error that it is several.
pub(crate) fn one(document: Document, source: &Source) -> Result<One, CliError> {
    match document {
        Document::App(app) => Ok(One::App(app)),
        Document::Group(group) => Ok(One::Group(group)),
        Document::Apps(apps) => match <[App; 1]>::try_from(apps) {
            Ok([app]) => Ok(One::App(Box::new(app))),
            Err(_) => Err(CliError::SeveralApps(source.clone())),
        },
    }
}

impl Replacement {
    fn new(
        app: Option<AppId>,
        source: Option<Source>,
        upgrade: &Upgrade,
        assumptions: Assumptions,
        args: &PlanArgs,
        check: &Check,
    ) -> Result<Self, CliError> {
        let model = Model::from(args.model);
        let asked = check.verdict(Guarantee::SideBySide);
        if model == Model::SideBySide && !asked.satisfiable.holds() {
            let app = app.map_or_else(|| "the three numbers".into(), |app| app.to_string());
            return Err(CliError::NotSatisfiable { app, verdict: Box::new(*asked) });
        }
        let timeline = Timeline::of(upgrade, model, &assumptions);
        Ok(Self {
            app,
            source,
            verdict: judge_plan(&timeline),
            timeline,
            assumptions,
            is_reading_given: args.numbers.marathon_version.is_some(),
            labels: Labels::default(),
        })
    }

    /// What the app is called in a heading.
    pub(crate) fn name(&self) -> String {
        self.app
            .as_ref()
            .map_or_else(|| "An app of which only the numbers are known".into(), AppId::to_string)
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self { old: "old".into(), new: "new".into() }
    }
}

impl Labels {
    /// The longest label that a box still looks well with.
    const MAX: usize = 8;

    /// The values of a variable that says the version, or the tags of the image, where they differ.
    fn between(old: &App, new: &App) -> Option<Self> {
        let changes = new.differences_from(old);
        let change_of = |field| changes.iter().find(|change| change.field == field);
        let variables = change_of("env").and_then(|change| {
            let new = change.new.as_object()?.iter();
            new.filter(|(name, _)| name.to_ascii_uppercase().ends_with("VERSION"))
                .find_map(|(name, new)| Self::of(change.old.get(name)?.as_str()?, new.as_str()?))
        });
        variables.or_else(|| {
            let change = change_of("container")?;
            let tag = |container: &Value| {
                let image = container.pointer("/docker/image")?.as_str()?;
                image.rsplit_once(':').map(|(_, tag)| tag.to_owned())
            };
            Self::of(&tag(&change.old)?, &tag(&change.new)?)
        })
    }

    fn of(old: &str, new: &str) -> Option<Self> {
        let fits = |label: &str| {
            (1..=Self::MAX).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_graphic())
        };
        (old != new && fits(old) && fits(new))
            .then(|| Self { old: old.to_owned().into(), new: new.to_owned().into() })
    }
}
