//! What a master says.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::ClusterError;
use super::note::Note;
use super::read;
use super::task::Task;
use crate::placement::{Agent, Held};
use crate::units::{AppId, TaskId};

/// Which of a master's answers something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "all routes of a master that list agents")]
pub enum Answer {
    /// `/slaves`: agents, and what is in use of them by role.
    Slaves,
    /// `/state`: agents, frameworks and tasks.
    State,
    /// `/state-summary`: agents and frameworks.
    StateSummary,
}

/// The agents of a cluster, and what runs there, at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cluster {
    /// From which answer it was read.
    pub answer: Answer,
    /// The agents, in the order of the answer.
    pub nodes: Vec<Node>,
    /// Who runs tasks; none, where the answer does not say.
    pub frameworks: Vec<Framework>,
    /// What runs, of all frameworks: tasks that are being launched, run, or are being stopped.
    /// `None`, where the answer does not say.
    pub tasks: Option<Vec<Task>>,
}

/// An agent, and what is in use of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Node {
    /// The agent.
    pub agent: Agent,
    /// What tasks and executors use. Where [`use_is_by_role`](Self::use_is_by_role) is false, as
    /// much of it as there is is taken to be of what is reserved for nobody.
    pub used: Held,
    /// Whether the answer says of whose resources `used` is.
    pub use_is_by_role: bool,
    /// What some framework has been offered and may still take.
    pub offered: Held,
    /// What only one task may use, whether it runs or not. Not in `used`.
    pub kept: Vec<Kept>,
}

/// What an agent keeps for one task: reservations that Marathon made for an instance with
/// persistent volumes, or the volumes of others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// The task; `None` for what is not Marathon's.
    pub task: Option<TaskId>,
    /// How much.
    pub held: Held,
}

/// Who runs tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Framework {
    /// Its id, as Marathon says it in `/v2/info`.
    pub id: String,
    /// Its name; `marathon`, unless it was given another.
    pub name: String,
}

impl Cluster {
    /// What one of a master's answers says.
    ///
    /// ```
    /// use zdd_core::mesos::{Answer, Cluster};
    ///
    /// let cluster = Cluster::read(br#"{"slaves": [{"id": "S0", "hostname": "one.example",
    ///     "resources": {"cpus": 4.0, "mem": 8192.0, "ports": "[31000-32000]"},
    ///     "used_resources": {"cpus": 1.5, "mem": 512.0, "ports": "[31007-31007]"}}]}"#)?;
    /// assert_eq!(cluster.answer, Answer::Slaves);
    /// let free = cluster.room().free_of(&"S0".parse()?).unwrap();
    /// assert_eq!((free.cpus.to_string(), free.n_ports), ("2.5".into(), 1000));
    ///
    /// let error = Cluster::read(br#"{"slaves": [{"id": "S0", "hostname": "one.example",
    ///     "resources": {"cpus": -4}}]}"#).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "2:27: /slaves/0/resources/cpus: `-4.0` is not an amount: a number that is not below 0"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the bytes are not JSON, not of a master, or hold what cannot be: amounts below zero,
    /// ranges of ports that overlap, an agent twice.
    pub fn read(bytes: &[u8]) -> Result<Self, ClusterError> {
        read::cluster(bytes)
    }

    /// These agents with the tasks of another answer, of a moment before or after. For `/slaves`,
    /// which says of whose resources the used ones are, with the tasks of `/state`. Tasks of agents
    /// that are not here are left out of rooms.
    #[must_use]
    pub fn with_tasks_of(mut self, other: Self) -> Self {
        if other.tasks.is_some() {
            self.tasks = other.tasks;
            self.frameworks = other.frameworks;
        }
        self
    }

    /// These agents with tasks that somebody else knows of, where the answer names none: what they
    /// have is part of what is in use.
    ///
    /// ```
    /// use zdd_core::mesos::{Cluster, Task};
    /// use zdd_core::placement::{Amount, PortRanges, Resources};
    ///
    /// let cluster = Cluster::read(br#"{"slaves": [{"id": "S0", "hostname": "one.example",
    ///     "resources": {"cpus": 4}, "used_resources": {"cpus": 3}}]}"#)?;
    /// let one = Resources { cpus: Amount::whole(1), ..Resources::NONE };
    /// let (id, agent) = ("shop.1".parse()?, "S0".parse()?);
    /// let task = Task::new(id, agent, one, PortRanges::NONE);
    /// let mut room = cluster.with_tasks([task.clone()].into()).room();
    /// let free = |room: &zdd_core::placement::Room| room.free_of(&task.agent).unwrap().cpus;
    /// assert_eq!(free(&room), Amount::whole(1));
    /// room.free(&task.id);
    /// assert_eq!(free(&room), Amount::whole(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_tasks(mut self, tasks: Vec<Task>) -> Self {
        self.tasks.get_or_insert(tasks);
        self
    }

    /// What is to be known about it before a room is made of it.
    pub fn notes(&self) -> Vec<Note> {
        Note::of(self)
    }

    /// The running tasks of an app; of all Marathons, unless the id of a framework is given. None,
    /// where the answer does not say what runs.
    pub fn tasks_of<'a>(
        &'a self,
        app: &'a AppId,
        framework: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Task> {
        let tasks = self.tasks.iter().flatten();
        tasks
            .filter(move |task| framework.is_none_or(|id| task.framework == id))
            .filter(move |task| task.app().as_ref() == Some(app))
    }
}
