//! Addresses of Marathon, and who may say a password.

use url::{ParseError, Url};

use crate::error::ConnectFault;

/// Where an address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An argument, which every user of the machine can read.
    Argument,
    /// The environment.
    Environment,
}

/// The addresses that `text` lists.
pub(crate) fn addresses(text: &str, origin: Origin) -> Result<Vec<Url>, ConnectFault> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| address(part, origin)).collect()
}

fn address(text: &str, origin: Origin) -> Result<Url, ConnectFault> {
    let bad = |why: &str| ConnectFault::BadAddress {
        shown: without_user(text),
        why: why.into(),
        meant: meant(text),
    };
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(bad("it begins with neither http:// nor https://"));
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(bad("it begins with neither http:// nor https://"));
    }
    // The parser would take the path for the host.
    if rest.is_empty() || rest.starts_with(['/', ':', '?', '#']) {
        return Err(bad("it has no host"));
    }
    let url = Url::parse(text).map_err(|error| bad(words(error)))?;
    if origin == Origin::Argument && url.password().is_some() {
        return Err(ConnectFault::PasswordInAddress);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("an address has neither `?` nor `#`"));
    }
    if let Some(part) = url.path_segments().and_then(|mut parts| parts.find(|it| is_inner(it))) {
        return Err(bad(&format!("`/{part}` is a part of what Marathon has below its address")));
    }
    Ok(url)
}

/// Whether a part of a path is Marathon's own: that of its API or of its pages.
fn is_inner(part: &str) -> bool {
    matches!(part, "v2" | "ui")
}

fn words(error: ParseError) -> &'static str {
    match error {
        ParseError::EmptyHost => "it has no host",
        ParseError::InvalidPort => "its port is no number from 1 to 65535",
        ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address => {
            "its host is no IP address, though it looks like one"
        }
        _ => "its host is not the name of one",
    }
}

/// What was meant by a text that is no address, if that can be guessed: the same with the usual
/// scheme, and without what comes after the address. Never with a user or a password.
fn meant(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(":/").map_or(("http", text), |(scheme, rest)| {
        let is_secure = scheme.to_ascii_lowercase().ends_with('s');
        (if is_secure { "https" } else { "http" }, rest)
    });
    let rest = rest.trim_start_matches('/');
    let mut url = Url::parse(&format!("{scheme}://{rest}")).ok().filter(|_| !text.contains('@'))?;
    url.set_query(None);
    url.set_fragment(None);
    let kept: Vec<_> = url.path_segments()?.take_while(|part| !is_inner(part)).collect();
    let path = kept.join("/");
    url.set_path(&path);
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// What may be shown of a text that is no address: not what may be a password.
fn without_user(text: &str) -> String {
    const LONGEST: usize = 80;
    let shown = match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.into(),
    };
    shown.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, origin: Origin) -> Vec<String> {
        addresses(text, origin).unwrap().iter().map(Url::to_string).collect()
    }

    #[test]
    fn there_may_be_several_with_paths() {
        assert_eq!(
            texts("http://a:8080, https://b/service/marathon,", Origin::Argument),
            ["http://a:8080/", "https://b/service/marathon"]
        );
    }

    #[test]
    fn a_password_is_accepted_from_the_environment_only() {
        let text = "http://alice:hunter2@a:8080";
        assert_eq!(texts(text, Origin::Environment), ["http://alice:hunter2@a:8080/"]);
        let refused = addresses(text, Origin::Argument).unwrap_err();
        assert!(matches!(refused, ConnectFault::PasswordInAddress));
        assert_eq!(texts("http://alice@a/", Origin::Argument), ["http://alice@a/"]);
    }

    #[test]
    fn what_is_no_address_is_said_with_what_was_meant_and_without_a_password() {
        const SCHEME: &str = "it begins with neither http:// nor https://";
        const INNER: &str = "is a part of what Marathon has below its address";
        for (text, shown, why, meant) in [
            ("marathon", "marathon", SCHEME, Some("http://marathon")),
            ("localhost:8080", "localhost:8080", SCHEME, Some("http://localhost:8080")),
            ("htp://m:8080/base", "htp://m:8080/base", SCHEME, Some("http://m:8080/base")),
            ("htps://m", "htps://m", SCHEME, Some("https://m")),
            ("http:/m:8080", "http:/m:8080", SCHEME, Some("http://m:8080")),
            ("http:///m", "http:///m", "it has no host", Some("http://m")),
            ("http://", "http://", "it has no host", None),
            ("http://:8080", "http://:8080", "it has no host", None),
            ("http://m:80800", "http://m:80800", "its port is no number from 1 to 65535", None),
            ("http://a b/", "http://a b/", "its host is not the name of one", None),
            ("http://m/?x", "http://m/?x", "an address has neither `?` nor `#`", Some("http://m")),
            (
                "http://m:8080/ui/#/apps",
                "http://m:8080/ui/#/apps",
                "an address has neither `?` nor `#`",
                Some("http://m:8080"),
            ),
            (
                "https://m/service/marathon/v2/apps",
                "https://m/service/marathon/v2/apps",
                &format!("`/v2` {INNER}"),
                Some("https://m/service/marathon"),
            ),
            (
                "http://alice:hunter2@a:80800",
                "…@a:80800",
                "its port is no number from 1 to 65535",
                None,
            ),
            ("alice:hunter2@a:8080", "…@a:8080", SCHEME, None),
        ] {
            let error = addresses(text, Origin::Environment).unwrap_err();
            let told = error.to_string();
            assert_eq!(told, format!("`{shown}` is not the address of a Marathon: {why}"));
            assert!(!told.contains("hunter2"));
            let ConnectFault::BadAddress { meant: guess, .. } = error else { panic!("{error:?}") };
            assert_eq!(guess.as_deref(), meant, "{text}");
        }
    }
}
