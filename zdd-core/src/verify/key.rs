//! What names an instance, whatever release speaks of it.

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use foldhash::fast::FixedState;

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

/// Something for each instance. For lookups, and for sums over all: its order means nothing. The seed
/// is fixed: whoever makes up ids that collide slows the reading of their own recording, and no more.
pub(super) type ByKey<T> = hashbrown::HashMap<Key, T, FixedState>;

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

#[cfg(test)]
mod tests {
    use super::{Key, own};
    use alloc::format;

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
}
