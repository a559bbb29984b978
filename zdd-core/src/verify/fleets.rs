//! The instances of all apps.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::fleet::Fleet;

/// The fleet of every app that was spoken of.
#[derive(Clone, Debug, Default)]
pub(super) struct Fleets {
    places: BTreeMap<Box<str>, usize>,
    all: Vec<(Box<str>, Fleet)>,
    /// Where the fleet is that was asked for last: the next event is often about the same app.
    last: usize,
}

impl Fleets {
    /// The fleet of `app`, which may be new.
    pub(super) fn of(&mut self, app: &str) -> &mut Fleet {
        if self.all.get(self.last).is_none_or(|(name, _)| **name != *app) {
            self.last = self.places.get(app).copied().unwrap_or_else(|| {
                self.places.insert(app.into(), self.all.len());
                self.all.push((app.into(), Fleet::default()));
                self.all.len() - 1
            });
        }
        &mut self.all[self.last].1
    }

    /// The fleets and their apps, in no order that means anything.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Fleet)> {
        self.all.iter_mut().map(|(app, fleet)| (&**app, fleet))
    }

    /// The fleets and their apps, in the order of the ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Fleet)> {
        self.places.iter().map(|(app, &place)| (&**app, &self.all[place].1))
    }
}
