//! What `zdd verify -o json` prints of a recording of rollouts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::rollout::record::Phase;
use zdd_core::verify::Severity;
use zdd_core::verify::rollout::{Actions, BalancerShare, Finding, Report, Reviewed, RuleVerdict};

use super::words::IssueJson;
use crate::schema::{SCHEMA, millis};

/// The judgement of one rollout.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RolloutReport {
    /// Version of this format.
    schema: u32,
    /// The deployment group.
    rollout: String,
    /// The backend that serves both apps.
    backend: String,
    /// Which take-over of the group it is.
    generation: u64,
    /// canary, promote or rollback.
    phase: &'static str,
    /// The old app, if there was one.
    old: Option<String>,
    /// The new app.
    new: String,
    /// Instances of the old app in the end; with 0 it goes.
    target_old: u32,
    /// Instances of the new app in the end; with 0 it goes.
    target_new: u32,
    /// Least instances that have to serve.
    floor: u32,
    /// How it ended: reached, timed-out, stuck, vanished, interrupted, lost, failed or unknown; null
    /// where that is not recorded.
    outcome: Option<&'static str>,
    /// Why it ended so, for people.
    why: Option<String>,
    /// When it began.
    started: String,
    /// When it ended, or the recording.
    ended: String,
    /// The time between.
    duration_ms: u64,
    /// The five rules: capacity, order, drain, weights, completeness.
    rules: Vec<RuleJson>,
    /// The fewest that served since as many did as have to; null if they never did.
    lowest_serving: Option<LowestJson>,
    /// What was done.
    actions: ActionsJson,
    /// Sessions that were cut because their time had passed.
    cut_sessions: u64,
    /// The shares in the end, at each balancer; empty where they are not judged.
    shares: Vec<ShareJson>,
    /// How long was waited, by the word for what for.
    waited_ms: BTreeMap<String, u64>,
    /// How many different looks are recorded.
    looks: u64,
    /// What was found, worst first; the first 64.
    findings: Vec<FindingJson>,
    /// How many findings there are, listed or not.
    finding_count: u64,
    /// What no recording can say.
    not_judged: &'static str,
    /// What of the recording could not be used. The same in every object of one recording.
    log: LogJson,
}

/// Whether one rule held.
#[derive(Debug, Serialize, JsonSchema)]
struct RuleJson {
    /// Which.
    rule: &'static str,
    /// held, violated or unknown.
    holds: String,
    /// Why, in one sentence.
    why: String,
}

/// The fewest that served.
#[derive(Debug, Serialize, JsonSchema)]
struct LowestJson {
    /// How many.
    count: u32,
    /// When there were so few first.
    at: String,
}

/// How often what was done.
#[derive(Debug, Serialize, JsonSchema)]
struct ActionsJson {
    /// Apps created.
    created: u32,
    /// Scalings.
    scaled: u32,
    /// Rounds of settings.
    set: u32,
    /// Rounds of cuts.
    cut: u32,
    /// Tasks told to stop one by one.
    killed: u32,
    /// Apps removed.
    deleted: u32,
}

/// The share of the new app at one balancer.
#[derive(Debug, Serialize, JsonSchema)]
struct ShareJson {
    /// Which balancer.
    balancer: String,
    /// What it gets, as a part of 1; null where nothing serves.
    found: Option<f64>,
    /// What it should get.
    wanted: f64,
    /// The nearest to that which weights can give.
    nearest: f64,
}

/// Something worth knowing.
#[derive(Debug, Serialize, JsonSchema)]
struct FindingJson {
    /// A name for tools.
    code: &'static str,
    /// The rule that it is about.
    rule: &'static str,
    /// note, warning or violation.
    severity: &'static str,
    /// When it happened.
    at: String,
    /// The task that it is about, where it is about one.
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
}

/// One object for each rollout of a recording.
pub(crate) fn of(reviewed: &Reviewed) -> Vec<RolloutReport> {
    let listed = reviewed.issues.listed.iter();
    let log = LogJson {
        issues: reviewed.issues.count,
        listed: listed.map(|issue| IssueJson::of(issue.line, &issue.what)).collect(),
    };
    reviewed.reports.iter().map(|report| json(report, log.clone())).collect()
}

fn json(report: &Report, log: LogJson) -> RolloutReport {
    let begin = &report.begin;
    RolloutReport {
        schema: SCHEMA,
        rollout: begin.group.clone(),
        backend: begin.backend.to_string(),
        generation: begin.generation,
        phase: match begin.phase {
            Phase::Canary => "canary",
            Phase::Promote => "promote",
            Phase::Rollback => "rollback",
        },
        old: begin.old.as_ref().map(ToString::to_string),
        new: begin.new.to_string(),
        target_old: begin.target.old,
        target_new: begin.target.new,
        floor: begin.floor,
        outcome: report.end.as_ref().map(|end| end.outcome.code()),
        why: report.end.as_ref().and_then(|end| end.why.clone()),
        started: begin.at.to_string(),
        ended: report.last.to_string(),
        duration_ms: millis(report.duration()),
        rules: report.rules.iter().map(RuleJson::of).collect(),
        lowest_serving: report
            .lowest
            .map(|lowest| LowestJson { count: lowest.serving, at: lowest.at.to_string() }),
        actions: ActionsJson::of(report.actions),
        cut_sessions: report.cut_sessions,
        shares: report.shares.iter().map(ShareJson::of).collect(),
        waited_ms: report.waited.iter().map(|(code, time)| (code.clone(), millis(*time))).collect(),
        looks: report.looks,
        findings: report.findings.iter().map(FindingJson::of).collect(),
        finding_count: report.finding_count,
        not_judged: Report::NOT_JUDGED,
        log,
    }
}

impl RuleJson {
    fn of(verdict: &RuleVerdict) -> Self {
        let RuleVerdict { rule, why, .. } = verdict;
        Self { rule: rule.code(), holds: why.holds().to_string(), why: why.to_string() }
    }
}

impl ActionsJson {
    fn of(actions: Actions) -> Self {
        Self {
            created: actions.created,
            scaled: actions.scaled,
            set: actions.set,
            cut: actions.cut,
            killed: actions.killed,
            deleted: actions.deleted,
        }
    }
}

impl ShareJson {
    fn of(share: &BalancerShare) -> Self {
        Self {
            balancer: share.balancer.to_string(),
            found: share.found,
            wanted: share.wanted,
            nearest: share.nearest,
        }
    }
}

impl FindingJson {
    fn of(finding: &Finding) -> Self {
        Self {
            code: finding.fault.code(),
            rule: finding.fault.rule().code(),
            severity: match finding.fault.severity() {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Violation => "violation",
            },
            at: finding.at.to_string(),
            task: finding.task.as_ref().map(ToString::to_string),
            text: finding.fault.to_string(),
        }
    }
}
