//! `zdd rollback`: deploys what was deployed before.

use zdd_core::app::App;
use zdd_core::drive::running_of;
use zdd_core::ports::Marathon;
use zdd_core::rollout::history::{Entry, named, running_and_before};

use super::error::HistoryFault;
use super::store::read;
use crate::args::{Group, RollbackArgs};
use crate::connect::balancer;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::input::Source;
use crate::rollout::{self, CanaryError, Doing, Watchers};

pub(crate) async fn run(
    args: &RollbackArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let balancer = balancer(&args.balancer)?.ok_or(CanaryError::NoBalancer)?;
    let group = args.group.as_ref().map(Group::as_str);
    let entries = read(group, marathon, console).await?;
    let group = group_of(&entries, group)?;
    let running = running_of(marathon, &group).await?;
    let entry = wanted(&group, &entries, &running, args.to.as_deref())?;
    let Entry { app, since, .. } = entry;
    let name = match &entry.revision {
        Some(name) => format!("{name} ({})", entry.short_name()),
        None => entry.short_name(),
    };
    console.tell(&format!("{group}: back to {name}, which ran as {app} from {since} on"))?;
    let pace = args.pace();
    let how = (&args.swap, &pace, &args.hooks);
    // It is no file; what is shown says which entry it is.
    let source = Source::File(name.into());
    let watchers = Watchers::open(&args.observe, args.dry_run, console)?;
    let doing = Doing { source: &source, is_dry: args.dry_run, bound: None, watchers: &watchers };
    let app = &entry.definition;
    let answer = rollout::swap(app, how, doing, marathon, &*balancer, operator, console).await;
    watchers.finish(answer, console).await
}

/// The group that is meant.
fn group_of(entries: &[Entry], group: Option<&str>) -> Result<String, HistoryFault> {
    let mut groups: Vec<&str> = entries.iter().map(|entry| entry.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    match (groups.as_slice(), group) {
        ([one], _) => Ok((*one).to_owned()),
        ([], Some(group)) => Err(HistoryFault::NoneOf(group.into())),
        ([], None) => Err(HistoryFault::None),
        (several, _) => {
            Err(HistoryFault::Several(several.iter().map(|it| (*it).to_owned()).collect()))
        }
    }
}

/// The revision that is to run: the one of a name, or the one before the one that runs.
fn wanted<'e>(
    group: &str,
    entries: &'e [Entry],
    running: &[App],
    name: Option<&str>,
) -> Result<&'e Entry, HistoryFault> {
    let known = || known(entries);
    let group = group.to_owned();
    let Some(name) = name else {
        return match running_and_before(entries, running) {
            None => Err(HistoryFault::OtherRuns { group, known: known() }),
            Some((runs, None)) => Err(HistoryFault::NothingBefore { group, name: runs.name() }),
            Some((_, Some(before))) => Ok(before),
        };
    };
    match named(entries, name) {
        None => Err(HistoryFault::Unknown { group, name: name.into(), known: known() }),
        // While a rollout goes on, both are there.
        Some(entry) if running.len() == 1 && entry.is_running(running) => {
            Err(HistoryFault::RunsAlready { group, name: name.into() })
        }
        Some(entry) => Ok(entry),
    }
}

/// The names of all, the newest first.
fn known(entries: &[Entry]) -> Vec<String> {
    let mut newest: Vec<&Entry> = entries.iter().collect();
    newest.sort_by_key(|entry| std::cmp::Reverse(entry.number));
    newest.into_iter().map(Entry::name).collect()
}
