//! Files with credentials.

use std::fs::Metadata;
use std::path::Path;
use std::{fmt, io};

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use super::credentials::{Credentials, ServiceAccount};

/// Largest file that is read, in bytes: the largest RSA keys in use have some kilobytes.
pub(super) const LARGEST: u64 = 1 << 20;

/// Why a file gives no credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialFileError {
    /// It cannot be read.
    #[error("the credential file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It holds no credentials.
    #[error("the credential file {path} holds no credentials: {what}")]
    NoCredentials {
        /// The file.
        path: String,
        /// What is wrong. Never what is in it.
        what: &'static str,
    },
}

impl CredentialFileError {
    /// How to go on.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => Some("check the name of the file"),
                io::ErrorKind::PermissionDenied => Some("let its owner make it readable for you"),
                _ => None,
            },
            Self::NoCredentials { .. } => Some(
                "write one line `user:password`, one line with a token, or the JSON of a DC/OS \
                 service account",
            ),
        }
    }
}

/// What is unwise, but works.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Others than its owner may read a file with credentials.
    ReadableByOthers {
        /// The file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
}

impl Warning {
    #[cfg(unix)]
    pub(super) fn of_file(path: &Path, metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;

        let mode = metadata.permissions().mode() & 0o7777;
        let path = path.display().to_string();
        (mode & 0o077 != 0).then_some(Self::ReadableByOthers { path, mode })
    }

    #[cfg(not(unix))]
    pub(super) fn of_file(_: &Path, _: &Metadata) -> Option<Self> {
        None
    }

    /// How to mend it.
    pub fn hint(&self) -> Option<String> {
        let Self::ReadableByOthers { path, .. } = self;
        Some(format!("chmod 600 {path}"))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::ReadableByOthers { path, mode } = self;
        write!(f, "the credential file {path} is open to others (mode {mode:04o})")
    }
}

/// The JSON forms. `SecretString` is not among the types that can be read, so it is made at once.
#[derive(Deserialize)]
struct Json {
    scheme: Option<String>,
    uid: Option<String>,
    login_endpoint: Option<String>,
    private_key: Option<String>,
    #[serde(alias = "username")]
    user: Option<String>,
    password: Option<String>,
    token: Option<String>,
}

/// The credentials that `text` says, or what is wrong with it, without a word of it.
pub(super) fn read(text: &str) -> Result<Credentials, &'static str> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        // The error of the parser would show what it found.
        let json: Json =
            serde_json::from_str(text).map_err(|_| "it begins like JSON, and is none")?;
        return of_json(json);
    }
    if text.lines().nth(1).is_some() {
        return Err("it has more than one line");
    }
    match text.split_once(':') {
        _ if text.is_empty() => Err("it is empty"),
        Some(("", _)) => Err("there is no user before the colon"),
        Some((user, password)) => Ok(Credentials::basic(user, password)),
        None => Ok(Credentials::token(text)),
    }
}

fn of_json(json: Json) -> Result<Credentials, &'static str> {
    if let Some(token) = json.token {
        return Ok(Credentials::token(&token));
    }
    if let (Some(user), Some(password)) = (json.user, json.password) {
        return Ok(Credentials::basic(user, password));
    }
    if json.scheme.is_some_and(|scheme| scheme != "RS256") {
        return Err("its `scheme` is not RS256");
    }
    let uid = json.uid.ok_or("it has no `uid`, no `user` with `password` and no `token`")?;
    let endpoint = json.login_endpoint.ok_or("it has no `login_endpoint`")?;
    let endpoint: Url = endpoint.parse().map_err(|_| "its `login_endpoint` is no URL")?;
    let key = json.private_key.ok_or("it has no `private_key`")?;
    Ok(Credentials::ServiceAccount(ServiceAccount::new(uid, endpoint, SecretString::from(key))))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn one_line_is_a_user_or_a_token() {
        match read("\u{feff}alice:pa:ss word\r\n").unwrap() {
            Credentials::Basic { user, password } => {
                assert_eq!((user.as_str(), password.expose_secret()), ("alice", "pa:ss word"));
            }
            other => panic!("{other:?}"),
        }
        for text in ["eyJ.a.b", "token=eyJ.a.b\n", r#"{"token": "eyJ.a.b"}"#] {
            match read(text).unwrap() {
                Credentials::Token(token) => assert_eq!(token.expose_secret(), "eyJ.a.b"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_service_account_is_read_whole() {
        let text = r#"{"scheme": "RS256", "uid": "zdd", "private_key": "PEM",
            "login_endpoint": "https://u:p@leader.mesos/acs/api/v1/auth/login"}"#;
        match read(text).unwrap() {
            Credentials::ServiceAccount(account) => {
                assert_eq!(account.uid, "zdd");
                let endpoint = "https://leader.mesos/acs/api/v1/auth/login";
                assert_eq!(account.login_endpoint.as_str(), endpoint);
                assert_eq!(account.private_key.expose_secret(), "PEM");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_what_is_in_it() {
        for text in [
            "",
            ":hunter2",
            "alice:hunter2\nbob:hunter2",
            r#"{"user": "hunter2"}"#,
            r#"{"scheme": "HS256", "uid": "hunter2"}"#,
            r#"{"uid": "z", "login_endpoint": "hunter2", "private_key": "hunter2"}"#,
            r#"{"password": hunter2}"#,
        ] {
            let what = read(text).unwrap_err();
            assert!(!what.is_empty() && !what.contains("hunter2"), "{text}: {what}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_warned_of() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        fs::write(&path, "alice:hunter2\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let (_, warnings) = Credentials::from_file(&path).unwrap();
        let [warning] = &warnings[..] else { panic!("{warnings:?}") };
        let words = format!("the credential file {} is open to others (mode 0644)", path.display());
        assert_eq!(warning.to_string(), words);
        assert_eq!(warning.hint().unwrap(), format!("chmod 600 {}", path.display()));

        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Credentials::from_file(&path).unwrap().1, []);
        let missing = Credentials::from_file(&folder.path().join("none")).unwrap_err();
        assert!(missing.to_string().contains("cannot be read"), "{missing}");
        assert!(Credentials::from_file(folder.path()).is_err());
    }
}
