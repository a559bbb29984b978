use std::path::Path;
use std::process::Command;

use super::*;
use crate::bridge::model::tests::{many, one_of};

fn listeners(folder: &Path) -> Listeners {
    Listeners {
        folder: folder.into(),
        stats: 19090.try_into().unwrap(),
        hosts: 18080.try_into().ok(),
    }
}

fn accepts(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    std::fs::write(&file, text).unwrap();
    let checked = Command::new("haproxy").arg("-c").arg("-f").arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    if checked.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn the_text_is_as_it_was_agreed() {
    let configuration = Configuration::new(&one_of(), &listeners(Path::new("/run/it's here")));
    let text = configuration.to_text();
    assert!(text.contains("stats socket '/run/it'\\''s here/admin.sock' mode 600"), "{text}");
    let service = text.split_once("frontend demo_10000\n").unwrap().1;
    assert_eq!(
        service,
        "  bind 127.0.0.1:10000
  mode http
  option idle-close-on-response
  use_backend demo_10000
backend demo_10000
  balance roundrobin
  mode http
  option forwardfor
  http-request set-header X-Forwarded-Port %[dst_port]
  retry-on conn-failure empty-response response-timeout
  http-request disable-l7-retry if METH_POST or { method PUT PATCH DELETE }
  option httpchk GET '/health'
  timeout check 2s
  server 127_0_0_1_31000 127.0.0.1:31000 weight 1 check inter 1s rise 1 fall 4 disabled
  server 127_0_0_1_32000 127.0.0.1:32000 weight 1 check inter 1s rise 1 fall 4
"
    );
}

#[test]
fn haproxy_accepts_every_kind_of_service() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = Configuration::new(&many(), &listeners(folder.path()));
    assert!(configuration.services.len() > 8);
    let text = configuration.to_text();
    accepts(&text).unwrap();
    let broken = text.replace("mode tcp", "mode udp");
    assert!(accepts(&broken).is_err(), "the test can fail");
}

#[test]
fn nothing_listens_beyond_loopback() {
    let text = Configuration::new(&many(), &listeners(Path::new("/run/x"))).to_text();
    let binds: Vec<&str> = text.lines().filter(|it| it.trim().starts_with("bind ")).collect();
    assert!(binds.len() > 8);
    assert!(binds.iter().all(|it| it.trim().starts_with("bind 127.0.0.1:")), "{binds:?}");
}
