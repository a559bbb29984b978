//! What is told of a load balancer.

use tokio::sync::watch;
use zdd_haproxy::bridge::Status;
use zdd_haproxy::bridge::model::Problem;

/// Says what is wrong with a load balancer: once when it comes, and once when it goes.
#[derive(Debug)]
pub(super) struct Teller {
    status: watch::Receiver<Status>,
    told: Status,
}

impl Teller {
    pub(super) fn new(status: watch::Receiver<Status>) -> Self {
        Self { status, told: Status::default() }
    }

    /// Waits until there is something to tell, and says it in lines. Nothing is lost when this is
    /// dropped before.
    pub(super) async fn news(&mut self) -> Vec<String> {
        loop {
            if self.status.changed().await.is_err() {
                // Nobody is left who would say something; it ends only with this program.
                return std::future::pending().await;
            }
            let now = self.status.borrow_and_update().clone();
            let news = between(&self.told, &now);
            self.told = now;
            if !news.is_empty() {
                return news;
            }
        }
    }
}

fn between(before: &Status, now: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    if now.trouble != before.trouble {
        lines.push(match &now.trouble {
            Some(trouble) => format!("{trouble}; it is tried again"),
            None => "in order again".into(),
        });
    }
    if now.n_restarts > before.n_restarts {
        lines.push("HAProxy was started again".into());
    }
    for problem in only_in(&now.problems, &before.problems) {
        lines.push(match problem.reason.hint() {
            Some(hint) => format!("{problem} (hint: {hint})"),
            None => problem.to_string(),
        });
    }
    for problem in only_in(&before.problems, &now.problems) {
        lines.push(format!("no more: {problem}"));
    }
    lines.into_iter().map(|line| format!("load balancer: {}", printable(&line))).collect()
}

/// Those that are in one and not in the other, each once.
fn only_in<'a>(one: &'a [Problem], other: &[Problem]) -> Vec<&'a Problem> {
    let mut found: Vec<&Problem> = Vec::new();
    for problem in one {
        if !other.contains(problem) && !found.contains(&problem) {
            found.push(problem);
        }
    }
    found
}

/// The names of labels, among others, are anybody's.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use zdd_haproxy::bridge::model::Reason;

    use super::*;

    fn problem(label: &str) -> Problem {
        let app = "/shop".parse().unwrap();
        Problem { app, reason: Reason::UnknownLabel { label: label.into() } }
    }

    fn status(problems: &[Problem]) -> Status {
        let mut status = Status::default();
        status.problems = problems.to_vec();
        status
    }

    #[test]
    fn each_is_told_once_and_nothing_moves_the_cursor() {
        let (one, other) = (problem("HAPROXY_0_X"), problem("HAPROXY_\u{1b}[2J"));
        let said = |what: &str| format!("load balancer: {what} has no effect here");
        let before = status(std::slice::from_ref(&one));
        let mut now = status(&[one.clone(), other.clone(), other]);
        let new = "app `/shop`: the label HAPROXY_·[2J";
        assert_eq!(between(&before, &now), [said(new)]);
        assert_eq!(between(&now, &now), [""; 0]);
        now.n_passes += 1;
        now.problems.remove(0);
        assert_eq!(
            between(&before, &now),
            [said(new), said("no more: app `/shop`: the label HAPROXY_0_X")]
        );
    }

    #[tokio::test]
    async fn it_waits_for_news_and_loses_none() {
        let (tells, status) = watch::channel(Status::default());
        let mut teller = Teller::new(status);
        tells.send_modify(|status| status.n_passes += 1);
        tells.send_modify(|status| status.trouble = Some("no answer".into()));
        assert_eq!(teller.news().await, ["load balancer: no answer; it is tried again"]);
        // Passes alone are no news.
        tells.send_modify(|status| status.n_passes += 1);
        tokio::select! {
            biased;
            news = teller.news() => panic!("{news:?}"),
            () = tokio::task::yield_now() => {}
        }
        tells.send_modify(|status| (status.trouble, status.n_restarts) = (None, 1));
        let news = ["load balancer: in order again", "load balancer: HAProxy was started again"];
        assert_eq!(teller.news().await, news);
    }
}
