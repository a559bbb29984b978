//! What names an instance, whatever release speaks of it.

use alloc::boxed::Box;
use core::hash::{BuildHasherDefault, Hash, Hasher};

/// The part of an id that tasks and instances have in common. `app.5ed13e24-…` is a task of old
/// releases, `app.marathon-5ed13e24-…` its instance; `app.instance-5ed13e24-…` is an instance since
/// 1.8, and `app.instance-5ed13e24-…._app.1` its first task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Marathon's own ids end with a UUID. In place it is compared without a look at memory
    /// elsewhere.
    Uuid([u8; 36]),
    /// A text of any other length.
    Text(Box<str>),
}

/// Something for each instance. For lookups, and for sums over all: its order means nothing.
pub(super) type ByKey<T> = hashbrown::HashMap<Key, T, BuildHasherDefault<Mixer>>;

impl Key {
    /// The key of the task or instance `id`.
    pub(super) fn of(id: &str) -> Self {
        let own = own(id);
        own.as_bytes().try_into().map_or_else(|_| Self::Text(own.into()), Self::Uuid)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Uuid(uuid) => state.write(uuid),
            Self::Text(text) => state.write(text.as_bytes()),
        }
    }
}

fn own(id: &str) -> &str {
    let (before, mut own) = last_part(id);
    // Behind an instance stand its container, with an underscore, and the number of the task.
    if let Some((Some(before), container)) = before.map(last_part)
        && container.starts_with('_')
    {
        own = last_part(before).1;
    }
    own.strip_prefix("instance-").or_else(|| own.strip_prefix("marathon-")).unwrap_or(own)
}

/// What stands before the last dot, and what behind it.
fn last_part(id: &str) -> (Option<&str>, &str) {
    match memchr::memrchr(b'.', id.as_bytes()) {
        Some(dot) => (Some(&id[..dot]), &id[dot + 1..]),
        None => (None, id),
    }
}

/// Hashes keys, always alike: the core has no source of randomness. Whoever makes up ids that
/// collide slows the reading of their own recording, and no more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mixer(u64);

/// Digits of the golden ratio and of the square root of two: odd numbers without a pattern.
const MIX: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0x6a09_e667_f3bc_c909];

impl Mixer {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves, one after the other")]
    fn mix(&mut self, word: u64) {
        // Both halves of a product depend on all bits of its factors.
        let product = u128::from(word ^ MIX[0]).wrapping_mul(u128::from(self.0 ^ MIX[1]));
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        // Keys of one length have rests of one length.
        let rest = rest.iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte));
        self.mix(rest);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, own};
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
    fn other_ids_are_texts() {
        assert_eq!(Key::of("a.7"), Key::Text("7".into()));
        assert_eq!(Key::of(&format!("a.{UUID}")), Key::of(&format!("b.marathon-{UUID}")));
        assert_ne!(Key::of(UUID), Key::of(&UUID.replace('5', "6")));
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
