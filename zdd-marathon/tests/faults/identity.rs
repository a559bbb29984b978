//! Who we are, and that nobody learns it who must not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData};
use secrecy::SecretString;
use serde_json::{Value, json as value};
use zdd_core::ports::{Force, Marathon, MarathonError};
use zdd_marathon::{Credentials, HttpMarathon, ServiceAccount};

use crate::scripted::{Server, Step, in_time, json, page};
use crate::{NO_APPS, RESULT, app, builder, client};

const SECRET: &str = "hunter2-planted";

fn account(endpoint: &str, key: &str) -> Credentials {
    let key = SecretString::from(key);
    Credentials::ServiceAccount(ServiceAccount::new("zdd".into(), endpoint.parse().unwrap(), key))
}

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());

/// A token of DC/OS that ends in so many seconds.
fn token(left: u64, serial: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = value!({"uid": "zdd", "exp": now + left, "serial": serial});
    encode(&Header::default(), &claims, &EncodingKey::from_secret(b"theirs")).unwrap()
}

/// Logs in, `left` seconds at a time, and counts the logins.
async fn login_server(left: u64) -> (Server, Arc<AtomicUsize>) {
    let logins = Arc::new(AtomicUsize::new(0));
    let counted = logins.clone();
    let server = Server::start(move |_| {
        let serial = counted.fetch_add(1, Ordering::SeqCst);
        json(200, &value!({"token": token(left, serial)}).to_string()).step()
    })
    .await;
    (server, logins)
}

#[tokio::test]
async fn users_and_tokens_are_sent() {
    let server = Server::play(vec![], json(200, NO_APPS).step()).await;
    let in_url = server.url().replace("http://", "http://alice:hunter2@");
    client(&[&in_url]).apps().await.unwrap();
    let given = |credentials| builder(&[&in_url]).credentials(credentials).build().unwrap();
    given(Credentials::basic("alice", "hunter2")).apps().await.unwrap();
    given(Credentials::token("abc.def")).apps().await.unwrap();
    client(&[&server.url()]).apps().await.unwrap();
    let sent: Vec<_> =
        server.seen().iter().map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    let basic = Some("Basic YWxpY2U6aHVudGVyMg==".to_owned());
    assert_eq!(sent, [basic.clone(), basic, Some("token=abc.def".into()), None]);
}

#[tokio::test]
async fn a_service_account_logs_in_once_and_proves_who_it_is() {
    let (login, logins) = login_server(3600).await;
    let server = Server::play(vec![], json(200, NO_APPS).step()).await;
    let endpoint = format!("{}/acs/api/v1/auth/login", login.url());
    let credentials = account(&endpoint, &KEY.serialize_pem());
    let marathon = builder(&[&server.url()]).credentials(credentials).build().unwrap();
    let (one, two) = tokio::join!(marathon.apps(), marathon.apps());
    assert_eq!((one, two), (Ok(vec![]), Ok(vec![])));
    marathon.apps().await.unwrap();
    assert_eq!(logins.load(Ordering::SeqCst), 1);

    let seen = login.seen().remove(0);
    assert_eq!(seen.header("authorization"), None);
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body["uid"], "zdd");
    let key = DecodingKey::from_rsa_der(KEY.der_bytes());
    let validation = Validation::new(Algorithm::RS256);
    let claims = decode::<Value>(body["token"].as_str().unwrap(), &key, &validation).unwrap();
    assert_eq!(claims.claims["uid"], "zdd");
    let sent = server.seen()[0].header("authorization").unwrap().to_owned();
    assert!(sent.starts_with("token=ey"), "{sent}");
}

