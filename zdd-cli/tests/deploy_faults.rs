//! `zdd deploy` against all that can go wrong on the way: how each fault ends, and that nothing is
//! done twice.

mod fake;
#[allow(dead_code, reason = "it does more than stop")]
mod proxy;
mod run;

use std::net::TcpListener;
use std::thread;

use fake::{Events, Fake, Fault, Knobs, Of, Trouble, shop};
use proxy::{Proxy, Stop};
use run::Zdd;

/// A fault, and how a deployment ends that meets it.
struct Case {
    name: &'static str,
    knobs: Knobs,
    args: &'static [&'static str],
    /// The exit status, and words that were said.
    exits: i32,
    says: String,
    /// How many changes were sent, and how many of them carried out.
    sent: usize,
    carried_out: usize,
}

impl Case {
    /// One that is overcome.
    fn overcome(name: &'static str, knobs: Knobs) -> Self {
        let says = "done: 4 of 4 instances serve".into();
        Self { name, knobs, args: &[], exits: 0, says, sent: 1, carried_out: 1 }
    }

    /// One that ends it before anything was sent.
    fn before(name: &'static str, what: Fault, says: &str) -> Self {
        let knobs = troubled(Trouble::always(what, Of::All));
        Self { exits: 6, says: says.into(), sent: 0, carried_out: 0, ..Self::overcome(name, knobs) }
    }

    /// One that befalls the change itself.
    fn change(name: &'static str, trouble: Trouble) -> Self {
        Self::overcome(name, troubled(Trouble { of: Of::Changes, ..trouble }))
    }

    const fn with(mut self, args: &'static [&'static str]) -> Self {
        self.args = args;
        self
    }

    /// It ends it, with this status and these words.
    fn exits(mut self, code: i32, says: &str) -> Self {
        (self.exits, self.says) = (code, says.into());
        self
    }

    /// So many changes were sent, and so many carried out.
    const fn sent(mut self, sent: usize, carried_out: usize) -> Self {
        (self.sent, self.carried_out) = (sent, carried_out);
        self
    }

    fn check(&self) {
        let fake = Fake::start(self.knobs.clone());
        let zdd = Zdd::new(&fake);
        zdd.file("shop.json", &shop("2", 4));
        let args = [&["deploy", "shop.json"], self.args].concat();
        let told = zdd.run(&args);
        let world = fake.world();
        let seen = format!("{}: {told:#?}\n{:#?}", self.name, world.requests);
        assert_eq!(told.code, Some(self.exits), "{seen}");
        assert!(told.out.contains(&self.says) || told.err.contains(&self.says), "{seen}");
        let errors = told.err.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, usize::from(matches!(self.exits, 6 | 12)), "one line says why: {seen}");
        assert_eq!(world.changes().len(), self.sent, "{seen}");
        assert_eq!(world.carried_out.len(), self.carried_out, "{seen}");
        let definition = if self.carried_out == 0 { "1" } else { "2" };
        assert_eq!(world.apps["/shop"].json["env"]["V"], definition, "{seen}");
        if self.exits == 0 {
            assert_eq!(world.variables(), ["2"; 4], "{seen}");
            assert!(world.deployments.is_empty(), "{seen}");
        }
    }
}

fn troubled(trouble: Trouble) -> Knobs {
    Knobs { trouble: Some(trouble), ..Knobs::default() }
}

/// Each in its own world, side by side: most of the time they wait.
fn check_all(cases: &[Case]) {
    let failed = thread::scope(|scope| {
        let running: Vec<_> = cases.iter().map(|case| scope.spawn(|| case.check())).collect();
        running.into_iter().filter_map(|case| case.join().err()).count()
    });
    assert_eq!(failed, 0, "of {} cases", cases.len());
}

const SHORT: &[&str] = &["--retry-for", "400ms"];
const NO_TIME: &[&str] = &["--connect-timeout", "200ms", "--read-timeout", "600ms"];

