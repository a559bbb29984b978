use std::io::Write;
pub(crate) fn run(
    _: &crate::args::PlanArgs,
    _: crate::text::Page,
    _: &mut impl Write,
) -> Result<crate::exit::ExitCode, crate::error::CliError> {
    Ok(crate::exit::ExitCode::Done)
}
