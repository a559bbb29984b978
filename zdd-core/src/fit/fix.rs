//! What would make a plan fit.

use alloc::vec::Vec;
use core::fmt;

use super::asking::Asking;
use super::question::Question;
use super::search::Effort;
use super::verdict::{Fit, Verdict};
use crate::app::Constraint;
use crate::capacity::UpgradeStrategy;
use crate::check;
use crate::placement::{Amount, Resources};
use crate::units::{AgentId, AppId};

/// A change with which a plan fits: it was asked again with it, and nothing else is needed.
///
/// `Display` is an instruction. Where values in between were not asked for, a smaller change may do, and
/// the text says so.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fix {
    /// Another strategy for rolling upgrades.
    Strategy {
        /// Of each of these apps.
        changes: Vec<(AppId, check::Fix)>,
        /// Whether everything between it and the present strategy was asked for.
        is_least: bool,
    },
    /// Fewer instances at a time, of an app that takes the place of another one.
    AtATime {
        /// The app.
        app: AppId,
        /// So many come before as many of the other one go. Less than now.
        instances: u32,
        /// Whether everything between it and the present number was asked for.
        is_most: bool,
    },
    /// A rolling upgrade of one app instead of a second app beside it.
    Rolling {
        /// The app.
        app: AppId,
        /// With this strategy.
        strategy: UpgradeStrategy,
    },
    /// Whichever ports on the host, instead of these.
    AnyPort {
        /// The app.
        app: AppId,
        /// The ports that are in the way.
        ports: Vec<u16>,
    },
    /// One constraint less.
    NoConstraint {
        /// The app.
        app: AppId,
        /// The one that is in the way.
        constraint: Constraint,
    },
    /// More of the resources that are short on one agent.
    More {
        /// The agent of which least is missing.
        agent: AgentId,
        /// So much more has to be free there: what is missing for one instance, or for several.
        resources: Resources,
        /// Whether it was asked for each smaller number of instances.
        is_least: bool,
    },
    /// More agents.
    Agents {
        /// So many.
        count: u32,
        /// Each with the resources and attributes of this one, and a name of its own.
        like: AgentId,
        /// Whether everything less was asked for.
        is_least: bool,
    },
}

/// The smallest changes with which `question` fits, of which `fit` said that it does not; those that ask
/// least of somebody first: another strategy, ports and constraints of the app, then more resources, then
/// more agents. Each was asked again, with the same effort, and fits in every order. There may be none:
/// then no single change of these kinds is enough, or it would take more than the effort to tell.
///
/// The number of questions is bounded, the more so the bigger the scene. Small changes are asked for one by one; large ones in steps that
/// double and then halve, which finds the smallest only where more never hurts, so that those are not
/// called the smallest. What is changed is the exchange that stands still, but for a strategy, which is
/// changed in all upgrades together if changing one is not enough.
pub fn fixes(question: &Question, fit: &Fit, effort: Effort) -> Vec<Fix> {
    let stall = fit.stall.as_ref().filter(|_| fit.verdict != Verdict::Fits);
    let Some(asking) = stall.and_then(|stall| Asking::of(question, stall, effort)) else {
        return Vec::new();
    };
    let mut fixes = asking.anew().strategies();
    fixes.extend(asking.anew().ports());
    fixes.extend(asking.anew().constraints());
    fixes.extend(asking.anew().resources());
    fixes.extend(asking.anew().agents());
    fixes
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let less = |is_least: bool| if is_least { "" } else { " (less may be enough)" };
        match self {
            Self::Strategy { changes, is_least } => {
                for (n, (app, change)) in changes.iter().enumerate() {
                    write!(f, "{}{app}: {change}", if n == 0 { "" } else { "; " })?;
                }
                f.write_str(less(*is_least))
            }
            Self::AtATime { app, instances, is_most } => {
                let more = if *is_most { "" } else { " (more may fit)" };
                write!(f, "{app}: let it grow by {instances} at a time{more}")
            }
            Self::Rolling { app, strategy } => {
                let UpgradeStrategy { minimum_health_capacity, maximum_over_capacity } = strategy;
                write!(
                    f,
                    "{app}: upgrade it in place, with minimumHealthCapacity \
                     {minimum_health_capacity} and maximumOverCapacity {maximum_over_capacity}"
                )
            }
            Self::AnyPort { app, ports } => {
                write!(f, "{app}: take any port of the host instead of ")?;
                joined(f, ports)?;
                f.write_str(", with hostPort 0, or without requirePorts")
            }
            Self::NoConstraint { app, constraint } => {
                let Constraint { field, operator, value, .. } = constraint;
                write!(f, "{app}: drop the constraint {field} {}", operator.as_str())?;
                value.iter().try_for_each(|value| write!(f, " {value}"))
            }
            Self::More { agent, resources, is_least } => {
                f.write_str("free ")?;
                joined(f, &amounts(resources))?;
                write!(f, " more on agent {agent}{}", less(*is_least))
            }
            Self::Agents { count, like, is_least } => {
                let noun = if *count == 1 { "agent" } else { "agents" };
                write!(f, "add {count} {noun} like {like}{}", less(*is_least))
            }
        }
    }
}

/// `1, 2 and 3`.
fn joined(f: &mut fmt::Formatter<'_>, all: &[impl fmt::Display]) -> fmt::Result {
    for (n, one) in all.iter().enumerate() {
        let before = match n {
            0 => "",
            n if n + 1 == all.len() => " and ",
            _ => ", ",
        };
        write!(f, "{before}{one}")?;
    }
    Ok(())
}

/// The resources of which there are some, in words.
fn amounts(resources: &Resources) -> Vec<alloc::string::String> {
    let Resources { cpus, mem, disk, gpus, .. } = resources;
    let amount = |n: &Amount, unit| (*n > Amount::ZERO).then(|| alloc::format!("{n} {unit}"));
    let all = [
        amount(cpus, "cpus"),
        amount(mem, "MiB of memory"),
        amount(disk, "MiB of disk"),
        (*gpus > 0).then(|| alloc::format!("{gpus} GPUs")),
    ];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
#[path = "fix_tests.rs"]
mod tests;
