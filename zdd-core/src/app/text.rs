//! From text to a JSON value, strictly.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::place::Place;
use super::problem::{Fault, ParseError, Problem, excerpt};

/// The JSON value of `text`, in which no object has a key twice. A byte order mark is skipped.
pub(super) fn parse(text: &str) -> Result<Value, ParseError> {
    let text = without_mark(text);
    let problem = |place, fault| {
        ParseError::one(Problem { place: Some(place), pointer: String::new(), fault })
    };
    if text.trim().is_empty() {
        return Err(problem(Place::of_offset("", 0), Fault::Empty));
    }
    serde_json::from_str::<Strict>(text)
        .map(|strict| strict.0)
        .map_err(|error| problem(place_of(&error, text), fault_of(&error)))
}

/// What `bytes` hold, of a type that may borrow from them, and the text that they are.
pub(crate) fn typed<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a str), Problem> {
    let text = without_mark(decode(bytes).map_err(ParseError::into_first)?);
    let problem = |place, fault| Problem { place: Some(place), pointer: String::new(), fault };
    if text.trim().is_empty() {
        return Err(problem(Place::of_offset("", 0), Fault::Empty));
    }
    match serde_json::from_str(text) {
        Ok(value) => Ok((value, text)),
        Err(error) => Err(problem(place_of(&error, text), fault_of(&error))),
    }
}

/// The text of `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, ParseError> {
    core::str::from_utf8(bytes).map_err(|error| {
        let valid = error.valid_up_to();
        // Everything before `valid` is UTF-8, by the contract of the error.
        let before = core::str::from_utf8(&bytes[..valid]).unwrap_or("");
        ParseError::one(Problem {
            place: Some(Place::of_offset(without_mark(before), usize::MAX)),
            pointer: String::new(),
            fault: Fault::NotUtf8 { byte: bytes.get(valid).copied().unwrap_or(0) },
        })
    })
}

/// `text` without the byte order mark that some editors put before it.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn place_of(error: &serde_json::Error, text: &str) -> Place {
    let line = error.line().max(1);
    let start = match line {
        1 => 0,
        _ => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
    };
    // The parser counts the bytes of the line that it has consumed.
    Place::of_offset(text, start + error.column().saturating_sub(1))
}

fn fault_of(error: &serde_json::Error) -> Fault {
    let tail = alloc::format!(" at line {} column {}", error.line(), error.column());
    let whole = error.to_string();
    let message = whole.strip_suffix(tail.as_str()).unwrap_or(&whole);
    Fault::Syntax(match message {
        "recursion limit exceeded" => return Fault::TooDeep,
        "EOF while parsing a list" => "the text ends inside a list".into(),
        "EOF while parsing an object" => "the text ends inside an object".into(),
        "EOF while parsing a string" => "the text ends inside a string".into(),
        "EOF while parsing a value" => "the text ends where a value is expected".into(),
        "expected value" => "expected a value".into(),
        "expected ident" => "expected `true`, `false` or `null`".into(),
        "trailing characters" => "text after the end of the definition".into(),
        "trailing comma" => "a comma before the closing bracket".into(),
        "key must be a string" => "expected a key in double quotes".into(),
        "number out of range" => "a number too large for a double".into(),
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a line break or control character inside a string".into()
        }
        other => other.into(),
    })
}

/// A JSON value whose objects have every key once. (`serde_json` keeps the last of two, in silence;
/// Marathon's parser too, and then one of two fractions is not the one that a person reads.)
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number too large for a double"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(element)) = elements.next_element()? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if object.contains_key(&key) {
                let text = alloc::format!("the key `{}` is given twice", excerpt(&key));
                return Err(A::Error::custom(text));
            }
            let Strict(value) = members.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
