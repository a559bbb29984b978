//! What every verb prints, and the exit status: commands in, golden output out.
//!
//! `TRYCMD=overwrite cargo test -p zdd-cli --test golden` writes the output anew; read the difference.

#[test]
fn output_is_as_recorded() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
