//! Statistics of every age, and texts that are none.

use std::fmt::Write as _;

use proptest::prelude::*;
use zdd_haproxy::stats::{Limits, Place, Reader, Row, RowKind, StatsError, Word};

/// What 2.6 says of a failing server, one in maintenance and a drained one that is being checked.
const V26: &str = "\
# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,agg_check_status,-,ssl_sess,h1_bytes_out,
f,FRONTEND,,,0,0,200,0,0,0,0,0,0,,,,,OPEN,,,,,,,,,1,2,0,,,,0,0,0,0,,,,0,0,0,0,0,0,,0,0,0,,,0,0,0,0,,,,,,,,,,,,,,,,,,,,,http,,0,0,0,0,0,0,0,,,0,0,,,,,,,0,,,,,,,,,-,0,0,
app,s1,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN 1/3,1,1,0,1,1,2,2,,1,3,1,,0,,2,0,,0,L4CON,,0,0,0,0,0,0,0,,,,0,0,0,,,,,-1,Connection refused,,0,0,0,0,,,,Layer4 connection problem,,2,3,0,,,,127.0.0.1:1,,http,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,1,1,,,,-,0,0,
app,s2,0,0,0,0,,0,0,0,,0,,0,0,0,0,MAINT,1,1,0,,,2,,,1,3,2,,0,,2,0,,0,,,,0,0,0,0,0,0,,,,0,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,,,,127.0.0.1:2,,http,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,0,30,,,,-,0,0,
app,s3,2,0,7,0,,91,0,0,,0,,0,4,3,1,DRAIN,7,1,0,,,2,,,1,3,3,,0,,2,0,,0,* L7OK,,3,0,80,0,6,5,0,,,,0,8,9,,,,,-1,\"said \"\"ok\"\", twice\",,0,0,0,0,,,,,,,,,,,,\"[::1]:31000\",c3,http,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,5,0,25,,,,-,0,0,
app,BACKEND,12,0,7,0,20,0,0,0,0,0,,0,0,0,0,UP,1,1,0,,1,2,2,,1,3,0,,0,,1,0,,0,,,,0,0,0,0,0,0,,,,0,0,0,0,0,0,0,-1,,,0,0,0,0,,,,,,,,,,,,,,http,roundrobin,,,,,,,0,0,0,0,0,,,0,0,0,0,0,,,,,0,0,0,0,-,0,0,

";

/// What 1.5 has: no `addr`, no `uweight`, no module columns.
const V15: &str = "\
# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,
shop_10080,10_0_6_25_16916,0,0,1,1,,5,0,0,,0,,0,0,0,0,UP,1,1,0,0,0,9,0,,1,3,1,,5,,2,0,,1,L7OK,200,1,0,5,0,0,0,0,0,,,,0,0,
shop_10080,10_0_6_25_18484,0,0,0,0,,0,0,0,,0,,0,0,0,0,MAINT,1,1,0,0,0,9,0,,1,3,2,,0,,2,0,,0,,,,0,0,0,0,0,0,0,,,,0,0,
";

