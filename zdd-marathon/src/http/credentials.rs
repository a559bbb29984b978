//! Who we are.

use std::fs;
use std::path::Path;

use reqwest::Url;
use secrecy::SecretString;

use super::address::take_user_info;
use super::credential_file::{self, CredentialFileError, Warning};

/// Who we are, for Marathon. What is secret in it is never printed, by `Debug` neither.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// HTTP basic authentication.
    Basic {
        /// The user, without a colon.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// A token of DC/OS, sent as `Authorization: token=…`.
    Token(SecretString),
    /// A service account of DC/OS, which gets such a token by logging in.
    ServiceAccount(ServiceAccount),
}

/// A service account of DC/OS. It logs in with a message that it signs (RS256), and gets a token,
/// which is renewed before it ends and when it is refused.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    pub(super) uid: String,
    pub(super) login_endpoint: Url,
    pub(super) private_key: SecretString,
}

impl ServiceAccount {
    /// The account `uid`, which logs in at `login_endpoint` with an RSA key in PEM. User and password
    /// in the endpoint are dropped.
    pub fn new(uid: String, mut login_endpoint: Url, private_key: SecretString) -> Self {
        let _ = take_user_info(&mut login_endpoint);
        Self { uid, login_endpoint, private_key }
    }
}

impl Credentials {
    /// User and password.
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Basic { user: user.into(), password: SecretString::from(password.into()) }
    }

    /// A token, with or without `token=` before it.
    pub fn token(token: &str) -> Self {
        Self::Token(SecretString::from(token.strip_prefix("token=").unwrap_or(token)))
    }

    /// What a file says, and what is to be said about the file. It holds one of
    ///
    /// - one line `user:password`, of which the first colon counts,
    /// - one line with a token, with or without `token=` before it,
    /// - `{"user": .., "password": ..}` or `{"token": ..}`,
    /// - the secret of a DC/OS service account:
    ///   `{"scheme": "RS256", "uid": .., "login_endpoint": .., "private_key": ..}`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or says none of these. No error repeats what is in it.
    pub fn from_file(path: &Path) -> Result<(Self, Vec<Warning>), CredentialFileError> {
        let unreadable =
            |source| CredentialFileError::Unreadable { path: path.display().to_string(), source };
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() || metadata.len() > credential_file::LARGEST {
            return Err(CredentialFileError::NoCredentials {
                path: path.display().to_string(),
                what: "it is no small file",
            });
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let credentials = credential_file::read(&text).map_err(|what| {
            CredentialFileError::NoCredentials { path: path.display().to_string(), what }
        })?;
        Ok((credentials, Warning::of_file(path, &metadata).into_iter().collect()))
    }
}

/// As in a file: see [`Credentials::from_file`].
impl std::str::FromStr for Credentials {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        credential_file::read(text)
    }
}
