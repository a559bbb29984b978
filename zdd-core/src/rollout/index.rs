//! Finds places by what a server may be called.

use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

/// No entry.
const NONE: u32 = u32::MAX;

/// Which items may stand under a key. Items of other keys come along now and then: whoever asks has to
/// compare, so that nothing depends on how keys are told apart here, but time.
#[derive(Debug)]
pub(super) struct Index {
    /// The newest entry of each slot; as many slots as a power of two.
    heads: Vec<u32>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    item: u32,
    before: u32,
}

/// A port with a text or an address, made small. Texts are taken as they are in names, with `_` for `.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u64);

impl Key {
    /// Of this port, and nothing else yet.
    pub(super) const fn of_port(port: u16) -> Self {
        // FNV-1a: <http://www.isthe.com/chongo/tech/comp/fnv/>
        Self(0xcbf2_9ce4_8422_2325).byte((port >> 8) as u8).byte((port & 0xff) as u8)
    }

    /// Of an address and a port. It is the key of no text: none holds the byte 0.
    pub(super) fn of_ip(port: u16, ip: IpAddr) -> Self {
        let key = Self::of_port(port).byte(0);
        match ip {
            IpAddr::V4(ip) => ip.octets().into_iter().fold(key, Self::byte),
            IpAddr::V6(ip) => ip.octets().into_iter().fold(key, Self::byte),
        }
    }

    pub(super) fn text(self, text: &str) -> Self {
        text.bytes().fold(self, Self::letter)
    }

    /// With one more byte of a text.
    pub(super) const fn letter(self, byte: u8) -> Self {
        self.byte(if byte == b'.' { b'_' } else { byte })
    }

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    /// Among so many slots, a power of two.
    const fn slot(self, slots: usize) -> usize {
        // The upper bits depend on all bytes.
        ((self.0 >> 32) ^ self.0) as usize & (slots - 1)
    }
}

impl Index {
    /// Of so many entries, about.
    pub(super) fn with_room(entries: usize) -> Self {
        let slots = entries.max(1).saturating_mul(2).next_power_of_two();
        Self { heads: vec![NONE; slots], entries: Vec::with_capacity(entries) }
    }

    pub(super) fn add(&mut self, key: Key, item: u32) {
        let Ok(at) = u32::try_from(self.entries.len()) else { return };
        let slot = key.slot(self.heads.len());
        let before = core::mem::replace(&mut self.heads[slot], at);
        self.entries.push(Entry { key, item, before });
    }

    /// What may stand under `key`, perhaps twice.
    pub(super) fn get(&self, key: Key) -> impl Iterator<Item = u32> + '_ {
        let entry = |at: u32| self.entries.get(usize::try_from(at).unwrap_or(usize::MAX));
        let newest = entry(self.heads[key.slot(self.heads.len())]);
        let chain = core::iter::successors(newest, move |it| entry(it.before));
        chain.filter(move |it| it.key == key).map(|it| it.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_dots_are_what_they_are_in_names() {
        let mut index = Index::with_room(2);
        for n in 0..1_000_u16 {
            let text = alloc::format!("10.0.{}.{}", n / 250, n % 250);
            index.add(Key::of_port(n % 3).text(&text), n.into());
        }
        let found =
            |port, text: &str| -> Vec<u32> { index.get(Key::of_port(port).text(text)).collect() };
        for n in 0..1_000_u16 {
            let text = alloc::format!("10_0_{}_{}", n / 250, n % 250);
            assert_eq!(found(n % 3, &text), [u32::from(n)]);
            assert_eq!(found(n % 3 + 1, &text), []);
        }
        let ip = "10.0.0.1".parse().unwrap();
        index.add(Key::of_ip(80, ip), 7);
        assert_eq!(index.get(Key::of_ip(80, ip)).collect::<Vec<_>>(), [7]);
        assert_eq!(index.get(Key::of_port(80).text("10.0.0.1")).count(), 0);
    }
}
