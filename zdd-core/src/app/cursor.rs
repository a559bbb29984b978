//! A JSON value that knows where it is.

use alloc::string::String;
use core::fmt::Write;
use core::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::problem::{Fault, Problems};

/// A value inside a document. Asking it for the wrong type writes down a problem.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'c> {
    pub(super) value: &'c Value,
    /// Around it: none at the top.
    above: Option<(&'c Cursor<'c>, Step<'c>)>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'c> {
    Key(&'c str),
    Index(usize),
}

impl<'c> Cursor<'c> {
    pub(super) const fn top(value: &'c Value) -> Self {
        Self { value, above: None }
    }

    /// The member `key` of an object, unless it is absent or null.
    pub(super) fn field<'s>(&'s self, key: &'s str) -> Option<Cursor<'s>> {
        match self.value.get(key) {
            None | Some(Value::Null) => None,
            Some(value) => Some(Cursor { value, above: Some((self, Step::Key(key))) }),
        }
    }

    /// The members of an object. Anything else is a problem.
    pub(super) fn members<'s>(
        &'s self,
        problems: &mut Problems,
    ) -> impl Iterator<Item = (&'s str, Cursor<'s>)> + use<'s, 'c> {
        let object = self.object(problems);
        object.into_iter().flatten().map(move |(key, value)| {
            let above = Some((self, Step::Key(key)));
            (key.as_str(), Cursor { value, above })
        })
    }

    /// The elements of a list. Anything else is a problem.
    pub(super) fn elements<'s>(
        &'s self,
        problems: &mut Problems,
    ) -> impl ExactSizeIterator<Item = Cursor<'s>> + use<'s, 'c> {
        let list = self.value.as_array().map_or(&[][..], |list| list);
        if !self.value.is_array() {
            self.wrong("a list", problems);
        }
        list.iter()
            .enumerate()
            .map(move |(index, value)| Cursor { value, above: Some((self, Step::Index(index))) })
    }

    pub(super) fn object<'s>(&'s self, problems: &mut Problems) -> Option<&'s Map<String, Value>> {
        self.or_wrong(self.value.as_object(), "an object", problems)
    }

    pub(super) fn text<'s>(&'s self, problems: &mut Problems) -> Option<&'s str> {
        self.or_wrong(self.value.as_str(), "a text", problems)
    }

    pub(super) fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        self.or_wrong(self.value.as_bool(), "true or false", problems)
    }

    pub(super) fn number(&self, problems: &mut Problems) -> Option<f64> {
        self.or_wrong(self.value.as_f64(), "a number", problems)
    }

    /// A whole number within `0..=i32::MAX`, Marathon's integers. `4.0` is one, `4.5` is not.
    pub(super) fn whole(&self, problems: &mut Problems) -> Option<u32> {
        let number = self.or_wrong(self.value.as_f64(), "a whole number", problems)?;
        if number < 0.0 {
            self.fault(Fault::out_of_range(self.value, "below 0"), problems);
        } else if number > f64::from(i32::MAX) {
            let limit = "above 2147483647, the largest whole number of Marathon";
            self.fault(Fault::out_of_range(self.value, limit), problems);
        } else {
            let whole = truncated(number);
            let has_fraction = f64::from(whole) < number;
            if !has_fraction {
                return Some(whole);
            }
            self.wrong("a whole number", problems);
        }
        None
    }

    /// Checks that this is a whole number in `range`.
    pub(super) fn whole_in(
        &self,
        range: RangeInclusive<u32>,
        below: &'static str,
        above: &'static str,
        problems: &mut Problems,
    ) -> Option<u32> {
        let whole = self.whole(problems)?;
        if whole < *range.start() {
            self.fault(Fault::out_of_range(self.value, below), problems);
            None
        } else if whole > *range.end() {
            self.fault(Fault::out_of_range(self.value, above), problems);
            None
        } else {
            Some(whole)
        }
    }

    pub(super) fn wrong(&self, expected: &'static str, problems: &mut Problems) {
        self.fault(Fault::wrong_type(expected, self.value), problems);
    }

    pub(super) fn fault(&self, fault: Fault, problems: &mut Problems) {
        problems.push(|| self.pointer(), fault);
    }

    /// `result`, or its error as a problem of this value.
    pub(super) fn or_fault<T, E: Into<Fault>>(
        &self,
        result: Result<T, E>,
        problems: &mut Problems,
    ) -> Option<T> {
        result.map_err(|error| self.fault(error.into(), problems)).ok()
    }

    /// The JSON pointer of the value.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.write_pointer(&mut pointer);
        pointer
    }

    fn write_pointer(&self, into: &mut String) {
        let Some((above, step)) = self.above else {
            return;
        };
        above.write_pointer(into);
        into.push('/');
        match step {
            Step::Key(key) if key.contains(['~', '/']) => {
                into.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Step::Key(key) => into.push_str(key),
            Step::Index(index) => {
                // Writing to a string cannot fail.
                let _ = write!(into, "{index}");
            }
        }
    }

    fn or_wrong<T>(
        &self,
        value: Option<T>,
        expected: &'static str,
        problems: &mut Problems,
    ) -> Option<T> {
        if value.is_none() {
            self.wrong(expected, problems);
        }
        value
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 <= number <= i32::MAX"
)]
fn truncated(number: f64) -> u32 {
    number as u32
}
