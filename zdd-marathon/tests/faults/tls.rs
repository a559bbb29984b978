//! Certificates.

use std::process::Command;

use rcgen::{KeyPair, PKCS_RSA_SHA256};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use zdd_core::ports::{Marathon, MarathonError, Unreachable};
use zdd_marathon::{BuildError, Credentials, ServiceAccount};

use crate::scripted::{Authority, Server, json};
use crate::{NO_APPS, verifying};

async fn secured(tls: tokio_rustls::TlsAcceptor) -> Server {
    Server::secured(tls, |_| json(200, NO_APPS).step()).await
}

async fn untrusted(server: &Server, authority: &Authority) -> String {
    let marathon = verifying(&[&server.url()]).cacert(authority.pem()).build().unwrap();
    let error = marathon.apps().await.unwrap_err();
    let MarathonError::Unreachable { why: Unreachable::Untrusted { url, cause } } = error else {
        panic!("{error:?}");
    };
    assert_eq!(url, server.url());
    assert!(server.seen().is_empty());
    cause.to_string()
}

#[tokio::test]
async fn certificates_are_verified() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let good = secured(ours.good_for("127.0.0.1")).await;
    assert_eq!(untrusted(&good, &theirs).await, "its certificate is from an unknown authority");
    let expired = secured(ours.expired_for("127.0.0.1")).await;
    assert_eq!(untrusted(&expired, &ours).await, "its certificate has expired");
    let other = secured(ours.good_for("marathon.example.com")).await;
    assert_eq!(untrusted(&other, &ours).await, "its certificate is for another host");
}

#[tokio::test]
async fn an_authority_that_is_given_is_trusted_and_insecure_trusts_anybody() {
    let ours = Authority::new("ours");
    let good = secured(ours.good_for("127.0.0.1")).await;
    let marathon = verifying(&[&good.url()]).cacert(ours.pem()).build().unwrap();
    assert_eq!(marathon.apps().await, Ok(vec![]));
    let expired = secured(ours.expired_for("localhost")).await;
    let marathon = verifying(&[&expired.url()]).insecure().build().unwrap();
    assert_eq!(marathon.apps().await, Ok(vec![]));
}

#[tokio::test]
async fn another_address_may_be_trusted() {
    let ours = Authority::new("ours");
    let expired = secured(ours.expired_for("127.0.0.1")).await;
    let good = secured(ours.good_for("localhost")).await;
    let urls = [expired.url(), good.url_as("localhost")];
    let marathon = verifying(&[&urls[0], &urls[1]]).cacert(ours.pem()).build().unwrap();
    assert_eq!(marathon.apps().await, Ok(vec![]));
}

#[tokio::test]
async fn the_authority_counts_for_the_login_too() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap().serialize_pem();
    let marathon_server = secured(ours.good_for("127.0.0.1")).await;
    for (authority, is_trusted) in [(&ours, true), (&theirs, false)] {
        let login = Server::secured(authority.good_for("127.0.0.1"), |_| {
            json(200, r#"{"token": "opaque"}"#).step()
        })
        .await;
        let key = SecretString::from(key.clone());
        let endpoint = login.url().parse().unwrap();
        let account = ServiceAccount::new("zdd".into(), endpoint, key);
        let marathon = verifying(&[&marathon_server.url()])
            .cacert(ours.pem())
            .credentials(Credentials::ServiceAccount(account))
            .build()
            .unwrap();
        let apps = marathon.apps().await;
        assert_eq!(apps.is_ok(), is_trusted, "{apps:?}");
        if let Err(error) = apps {
            let words = format!(
                "{}/ is not trusted: its certificate is from an unknown authority",
                login.url()
            );
            assert_eq!(error.to_string(), words);
        }
    }
}

#[tokio::test]
async fn plain_http_where_tls_is_expected_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let _server = AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            // Until the client has read it and gone.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    }));
    let ours = Authority::new("ours");
    let marathon = verifying(&[&url]).cacert(ours.pem()).build().unwrap();
    let error = marathon.apps().await.unwrap_err();
    let MarathonError::Unreachable { why: Unreachable::NotReached { cause, .. } } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(cause, "it does not speak TLS");
}

/// Runs by itself only where the test below starts it.
#[tokio::test]
#[ignore = "needs a machine without certificate authorities"]
async fn on_a_machine_without_authorities() {
    let error = verifying(&["http://127.0.0.1:1", "https://127.0.0.1:1"]).build().unwrap_err();
    assert!(matches!(error, BuildError::NoAuthorities { .. }), "{error:?}");
    let server = Server::start(|_| json(200, NO_APPS).step()).await;
    assert_eq!(verifying(&[&server.url()]).build().unwrap().apps().await, Ok(vec![]));
}

#[test]
fn plain_http_needs_no_authorities() {
    let nothing = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::on_a_machine_without_authorities", "--ignored"])
        .env("SSL_CERT_FILE", nothing.path().join("none.pem"))
        .env("SSL_CERT_DIR", nothing.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn authorities_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pem");
    let error = verifying(&["https://h"]).cacert_file(&missing).build().unwrap_err();
    assert!(matches!(error, BuildError::CacertUnreadable { .. }), "{error:?}");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing\n").unwrap();
    let error = verifying(&["https://h"]).cacert_file(&empty).build().unwrap_err();
    let words = format!("{} holds no certificate authority in PEM", empty.display());
    assert_eq!(error.to_string(), words);
    assert!(error.hint().unwrap().contains("--cacert"));
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = verifying(&["https://h"]).cacert(garbage).build().unwrap_err();
    assert!(matches!(error, BuildError::CacertEmpty { .. }), "{error:?}");
    let none: [&str; 0] = [];
    assert!(matches!(verifying(&none).build().unwrap_err(), BuildError::NoAddress));
}
