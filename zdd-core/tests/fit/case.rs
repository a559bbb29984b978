//! Random small clusters with an exchange on them, as plain numbers.

use proptest::prelude::*;
use zdd_core::app::App;
use zdd_core::fit::{Exchange, Moves, Old, Scene, Stage};
use zdd_core::placement::{Agent, Amount, Attribute, Demand, Grouping, Resources, Room};
use zdd_core::units::InstanceCount;
use zdd_core::upgrade::Upgrade;

/// A cluster and what is to be done on it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) agents: Vec<AgentCase>,
    /// Of each old instance, the oldest first: its agent.
    pub(crate) olds: Vec<usize>,
    pub(crate) old_cpus: u32,
    pub(crate) new_cpus: u32,
    pub(crate) n: u32,
    /// In hundredths.
    pub(crate) strategy: (u32, u32),
    /// The port that every instance, old or new, needs on its host.
    pub(crate) port: Option<u16>,
    pub(crate) rules: Vec<(&'static str, &'static str, Option<&'static str>)>,
    pub(crate) shares: bool,
    pub(crate) olds_count: bool,
    pub(crate) keeps_place: bool,
    /// Stages instead of Marathon's rolling upgrade: new ones and old ones left.
    pub(crate) stages: Option<Vec<(u32, u32)>>,
}

#[derive(Clone, Debug)]
pub(crate) struct AgentCase {
    pub(crate) cpus: u32,
    /// In use by others.
    pub(crate) others: u32,
    pub(crate) rack: Option<&'static str>,
    pub(crate) zone: &'static str,
}

impl AgentCase {
    pub(crate) fn value_of(&self, n: usize, field: &str) -> Option<String> {
        match field {
            "hostname" => Some(format!("h{n}")),
            "rack" => self.rack.map(String::from),
            _ => Some(self.zone.into()),
        }
    }
}

impl Case {
    pub(crate) fn app(&self) -> App {
        let mut app = serde_json::json!({
            "id": "/shop", "cmd": "shop", "instances": self.n, "cpus": self.new_cpus, "mem": 0,
            "upgradeStrategy": {
                "minimumHealthCapacity": f64::from(self.strategy.0) / 100.0,
                "maximumOverCapacity": f64::from(self.strategy.1) / 100.0,
            },
            "portDefinitions": self.port.map(|port| serde_json::json!({"port": port})).as_slice(),
            "requirePorts": self.port.is_some(),
        });
        app["constraints"] = self
            .rules
            .iter()
            .map(|(field, operator, value)| {
                let texts = [Some(*field), Some(*operator), *value];
                texts.into_iter().flatten().collect::<serde_json::Value>()
            })
            .collect();
        App::parse(&app.to_string()).unwrap()
    }

    pub(crate) fn upgrade(&self) -> Upgrade {
        Upgrade {
            old: InstanceCount::try_from(self.olds.len() as u64).unwrap(),
            ..Upgrade::of(&self.app(), zdd_core::capacity::Reading::Classic)
        }
    }

    pub(crate) fn scene(&self) -> Scene {
        let app = self.app();
        let grouping = if self.shares { Grouping::Shares } else { Grouping::Fewest };
        let demand = Demand::of(&app, grouping).unwrap();
        let agents = self.agents.iter().enumerate().map(|(n, agent)| {
            let resources = Resources {
                cpus: Amount::whole(agent.cpus - agent.others),
                n_ports: 100,
                ..Resources::default()
            };
            let mut it = Agent::new(format!("a{n}").parse().unwrap(), format!("h{n}"), resources);
            if let Some(rack) = agent.rack {
                it.attributes.insert("rack".into(), Attribute::Text(rack.into()));
            }
            it.zone = Some(agent.zone.into());
            it
        });
        let mut room = Room::new(agents.collect());
        let mut held = demand.clone();
        held.resources.cpus = Amount::whole(self.old_cpus);
        let olds = self.olds.iter().enumerate().map(|(n, agent)| {
            let (task, agent) =
                (format!("old{n}").parse().unwrap(), format!("a{agent}").parse().unwrap());
            room.take(&task, &agent, &held);
            Old { task, agent, counts: self.olds_count, keeps_place: self.keeps_place }
        });
        let old = olds.collect();
        let moves = match &self.stages {
            Some(stages) => Moves::Stages(
                stages
                    .iter()
                    .map(|(new, old)| Stage { new: count(*new), old: count(*old) })
                    .collect(),
            ),
            None => Moves::rolling(&self.upgrade()),
        };
        let app = app.id().clone();
        Scene::of(room, Exchange { app, demand, old, present: Vec::new(), moves })
    }
}

