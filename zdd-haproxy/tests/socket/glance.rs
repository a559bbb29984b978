//! One look at everything, whatever is answered.

use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;
use tokio::net::UnixListener;
use zdd_haproxy::socket::{Glance, SocketError};
use zdd_haproxy::stats::{Limits, Reader};

use super::support::fake::answering;
use super::{name, socket};

/// What 2.6 answers to `show info;show stat;show servers state`.
const GLANCE: &str = "\
Name: HAProxy\nVersion: 2.6.12\nPid: 8747\nUptime_sec: 1\nStart_time_sec: 1795235191\nStopping: 0\n
# pxname,svname,qcur,scur,status,type,uweight,\napp,s1,0,0,UP,2,10,\napp,s2,0,0,MAINT,2,10,\n
1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port\n\
3 app 1 s1 127.0.0.1 2 0 10 10 80\n3 app 2 s2 127.0.0.1 0 5 10 10 81\n\n";

const HELP: &str = "  show info : x\n  show servers state [<backend>] : x\n\n";

/// Looks at a socket that answers `answer` to everything but `help`.
fn look_at(answer: Vec<u8>) -> Result<Glance, SocketError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let fake = answering(listener, move |command| match command {
            "help" => HELP.into(),
            _ => answer.clone(),
        });
        let seen = socket(&path).glance().await;
        fake.abort();
        seen
    })
}

#[test]
fn a_glance_is_divided_where_its_parts_end() {
    let glance = look_at(GLANCE.into()).unwrap();
    assert_eq!(glance.info.worker.pid, 8747);
    assert_eq!(glance.servers.unwrap().len(), 2);
    let mut rows = Reader::new(&glance.stat, Limits::default()).unwrap();
    let mut n = 0;
    while rows.next_row().unwrap().is_some() {
        n += 1;
    }
    assert_eq!(n, 2);
    // A part that is missing.
    let without_state = &GLANCE[..GLANCE.find("1\n# be_id").unwrap()];
    let error = look_at(without_state.into()).unwrap_err();
    assert!(error.to_string().ends_with("its server states are missing"), "{error}");
}

#[tokio::test]
async fn a_version_that_lacks_a_command_is_named_and_asked_once() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let fake = answering(listener, move |command| {
        heard.lock().unwrap().push(command.to_owned());
        let answer = if command == "help" { HELP } else { GLANCE };
        answer.into()
    });
    let socket = socket(&path);
    for _ in 0..2 {
        let error = socket.del_server(&name("app"), &name("s1")).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("HAProxy 2.6.12 at {} has no `del server`", path.display())
        );
        assert!(error.is_certainly_undone() && error.hint().is_some());
    }
    assert_eq!(*asked.lock().unwrap(), ["show info", "help", "show info"]);
    fake.abort();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_makes_it_panic(answer in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(look_at(answer).is_err());
    }

    #[test]
    fn no_changed_byte_makes_it_panic(at in 0..GLANCE.len(), byte: u8, cut: bool) {
        let mut answer = GLANCE.as_bytes().to_vec();
        answer[at] = byte;
        if cut {
            answer.truncate(at);
        }
        // Whatever is wrong, servers are never fewer without a word.
        if let Ok(glance) = look_at(answer) {
            prop_assert!(!cut);
            let n = glance.servers.unwrap().len();
            prop_assert!(n == 2 || byte == b'\n' || GLANCE.as_bytes()[at] == b'\n', "{}", n);
        }
    }
}
