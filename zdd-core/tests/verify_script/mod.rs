//! Writes recordings: what happens in the words of a test, the events as Marathon words them.

use std::fmt::Write as _;

use zdd_core::units::Timestamp;
use zdd_core::verify::{Replay, Replayed};

/// How a release of Marathon words its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// 1.3: tasks, and plans with all definitions.
    Tasks,
    /// 1.5 and later: instances, and plans without definitions, which are announced before.
    Instances,
}

/// Most things must look the same in both.
pub(crate) const STYLES: [Style; 2] = [Style::Tasks, Style::Instances];

/// A step: what is done to which app.
pub(crate) type Step<'a> = &'a [(&'a str, &'a str)];

/// A recording that is being written. Every event comes a second after the one before.
pub(crate) struct Script {
    style: Style,
    now: i64,
    /// The lines so far.
    pub(crate) text: String,
    /// Instances of each definition: before a deployment, and after.
    pub(crate) instances: (u32, u32),
    /// Whether definitions have health checks.
    pub(crate) checks: bool,
    /// Whether definitions are said at all.
    pub(crate) says: bool,
}

/// The version that is the `n`th.
pub(crate) fn version(n: u8) -> String {
    format!("2020-01-01T00:00:{n:02}.000Z")
}

/// The moment `seconds` after the beginning of every recording.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_600_000_000_000 + seconds * 1000)
}

impl Script {
    pub(crate) fn new(style: Style) -> Self {
        Self { style, now: 0, text: String::new(), instances: (2, 2), checks: true, says: true }
    }

    pub(crate) fn read(&self) -> Replayed {
        Replay::new().read(self.text.as_bytes())
    }

    /// The next event comes `seconds` later than it would, or earlier.
    pub(crate) fn wait(&mut self, seconds: i64) -> &mut Self {
        self.now += seconds;
        self
    }

