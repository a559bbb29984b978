//! The pipelines in `docs/ci.md` say what `zdd` understands.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::process::Command;

use snapbox::cmd::cargo_bin;

/// The commands of the blocks of code in `text`, without what the shell does with what they print.
fn commands(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let code = text.split("```").skip(1).step_by(2).flat_map(str::lines);
    let from = |line: &str| {
        let at = line.find("zdd ")?;
        let is_word = line[..at].chars().last().is_none_or(|it| " '".contains(it));
        let command = line[at..].split(['>', '|', '\'', ';']).next()?;
        is_word.then(|| command.split_whitespace().skip(1).map(String::from).collect())
    };
    code.filter_map(from).collect()
}

/// Whether all words of a command but values of its own are known: `--help` is heard only after them.
fn is_understood(words: &[String]) -> bool {
    let told = Command::new(cargo_bin!("zdd")).args(words).arg("--help").output().unwrap();
    told.status.success()
}

#[test]
fn each_command_is_understood() {
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ci.md");
    let commands = commands(&std::fs::read_to_string(text).unwrap());
    for words in &commands {
        assert!(is_understood(words), "{words:?}");
    }
    let verbs: std::collections::BTreeSet<_> =
        commands.iter().map(|words| words.iter().take(2).cloned().collect::<Vec<_>>()).collect();
    for verb in [["canary", "start"], ["canary", "promote"], ["canary", "rollback"]] {
        assert!(verbs.contains(verb.map(String::from).as_slice()), "{verb:?} of {verbs:?}");
    }
    assert_eq!(commands.len(), 11, "{commands:#?}");
}

#[test]
fn what_is_not_understood_is_seen() {
    let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
    for wrong in ["canary begin web.json", "canary start web.json --share 20", "deploy -o jason"] {
        assert!(!is_understood(&words(wrong)), "{wrong}");
    }
}
