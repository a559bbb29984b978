//! What goes on from where zdd.py's line was stopped.

use zdd_core::app::App;
use zdd_core::rollout::record::Phase;
use zdd_core::rollout::{labels, zdd_py};
use zdd_core::units::AppId;

use super::Task;
use crate::args::ZddPyArgs;

impl Task {
    /// What goes on while both apps are there. Labels alone remember where it was to go: without a flag that
    /// says it, `--resume` goes forward, and stops at the hybrid that they ask for.
    pub(super) fn flag(&self, args: &ZddPyArgs) -> &'static str {
        let is_hybrid = zdd_py::number(&self.new, labels::NEW).is_some_and(|beside| beside > 0);
        match self.record.phase {
            Phase::Rollback => "--complete-prev",
            Phase::Promote if args.complete_cur || is_hybrid => "--complete-cur",
            Phase::Promote | Phase::Canary => "--resume",
        }
    }

    /// What to do after it was interrupted, by the apps that are there; where they cannot be seen, it is
    /// taken for granted that they are.
    pub(super) fn way_on(&self, args: &ZddPyArgs, there: Option<&[App]>) -> String {
        let is_there = |id: &AppId| there.is_none_or(|apps| apps.iter().any(|app| app.id() == id));
        let new = self.new.id();
        let has_old = self.old.as_ref().is_some_and(|old| is_there(old.id()));
        match (has_old, is_there(new)) {
            (true, true) => format!("{} goes on from here", self.flag(args)),
            (_, false) if self.record.phase == Phase::Rollback => {
                format!("{new} is gone, and nothing is left to do")
            }
            (_, false) => format!("{new} is not there: the same command begins anew"),
            (false, true) => format!(
                "Marathon goes on with {new} by itself: `zdd status {new}` says how far it is"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decide;
    use super::*;
    use clap::Parser;
    use serde_json::{Value, json};

    fn args(flags: &[&str]) -> ZddPyArgs {
        let given = ["zdd", "-j", "shop.json", "-m", "http://m", "-l", "http://l", "-f"];
        ZddPyArgs::try_parse_from([&given, flags].concat()).unwrap()
    }

    /// An app of a colour, of which as many as this are to stay beside the other.
    fn app(colour: &str, port: u16, beside: u32) -> Value {
        json!({
            "id": format!("/shop-{colour}"), "instances": 2, "ports": [port],
            "labels": {
                labels::GROUP: "shop", labels::ALT_PORT: "10081", labels::COLOUR: colour,
                labels::TARGET: "4", labels::NEW: beside.to_string(),
                labels::STARTED_AT: format!("2026-01-0{}", port - 10_079),
            },
        })
    }

    /// What is said when all of `left` is there after an interruption, where the apps of `there` were before.
    fn said(there: &[Value], left: &[Value], flags: &[&str]) -> String {
        let app = |json: &Value| App::parse(&json.to_string()).unwrap();
        let apps = |all: &[Value]| -> Vec<App> { all.iter().map(app).collect() };
        let mut json = self::app("", 10_080, 0);
        json["id"] = "/shop".into();
        let args = args(flags);
        let task =
            decide(&args, json.as_object().unwrap(), &app(&json), "shop", &apps(there)).unwrap();
        task.way_on(&args, Some(&apps(left)))
    }

    #[test]
    fn what_is_said_goes_the_same_way() {
        let blue = || app("blue", 10_080, 0);
        let green = |beside| app("green", 10_081, beside);
        // How many of the new ones are to stay beside the old ones, and which flag goes where it went.
        for (flags, beside, flag) in [
            (&["--complete-prev"][..], 0, "--complete-prev"),
            (&["--complete-prev"], 1, "--complete-prev"),
            (&["--complete-cur"], 0, "--complete-cur"),
            (&["--complete-cur"], 1, "--complete-cur"),
            (&["--resume"], 0, "--resume"),
            (&["--resume"], 1, "--resume"),
        ] {
            let both = [blue(), green(beside)];
            let said = said(&both, &both, flags);
            assert_eq!(said, format!("{flag} goes on from here"), "{flags:?} {beside}");
        }
        let both = [blue(), green(0)];
        for (flags, flag) in [
            (&[][..], "--resume"),
            (&["-n", "1"], "--resume"),
            // As many as there were: no hybrid is left in the end, and --resume would leave the old app.
            (&["-n", "2"], "--complete-cur"),
        ] {
            let said = said(&[blue()], &both, flags);
            assert_eq!(said, format!("{flag} goes on from here"), "{flags:?}");
        }
    }

    #[test]
    fn one_app_is_not_gone_on_with_by_a_flag() {
        let (blue, green) = (app("blue", 10_080, 0), app("green", 10_081, 0));
        let both = [blue.clone(), green.clone()];
        let by_itself = "Marathon goes on with /shop-";
        for (there, left, flags, begins) in [
            (&[][..], &[][..], &[][..], "/shop-blue is not there: the same command"),
            (&[], &both[..1], &[], by_itself),
            (&both[..1], &both[..1], &[], "/shop-green is not there: the same command"),
            (&both, &both[1..], &["--complete-cur"], by_itself),
            (&both, &both[..1], &["--complete-prev"], "/shop-green is gone, and nothing is left"),
        ] {
            let said = said(there, left, flags);
            assert!(said.starts_with(begins), "{flags:?}: {said}");
        }
    }
}
