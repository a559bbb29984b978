//! Where in a text a value stands.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// A line and a column, both counted from 1; a column is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Place {
    /// The place of the byte at `offset`, or of the end of `text` if that is less.
    pub(super) fn of_offset(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: 1 + before.bytes().filter(|b| *b == b'\n').count(),
            column: 1 + before[line_start..].chars().count(),
        }
    }

    /// The place of the value that `pointer` names in `text`, which must be JSON. A member that is
    /// not there has the place of the nearest value around it.
    pub(crate) fn of_pointer(text: &str, pointer: &str) -> Self {
        let mut at = after_blanks(text.as_bytes(), 0);
        for step in pointer.split('/').skip(1) {
            match inner(text, at, &unescaped(step)) {
                Some(found) => at = found,
                None => break,
            }
        }
        Self::of_offset(text, at)
    }
}

/// `12:30`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

fn unescaped(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(step)
    }
}

/// Offset of the member or element `step` of the object or array that starts at `open`.
fn inner(text: &str, open: usize, step: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_object = match bytes.get(open)? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    let mut at = after_blanks(bytes, open + 1);
    for index in 0_usize.. {
        let found = if is_object {
            let key_end = after_value(bytes, at);
            let key: String = serde_json::from_str(text.get(at..key_end)?).ok()?;
            let colon = after_blanks(bytes, key_end);
            at = after_blanks(bytes, colon + 1);
            key == step
        } else {
            *bytes.get(at)? != b']' && step.parse() == Ok(index)
        };
        if found {
            return Some(at);
        }
        at = after_blanks(bytes, after_value(bytes, at));
        match bytes.get(at)? {
            b',' => at = after_blanks(bytes, at + 1),
            _ => return None,
        }
    }
    None
}

fn after_blanks(bytes: &[u8], from: usize) -> usize {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let rest = bytes.get(from..).unwrap_or(&[]);
    from + rest.iter().take_while(blank).count()
}

/// The end of the value that starts at `from`. Counts brackets instead of recursing.
fn after_value(bytes: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = after_string(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth > 0 => {
                at += 1;
                continue;
            }
            _ => at = after_scalar(bytes, at),
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn after_string(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn after_scalar(bytes: &[u8], from: usize) -> usize {
    let part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let rest = bytes.get(from..).unwrap_or(&[]);
    // At least one byte, so that every caller moves on.
    from + rest.iter().take_while(part).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn values_are_found_through_keys_and_indices() {
        let text = "{\n  \"a/b\": [1, {\"é\": \"x\\\"]\", \"~\": -1.5e3}, []],\n \"c\": {}\n}";
        for (pointer, place) in [
            ("", "1:1"),
            ("/a~1b", "2:10"),
            ("/a~1b/0", "2:11"),
            ("/a~1b/1/é", "2:20"),
            ("/a~1b/1/~0", "2:33"),
            ("/a~1b/2", "2:42"),
            ("/a~1b/7", "2:10"),
            ("/c", "3:7"),
            ("/c/none", "3:7"),
            ("/none/0", "1:1"),
        ] {
            let found = Place::of_pointer(text, pointer);
            assert_eq!(found.to_string(), place, "{pointer}");
        }
    }
}
