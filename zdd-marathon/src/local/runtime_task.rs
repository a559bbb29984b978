//! The life of one task: ports, a folder, a process, checks, the end.

use std::sync::Arc;

use tokio::process::Command;
use tokio::task::JoinSet;
use zdd_core::simulate::{Launch, MesosState};

use super::environment::{self, Place};
use super::ports::Lease;
use super::process::{Deadline, Ended, Process};
use super::process_sandbox::Sandbox;
use super::runtime::Shared;
use super::runtime_machine::Host;
use super::task::Task;
use super::{probe_loop, process_status, task_ports};

/// Runs a task from its launch to its end, and tells the model about it. `end` says when it has to
/// stop.
pub(crate) async fn live(shared: Arc<Shared>, launch: Launch, end: Deadline) {
    let (state, message) = match place(&shared, &launch) {
        Err(why) => (MesosState::Failed, why),
        Ok((task, sandbox, lease)) => {
            let ports = lease.ports().to_vec();
            shared.with(|marathon, now| marathon.launched(now, &launch.task, ports));
            // The ports are free again before the model hears of the end: what it launches next may
            // ask for the very same.
            run(&shared, Arc::new(task), sandbox, end).await
        }
    };
    shared.forget(&launch.task);
    shared.with(|marathon, now| marathon.task_changed(now, &launch.task, state, &message));
}

/// Finds ports and a folder for a task.
fn place(shared: &Arc<Shared>, launch: &Launch) -> Result<(Task, Sandbox, Lease), String> {
    let machine = shared.machine();
    let Host { name, address } = machine.host(&launch.agent).ok_or("its agent is gone")?;
    let lease =
        machine.ports.take(*address, &launch.ports).map_err(|error| with_sources(&error))?;
    let sandbox = machine
        .sandboxes
        .create(&launch.task)
        .map_err(|error| format!("cannot make a folder for the task: {error}"))?;
    let ports = task_ports::of(&launch.app, lease.ports());
    let place = Place {
        task: &launch.task,
        host: name,
        address: *address,
        ports: &ports,
        sandbox: &sandbox.path,
    };
    let environment = environment::of(&launch.app, place, &machine.marker).map_err(|name| {
        format!("the value of `{name}` in env is a secret, and a lab has no store of secrets")
    })?;
    let task = Task {
        id: launch.task.clone(),
        app: launch.app.clone(),
        address: *address,
        ports,
        environment,
        sandbox: sandbox.path.clone(),
        machine: machine.clone(),
    };
    Ok((task, sandbox, lease))
}

/// Runs the process of a task. Returns how it ended, when nothing of it is left.
async fn run(
    shared: &Arc<Shared>,
    task: Arc<Task>,
    sandbox: Sandbox,
    end: Deadline,
) -> (MesosState, String) {
    // A task that is killed before it has begun does not have to begin.
    let ending = if end.borrow().is_some() {
        (MesosState::Killed, "Command was never started".into())
    } else {
        match start(shared, &task, sandbox) {
            Err(why) => (MesosState::Failed, why),
            Ok(process) => {
                let group = process.group();
                task.machine.guard.begun(group);
                shared.runs(&task);
                shared.with(|marathon, now| {
                    marathon.task_changed(now, &task.id, MesosState::Running, "");
                });
                let mut checks = JoinSet::new();
                probe_loop::check_health(shared, &task, &end, &mut checks);
                let ended = process.run(end).await;
                checks.shutdown().await;
                task.machine.strays.end(environment::mark(&task.machine.marker, &task.id)).await;
                task.machine.guard.ended(group);
                outcome(&ended)
            }
        }
    };
    task.machine.sandboxes.retire(task.sandbox.clone());
    ending
}

fn start(shared: &Shared, task: &Task, sandbox: Sandbox) -> Result<Process, String> {
    let command = shared.images.command_for(&task.app).map_err(|error| error.to_string())?;
    let words = command.into_words();
    let (program, args) = words.split_first().ok_or("there is no command")?;
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(&task.environment)
        .current_dir(&task.sandbox)
        .stdout(sandbox.stdout)
        .stderr(sandbox.stderr);
    Process::spawn(&mut command).map_err(|error| format!("cannot start `{program}`: {error}"))
}

/// What Mesos' command executor says about an end.
fn outcome(ended: &Ended) -> (MesosState, String) {
    let (is_success, message) = match &ended.status {
        Ok(status) => (status.success(), format!("Command {}", process_status::text(*status))),
        Err(error) => (false, format!("Failed to get exit status for Command: {error}")),
    };
    let state = match (ended.killed, is_success) {
        (true, _) => MesosState::Killed,
        (false, true) => MesosState::Finished,
        (false, false) => MesosState::Failed,
    };
    (state, message)
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(source) = at {
        text = format!("{text}: {source}");
        at = source.source();
    }
    text
}
