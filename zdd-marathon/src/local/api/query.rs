//! What stands after the question mark.

use url::form_urlencoded;
use zdd_core::ports::Force;

use super::refusal::Refusal;

/// The parameters of a call, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Those in the text after the question mark.
    pub(super) fn of(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
    }

    /// Everything that is given as `key` or, as some clients write lists, `key[]`.
    pub(super) fn all<'q>(&'q self, key: &'q str) -> impl Iterator<Item = &'q str> {
        let is_key = move |name: &str| name.strip_suffix("[]").unwrap_or(name) == key;
        self.0.iter().filter(move |(name, _)| is_key(name)).map(|(_, value)| value.as_str())
    }

    /// The first value of `key` that is not empty.
    pub(super) fn one(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, text)| name == key && !text.is_empty()).map(|(_, text)| &**text)
    }

    /// Whether `key` is true; `default` where it is not given. Python's `True` is, too.
    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, Refusal> {
        match self.one(key) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => {
                let text: String = text.chars().take(40).collect();
                Err(Refusal::Bad(format!("{key} has to be true or false, not '{text}'")))
            }
        }
    }

    /// The parameter `force`.
    pub(super) fn force(&self, default: bool) -> Result<Force, Refusal> {
        Ok(if self.flag("force", default)? { Force::Yes } else { Force::No })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_clients_write_them() {
        let query = Query::of("embed=app.tasks&embed[]=app.counts&force=True&id=a%2Fb&scale=");
        assert_eq!(query.all("embed").collect::<Vec<_>>(), ["app.tasks", "app.counts"]);
        assert_eq!(query.one("id"), Some("a/b"));
        assert_eq!(query.force(false).unwrap(), Force::Yes);
        assert!(query.flag("scale", true).unwrap(), "an empty value says nothing");
        assert_eq!(Query::default().force(false).unwrap(), Force::No);
        assert!(Query::of("force=maybe").force(false).is_err());
    }
}
