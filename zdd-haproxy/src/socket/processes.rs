//! The processes of one HAProxy, as its master lists them.

use super::address::Address;
use super::client::Socket;
use super::command::Command;
use super::error::SocketError;
use super::transport::Patience;

/// The processes of one HAProxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Processes {
    /// Those that take new connections: one.
    pub workers: Vec<u32>,
    /// Those that were replaced by a reload, and still have connections. What goes on there is in no
    /// statistics of the others.
    pub old_workers: Vec<u32>,
}

/// The socket of a master (`haproxy -W -S`), through which its processes are seen.
#[derive(Debug)]
pub struct Master {
    socket: Socket,
}

impl Master {
    /// The one at `address`. Nothing is connected until something is asked.
    pub fn new(address: Address) -> Self {
        Self { socket: Socket::new(address) }
    }

    /// Changes for how long it is given time.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { socket: self.socket.with_patience(patience) }
    }

    /// Its processes.
    ///
    /// # Errors
    ///
    /// What every call can fail with: see [`SocketError`].
    pub async fn processes(&self) -> Result<Processes, SocketError> {
        let command = Command::show_proc();
        let answer = self.socket.listing(&command).await?;
        read(&String::from_utf8_lossy(&answer))
            .map_err(|what| self.socket.not_haproxy(&command, what))
    }
}

/// The most processes of one HAProxy.
const MOST: usize = 10_000;

fn read(text: &str) -> Result<Processes, String> {
    #[derive(Clone, Copy)]
    enum Section {
        Master,
        Workers,
        OldWorkers,
        Others,
    }
    if !text.trim_start().starts_with("#<PID>") {
        return Err("it does not list processes".into());
    }
    let mut processes = Processes::default();
    let mut section = Section::Master;
    for line in text.trim_start().lines().skip(1).map(str::trim) {
        if let Some(heading) = line.strip_prefix('#') {
            section = match heading.trim() {
                "workers" => Section::Workers,
                "old workers" => Section::OldWorkers,
                _ => Section::Others,
            };
            continue;
        }
        let Some(first) = line.split_whitespace().next() else { continue };
        let list = match section {
            Section::Workers => &mut processes.workers,
            Section::OldWorkers => &mut processes.old_workers,
            Section::Master | Section::Others => continue,
        };
        list.push(first.parse().map_err(|_| "it lists a process without an id".to_owned())?);
        if list.len() > MOST {
            return Err(format!("it has more than {MOST} processes"));
        }
    }
    Ok(processes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_and_old_workers_are_told_apart() {
        let text = "#<PID>          <type>          <reloads>       <uptime>        <version>      \n\
            9201            master          1 [failed: 0]   0d00h00m09s     2.6.12-1+deb12u4\n\
            # workers\n9418            worker          0               0d00h00m01s     2.6.12\n\
            # old workers\n9207            worker          1               0d00h00m09s     2.6.12\n\
            # programs\n77              dataplane       -               0d00h00m09s     -\n\n";
        let processes = read(text).unwrap();
        assert_eq!((processes.workers, processes.old_workers), (vec![9418], vec![9207]));
        let quiet = "#<PID> <type>\n1 master\n# workers\n2 worker\n# programs\n\n";
        assert_eq!(read(quiet).unwrap().old_workers, Vec::<u32>::new());
        assert!(read("hello").is_err());
        assert!(read(&quiet.replace("2 worker", "two worker")).is_err());
    }
}
