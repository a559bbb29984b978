//! `show sess`.

use std::time::Duration;

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// HAProxy's name for it.
    pub id: String,
    /// The frontend that took it.
    pub fe: String,
    /// Its backend, `<NONE>` for none yet.
    pub be: String,
    /// Its server, `<none>` for none yet.
    pub srv: String,
    /// For how long it goes on, as exactly as HAProxy says.
    pub age: Option<Duration>,
}

/// Reads the lines that are sessions, and passes over those of connections for commands.
pub(super) fn read(text: &str, most: usize) -> Result<Vec<Session>, String> {
    let mut sessions = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let session = session(line).ok_or_else(|| {
            format!("`{}` is no session", line.chars().take(40).collect::<String>())
        })?;
        if session.fe == "GLOBAL" {
            continue;
        }
        if sessions.len() == most {
            return Err(format!("it has more than {most} sessions"));
        }
        sessions.push(session);
    }
    Ok(sessions)
}

fn session(line: &str) -> Option<Session> {
    let (id, rest) = line.split_once(": ")?;
    let value = |key: &str| {
        let mut words = rest.split_whitespace().filter_map(|word| word.split_once('='));
        words.find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    Some(Session {
        id: id.to_owned(),
        fe: value("fe")?.to_owned(),
        be: value("be")?.to_owned(),
        srv: value("srv")?.to_owned(),
        age: value("age").and_then(age),
    })
}

/// `5s`, `3m20s`, `2h5m`, `1d4h`.
fn age(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: u64 = rest[..end].parse().ok()?;
        let unit = match rest.as_bytes()[end] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(n.checked_mul(unit)?)?;
        rest = &rest[end + 1..];
    }
    (!text.is_empty()).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V26: &str = "\
0x55b2d8ce2690: proto=tcpv4 src=127.0.0.1:4 fe=app_in be=app srv=s1 ts=00 epoch=0 age=3m20s calls=1\n\
0x55b2d8ce2691: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 age=0s calls=1\n\n";

    #[test]
    fn sessions_are_read_and_our_own_is_not_one() {
        let sessions = read(V26, 1).unwrap();
        assert_eq!(sessions.len(), 1);
        let [only] = &sessions[..] else { unreachable!() };
        assert_eq!((&*only.fe, &*only.be, &*only.srv), ("app_in", "app", "s1"));
        assert_eq!(only.age, Some(Duration::from_secs(200)));
        assert!(read(V26, 0).unwrap_err().contains("more than 0"));
        assert!(read("<html>", 9).unwrap_err().contains("`<html>`"));
    }

    #[test]
    fn ages_are_read() {
        for (text, seconds) in
            [("0s", Some(0)), ("1d4h", Some(100_800)), ("", None), ("5", None), ("5€", None)]
        {
            assert_eq!(age(text), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(age("99999999999999999999d"), None);
        assert_eq!(age("999999999999999999d"), None);
    }
}