#[tokio::test]
async fn a_token_is_renewed_when_it_ends_and_when_it_is_refused() {
    let (login, logins) = login_server(0).await;
    let server = Server::play(vec![], json(200, NO_APPS).step()).await;
    let credentials = account(&login.url(), &KEY.serialize_pem());
    let marathon = builder(&[&server.url()]).credentials(credentials).build().unwrap();
    marathon.apps().await.unwrap();
    marathon.apps().await.unwrap();
    assert_eq!(logins.load(Ordering::SeqCst), 2, "a token that has ended is not used again");

    let (login, logins) = login_server(3600).await;
    let server = Server::play(vec![page(401).step()], json(200, RESULT).step()).await;
    let credentials = account(&login.url(), &KEY.serialize_pem());
    let marathon = builder(&[&server.url()]).credentials(credentials).build().unwrap();
    marathon.restart_app(&app("/a"), Force::No).await.unwrap();
    assert_eq!((logins.load(Ordering::SeqCst), server.done().len()), (2, 1));
    let seen = server.seen();
    assert_ne!(seen[0].header("authorization"), seen[1].header("authorization"));
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_the_end() {
    let (login, logins) = login_server(3600).await;
    let server = Server::play(vec![], page(401).step()).await;
    let credentials = account(&login.url(), &KEY.serialize_pem());
    let marathon = builder(&[&server.url()]).credentials(credentials).build().unwrap();
    let error = in_time(marathon.apps()).await.unwrap_err();
    assert_eq!(error, MarathonError::Unauthorised { url: server.url(), status: 401 });
    assert_eq!((logins.load(Ordering::SeqCst), server.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_login_that_fails_sends_nothing_to_marathon() {
    let server = Server::play(vec![], json(200, RESULT).step()).await;
    let faults = [
        page(401).step(),
        page(404).step(),
        page(503).step(),
        json(200, "{}").step(),
        Step::Reset { done: true },
        Step::Stall { done: false },
    ];
    join_all(faults.map(async |step| {
        let login = Server::play(vec![], step.clone()).await;
        let credentials = account(&login.url(), &KEY.serialize_pem());
        let marathon = builder(&[&server.url()]).credentials(credentials).build().unwrap();
        let error = in_time(marathon.restart_app(&app("/a"), Force::No)).await.unwrap_err();
        let text = error.to_string();
        assert!(!text.contains("may have been carried out"), "{step:?}: {text}");
        assert!(text.contains(&login.host_port()), "{step:?}: {text}");
    }))
    .await;
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn older_logins_answer_with_a_cookie() {
    let cookie = "dcos-acs-auth-cookie=opaque; Path=/; HttpOnly";
    let login = Server::play(vec![], json(200, "{}").header("Set-Cookie", cookie).step()).await;
    let server = Server::play(vec![], json(200, NO_APPS).step()).await;
    let credentials = account(&login.url(), &KEY.serialize_pem());
    let marathon = builder(&[&server.url()]).credentials(credentials).build().unwrap();
    marathon.apps().await.unwrap();
    assert_eq!(server.seen()[0].header("authorization"), Some("token=opaque"));
}

/// Everything that can be shown of a client and its errors, against a server that sends back all it
/// was sent.
async fn shown(marathon: &HttpMarathon) -> String {
    let mut text = format!("{marathon:?}");
    for error in [
        marathon.apps().await.unwrap_err(),
        marathon.app(&app("/a")).await.unwrap_err(),
        marathon.restart_app(&app("/a"), Force::No).await.unwrap_err(),
        marathon.info().await.unwrap_err(),
    ] {
        text += &format!("{error} {error:?} {:?}\n", error.hint());
    }
    text
}

#[tokio::test]
async fn secrets_are_in_no_text() {
    let statuses = [200, 302, 400, 401, 403, 404, 409, 418, 422, 500, 503];
    join_all(statuses.map(async |status| {
        let server = echo(status).await;
        let in_url = server.url().replace("http://", &format!("http://alice:{SECRET}@"));
        let quick = |url: &str| builder(&[url]).patience(Duration::from_millis(50));
        for builder in [
            quick(&in_url),
            quick(&server.url()).credentials(Credentials::basic("bob", SECRET)),
            quick(&server.url()).credentials(Credentials::token(SECRET)),
        ] {
            let mut text = format!("{builder:?}");
            text += &shown(&builder.build().unwrap()).await;
            for secret in [SECRET, "aHVudGVyMi1wbGFudGVk", "h1bnRlcjItcGxhbnRlZ"] {
                assert!(!text.contains(secret), "{status}: {text}");
            }
            assert!(text.contains("127.0.0.1"), "{text}");
        }
        let sent = server.seen()[0].header("authorization").unwrap().to_owned();
        assert!(sent.contains("aHVudGVyMi1wbGFudGVk"), "what is looked for was sent: {sent}");
    }))
    .await;
}

/// A server that sends back what it was sent, and the secret, wherever an answer has a text.
async fn echo(status: u16) -> Server {
    Server::start(move |seen| {
        let sent = seen.header("authorization").unwrap_or_default();
        let said = format!("{sent} {SECRET}");
        let body = value!({
            "message": said,
            "details": [{"path": said, "errors": [said]}],
            "deployments": if status == 409 { value!(said) } else { Value::Null },
            "version": [said],
            "apps": said,
        });
        json(status, &body.to_string()).header("Location", format!("ftp://{SECRET}/")).step()
    })
    .await
}

#[tokio::test]
async fn secrets_are_in_no_text_of_credentials_and_builders() {
    let key = KEY.serialize_pem();
    let inside = key.lines().nth(3).unwrap();
    let url = format!("http://alice:{SECRET}@127.0.0.1:1/");
    let in_endpoint = format!("https://u:{SECRET}@127.0.0.1:1/login");
    let mut text = String::new();
    for credentials in
        [Credentials::basic("bob", SECRET), Credentials::token(SECRET), account(&in_endpoint, &key)]
    {
        text += &format!("{credentials:?}");
        let builder = builder(&[&url]).credentials(credentials);
        text += &format!("{builder:?}");
        let marathon = builder.build().unwrap();
        text += &format!("{marathon:?} {}", in_time(marathon.apps()).await.unwrap_err());
    }
    // An error of a wrong address names it.
    let wrong = format!("ftp://alice:{SECRET}@h/");
    let error = builder(&[&wrong]).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`ftp://h/` is not the address of a Marathon: it begins with neither http:// nor https://"
    );
    text += &format!("{error:?}");
    let broken = account("https://h/", &format!("-----BEGIN {SECRET}"));
    text += &format!("{:?}", builder(&["http://h"]).credentials(broken).build().unwrap_err());
    let spoiled = Credentials::token(&format!("{SECRET}\n"));
    text += &format!("{:?}", builder(&["http://h"]).credentials(spoiled).build().unwrap_err());
    assert!(!text.contains(SECRET) && !text.contains(inside), "{text}");
}
