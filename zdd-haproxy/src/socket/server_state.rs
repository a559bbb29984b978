//! `show servers state`.

/// What the operator, and the configuration, made of a server, whatever its check says.
///
/// HAProxy's own bits. One of them says that the configuration begins with the server disabled, which
/// stays set when it serves: the number as a whole says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdminState(u64);

impl AdminState {
    /// Forced, inherited from another server, or for want of an address.
    const MAINT: u64 = 0x01 | 0x02 | 0x20;
    /// Forced, or inherited from another server.
    const DRAIN: u64 = 0x08 | 0x10;

    /// Whether it is in maintenance.
    pub fn is_maint(self) -> bool {
        self.0 & Self::MAINT != 0
    }

    /// Whether it is to be drained. True also where it is in maintenance on top of that.
    pub fn is_drain(self) -> bool {
        self.0 & Self::DRAIN != 0
    }

    /// The bits.
    pub fn bits(self) -> u64 {
        self.0
    }
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerState {
    /// Its backend.
    pub be_name: String,
    /// Its name.
    pub srv_name: String,
    /// Its address, or `-` for none.
    pub srv_addr: String,
    /// Its port. Versions before 1.8 do not say.
    pub srv_port: Option<u16>,
    /// What was made of it.
    pub srv_admin_state: AdminState,
    /// The weight that was set.
    pub srv_uweight: u64,
    /// The weight of the configuration.
    pub srv_iweight: u64,
}

/// The version of the format. It is the first line, and there is no other so far.
const FORMAT: &str = "1";

/// Reads all rows. Columns are found by their names.
pub(super) fn read(text: &str, most: usize) -> Result<Vec<ServerState>, String> {
    let mut lines = text.lines();
    let format = lines.next().unwrap_or_default().trim();
    if format != FORMAT {
        let shown: String = format.chars().take(40).collect();
        return Err(format!("the format of its server states is `{shown}`, not `{FORMAT}`"));
    }
    let headings = lines.next().and_then(|line| line.strip_prefix('#'));
    let headings = headings.ok_or("its server states have no headings")?;
    let columns = Columns::of(headings)?;
    let mut servers = Vec::new();
    for (index, line) in lines.enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        if servers.len() == most {
            return Err(format!("it has more than {most} servers"));
        }
        let server = columns.row(line);
        let wrong = |heading| format!("`{heading}` in line {} of its server states", index + 3);
        servers.push(server.map_err(wrong)?);
    }
    Ok(servers)
}

/// Where each column is, from 0.
struct Columns {
    be_name: usize,
    srv_name: usize,
    srv_addr: usize,
    srv_admin_state: usize,
    srv_uweight: usize,
    srv_iweight: usize,
    srv_port: Option<usize>,
}

impl Columns {
    fn of(headings: &str) -> Result<Self, String> {
        let at = |heading: &str| headings.split_whitespace().position(|it| it == heading);
        let needed = |heading: &str| {
            at(heading).ok_or_else(|| format!("its server states have no `{heading}`"))
        };
        Ok(Self {
            be_name: needed("be_name")?,
            srv_name: needed("srv_name")?,
            srv_addr: needed("srv_addr")?,
            srv_admin_state: needed("srv_admin_state")?,
            srv_uweight: needed("srv_uweight")?,
            srv_iweight: needed("srv_iweight")?,
            srv_port: at("srv_port"),
        })
    }

    /// Fails with the heading of the cell that is wrong.
    fn row(&self, line: &str) -> Result<ServerState, &'static str> {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let text = |at: usize, heading| cells.get(at).copied().ok_or(heading);
        let count = |at: usize, heading| text(at, heading)?.parse::<u64>().map_err(|_| heading);
        let port = |at: usize| text(at, "srv_port")?.parse::<u16>().map_err(|_| "srv_port");
        Ok(ServerState {
            be_name: text(self.be_name, "be_name")?.to_owned(),
            srv_name: text(self.srv_name, "srv_name")?.to_owned(),
            srv_addr: text(self.srv_addr, "srv_addr")?.to_owned(),
            srv_admin_state: AdminState(count(self.srv_admin_state, "srv_admin_state")?),
            srv_uweight: count(self.srv_uweight, "srv_uweight")?,
            srv_iweight: count(self.srv_iweight, "srv_iweight")?,
            srv_port: self.srv_port.map(port).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V26: &str = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n\
        3 app 1 s1 127.0.0.1 0 0 20 1 2 8 2 0 6 0 0 0 - 31000 - 0 0 - - 0\n\
        3 app 2 s2 ::1 0 12 1 1 2 1 0 0 8 0 0 0 - 2 - 0 0 - - 0\n\n";

    #[test]
    fn rows_are_read() {
        let servers = read(V26, 2).unwrap();
        assert_eq!(servers.len(), 2);
        let [s1, s2] = [&servers[0], &servers[1]];
        assert_eq!((&*s1.be_name, &*s1.srv_name, &*s1.srv_addr), ("app", "s1", "127.0.0.1"));
        assert_eq!((s1.srv_port, s1.srv_uweight, s1.srv_iweight), (Some(31000), 20, 1));
        assert!(!s1.srv_admin_state.is_drain() && !s1.srv_admin_state.is_maint());
        assert!(s2.srv_admin_state.is_drain() && !s2.srv_admin_state.is_maint());
    }

    #[test]
    fn a_server_that_began_disabled_can_serve() {
        for (bits, is_maint, is_drain) in [
            (0, false, false),
            (4, false, false),
            (5, true, false),
            (12, false, true),
            (0x40, false, false),
            (0x20, true, false),
            (0x02, true, false),
            (0x10, false, true),
        ] {
            let state = AdminState(bits);
            assert_eq!((state.is_maint(), state.is_drain()), (is_maint, is_drain), "{bits:#x}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read("2\n", 9).unwrap_err().contains("`2`"));
        assert!(read("", 9).is_err());
        assert!(read("1\nx\n", 9).unwrap_err().contains("no headings"));
        assert!(read("1\n# be_name\n", 9).unwrap_err().contains("srv_name"));
        let wrong = read(&V26.replace("31000", "70000"), 9).unwrap_err();
        assert_eq!(wrong, "`srv_port` in line 3 of its server states");
        let short = read(&V26.replace(" - 2 - 0 0 - - 0", ""), 9).unwrap_err();
        assert_eq!(short, "`srv_port` in line 4 of its server states");
        assert!(read(V26, 1).unwrap_err().contains("more than 1"));
    }
}
