//! One try of a call at one address.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url};
use serde_json::error::Category;
use tokio::time::timeout;
use zdd_core::units::DeploymentId;

use super::auth::Auth;
use super::body::{self, BodyError};
use super::call::Call;
use super::failure::{self, Failure};
use super::transport::{Host, Transport};
use super::{answers, redirect, refusal};
use crate::wire::shortened;

/// Most redirects that are followed: a follower knows its leader, and a leader answers.
const MOST_REDIRECTS: u32 = 5;

/// Largest body of a refusal that is read, in bytes.
const LARGEST_REFUSAL: usize = 1 << 20;

/// A successful answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    /// The header `Marathon-Deployment-Id`.
    pub(super) deployment: Option<DeploymentId>,
    pub(super) body: Vec<u8>,
}

/// What an answer says, or why it cannot be read.
pub(super) type Decode<T> = fn(&Answer) -> Result<T, Unreadable>;

/// Why an answer cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// It ends in the middle.
    Cut,
    /// It is not what Marathon answers.
    Wrong(String),
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        match error.classify() {
            Category::Eof => Self::Cut,
            Category::Syntax => Self::Wrong(format!("not JSON: {error}")),
            Category::Data | Category::Io => Self::Wrong(error.to_string()),
        }
    }
}

impl Transport {
    /// Tries `call` at `host`. No text of a failure holds a secret.
    pub(super) async fn attempt<T>(
        &self,
        host: &Host,
        call: &Call,
        decode: Decode<T>,
    ) -> Result<T, Failure> {
        let mut sent = Sent::default();
        let limit = self.settings.call_timeout;
        let answered = match timeout(limit, self.exchange(host, call, decode, &mut sent)).await {
            Ok(answered) => answered,
            Err(_) if sent.is_on_its_way => Err(Failure::NoAnswer {
                url: host.address.to_string(),
                cause: format!("no whole answer within {} s", limit.as_secs()),
            }),
            Err(_) => Err(Failure::NotReached { cause: "no connection in time".into() }),
        };
        answered.map_err(|failure| {
            failure.map_texts(&|text| self.secrets.blot(text, sent.header.as_ref()))
        })
    }

    async fn exchange<T>(
        &self,
        host: &Host,
        call: &Call,
        decode: Decode<T>,
        sent: &mut Sent,
    ) -> Result<T, Failure> {
        let client = if call.reads() { &self.pooled } else { &self.fresh };
        let response = self.head(host, client, call, "application/json", sent).await?;
        let url = host.address.to_string();
        let status = response.status();
        if !status.is_success() {
            let silence = self.settings.read_timeout;
            // A refusal of which the words are lost is still a refusal, by its status.
            let body = body::read(response, LARGEST_REFUSAL, silence).await.unwrap_or_default();
            return Err(refusal::of_answer(&url, status.as_u16(), &body));
        }
        let answer = self.answer(&url, call, response).await?;
        decode(&answer).map_err(|unreadable| self.misread(url, call, &answer, unreadable))
    }

    /// Sends a call and follows redirects to the leader, until something else is answered.
    pub(super) async fn head(
        &self,
        host: &Host,
        client: &Client,
        call: &Call,
        accept: &'static str,
        sent: &mut Sent,
    ) -> Result<Response, Failure> {
        let mut url = host.address.join(call);
        let mut is_renewed = false;
        let mut redirects = 0;
        loop {
            sent.header = self.header_for(host, &url).await?;
            sent.is_on_its_way = true;
            let response = self.send(client, call, &url, accept, sent.header.as_ref()).await?;
            let status = response.status().as_u16();
            self.look_for_leader(&url, response.headers());
            match status {
                401 if !is_renewed && self.renews(sent.header.as_ref()).await => is_renewed = true,
                301 | 302 | 307 | 308 if redirects == MOST_REDIRECTS => {
                    let what = "it redirects without end".into();
                    let url = host.address.to_string();
                    return Err(Failure::NotMarathon { url, what, passes: true });
                }
                301 | 302 | 307 | 308 => {
                    redirects += 1;
                    url = self.follow(host, &url, response.headers()).await?;
                }
                _ => return Ok(response),
            }
            // Refused or redirected: nothing was done.
            sent.is_on_its_way = false;
        }
    }

    async fn send(
        &self,
        client: &Client,
        call: &Call,
        url: &Url,
        accept: &'static str,
        header: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        let mut request = client.request(call.method.clone(), url.clone()).header(ACCEPT, accept);
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        if let Some(id) = &call.last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        // Connecting has its own, shorter limit: what passes this one was sent.
        let limit = self.settings.connect_timeout + self.settings.read_timeout;
        let shown = redirect::origin(url);
        match timeout(limit, request.send()).await {
            Ok(sent) => sent.map_err(|error| failure::of_sending(&shown, &error)),
            Err(_) => Err(Failure::NoAnswer { url: shown, cause: "no answer in time".into() }),
        }
    }

