//! How to go on with a rollout that stopped half-way: the commands that hints name.

use zdd_core::rollout::Side;

/// How to go on after somebody else has changed what was rolled out.
pub(super) fn either_way(group: &str) -> String {
    format!(
        "look at what runs there: `zdd resume {group}` goes on with it, `zdd abort {group}` goes back"
    )
}

/// How to go on when one of both apps is gone.
pub(super) fn vanished(side: Side, group: &str) -> String {
    match side {
        Side::Old => format!("`zdd canary promote {group}` goes on with the new version alone"),
        Side::New => format!("`zdd abort {group}` clears the rest away"),
    }
}

/// How to go on with what somebody holds who is gone. Not every command has `--take-over`.
pub(super) fn in_its_place(group: &str) -> String {
    format!("{}, `zdd abort {group} --take-over` takes it back", on_in_its_place(group))
}

/// The same, on the way back.
pub(super) fn on_in_its_place(group: &str) -> String {
    format!("`zdd resume {group} --take-over` goes on in its place")
}

/// How to go on after a rollout has stopped half-way.
pub(super) fn stays(group: &str) -> String {
    format!("{}, `zdd abort {group}` takes it back", goes_on(group))
}

/// The same, on the way back. The same command need not do it: what was approved is not approved twice.
pub(super) fn goes_on(group: &str) -> String {
    format!("everything stays as it is: `zdd resume {group}` goes on from here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_approved_is_not_approved_twice() {
        let any = [stays("shop"), goes_on("shop")];
        assert!(any.iter().all(|hint| !hint.contains("the same command")), "{any:?}");
    }
}
