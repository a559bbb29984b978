//! The text of a configuration. All that comes from outside was read into types before.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::super::model::{Balance, Mode, Server, Service};
use super::{Listeners, Served};

/// The weight that a server begins with: all have the same share.
pub(super) const WEIGHT: u16 = 1;
/// One passed check is enough: Marathon has found the task healthy before.
pub(super) const RISE: u16 = 1;

/// `global`, `defaults` and the frontends that belong to no one service.
pub(super) fn head(services: &[Service], listeners: &Listeners) -> String {
    let path = |path: std::path::PathBuf| quoted(&path.to_string_lossy());
    let mut text = format!(
        "global
  stats socket {} mode 600 level admin expose-fd listeners
  stats maxconn 50
  stats timeout 30s
  maxconn 2000
  server-state-file {}
  log stderr format raw local0 notice
defaults
  log global
  option dontlognull
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout queue 5s
  timeout http-request 10s
  timeout http-keep-alive 30s
  timeout tunnel 1h
  retries 3
  option redispatch 1
  load-server-state-from-file global
frontend stats
  bind 127.0.0.1:{}
  mode http
  stats enable
  stats uri /haproxy?stats
  stats show-legends
  http-request deny deny_status 404 unless {{ path /haproxy }}
",
        path(listeners.admin_socket()),
        path(listeners.state_file()),
        listeners.stats,
    );
    if let Some(port) = listeners.hosts {
        let _ = write!(
            text,
            "frontend marathon_http_in
  bind 127.0.0.1:{port}
  mode http
  option idle-close-on-response
"
        );
        for rule in rules(services) {
            text.push_str(&rule);
        }
    }
    text
}

/// Which backend the virtual hosts lead to. Those with a path come first, the longest at the top.
fn rules(services: &[Service]) -> Vec<String> {
    let mut with_hosts: Vec<&Service> =
        services.iter().filter(|it| !it.hosts.is_empty() && it.mode == Mode::Http).collect();
    with_hosts.sort_by_key(|it| std::cmp::Reverse(it.path.as_ref().map_or(0, String::len)));
    with_hosts
        .iter()
        .map(|service| {
            let hosts = service.hosts.join(" ");
            let path = match &service.path {
                Some(path) => format!(" {{ path_beg {} }}", quoted(path)),
                None => String::new(),
            };
            format!(
                "  use_backend {} if {{ hdr(host),lower,field(1,:) -m str {hosts} }}{path}\n",
                service.name
            )
        })
        .collect()
}

/// The frontend of a service, and its backend without servers.
pub(super) fn service(service: &Service) -> String {
    let (name, port) = (&service.name, service.port);
    let mut text = format!("frontend {name}\n  bind 127.0.0.1:{port}\n");
    text.push_str(match service.mode {
        Mode::Tcp => "  mode tcp\n",
        Mode::Http => "  mode http\n  option idle-close-on-response\n",
    });
    let _ = write!(text, "  use_backend {name}\nbackend {name}\n");
    text.push_str(match service.balance {
        Balance::RoundRobin => "  balance roundrobin\n",
        Balance::LeastConn => "  balance leastconn\n",
        Balance::Random => "  balance random\n",
        Balance::Source => "  balance source\n  hash-type consistent\n",
        Balance::First => "  balance first\n",
    });
    match service.mode {
        Mode::Tcp => text.push_str("  mode tcp\n"),
        // A request is sent again only where the first server cannot have done anything with it, or
        // doing it twice is the client's own idea.
        Mode::Http => text.push_str(
            "  mode http
  option forwardfor
  http-request set-header X-Forwarded-Port %[dst_port]
  retry-on conn-failure empty-response response-timeout
  http-request disable-l7-retry if METH_POST or { method PUT PATCH DELETE }
",
        ),
    }
    if service.is_sticky {
        text.push_str("  cookie mesosphere_server_id insert indirect nocache\n");
    }
    if let Some(path) = &service.check.path {
        let _ = writeln!(text, "  option httpchk GET {}", quoted(path));
    }
    let _ = writeln!(text, "  timeout check {}s", service.check.timeout.as_secs());
    text
}

/// The line of a server.
pub(super) fn server(of: &Served, server: &Server) -> String {
    let (name, check) = (&server.name, &of.check);
    let mut text = format!(
        "  server {name} {} weight {WEIGHT} check inter {}s rise {RISE} fall {}",
        SocketAddr::new(server.addr, server.port.get()),
        check.interval.as_secs(),
        check.fall,
    );
    if let Some(port) = check.port {
        let _ = write!(text, " port {port}");
    }
    if of.is_sticky {
        let _ = write!(text, " cookie {name}");
    }
    if server.is_draining {
        text.push_str(" disabled");
    }
    text.push('\n');
    text
}

/// In single quotes nothing has a meaning but the quote itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
