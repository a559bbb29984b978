//! Where a Marathon is.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use secrecy::SecretString;

use super::call::Call;

/// One address of a Marathon: scheme, host, port and base path, and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Address {
    base: Url,
}

/// User and password that stood in an address.
pub(super) type UserInfo = (String, SecretString);

impl Address {
    /// The address, and the user and password that were in it.
    pub(super) fn of(mut url: Url) -> Result<(Self, Option<UserInfo>), &'static str> {
        let user_info = take_user_info(&mut url);
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it begins with neither http:// nor https://");
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err("it has no host");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("an address has neither `?` nor `#`");
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok((Self { base: url }, user_info))
    }

    /// The URL of a call.
    pub(super) fn join(&self, call: &Call) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), call.path));
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        url
    }

    /// The address itself.
    pub(super) fn url(&self) -> Url {
        self.base.clone()
    }

    /// Whether `url` is of the same program: the same host and port, or the same host by TLS.
    pub(super) fn is_of(&self, url: &Url) -> bool {
        let same_host = self.base.host_str() == url.host_str();
        let same_port = self.base.port_or_known_default() == url.port_or_known_default();
        let secured = self.base.scheme() == "http" && url.scheme() == "https";
        same_host && (secured || self.base.scheme() == url.scheme() && same_port)
    }

    /// Whether it is this machine by its own loopback address, where no proxy can lead.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    pub(super) fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }
}

/// Without a final slash: `http://m1:8080`, `https://dcos/service/marathon`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

/// Takes user and password out of `url`.
pub(super) fn take_user_info(url: &mut Url) -> Option<UserInfo> {
    let decoded = |text: &str| percent_decoded(text);
    let user = decoded(url.username());
    let password = url.password().map(decoded);
    // Fails only for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let is_there = !user.is_empty() || password.is_some();
    is_there.then(|| (user, SecretString::from(password.unwrap_or_default())))
}

/// What `%40` and the like stand for; bytes that are no text become `�`.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|digits| {
            bytes[at] == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn address(text: &str) -> Address {
        Address::of(text.parse().unwrap()).unwrap().0
    }

    #[test]
    fn user_and_password_are_taken_out_and_decoded() {
        let url = "https://al%40ice:s%3Aec%20ret@m:8443/service/marathon/".parse().unwrap();
        let (address, user_info) = Address::of(url).unwrap();
        assert_eq!(address.to_string(), "https://m:8443/service/marathon");
        let (user, password) = user_info.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("al@ice", "s:ec ret"));
        assert!(!format!("{address:?}").contains("ret"));
        assert!(Address::of("http://m".parse().unwrap()).unwrap().1.is_none());
        assert_eq!(percent_decoded("100%"), "100%");
        assert_eq!(percent_decoded("%é"), "%é");
    }

    #[test]
    fn the_base_path_stays_before_every_call() {
        let call = Call::get("/v2/apps").query("embed", "apps.tasks");
        let url = |text| address(text).join(&call).to_string();
        assert_eq!(url("http://m:8080"), "http://m:8080/v2/apps?embed=apps.tasks");
        assert_eq!(
            url("http://m/service/marathon/"),
            "http://m/service/marathon/v2/apps?embed=apps.tasks"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in
            ["ftp://m", "zk://m:2181/marathon", "file:///etc", "http://m/?a=b", "http://m/#x"]
        {
            assert!(Address::of(bad.parse().unwrap()).is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_is_told_by_its_address() {
        for (text, is_loopback) in [
            ("http://127.1.2.3:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(address(text).is_loopback(), is_loopback, "{text}");
        }
    }

    #[test]
    fn another_port_is_another_program_but_tls_is_the_same() {
        let plain = address("http://m:8080/base");
        let is_of = |text: &str| plain.is_of(&text.parse().unwrap());
        assert!(is_of("http://m:8080/else"));
        assert!(is_of("https://m:8443/v2/apps"));
        assert!(!is_of("http://m:8081/v2/apps"));
        assert!(!is_of("http://m2:8080/v2/apps"));
        assert!(!address("https://m").is_of(&"http://m/".parse().unwrap()));
    }
}
