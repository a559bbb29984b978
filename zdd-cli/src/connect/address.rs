//! Addresses of Marathon, and who may say a password.

use url::Url;

use crate::error::ConnectFault;

/// Where an address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An argument, which every user of the machine can read.
    Argument,
    /// The environment.
    Environment,
}

/// The addresses that `text` lists.
pub(super) fn addresses(text: &str, origin: Origin) -> Result<Vec<Url>, ConnectFault> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| address(part, origin)).collect()
}

fn address(text: &str, origin: Origin) -> Result<Url, ConnectFault> {
    let bad = |why: &str| ConnectFault::BadAddress { shown: without_user(text), why: why.into() };
    let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("it begins with neither http:// nor https://"));
    }
    if origin == Origin::Argument && url.password().is_some() {
        return Err(ConnectFault::PasswordInAddress);
    }
    Ok(url)
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
    fn what_is_no_address_is_said_without_a_password() {
        for (text, shown) in [
            (
                "marathon",
                "`marathon` is not the address of a Marathon: relative URL without a base",
            ),
            (
                "localhost:8080",
                "`localhost:8080` is not the address of a Marathon: it begins with neither http:// \
                 nor https://",
            ),
            (
                "http://alice:hunter2@a:80800",
                "`…@a:80800` is not the address of a Marathon: invalid port number",
            ),
        ] {
            let error = addresses(text, Origin::Environment).unwrap_err().to_string();
            assert_eq!(error, shown);
            assert!(!error.contains("hunter2"));
        }
    }
}
