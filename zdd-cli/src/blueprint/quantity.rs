//! Quantities of a blueprint. They are written as numbers or as text with a unit.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Any scalar, as it is written: `0.9` is a text here, not a number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text(pub(super) String);

/// A share of the traffic: `80%` or `80`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Percent(pub(super) u32);

/// CPU shares: `0.1`, or `100m` in thousandths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cpus(pub(super) f64);

/// Memory as Marathon's `mem`: `32MB`, `1GB` or `32`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Megabytes(pub(super) f64);

/// A number of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count(pub(super) u32);

/// A port of the container, and what is spoken on it: `8080/http`, `8080/tcp` or `8080`. 0 is the port
/// that Marathon assigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) number: u16,
    pub(super) is_http: bool,
}

struct Scalar;

impl Visitor<'_> for Scalar {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.into())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Scalar).map(Self)
    }
}

/// Reads a scalar by `parse`; what it does not take is told with what would be right.
fn parsed<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    right: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    parse(text.trim()).ok_or_else(|| D::Error::custom(format!("`{text}` is not {right}")))
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, "a whole percentage from 0% to 100%", |text| {
            let number = text.strip_suffix('%').unwrap_or(text).trim_end().parse().ok()?;
            (number <= 100).then_some(Self(number))
        })
    }
}

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, "an amount of cpus such as 0.1", |text| {
            let (number, divisor) =
                text.strip_suffix('m').map_or((text, 1.0), |thousandths| (thousandths, 1_000.0));
            amount(number).map(|number| Self(number / divisor))
        })
    }
}

impl<'de> Deserialize<'de> for Megabytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, "an amount of memory such as 32MB or 1GB", |text| {
            let units = [("GB", 1_024.0), ("MB", 1.0), ("", 1.0)];
            let (number, factor) =
                units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
            amount(number.trim_end()).map(|number| Self(number * factor))
        })
    }
}

fn amount(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, "a number of instances", |text| text.parse().ok().map(Self))
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, "a port such as 8080/http or 8080/tcp", |text| {
            let (number, protocol) = text.split_once('/').unwrap_or((text, "http"));
            let is_http = match protocol {
                "http" => true,
                "tcp" => false,
                _ => return None,
            };
            Some(Self { number: number.parse().ok()?, is_http })
        })
    }
}
