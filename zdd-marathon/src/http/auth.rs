//! The header that says who we are, and texts from which it is kept.

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::build_error::BuildError;
use super::credentials::Credentials;
use super::login::Login;

/// How calls say who we are.
#[derive(Debug)]
pub(super) enum Auth {
    /// As the address says it, or not at all.
    OfAddress,
    /// Always alike.
    Fixed(HeaderValue),
    /// With a token that a login gives.
    Login(Box<Login>),
}

impl Auth {
    pub(super) fn new(
        credentials: Option<Credentials>,
        client: &Client,
        secrets: &mut Secrets,
    ) -> Result<Self, BuildError> {
        Ok(match credentials {
            None => Self::OfAddress,
            Some(Credentials::Basic { user, password }) => {
                Self::Fixed(basic(&user, password, client, secrets)?)
            }
            Some(Credentials::Token(token)) => {
                let text = format!("token={}", token.expose_secret());
                let mut header = HeaderValue::try_from(text).map_err(|_| {
                    BuildError::Credentials { what: "the token has characters that no token has" }
                })?;
                header.set_sensitive(true);
                secrets.add(token);
                Self::Fixed(header)
            }
            Some(Credentials::ServiceAccount(account)) => {
                Self::Login(Box::new(Login::new(account)?))
            }
        })
    }
}

/// The header of basic authentication.
pub(super) fn basic(
    user: &str,
    password: SecretString,
    client: &Client,
    secrets: &mut Secrets,
) -> Result<HeaderValue, BuildError> {
    let refused = |what| BuildError::Credentials { what };
    if user.contains(':') {
        return Err(refused("the user has a colon"));
    }
    // The encoding is reqwest's; this request is never sent.
    let request = client
        .get("http://localhost/")
        .basic_auth(user, Some(password.expose_secret()))
        .build()
        .map_err(|_| refused("user and password make no header"))?;
    let mut header = request
        .headers()
        .get(AUTHORIZATION)
        .cloned()
        .ok_or_else(|| refused("user and password make no header"))?;
    header.set_sensitive(true);
    secrets.add(password);
    Ok(header)
}

/// What must be in no message, even when a server sends it back.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Secrets of fewer characters hide nothing, and would be found in every text.
    const SHORTEST: usize = 3;

    fn add(&mut self, secret: SecretString) {
        if secret.expose_secret().len() >= Self::SHORTEST {
            self.0.push(secret);
        }
    }

    /// `text` without secrets, nor the credentials of the header `used`.
    pub(super) fn blot(&self, mut text: String, used: Option<&HeaderValue>) -> String {
        let header = used.and_then(|header| header.to_str().ok()).unwrap_or_default();
        let sent = header.split_once([' ', '=']).map_or("", |(_, sent)| sent);
        for secret in self.0.iter().map(ExposeSecret::expose_secret).chain([sent]) {
            if secret.len() >= Self::SHORTEST && text.contains(secret) {
                text = text.replace(secret, "…");
            }
        }
        text
    }
}
