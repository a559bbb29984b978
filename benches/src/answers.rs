//! Answers of Marathon's API.

use std::fmt::Write as _;

use crate::Seed;

/// Tasks of each app.
pub const TASKS: usize = 2;

/// Apps in one group.
const APPS_PER_GROUP: usize = 100;

/// What `GET /v2/apps` answers on a cluster of so many apps, with counts, tasks and deployments
/// embedded: some two kilobytes for each app, as the definitions of services have.
pub fn apps(count: usize) -> String {
    let mut seed = Seed::new(11);
    let mut json = String::from("{\"apps\":[");
    for app in 0..count {
        let separator = if app == 0 { "" } else { "," };
        let id = format!("team-{}/service-{app}", app / APPS_PER_GROUP);
        let tasks: Vec<String> = (0..TASKS).map(|_| task(&id, &mut seed)).collect();
        write!(
            json,
            "{separator}{{\"id\":\"/{id}\",\"acceptedResourceRoles\":[\"*\"],\"backoffFactor\":1.15,\
             \"backoffSeconds\":1,\"cmd\":\"./serve --port $PORT0 --name {id}\",\
             \"constraints\":[[\"hostname\",\"UNIQUE\"]],\"container\":{{\"type\":\"DOCKER\",\
             \"docker\":{{\"image\":\"registry.example/{id}:1.{app}\",\"forcePullImage\":false,\
             \"privileged\":false,\"parameters\":[]}},\"portMappings\":[{{\"containerPort\":8080,\
             \"hostPort\":0,\"protocol\":\"tcp\",\"servicePort\":10101,\"name\":\"http\",\"labels\":{{}}}}],\
             \"volumes\":[]}},\"cpus\":0.1,\"disk\":0,\"mem\":128,\"gpus\":0,\"env\":{{\
             \"DATABASE_URL\":\"postgres://db.example/{id}\",\"JAVA_OPTS\":\"-Xmx96m -Xms96m\",\
             \"LOG_LEVEL\":\"info\",\"REGION\":\"eu-central-1\"}},\"executor\":\"\",\"fetch\":[],\
             \"healthChecks\":[{{\"protocol\":\"HTTP\",\"path\":\"/health\",\"portIndex\":0,\
             \"gracePeriodSeconds\":300,\"intervalSeconds\":10,\"timeoutSeconds\":5,\
             \"maxConsecutiveFailures\":3,\"delaySeconds\":15,\"ipProtocol\":\"IPv4\"}}],\"instances\":2,\
             \"labels\":{{\"HAPROXY_GROUP\":\"external\",\"HAPROXY_0_VHOST\":\"service-{app}.example\",\
             \"owner\":\"team-{}\"}},\"maxLaunchDelaySeconds\":300,\"networks\":[{{\
             \"mode\":\"container/bridge\"}}],\"portDefinitions\":[],\"requirePorts\":false,\
             \"upgradeStrategy\":{{\"minimumHealthCapacity\":1,\"maximumOverCapacity\":0.5}},\
             \"version\":\"2020-01-01T00:00:00.000Z\",\"versionInfo\":{{\
             \"lastScalingAt\":\"2020-01-01T00:00:00.000Z\",\
             \"lastConfigChangeAt\":\"2020-01-01T00:00:00.000Z\"}},\"killSelection\":\"YOUNGEST_FIRST\",\
             \"unreachableStrategy\":{{\"inactiveAfterSeconds\":0,\"expungeAfterSeconds\":0}},\
             \"tasksStaged\":0,\"tasksRunning\":2,\"tasksHealthy\":2,\"tasksUnhealthy\":0,\
             \"deployments\":[],\"tasks\":[{}]}}",
            app / APPS_PER_GROUP,
            tasks.join(","),
        )
        .expect("a String grows");
    }
    json.push_str("]}");
    json
}

/// One task of an app.
fn task(id: &str, seed: &mut Seed) -> String {
    let (high, low) = (seed.next(), seed.next());
    let instance = format!(
        "{}.instance-{:08x}-{:04x}-11ea-{:04x}-{:012x}",
        id.replace('/', "_"),
        high >> 32,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff,
    );
    let agent = seed.below(200);
    let port = 31_000 + seed.below(1_000);
    format!(
        "{{\"id\":\"{instance}._app.1\",\"appId\":\"/{id}\",\"host\":\"agent-{agent}.example\",\
         \"slaveId\":\"8fb0f4ab-9c46-4ba2-9b4c-d3ae0ee4da4d-S{agent}\",\"state\":\"TASK_RUNNING\",\
         \"ports\":[{port}],\"servicePorts\":[10101],\"stagedAt\":\"2020-01-01T00:00:01.000Z\",\
         \"startedAt\":\"2020-01-01T00:00:02.000Z\",\"version\":\"2020-01-01T00:00:00.000Z\",\
         \"ipAddresses\":[{{\"ipAddress\":\"10.0.3.{agent}\",\"protocol\":\"IPv4\"}}],\
         \"healthCheckResults\":[{{\"alive\":true,\"consecutiveFailures\":0,\
         \"firstSuccess\":\"2020-01-01T00:00:03.000Z\",\"lastSuccess\":\"2020-01-02T00:00:00.000Z\",\
         \"lastFailure\":null,\"lastFailureCause\":null,\"instanceId\":\"{instance}\"}}]}}"
    )
}
