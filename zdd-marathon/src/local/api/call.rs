//! A call: who asks, what, and where.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body;
use axum::extract::{ConnectInfo, FromRequest, Request};
use serde_json::{Map, Value};
use zdd_core::app::Group;
use zdd_core::simulate::Marathon;

use super::super::definition::{Invalid, ServicePorts, Workshop};
use super::super::runtime::Shared;
use super::query::Query;
use super::refusal::Refusal;

/// The largest body that is read. Marathon takes definitions of up to 512 KiB into its store; a group
/// is many of them.
const MAX_BODY: usize = 2 << 20;

/// A call, with its body read.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) shared: Arc<Shared>,
    pub(super) client: SocketAddr,
    pub(super) path: String,
    pub(super) query: Query,
    body: Vec<u8>,
}

impl FromRequest<Arc<Shared>> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Refusal> {
        // Only a server that was set up without it has none, and then nobody is there to be named.
        let client = request.extensions().get().map(|ConnectInfo(client)| *client);
        let query = Query::of(request.uri().query().unwrap_or_default());
        let path = request.uri().path().to_owned();
        let read = body::to_bytes(request.into_body(), MAX_BODY).await;
        let body = read.map_err(|_| Refusal::TooLarge(MAX_BODY))?.into();
        let client = client.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0)));
        Ok(Self { shared: shared.clone(), client, path, query, body })
    }
}

impl Call {
    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::Syntax(error.to_string()))
    }

    /// The body as a JSON object.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match self.json()? {
            Value::Object(object) => Ok(object),
            _ => Err(Invalid::shape("/", "expected an object").into()),
        }
    }

    /// What makes definitions complete, for a change of `root`.
    pub(super) fn workshop(&self, marathon: &Marathon, root: &Group) -> Workshop<'_> {
        Workshop {
            images: &self.shared.images,
            grouping: marathon.settings().grouping,
            ports: ServicePorts::of(root),
        }
    }

    /// The URL of a path of this server.
    pub(super) fn url_of(&self, path: &str) -> String {
        format!("http://{}{path}", self.shared.address)
    }
}
