//! Selectors of apps by their labels: `env==test, tier in (web, db), !old`.

use std::collections::BTreeMap;

/// A selector: all of its requirements have to hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector(Vec<Requirement>);

/// One requirement of a label.
#[derive(Debug, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    ///
    /// What was expected, and where.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0 };
        let mut requirements = vec![reader.requirement()?];
        while reader.take(",") {
            requirements.push(reader.requirement()?);
        }
        reader.blanks();
        if reader.at < text.len() {
            Err(reader.expected("`,` or the end"))
        } else {
            Ok(Self(requirements))
        }
    }

    /// Whether the labels are as required. As in Marathon, a label that is not there meets nothing,
    /// not even `!=` or `notin`.
    pub(super) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| match requirement {
            Requirement::Exists(key) => labels.contains_key(key),
            Requirement::In(key, values) => labels.get(key).is_some_and(|it| values.contains(it)),
            Requirement::NotIn(key, values) => {
                labels.get(key).is_some_and(|it| !values.contains(it))
            }
        })
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn requirement(&mut self) -> Result<Requirement, String> {
        let key = self.word()?;
        if self.take("==") {
            return Ok(Requirement::In(key, vec![self.word()?]));
        }
        if self.take("!=") {
            return Ok(Requirement::NotIn(key, vec![self.word()?]));
        }
        // A word of its own: a blank has to stand before it.
        if self.take_word("notin") {
            return Ok(Requirement::NotIn(key, self.set()?));
        }
        if self.take_word("in") {
            return Ok(Requirement::In(key, self.set()?));
        }
        Ok(Requirement::Exists(key))
    }

    fn set(&mut self) -> Result<Vec<String>, String> {
        if !self.take("(") {
            return Err(self.expected("`(`"));
        }
        let mut values = vec![self.word()?];
        while self.take(",") {
            values.push(self.word()?);
        }
        if self.take(")") { Ok(values) } else { Err(self.expected("`,` or `)`")) }
    }

    /// A key or a value. A backslash takes away the meaning of the character after it.
    fn word(&mut self) -> Result<String, String> {
        self.blanks();
        let mut word = String::new();
        let text = self.text;
        let mut characters = text[self.at..].chars();
        while let Some(c) = characters.next() {
            match c {
                '\\' => word.extend(characters.next()),
                _ if c.is_whitespace() || "=!,()".contains(c) => break,
                _ => word.push(c),
            }
            self.at = text.len() - characters.as_str().len();
        }
        if word.is_empty() { Err(self.expected("a label or a value")) } else { Ok(word) }
    }

    fn take(&mut self, sign: &str) -> bool {
        self.blanks();
        let is_there = self.rest().starts_with(sign);
        if is_there {
            self.at += sign.len();
        }
        is_there
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.blanks();
        let after = self.rest().strip_prefix(word);
        let ends = |rest: &str| rest.starts_with(|c: char| c.is_whitespace() || c == '(');
        after.is_some_and(ends) && self.take(word)
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn expected(&self, what: &str) -> String {
        let before: String = self.text[..self.at].chars().rev().take(40).collect();
        let before: String = before.chars().rev().collect();
        format!("label selector: expected {what} after '{before}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_selected(selector: &str) -> bool {
        let labels = [("env", "test"), ("tier", "web"), ("a=b", "x y"), ("in", "1")];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Selector::parse(selector).unwrap_or_else(|error| panic!("{error}")).matches(&labels)
    }

    #[test]
    fn selectors_select() {
        for selector in [
            "env",
            " env == test ",
            "env==test,tier",
            "env!=prod",
            "tier in (web, db)",
            "tier in(db,web)",
            "tier notin (db), env",
            r"a\=b==x\ y",
            "in",
            "in in (1)",
        ] {
            assert!(is_selected(selector), "{selector}");
        }
        for selector in [
            "old",
            "env==prod",
            "env!=test",
            "env, old",
            "tier in (db)",
            "tier notin (db, web)",
            "old != x",
            "old notin (x)",
        ] {
            assert!(!is_selected(selector), "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_says_where() {
        for (selector, error) in [
            ("", "label selector: expected a label or a value after ''"),
            ("a==", "label selector: expected a label or a value after 'a=='"),
            ("a b", "label selector: expected `,` or the end after 'a '"),
            ("a in b", "label selector: expected `(` after 'a in '"),
            ("a in (b", "label selector: expected `,` or `)` after 'a in (b'"),
            ("a in ()", "label selector: expected a label or a value after 'a in ('"),
            ("a=b", "label selector: expected `,` or the end after 'a'"),
            ("é,", "label selector: expected a label or a value after 'é,'"),
            ("a\\", ""),
        ] {
            let refused = Selector::parse(selector).err().unwrap_or_default();
            assert_eq!(refused, error, "{selector}");
        }
    }
}
