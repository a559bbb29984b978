//! The process ids of HAProxy, as marathon-lb lists them.

/// The most processes that are believed. Each reload can leave one behind for as long as a connection
/// lasts.
const MOST: usize = 10_000;

/// Reads `pidof haproxy`: numbers with blanks between them, at least one.
pub(super) fn read(body: &[u8]) -> Result<Vec<u32>, &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "it is no text")?;
    let mut pids = Vec::new();
    for word in text.split_ascii_whitespace() {
        let pid = word.parse::<u32>().ok().filter(|pid| *pid > 0);
        pids.push(pid.ok_or("it does not list process ids")?);
        if pids.len() > MOST {
            return Err("it lists too many process ids");
        }
    }
    if pids.is_empty() { Err("it lists no process id") } else { Ok(pids) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_ids_are_read() {
        assert_eq!(read(b"39 20\n"), Ok(vec![39, 20]));
        assert_eq!(read(b" 60\t39 20 "), Ok(vec![60, 39, 20]));
        for (body, wrong) in [
            (&b""[..], "it lists no process id"),
            (b"\n", "it lists no process id"),
            (b"39 x", "it does not list process ids"),
            (b"-1", "it does not list process ids"),
            (b"0", "it does not list process ids"),
            (b"99999999999", "it does not list process ids"),
            (b"<html>", "it does not list process ids"),
            (b"\xff", "it is no text"),
        ] {
            assert_eq!(read(body), Err(wrong));
        }
        assert_eq!(read("1 ".repeat(10_001).as_bytes()), Err("it lists too many process ids"));
    }
}
