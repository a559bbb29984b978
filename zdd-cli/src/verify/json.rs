//! What `zdd verify -o json` prints.

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::guarantee::Guarantee;
use zdd_core::verify::{Finding, LogIssues, OldCount, Replayed, Report, Severity};

use super::words::{self, IssueJson};
use crate::schema::{GuaranteeName, SCHEMA, millis};

/// The judgement of one app in one deployment.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VerifyReport {
    /// Version of this format.
    schema: u32,
    /// Id of the app.
    app: String,
    /// Id of the deployment.
    deployment: String,
    /// What the deployment did to the app: restart, scale, start, stop or other.
    kind: &'static str,
    /// How it ended: success, failed, cancelled, unfinished or, in a gap, unseen.
    outcome: String,
    /// When the first step that concerns the app began.
    started: String,
    /// When the last one ended, or the recording.
    ended: String,
    /// The time between.
    duration_ms: u64,
    /// Instances of earlier versions when it began.
    old: u32,
    /// Where that number is from: the plan, a snapshot, or the instances seen.
    old_from: &'static str,
    /// Instances of the new definition.
    new: u32,
    /// Least healthy instances; null where the strategy is not known.
    floor: Option<u32>,
    /// Most running instances; null where the strategy is not known.
    ceiling: Option<u32>,
    /// The fewest healthy instances there were.
    lowest_healthy: LowestJson,
    /// The most running instances there were.
    highest_running: HighestJson,
    /// How long fewer were healthy than the definition says; null where that is not known.
    below_instances_ms: Option<u64>,
    /// The longest time in which nothing happened although it was not done.
    longest_silence_ms: u64,
    /// Gaps in the recording while it went on.
    gaps: u64,
    /// Instances that ended by themselves.
    failed_tasks: u64,
    /// Times that a healthy instance turned unhealthy.
    turned_unhealthy: u64,
    /// New instances that were told to stop while they replaced old ones.
    new_stopped: u64,
    /// The three guarantees, the weakest first.
    guarantees: [JudgementJson; 3],
    /// All that was found, worst first.
    findings: Vec<FindingJson>,
    /// What of the recording could not be used. The same in every object of one recording.
    log: LogJson,
}

/// The fewest healthy instances.
#[derive(Debug, Serialize, JsonSchema)]
struct LowestJson {
    /// How many.
    count: u64,
    /// When there were so few; the first 64 spells.
    spells: Vec<SpellJson>,
    /// How many spells there were, listed or not.
    spell_count: u64,
    /// How long all of them took together.
    total_ms: u64,
    /// The task whose end brought it about first; null where it began so.
    task: Option<String>,
}

/// From one moment to another.
#[derive(Debug, Serialize, JsonSchema)]
struct SpellJson {
    /// When it began.
    from: String,
    /// When it ended.
    to: String,
    /// The time between.
    ms: u64,
}

/// The most running instances.
#[derive(Debug, Serialize, JsonSchema)]
struct HighestJson {
    /// How many.
    count: u64,
    /// When there were so many first.
    at: String,
    /// The task whose launch brought it about; null where it began so.
    task: Option<String>,
}

/// Whether one guarantee was kept.
#[derive(Debug, Serialize, JsonSchema)]
struct JudgementJson {
    /// Which one.
    #[schemars(with = "GuaranteeName")]
    guarantee: Guarantee,
    /// Null where the recording does not say.
    holds: Option<bool>,
    /// Why, in one sentence.
    why: String,
}

/// Something worth knowing.
#[derive(Debug, Serialize, JsonSchema)]
struct FindingJson {
    /// A name for tools.
    code: &'static str,
    /// note, warning or violation.
    severity: &'static str,
    /// When it happened first.
    at: String,
    /// The task behind it, where one is.
    task: Option<String>,
    /// What it is, in one sentence.
    text: String,
}

/// What of a recording could not be used.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct LogJson {
    /// How many lines.
    issues: u64,
    /// The first 64 of them.
    listed: Vec<IssueJson>,
    /// Events about instances of apps that were in no deployment.
    outside: u64,
}

/// One object for each report of a recording.
pub(crate) fn of(replayed: &Replayed) -> Vec<VerifyReport> {
    let log = log(&replayed.issues, replayed.outside);
    replayed.reports.iter().map(|report| json(report, log.clone())).collect()
}

fn json(report: &Report, log: LogJson) -> VerifyReport {
    let verdict = &report.verdict;
    let (lowest, highest) = (&verdict.lowest_healthy, &verdict.highest_running);
    VerifyReport {
        schema: SCHEMA,
        app: report.app.to_string(),
        deployment: report.deployment.to_string(),
        kind: words::kind(report.kind),
        outcome: report.outcome.to_string(),
        started: report.started().to_string(),
        ended: report.ended().to_string(),
        duration_ms: millis(report.duration()),
        old: report.old,
        old_from: match report.old_from {
            OldCount::Plan => "plan",
            OldCount::Snapshot => "snapshot",
            _ => "seen",
        },
        new: report.new,
        floor: verdict.floor,
        ceiling: verdict.ceiling,
        lowest_healthy: LowestJson {
            count: lowest.count,
            spells: lowest
                .spells
                .iter()
                .map(|spell| SpellJson {
                    from: spell.from.to_string(),
                    to: spell.to.to_string(),
                    ms: millis(spell.duration()),
                })
                .collect(),
            spell_count: lowest.spell_count,
            total_ms: millis(lowest.total),
            task: lowest.task.as_deref().map(String::from),
        },
        highest_running: HighestJson {
            count: highest.count,
            at: highest.at.to_string(),
            task: highest.task.as_deref().map(String::from),
        },
        below_instances_ms: verdict.below_instances.map(millis),
        longest_silence_ms: millis(verdict.longest_silence),
        gaps: verdict.gaps,
        failed_tasks: verdict.failed,
        turned_unhealthy: verdict.turned_unhealthy,
        new_stopped: verdict.new_stopped,
        guarantees: Guarantee::ALL.map(|guarantee| {
            let judgement = verdict.guarantee(guarantee);
            JudgementJson { guarantee, holds: judgement.holds(), why: judgement.why.to_string() }
        }),
        findings: verdict.findings.iter().map(finding).collect(),
        log,
    }
}

fn finding(finding: &Finding) -> FindingJson {
    FindingJson {
        code: finding.fault.code(),
        severity: match finding.fault.severity() {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Violation => "violation",
        },
        at: finding.at.to_string(),
        task: finding.task.as_deref().map(String::from),
        text: finding.fault.to_string(),
    }
}

fn log(issues: &LogIssues, outside: u64) -> LogJson {
    let listed = issues.listed.iter();
    LogJson {
        issues: issues.count,
        listed: listed.map(|issue| IssueJson::of(issue.line, &issue.what)).collect(),
        outside,
    }
}
