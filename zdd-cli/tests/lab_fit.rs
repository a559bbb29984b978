//! What is said about an upgrade comes true on an embedded Marathon with real processes: whether it
//! fits is told from what the lab answers over HTTP, as of a real cluster. Then it is carried out. One
//! that fits ends; one that does not stands still, with the reasons that were predicted in `/v2/queue`
//! and in what `zdd status` says.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod lab;
mod run;

use std::net::TcpListener;
use std::time::Duration;

use lab::{TestLab, until};
use serde_json::{Value, json};
use zdd_core::app::App;
use zdd_core::fit::{Effort, Fit, Question, Rules, Running, Site, Verdict, fit};
use zdd_core::mesos::Cluster;
use zdd_core::placement::{Agent, Amount, Counting};
use zdd_core::ports::Rejected;
use zdd_core::simulate::Settings;

/// An instance takes 1 cpu, and everything is on a lab with agents that have not many.
fn shop(version: &str, instances: u32, rest: &Value) -> Value {
    let mut app = json!({
        "id": "/shop", "cmd": "exec sleep 1000", "instances": instances, "cpus": 1, "mem": 1,
        "env": {"VERSION": version},
    });
    app.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    app
}

fn strategy(minimum: f64, over: f64) -> Value {
    json!({"upgradeStrategy": {"minimumHealthCapacity": minimum, "maximumOverCapacity": over}})
}

fn cpus(cpus: [u32; 3]) -> impl FnOnce(&mut [Agent; 3]) {
    move |agents| {
        for (agent, cpus) in agents.iter_mut().zip(cpus) {
            agent.resources.cpus = Amount::whole(cpus);
        }
    }
}

/// A lab on which the app runs, and what is said of it.
struct Bench {
    lab: TestLab,
    client: reqwest::Client,
}

impl Bench {
    fn new(agents: impl FnOnce(&mut [Agent; 3]), settings: Settings, old: &Value) -> Self {
        let mut lab = TestLab::with(agents, |lab| lab.settings(settings));
        lab.deploy(old);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { lab, client }
    }

    fn get(&self, path: &str) -> String {
        let url = self.lab.lab().url().join(path).unwrap();
        self.lab.runtime.block_on(async {
            let answer = self.client.get(url).send().await.unwrap();
            answer.error_for_status().unwrap().text().await.unwrap()
        })
    }

    fn get_json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path)).unwrap()
    }

    fn put(&self, app: &Value) {
        let url = self.lab.lab().url().join("/v2/apps/shop").unwrap();
        let body = app.to_string();
        self.lab.runtime.block_on(async {
            let put = self.client.put(url).header("content-type", "application/json").body(body);
            put.send().await.unwrap().error_for_status().unwrap();
        });
    }

    /// Whether the upgrade fits, by what Mesos and Marathon answer.
    fn ask(&self, new: &Value) -> Fit {
        let cluster = Cluster::read(self.get("/state").as_bytes()).unwrap();
        let version = self.get_json("/v2/info")["version"].as_str().unwrap().parse().unwrap();
        let old = self.get_json("/v2/apps/shop")["app"].to_string();
        let (old, new) = (App::parse(&old).unwrap(), App::parse(&new.to_string()).unwrap());
        let running = cluster.tasks_of(old.id(), None).map(|task| Running {
            task: task.id.clone(),
            app: old.id().clone(),
            agent: Some(task.agent.clone()),
            version: None,
        });
        let (room, running) = (cluster.room(), running.collect());
        let site = Site { running, ..Site::empty(room, Rules::of(version)) };
        let question = Question::of_upgrade(&site, Some(&old), &new).unwrap();
        fit(&question.scene, Effort::default())
    }

    /// It fits, and ends.
    fn fits(mut self, new: &Value) {
        let fit = self.ask(new);
        assert_eq!(fit.verdict, Verdict::Fits, "{fit:#?}");
        let wanted = new["instances"].as_u64().unwrap();
        let report = self.lab.deploy(new).report;
        assert_eq!(u64::from(report.new), wanted);
        self.lab.zdd.run(&["status", "/shop"]).exits(0).says("instances serve");
        assert_eq!(self.get_json("/v2/queue"), json!({"queue": []}));
    }

    /// It stands still: so many new ones are there, so many wait, and so many old ones are left; and
    /// everybody says that this is why.
    fn stalls(self, new: &Value, counts: (u32, u32, u32), reasons: &str) {
        let fit = self.ask(new);
        assert_eq!(fit.verdict, Verdict::Stalls, "{fit:#?}");
        let stall = fit.stall.unwrap();
        assert_eq!((stall.placed, stall.waiting, stall.old), counts, "{stall:#?}");
        let predicted = stall.rejections.summary();
        let waiting = format!(
            "{} to be launched: no agent takes {reasons}",
            if stall.waiting == 1 {
                "1 instance".into()
            } else {
                format!("{} instances", stall.waiting)
            },
        );

        self.put(new);
        until("nothing goes on any more", || {
            self.standing() == [stall.placed, stall.waiting, stall.old]
        });
        let tasks = self.tasks();
        // That nothing happens can only be waited for.
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(self.tasks(), tasks);
        assert_eq!(self.get_json("/v2/deployments").as_array().unwrap().len(), 1);

        let queue = self.get_json("/v2/queue");
        let [item] = &queue["queue"].as_array().unwrap()[..] else { panic!("{queue:#}") };
        let offers = &item["processedOffersSummary"];
        assert_eq!(said(&offers["rejectSummaryLastOffers"]), predicted);

        let told = self.lab.zdd.run(&["status", "/shop", "-o", "json"]).exits(0);
        let status: Value = serde_json::from_str(&told.out).unwrap();
        let first = &status["waiting"][0];
        assert_eq!(
            (&first["code"], &first["text"]),
            (&json!("offers-declined"), &json!(waiting)),
            "{status:#}"
        );
        let told = self.lab.zdd.run(&["status", "/shop"]).exits(0);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&told.out).contains(&words(&waiting)), "{told:#?}");
    }

    /// New instances that run, those that wait to be launched, and old ones.
    fn standing(&self) -> [u32; 3] {
        let app = self.get_json("/v2/apps/shop")["app"].clone();
        let tasks = app["tasks"].as_array().unwrap();
        let count = |holds: &dyn Fn(&Value) -> bool| {
            u32::try_from(tasks.iter().filter(|task| holds(task)).count()).unwrap()
        };
        let new =
            count(&|task| task["version"] == app["version"] && task["state"] == "TASK_RUNNING");
        let old = count(&|task| task["version"] != app["version"]);
        let queue = self.get_json("/v2/queue");
        let waiting = queue["queue"][0]["count"].as_u64().unwrap_or(0);
        [new, u32::try_from(waiting).unwrap(), old]
    }

    fn tasks(&self) -> Vec<String> {
        let tasks = self.get_json("/v2/apps/shop/tasks");
        let tasks = tasks["tasks"].as_array().unwrap().iter();
        let mut ids: Vec<_> =
            tasks.map(|task| format!("{} {}", task["id"], task["state"])).collect();
        ids.sort();
        ids
    }
}

