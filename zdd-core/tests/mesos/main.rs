//! What a Mesos master says, from its JSON to a room.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod errors;
mod rooms;

/// What `/slaves` says of three agents: one with reservations and much in use, one that is offered
/// to somebody, and one that is not active.
const SLAVES: &str = include_str!("answers/slaves.json");

/// What `/state` says of the first of them.
const STATE: &str = include_str!("answers/state.json");

/// What `/state-summary` would say of it.
fn summary() -> String {
    let mut state: serde_json::Value = serde_json::from_str(STATE).unwrap();
    state.as_object_mut().unwrap().remove("completed_frameworks");
    for framework in state["frameworks"].as_array_mut().unwrap() {
        let framework = framework.as_object_mut().unwrap();
        framework.remove("tasks");
        framework.remove("completed_tasks");
        framework.insert("TASK_RUNNING".into(), 3.into());
    }
    state.to_string()
}
