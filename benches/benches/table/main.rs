//! Every figure that is promised, beside its limit and its floor. See `zdd_benches`.
#![expect(clippy::print_stdout, reason = "the table is what the program is for")]

mod places;
mod planning;
mod reading;
mod rollouts;
mod running;

use zdd_benches::table::Table;

/// One part of the table, and the word that chooses it: `cargo bench --bench table -- verify`.
type Part = (&'static str, fn(&mut Table));

const PARTS: [Part; 18] = [
    ("check", planning::checks),
    ("timeline", planning::plans),
    ("steps", planning::steps),
    ("verify", reading::recordings),
    ("memory", reading::memory),
    ("group", planning::trees),
    ("events", reading::stream),
    ("apps", reading::answers),
    ("agents", places::cluster),
    ("fit", places::plans),
    ("weights", rollouts::weights),
    ("rollout", rollouts::rollouts),
    ("swap", rollouts::swaps),
    ("statistics", rollouts::balancers),
    ("bridge", rollouts::bridges),
    ("lab", running::upgrade),
    ("following", running::watching),
    ("process", running::starting),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--test");
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let mut table = if is_quick { Table::quick() } else { Table::new() };
    for (name, measure) in PARTS {
        if wanted.is_none_or(|wanted| name.contains(wanted.as_str())) {
            measure(&mut table);
        }
    }
    println!("\n{table}");
}
