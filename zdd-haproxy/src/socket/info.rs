//! `show info`.

/// Which process answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Worker {
    /// Its process id, in HAProxy's own name space.
    pub pid: u32,
    /// When it started, in seconds since 1970. Older versions do not say.
    pub start_time_sec: Option<u64>,
    /// For how many seconds it runs.
    pub uptime_sec: u64,
}

impl Worker {
    /// Whether `later` is this process, seen again. A process id alone does not tell: in a container
    /// each start may have the same one.
    pub fn is_same(&self, later: &Self) -> bool {
        let same_start = match (self.start_time_sec, later.start_time_sec) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        self.pid == later.pid && same_start && later.uptime_sec >= self.uptime_sec
    }
}

/// What HAProxy says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// `2.6.12-1+deb12u4`.
    pub version: String,
    /// Which process it is.
    pub worker: Worker,
    /// Connections of clients.
    pub curr_conns: u64,
    /// Whether it is about to end: it serves what it has and takes nothing new.
    pub is_stopping: bool,
}

impl Info {
    /// Reads `Key: value` lines.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        let value = |key: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(name, _)| *name == key).map(|(_, value)| value.trim())
        };
        let number = |key: &str| match value(key) {
            None => Ok(None),
            Some(text) => {
                text.parse::<u64>().map(Some).map_err(|_| format!("its `{key}` is no number"))
            }
        };
        let needed = |key: &str| number(key)?.ok_or_else(|| format!("it does not say its `{key}`"));
        if value("Name").is_none() && value("Version").is_none() {
            return Err("it does not say its `Name`".into());
        }
        let pid = needed("Pid")?;
        Ok(Self {
            version: value("Version").unwrap_or("?").chars().take(100).collect(),
            worker: Worker {
                pid: u32::try_from(pid).map_err(|_| "its `Pid` is no process id".to_owned())?,
                start_time_sec: number("Start_time_sec")?,
                uptime_sec: needed("Uptime_sec")?,
            },
            curr_conns: number("CurrConns")?.unwrap_or_default(),
            is_stopping: number("Stopping")?.unwrap_or_default() != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V26: &str = "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 8747\nUptime: 0d 0h00m01s\n\
        Uptime_sec: 1\nCurrConns: 3\nBuild info: 2.6.12\nStopping: 0\nStart_time_sec: 1795235191\n\n";

    #[test]
    fn what_is_needed_is_found() {
        let info = Info::of(V26).unwrap();
        assert_eq!(info.version, "2.6.12-1+deb12u4");
        assert_eq!(info.worker.pid, 8747);
        assert_eq!((info.curr_conns, info.is_stopping), (3, false));
        assert!(Info::of(&V26.replace("Stopping: 0", "Stopping: 1")).unwrap().is_stopping);
    }

    #[test]
    fn what_is_no_info_says_what_is_missing() {
        assert_eq!(Info::of("hello").unwrap_err(), "it does not say its `Name`");
        assert_eq!(Info::of(&V26.replace("8747", "x")).unwrap_err(), "its `Pid` is no number");
        let huge = Info::of(&V26.replace("8747", "99999999999")).unwrap_err();
        assert_eq!(huge, "its `Pid` is no process id");
        let none = Info::of(&V26.replace("Pid:", "Pit:")).unwrap_err();
        assert_eq!(none, "it does not say its `Pid`");
    }

    #[test]
    fn a_worker_is_the_same_only_while_it_gets_older() {
        let at = |pid, start_time_sec, uptime_sec| Worker { pid, start_time_sec, uptime_sec };
        let first = at(8, Some(100), 5);
        assert!(first.is_same(&at(8, Some(100), 5)));
        assert!(first.is_same(&at(8, Some(100), 6)));
        assert!(!first.is_same(&at(9, Some(100), 6)));
        assert!(!first.is_same(&at(8, Some(105), 0)));
        assert!(!first.is_same(&at(8, Some(99), 6)));
        // Without a start time, the age has to do.
        assert!(at(8, None, 5).is_same(&at(8, None, 6)));
        assert!(!at(8, None, 5).is_same(&at(8, None, 4)));
    }
}
