//! A canary.

use zdd_core::app::App;
use zdd_core::rollout::record::{Found, Phase, Record};
use zdd_core::rollout::{Course, Extent, Growth, Known, Release, Side, Split, Step, Then};
use zdd_core::weights::{self, Weights};

use super::Prepared;
use crate::args::StepArgs;
use crate::clock::now;
use crate::error::CliError;
use crate::rollout::error::CanaryError;
use crate::rollout::subject::Subject;

/// A new version that is to stand beside what runs.
#[derive(Clone, Copy)]
pub(crate) struct Canary<'a> {
    pub(crate) subject: &'a Subject,
    /// Whether the nearest share is taken where the wanted one cannot be reached.
    pub(crate) nearest: bool,
    pub(crate) no_health_check_ok: bool,
    /// How many instances of it, where that is said.
    pub(crate) instances: Option<u32>,
    /// What is done in steps, and what is watched between them.
    pub(crate) steps: &'a StepArgs,
}

/// What is to be done next.
pub(crate) struct Next {
    pub(crate) prepared: Prepared,
    /// The name of the old version, where nothing runs and that is deployed first: then this is its
    /// deployment.
    pub(crate) before: Option<String>,
}

impl Canary<'_> {
    /// The deployment group.
    pub(crate) fn group(&self) -> Result<&str, CliError> {
        Ok(self.release(&self.subject.new, &[]).group_name()?)
    }

    /// What is to be done, from what is there of the group.
    pub(crate) fn prepared(
        &self,
        found: Option<&Found>,
        running: &[App],
    ) -> Result<Next, CliError> {
        // Where nothing runs, the file may say what is to be there first.
        if let (None, true, Some((version, old))) = (found, running.is_empty(), &self.subject.old) {
            let prepared = self.first(old, old.instances().get())?;
            return Ok(Next { prepared, before: Some(version.clone()) });
        }
        let prepared = match found {
            Some(found) => self.go_on(found, running)?,
            None if running.is_empty() => self.first(&self.subject.new, self.subject.full)?,
            None => self.beside(running)?,
        };
        Ok(Next { prepared, before: None })
    }

    fn release<'r>(&self, definition: &'r App, group: &'r [App]) -> Release<'r> {
        let allow_no_health_check = self.no_health_check_ok;
        Release { definition, group, allow_no_health_check }
    }

    /// The first of its group: there is nothing to stand beside.
    fn first(&self, definition: &App, full: u32) -> Result<Prepared, CliError> {
        let release = self.release(definition, &[]);
        let extent = Extent { instances: full, target: full, beside: 0 };
        let since = now();
        let app = release.app(extent, since)?;
        let record = Record {
            schema: Record::SCHEMA,
            group: release.group_name()?.into(),
            backend: release.backend()?,
            phase: Phase::Promote,
            old: None,
            new: app.id().clone(),
            before: 0,
            canary: full,
            full,
            floor: 0,
            traffic: Split::NEW.into(),
            hold: Split::NEW.into(),
            growth: Growth::Once,
            course: None,
            since,
            known: Known::default(),
        };
        Ok(Prepared { record, app })
    }

    /// A canary beside what runs.
    fn beside(&self, running: &[App]) -> Result<Prepared, CliError> {
        let Subject { new, old: wanted, full, .. } = self.subject;
        let (course, first) = self.course();
        let (canary, split) = (first.instances, first.split);
        let release = self.release(new, running);
        let old = release.running()?;
        let before = match (wanted, old) {
            (Some((_, wanted)), _) => wanted.instances().get(),
            (None, Some(old)) => old.instances().get(),
            (None, None) => 0,
        };
        let floor = before.min(*full);
        self.all_reachable(course.as_ref(), first, before, floor)?;
        let since = now();
        let extent = self.extent(canary, before);
        let app = release.app(extent, since)?;
        let record = Record {
            schema: Record::SCHEMA,
            group: release.group_name()?.into(),
            backend: release.backend()?,
            phase: Phase::Canary,
            old: old.map(|app| app.id().clone()),
            new: app.id().clone(),
            before,
            canary,
            full: *full,
            floor,
            traffic: split.into(),
            hold: Split::OLD.into(),
            growth: Growth::Once,
            course,
            since,
            known: Known::of_old(old),
        };
        Ok(Prepared { record, app })
    }

    /// Another share for a canary that stands, or the rest of one that was interrupted.
    fn go_on(&self, found: &Found, running: &[App]) -> Result<Prepared, CliError> {
        let Found { record, definition, .. } = found;
        let group = record.group.clone();
        if record.phase != Phase::Canary {
            let is_forward = record.phase == Phase::Promote;
            return Err(CanaryError::OnItsWay { group, is_forward }.into());
        }
        let old: Vec<App> =
            running.iter().filter(|app| Some(app.id()) == record.old.as_ref()).cloned().collect();
        let release = self.release(&self.subject.new, &old);
        // As it was created, whatever it has been scaled to since.
        let first = definition.as_ref().map_or(record.canary, |it| it.instances().get());
        let app = release.app(self.extent(first, record.before), record.since)?;
        if definition.as_ref().is_some_and(|it| *it != app) {
            return Err(CanaryError::Another { group, app: record.new.clone() }.into());
        }
        let (course, mut first) = self.course();
        if is_same(course.as_ref(), record.course.as_ref()) {
            // The rest of the same steps.
            return Ok(Prepared { record: record.clone(), app });
        }
        if self.steps.steps.is_empty() && self.instances.is_none() {
            first.instances = record.canary;
        }
        self.all_reachable(course.as_ref(), first, record.before, record.floor)?;
        let record = Record {
            canary: first.instances,
            traffic: first.split.into(),
            // What was reached is kept until the new share is.
            hold: record.hold,
            course,
            ..record.clone()
        };
        Ok(Prepared { record, app })
    }

    /// What the labels say that marathon-lb goes by. It takes old instances out as soon as both have more
    /// than the target: as many as there may ever be are not more.
    fn extent(&self, first: u32, before: u32) -> Extent {
        let steps = self.steps.steps.iter().filter_map(|step| step.instances);
        let most = steps.chain([first, self.subject.full]).max().unwrap_or(first);
        Extent { instances: first, target: before.saturating_add(most), beside: first }
    }

    /// The steps, where there are some or a pause is asked for, and the first of them.
    fn course(&self) -> (Option<Course>, Step) {
        let StepArgs { steps, pause, stay, limits, .. } = self.steps;
        let mut instances = self.subject.canary;
        let pause = pause.map(|it| it.0);
        let mut all: Vec<Step> = Vec::new();
        for step in steps {
            instances = step.instances.unwrap_or(instances);
            let pause = step.pause.map(|it| it.0).or(pause);
            all.push(Step { split: step.share.split(), instances, pause });
        }
        let then = if all.is_empty() || *stay { Then::Stay } else { Then::Promote };
        let whole = Step { split: self.subject.split, instances, pause };
        let first = all.first().copied().unwrap_or(whole);
        if all.is_empty() && pause.is_some() {
            all.push(whole);
        }
        let course = (!all.is_empty()).then(|| Course {
            steps: all,
            at: 0,
            reached: None,
            limits: limits.limits(),
            then,
            on_failure: self.steps.on_failure(),
        });
        (course, first)
    }

    /// Refuses what cannot be had at some step.
    fn all_reachable(
        &self,
        course: Option<&Course>,
        first: Step,
        before: u32,
        floor: u32,
    ) -> Result<(), CanaryError> {
        let steps = course.map_or(core::slice::from_ref(&first), |it| &it.steps);
        let mut steps = steps.iter();
        steps.try_for_each(|it| self.reachable(it.split, [before, it.instances], floor))
    }

    /// Refuses a share that so many instances cannot have exactly, or with which too few would serve.
    fn reachable(&self, split: Split, [old, new]: [u32; 2], floor: u32) -> Result<(), CanaryError> {
        if split.old == 0 && new < floor {
            return Err(CanaryError::TooFew { side: Side::New, have: new, need: floor });
        }
        if split.new == 0 && old < floor {
            return Err(CanaryError::TooFew { side: Side::Old, have: old, need: floor });
        }
        let sides = [weights::Side::new(split.old, old), weights::Side::new(split.new, new)];
        let weights = Weights::of(&sides)?;
        match weights.unreachable() {
            Some(found) if !self.nearest => {
                let wanted = f64::from(split.new) / f64::from(split.old + split.new);
                Err(CanaryError::Unreachable { wanted, instances: [old, new], found })
            }
            _ => Ok(()),
        }
    }
}

/// Whether both are the same steps, however far they have come.
fn is_same(one: Option<&Course>, other: Option<&Course>) -> bool {
    let begun = |it: &Course| Course { at: 0, reached: None, ..it.clone() };
    one.is_some() && one.map(begun) == other.map(begun)
}