/// Reads all rows, and hands each to `look`.
fn each(text: &str, mut look: impl FnMut(&Row<'_>)) -> Result<usize, StatsError> {
    each_within(text.as_bytes(), Limits::default(), &mut look)
}

fn each_within(
    text: &[u8],
    limits: Limits,
    look: &mut dyn FnMut(&Row<'_>),
) -> Result<usize, StatsError> {
    let mut rows = Reader::new(text, limits)?;
    let mut n = 0;
    while let Some(row) = rows.next_row()? {
        look(&row);
        n += 1;
    }
    Ok(n)
}

#[test]
fn what_2_6_says_is_understood() {
    let mut seen = Vec::new();
    let n = each(V26, |row| {
        seen.push((row.svname.clone().into_owned(), row.kind, row.status.word));
        match &*row.svname {
            "s1" => {
                assert_eq!(row.status.changing, Some((1, 3)));
                let check = row.check.as_ref().unwrap();
                assert_eq!(
                    (&*check.code, check.is_running, check.is_passed()),
                    ("L4CON", false, false)
                );
                assert_eq!(row.last_chk.as_deref(), Some("Connection refused"));
                assert_eq!(row.addr.as_deref(), Some("127.0.0.1:1"));
            }
            // `act` says what is configured, in maintenance too; and `weight` is not what was set.
            "s2" => assert_eq!((row.act, row.weight, row.uweight), (Some(1), Some(1), Some(30))),
            "s3" => {
                assert_eq!((row.qcur, row.scur, row.stot), (Some(2), Some(7), Some(91)));
                assert_eq!((row.weight, row.uweight), (Some(7), Some(25)));
                let check = row.check.as_ref().unwrap();
                assert_eq!(
                    (&*check.code, check.is_running, check.is_passed()),
                    ("L7OK", true, true)
                );
                assert_eq!(row.check_code, None);
                assert_eq!(row.last_chk.as_deref(), Some("said \"ok\", twice"));
                assert_eq!(row.addr.as_deref(), Some("[::1]:31000"));
                assert_eq!(row.cookie.as_deref(), Some("c3"));
                assert_eq!(row.hrsp, [Some(0), Some(80), Some(0), Some(6), Some(5)]);
                assert_eq!((row.cli_abrt, row.srv_abrt), (Some(8), Some(9)));
                assert_eq!((row.eresp, row.wretr, row.wredis), (Some(4), Some(3), Some(1)));
                assert_eq!(row.used_conn_cur, Some(5));
            }
            "BACKEND" => {
                assert_eq!((row.qcur, row.algo.as_deref()), (Some(12), Some("roundrobin")));
            }
            _ => assert_eq!((row.slim, row.mode.as_deref()), (Some(200), Some("http"))),
        }
    });
    assert_eq!(n, Ok(5));
    assert_eq!(
        seen,
        [
            ("FRONTEND".into(), RowKind::Frontend, Word::Open),
            ("s1".into(), RowKind::Server, Word::Down),
            ("s2".into(), RowKind::Server, Word::Maint),
            ("s3".into(), RowKind::Server, Word::Drain),
            ("BACKEND".into(), RowKind::Backend, Word::Up),
        ]
    );
}

#[test]
fn what_1_5_says_is_understood() {
    let mut seen = Vec::new();
    let n = each(V15, |row| {
        assert_eq!((row.uweight, row.addr.as_deref(), row.used_conn_cur), (None, None, None));
        seen.push((row.svname.clone().into_owned(), row.status.word, row.scur, row.weight));
    });
    assert_eq!(n, Ok(2));
    assert_eq!(
        seen,
        [
            ("10_0_6_25_16916".into(), Word::Up, Some(1), Some(1)),
            ("10_0_6_25_18484".into(), Word::Maint, Some(0), Some(1)),
        ]
    );
}

#[test]
fn columns_are_found_by_name_wherever_they_are() {
    let text = "svname,new in 9.9,status,,scur,pxname,scur\ns1,?,UP,,3,app,4\ns2,,MAINT\n";
    // The second row ends before its backend does.
    let error = each(text, |row| assert_eq!((&*row.pxname, row.scur), ("app", Some(3))));
    let at = Place { line: 3, column: 6 };
    let (heading, wanted) = ("pxname", "a name");
    assert_eq!(error, Err(StatsError::Cell { at, heading, found: String::new(), wanted }));
}

#[test]
fn a_cell_that_is_no_count_is_named_with_its_place() {
    let text = "# pxname,svname,scur,status,type,\napp,s1,3,UP,2,\napp,s2,-3,UP,2,\n";
    let error = each(text, |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "line 3, column 3: `scur` is `-3`, not a count");
    let text = "# pxname,svname,scur,status,type,\napp,s1,3,UP,7,\n";
    let error = each(text, |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 5: `type` is `7`, not 0 to 3");
}

#[test]
fn what_is_no_statistics_is_refused() {
    assert_eq!(each("", |_| {}), Err(StatsError::Empty));
    assert_eq!(each(" \n\n", |_| {}), Err(StatsError::Empty));
    let error = each("<html>\n<body>no such page</body>\n", |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no statistics: the first line has no heading `pxname` but begins with `<html>`"
    );
    assert!(error.hint().unwrap().contains("/haproxy?stats;csv"));
}

#[test]
fn what_is_cut_off_is_refused_wherever_it_is_cut() {
    let whole = V26.trim_end_matches('\n').len() + 1;
    let headings = V26.find('\n').unwrap() + 1;
    for end in 0..whole {
        let cut = each(&V26[..end], |_| {});
        // A text cut behind a line looks whole: whoever reads from a socket has to see to its end.
        let looks_whole = end >= headings && V26[..end].ends_with('\n');
        assert_eq!(cut.is_err(), !looks_whole, "{end}: {cut:?}");
    }
    let cut = &V26[..whole - 10];
    assert_eq!(each(cut, |_| {}), Err(StatsError::Cut { line: 6 }));
}

#[test]
fn a_quotation_mark_without_its_partner_does_not_swallow_servers() {
    let text = "# pxname,svname,scur,status,last_chk,\napp,s1,0,UP,\"oops,\napp,s2,0,UP,,\n";
    let mut n = 0;
    assert_eq!(each(text, |_| n += 1), Err(StatsError::Unclosed { line: 2 }));
    assert_eq!(n, 0);
}

#[test]
fn there_is_a_limit_in_every_direction() {
    let none: &mut dyn FnMut(&Row<'_>) = &mut |_| {};
    let limits = Limits { bytes: V26.len(), rows: 5, cells: 200 };
    assert_eq!(each_within(V26.as_bytes(), limits, none), Ok(5));
    for (limits, said) in [
        (Limits { bytes: V26.len() - 1, ..limits }, "bytes"),
        (Limits { rows: 4, ..limits }, "rows"),
        (Limits { cells: 20, ..limits }, "cells in one line"),
    ] {
        let error = each_within(V26.as_bytes(), limits, none).unwrap_err();
        assert!(matches!(error, StatsError::TooLarge { what, .. } if what == said), "{error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut text = b"# pxname,svname,scur,status,last_chk,\napp,s1,0,UP,".to_vec();
    text.extend([0xff, 0xfe, 0x00, b',', b'\n']);
    let mut said = String::new();
    let n = each_within(&text, Limits::default(), &mut |row| {
        said = row.last_chk.as_deref().unwrap().to_owned();
    });
    assert_eq!((n, said.as_str()), (Ok(1), "\u{fffd}\u{fffd}\0"));
}

/// A cell as HAProxy writes it: quoted where it has to be.
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.into()
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = each_within(&bytes, Limits::default(), &mut |_| {});
    }

    #[test]
    fn no_rows_make_it_panic(
        rows in "([,\"0-9a-zA-Z */()\\-]{0,60}\n){0,8}",
        limit in 0usize..500,
    ) {
        let text = format!("{}{rows}", &V15[..=V15.find('\n').unwrap()]);
        let limits = Limits { bytes: 600 + limit, rows: limit, cells: limit };
        let read = each_within(text.as_bytes(), limits, &mut |row| assert!(!row.svname.is_empty()));
        prop_assert!(read.is_err() || read.unwrap() <= rows.lines().count());
    }

    #[test]
    fn one_changed_byte_makes_no_more_than_an_error(at in 0..V26.len(), byte in any::<u8>()) {
        let mut text = V26.as_bytes().to_vec();
        text[at] = byte;
        let read = each_within(&text, Limits::default(), &mut |_| {});
        prop_assert!(read.is_err() || read.unwrap() <= 7);
    }

    #[test]
    fn what_is_written_is_read(
        rows in prop::collection::vec(
            ("[a-z0-9_.:-]{1,12}", any::<Option<u64>>(), "[ -~\n]{0,20}"),
            0..20,
        ),
    ) {
        let mut text = String::from("# pxname,svname,scur,stot,status,type,last_chk,\n");
        for (name, stot, said) in &rows {
            let stot = stot.map(|n| n.to_string()).unwrap_or_default();
            writeln!(text, "app,{name},0,{stot},UP 1/2,2,{},", quoted(said)).unwrap();
        }
        let mut seen = Vec::new();
        let n = each(&text, |row| {
            let said = row.last_chk.as_deref().unwrap_or_default().to_owned();
            seen.push((row.svname.clone().into_owned(), row.stot, said));
        });
        prop_assert_eq!(n, Ok(rows.len()));
        prop_assert_eq!(seen, rows);
    }
}
