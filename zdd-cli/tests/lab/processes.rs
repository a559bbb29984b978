//! The processes of a lab, as the system lists them.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// A process that was started for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) id: i32,
    /// Its group, which all processes of one task share.
    pub(crate) group: i32,
    pub(crate) command: String,
    /// What the lab told it.
    environment: BTreeMap<String, String>,
}

impl Process {
    pub(crate) fn task(&self) -> &str {
        &self.environment["MESOS_TASK_ID"]
    }

    pub(crate) fn version(&self) -> &str {
        &self.environment["MARATHON_APP_VERSION"]
    }

    pub(crate) fn sandbox(&self) -> &Path {
        Path::new(&self.environment["MESOS_SANDBOX"])
    }

    /// Where it should listen.
    pub(crate) fn place(&self) -> Option<SocketAddr> {
        let port = self.environment.get("PORT0")?.parse().ok()?;
        let ip: IpAddr = self.environment.get("LIBPROCESS_IP")?.parse().ok()?;
        Some((ip, port).into())
    }

    fn of(id: i32, sandboxes: &Path) -> Option<Self> {
        let read = |name| fs::read(format!("/proc/{id}/{name}")).ok();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let environment = read("environ")?;
        let variables = environment.split(|byte| *byte == 0).map(text);
        let environment: BTreeMap<_, _> = variables
            .filter_map(|one| one.split_once('=').map(|(name, value)| (name.into(), value.into())))
            .collect();
        Path::new(environment.get("MESOS_SANDBOX")?).starts_with(sandboxes).then_some(())?;
        let status = text(&read("stat")?);
        // Behind the name, in which anything can stand: the state, the parent, the group.
        let group = status.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()?;
        let command = text(&read("cmdline")?).replace('\0', " ");
        Some(Self { id, group, command, environment })
    }
}

/// The processes that were started with one of these sandboxes.
pub(crate) fn processes_in(sandboxes: &Path) -> Vec<Process> {
    let listed = fs::read_dir("/proc").expect("this is Linux").flatten();
    let ids = listed.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Process::of(id, sandboxes)).collect()
}
