//! What a version can do.

/// What the answering HAProxy can do. Found out once for each worker, by asking which commands it
/// has: packagers backport, so that a version number tells less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Abilities {
    /// `show servers state` (1.6 and later).
    pub servers_state: bool,
    /// `add server`, `del server` without experimental mode (2.5 and later).
    pub dynamic_servers: bool,
}

impl Abilities {
    /// From what `help` lists.
    pub(super) fn of(help: &str) -> Result<Self, String> {
        let has = |command: &str| {
            help.lines().any(|line| {
                let rest = line.trim_start().strip_prefix(command);
                rest.is_some_and(|rest| rest.starts_with([' ', ':']) || rest.is_empty())
            })
        };
        if !has("show info") && !has("show stat") {
            return Err("it does not list its commands".into());
        }
        Ok(Self {
            servers_state: has("show servers state"),
            dynamic_servers: has("add server") && has("del server"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_what_help_lists() {
        let help = "The following commands are valid at this level:\n  \
            add server <bk>/<srv>                   : create a new server\n  \
            del server <bk>/<srv>                   : remove a dynamically added server\n  \
            show info [desc|json]*      : report information about the running process\n  \
            show servers state [<backend>] : dump volatile server information\n  \
            shutdown sessions server <bk>/<srv>     : kill sessions on a server\n\n";
        let abilities = Abilities::of(help).unwrap();
        assert!(abilities.servers_state && abilities.dynamic_servers);
        let old = "  show info      : report information\n  show stat      : report counters\n";
        assert_eq!(Abilities::of(old), Ok(Abilities::default()));
        assert!(Abilities::of("hello").is_err());
    }
}
