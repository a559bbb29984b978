//! What marathon-lb answers over HTTP, for tools that know marathon-lb.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::bridge::config::Listeners;
use crate::bridge::process::Haproxy;
use crate::socket::{Address, Socket};

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, listeners: Listeners) {
    let routes = Router::new()
        .route("/haproxy", get(statistics))
        .route("/_haproxy_getpids", get(pids))
        .route("/_haproxy_health_check", get(health))
        .with_state(listeners);
    // It fails never: what goes wrong with a connection ends that connection.
    let _ = axum::serve(listener, routes).await;
}

async fn statistics(State(listeners): State<Listeners>, RawQuery(query): RawQuery) -> Response {
    if query.as_deref() != Some("stats;csv") {
        return Redirect::temporary(&format!("http://127.0.0.1:{}/haproxy?stats", listeners.stats))
            .into_response();
    }
    let socket = Socket::new(Address::Unix(listeners.admin_socket()));
    match socket.glance().await {
        Ok(glance) => {
            let csv = as_marathon_lb(&String::from_utf8_lossy(&glance.stat));
            ([(header::CONTENT_TYPE, "text/plain")], csv).into_response()
        }
        Err(error) => unavailable(&error.to_string()),
    }
}

async fn pids(State(listeners): State<Listeners>) -> Response {
    match Haproxy::pids(&listeners.master_socket()).await {
        Ok(pids) if !pids.is_empty() => {
            // The newest first, as `pidof` has them.
            let texts: Vec<String> = pids.iter().rev().map(u32::to_string).collect();
            ([(header::CONTENT_TYPE, "text/plain")], texts.join(" ") + "\n").into_response()
        }
        Ok(_) => unavailable("no HAProxy runs"),
        Err(error) => unavailable(&error.to_string()),
    }
}

async fn health(State(listeners): State<Listeners>) -> Response {
    let socket = Socket::new(Address::Unix(listeners.admin_socket()));
    match socket.info().await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => unavailable(&error.to_string()),
    }
}

fn unavailable(why: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
}

/// The statistics as HAProxy 2.0 has them: newer ones have a heading that is no identifier, which
/// tools of that time do not bear, and cells may hold commas and quotation marks. Without empty lines.
fn as_marathon_lb(csv: &str) -> String {
    let headings = csv.lines().next().unwrap_or_default();
    let n_columns = headings.split(',').take_while(|it| !it.is_empty() && *it != "-").count();
    let mut text = String::with_capacity(csv.len());
    for line in csv.lines().filter(|line| !line.is_empty()) {
        for cell in cells(line).into_iter().take(n_columns) {
            text.extend(cell.chars().filter(|c| !matches!(c, '"' | '\'' | ',')));
            text.push(',');
        }
        text.push('\n');
    }
    text
}

/// The cells of a line; a comma between quotation marks divides none.
fn cells(line: &str) -> Vec<&str> {
    let mut is_quoted = false;
    line.split(|c: char| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_of_old_can_read_the_statistics() {
        let csv =
            "# pxname,svname,last_chk,-,h1,\na,FRONTEND,,-,1,\na,s1,\"it's, \"\"x\"\"\",-,2,\n\n";
        assert_eq!(as_marathon_lb(csv), "# pxname,svname,last_chk,\na,FRONTEND,,\na,s1,its x,\n");
        assert_eq!(as_marathon_lb(""), "");
    }
}
