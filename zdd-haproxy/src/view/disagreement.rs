//! In what balancers that should be alike differ.

use std::collections::BTreeMap;
use std::fmt;

use super::server::Server;
use super::snapshot::View;
use crate::socket::SetState;

/// What two balancers say differently of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// One knows it, the other does not.
    Presence {
        /// Whether the first one knows it.
        first: bool,
    },
    /// Its weight.
    Weight {
        /// What the first one says.
        first: Option<u64>,
        /// What the other one says.
        other: Option<u64>,
    },
    /// What it is set to.
    State {
        /// What the first one says.
        first: SetState,
        /// What the other one says.
        other: SetState,
    },
}

/// That two balancers differ about a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disagreement {
    /// The backend.
    pub backend: String,
    /// The server.
    pub server: String,
    /// The HAProxy with which others are compared.
    pub first: String,
    /// The one that differs from it.
    pub other: String,
    /// In what.
    pub subject: Subject,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, server, first: a, other: b, subject } = self;
        write!(f, "{backend}/{server}: ")?;
        let weight = |w: &Option<u64>| w.map_or_else(|| "unknown".to_owned(), |w| w.to_string());
        match subject {
            Subject::Presence { first: true } => write!(f, "{a} has it, {b} has not"),
            Subject::Presence { first: false } => write!(f, "{b} has it, {a} has not"),
            Subject::Weight { first, other } => {
                write!(f, "weight {} at {a}, {} at {b}", weight(first), weight(other))
            }
            Subject::State { first, other } => write!(f, "{first} at {a}, {other} at {b}"),
        }
    }
}

/// In what the others differ from the first, in the order of backends and servers. What differs for
/// good reason is left out: sessions, and the results of each one's own health checks.
pub fn disagreements(views: &[(&str, &View)]) -> Vec<Disagreement> {
    let Some(((first_name, first), others)) = views.split_first() else { return Vec::new() };
    let firsts = by_name(first);
    let mut found = Vec::new();
    for (other_name, other) in others {
        let others = by_name(other);
        let mut names: Vec<_> = firsts.keys().chain(others.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name @ (backend, server) in names {
            let subjects = match (firsts.get(name), others.get(name)) {
                (Some(first), Some(other)) => differing(first, other),
                (first, _) => vec![Subject::Presence { first: first.is_some() }],
            };
            found.extend(subjects.into_iter().map(|subject| Disagreement {
                backend: (*backend).to_owned(),
                server: (*server).to_owned(),
                first: (*first_name).to_owned(),
                other: (*other_name).to_owned(),
                subject,
            }));
        }
    }
    found
}

fn by_name(view: &View) -> BTreeMap<(&str, &str), &Server> {
    view.servers.iter().map(|it| ((it.backend.as_str(), it.name.as_str()), it)).collect()
}

fn differing(a: &Server, b: &Server) -> Vec<Subject> {
    let mut subjects = Vec::new();
    if a.weight != b.weight {
        subjects.push(Subject::Weight { first: a.weight, other: b.weight });
    }
    if let (Some(first), Some(other)) = (a.admin, b.admin)
        && first != other
    {
        subjects.push(Subject::State { first, other });
    }
    subjects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(rows: &str) -> View {
        let csv = format!("# pxname,svname,status,scur,uweight,type,\n{rows}");
        View::of(csv.as_bytes(), None).unwrap()
    }

    #[test]
    fn what_differs_is_named() {
        let a = view("app,s1,UP,5,10,2,\napp,s2,UP,0,10,2,\napp,s3,DOWN,0,1,2,\n");
        let b = view(
            "app,s1,UP,0,20,2,\napp,s2,DRAIN,0,10,2,\napp,s3,MAINT,0,1,2,\napp,s4,UP,0,1,2,\n",
        );
        let found = disagreements(&[("lb1", &a), ("lb2", &b)]);
        let said: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "app/s1: weight 10 at lb1, 20 at lb2",
                "app/s2: ready at lb1, drain at lb2",
                "app/s4: lb2 has it, lb1 has not",
            ]
        );
        assert_eq!(disagreements(&[("lb1", &a), ("lb2", &a), ("lb3", &a)]), []);
        assert_eq!(disagreements(&[("lb1", &a)]), []);
        assert_eq!(disagreements(&[]), []);
    }
}
