//! What someone asks for, made into what Marathon keeps.
//!
//! [`complete`] turns the definition of a request, in whatever spelling, into the one that is stored
//! and answered: Marathon 1.5's, with every default written out and service ports given out. Before
//! that it asks Marathon's rules of it. [`merged`] lays a partial update over an app, and [`group`]
//! does both for whole groups.

mod complete;
mod group;
mod invalid;
mod merge;
mod rules;
mod rules_checks;
mod rules_ports;
mod service_ports;

pub(crate) use complete::{Workshop, complete};
pub(crate) use group::{GroupUpdate, applied, id_of, scaled};
pub(crate) use invalid::Invalid;
pub(crate) use merge::{definition_of, merged};
pub(crate) use service_ports::{ServicePorts, service_ports};
