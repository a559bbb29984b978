//! The JSON of a master, as it is. What is not used is passed over, and what can be borrowed is.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, Visitor};
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(expecting = "an answer of a Mesos master")]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) slaves: Option<Vec<Slave<'a>>>,
    pub(super) frameworks: Option<Vec<Framework<'a>>>,
    pub(super) completed_frameworks: Option<IgnoredAny>,
}

/// A text that is borrowed wherever it stands, in keys and lists, too.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

#[derive(Debug, Deserialize)]
#[serde(expecting = "an agent")]
pub(super) struct Slave<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    pub(super) hostname: Cow<'a, str>,
    pub(super) active: Option<bool>,
    /// Since Mesos 1.9: told to take nothing new.
    pub(super) deactivated: Option<bool>,
    pub(super) attributes: Option<BTreeMap<Text<'a>, Scalar<'a>>>,
    pub(super) domain: Option<Domain<'a>>,
    pub(super) resources: Amounts<'a>,
    pub(super) unreserved_resources: Option<Amounts<'a>>,
    pub(super) reserved_resources: Option<BTreeMap<Text<'a>, Amounts<'a>>>,
    pub(super) reserved_resources_full: Option<BTreeMap<Text<'a>, Vec<Full<'a>>>>,
    pub(super) used_resources: Option<Amounts<'a>>,
    pub(super) used_resources_full: Option<Vec<Full<'a>>>,
    pub(super) unreserved_resources_allocated: Option<Amounts<'a>>,
    pub(super) reserved_resources_allocated: Option<BTreeMap<Text<'a>, Amounts<'a>>>,
    pub(super) offered_resources: Option<Amounts<'a>>,
    pub(super) offered_resources_full: Option<Vec<Full<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Domain<'a> {
    #[serde(borrow)]
    pub(super) fault_domain: Option<FaultDomain<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FaultDomain<'a> {
    #[serde(borrow)]
    pub(super) region: Option<Named<'a>>,
    pub(super) zone: Option<Named<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
}

/// Sums of resources.
#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object of resources")]
pub(super) struct Amounts<'a> {
    pub(super) cpus: Option<f64>,
    pub(super) mem: Option<f64>,
    pub(super) disk: Option<f64>,
    pub(super) gpus: Option<f64>,
    #[serde(borrow)]
    pub(super) ports: Option<Text<'a>>,
}

/// One resource, with whatever Mesos knows about it.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a resource")]
pub(super) struct Full<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    pub(super) role: Option<Text<'a>>,
    pub(super) scalar: Option<Number>,
    pub(super) ranges: Option<Ranges>,
    pub(super) reservation: Option<Reservation<'a>>,
    /// Since Mesos 1.4: one within the other, the last one counts.
    pub(super) reservations: Option<Vec<Reservation<'a>>>,
    pub(super) disk: Option<Disk>,
    pub(super) revocable: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Number {
    pub(super) value: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ranges {
    pub(super) range: Option<Vec<Range>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Range {
    pub(super) begin: u64,
    pub(super) end: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reservation<'a> {
    #[serde(borrow)]
    pub(super) role: Option<Text<'a>>,
    /// Whatever frameworks put there: rare, and of any shape.
    pub(super) labels: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Disk {
    pub(super) persistence: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "a framework")]
pub(super) struct Framework<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) role: Option<Text<'a>>,
    pub(super) tasks: Option<Vec<Task<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "a task")]
pub(super) struct Task<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    pub(super) name: Option<Text<'a>>,
    pub(super) slave_id: Cow<'a, str>,
    pub(super) state: Cow<'a, str>,
    pub(super) role: Option<Text<'a>>,
    pub(super) resources: Option<Amounts<'a>>,
}

/// The value of an attribute: Mesos writes sets and ranges as texts.
#[derive(Debug)]
pub(super) enum Scalar<'a> {
    Number(f64),
    Text(Cow<'a, str>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "constraints compare three decimals")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "constraints compare three decimals")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.into())))
    }
}
