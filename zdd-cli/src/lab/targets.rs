//! Where the clients of a demonstration find the instances.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use url::Url;
use zdd_core::ports::{Marathon, Task, TaskState};
use zdd_core::units::AppId;

/// How often Marathon is asked: an instance that is stopped is used no longer than this.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Keeps `targets` at the instances of `app` that Marathon lists as healthy, until nobody looks.
pub(super) async fn follow(marathon: &dyn Marathon, app: &AppId, targets: watch::Sender<Vec<Url>>) {
    while !targets.is_closed() {
        // While Marathon does not answer, what it said last is the best that is known. An instance
        // that is gone by then shows as a failed request.
        if let Ok(status) = marathon.app(app).await {
            let healthy =
                status.tasks.iter().flatten().filter(|task| {
                    task.state == TaskState::Running && task.is_healthy() == Some(true)
                });
            let found: Vec<_> = healthy.filter_map(endpoint).collect();
            targets.send_if_modified(|known| {
                let is_new = *known != found;
                *known = found;
                is_new
            });
        }
        sleep(LOOK_EVERY).await;
    }
}

/// What the clients ask an instance for.
fn endpoint(task: &Task) -> Option<Url> {
    let port = *task.ports.first()?;
    let host = match task.addresses.first() {
        Some(address) => SocketAddr::new(*address, port).to_string(),
        None => format!("{}:{port}", task.host.as_ref()?),
    };
    Url::parse(&format!("http://{host}/endpoint0")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_where_its_task_says() {
        let mut task =
            Task::new("shop.1".parse().unwrap(), "/shop".parse().unwrap(), TaskState::Running);
        assert_eq!(endpoint(&task), None);
        task.ports = vec![31_000, 31_001];
        task.host = Some("one.example".into());
        assert_eq!(endpoint(&task).unwrap().as_str(), "http://one.example:31000/endpoint0");
        task.addresses = vec!["::1".parse().unwrap()];
        assert_eq!(endpoint(&task).unwrap().as_str(), "http://[::1]:31000/endpoint0");
    }
}
