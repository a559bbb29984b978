//! What a Mesos master would answer, if the lab had one: `/slaves`, `/state`, `/state-summary`.
//!
//! The agents are those that the model places by. So whoever asks whether something fits a cluster
//! can ask about the lab, too.

use serde_json::{Value, json};
use zdd_core::simulate::{Instance, Marathon, MesosState};

use super::answer::Answer;
use super::call::Call;
use super::info::FRAMEWORK;
use super::mesos_view::{agent, detailed_agent, task};

/// The release of Mesos whose answers these are like.
const VERSION: &str = "1.9.0";

/// `/slaves`.
pub(super) async fn slaves(call: Call) -> Answer {
    let agents: Value = call.shared.read(|marathon, _| {
        let room = marathon.room();
        room.agents().iter().map(|one| detailed_agent(room, one)).collect()
    });
    Answer::of(json!({ "slaves": agents, "recovered_slaves": [] }))
}

/// `/state`.
pub(super) async fn state(call: Call) -> Answer {
    let address = call.shared.address;
    let master = format!("master@{address}");
    Answer::of(call.shared.read(|marathon, _| {
        let tasks = with_task(marathon);
        let tasks: Value = tasks.filter_map(|one| task(marathon, one, FRAMEWORK)).collect();
        let mut framework = framework();
        framework["tasks"] = tasks;
        framework["completed_tasks"] = json!([]);
        framework["unreachable_tasks"] = json!([]);
        json!({
            "version": VERSION,
            "id": FRAMEWORK,
            "pid": master,
            "leader": master,
            "hostname": address.ip(),
            "cluster": "lab",
            "slaves": agents(marathon),
            "recovered_slaves": [],
            "frameworks": [framework],
            "completed_frameworks": [],
        })
    }))
}

/// `/state-summary`.
pub(super) async fn summary(call: Call) -> Answer {
    let host = call.shared.address.ip();
    Answer::of(call.shared.read(|marathon, _| {
        let count = |wanted| {
            let states = with_task(marathon).map(|one| one.state.unwrap_or(MesosState::Staging));
            states.filter(|state| *state == wanted).count()
        };
        let mut framework = framework();
        framework["TASK_STAGING"] = count(MesosState::Staging).into();
        framework["TASK_RUNNING"] = count(MesosState::Running).into();
        json!({
            "hostname": host,
            "cluster": "lab",
            "slaves": agents(marathon),
            "frameworks": [framework],
        })
    }))
}

fn with_task(marathon: &Marathon) -> impl Iterator<Item = &Instance> {
    marathon.all_instances().filter(|instance| instance.has_task())
}

fn agents(marathon: &Marathon) -> Value {
    let room = marathon.room();
    room.agents().iter().map(|one| agent(room, one)).collect()
}

fn framework() -> Value {
    json!({ "id": FRAMEWORK, "name": "marathon", "role": "*", "active": true })
}
