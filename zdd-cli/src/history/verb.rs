//! The verb itself.

use std::collections::BTreeMap;

use zdd_core::drive::running_of;
use zdd_core::ports::Marathon;
use zdd_core::rollout::history::Entry;

use super::error::HistoryFault;
use super::report::GroupReport;
use super::store::read;
use crate::args::{Group, HistoryArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::Console;
use crate::schema::write_json;

pub(crate) async fn run(
    args: &HistoryArgs,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let group = args.group.as_ref().map(Group::as_str);
    let mut groups: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in read(group, marathon, console).await? {
        groups.entry(entry.group.clone()).or_default().push(entry);
    }
    if let (Some(group), true) = (group, groups.is_empty()) {
        return Err(HistoryFault::NoneOf(group.into()).into());
    }
    let mut reports = Vec::new();
    for (group, entries) in &groups {
        let running = running_of(marathon, group).await?;
        reports.push(GroupReport::of(group, entries, &running));
    }
    if console.is_json() {
        write_json(&reports, console.out)?;
    } else if reports.is_empty() {
        console.say("no history of any deployment group")?;
    } else {
        reports.iter().try_for_each(|report| report.say(console))?;
    }
    Ok(ExitCode::Done)
}
