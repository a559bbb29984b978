//! The environment of hooks: that of zdd, without what zdd logs in with.

use std::ffi::{OsStr, OsString};

use url::Url;

/// Parts of names of variables that hold secrets.
const SECRETS: [&str; 5] = ["PASSWORD", "TOKEN", "SECRET", "CREDENTIAL", "PRIVATE_KEY"];
/// Beginnings of names of variables that log in at a cluster. Secrets of others are passed on: a hook that
/// tells people about a deployment has to log in somewhere, too.
const OURS: [&str; 3] = ["ZDD_", "MARATHON_", "DCOS_"];
/// A definition; hooks have files for that, and as a variable it may be too large beside the arguments.
const DEFINITION: &str = "ZDD_DEFINITION";

/// What of `variables` a hook gets.
pub(super) fn of_hooks(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    let kept = variables.into_iter().filter_map(|(name, value)| {
        if !is_ours(&name) {
            return Some((name, value));
        }
        if name == DEFINITION || is_secret(&name) {
            return None;
        }
        without_password(&value).map(|value| (name, value))
    });
    kept.collect()
}

fn is_ours(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    OURS.iter().any(|start| name.starts_with(start))
}

fn is_secret(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    SECRETS.iter().any(|part| name.contains(part))
}

/// `value`, which may be a list of addresses, without passwords; `None` where that cannot be made sure.
fn without_password(value: &OsStr) -> Option<OsString> {
    let text = value.to_str()?;
    if !text.contains('@') {
        return Some(value.into());
    }
    let clean = |part: &str| {
        if !part.contains('@') {
            return Some(part.to_owned());
        }
        let mut url = Url::parse(part).ok().filter(Url::has_host)?;
        url.set_password(None).ok()?;
        // A password may hold the comma that the list was split at, and so be half in another part.
        (!url.path().contains('@')).then(|| url.to_string())
    };
    let parts: Option<Vec<_>> = text.split(',').map(str::trim).map(clean).collect();
    parts.map(|parts| parts.join(",").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, value: &str) -> Option<String> {
        let kept = of_hooks([(name.into(), value.into())]);
        kept.into_iter().next().map(|(_, value)| value.into_string().unwrap())
    }

    #[test]
    fn what_zdd_logs_in_with_is_taken_out() {
        for name in [
            "ZDD_MARATHON_PASSWORD",
            "ZDD_TOKEN",
            "ZDD_CREDENTIALS",
            "DCOS_SERVICE_ACCOUNT_CREDENTIAL",
            "DCOS_ACS_TOKEN",
            "MARATHON_PRIVATE_KEY_FILE",
            "ZDD_DEFINITION",
        ] {
            assert_eq!(kept(name, "hunter2"), None, "{name}");
        }
        for name in ["PATH", "SLACK_TOKEN", "ZDD_HAPROXY", "ZDD_MARATHON_USER", "HOME"] {
            assert_eq!(kept(name, "as it is").as_deref(), Some("as it is"), "{name}");
        }
    }

    #[test]
    fn addresses_lose_their_passwords() {
        let marathon = |value| kept("ZDD_MARATHON", value);
        assert_eq!(marathon("http://m:8080"), Some("http://m:8080".into()));
        assert_eq!(
            marathon(
                "http://alice:hunter2@m1:8080, http://m2:8080,https://bob@m3/service/marathon"
            ),
            Some("http://alice@m1:8080/,http://m2:8080,https://bob@m3/service/marathon".into())
        );
        // What is no address is not handed on in parts.
        for odd in ["alice:hunter2@m:8080", "http://alice:hun,ter2@m", "http://a/b:c@d"] {
            assert_eq!(marathon(odd), None, "{odd}");
        }
    }
}
