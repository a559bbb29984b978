//! What a deployment makes.

use zdd_core::app::App;
use zdd_core::rollout::record::Record;

/// What is to be carried out: the record that says it, and the app that is created.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) record: Record,
    pub(crate) app: App,
}
