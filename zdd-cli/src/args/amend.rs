//! What the command line adds to a definition.

use clap::Args;

use super::Revision;
use crate::amend::Setting;

/// What is put into the definition of one app.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Definition")]
pub(crate) struct AmendArgs {
    /// Name of this release, such as v2: the label `ZDD_REVISION` of the app
    #[arg(long, value_name = "NAME")]
    pub(crate) revision: Option<Revision>,
    /// Put VALUE into the definition, as in image=shop:2, env.KEY=VALUE, labels.KEY=VALUE or
    /// instances=4; can be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<Setting>,
}

impl AmendArgs {
    /// The first of the options that is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        match (&self.revision, self.set.as_slice()) {
            (None, []) => None,
            (Some(_), _) => Some("--revision"),
            (None, _) => Some("--set"),
        }
    }
}
