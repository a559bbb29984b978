//! What a path below `/v2/apps` is about. Ids of apps have slashes, so routes alone cannot tell.

use zdd_core::units::{AppId, GroupId, PathError, Timestamp};

use super::refusal::Refusal;

/// What a path below `/v2/apps` is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AppPath {
    App(AppId),
    /// All apps of a group and below: `group/*`.
    Group(GroupId),
    Restart(AppId),
    Versions(AppId),
    Version(AppId, Timestamp),
    Tasks(AppId),
    GroupTasks(GroupId),
    Task(AppId, String),
}

impl AppPath {
    /// What `path` is about. No id ends with a word that has a meaning here.
    pub(super) fn of(path: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        Ok(match parts.as_slice() {
            [group @ .., "*"] => Self::Group(group_id(group)?),
            [group @ .., "*", "tasks"] => Self::GroupTasks(group_id(group)?),
            [app @ .., "restart"] => Self::Restart(app_id(app)?),
            [app @ .., "versions"] => Self::Versions(app_id(app)?),
            [app @ .., "tasks"] => Self::Tasks(app_id(app)?),
            [app @ .., "versions", version] => {
                let version = version.parse::<Timestamp>();
                let version = version.map_err(|error| Refusal::Bad(error.to_string()))?;
                Self::Version(app_id(app)?, version)
            }
            [app @ .., "tasks", task] => Self::Task(app_id(app)?, (*task).to_owned()),
            app => Self::App(app_id(app)?),
        })
    }
}

fn app_id(parts: &[&str]) -> Result<AppId, Refusal> {
    id(parts)
}

fn group_id(parts: &[&str]) -> Result<GroupId, Refusal> {
    id(parts)
}

fn id<T: std::str::FromStr<Err = PathError>>(parts: &[&str]) -> Result<T, Refusal> {
    format!("/{}", parts.join("/")).parse().map_err(|error| Refusal::bad_id(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_one_meaning() {
        let app = || "/a/b".parse::<AppId>().unwrap();
        let group = |path: &str| path.parse::<GroupId>().unwrap();
        for (path, meaning) in [
            ("a/b", AppPath::App(app())),
            ("/a//b/", AppPath::App(app())),
            ("*", AppPath::Group(group("/"))),
            ("a/*", AppPath::Group(group("/a"))),
            ("a/*/tasks", AppPath::GroupTasks(group("/a"))),
            ("a/b/restart", AppPath::Restart(app())),
            ("a/b/tasks", AppPath::Tasks(app())),
            ("a/b/tasks/t.1", AppPath::Task(app(), "t.1".into())),
            ("a/b/versions", AppPath::Versions(app())),
            ("a/b/versions/1970-01-01T00:00:00.000Z", AppPath::Version(app(), Timestamp::EPOCH)),
        ] {
            assert_eq!(AppPath::of(path).unwrap(), meaning, "{path}");
        }
        for path in ["", "A", "tasks", "a/versions/soon", "a_b/tasks"] {
            assert!(AppPath::of(path).is_err(), "{path}");
        }
    }
}
