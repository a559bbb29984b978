//! One row of the statistics.

use std::borrow::Cow;

use super::cell::Cells;
use super::columns::Column;
use super::error::StatsError;
use super::status::{Check, ServerStatus};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "HAProxy has no others")]
pub enum RowKind {
    /// The sum of a frontend.
    Frontend,
    /// The sum of a backend.
    Backend,
    /// A server of a backend.
    Server,
    /// A listening socket of a frontend.
    Listener,
}

/// One row. A name with HAProxy's heading holds what that column does; `None` is an empty cell, or a
/// column that this HAProxy does not have.
///
/// Counters begin again at 0 with every reload, and whenever somebody clears them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row<'r> {
    /// The proxy: the backend of a server.
    pub pxname: Cow<'r, str>,
    /// The server; `FRONTEND` and `BACKEND` for sums.
    pub svname: Cow<'r, str>,
    /// What it is about.
    pub kind: RowKind,
    /// Its state. Not the same as what the operator set: a drained server whose check fails is `DOWN`.
    pub status: ServerStatus,
    /// Requests that wait, for this server or, in the row of a backend, for any. At most 32 bits.
    pub qcur: Option<u64>,
    /// Sessions that are going on. At most 32 bits.
    pub scur: Option<u64>,
    /// The most sessions that may go on.
    pub slim: Option<u64>,
    /// Sessions since the start.
    pub stot: Option<u64>,
    /// Connections to servers that failed for good.
    pub econ: Option<u64>,
    /// Answers that were broken or empty, those included that a second try rescued.
    pub eresp: Option<u64>,
    /// Second tries.
    pub wretr: Option<u64>,
    /// Second tries at another server.
    pub wredis: Option<u64>,
    /// The weight that works just now, which differs from the one that was set while a server starts
    /// slowly and while it is in maintenance. In the row of a backend, the sum over usable servers.
    pub weight: Option<u64>,
    /// The weight that was set. Only newer versions say it.
    pub uweight: Option<u64>,
    /// Of a server: 1 if the configuration counts on it, whatever its state. Of a backend: how many
    /// such servers are usable.
    pub act: Option<u64>,
    /// The same for those that only help out.
    pub bck: Option<u64>,
    /// Seconds since the state changed.
    pub lastchg: Option<u64>,
    /// The last health check.
    pub check: Option<Check<'r>>,
    /// The HTTP status that it got. Empty while the next check goes on.
    pub check_code: Option<u64>,
    /// What it got, in words.
    pub last_chk: Option<Cow<'r, str>>,
    /// Answers of 1xx to 5xx.
    pub hrsp: [Option<u64>; 5],
    /// Milliseconds until answers began, on average over the last 1,024. At most 32 bits.
    pub rtime: Option<u64>,
    /// Transfers that the client gave up.
    pub cli_abrt: Option<u64>,
    /// Transfers that the server gave up.
    pub srv_abrt: Option<u64>,
    /// Where the server is: `address:port`. Over HTTP only where HAProxy is told to show it.
    pub addr: Option<Cow<'r, str>>,
    /// The value that binds clients to this server, if any do.
    pub cookie: Option<Cow<'r, str>>,
    /// `http` or `tcp`.
    pub mode: Option<Cow<'r, str>>,
    /// How the backend chooses: `roundrobin`, `leastconn`.
    pub algo: Option<Cow<'r, str>>,
    /// Connections to the server that carry something.
    pub used_conn_cur: Option<u64>,
}

impl<'r> Row<'r> {
    pub(super) fn of(cells: Cells<'r>) -> Result<Self, StatsError> {
        let svname = cells.name(Column::Svname)?;
        Ok(Self {
            pxname: cells.name(Column::Pxname)?,
            kind: kind(&cells, &svname)?,
            svname,
            status: ServerStatus::of(cells.bytes(Column::Status).unwrap_or_default()),
            qcur: cells.small(Column::Qcur)?,
            scur: cells.small(Column::Scur)?,
            slim: cells.count(Column::Slim)?,
            stot: cells.count(Column::Stot)?,
            econ: cells.count(Column::Econ)?,
            eresp: cells.count(Column::Eresp)?,
            wretr: cells.count(Column::Wretr)?,
            wredis: cells.count(Column::Wredis)?,
            weight: cells.count(Column::Weight)?,
            uweight: cells.count(Column::Uweight)?,
            act: cells.count(Column::Act)?,
            bck: cells.count(Column::Bck)?,
            lastchg: cells.count(Column::Lastchg)?,
            check: cells.bytes(Column::CheckStatus).map(Check::of),
            check_code: cells.count(Column::CheckCode)?,
            last_chk: cells.text(Column::LastChk),
            hrsp: [
                cells.count(Column::Hrsp1xx)?,
                cells.count(Column::Hrsp2xx)?,
                cells.count(Column::Hrsp3xx)?,
                cells.count(Column::Hrsp4xx)?,
                cells.count(Column::Hrsp5xx)?,
            ],
            rtime: cells.small(Column::Rtime)?,
            cli_abrt: cells.count(Column::CliAbrt)?,
            srv_abrt: cells.count(Column::SrvAbrt)?,
            addr: cells.text(Column::Addr),
            cookie: cells.text(Column::Cookie),
            mode: cells.text(Column::Mode),
            algo: cells.text(Column::Algo),
            used_conn_cur: cells.count(Column::UsedConnCur)?,
        })
    }
}

fn kind(cells: &Cells<'_>, svname: &str) -> Result<RowKind, StatsError> {
    match (cells.bytes(Column::Type), svname) {
        (Some(b"0"), _) | (None, "FRONTEND") => Ok(RowKind::Frontend),
        (Some(b"1"), _) | (None, "BACKEND") => Ok(RowKind::Backend),
        (Some(b"2") | None, _) => Ok(RowKind::Server),
        (Some(b"3"), _) => Ok(RowKind::Listener),
        (Some(_), _) => Err(cells.wrong(Column::Type, "0 to 3")),
    }
}
