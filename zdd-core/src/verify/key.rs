//! What names an instance, whatever release speaks of it.

use alloc::boxed::Box;
use core::hash::{BuildHasherDefault, Hash, Hasher};

/// The part of an id that tasks and instances have in common. `app.5ed13e24-…` is a task of old
/// releases, `app.marathon-5ed13e24-…` its instance; `app.instance-5ed13e24-…` is an instance since
/// 1.8, and `app.instance-5ed13e24-…._app.1` its first task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Marathon's own ids end with one of these. As a number it is compared without a look at
    /// memory elsewhere.
    Uuid(u128),
    /// Anything else.
    Text(Box<str>),
}

/// Something for each instance. For lookups, and for sums over all: its order means nothing.
pub(super) type ByKey<T> = hashbrown::HashMap<Key, T, BuildHasherDefault<Mixer>>;

impl Key {
    /// The key of the task or instance `id`.
    pub(super) fn of(id: &str) -> Self {
        let own = own(id);
        uuid(own).map_or_else(|| Self::Text(own.into()), Self::Uuid)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Uuid(uuid) => state.write_u128(*uuid),
            Self::Text(text) => state.write(text.as_bytes()),
        }
    }
}

fn own(id: &str) -> &str {
    let last = id.rfind('.').map_or(0, |dot| dot + 1);
    let mut own = &id[last..];
    // Behind an instance stand its container, with an underscore, and the number of the task.
    if last > 0 {
        let before = &id[..last - 1];
        let container = before.rfind('.').map_or(0, |dot| dot + 1);
        if container > 0 && before[container..].starts_with('_') {
            let instance = &before[..container - 1];
            own = &instance[instance.rfind('.').map_or(0, |dot| dot + 1)..];
        }
    }
    own.strip_prefix("instance-").or_else(|| own.strip_prefix("marathon-")).unwrap_or(own)
}

/// Reads a UUID in the one form that Marathon writes: other forms are other ids.
fn uuid(text: &str) -> Option<u128> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut uuid = 0;
    for (place, &byte) in text.iter().enumerate() {
        match (place, byte) {
            (8 | 13 | 18 | 23, b'-') => {}
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => uuid = uuid << 4 | u128::from(byte - b'0'),
            (_, b'a'..=b'f') => uuid = uuid << 4 | u128::from(byte - b'a' + 10),
            _ => return None,
        }
    }
    Some(uuid)
}

/// Hashes keys, always alike: the core has no source of randomness. Whoever makes up ids that
/// collide slows the reading of their own recording, and no more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mixer(u64);

/// Digits of the golden ratio and of the square root of two: odd numbers without a pattern.
const MIX: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0x6a09_e667_f3bc_c909];

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u128(u128::from(*byte));
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the two halves, one after the other")]
    fn write_u128(&mut self, number: u128) {
        // Both halves of a product depend on all bits of its factors.
        let (low, high) = (number as u64 ^ self.0 ^ MIX[0], (number >> 64) as u64 ^ MIX[1]);
        let product = u128::from(low).wrapping_mul(u128::from(high));
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, own, uuid};
    use alloc::collections::BTreeSet;
    use alloc::format;
    use core::hash::{BuildHasher, BuildHasherDefault};

    const UUID: &str = "5ed13e24-9149-11e6-aae4-3a4b79075094";

    #[test]
    fn tasks_and_instances_of_all_releases_meet() {
        for id in ["a.", "a.marathon-", "a_b.instance-", "a.b.instance-"] {
            assert_eq!(own(&format!("{id}{UUID}")), UUID);
        }
        assert_eq!(own(&format!("a.instance-{UUID}._app.1")), UUID);
        assert_eq!(own(&format!("a.instance-{UUID}._app.27")), UUID);
        assert_eq!((own("x"), own(""), own(".."), own("._a.1")), ("x", "", "", ""));
        assert_eq!(own("_a.1"), "1");
    }

    #[test]
    fn only_one_text_is_a_uuid() {
        assert_eq!(uuid(UUID), Some(0x5ed1_3e24_9149_11e6_aae4_3a4b_7907_5094));
        for other in [&UUID[1..], &UUID.to_uppercase(), &UUID.replace('-', "0"), ""] {
            assert_eq!(uuid(other), None, "{other}");
        }
        assert_eq!(Key::of("a.7"), Key::Text("7".into()));
    }

    #[test]
    fn ids_of_one_master_spread() {
        let hasher = BuildHasherDefault::<super::Mixer>::default();
        let of =
            |n: u64| hasher.hash_one(Key::of(&format!("a.{n:08x}-9149-11e6-aae4-3a4b79075094")));
        // Both ends of a hash are used: the last bits for the place, the first for a tag.
        let places: BTreeSet<u64> = (0..4096).map(|n| of(n) & 0xffff).collect();
        let tags: BTreeSet<u64> = (0..4096).map(|n| of(n) >> 57).collect();
        assert!(places.len() > 3_600 && tags.len() == 128, "{} {}", places.len(), tags.len());
    }
}
