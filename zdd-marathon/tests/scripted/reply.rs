//! What the server does with a request.

use std::time::Duration;

/// What happens to a request that was read.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// It is answered.
    Answer(Reply),
    /// The connection is reset, after the request was carried out or not.
    Reset { done: bool },
    /// Nothing follows, after the request was carried out or not.
    Stall { done: bool },
    /// It is answered byte by byte.
    Drip { reply: Reply, every: Duration },
    /// It is answered with so many spaces, of which the length is not announced.
    Flood { megabytes: usize },
}

impl Step {
    /// Whether the request was carried out.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Answer(reply) | Self::Drip { reply, .. } => reply.done,
            Self::Reset { done } | Self::Stall { done } => *done,
            Self::Flood { .. } => true,
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    announces: Announces,
    /// Whether the request was carried out.
    done: bool,
}

#[derive(Clone, Copy, Debug)]
enum Announces {
    Length,
    /// More than comes: the connection ends in the middle.
    More(usize),
    /// Nothing: the end of the connection is the end of the body.
    Nothing,
}

/// JSON. A success was carried out.
pub(crate) fn json(status: u16, body: &str) -> Reply {
    Reply::new(status, "application/json", body)
}

/// A page.
pub(crate) fn page(status: u16) -> Reply {
    Reply::new(status, "text/html", "<!doctype html>\n<html><body>Oops</body></html>")
}

impl Reply {
    fn new(status: u16, content_type: &str, body: &str) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.to_owned(),
            announces: Announces::Length,
            done: (200..300).contains(&status),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(key, _)| *key != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The first `keep` bytes of the body come, though all are announced.
    pub(crate) fn truncated(mut self, keep: usize) -> Self {
        self.announces = Announces::More(self.body.len());
        self.body.truncate(keep);
        self
    }

    /// The first `keep` bytes of the body come, and nothing says that there were more.
    pub(crate) fn cut(mut self, keep: usize) -> Self {
        self.announces = Announces::Nothing;
        self.body.truncate(keep);
        self
    }

    /// Announces a body of `length` bytes, of which none comes.
    pub(crate) fn announcing(mut self, length: usize) -> Self {
        self.announces = Announces::More(length);
        self.body.clear();
        self
    }

    /// Says whether the request was carried out.
    pub(crate) fn done(mut self, done: bool) -> Self {
        self.done = done;
        self
    }

    pub(crate) fn step(self) -> Step {
        Step::Answer(self)
    }

    pub(super) fn closes(&self) -> bool {
        !matches!(self.announces, Announces::Length)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} Said\r\n", self.status);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        match self.announces {
            Announces::Length => text += &format!("Content-Length: {}\r\n", self.body.len()),
            Announces::More(length) => text += &format!("Content-Length: {length}\r\n"),
            Announces::Nothing => text += "Connection: close\r\n",
        }
        (text + "\r\n" + &self.body).into_bytes()
    }
}