    /// Any event.
    pub(crate) fn event(&mut self, name: &str, fields: &str) -> &mut Self {
        let at = at(self.now);
        self.now += 1;
        let json = format!(r#"{{{fields},"eventType":"{name}","timestamp":"{at}"}}"#);
        write!(self.text, "event: {name}\r\ndata: {json}\r\n\r\n").unwrap();
        self
    }

    /// A deployment of one step begins.
    pub(crate) fn begin(&mut self, id: &str, new: u8, step: Step<'_>) -> &mut Self {
        self.begin_step(id, new, &[step], 0)
    }

    /// Step `place` of a deployment begins.
    pub(crate) fn begin_step(
        &mut self,
        id: &str,
        new: u8,
        steps: &[Step<'_>],
        place: usize,
    ) -> &mut Self {
        if self.style == Style::Instances && self.says {
            for (_, app) in steps[place] {
                let definition = self.definition(app, new, self.instances.1);
                self.event("api_post_event", &format!(r#""appDefinition":{definition}"#));
            }
        }
        self.step("deployment_info", id, new, steps, place)
    }

    /// Something about step `place` of a deployment.
    pub(crate) fn step(
        &mut self,
        name: &str,
        id: &str,
        new: u8,
        steps: &[Step<'_>],
        place: usize,
    ) -> &mut Self {
        let plan = self.plan(id, new, steps);
        let current = actions(steps[place]);
        self.event(name, &format!(r#""plan":{plan},"currentStep":{{"actions":{current}}}"#))
    }

    /// A deployment ends.
    pub(crate) fn end(&mut self, name: &str, id: &str) -> &mut Self {
        self.event(name, &format!(r#""id":"{id}""#))
    }

    /// A task goes to a state (`TASK_` is left out), or its instance to the condition of that name.
    pub(crate) fn task(&mut self, app: &str, task: u8, of: u8, state: &str) -> &mut Self {
        let (id, version) = (self.id(app, task), version(of));
        match self.style {
            Style::Tasks => self.event(
                "status_update_event",
                &format!(
                    r#""appId":"{app}","taskId":"{id}","taskStatus":"TASK_{state}","version":"{version}""#
                ),
            ),
            Style::Instances => {
                let condition = format!("{}{}", &state[..1], state[1..].to_lowercase());
                self.event(
                    "instance_changed_event",
                    &format!(
                        r#""runSpecId":"{app}","instanceId":"{id}","condition":"{condition}","runSpecVersion":"{version}","host":"h""#
                    ),
                )
            }
        }
    }

    /// A task passes its health checks, or fails them.
    pub(crate) fn health(&mut self, app: &str, task: u8, of: u8, alive: bool) -> &mut Self {
        let (id, version) = (self.id(app, task), version(of));
        match self.style {
            Style::Tasks => self.event(
                "health_status_changed_event",
                &format!(
                    r#""appId":"{app}","taskId":"{id}","version":"{version}","alive":{alive}"#
                ),
            ),
            Style::Instances => self.event(
                "instance_health_changed_event",
                &format!(
                    r#""runSpecId":"{app}","instanceId":"{id}","runSpecVersion":"{version}","healthy":{alive}"#
                ),
            ),
        }
    }

    /// A task is launched, runs and passes its health checks.
    pub(crate) fn up(&mut self, app: &str, task: u8, of: u8) -> &mut Self {
        self.task(app, task, of, "STAGING").task(app, task, of, "RUNNING");
        if self.checks { self.health(app, task, of, true) } else { self }
    }

    /// A task is told to stop, and is gone.
    pub(crate) fn down(&mut self, app: &str, task: u8, of: u8) -> &mut Self {
        self.task(app, task, of, "KILLING").task(app, task, of, "KILLED")
    }

    /// Two tasks of the version before `new` make room for two of `new`, one after the other. The
    /// tasks of a version have its tens.
    pub(crate) fn replace(&mut self, app: &str, new: u8) -> &mut Self {
        for n in [1, 2] {
            self.up(app, new * 10 + n, new).down(app, new * 10 - 10 + n, new - 1);
        }
        self
    }

    fn id(&self, app: &str, task: u8) -> String {
        let app = app[1..].replace('/', "_");
        let uuid = format!("5ed13e{task:02x}-9149-11e6-aae4-3a4b79075094");
        match self.style {
            Style::Tasks => format!("{app}.{uuid}"),
            Style::Instances => format!("{app}.instance-{uuid}"),
        }
    }

    fn definition(&self, app: &str, of: u8, instances: u32) -> String {
        let checks = if self.checks { r#"[{"protocol":"HTTP"}]"# } else { "[]" };
        let version = version(of);
        format!(
            r#"{{"id":"{app}","instances":{instances},"healthChecks":{checks},"upgradeStrategy":{{"minimumHealthCapacity":1,"maximumOverCapacity":0.5}},"version":"{version}"}}"#
        )
    }

    fn plan(&self, id: &str, new: u8, steps: &[Step<'_>]) -> String {
        let group = |of: u8, instances, left_out: &str| {
            let mut apps: Vec<&str> =
                steps.iter().copied().flatten().map(|(_, app)| *app).collect();
            apps.dedup();
            apps.retain(|app| !steps.iter().copied().flatten().any(|one| *one == (left_out, app)));
            let apps: Vec<_> = apps.iter().map(|app| self.definition(app, of, instances)).collect();
            format!(r#"{{"id":"/","apps":[{}],"groups":[]}}"#, apps.join(","))
        };
        let heavy = match self.style {
            Style::Tasks if self.says => format!(
                r#""original":{},"target":{},"#,
                group(new - 1, self.instances.0, "StartApplication"),
                group(new, self.instances.1, "StopApplication")
            ),
            _ => String::new(),
        };
        let steps: Vec<_> =
            steps.iter().map(|step| format!(r#"{{"actions":{}}}"#, actions(step))).collect();
        let (steps, version) = (steps.join(","), version(new));
        format!(r#"{{"id":"{id}",{heavy}"steps":[{steps}],"version":"{version}"}}"#)
    }
}

fn actions(step: Step<'_>) -> String {
    let action = |(action, app): &(&str, &str)| format!(r#"{{"action":"{action}","app":"{app}"}}"#);
    format!("[{}]", step.iter().map(action).collect::<Vec<_>>().join(","))
}
