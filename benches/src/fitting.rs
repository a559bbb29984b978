//! Plans for a large cluster.

use zdd_core::app::App;
use zdd_core::capacity::Reading;
use zdd_core::fit::{Exchange, Moves, Old, Scene};
use zdd_core::placement::{Agent, Amount, Attribute, Demand, Grouping, Resources, Room};
use zdd_core::units::InstanceCount;
use zdd_core::upgrade::Upgrade;

/// A rolling upgrade on a cluster of three zones and forty racks.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Machines.
    pub agents: u16,
    /// Instances of the app, before and after.
    pub instances: u16,
    /// Cpus that every agent has beside the old instances on it.
    pub free: u32,
    /// Of a new instance; an old one has 2.
    pub cpus: u32,
    /// The constraints, as in a definition.
    pub constraints: &'static str,
}

/// Those of the table: a proof that it fits, one that it stands still, and one that is hard to count.
pub const CASES: [(&str, Case); 4] = {
    let case = Case { agents: 5_000, instances: 10_000, free: 2, cpus: 2, constraints: "[]" };
    [
        ("with room on every agent", case),
        ("four on a host", Case { constraints: r#"[["hostname", "MAX_PER", "4"]]"#, ..case }),
        ("over three zones", Case { constraints: r#"[["@zone", "GROUP_BY", "3"]]"#, ..case }),
        ("each as big as two old ones", Case { free: 0, cpus: 4, ..case }),
    ]
};

impl Case {
    /// The same on a hundredth of it.
    #[must_use]
    pub const fn small(self) -> Self {
        Self { agents: self.agents / 100, instances: self.instances / 100, ..self }
    }

    /// The cluster with the old instances on it, and the upgrade.
    ///
    /// # Panics
    ///
    /// Never: the definition is a good one.
    pub fn scene(&self) -> Scene {
        let app = self.app(self.cpus);
        let demand = |app: &App| Demand::of(app, Grouping::Fewest).expect("a good definition");
        let held = demand(&self.app(2));
        let mut room = Room::new((0..self.agents).map(|n| self.agent(n)).collect());
        let old = (0..self.instances).map(|n| {
            let task = format!("shop.{n}").parse().expect("an id");
            let agent = format!("a{}", n % self.agents).parse().expect("an id");
            room.take(&task, &agent, &held);
            Old { task, agent, counts: false, keeps_place: false }
        });
        let old = old.collect();
        let exchange = Exchange {
            app: app.id().clone(),
            demand: demand(&app),
            old,
            present: Vec::new(),
            moves: Moves::rolling(&Upgrade::of(&app, Reading::Classic)),
        };
        Scene::of(room, exchange)
    }

    fn app(&self, cpus: u32) -> App {
        let (n, constraints) = (InstanceCount::from(self.instances), self.constraints);
        let json = format!(
            r#"{{"id": "/shop", "cmd": "shop", "instances": {n}, "cpus": {cpus}, "mem": 256,
                "constraints": {constraints}, "upgradeStrategy":
                {{"minimumHealthCapacity": 0.9, "maximumOverCapacity": 0.1}}}}"#
        );
        App::parse(&json).expect("a good definition")
    }

    fn agent(&self, n: u16) -> Agent {
        let n_olds = u32::from(self.instances.div_ceil(self.agents));
        let resources = Resources {
            cpus: Amount::whole(2 * n_olds + self.free),
            mem: Amount::whole(64_000),
            n_ports: 1_000,
            ..Resources::NONE
        };
        let id = format!("a{n}").parse().expect("an id");
        let mut agent = Agent::new(id, format!("agent-{n}.example"), resources);
        agent.zone = Some(format!("z{}", n % 3));
        agent.attributes.insert("rack".into(), Attribute::Text(format!("r{}", n % 40)));
        agent
    }
}