#[test]
fn what_ends_it_before_anything_was_sent() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let other = elsewhere.local_addr().unwrap();
    check_all(&[
        Case::before("5xx for ever", Fault::Words(500), "answers 500: an odd error").with(SHORT),
        Case::before("pages for ever", Fault::Page(503), "answers 503: a page"),
        Case::before("no leader for ever", Fault::NoLeader, "answers 502: Could not determine")
            .with(SHORT),
        Case::before("silence for ever", Fault::Silence, "no answer in time").with(NO_TIME),
        Case::before("cut off for ever", Fault::Cut, "its answer is cut off"),
        Case::before("circles", Fault::RedirectInCircles, "it redirects without end"),
        Case::before(
            "elsewhere",
            Fault::RedirectTo(other),
            &format!("it redirects to http://{other}, which is not its leader"),
        ),
    ]);
    let nobody = elsewhere.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock, "nothing is sent elsewhere");
}

#[test]
fn what_befalls_reading_is_overcome() {
    let some = |what| troubled(Trouble { from: 2, times: 3, ..Trouble::always(what, Of::All) });
    check_all(&[
        Case::overcome("5xx", some(Fault::Words(503))),
        Case::overcome("pages", some(Fault::Page(502))),
        Case::overcome("a change of leaders", some(Fault::NoLeader)),
        Case::overcome("cut off", some(Fault::Cut)),
        Case::overcome("silence", some(Fault::Silence)).with(NO_TIME),
        Case::overcome("circles", some(Fault::RedirectInCircles)),
    ]);
}

#[test]
fn what_befalls_the_change_does_it_at_most_once() {
    let once = |what| Trouble::once(what, Of::Changes);
    let always = |what| Trouble::always(what, Of::Changes);
    let done = |what| Trouble { is_done: true, ..once(what) };
    let maybe = "it may have been carried out";
    check_all(&[
        // Not carried out, and not known to be so.
        Case::change("5xx", once(Fault::Words(500))).exits(6, maybe).sent(1, 0),
        Case::change("a page", once(Fault::Page(502))).exits(6, maybe).sent(1, 0),
        Case::change("silence", once(Fault::Silence)).with(NO_TIME).exits(6, maybe).sent(1, 0),
        Case::change("cut off", once(Fault::Cut)).exits(6, maybe).sent(1, 0),
        // Carried out, and the answer lost.
        Case::change("5xx after it", done(Fault::Words(503))),
        Case::change("a page after it", done(Fault::Page(504))),
        Case::change("silence after it", done(Fault::Silence)).with(NO_TIME),
        Case::change("cut off after it", done(Fault::Cut)),
        // Certainly not carried out: then, and only then, it is sent again.
        Case::change("no leader", Trouble { times: 3, ..once(Fault::NoLeader) }).sent(4, 1),
        Case::change("a 409 storm that passes", Trouble { times: 2, ..once(Fault::Locked) })
            .with(&["--wait-lock", "30s"])
            .sent(3, 1),
        Case::change("a 409", always(Fault::Locked))
            .exits(12, "error: /shop: locked by deployment of-others")
            .sent(1, 0),
    ]);
}

#[test]
fn what_befalls_following_does_not_end_it() {
    let for_ever = |what| troubled(Trouble::always(what, Of::AllAfterTheChange));
    let after =
        |what| troubled(Trouble { times: 4, ..Trouble::always(what, Of::AllAfterTheChange) });
    let timed: &[&str] = &["--timeout", "1500ms", "--retry-for", "300ms"];
    check_all(&[
        Case::overcome("5xx", after(Fault::Words(500))).with(SHORT),
        Case::overcome("pages", after(Fault::Page(500))),
        Case::overcome("cut off", after(Fault::Cut)),
        Case::overcome("no leader", after(Fault::NoLeader)),
        Case::overcome("5xx for ever", for_ever(Fault::Words(500)))
            .with(timed)
            .exits(14, "is not done after 1.5 s"),
        Case::overcome("silence for ever", for_ever(Fault::Silence))
            .with(timed)
            .exits(14, "is not done after 1.5 s"),
    ]);
}

#[test]
fn what_befalls_the_event_stream_is_overcome() {
    let stream = |stream| Knobs { stream, ..Knobs::default() };
    check_all(&[
        Case::overcome("drops", stream(Events::Drop)),
        Case::overcome("stalls", stream(Events::Stall)),
        Case::overcome("duplicates", stream(Events::Duplicate)),
        Case::overcome("garbage", stream(Events::Garbage)),
        Case::overcome("lines of 16 MB", stream(Events::Huge)),
    ]);
}

