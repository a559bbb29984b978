//! The verb itself.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::JobsError;
use super::job::Release;
use super::means::Means;
use super::wire::Job;
use super::{check, template};
use crate::args::JobsArgs;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::schema::write_json;
use crate::text::{NOTE, styled};

pub(crate) fn run(
    args: &JobsArgs,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let is_list = args.out == Path::new("-");
    if is_list && args.force {
        return Err(JobsError::NothingToForce.into());
    }
    let means = Means::of(&args.job)?;
    let app = template::release(&args.file, args.image.as_deref(), &args.revision)?;
    let group = check::group(&app, args.no_health_check_ok)?;
    let release = Release {
        app: &app,
        group: &group,
        revision: &args.revision,
        weight: &args.weight,
        no_health_check_ok: args.no_health_check_ok,
        means: &means,
    };
    let jobs = release.jobs()?;
    if is_list {
        write_json(&jobs, out)?;
    } else {
        for path in write_files(&jobs, &args.out, args.force)? {
            writeln!(out, "wrote {}", path.display())?;
        }
    }
    for warning in means.warnings() {
        writeln!(err, "{} {warning}", styled(NOTE, "warning:"))?;
    }
    Ok(ExitCode::Done)
}

/// All three or, where one exists already, none.
fn write_files(jobs: &[Job], dir: &Path, force: bool) -> Result<Vec<PathBuf>, CliError> {
    let paths: Vec<_> = jobs.iter().map(|job| dir.join(format!("{}.json", job.id))).collect();
    if let Some(path) = paths.iter().find(|path| !force && path.symlink_metadata().is_ok()) {
        return Err(JobsError::Exists(path.clone()).into());
    }
    std::fs::create_dir_all(dir).map_err(|error| CliError::Write { path: dir.into(), error })?;
    for (job, path) in jobs.iter().zip(&paths) {
        let mut json = Vec::new();
        write_json(job, &mut json)?;
        write_file(&json, dir, path, force).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => JobsError::Exists(path.clone()).into(),
            _ => CliError::Write { path: path.clone(), error },
        })?;
    }
    Ok(paths)
}

/// Under its name there is never a part of it.
fn write_file(json: &[u8], dir: &Path, path: &Path, force: bool) -> io::Result<()> {
    // As any new file: what the umask does not forbid. Others of a pipeline may have to read it.
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?;
    file.write_all(json)?;
    if force { file.persist(path) } else { file.persist_noclobber(path) }.map_err(|it| it.error)?;
    Ok(())
}
