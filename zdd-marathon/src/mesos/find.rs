//! Where the master is.

use url::Url;
use zdd_core::ports::{Info, Marathon};

use super::error::MesosError;
use crate::HttpMarathon;

/// Where a Marathon says that its Mesos can be asked, without user and password. Nobody is asked but
/// Marathon.
///
/// # Errors
///
/// When Marathon cannot be asked, or does not say.
pub async fn master_of(marathon: &HttpMarathon) -> Result<Url, MesosError> {
    let info = marathon.info().await?;
    let base = marathon.address();
    told(&info, base.as_ref()).ok_or(MesosError::Unknown { master: info.mesos_master })
}

/// What `info`, which came from `base`, tells: the address for people, which is that of the API, too,
/// or the one of a master that Marathon was given. Who is behind the same proxy is named by a path
/// alone.
fn told(info: &Info, base: Option<&Url>) -> Option<Url> {
    let of_people = info.mesos_url.as_deref().and_then(|text| match base {
        Some(base) => base.join(text).ok(),
        None => text.parse().ok(),
    });
    let is_zookeeper = |master: &&str| master.contains("://") && !master.starts_with("http");
    let given = info.mesos_master.as_deref().filter(|master| !is_zookeeper(master));
    let given = given.and_then(|master| {
        let text = if master.contains("://") { master.into() } else { format!("http://{master}") };
        text.parse::<Url>().ok()
    });
    let mut url = of_people.or(given).filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: Option<&str>, master: Option<&str>) -> Option<String> {
        let mut info = Info::default();
        info.mesos_url = url.map(String::from);
        info.mesos_master = master.map(String::from);
        let base = "https://dcos.example/service/marathon".parse().unwrap();
        told(&info, Some(&base)).map(String::from)
    }

    #[test]
    fn masters_are_told_in_several_ways() {
        for (url, master, expected) in [
            (Some("http://m1:5050/"), Some("zk://m1:2181/mesos"), Some("http://m1:5050/")),
            (Some("http://u:p@m1:5050/#/agents"), None, Some("http://m1:5050/")),
            (Some("/mesos"), None, Some("https://dcos.example/mesos")),
            (None, Some("m2:5050"), Some("http://m2:5050/")),
            (None, Some("http://m2:5050"), Some("http://m2:5050/")),
            (None, Some("zk://m1:2181/mesos"), None),
            (Some("file:///etc/passwd"), None, None),
            (None, None, None),
        ] {
            assert_eq!(found(url, master).as_deref(), expected, "{url:?} {master:?}");
        }
    }
}
