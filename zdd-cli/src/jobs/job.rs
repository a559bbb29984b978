//! The three jobs of a release.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zdd_core::app::App;

use super::error::JobsError;
use super::means::Means;
use super::template::REVISION;
use super::wire::{EnvValue, Job, Restart, RestartPolicy, Run};
use crate::args::Revision;

/// The variable that the definition travels in.
const DEFINITION: &str = "ZDD_DEFINITION";

/// The most characters of a definition in base64. Linux starts no process with a longer variable than
/// 128 KiB, name and end counted, and the whole environment goes through Mesos and an executor first.
const MOST: usize = 120 << 10;

/// What a release is, as its jobs need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release<'a> {
    pub(super) app: &'a App,
    pub(super) group: &'a str,
    pub(super) revision: &'a Revision,
    /// Share of the traffic for the canary, in percent.
    pub(super) weight: &'a str,
    pub(super) no_health_check_ok: bool,
    pub(super) means: &'a Means,
}

impl Release<'_> {
    /// To start the canary, to promote it, and to roll it back.
    pub(super) fn jobs(&self) -> Result<[Job; 3], JobsError> {
        let Self { app, group, revision, weight, .. } = self;
        let id = app.id();
        let start = self.job(
            "deploy-single-canary",
            format!("Gives {revision} of {id} {weight} % of the traffic of {group}"),
            self.start(),
        )?;
        let promote = self.job(
            "deploy-canary-completely",
            format!("Gives the canary of {group} everything and removes the old version"),
            self.end("promote"),
        )?;
        let rollback = self.job(
            "rollback-single-canary",
            format!("Gives the old version of {group} everything and removes the canary"),
            self.end("rollback"),
        )?;
        Ok([self.with_definition(start)?, promote, rollback])
    }

    fn job(&self, suffix: &str, description: String, cmd: String) -> Result<Job, JobsError> {
        let Means { docker, ucr, env, secrets, volumes, .. } = self.means.clone();
        let labels = [
            (REVISION, self.revision.as_str()),
            ("ZDD_APP", self.app.id().as_str()),
            ("ZDD_GROUP", self.group),
        ];
        Ok(Job {
            id: self.id(suffix)?,
            description,
            labels: labels.map(|(name, value)| (name.into(), value.into())).into(),
            // zdd waits nearly all the time, and keeps what it sees of two apps.
            run: Run {
                cmd,
                cpus: 0.1,
                mem: 128,
                disk: 16,
                docker,
                ucr,
                env,
                secrets,
                volumes,
                // A rollout that stopped has a reason; to try again is for whoever has seen it.
                restart: Restart { policy: RestartPolicy::Never },
            },
        })
    }

    /// Groups of apps become groups of jobs, whose names are put together with dots.
    fn id(&self, suffix: &str) -> Result<String, JobsError> {
        let app = self.app.id().as_str().trim_start_matches('/').replace('/', ".");
        let id = format!("{app}-{}-{suffix}", self.revision);
        if id.split(['.', '-']).any(str::is_empty) { Err(JobsError::JobId(id)) } else { Ok(id) }
    }

    /// A command that puts the definition into a file first. It ends as zdd, which so gets the signals
    /// that the job gets.
    fn start(&self) -> String {
        const FILE: &str = r#""${MESOS_SANDBOX:-.}/app.json""#;
        let mut words = vec!["canary".into(), "start".into(), FILE.into()];
        words.extend(["--weight".into(), quoted(self.weight)]);
        if self.no_health_check_ok {
            words.push("--no-health-check-ok".into());
        }
        words.extend(self.means.options.iter().map(|it| quoted(it)));
        format!(r#"printf %s "${DEFINITION}" | base64 -d > {FILE} && exec zdd {}"#, words.join(" "))
    }

    fn end(&self, verb: &str) -> String {
        let mut words = vec!["canary".into(), verb.into()];
        words.extend(self.means.options.iter().map(|it| quoted(it)));
        if self.group.starts_with('-') {
            words.push("--".into());
        }
        words.push(quoted(self.group));
        format!("exec zdd {}", words.join(" "))
    }

    fn with_definition(&self, mut job: Job) -> Result<Job, JobsError> {
        let text = serde_json::Value::Object(self.app.as_json().clone()).to_string();
        let encoded = STANDARD.encode(text);
        if encoded.len() > MOST {
            let (app, len) = (self.app.id().clone(), encoded.len());
            return Err(JobsError::TooLarge { app, len, most: MOST });
        }
        job.run.env.insert(DEFINITION.into(), EnvValue::Text(encoded));
        Ok(job)
    }
}

/// `word` as one word of a shell.
fn quoted(word: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "_-./:@%+=,".contains(it);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("shop/web_1.0"), "shop/web_1.0");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
