//! Random scenarios: a cluster on which an app runs that is to be changed.

use serde_json::{Value, json};
use zdd_core::app::{App, Constraint, Operator};
use zdd_core::capacity::Reading;
use zdd_core::fit::{Question, SceneError};
use zdd_core::placement::{Agent, Amount, Attribute, Counting, Grouping, Resources};
use zdd_core::simulate::{Offering, Settings};
use zdd_core::units::{AgentId, AppId};

use super::dice::Dice;
use super::world::World;

/// An app that runs on a cluster, and what is to become of it.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) settings: Settings,
    pub(crate) agents: Vec<Agent>,
    /// Another app, and where its instances are.
    other: Option<(App, Vec<AgentId>)>,
    /// The app as it runs.
    pub(crate) app: App,
    /// Where its instances are, the oldest first.
    pub(crate) olds: Vec<AgentId>,
    /// Its new definition; none if it is only restarted.
    pub(crate) new: Option<App>,
}

impl Scenario {
    /// None where nothing of the app finds a place on the cluster.
    pub(crate) fn random(dice: &mut Dice) -> Option<Self> {
        let mut settings = Settings::default();
        settings.reading = dice.of(&[Reading::Classic, Reading::Classic, Reading::HealthAware]);
        settings.grouping = dice.of(&[Grouping::Fewest, Grouping::Shares]);
        settings.counting = dice.of(&[Counting::All, Counting::SinceChange, Counting::SameVersion]);
        settings.offering = Offering::WhenTold;
        let n_agents = 1 + dice.below(5);
        let agents = (0..n_agents).map(|n| agent(n, dice)).collect();
        let app = definition(dice);
        let new = (!dice.once_in(5)).then(|| changed(&app, dice));
        let other = json!({"id": "/other", "cmd": "other", "cpus": dice.of(&[0.5, 1.0]), "mem": 64,
            "instances": 1 + dice.below(2)});
        let mut scenario = Self {
            settings,
            agents,
            other: dice.once_in(3).then(|| (parsed(&other), Vec::new())),
            app: parsed(&app),
            olds: Vec::new(),
            new: new.map(|new| parsed(&new)),
        };
        scenario.settle(dice)?;
        Some(scenario)
    }

    /// Finds places for what runs: as many instances as there is room for.
    fn settle(&mut self, dice: &mut Dice) -> Option<()> {
        let mut world = World::new(self.settings.clone(), self.agents.clone());
        if let Some((other, _)) = self.other.take() {
            let places = spread(&mut world, &other, dice);
            if !places.is_empty() {
                self.other = Some((with_instances(&other, places.len()), places));
            }
        }
        self.olds = spread(&mut world, &self.app, dice);
        if self.olds.is_empty() {
            return None;
        }
        self.app = with_instances(&self.app, self.olds.len());
        // A constraint may go by the number of instances.
        self.make(&self.olds).map(drop)
    }

    pub(crate) fn id(&self) -> &AppId {
        self.app.id()
    }

    /// Whether the place of the oldest instance decides where new ones may go.
    pub(crate) fn looks_at_oldest(&self) -> bool {
        let goes_by_first = |constraint: &Constraint| {
            constraint.operator == Operator::Cluster && constraint.value.is_none()
        };
        let new = self.new.as_ref().unwrap_or(&self.app);
        self.settings.counting.counts_old(self.new.is_some())
            && new.constraints().iter().any(goes_by_first)
    }

    /// The app runs, its instances made on these agents, the oldest on the first. None if that order
    /// is against its constraints.
    pub(crate) fn make(&self, olds: &[AgentId]) -> Option<World> {
        let mut world = World::new(self.settings.clone(), self.agents.clone());
        if let Some((other, places)) = &self.other {
            place(&mut world, other, places)?;
        }
        place(&mut world, &self.app, olds)?;
        Some(world)
    }

    /// The same by a Marathon that gets all offers as soon as there may be room; none if there is not
    /// enough.
    pub(crate) fn make_at_once(&self) -> Option<World> {
        let mut settings = self.settings.clone();
        settings.offering = Offering::AtOnce;
        let mut world = World::new(settings, self.agents.clone());
        for app in self.other.iter().map(|(other, _)| other).chain([&self.app]) {
            world.put(app);
            world.begin_all();
        }
        let is_there = world.marathon.deployments().len() == 0;
        is_there.then_some(world)
    }

    /// What is asked about a world in which the app runs.
    pub(crate) fn question(&self, world: &World) -> Result<Question, SceneError> {
        let site = world.site(self.id());
        let app = world.marathon.app(self.id()).unwrap();
        Question::of_upgrade(&site, Some(app), self.new.as_ref().unwrap_or(app))
    }

    /// Begins what is to be done.
    pub(crate) fn begin(&self, world: &mut World) {
        match &self.new {
            Some(new) => world.put(new),
            None => world.restart(self.id()),
        }
    }
}

/// Deploys an app in a world in which offers come when told, one instance on each of these agents.
fn place(world: &mut World, app: &App, agents: &[AgentId]) -> Option<()> {
    world.put(app);
    for agent in agents {
        if !world.offer_from(agent) {
            return None;
        }
        world.begin_all();
    }
    assert_eq!(world.marathon.deployments().len(), 0, "one offer for each instance");
    Some(())
}