/// A storm must not become two: so often Marathon is asked, and no more.
#[test]
fn a_409_storm_ends_with_patience_and_the_plan_is_shown_once() {
    let fake = Fake::start(troubled(Trouble::always(Fault::Locked, Of::Changes)));
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &shop("2", 4));
    let told = zdd.run(&["deploy", "shop.json", "--wait-lock", "4s"]).exits(12);
    assert_eq!(told.out.matches("a rolling upgrade").count(), 1, "{told:#?}");
    let told = told.says("/shop: locked by deployment of-others; waiting for it, ");
    told.says("error: /shop: locked by deployment of-others");
    let sent = fake.world().changes().len();
    assert!((2..=5).contains(&sent), "{sent}");
    assert_eq!(fake.world().carried_out, [""; 0]);
}

/// The leader goes at each request in turn, with all its connections, and another address is there.
#[test]
fn a_leader_that_is_gone_in_the_middle_is_another_ones_business() {
    const REQUESTS: usize = 12;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (runtime, change) = (runtime.handle(), "PUT /v2/apps/shop");
    let gone_at = |n| {
        let fake = Fake::start(Knobs::default());
        let leader = Proxy::start(runtime, fake.address, Stop::Gone(n));
        let zdd = Zdd::at(&format!("{},{}", leader.url(), fake.url()));
        zdd.file("shop.json", &shop("2", 4));
        let told = zdd.run(&["deploy", "shop.json"]);
        let log = leader.log();
        let last = log[n - 1].what.clone();
        let world = fake.world();
        let seen = format!("{n}: {told:#?}\n{log:?}");
        if last == change {
            // Whether it was carried out cannot be known, so it is not sent to the other.
            assert_eq!(told.code, Some(6), "{seen}");
            assert!(told.err.contains("it may have been carried out"), "{seen}");
            assert_eq!(world.carried_out, [""; 0], "{seen}");
        } else {
            assert_eq!(told.code, Some(0), "{seen}");
            assert_eq!(world.carried_out, [change], "{seen}");
            assert_eq!(world.variables(), ["2"; 4], "{seen}");
        }
        last
    };
    let gone_at: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (1..=REQUESTS).map(|n| scope.spawn(move || gone_at(n))).collect();
        running.into_iter().map(|case| case.join().unwrap()).collect()
    });
    assert_eq!(gone_at.iter().filter(|what| *what == change).count(), 1, "{gone_at:?}");
    assert!(gone_at.iter().any(|what| what == "GET /v2/events"), "{gone_at:?}");
}

/// To ask a second time would take back what takes it back.
#[test]
fn a_revert_whose_answer_is_lost_is_found_and_not_sent_again() {
    let lost = Trouble { is_done: true, ..Trouble::once(Fault::Page(502), Of::Changes) };
    let fake = Fake::start(Knobs { stuck_after: Some(3), ..troubled(lost) });
    let zdd = Zdd::new(&fake);
    fake.world().deploy("/shop", shop("2", 4), false);
    fake.wait("standing still", |world| world.deployments.iter().any(|it| it.moves == 3));
    let child = zdd.spawn(&["abort", "/shop"]);
    fake.wait("the revert", |world| world.carried_out.len() == 1);
    fake.wait("a look at it", |world| {
        world.requests.last().is_some_and(|it| it.ends_with("queue"))
    });
    let looks = fake.world().requests.len();
    fake.wait("being followed", |world| world.requests.len() > looks + 3);
    fake.world().knobs.stuck_after = None;
    Zdd::finish(child).exits(0).says("taken back: 4 of 4 instances serve");
    assert_eq!(fake.world().changes(), ["DELETE /v2/deployments/deployment-5"]);
    assert_eq!(fake.world().variables(), ["1"; 4]);

    // One that was not carried out is no success.
    let lost = Trouble::once(Fault::Page(502), Of::Changes);
    let fake = Fake::start(Knobs { stuck_after: Some(3), ..troubled(lost) });
    let zdd = Zdd::new(&fake);
    fake.world().deploy("/shop", shop("2", 4), false);
    fake.wait("standing still", |world| world.deployments.iter().any(|it| it.moves == 3));
    let told = zdd.run(&["abort", "/shop"]).exits(6).says("error: deployment deployment-5: ");
    told.says("it may have been carried out").says("look with `zdd status` before you try again");
    assert_eq!(fake.world().changes().len(), 1);
}
