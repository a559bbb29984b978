//! The client that the arguments and the environment describe.

use std::env;
use std::path::Path;

use url::Url;
use zdd_marathon::{Builder, Credentials, HttpMarathon};

use super::address::{Origin, addresses};
use crate::args::{ConnectArgs, ZddPyArgs};
use crate::error::ConnectFault;

const ADDRESS: &str = "ZDD_MARATHON";
const USER: &str = "ZDD_MARATHON_USER";
const PASSWORD: &str = "ZDD_MARATHON_PASSWORD";

/// The client that the arguments and the environment describe, and what is to be said about that.
/// Nothing is sent.
pub(crate) fn connect(args: &ConnectArgs) -> Result<(HttpMarathon, Vec<String>), ConnectFault> {
    refuse_secrets(args)?;
    let mut warnings = Vec::new();
    let mut builder = guarded(urls(args)?, args);
    if args.insecure {
        warnings.push("--insecure: whoever is on the way can read and change everything".into());
    }
    if let Some(credentials) = credentials(args, &mut warnings)? {
        builder = builder.credentials(credentials);
    }
    Ok((builder.build()?, warnings))
}

/// A client for these addresses, with the time-outs of the arguments and whom they trust, and without
/// credentials.
pub(super) fn guarded(urls: impl IntoIterator<Item = Url>, args: &ConnectArgs) -> Builder {
    let builder = HttpMarathon::builder(urls)
        .connect_timeout(args.connect_timeout.time())
        .read_timeout(args.read_timeout.time())
        .patience(args.retry_for.time());
    let builder = match &args.cacert {
        Some(file) => builder.cacert_file(file),
        None => builder,
    };
    if args.insecure { builder.insecure() } else { builder }
}

/// The client that zdd.py's arguments describe.
pub(crate) fn of_zdd_py(args: &ZddPyArgs) -> Result<(HttpMarathon, Vec<String>), ConnectFault> {
    let mut warnings = Vec::new();
    let mut builder = HttpMarathon::builder(addresses(&args.marathon, Origin::Argument)?);
    if let Some(file) = &args.marathon_ca_cert {
        builder = builder.cacert_file(file);
    }
    if let Some(file) = &args.marathon_auth_credential_file {
        builder = builder.credentials(of_file(file, &mut warnings)?);
    } else if let Some((user, password)) =
        args.auth_credentials.as_deref().and_then(|it| it.split_once(':'))
    {
        builder = builder.credentials(Credentials::basic(user, password));
        warnings.push(
            "--auth-credentials can be read by every user of this machine; \
             --marathon-auth-credential-file cannot"
                .into(),
        );
    }
    Ok((builder.build()?, warnings))
}

fn refuse_secrets(args: &ConnectArgs) -> Result<(), ConnectFault> {
    let given = [("password", args.password.is_some()), ("token", args.token.is_some())];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(ConnectFault::Secret { option }),
        None => Ok(()),
    }
}

fn urls(args: &ConnectArgs) -> Result<Vec<Url>, ConnectFault> {
    let mut urls = Vec::new();
    for text in &args.marathon {
        urls.extend(addresses(text, Origin::Argument)?);
    }
    if urls.is_empty() {
        urls = addresses(&variable(ADDRESS)?.unwrap_or_default(), Origin::Environment)?;
    }
    if urls.is_empty() { Err(ConnectFault::NoAddress) } else { Ok(urls) }
}

fn credentials(
    args: &ConnectArgs,
    warnings: &mut Vec<String>,
) -> Result<Option<Credentials>, ConnectFault> {
    if let Some(file) = args.credentials.as_deref().or(args.token_file.as_deref()) {
        return of_file(file, warnings).map(Some);
    }
    match (variable(USER)?, variable(PASSWORD)?) {
        (Some(user), Some(password)) => Ok(Some(Credentials::basic(user, password))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConnectFault::Half { given: USER, missing: PASSWORD }),
        (None, Some(_)) => Err(ConnectFault::Half { given: PASSWORD, missing: USER }),
    }
}

fn of_file(file: &Path, warnings: &mut Vec<String>) -> Result<Credentials, ConnectFault> {
    let (credentials, about) = Credentials::from_file(file)?;
    warnings.extend(about.iter().map(|warning| match warning.hint() {
        Some(hint) => format!("{warning}; {hint}"),
        None => warning.to_string(),
    }));
    Ok(credentials)
}

/// A variable of the environment; an empty one counts as none.
fn variable(name: &'static str) -> Result<Option<String>, ConnectFault> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(ConnectFault::NotText { name }),
    }
}
