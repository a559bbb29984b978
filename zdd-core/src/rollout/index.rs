//! Finds places by what a server may be called.

use alloc::vec::Vec;
use core::net::IpAddr;

/// Which items may stand under a key. Items of other keys come along now and then: whoever asks has to
/// compare, so that nothing depends on how keys are told apart here, but time.
#[derive(Debug)]
pub(super) struct Index {
    /// In order.
    entries: Vec<(Key, u32)>,
}

/// A port with a text or an address, made small. Texts are taken as they are in names, with `_` for `.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
}

impl Index {
    pub(super) fn of(mut entries: Vec<(Key, u32)>) -> Self {
        entries.sort_unstable();
        Self { entries }
    }

    /// What may stand under `key`, perhaps twice.
    pub(super) fn get(&self, key: Key) -> impl Iterator<Item = u32> + '_ {
        let from = self.entries.partition_point(|(it, _)| *it < key);
        self.entries[from..].iter().take_while(move |(it, _)| *it == key).map(|(_, item)| *item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_dots_are_what_they_are_in_names() {
        let ip = "10.0.0.1".parse().unwrap();
        let named = (0..1_000_u16).map(|n| {
            let text = alloc::format!("10.0.{}.{}", n / 250, n % 250);
            (Key::of_port(n % 3).text(&text), u32::from(n))
        });
        let index = Index::of(named.chain([(Key::of_ip(80, ip), 7)]).collect());
        let found =
            |port, text: &str| -> Vec<u32> { index.get(Key::of_port(port).text(text)).collect() };
        for n in 0..1_000_u16 {
            let text = alloc::format!("10_0_{}_{}", n / 250, n % 250);
            assert_eq!(found(n % 3, &text), [u32::from(n)]);
            assert!(found(n % 3 + 1, &text).is_empty());
        }
        assert_eq!(index.get(Key::of_ip(80, ip)).collect::<Vec<_>>(), [7]);
        assert_eq!(index.get(Key::of_port(80).text("10.0.0.1")).count(), 0);
    }
}
