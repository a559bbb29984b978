//! A canary from its start to its promotion, with nothing but this crate: what is decided, line by line.
//!
//! `cargo run -p zdd-core --example canary`
//!
//! The Marathon is the [simulated](zdd_core::simulate) one, the load balancer a table, and time passes
//! when it is waited for: [`world`] is the three of them, [`ports`] what a rollout asks of them. With
//! adapters for a cluster in their place nothing here would change but the executor.

mod ports;
mod world;

use std::error::Error;
use std::io::{self, Write};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use zdd_core::app::App;
use zdd_core::drive::{Drive, Go, Witness};
use zdd_core::ports::{Clock, Force, Marathon};
use zdd_core::rollout::{
    Action, Decision, Extent, Next, Observation, Outcome, Release, Rollout, Split, Target,
};
use zdd_core::units::Timestamp;

use ports::Ports;

fn main() -> Result<(), Box<dyn Error>> {
    at_once(canary(&mut io::stdout()))
}

/// The deployment group gets four instances, then a new version beside them, then only that.
async fn canary(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let world = Ports::new(Timestamp::from_millis(1_800_000_000_000));
    let definition =
        |version: &str| App::parse(&include_str!("shop.json").replace("VERSION", version));

    // What runs already. An id with a colour, and the labels that marathon-lb goes by.
    let shop = definition("1.0")?;
    let release = Release { definition: &shop, group: &[], allow_no_health_check: false };
    let extent = Extent { instances: 4, target: 4, beside: 0 };
    let old = release.app(extent, world.now())?;
    world.create_app(&old, Force::No).await?;
    world.sleep_until(world.now().saturating_add(Duration::from_secs(10))).await;
    writeln!(out, "{world}")?;

    // The new version: another colour, one instance, which is to get a fifth.
    let shop = definition("2.0")?;
    let running = [old];
    let release = Release { definition: &shop, group: &running, allow_no_health_check: false };
    let backend = release.backend()?;
    let extent = Extent { instances: 1, target: 8, beside: 1 };
    let new = release.app(extent, world.now())?;
    let [old] = &running;
    let (old, definition, new) = (old.id().clone(), new.clone(), new.id().clone());

    let drive = Drive { marathon: &world, balancer: &world, backend: &backend, clock: &world };

    writeln!(out, "start: a fifth for {new}")?;
    let fifth = Split { old: 80, new: 20 };
    let target = Target { old: 4, new: 1, traffic: fifth.into() };
    let mut rollout = Rollout::new(Some(old.clone()), new.clone(), target)
        .with_definition(definition)
        .with_floor(4);
    carry_out(&drive, &mut rollout, out).await?;
    writeln!(out, "{world}")?;

    writeln!(out, "promote: everything for {new}")?;
    let target = Target { old: 0, new: 4, traffic: Split::NEW.into() };
    let mut rollout = Rollout::new(Some(old), new, target).holding(fifth).with_floor(4);
    carry_out(&drive, &mut rollout, out).await?;
    writeln!(out, "{world}")?;
    Ok(())
}

/// Carries one rollout out, and tells it.
async fn carry_out(
    drive: &Drive<'_>,
    rollout: &mut Rollout,
    out: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let began = drive.clock.now();
    let mut teller = Teller { out, began, waits_for: String::new(), failed: None };
    let ended = drive.run(rollout, &mut teller).await;
    if let Some(error) = teller.failed {
        return Err(error.into());
    }
    match ended? {
        Outcome::Reached => Ok(writeln!(out, "{}", Outcome::Reached)?),
        // Everything stays as it is: the same rollout goes on from there, another target leads back.
        other => Err(other.to_string().into()),
    }
}

/// Writes down what is waited for and what was done.
struct Teller<'o> {
    out: &'o mut dyn Write,
    began: Timestamp,
    waits_for: String,
    failed: Option<io::Error>,
}

impl Teller<'_> {
    fn tell(&mut self, now: Timestamp, line: &str) -> Go {
        let at = now.since(self.began).as_secs_f64();
        match writeln!(self.out, "{at:>6.1} s  {line}") {
            Ok(()) => Go::On,
            Err(error) => {
                self.failed = Some(error);
                Go::Stop
            }
        }
    }
}

impl Witness for Teller<'_> {
    async fn decided(&mut self, now: Timestamp, _: &Observation, decision: &Decision) -> Go {
        match &decision.next {
            Next::ObserveBy { waiting_on, .. } if decision.actions.is_empty() => {
                let text = waiting_on.to_string();
                if text == self.waits_for {
                    return Go::On;
                }
                self.waits_for.clone_from(&text);
                self.tell(now, &format!("waits for {text}"))
            }
            _ => Go::On,
        }
    }

    async fn done(&mut self, now: Timestamp, action: &Action) {
        self.waits_for.clear();
        let _: Go = self.tell(now, &action.to_string());
    }
}

/// An executor for a world in which waiting is a matter of reckoning: no future is ever pending.
fn at_once<T>(
    future: impl Future<Output = Result<T, Box<dyn Error>>>,
) -> Result<T, Box<dyn Error>> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => Err("something waits for the outside world".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Vec<String> {
        let mut out = Vec::new();
        at_once(canary(&mut out)).unwrap();
        String::from_utf8(out).unwrap().lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn a_canary_is_started_and_promoted() {
        let told = told();
        let ends = |end: &str| told.iter().filter(|line| line.ends_with(end)).count();
        assert_eq!(ends("create /shop-green with 1"), 1, "{told:#?}");
        assert_eq!(ends("/shop-green: 0 of 1 healthy"), 1, "{told:#?}");
        assert_eq!(ends("scale /shop-green to 4"), 1, "{told:#?}");
        assert_eq!(ends("remove /shop-blue"), 1, "{told:#?}");
        assert_eq!(ends("everything is as it should be"), 2, "{told:#?}");
    }

    #[test]
    fn shares_are_those_that_were_wanted() {
        let told = told();
        let shares: Vec<&str> =
            told.iter().map(String::as_str).filter(|line| line.starts_with("HAProxy:")).collect();
        assert_eq!(
            shares,
            [
                "HAProxy: 4 of /shop-blue get 100 %",
                "HAProxy: 4 of /shop-blue get 80 %, 1 of /shop-green gets 20 %",
                "HAProxy: 4 of /shop-green get 100 %"
            ]
        );
    }

    /// Takes two lines.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0 += usize::from(text.ends_with(b"\n"));
            if self.0 > 2 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(text.len()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_carried_out_any_further() {
        let error = at_once(canary(&mut Full(0))).unwrap_err();
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        assert_eq!(kind, Some(io::ErrorKind::StorageFull), "{error}");
    }
}