/// Deploys an app, with offers in any order, until no agent is good enough any more. Where instances
/// went.
fn spread(world: &mut World, app: &App, dice: &mut Dice) -> Vec<AgentId> {
    world.put(app);
    let mut places = Vec::new();
    loop {
        let agents = dice.shuffled(&world.agents());
        let Some(agent) = agents.into_iter().find(|agent| world.offer_from(agent)) else {
            return places;
        };
        world.begin_all();
        places.push(agent);
    }
}

fn parsed(app: &Value) -> App {
    App::parse(&app.to_string()).unwrap()
}

fn with_instances(app: &App, n: usize) -> App {
    app.clone().with_instances(u16::try_from(n).unwrap().into())
}

fn agent(n: usize, dice: &mut Dice) -> Agent {
    let resources = Resources {
        cpus: Amount::whole(dice.of(&[1, 2, 2, 3, 4])),
        mem: Amount::whole(dice.of(&[300, 10_000, 10_000])),
        n_ports: dice.of(&[2, 100, 100, 100]),
        ..Resources::default()
    };
    let mut agent = Agent::new(format!("a{n}").parse().unwrap(), format!("h{n}"), resources);
    if let Some(rack) = dice.of(&[Some("r1"), Some("r1"), Some("r2"), None]) {
        agent.attributes.insert("rack".into(), Attribute::Text(rack.into()));
    }
    agent.zone = Some(dice.of(&["z1", "z1", "z2"]).into());
    agent.is_active = !dice.once_in(15);
    agent
}

const RULES: [&[&str]; 14] = [
    &["hostname", "UNIQUE"],
    &["hostname", "UNIQUE"],
    &["rack", "UNIQUE"],
    &["rack", "CLUSTER"],
    &["@zone", "CLUSTER"],
    &["@zone", "CLUSTER", "z1"],
    &["@zone", "GROUP_BY"],
    &["@zone", "GROUP_BY", "2"],
    &["hostname", "GROUP_BY"],
    &["hostname", "MAX_PER", "1"],
    &["@zone", "MAX_PER", "3"],
    &["rack", "LIKE", "r1"],
    &["hostname", "UNLIKE", "h0"],
    &["@zone", "IS", "z2"],
];

fn rules(is_resident: bool, dice: &mut Dice) -> Vec<&'static [&'static str]> {
    let n = dice.of(&[0, 0, 1, 1, 2]);
    let rules = (0..n).map(|_| dice.of(&RULES));
    // One that comes back has its old age, and so may be the first that CLUSTER without a value looks at.
    rules.filter(|rule| !is_resident || rule.len() != 2 || rule[1] != "CLUSTER").collect()
}

fn strategy(is_resident: bool, dice: &mut Dice) -> Value {
    // A resident app may have no extra instance.
    let over: &[f64] = if is_resident { &[0.0] } else { &[0.0, 0.25, 0.5, 1.0] };
    json!({
        "minimumHealthCapacity": dice.of(&[0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
        "maximumOverCapacity": dice.of(over),
    })
}

fn ports(app: &mut Value, dice: &mut Dice) {
    let is_fixed = dice.once_in(4);
    app["portDefinitions"] = json!([{ "port": if is_fixed { 8080 } else { 0 } }]);
    app["requirePorts"] = is_fixed.into();
}

fn definition(dice: &mut Dice) -> Value {
    let mut app = json!({
        "id": "/shop", "cmd": "shop", "instances": 1 + dice.below(5), "mem": 100,
        "cpus": dice.of(&[0.5, 1.0, 1.0]), "env": {"V": "1"},
    });
    ports(&mut app, dice);
    match dice.below(6) {
        0 => app["healthChecks"] = json!([{"protocol": "HTTP", "path": "/"}]),
        1 => {
            let check = json!({"protocol": "COMMAND", "command": {"value": "true"}});
            app["healthChecks"] = json!([check]);
        }
        _ => {}
    }
    let is_resident = dice.once_in(8);
    app["constraints"] = json!(rules(is_resident, dice));
    app["upgradeStrategy"] = strategy(is_resident, dice);
    if is_resident {
        app["container"] = json!({"type": "MESOS", "volumes": [
            {"containerPath": "kept", "mode": "RW", "persistent": {"size": 0}}]});
        app["residency"] = json!({});
        app["unreachableStrategy"] = "disabled".into();
    }
    app
}

/// A new definition: something else in any case, often with more resources.
fn changed(app: &Value, dice: &mut Dice) -> Value {
    let mut new = app.clone();
    let is_resident = app.get("residency").is_some();
    new["env"]["V"] = "2".into();
    new["upgradeStrategy"] = strategy(is_resident, dice);
    if dice.once_in(3) {
        new["instances"] = (1 + dice.below(5)).into();
    }
    if dice.once_in(3) {
        new["constraints"] = json!(rules(is_resident, dice));
    }
    let has_rules = [app, &new].iter().any(|it| it["constraints"] != json!([]));
    if is_resident && has_rules && new["instances"].as_u64() < app["instances"].as_u64() {
        // Which of the stopped ones come back is a matter of their age then, and of any in a prediction.
        new["instances"] = app["instances"].clone();
    }
    // What is reserved for a resident app stays what it is.
    if !is_resident {
        new["cpus"] = dice.of(&[0.5, 1.0, 1.0, 1.5, 2.0]).into();
        if dice.once_in(3) {
            ports(&mut new, dice);
        }
    }
    new
}
