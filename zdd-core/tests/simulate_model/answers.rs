//! What Marathon's API would answer, made from what a machine shows.

use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, CurrentAction, CurrentStep, ReadinessResult, RunningDeployment, Task, TaskState,
};
use zdd_core::simulate::{Deployment, Marathon, MesosState, Readiness};

/// What the API answers about an app.
pub(crate) fn status(marathon: &Marathon, app: &App) -> AppStatus {
    let mut status = AppStatus::new(app.clone());
    let tasks = marathon.instances(app.id()).filter(|one| one.has_task()).map(|one| {
        let state = TaskState::of(one.state.unwrap_or(MesosState::Staging).word());
        let mut task = Task::new(one.task.clone(), one.app.clone(), state);
        task.version = Some(one.version);
        (task.host, task.ports) = (one.host.clone(), one.ports.clone());
        (task.staged_at, task.started_at) = (one.staged_at, one.started_at);
        task.health = one.health.iter().flatten().cloned().collect();
        task
    });
    status.tasks = Some(tasks.collect());
    let ready =
        |one: &Readiness| ReadinessResult::new(one.task.clone(), one.name.clone(), one.ready);
    status.readiness = marathon.readiness(app.id()).into_iter().map(ready).collect();
    status.last_task_failure = marathon.last_failure(app.id()).cloned();
    status
}

/// What it answers about a deployment.
pub(crate) fn running(deployment: &Deployment) -> RunningDeployment {
    let mut running = RunningDeployment::new(deployment.id.clone(), deployment.version);
    running.affected_apps = deployment.plan.affected().iter().cloned().collect();
    let actions = |actions: &[zdd_core::group::Action]| {
        let action = |action: &zdd_core::group::Action| CurrentAction {
            action: action.name().into(),
            app: action.app().clone(),
            readiness: Vec::new(),
        };
        actions.iter().map(action).collect::<Vec<_>>()
    };
    let steps = deployment.plan.steps().iter();
    running.steps = steps.map(|step| CurrentStep { actions: actions(step.actions()) }).collect();
    running.current_actions = actions(deployment.current_actions());
    running.current_step = u32::try_from(deployment.current_step).unwrap();
    running.total_steps = u32::try_from(deployment.plan.steps().len()).unwrap();
    running
}