    /// Reads a successful answer.
    async fn answer(&self, url: &str, call: &Call, response: Response) -> Result<Answer, Failure> {
        let header = response.headers().get("Marathon-Deployment-Id");
        let deployment = header.and_then(|id| id.to_str().ok()?.parse().ok());
        let (max, silence) = (self.settings.max_answer, self.settings.read_timeout);
        let url = url.to_owned();
        match body::read(response, max, silence).await {
            Ok(body) => Ok(Answer { deployment, body }),
            Err(BodyError::TooLarge(max)) => {
                let what = format!("an answer of more than {max} bytes");
                Err(if call.reads() {
                    not_understood(url, call, what, self.was_reached())
                } else {
                    Failure::NoAnswer { url, cause: what }
                })
            }
            Err(BodyError::Cut(cause)) => Err(Failure::NoAnswer { url, cause }),
        }
    }

    /// A successful answer that cannot be read. A change was carried out then, or something that is
    /// not Marathon answered: only a page is certain to come from elsewhere.
    fn misread(&self, url: String, call: &Call, answer: &Answer, why: Unreadable) -> Failure {
        if refusal::is_markup(&answer.body) {
            return refusal::not_marathon(&url, "a page instead of JSON".into());
        }
        match why {
            Unreadable::Cut => Failure::NoAnswer { url, cause: "its answer is cut off".into() },
            Unreadable::Wrong(what) if call.reads() => {
                let is_marathons = self.was_reached() || answers::has_apps(&answer.body);
                not_understood(url, call, shortened(&what, 400), is_marathons)
            }
            Unreadable::Wrong(what) => Failure::NoAnswer {
                url,
                cause: format!("its answer is not understood: {}", shortened(&what, 200)),
            },
        }
    }

    /// Who we are at `url`, which is of `host`, of another host of the list, or the leader.
    pub(super) async fn header_for(
        &self,
        host: &Host,
        url: &Url,
    ) -> Result<Option<HeaderValue>, Failure> {
        match &self.auth {
            Auth::Fixed(header) => Ok(Some(header.clone())),
            Auth::Login(login) => login.header(&self.fresh, &self.settings).await.map(Some),
            Auth::OfAddress => {
                let own = self.listed(url).and_then(|listed| listed.header.as_ref());
                Ok(own.or(host.header.as_ref()).cloned())
            }
        }
    }

    /// Whether a refused token can be renewed.
    async fn renews(&self, header: Option<&HeaderValue>) -> bool {
        match (&self.auth, header) {
            (Auth::Login(login), Some(header)) => {
                login.refused(header).await;
                true
            }
            _ => false,
        }
    }

    fn look_for_leader(&self, url: &Url, headers: &HeaderMap) {
        let announced = headers.get("X-Marathon-Leader").and_then(|value| value.to_str().ok());
        if let Some(announced) = announced.filter(|_| self.listed(url).is_some()) {
            self.note_leader(announced);
        }
    }

    /// Where a redirect leads. It is followed only to hosts of the list and to the leader that one
    /// of them announces: everybody else would get the credentials, and the definition of the app.
    async fn follow(&self, host: &Host, from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
        let refused = |what| refusal::not_marathon(&host.address.to_string(), what);
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let to = redirect::destination(from, location).map_err(refused)?;
        if self.listed(&to).is_some() || self.is_leader(&to) {
            return Ok(to);
        }
        let is_known = self.ask_for_leader(host).await;
        if self.is_leader(&to) {
            return Ok(to);
        }
        // During an election a host may redirect to a leader that it no longer knows.
        Err(Failure::NotMarathon {
            url: host.address.to_string(),
            what: format!("it redirects to {}, which is not its leader", redirect::origin(&to)),
            passes: !is_known,
        })
    }

    /// Asks a host of the list who the leader is. Returns whether it says; if not, whoever asks goes
    /// nowhere.
    async fn ask_for_leader(&self, host: &Host) -> bool {
        #[derive(serde::Deserialize)]
        struct Leader {
            leader: String,
        }
        let call = Call::get("/v2/leader");
        let url = host.address.join(&call);
        let Ok(header) = self.header_for(host, &url).await else {
            return false;
        };
        let sent = self.send(&self.pooled, &call, &url, "application/json", header.as_ref()).await;
        let Ok(response) = sent else {
            return false;
        };
        let body = body::read(response, LARGEST_REFUSAL, self.settings.read_timeout).await;
        let leader = serde_json::from_slice::<Leader>(&body.unwrap_or_default());
        if let Ok(leader) = &leader {
            self.note_leader(&leader.leader);
        }
        leader.is_ok()
    }
}

/// How far a try has come.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Who we said that we are.
    pub(super) header: Option<HeaderValue>,
    /// Whether the call may have arrived.
    is_on_its_way: bool,
}

/// What `url` answers is not what Marathon does. If it is one all the same, it is this answer that is
/// odd, and not the address that is wrong.
fn not_understood(url: String, call: &Call, what: String, is_marathon: bool) -> Failure {
    if !is_marathon {
        return refusal::not_marathon(&url, what);
    }
    Failure::Unreadable { url, call: format!("{} {}", call.method, call.path), what }
}
