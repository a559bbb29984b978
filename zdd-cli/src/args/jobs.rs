//! Arguments of `zdd jobs`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::Percent;

/// Write the jobs of a canary for Metronome: start it, promote it, roll it back
///
/// Three job definitions, of which each runs zdd once: APP-REVISION-deploy-single-canary,
/// APP-REVISION-deploy-canary-completely and APP-REVISION-rollback-single-canary. FILE travels in the first
/// of them. Nothing is sent to a cluster, and no job holds a credential: jobs name secrets, which Metronome
/// looks up.
#[derive(Args, Debug)]
pub(crate) struct JobsArgs {
    /// App definition in Marathon's JSON, whose image may be the place-holder `ThisIsAUniqueKey`; `-` is
    /// standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Name of this release, such as v2: a part of the jobs' names, and the label `ZDD_REVISION` of the app
    #[arg(long, value_name = "NAME")]
    pub(crate) revision: Revision,
    /// Image of the app, in the place of the one in FILE
    #[arg(long, value_name = "IMAGE", value_parser = image)]
    pub(crate) image: Option<String>,
    /// Share of the traffic for the new version, in percent, such as 20 or 0.5
    #[arg(long, value_name = "PERCENT", default_value = "20", value_parser = weight)]
    pub(crate) weight: String,
    /// Go on although nothing says whether instances of the new version serve
    #[arg(long)]
    pub(crate) no_health_check_ok: bool,
    /// Folder for the three files; `-` prints one list of the jobs instead
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Write over files that exist
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) job: JobArgs,
}

/// What zdd is given in the job.
#[derive(Args, Debug)]
#[command(next_help_heading = "In the job")]
pub(crate) struct JobArgs {
    /// Image with zdd, sh and base64 in it; without it, zdd has to be on the PATH of the agents
    #[arg(long, value_name = "IMAGE", value_parser = image)]
    pub(crate) zdd_image: Option<String>,
    /// Address of Marathon as jobs reach it; several, by commas or repeated, are tried in turn
    #[arg(short, long, value_name = "URL", value_delimiter = ',')]
    pub(crate) marathon: Vec<String>,
    /// Admin socket of HAProxy as jobs reach it: HOST:PORT, or a path in the job; several, by commas or
    /// repeated
    #[arg(long, value_name = "SOCKET", value_delimiter = ',')]
    pub(crate) haproxy: Vec<String>,
    /// Socket of each one's master, in the same order
    #[arg(long, value_name = "SOCKET", value_delimiter = ',')]
    pub(crate) haproxy_master: Vec<String>,
    /// Certificate authority to trust besides those of the system: a path in the job
    #[arg(long, value_name = "PATH")]
    pub(crate) cacert: Option<String>,
    /// User at Marathon, with the password that --password-secret names
    #[arg(long, value_name = "NAME", requires = "password_secret")]
    pub(crate) user: Option<String>,
    /// Secret with the password of --user
    #[arg(long, value_name = "SECRET", requires = "user")]
    pub(crate) password_secret: Option<String>,
    /// Secret with `user:password`, or with the service account of DC/OS in JSON; the job gets it as a file
    #[arg(long, value_name = "SECRET", requires = "zdd_image", conflicts_with = "user")]
    pub(crate) credentials_secret: Option<String>,
}

/// The name of a release. It can be a part of a job's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revision(String);

impl Revision {
    /// As long as a label of DNS may be: job names become names of tasks and hosts.
    const MAX: usize = 63;

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Revision {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > Self::MAX {
            return Err("longer than 63 characters");
        }
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        // Dots and dashes stand between letters and digits only: nothing is empty between two of them.
        let are_names = text.split(['.', '-']).all(|it| !it.is_empty() && it.bytes().all(is_plain));
        if are_names {
            Ok(Self(text.into()))
        } else {
            Err(
                "lower-case letters, digits, and single dots and dashes between them, as in v2 or 1.0.3",
            )
        }
    }
}

/// The text of a share, as `zdd canary start` takes it.
fn weight(text: &str) -> Result<String, &'static str> {
    text.parse::<Percent>()?;
    Ok(text.trim_end_matches('%').trim_end().into())
}

/// Marathon and Docker take other texts, too, and fail when the first instance is to start.
fn image(text: &str) -> Result<String, &'static str> {
    let is_odd = |it: char| it.is_whitespace() || it.is_control();
    if text.is_empty() || text.contains(is_odd) {
        Err("not the name of an image")
    } else {
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_can_be_parts_of_job_names() {
        for good in ["v2", "1", "1.0.3", "2016-12-01", "a-b.c"] {
            assert_eq!(good.parse::<Revision>().map(|it| it.0), Ok(good.into()));
        }
        let long = "a".repeat(64);
        for bad in ["", "V2", "v_2", "-v2", "v2-", "v--2", "v2.", ".v2", "a/b", "ü", "v 2", &long]
        {
            assert!(bad.parse::<Revision>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_weight_is_handed_on_without_its_sign() {
        assert_eq!(weight("33.333 %"), Ok("33.333".into()));
        assert_eq!(weight("20"), Ok("20".into()));
        assert!(weight("-1").is_err());
    }

    #[test]
    fn names_of_images_have_no_blanks() {
        assert_eq!(
            image("registry:5000/nginx:1.11@sha256:0"),
            Ok("registry:5000/nginx:1.11@sha256:0".into())
        );
        assert!(image("").is_err());
        assert!(image("nginx latest").is_err());
    }
}
