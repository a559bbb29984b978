//! What a lab says of its agents, read as what a master says.

use std::net::SocketAddr;

use axum::http::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zdd_core::mesos::{Answer, Cluster};
use zdd_core::placement::{Amount, Resources};

use super::api;
use super::testing::Scene;

struct Served {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Served {
    async fn of(scene: &Scene) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = api::router(scene.shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, server }
    }

    async fn get(&self, path: &str) -> Vec<u8> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("http://{}{path}", self.address)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    async fn cluster(&self, path: &str) -> Cluster {
        Cluster::read(&self.get(path).await).unwrap()
    }
}

#[tokio::test]
async fn what_runs_in_a_lab_is_read_as_it_is() {
    let scene = Scene::of(
        r#""cmd": "sleep 1000", "instances": 4, "cpus": 0.3, "mem": 64.5, "disk": 1,
            "ports": [0, 0]"#,
    );
    scene.until("all run", |scene| scene.running().len() == 4).await;
    let served = Served::of(&scene).await;

    let free = |agent: &_| scene.shared.read(|marathon, _| marathon.room().free_of(agent));
    for (path, answer) in [
        ("/slaves", Answer::Slaves),
        ("/master/slaves", Answer::Slaves),
        ("/state", Answer::State),
        ("/master/state", Answer::State),
        ("/state-summary", Answer::StateSummary),
        ("/master/state-summary", Answer::StateSummary),
    ] {
        let cluster = served.cluster(path).await;
        assert_eq!(cluster.answer, answer, "{path}");
        let room = cluster.room();
        let n_agents = scene.shared.read(|marathon, _| marathon.agents().len());
        assert_eq!((room.agents().len(), cluster.nodes.len()), (n_agents, n_agents), "{path}");
        for agent in room.agents() {
            assert_eq!(room.free_of(&agent.id), free(&agent.id), "{path}: {}", agent.id);
        }
    }

    let state = served.cluster("/state").await;
    let tasks: Vec<_> = state.tasks_of(&scene.app, None).map(|task| task.id.clone()).collect();
    assert_eq!(tasks.len(), 4);
    let mut room = state.room();
    let (agent, held) = room.held_by(&tasks[0]).unwrap();
    let agent = agent.clone();
    let expected = Resources {
        cpus: Amount::thousandths(300),
        mem: Amount::thousandths(64_500),
        disk: Amount::whole(1),
        gpus: 0,
        n_ports: 2,
    };
    assert_eq!((held.total(), held.ports.count()), (expected, 2));
    let in_lab = scene.shared.read(|marathon, _| marathon.room().held_by(&tasks[0]).unwrap().1);
    assert_eq!(held, in_lab);
    for task in &tasks {
        assert!(room.free(task));
    }
    let all = room.agent(&agent).unwrap().resources;
    assert_eq!(room.free_of(&agent), Some(all), "nothing else runs there");
    assert!(state.notes().is_empty(), "{:?}", state.notes());

    let info: Value = serde_json::from_slice(&served.get("/v2/info").await).unwrap();
    // The address of the scene itself, at which nobody listens.
    assert_eq!(info["marathon_config"]["mesos_leader_ui_url"], "http://127.0.0.1:1/");
    assert_eq!(info["frameworkId"].as_str(), Some(state.frameworks[0].id.as_str()));
    served.server.abort();
    scene.end().await;
}
