//! One look at every balancer.

use std::net::SocketAddr;

use futures_util::future::join_all;

use super::error::HttpError;
use super::http::MarathonLb;
use crate::view::{Disagreement, View, disagreements};

/// How often a balancer is looked at again because it was reloaded meanwhile.
const RELOADS: usize = 3;

/// What was seen of one balancer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Seen {
    /// Its servers, as the newest worker sees them. Sessions in older ones are invisible.
    pub view: View,
    /// Every process of HAProxy there, before and after the servers were read.
    pub pids: Vec<u32>,
}

impl Seen {
    /// How many processes there are beyond a master and one worker: old workers that still have
    /// connections, at servers of which the newest worker says that nothing goes on there.
    ///
    /// Source: zdd.py, which waits while there are more than two.
    pub fn n_old_workers(&self) -> usize {
        self.pids.len().saturating_sub(2)
    }
}

/// What became of one balancer in a look at all.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Look {
    /// Its address, with the name.
    pub balancer: String,
    /// What was seen of it, or why nothing was.
    pub seen: Result<Seen, HttpError>,
}

impl Look {
    /// In what those that were seen differ. One that marathon-lb has not updated yet differs.
    pub fn disagreements(looks: &[Self]) -> Vec<Disagreement> {
        let seen = looks.iter().filter_map(|look| {
            let seen = look.seen.as_ref().ok()?;
            Some((look.balancer.as_str(), &seen.view))
        });
        let views: Vec<(&str, &View)> = seen.collect();
        disagreements(&views)
    }
}

impl MarathonLb {
    /// Looks at all balancers behind the name, at the same time.
    ///
    /// # Errors
    ///
    /// When the name stands for no address. What is wrong with one balancer is said of that one.
    pub async fn look(&self) -> Result<Vec<Look>, HttpError> {
        let looks = self.balancers().await?.into_iter().map(|balancer| async move {
            Look { balancer: self.name_of(balancer), seen: self.look_at(balancer).await }
        });
        Ok(join_all(looks).await)
    }

    async fn look_at(&self, balancer: SocketAddr) -> Result<Seen, HttpError> {
        let mut before = self.pids_of(balancer).await?;
        for _ in 0..RELOADS {
            let view = self.view_of(balancer).await?;
            let after = self.pids_of(balancer).await?;
            // No worker began meanwhile: these are the servers of the newest of them. One that ended
            // may have had connections when the servers were read.
            if after.iter().all(|pid| before.contains(pid)) {
                return Ok(Seen { view, pids: before });
            }
            before = after;
        }
        Err(HttpError::Restless { balancer: self.name_of(balancer), times: RELOADS })
    }

    async fn view_of(&self, balancer: SocketAddr) -> Result<View, HttpError> {
        let csv = self.stats_of(balancer).await?;
        View::of(&csv, None).map_err(|error| self.stats_error(balancer, error))
    }
}
