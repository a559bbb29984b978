//! What zdd has in a job: where Marathon and HAProxy are, and the secrets that it may see.

use std::collections::BTreeMap;

use super::error::JobsError;
use super::wire::{Docker, EnvValue, Secret, SecretFile, Ucr, UcrImage};
use crate::args::{HaproxyArgs, JobArgs};
use crate::connect::{Origin, addresses, balancer};
use crate::error::{CliError, ConnectFault};

/// Where a job has its file with credentials.
const CREDENTIALS: &str = "/run/zdd/credentials";

/// What zdd has in a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Means {
    pub(super) docker: Option<Docker>,
    pub(super) ucr: Option<Ucr>,
    pub(super) env: BTreeMap<String, EnvValue>,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) volumes: Vec<SecretFile>,
    /// Options that have no variable.
    pub(super) options: Vec<String>,
}

impl Means {
    /// Nothing is connected; addresses are looked at, so that a job does not fail for them.
    pub(super) fn of(args: &JobArgs) -> Result<Self, CliError> {
        let mut means = Self::default();
        let marathon = marathon(&args.marathon)?;
        means.set("ZDD_MARATHON", &marathon);
        let (haproxy, haproxy_master) = (args.haproxy.clone(), args.haproxy_master.clone());
        balancer(&HaproxyArgs { haproxy, haproxy_master, marathon_lb: None })?;
        means.set("ZDD_HAPROXY", &args.haproxy);
        means.set("ZDD_HAPROXY_MASTER", &args.haproxy_master);
        if let Some(path) = &args.cacert {
            means.options.extend(["--cacert".into(), path.clone()]);
        }
        means.log_in(args)?;
        means.run_in(args);
        Ok(means)
    }

    /// What jobs lack to find their way, if nobody says it when they are run.
    pub(super) fn warnings(&self) -> Vec<&'static str> {
        let all = [
            ("ZDD_MARATHON", "no --marathon: each run has to be given ZDD_MARATHON"),
            ("ZDD_HAPROXY", "no --haproxy: each run has to be given ZDD_HAPROXY"),
        ];
        let missing = all.iter().filter(|(name, _)| !self.env.contains_key(*name));
        missing.map(|(_, text)| *text).collect()
    }

    fn set(&mut self, name: &str, values: &[String]) {
        let values: Vec<_> =
            values.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
        if !values.is_empty() {
            self.env.insert(name.into(), EnvValue::Text(values.join(",")));
        }
    }

    fn log_in(&mut self, args: &JobArgs) -> Result<(), JobsError> {
        if let (Some(user), Some(source)) = (&args.user, &args.password_secret) {
            self.env.insert("ZDD_MARATHON_USER".into(), EnvValue::Text(user.clone()));
            let secret = EnvValue::Secret { secret: "password".into() };
            self.env.insert("ZDD_MARATHON_PASSWORD".into(), secret);
            self.secrets.insert("password".into(), source_of("password-secret", source)?);
        }
        if let Some(source) = &args.credentials_secret {
            let (container_path, secret) = (CREDENTIALS.into(), "credentials".into());
            self.volumes.push(SecretFile { container_path, secret });
            self.secrets.insert("credentials".into(), source_of("credentials-secret", source)?);
            self.options.extend(["--credentials".into(), CREDENTIALS.into()]);
        }
        Ok(())
    }

    /// Docker, which every Metronome has, unless a secret is to be a file: Docker gets none.
    fn run_in(&mut self, args: &JobArgs) {
        let Some(image) = args.zdd_image.clone() else { return };
        if self.volumes.is_empty() {
            self.docker = Some(Docker { image });
        } else {
            self.ucr = Some(Ucr { image: UcrImage { id: image } });
        }
    }
}

/// The place of a secret in the store. Whoever mistakes it for what is in it must not read that again.
fn source_of(option: &'static str, source: &str) -> Result<Secret, JobsError> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/_-.".contains(it);
    if source.is_empty() || !source.chars().all(is_plain) {
        return Err(JobsError::SecretName(option));
    }
    Ok(Secret { source: source.into() })
}

fn marathon(given: &[String]) -> Result<Vec<String>, CliError> {
    let mut urls = Vec::new();
    for text in given {
        let found = addresses(text, Origin::Argument).map_err(|fault| match fault {
            ConnectFault::PasswordInAddress => CliError::from(JobsError::Password),
            other => other.into(),
        });
        for url in found? {
            urls.push(url.as_str().trim_end_matches('/').to_owned());
        }
    }
    Ok(urls)
}
