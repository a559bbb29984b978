//! Which column is where.

use csv::ByteRecord;

use super::cell::shown;
use super::error::StatsError;

/// The columns that are read. Their order here is of no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Pxname,
    Svname,
    Qcur,
    Scur,
    Slim,
    Stot,
    Econ,
    Eresp,
    Wretr,
    Wredis,
    Status,
    Weight,
    Act,
    Bck,
    Lastchg,
    Type,
    CheckStatus,
    CheckCode,
    LastChk,
    Hrsp1xx,
    Hrsp2xx,
    Hrsp3xx,
    Hrsp4xx,
    Hrsp5xx,
    CliAbrt,
    SrvAbrt,
    Addr,
    Cookie,
    Mode,
    Algo,
    UsedConnCur,
    Uweight,
    Rtime,
}

impl Column {
    /// Each with its heading, in the order of the enum.
    pub(super) const ALL: [(Self, &'static str); 33] = [
        (Self::Pxname, "pxname"),
        (Self::Svname, "svname"),
        (Self::Qcur, "qcur"),
        (Self::Scur, "scur"),
        (Self::Slim, "slim"),
        (Self::Stot, "stot"),
        (Self::Econ, "econ"),
        (Self::Eresp, "eresp"),
        (Self::Wretr, "wretr"),
        (Self::Wredis, "wredis"),
        (Self::Status, "status"),
        (Self::Weight, "weight"),
        (Self::Act, "act"),
        (Self::Bck, "bck"),
        (Self::Lastchg, "lastchg"),
        (Self::Type, "type"),
        (Self::CheckStatus, "check_status"),
        (Self::CheckCode, "check_code"),
        (Self::LastChk, "last_chk"),
        (Self::Hrsp1xx, "hrsp_1xx"),
        (Self::Hrsp2xx, "hrsp_2xx"),
        (Self::Hrsp3xx, "hrsp_3xx"),
        (Self::Hrsp4xx, "hrsp_4xx"),
        (Self::Hrsp5xx, "hrsp_5xx"),
        (Self::CliAbrt, "cli_abrt"),
        (Self::SrvAbrt, "srv_abrt"),
        (Self::Addr, "addr"),
        (Self::Cookie, "cookie"),
        (Self::Mode, "mode"),
        (Self::Algo, "algo"),
        (Self::UsedConnCur, "used_conn_cur"),
        (Self::Uweight, "uweight"),
        (Self::Rtime, "rtime"),
    ];

    /// Without these a text is not the statistics of any HAProxy.
    const REQUIRED: [Self; 4] = [Self::Pxname, Self::Svname, Self::Status, Self::Scur];

    pub(super) fn heading(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Where each column is, from 0, if it is there.
#[derive(Clone, Debug)]
pub(super) struct Columns([Option<usize>; Column::ALL.len()]);

impl Columns {
    /// From the first line of the text.
    pub(super) fn of_headings(headings: &ByteRecord) -> Result<Self, StatsError> {
        let mut at = [None; Column::ALL.len()];
        for (index, heading) in headings.iter().enumerate() {
            let heading = heading.trim_ascii();
            // The line is a comment to programs that skip those.
            let heading = match heading.strip_prefix(b"#") {
                Some(rest) if index == 0 => rest.trim_ascii_start(),
                _ => heading,
            };
            let known = Column::ALL.iter().find(|(_, name)| name.as_bytes() == heading);
            if let Some((column, _)) = known {
                at[*column as usize].get_or_insert(index);
            }
        }
        let columns = Self(at);
        match Column::REQUIRED.iter().find(|column| columns.at(**column).is_none()) {
            None => Ok(columns),
            Some(missing) => Err(StatsError::NoHeadings {
                missing: missing.heading(),
                found: shown(headings.as_slice()),
            }),
        }
    }

    pub(super) fn at(&self, column: Column) -> Option<usize> {
        self.0[column as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_at_its_place_in_the_table() {
        for (index, (column, heading)) in Column::ALL.iter().enumerate() {
            assert_eq!(*column as usize, index, "{heading}");
        }
    }
}
