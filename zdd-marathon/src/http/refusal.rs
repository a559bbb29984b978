//! What a status and a body mean that are no success.

use zdd_core::ports::MarathonError;

use super::failure::Failure;
use crate::wire::{Message, shortened};

/// The words for a method that the server does not know, whatever its own are.
pub(super) const UNKNOWN_METHOD: &str = "it does not know the method (405)";

/// The failure that an answer is.
pub(super) fn of_answer(url: &str, status: u16, body: &[u8]) -> Failure {
    if status == 405 {
        return Failure::Decided(MarathonError::Refused { message: UNKNOWN_METHOD.into() });
    }
    let Some(message) = Message::read(body) else {
        return of_stranger(url, status, body);
    };
    let words = message.words();
    // The last releases answer unknown paths with 500.
    if words == "URI not found" {
        return not_marathon(url, "it does not know the path of the API".into());
    }
    let error = match status {
        400 | 422 => MarathonError::Invalid { details: message.invalid(), message: words },
        403 if words.contains("running deployments") => MarathonError::Refused { message: words },
        401 | 403 => unauthorised(url, status),
        404 => MarathonError::NotFound { message: words },
        409 => match message.locked_by() {
            Some(deployments) => return Failure::Locked(deployments),
            None => MarathonError::Exists { message: words },
        },
        402..=499 if !is_busy(status) => MarathonError::Refused { message: words },
        _ => return failing(url, status, words, false),
    };
    Failure::Decided(error)
}

/// A body that is not Marathon's: of a proxy, or of something else altogether.
fn of_stranger(url: &str, status: u16, body: &[u8]) -> Failure {
    match status {
        401 | 403 => Failure::Decided(unauthorised(url, status)),
        // Whether somebody holds the app or the id is taken cannot be known; nothing was done.
        409 => Failure::Failing {
            url: url.into(),
            status,
            message: "a conflict that it does not explain".into(),
            certain: true,
            is_page: true,
        },
        _ if status >= 500 || is_busy(status) => {
            failing(url, status, page_words(body), is_markup(body))
        }
        _ => not_marathon(url, format!("HTTP {status} without Marathon's words")),
    }
}

/// Statuses by which servers ask to come again: request time-out, too early, too many requests.
fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 425 | 429)
}

fn failing(url: &str, status: u16, message: String, is_page: bool) -> Failure {
    let no_leader = message.contains("Could not determine the current leader");
    let certain = no_leader || matches!(status, 425 | 429);
    Failure::Failing { url: url.into(), status, message, certain, is_page }
}

fn unauthorised(url: &str, status: u16) -> MarathonError {
    MarathonError::Unauthorised { url: url.into(), status }
}

pub(super) fn not_marathon(url: &str, what: String) -> Failure {
    Failure::NotMarathon { url: url.into(), what, passes: false }
}

/// What a page says: nothing if it is markup, else its beginning.
fn page_words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    if is_markup(body) { "a page instead of an answer".into() } else { shortened(&text, 200) }
}

/// Whether a body is HTML or the like.
pub(super) fn is_markup(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(status: u16, body: &str) -> MarathonError {
        match of_answer("http://m", status, body.as_bytes()) {
            Failure::Decided(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_refusal_has_its_type() {
        let words = r#"{"message": "App '/x' does not exist"}"#;
        assert!(matches!(decided(404, words), MarathonError::NotFound { .. }));
        assert!(matches!(decided(409, words), MarathonError::Exists { .. }));
        assert!(matches!(decided(422, words), MarathonError::Invalid { .. }));
        assert!(matches!(decided(400, words), MarathonError::Invalid { .. }));
        assert!(matches!(decided(401, words), MarathonError::Unauthorised { status: 401, .. }));
        assert!(matches!(decided(403, ""), MarathonError::Unauthorised { status: 403, .. }));
        assert!(matches!(decided(405, words), MarathonError::Refused { .. }));
        let many = r#"{"message": "Max number (100) of running deployments is achieved."}"#;
        assert!(matches!(decided(403, many), MarathonError::Refused { .. }));
        let locked = r#"{"message": "App is locked", "deployments": [{"id": "d"}]}"#;
        assert!(
            matches!(of_answer("u", 409, locked.as_bytes()), Failure::Locked(ids) if ids.len() == 1)
        );
    }

    #[test]
    fn only_a_missing_leader_or_a_closed_door_is_certain() {
        let certain = |status, body: &str| match of_answer("u", status, body.as_bytes()) {
            Failure::Failing { certain, .. } => certain,
            other => panic!("{other:?}"),
        };
        assert!(certain(502, r#"{"message": "Could not determine the current leader"}"#));
        assert!(certain(503, "Could not determine the current leader"));
        assert!(certain(429, ""));
        assert!(certain(409, "<html>"));
        assert!(!certain(502, "<html>Bad Gateway</html>"));
        assert!(!certain(503, r#"{"message": "timeout"}"#));
        assert!(!certain(500, ""));
        assert!(!certain(408, ""));
    }

    #[test]
    fn what_is_not_marathon_is_told_apart() {
        for (status, body) in
            [(404, "<html>"), (418, "{}"), (500, r#"{"message": "URI not found"}"#)]
        {
            let failure = of_answer("u", status, body.as_bytes());
            assert!(matches!(failure, Failure::NotMarathon { .. }), "{status} {failure:?}");
        }
    }
}