/// What `/v2/queue` says about offers that were turned down.
fn said(summary: &Value) -> Vec<Rejected> {
    let said = |one: &Value| Rejected {
        reason: one["reason"].as_str().unwrap().into(),
        declined: one["declined"].as_u64().unwrap(),
        processed: one["processed"].as_u64().unwrap(),
    };
    summary.as_array().unwrap().iter().map(said).collect()
}

#[test]
fn no_cpu_for_as_many_again() {
    let bench = || Bench::new(cpus([2, 2, 2]), Settings::default(), &shop("1", 6, &json!({})));
    let why = "them: too few cpus (3 of 3 offers)";
    bench().stalls(&shop("2", 6, &strategy(1.0, 1.0)), (0, 6, 6), why);
    bench().fits(&shop("2", 6, &strategy(0.5, 0.0)));
}

#[test]
fn a_port_that_every_host_has_once() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = json!({"portDefinitions": [{"port": free}], "requirePorts": true});
    let with = |mut rest: Value| {
        rest.as_object_mut().unwrap().extend(port.as_object().unwrap().clone());
        rest
    };
    let bench = || Bench::new(cpus([4, 4, 4]), Settings::default(), &shop("1", 3, &port));
    let why = "them: no port free (3 of 3 offers)";
    let all_stay = shop("2", 3, &with(strategy(1.0, 1.0)));
    bench().stalls(&all_stay, (0, 3, 3), why);
    bench().fits(&shop("2", 3, &with(strategy(0.6, 0.0))));
}

#[test]
fn unique_hosts_and_more_instances_than_hosts() {
    let unique = json!({"constraints": [["hostname", "UNIQUE"]]});
    let bench = |counting| {
        let mut settings = Settings::default();
        settings.counting = counting;
        Bench::new(cpus([4, 4, 4]), settings, &shop("1", 3, &unique))
    };
    let why = "it: a constraint is not met (3 of 3 offers)";
    let four = shop("2", 4, &unique);
    bench(Counting::SinceChange).stalls(&four, (3, 1, 0), why);
    bench(Counting::SinceChange).fits(&shop("2", 3, &unique));
    // As many as hosts are enough to stand still where old instances count, as before 1.1.
    let why = "them: a constraint is not met (3 of 3 offers)";
    bench(Counting::All).stalls(&shop("2", 3, &unique), (0, 3, 3), why);
}

#[test]
fn zones_that_are_not_of_one_size() {
    let zones = |agents: &mut [Agent; 3]| {
        for (agent, zone) in agents.iter_mut().zip(["a", "a", "b"]) {
            agent.zone = Some(zone.into());
        }
        cpus([4, 4, 2])(agents);
    };
    let spread = json!({"constraints": [["@zone", "GROUP_BY", "2"]]});
    let bench = || Bench::new(zones, Settings::default(), &shop("1", 1, &json!({})));
    // Zone b has room for two: the sixth would be the third there.
    let why = "it: a constraint is not met (2 of 3 offers), too few cpus (1 of 1 offers)";
    bench().stalls(&shop("2", 6, &spread), (5, 1, 0), why);
    bench().fits(&shop("2", 5, &spread));
}
