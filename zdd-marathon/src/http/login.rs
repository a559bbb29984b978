//! Logs a DC/OS service account in.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, dangerous::insecure_decode_claims, encode};
use reqwest::header::{CONTENT_TYPE, HeaderValue, SET_COOKIE};
use reqwest::{Client, Response};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use zdd_core::ports::MarathonError;

use super::body;
use super::build_error::BuildError;
use super::credentials::ServiceAccount;
use super::failure::{self, Failure};
use super::refusal;
use super::settings::Settings;

/// How long the signed message that logs in is good for. It is used at once; the rest is for clocks
/// that differ.
const MESSAGE_FOR: u64 = 300;

/// For how long a token is asked. Renewing costs one call an hour.
const TOKEN_FOR: u64 = 3600;

/// A service account, and the token that it has.
pub(super) struct Login {
    account: ServiceAccount,
    key: EncodingKey,
    /// Held while it logs in, so that calls at the same time log in once.
    token: Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    /// None where the token does not say when it ends.
    renew_at: Option<Instant>,
}

#[derive(Serialize)]
struct Claims<'a> {
    uid: &'a str,
    exp: u64,
}

#[derive(Serialize)]
struct Request<'a> {
    uid: &'a str,
    token: &'a str,
    exp: u64,
}

#[derive(Deserialize)]
struct Answer {
    token: String,
}

#[derive(Deserialize)]
struct Ends {
    exp: Option<u64>,
}

impl Login {
    pub(super) fn new(account: ServiceAccount) -> Result<Self, BuildError> {
        let what = "the private key is no RSA key in PEM";
        let key = EncodingKey::from_rsa_pem(account.private_key.expose_secret().as_bytes())
            .map_err(|_| BuildError::Credentials { what })?;
        if !matches!(account.login_endpoint.scheme(), "http" | "https") {
            let what = "the login endpoint begins with neither http:// nor https://";
            return Err(BuildError::Credentials { what });
        }
        Ok(Self { account, key, token: Mutex::new(None) })
    }

    /// The header for a call, after logging in if need be.
    pub(super) async fn header(
        &self,
        client: &Client,
        settings: &Settings,
    ) -> Result<HeaderValue, Failure> {
        let mut held = self.token.lock().await;
        let is_good = |token: &&Token| token.renew_at.is_none_or(|at| Instant::now() < at);
        if let Some(token) = held.as_ref().filter(is_good) {
            return Ok(token.header.clone());
        }
        let token = self.log_in(client, settings).await?;
        Ok(held.insert(token).header.clone())
    }

    /// Forgets a token that was refused, unless another call has renewed it already.
    pub(super) async fn refused(&self, header: &HeaderValue) {
        let mut held = self.token.lock().await;
        held.take_if(|token| token.header == *header);
    }

    async fn log_in(&self, client: &Client, settings: &Settings) -> Result<Token, Failure> {
        let url = self.account.login_endpoint.clone();
        let shown = url.to_string();
        let body = self.message()?;
        let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body).send();
        let response =
            match timeout(settings.connect_timeout + settings.read_timeout, request).await {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => return Err(not_logged_in(failure::of_sending(&shown, &error))),
                Err(_) => {
                    let cause = format!("no answer of {shown} to the login in time");
                    return Err(Failure::NotReached { cause });
                }
            };
        let cookie = cookie(&response);
        let status = response.status().as_u16();
        let body = body::read(response, 1 << 20, settings.read_timeout).await.unwrap_or_default();
        if status != 200 {
            return Err(refused(&shown, status));
        }
        let answer = serde_json::from_slice::<Answer>(&body).ok().map(|answer| answer.token);
        let text = answer.or(cookie).ok_or_else(|| {
            refusal::not_marathon(&shown, "it answers the login without a token".into())
        })?;
        Token::of(&text).ok_or_else(|| {
            refusal::not_marathon(&shown, "it answers the login with an unusable token".into())
        })
    }

    /// The body of the login.
    fn message(&self) -> Result<Vec<u8>, Failure> {
        let unsigned = |_| Failure::NotReached { cause: "the login cannot be signed".into() };
        let (now, uid) = (now(), self.account.uid.as_str());
        let claims = Claims { uid, exp: now + MESSAGE_FOR };
        let token = encode(&Header::new(Algorithm::RS256), &claims, &self.key).map_err(unsigned)?;
        let request = Request { uid, token: &token, exp: now + TOKEN_FOR };
        serde_json::to_vec(&request)
            .map_err(|_| Failure::NotReached { cause: "the login cannot be written".into() })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Token {
    fn of(text: &str) -> Option<Self> {
        let mut header = HeaderValue::try_from(format!("token={text}")).ok()?;
        header.set_sensitive(true);
        let ends = insecure_decode_claims::<Ends>(text).ok().and_then(|claims| claims.exp);
        // What is left is cut by a tenth: a call that is on its way must not arrive too late.
        let renew_at = ends.map(|exp| {
            let left = Duration::from_secs(exp.saturating_sub(now()).min(30 * 24 * 3600));
            Instant::now() + left * 9 / 10
        });
        Some(Self { header, renew_at })
    }
}

/// The token of the cookie that older releases of DC/OS give.
fn cookie(response: &Response) -> Option<String> {
    let mut cookies = response.headers().get_all(SET_COOKIE).into_iter();
    let token = |cookie: &str| {
        let rest = cookie.strip_prefix("dcos-acs-auth-cookie=")?;
        Some(rest.split(';').next().unwrap_or_default().to_owned())
    };
    cookies.find_map(|cookie| token(cookie.to_str().ok()?))
}

fn refused(url: &str, status: u16) -> Failure {
    match status {
        401 | 403 => Failure::Decided(MarathonError::Unauthorised { url: url.into(), status }),
        500.. | 429 => Failure::Failing {
            url: url.into(),
            status,
            message: "the login failed".into(),
            certain: true,
            is_page: false,
        },
        _ => refusal::not_marathon(url, format!("it answers the login with HTTP {status}")),
    }
}

/// A login that got no answer is no call that got none: the call was not sent.
fn not_logged_in(failure: Failure) -> Failure {
    match failure {
        Failure::NotReached { cause } => {
            Failure::NotReached { cause: format!("the login failed: {cause}") }
        }
        Failure::NoAnswer { url, cause } => {
            Failure::NotReached { cause: format!("the login at {url} failed: {cause}") }
        }
        other => other,
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
