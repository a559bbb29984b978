//! The statistics of HAProxy as CSV: `show stat` on the admin socket, `/haproxy?stats;csv` over HTTP.
//!
//! ```
//! use zdd_haproxy::stats::{Limits, Reader, RowKind, Word};
//!
//! let csv = "# pxname,svname,qcur,scur,status,type,\napp,s1,0,3,DRAIN,2,\n";
//! let mut rows = Reader::new(csv.as_bytes(), Limits::default())?;
//! let row = rows.next_row()?.expect("there is one");
//! assert_eq!((row.kind, row.status.word, row.scur), (RowKind::Server, Word::Drain, Some(3)));
//! # Ok::<(), zdd_haproxy::stats::StatsError>(())
//! ```
//!
//! Columns are found by their names, whatever their order, so that every HAProxy from 1.5 on can be
//! read: what an old one lacks is `None`, what a new one adds is passed over. Rows borrow from one
//! buffer that is used again for each, since there may be ten thousand of them every second.

mod cell;
mod columns;
mod error;
mod reader;
mod row;
mod status;

pub use error::{Place, StatsError};
pub use reader::{Limits, Reader};
pub use row::{Row, RowKind};
pub use status::{Check, ServerStatus, Word};