fn count(n: u32) -> InstanceCount {
    InstanceCount::try_from(u64::from(n)).unwrap()
}

const RULES: [(&str, &str, Option<&str>); 16] = [
    ("hostname", "UNIQUE", None),
    ("rack", "UNIQUE", None),
    ("rack", "CLUSTER", None),
    ("@zone", "CLUSTER", Some("z1")),
    ("@zone", "CLUSTER", None),
    ("@zone", "GROUP_BY", None),
    ("@zone", "GROUP_BY", Some("2")),
    ("rack", "GROUP_BY", Some("3")),
    ("hostname", "GROUP_BY", None),
    ("rack", "LIKE", Some("r[12]")),
    ("rack", "UNLIKE", Some("r1")),
    ("hostname", "UNLIKE", Some("h0")),
    ("hostname", "MAX_PER", Some("2")),
    ("@zone", "MAX_PER", Some("3")),
    ("rack", "MAX_PER", Some("1")),
    ("@zone", "IS", Some("z2")),
];

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let size = || prop_oneof![4 => 1_usize..=4, 1 => 5_usize..=8];
    // What is free beside the old instances and others.
    let agent = (0_u32..3, 0_u32..3, 0_usize..5, 0_usize..3);
    let olds = size().prop_flat_map(|n| prop::collection::vec(0_usize..5, n - 1..=n));
    let world = (prop::collection::vec(agent, 1..=5), olds, size());
    let demands = (1_u32..3, 1_u32..4, (0_u32..5, 0_u32..5), 0_u32..8);
    let rule = || prop::sample::select(&RULES[..]);
    let rules = prop_oneof![
        2 => Just(Vec::new()),
        2 => prop::collection::vec(rule(), 1),
        1 => prop::collection::vec(rule(), 2),
    ];
    let kinds = (any::<bool>(), any::<bool>(), 0_u32..6, 0_u32..4);
    let stages = prop::collection::vec((0_u32..=8, 0_u32..=8), 1..4);
    (world, demands, rules, kinds, stages).prop_map(|(world, demands, rules, kinds, stages)| {
        let ((agents, olds, n), (old_cpus, new_cpus, strategy, port)) = (world, demands);
        let (n_agents, n) = (agents.len(), u32::try_from(n).unwrap());
        let mut olds: Vec<usize> = olds.into_iter().map(|agent| agent % n_agents).collect();
        if port == 0 {
            // Each has the port to itself.
            olds.sort_unstable();
            olds.dedup();
        }
        let keeps_place = kinds.2 == 0;
        // What is reserved is enough for the next one.
        let old_cpus = if keeps_place { new_cpus } else { old_cpus };
        let of = |at: usize| {
            u32::try_from(olds.iter().filter(|agent| **agent == at).count()).unwrap() * old_cpus
        };
        let agents =
            agents.into_iter().enumerate().map(|(at, (free, others, rack, zone))| AgentCase {
                cpus: of(at) + free + others,
                others,
                rack: ["r1", "r1", "r2", "r3"].get(rack).copied(),
                zone: ["z1", "z1", "z2"][zone],
            });
        Case {
            agents: agents.collect(),
            olds: olds.clone(),
            old_cpus,
            new_cpus,
            n,
            strategy: (strategy.0 * 25, strategy.1 * 25),
            port: (port == 0).then_some(8080),
            rules,
            shares: kinds.0,
            olds_count: kinds.1,
            keeps_place,
            stages: (kinds.3 == 0).then(|| climbing(stages, n)),
        }
    })
}

/// Stages with ever more new ones up to `n`, and ever fewer old ones down to none.
fn climbing(mut stages: Vec<(u32, u32)>, n: u32) -> Vec<(u32, u32)> {
    for at in 0..stages.len() {
        let (new, old) = at.checked_sub(1).map_or((0, u32::MAX), |before| stages[before]);
        stages[at] = (stages[at].0.clamp(new, n.max(new)), stages[at].1.min(old));
    }
    stages.push((n, 0));
    stages
}
