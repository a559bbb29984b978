//! The fields of an app.

/// The fields of an app definition, up to Marathon 1.10; old names that it still takes are among them.
const FIELDS: [&str; 40] = [
    "acceptedResourceRoles",
    "args",
    "backoffFactor",
    "backoffSeconds",
    "check",
    "cmd",
    "constraints",
    "container",
    "cpus",
    "dependencies",
    "disk",
    "env",
    "executor",
    "executorResources",
    "fetch",
    "gpus",
    "healthChecks",
    "id",
    "instances",
    "ipAddress",
    "killSelection",
    "labels",
    "maxLaunchDelaySeconds",
    "mem",
    "networks",
    "portDefinitions",
    "ports",
    "readinessChecks",
    "requirePorts",
    "residency",
    "resourceLimits",
    "role",
    "secrets",
    "storeUrls",
    "taskKillGracePeriodSeconds",
    "tty",
    "unreachableStrategy",
    "upgradeStrategy",
    "uris",
    "user",
];

/// Fields that hold a text, also where it looks like a number: a `cmd` of `true`.
pub(super) const TEXTS: [&str; 5] = ["cmd", "executor", "id", "role", "user"];

/// Whether an app has such a field; the most similar one where it has not.
pub(super) fn known(field: &str) -> Result<(), &'static str> {
    if FIELDS.contains(&field) {
        return Ok(());
    }
    let near = |it: &&&str| distance(&it.to_ascii_lowercase(), &field.to_ascii_lowercase());
    Err(FIELDS.iter().min_by_key(near).copied().unwrap_or("image"))
}

/// How many characters have to be put in, taken out or changed to get from one text to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = n + 1;
        for (m, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[m + 1];
            row[m + 1] = changed.min(diagonal + 1).min(row[m] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_field_is_named() {
        assert_eq!(known("instances"), Ok(()));
        assert_eq!(known("instnaces"), Err("instances"));
        assert_eq!(known("upgradestrategy"), Err("upgradeStrategy"));
        assert_eq!(known("lables"), Err("labels"));
    }

    #[test]
    fn distances_count_changes() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
