//! Asks whether plans fit a cluster.

use std::collections::BTreeSet;

use zdd_core::app::{App, Group};
use zdd_core::fit::{Effort, Fix, Question, fit, fixes};
use zdd_core::group::plan;
use zdd_core::placement::Room;
use zdd_core::rollout::Side;
use zdd_core::rollout::forecast::{Deed, Row};
use zdd_core::units::AppId;

use super::answer::Answer;
use super::error::FitError;
use super::place::Place;
use super::words::host;
use crate::error::CliError;

impl Place {
    /// The change of an app from `old`, or from one that differs in its configuration only. Where
    /// nothing of it runs, its first deployment.
    pub(crate) fn of_upgrade(&self, old: Option<&App>, new: &App) -> Result<Answer, CliError> {
        let question = if self.runs(new.id()) {
            Question::of_upgrade(&self.site, old, new)
        } else {
            Question::of_start(&self.site, new)
        };
        Ok(self.answered(new.id(), question.map_err(FitError::from)?, [new.id()]))
    }

    /// The change of an app's number of instances.
    pub(crate) fn of_scaling(&self, new: &App) -> Result<Answer, CliError> {
        let question = Question::of_start(&self.site, new).map_err(FitError::from)?;
        Ok(self.answered(new.id(), question, [new.id()]))
    }

    /// What Marathon does with a group. Without `old` every app of it is replaced.
    pub(crate) fn of_group(&self, old: Option<&Group>, new: &Group) -> Result<Answer, CliError> {
        let restarts: BTreeSet<AppId> = match old {
            Some(_) => BTreeSet::new(),
            None => new.all_apps().map(|app| app.id().clone()).collect(),
        };
        let from = old.unwrap_or(new);
        let steps = plan(from, new, &restarts)?;
        let question = Question::of_deployment(&self.site, &steps, from, new);
        let apps = new.all_apps().map(App::id);
        Ok(self.answered(new.id(), question.map_err(FitError::from)?, apps))
    }

    /// A rollout from one app to another one, as far as `rows` say.
    pub(crate) fn of_rollout(
        &self,
        old: Option<&App>,
        new: &App,
        rows: &[Row],
    ) -> Result<Answer, CliError> {
        let known = old.filter(|old| self.runs(old.id()));
        let question = if known.is_some() {
            Question::of_rollout(&self.site, known, new, rows)
        } else {
            // What is done with instances that are not on these agents makes no room on them.
            let rows: Vec<Row> = rows.iter().map(without_old).collect();
            Question::of_rollout(&self.site, None, new, &rows)
        };
        Ok(self.answered(new.id(), question.map_err(FitError::from)?, old.map(App::id)))
    }

    /// The answer, and what helps. `apps` are those of which old instances may go.
    fn answered<'a>(
        &self,
        about: &impl ToString,
        question: Question,
        apps: impl IntoIterator<Item = &'a AppId>,
    ) -> Answer {
        let effort = Effort::default();
        let fit = fit(&question.scene, effort);
        // What would be enough beside all that runs may be far more than what is needed.
        let is_beside = !self.knows_tasks && !question.scene.room.agents().is_empty();
        let fixes = if is_beside { Vec::new() } else { fixes(&question, &fit, effort) };
        let room = &question.scene.room;
        let fixes = fixes.iter().map(|fix| in_words(room, fix)).collect();
        let mut assumed = self.assumed.clone();
        let (about, apps) = (about.to_string(), apps.into_iter().collect::<Vec<_>>());
        let has_old = !apps.is_empty();
        if has_old && is_beside {
            assumed.push(UNKNOWN.into());
        } else if has_old && apps.iter().all(|app| !self.runs(app)) {
            assumed.push(match apps.as_slice() {
                [app] if app.as_str() != about => {
                    format!(
                        "nothing of {app} runs on these agents, so that nothing of it makes room"
                    )
                }
                _ => "nothing of it runs on these agents: it is deployed for the first time".into(),
            });
        }
        Answer {
            about,
            scene: question.scene,
            fit,
            fixes,
            assumed,
            is_beside: has_old && is_beside,
        }
    }
}

/// The same without what is done with the old app.
fn without_old(row: &Row) -> Row {
    let is_of_new = |deed: &Deed| match deed {
        Deed::Create { side, .. }
        | Deed::Scale { side, .. }
        | Deed::Stop { side, .. }
        | Deed::Remove { side, .. } => *side == Side::New,
        _ => false,
    };
    let mut row = row.clone();
    row.deeds.retain(is_of_new);
    row
}

/// A fix, with agents by the names that people know them by.
fn in_words(room: &Room, fix: &Fix) -> String {
    let text = fix.to_string();
    match fix {
        Fix::More { agent, .. } | Fix::Agents { like: agent, .. } => {
            text.replace(agent.as_str(), host(room, agent))
        }
        _ => text,
    }
}

/// What is said where nothing is known of old instances.
const UNKNOWN: &str = "where old instances run is not known, so that none of them makes room; the \
                       master's /state says it";
