//! Lines that are made of words in styles, and fit into a width.

use anstyle::Style;
use zdd_core::units::TaskId;

use crate::text::styled;

/// A line in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(Vec<(Style, String)>);

impl Row {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Plain text.
    pub(super) fn text(self, text: impl Into<String>) -> Self {
        self.styled(Style::new(), text)
    }

    pub(super) fn styled(mut self, style: Style, text: impl Into<String>) -> Self {
        self.0.push((style, text.into()));
        self
    }

    /// How many columns it takes. Everything in it is one column wide.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// The line, cut off where the width ends.
    pub(super) fn fit(&self, width: usize) -> String {
        let all = self.width();
        let mut left = if all > width { width.saturating_sub(1) } else { width };
        let mut line = String::new();
        for (style, text) in &self.0 {
            let part: String = text.chars().take(left).collect();
            left -= part.chars().count();
            if *style == Style::new() {
                line.push_str(&part);
            } else if !part.is_empty() {
                line.push_str(&styled(*style, part));
            }
        }
        if all > width && width > 0 {
            line.push('…');
        }
        line
    }
}

/// How the ids of tasks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Whole, to be copied.
    Whole,
    /// By the part that tells them apart.
    Short,
}

/// So many letters of an id tell the instances of an app apart.
const SHORT: usize = 8;

impl Ids {
    pub(super) fn of(self, task: &TaskId) -> String {
        let id = task.as_str();
        if self == Self::Whole {
            return id.into();
        }
        // `shop_web.instance-c475b9c2-….app.1` and, of Marathon before 1.8, `shop_web.c475b9c2-…`.
        let unique = id.split_once(".instance-").or_else(|| id.split_once('.'));
        unique.map_or(id, |(_, unique)| unique).chars().take(SHORT).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::BOLD;

    #[test]
    fn rows_are_cut_off_and_say_so() {
        let row = Row::new().text("ab").styled(BOLD, "cde");
        let plain = |width| anstream::adapter::strip_str(&row.fit(width)).to_string();
        assert_eq!(
            (0..7).map(plain).collect::<Vec<_>>(),
            ["", "…", "a…", "ab…", "abc…", "abcde", "abcde"]
        );
    }

    #[test]
    fn short_ids_tell_instances_apart() {
        let short = |id: &str| Ids::Short.of(&id.parse().unwrap());
        let new = "zdd_demo.instance-ad9158ad-e95e-4d0e-a881-3201c914d233._app.1";
        assert_eq!(short(new), "ad9158ad");
        assert_eq!(short("zdd_base.c475b9c2-9149-11e6-aae4-3a4b79075094"), "c475b9c2");
        assert_eq!(short("odd"), "odd");
    }
}
