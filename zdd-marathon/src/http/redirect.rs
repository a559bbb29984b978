//! Where a redirect leads, and whether to go there.

use reqwest::Url;

/// Where `location` leads from `from`. An address of the web, without user and password.
pub(super) fn destination(from: &Url, location: Option<&str>) -> Result<Url, String> {
    let Some(location) = location else {
        return Err("it redirects without saying where".into());
    };
    let mut to =
        from.join(location).map_err(|_| "it redirects to something unreadable".to_owned())?;
    if !matches!(to.scheme(), "http" | "https") || to.host_str().is_none_or(str::is_empty) {
        return Err("it redirects to something that is not HTTP".into());
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(format!("it redirects from TLS to {}, which has none", origin(&to)));
    }
    // Who may see what we are is decided by us, not by whoever redirects.
    super::address::take_user_info(&mut to);
    Ok(to)
}

/// `host:port` of a URL, as Marathon names its leader.
pub(super) fn host_port(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// `host:port` of what Marathon says its leader is: that, or a URL.
pub(super) fn leader(text: &str) -> Option<String> {
    let text = text.trim();
    if text.contains("://") {
        return host_port(&text.parse().ok()?);
    }
    let url: Url = format!("http://{text}").parse().ok()?;
    host_port(&url)
}

/// Scheme, host and port, for messages.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(from: &str, location: &str) -> Result<String, String> {
        destination(&from.parse().unwrap(), Some(location)).map(String::from)
    }

    #[test]
    fn only_the_web_and_never_from_tls_to_none() {
        let here = "http://m1:8080/v2/events";
        assert_eq!(to(here, "http://m2:8080/v2/events").unwrap(), "http://m2:8080/v2/events");
        assert_eq!(to(here, "/other").unwrap(), "http://m1:8080/other");
        assert_eq!(to(here, "http://u:p@m2/").unwrap(), "http://m2/");
        for bad in ["file:///etc/passwd", "javascript:alert(1)", "http://", "ftp://m2/"] {
            assert!(to(here, bad).is_err(), "{bad}");
        }
        assert_eq!(
            to("https://m1/v2/apps", "http://m1/v2/apps").unwrap_err(),
            "it redirects from TLS to http://m1, which has none"
        );
        assert!(destination(&here.parse().unwrap(), None).is_err());
    }

    #[test]
    fn a_leader_is_a_host_and_a_port_or_a_url() {
        assert_eq!(leader("m2:8080").as_deref(), Some("m2:8080"));
        assert_eq!(leader("http://m2:8080").as_deref(), Some("m2:8080"));
        assert_eq!(leader("https://m2/").as_deref(), Some("m2:443"));
        assert_eq!(leader(""), None);
    }
}
