//! What an answer contains besides what it is about.

use super::query::Query;

/// What is told of an app besides its definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each can be asked for by itself")]
pub(super) struct AppEmbed {
    pub(super) counts: bool,
    pub(super) deployments: bool,
    pub(super) tasks: bool,
    pub(super) readiness: bool,
    pub(super) last_task_failure: bool,
    pub(super) task_stats: bool,
}

/// What is told of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupEmbed {
    pub(super) apps: bool,
    pub(super) groups: bool,
    pub(super) pods: bool,
    /// What is told of its apps.
    pub(super) of_apps: AppEmbed,
}

impl AppEmbed {
    /// What every answer about apps has.
    pub(super) const ALWAYS: Self = Self {
        counts: true,
        deployments: true,
        tasks: false,
        readiness: false,
        last_task_failure: false,
        task_stats: false,
    };

    /// What every answer about one app has.
    pub(super) const OF_ONE: Self = Self { tasks: true, last_task_failure: true, ..Self::ALWAYS };

    /// The same with what is asked for. Words without meaning are passed over, as in Marathon.
    pub(super) fn and(mut self, query: &Query) -> Self {
        let words = query.all("embed").map(|word| {
            let prefixes = ["group.apps.", "apps.", "app."];
            prefixes.iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word)
        });
        for word in words {
            match word {
                "counts" => self.counts = true,
                "deployments" => self.deployments = true,
                "tasks" => self.tasks = true,
                "readiness" => self.readiness = true,
                "lastTaskFailure" => self.last_task_failure = true,
                "failures" => (self.last_task_failure, self.tasks) = (true, true),
                "taskStats" => self.task_stats = true,
                _ => {}
            }
        }
        self
    }
}

impl GroupEmbed {
    /// What is asked for; where nothing is, everything but what runs.
    pub(super) fn of(query: &Query) -> Self {
        let asks = |word: &str| query.all("embed").any(|one| one == word);
        let asks_nothing = query.all("embed").next().is_none();
        let of_apps = query.all("embed").any(|one| one.starts_with("group.apps."));
        Self {
            apps: asks_nothing || asks("group.apps") || of_apps,
            groups: asks_nothing || asks("group.groups"),
            pods: asks_nothing || asks("group.pods"),
            of_apps: AppEmbed::default().and(query),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_understood() {
        for prefix in ["", "app.", "apps.", "group.apps."] {
            let query = Query::of(&format!("embed={prefix}tasks&embed={prefix}lastTaskFailure"));
            assert_eq!(AppEmbed::ALWAYS.and(&query), AppEmbed::OF_ONE, "{prefix}");
        }
        let nothing = AppEmbed::default().and(&Query::of("embed=apps.colour"));
        assert_eq!(nothing, AppEmbed::default());
    }

    #[test]
    fn groups_have_everything_unless_something_is_asked_for() {
        let all = GroupEmbed::of(&Query::default());
        assert!(all.apps && all.groups && all.pods && all.of_apps == AppEmbed::default());
        let some = GroupEmbed::of(&Query::of("embed=group.apps.counts"));
        assert!(some.apps && !some.groups && !some.pods && some.of_apps.counts);
    }
}
