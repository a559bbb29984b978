//! No request is lost: deployments, aborts, rollbacks and canaries in a row, with real processes and a real
//! HAProxy, while clients of five kinds use the app without a pause: kept connections, idle ones, one for
//! each request, answers that take up to five seconds, and upgraded sessions.
//!
//! Each kind of move is made once by each balancer; `ZDD_SWAPS=100` makes so many moves by each, and prints
//! what became of all requests.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "../../../zdd-haproxy/tests/support/load/mod.rs"]
mod load;
#[path = "../stage/mod.rs"]
mod stage;
#[path = "../up/mod.rs"]
mod up;

mod drains;
mod show;

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use load::Backend;
use show::{Move, Show};
use stage::Mode;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// How long a task that was told to stop goes on as before.
const LINGERS: Duration = Duration::from_millis(700);

/// Weights can be set by the admin socket alone.
const BY_ADMIN_SOCKET: [Move; 5] =
    [Move::Deploy, Move::Abort, Move::CanaryRolledBack, Move::Rollback, Move::CanaryPromoted];
const BESIDE_MARATHON_LB: [Move; 3] = [Move::Deploy, Move::Abort, Move::Rollback];

#[expect(clippy::print_stderr, reason = "whoever asked for a long row wants to see how far it is")]
fn nothing_is_lost(mode: Mode, moves: &[Move]) {
    let swaps = env::var("ZDD_SWAPS").map_or(moves.len(), |text| text.parse().unwrap());
    let mut show = Show::begin(mode);
    let since = Instant::now();
    for it in moves.iter().cycle().take(swaps) {
        show.make(*it);
        if swaps > moves.len() {
            eprintln!(
                "{mode:?}: {} {it:?}, {:?}, {}",
                show.n_moves,
                since.elapsed(),
                show.load.n_answered()
            );
        }
    }
    show.end(since);
}

#[test]
fn nothing_is_lost_by_the_admin_socket() {
    nothing_is_lost(Mode::Haproxy, &BY_ADMIN_SOCKET);
}

#[test]
fn nothing_is_lost_beside_marathon_lb() {
    nothing_is_lost(Mode::MarathonLb, &BESIDE_MARATHON_LB);
}

/// Serves until it is told to stop, as a good service does.
#[test]
#[ignore = "no test: the lab runs it in the place of an image"]
fn is_a_task_of_the_lab() {
    // Whoever runs all that is ignored gave it no port.
    let Ok(port) = env::var("PORT0") else { return };
    let ip: IpAddr = env::var("LIBPROCESS_IP").unwrap().parse().unwrap();
    Runtime::new().unwrap().block_on(async {
        let mut stops = signal(SignalKind::terminate()).unwrap();
        let serves = Backend::at(SocketAddr::new(ip, port.parse().unwrap())).await;
        stops.recv().await.unwrap();
        // Whoever sends it something new by now will lose it: whether that happens must not depend on luck.
        tokio::time::sleep(LINGERS).await;
        serves.stop().await;
    });
}
