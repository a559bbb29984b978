//! Answers of a Mesos master.

use std::fmt::Write as _;

use crate::Seed;

/// What `GET /slaves` answers on a cluster of so many agents, each with a reservation and some tasks:
/// some two kilobytes for each agent.
pub fn slaves(count: usize) -> String {
    let mut seed = Seed::new(13);
    let mut json = String::from("{\"slaves\":[");
    for agent in 0..count {
        let separator = if agent == 0 { "" } else { "," };
        let cpus = 0.1 * f64::from(u8::try_from(seed.below(100)).unwrap_or(0));
        let mem = seed.below(30_000);
        let port = 31_000 + seed.below(900);
        let (zone, rack) = (agent % 3, agent % 40);
        let scalar = |name, role, value: f64| {
            format!(
                "{{\"name\":\"{name}\",\"type\":\"SCALAR\",\"scalar\":{{\"value\":{value:?}}},\
                 \"role\":\"{role}\",\"allocation_info\":{{\"role\":\"{role}\"}}}}"
            )
        };
        let ranges = |first, last| {
            format!(
                "{{\"name\":\"ports\",\"type\":\"RANGES\",\"ranges\":{{\"range\":[{{\"begin\":{first},\
                 \"end\":{last}}}]}},\"role\":\"*\"}}"
            )
        };
        #[expect(clippy::cast_precision_loss, reason = "a few thousand MiB")]
        let used =
            [scalar("cpus", "*", cpus), scalar("mem", "*", mem as f64), ranges(port, port + 9)];
        let all = [scalar("cpus", "*", 14.0), scalar("mem", "*", 62_000.0), ranges(31_000, 32_000)];
        write!(
            json,
            "{separator}{{\"id\":\"8fb0f4ab-9c46-4ba2-9b4c-d3ae0ee4da4d-S{agent}\",\
             \"hostname\":\"agent-{agent}.example\",\"port\":5051,\"attributes\":{{\"rack\":\"r{rack}\",\
             \"level\":2.0}},\"domain\":{{\"fault_domain\":{{\"region\":{{\"name\":\"eu-1\"}},\
             \"zone\":{{\"name\":\"eu-1-{zone}\"}}}}}},\"pid\":\"slave(1)@10.0.3.{rack}:5051\",\
             \"registered_time\":1577836800.61317,\"resources\":{{\"disk\":512000.0,\"mem\":64000.0,\
             \"gpus\":0.0,\"cpus\":16.0,\"ports\":\"[80-80, 31000-32000]\"}},\"used_resources\":{{\
             \"disk\":0.0,\"mem\":{mem}.0,\"gpus\":0.0,\"cpus\":{cpus:?},\"ports\":\"[{port}-{}]\"}},\
             \"offered_resources\":{{\"disk\":0.0,\"mem\":0.0,\"gpus\":0.0,\"cpus\":0.0}},\
             \"reserved_resources\":{{\"public\":{{\"disk\":0.0,\"mem\":2000.0,\"gpus\":0.0,\"cpus\":2.0,\
             \"ports\":\"[80-80]\"}}}},\"unreserved_resources\":{{\"disk\":512000.0,\"mem\":62000.0,\
             \"gpus\":0.0,\"cpus\":14.0,\"ports\":\"[31000-32000]\"}},\"active\":true,\
             \"deactivated\":false,\"version\":\"1.9.0\",\"capabilities\":[\"MULTI_ROLE\",\
             \"HIERARCHICAL_ROLE\",\"RESERVATION_REFINEMENT\"],\"reserved_resources_full\":{{\"public\":[{}]}},\
             \"unreserved_resources_full\":[{}],\"used_resources_full\":[{}],\
             \"offered_resources_full\":[]}}",
            port + 9,
            [scalar("cpus", "public", 2.0), scalar("mem", "public", 2_000.0)].join(","),
            all.join(","),
            used.join(","),
        )
        .expect("a String grows");
    }
    json.push_str("],\"recovered_slaves\":[]}");
    json
}
