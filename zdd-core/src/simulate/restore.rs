//! A Marathon that begins anew with what it wanted before.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::agenda::Agenda;
use super::backoff::Backoff;
use super::error::ChangeError;
use super::marathon::Marathon;
use super::stamp::{Restarts, stamped};
use super::validate::{made, validate};
use crate::app::{App, Group};
use crate::group;
use crate::placement::Room;
use crate::units::{AppId, Timestamp};

impl Marathon {
    /// Begins anew, as after a restart of the process: wants `root`, knows the earlier definitions
    /// in `history` (the newest first), runs nothing, and wants all instances again. Deployments are
    /// forgotten, with all that was not given out yet. Apps without a version get one. Ids go on from
    /// where they are: start with another seed where those of an earlier process would be in the way.
    ///
    /// # Errors
    ///
    /// When the root group is not acceptable. Nothing changes then.
    pub fn restore(
        &mut self,
        now: Timestamp,
        root: Group,
        history: BTreeMap<AppId, Vec<App>>,
    ) -> Result<(), ChangeError> {
        self.clock(now);
        let none = Restarts { apps: &BTreeSet::new(), counting: self.settings.counting };
        let root = stamped(&root.clone(), root, &none, self.next_version())?;
        validate(&root, &self.settings)?;
        group::plan(&Group::empty_root(), &root, &BTreeSet::new())?;
        let made: Vec<_> =
            root.all_apps().map(|app| made(app, &self.settings)).collect::<Result<_, _>>()?;
        self.forget_everything();
        for (id, earlier) in history {
            let fleet = self.fleets.entry(id).or_default();
            fleet.history = earlier.into_iter().map(Arc::new).collect();
        }
        for made in made {
            let fleet = self.fleets.entry(made.app.id().clone()).or_default();
            // The newest one may be in the history, too.
            fleet.history.retain(|app| app.version() != Some(made.version));
            fleet.define(made, self.settings.max_versions);
        }
        self.fleets.retain(|_, fleet| fleet.newest.is_some());
        // The clock may be behind the one that made these versions.
        let versions = root.all_apps().filter_map(App::version);
        self.last_version = versions.fold(self.last_version, Timestamp::max);
        let version = self.next_version();
        self.set_root(version, Arc::new(root));
        self.agenda.to_scale.extend(self.fleets.keys().cloned());
        self.settle();
        Ok(())
    }

    fn forget_everything(&mut self) {
        self.room = Room::new(self.room.agents().to_vec());
        self.backoff = Backoff::default();
        self.fleets.clear();
        self.places.clear();
        self.waiting.clear();
        self.deployments.clear();
        self.root_versions = VecDeque::new();
        self.agenda = Agenda::default();
        self.orders.clear();
        self.events.clear();
        self.begin_scale_checks();
    }
}
