//! Prints the most bytes that are held at any moment: by the verifier while it reads a recording of so
//! many rounds (`peak-memory ROUNDS`, see `zdd_benches::recording`), or for the question whether a plan
//! fits (`peak-memory fit CASE`, see `zdd_benches::fitting`).
#![expect(clippy::print_stdout, reason = "the number is what the program is for")]

use peak_alloc::PeakAlloc;
use zdd_benches::fitting::CASES;
use zdd_benches::recording::{self, APPS, Cluster};
use zdd_core::fit::{Effort, fit};
use zdd_core::verify::{LogReader, Outcome, Replay};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Bytes of a recording that are read at once.
const PIECE: usize = 64 << 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = arguments.last().and_then(|number| number.parse().ok());
    let number = number.expect("usage: peak-memory ROUNDS | peak-memory fit CASE");
    println!("{}", if arguments.len() > 1 { asked(number) } else { peak(number) });
}

/// The cluster and the answer, with all that is needed in between.
fn asked(case: usize) -> usize {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let scene = CASES[case].1.scene();
    let answer = fit(&scene, Effort::default());
    assert!(answer.basis.is_proven());
    HEAP.peak_usage() - before
}

/// The recording is written piece by piece, and reports are taken as they come, so that nothing has
/// to keep what is over. What the writer holds is not counted.
fn peak(rounds: usize) -> usize {
    let mut cluster = Cluster::new(1);
    let mut text = String::new();
    let (mut reader, mut replay) = (LogReader::new(), Replay::new());
    let (mut held, mut most, mut reports) = (0, 0, 0);
    for _ in 0..rounds {
        text.clear();
        recording::write(&cluster.round(), &mut text);

        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        for piece in text.as_bytes().chunks(PIECE) {
            reader.push(piece, &mut |event| replay.push(&event));
            for report in replay.take_reports() {
                assert_eq!(report.outcome, Outcome::Success);
                reports += 1;
            }
        }
        most = most.max(held + HEAP.peak_usage() - before);
        held = held + HEAP.current_usage() - before;
    }
    let issues = reader.finish(&mut |event| replay.push(&event));
    reports += replay.finish(issues).reports.len();
    assert_eq!(reports, rounds * APPS, "every deployment is reported once");
    most
}
