//! Who may not ask: pages of other sites, through the browser of somebody on this machine.
//!
//! Whoever can ask a lab can run commands. A loopback address keeps out other machines, but a browser
//! on this one sends what any page tells it to send, to any address. Such requests give themselves
//! away: by an `Origin`, or, where a name of the page's own leads to the loopback address, by a `Host`
//! that is a name.

use std::net::IpAddr;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Refuses what a page of another site asks for.
pub(crate) async fn refuse_foreign(request: Request, next: Next) -> Response {
    if is_foreign(request.headers()) {
        let message = "a page of another site may not use this Marathon";
        return (StatusCode::FORBIDDEN, Json(json!({ "message": message }))).into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let is_foreign = |name: HeaderName, host: fn(&str) -> &str| {
        headers.get(name).is_some_and(|value| !value.to_str().is_ok_and(|text| is_here(host(text))))
    };
    is_foreign(header::HOST, |host| host)
        || is_foreign(header::ORIGIN, |origin| {
            origin.split_once("://").map_or(origin, |(_, authority)| authority)
        })
}

/// Whether a host, with or without a port, is one of this machine that no page can claim: a loopback
/// address, or the name of it.
fn is_here(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = host.to_ascii_lowercase();
    bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        || name == "localhost"
        || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn requests_of_this_machine_are_not_foreign() {
        assert!(!is_foreign(&HeaderMap::new()));
        for host in
            ["127.0.0.1:8080", "127.0.0.2", "[::1]:80", "[::1]", "localhost:1", "Lab.localhost"]
        {
            assert!(!is_foreign(&headers(&[(header::HOST, host)])), "{host}");
            let origin = format!("http://{host}");
            assert!(!is_foreign(&headers(&[(header::ORIGIN, &origin)])), "{origin}");
        }
    }

    #[test]
    fn names_of_others_are() {
        for host in
            ["evil.example", "evil.example:8080", "10.0.0.1", "localhost.evil.example", "", "[::1"]
        {
            assert!(is_foreign(&headers(&[(header::HOST, host)])), "{host}");
            let pairs = [(header::HOST, "127.0.0.1"), (header::ORIGIN, host)];
            assert!(is_foreign(&headers(&pairs)), "{host}");
        }
        assert!(is_foreign(&headers(&[(header::ORIGIN, "null")])));
        assert!(is_foreign(&headers(&[(header::ORIGIN, "https://evil.example")])));
    }
}
