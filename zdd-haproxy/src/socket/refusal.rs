//! What HAProxy means when it refuses a command.

/// Why HAProxy refuses a command. It says so in words only, which changed little from 1.5 to 3.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such backend.
    NoSuchBackend,
    /// There is no such server.
    NoSuchServer,
    /// This HAProxy does not know the command.
    UnknownCommand,
    /// The backend's algorithm has fixed weights (`static-rr`).
    StaticWeights,
    /// It does not accept this weight.
    Weight,
    /// It does not accept this address.
    Address,
    /// The server is not checked, so its check can be neither enabled nor overruled.
    NotChecked,
    /// The server has the state of another one.
    Tracking,
    /// Only servers in maintenance can be deleted.
    NotInMaintenance,
    /// Something still uses the server that is to be deleted.
    InUse,
    /// A server of this name exists.
    Exists,
    /// The command is for experiments only, in this version.
    Experimental,
    /// Something else: its words tell.
    Other,
}

impl Refusal {
    /// What each begins with, or holds where its beginning varies.
    const WORDS: [(&'static str, Self); 17] = [
        ("no such backend", Self::NoSuchBackend),
        ("can't find backend", Self::NoSuchBackend),
        ("no such proxy", Self::NoSuchBackend),
        ("no such server", Self::NoSuchServer),
        ("unknown command", Self::UnknownCommand),
        ("backend is using a static lb algorithm", Self::StaticWeights),
        ("absolute weight can only be", Self::Weight),
        ("empty weight string", Self::Weight),
        ("trailing garbage in weight", Self::Weight),
        ("invalid addr", Self::Address),
        ("health check was not configured", Self::NotChecked),
        ("health checks are not enabled", Self::NotChecked),
        ("cannot change health on a tracking server", Self::Tracking),
        ("only servers in maintenance mode", Self::NotInMaintenance),
        ("server still has connections", Self::InUse),
        ("already exists a server", Self::Exists),
        ("this command is restricted to experimental", Self::Experimental),
    ];

    /// What HAProxy's words mean.
    pub fn of(words: &str) -> Self {
        let words = words.trim().to_ascii_lowercase();
        let known = Self::WORDS.iter().find(|(start, _)| words.starts_with(start));
        known.map_or(Self::Other, |(_, refusal)| *refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_2_6_are_known() {
        for (words, refusal) in [
            ("No such backend.", Refusal::NoSuchBackend),
            ("Can't find backend.", Refusal::NoSuchBackend),
            ("No such proxy.", Refusal::NoSuchBackend),
            ("No such server.\n\n", Refusal::NoSuchServer),
            ("Unknown command. Please enter one of …", Refusal::UnknownCommand),
            ("Unknown command, but maybe one of …", Refusal::UnknownCommand),
            ("Absolute weight can only be between 0 and 256 inclusive.", Refusal::Weight),
            ("Empty weight string empty or preceded by garbage", Refusal::Weight),
            ("Trailing garbage in weight string", Refusal::Weight),
            (
                "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.",
                Refusal::StaticWeights,
            ),
            ("Invalid addr 'localhost' by 'stats socket command'", Refusal::Address),
            ("Health check was not configured on this server, cannot enable.", Refusal::NotChecked),
            ("cannot change health on a tracking server.", Refusal::Tracking),
            ("Only servers in maintenance mode can be deleted.", Refusal::NotInMaintenance),
            ("Already exists a server with the same name in backend.", Refusal::Exists),
            ("This command is restricted to experimental mode only.", Refusal::Experimental),
            ("Something new.", Refusal::Other),
        ] {
            assert_eq!(Refusal::of(words), refusal, "{words}");
        }
    }
}
