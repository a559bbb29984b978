//! Refuses an app whose upgrade strategy cannot be satisfied: a gate for a pipeline.
//!
//! `cargo run -p zdd-core --example refuse < app.json`

use std::io::read_to_string;
use std::process::ExitCode;

use zdd_core::app::App;
use zdd_core::capacity::Reading;
use zdd_core::check::Check;
use zdd_core::guarantee::Guarantee;

#[expect(clippy::print_stderr, reason = "a command's message")]
fn main() -> ExitCode {
    let text = read_to_string(std::io::stdin()).unwrap_or_default();
    match App::parse(&text).map(|app| Check::of_app(&app, Reading::Classic)) {
        Ok(check) if check.verdict(Guarantee::Bounds).satisfiable.holds() => ExitCode::SUCCESS,
        Ok(check) => {
            eprintln!("refused: {}", check.verdict(Guarantee::Bounds));
            ExitCode::from(10)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
