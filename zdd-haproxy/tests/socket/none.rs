//! Things that are no HAProxy, or none any more.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;
use zdd_haproxy::socket::{Refusal, SocketError};

use super::support::LONG;
use super::support::fake::answering;
use super::{impatient, name, socket};

#[tokio::test]
async fn a_socket_that_is_gone_is_named() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let error = socket(&path).info().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("no HAProxy at {}: there is no such socket", path.display())
    );
    // The file is there, and nobody behind it.
    drop(UnixListener::bind(&path).unwrap());
    let error = impatient(&path).info().await.unwrap_err();
    assert!(error.to_string().ends_with("connection refused"), "{error}");
    assert!(error.is_certainly_undone() && error.hint().is_some());
}

#[tokio::test]
async fn a_socket_that_comes_back_in_time_is_waited_for() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    drop(UnixListener::bind(&path).unwrap());
    let socket = socket(&path);
    let asked = tokio::spawn(async move { socket.info().await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    // As HAProxy does it: a new socket takes the place of the old one.
    let new = dir.path().join("s.tmp");
    let listener = UnixListener::bind(&new).unwrap();
    std::fs::rename(&new, &path).unwrap();
    let fake = answering(listener, |_| b"Name: HAProxy\nPid: 1\nUptime_sec: 0\n\n".to_vec());
    assert_eq!(asked.await.unwrap().unwrap().worker.pid, 1);
    fake.abort();
}

/// What `info`, `glance` and `set_weight` fail with at a socket that always answers `answer`.
async fn asked_of(answer: &[u8]) -> [SocketError; 3] {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let answer = answer.to_vec();
    let fake = answering(UnixListener::bind(&path).unwrap(), move |_| answer.clone());
    let socket = socket(&path);
    let errors = [
        socket.info().await.unwrap_err(),
        socket.glance().await.unwrap_err(),
        socket.set_weight(&name("app"), &name("s1"), 1).await.unwrap_err(),
    ];
    fake.abort();
    errors
}

#[tokio::test]
async fn nothing_garbage_and_halves_are_told_apart() {
    let nothing = asked_of(b"").await;
    assert!(nothing.iter().all(|it| matches!(it, SocketError::NoAnswer { .. })), "{nothing:?}");

    let [info, glance, set] = asked_of(b"HTTP/1.0 400 Bad request\r\n\r\n<html>\n\n").await;
    assert!(matches!(info, SocketError::NotHaproxy { .. }), "{info}");
    assert!(matches!(glance, SocketError::NotHaproxy { .. }), "{glance}");
    assert!(matches!(set, SocketError::Refused { refusal: Refusal::Other, .. }), "{set}");

    let [info, glance, _] = asked_of(b"Name: HAProxy\nVersion: 2.6.12\nPid: 1\n").await;
    assert!(matches!(info, SocketError::Cut { .. }), "{info}");
    assert!(matches!(glance, SocketError::Cut { .. }), "{glance}");

    let bytes: Vec<u8> = (0..=255).cycle().take(5000).chain(*b"\n\n").collect();
    let [info, glance, set] = asked_of(&bytes).await;
    assert!(matches!(info, SocketError::NotHaproxy { .. }), "{info}");
    assert!(matches!(glance, SocketError::NotHaproxy { .. }), "{glance}");
    assert!(!set.to_string().chars().any(char::is_control), "{set:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_without_end() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let fake = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            while connection.write_all(&[b'x'; 8192]).await.is_ok() {}
        }
    });
    let error = socket(&path).set_weight(&name("app"), &name("s1"), 1).await.unwrap_err();
    assert!(matches!(error, SocketError::TooLarge { limit: 262_144, .. }), "{error}");
    fake.abort();
}

#[tokio::test]
async fn a_socket_that_hangs_holds_nobody_for_long() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    // It accepts (the system does) and never says a word; later it says a bit and then nothing.
    let listener = UnixListener::bind(&path).unwrap();
    let socket = Arc::new(impatient(&path));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let socket = Arc::clone(&socket);
            tokio::spawn(async move { socket.info().await.unwrap_err() })
        })
        .collect();
    for call in calls {
        let error = tokio::time::timeout(LONG, call).await.unwrap().unwrap();
        assert!(matches!(error, SocketError::Silent { .. }), "{error}");
        assert!(!error.is_certainly_undone());
    }
    let fake = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.write_all(b"Name: HAProxy\n").await;
            held.push(connection);
        }
    });
    let error = socket.info().await.unwrap_err();
    assert!(matches!(error, SocketError::Silent { .. }), "{error}");
    fake.abort();
}
