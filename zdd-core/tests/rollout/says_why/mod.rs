//! Causes that are planted, each with the reason that has to be shown first: the right one, with its
//! numbers, and with what can be done next.

mod refused;
mod rolling;
mod rollouts;

/// What an operator is shown.
#[derive(Clone, Debug)]
struct Shown {
    /// The word for tools; for errors, the outcome.
    code: String,
    text: String,
    hint: Option<String>,
}

/// One planted cause.
struct Cause {
    name: &'static str,
    plant: fn() -> Shown,
    code: &'static str,
    /// What the text has to hold, numbers among it.
    says: &'static [&'static str],
    /// What the hint has to hold.
    next: &'static str,
}

const fn cause(
    name: &'static str,
    plant: fn() -> Shown,
    code: &'static str,
    says: &'static [&'static str],
    next: &'static str,
) -> Cause {
    Cause { name, plant, code, says, next }
}

fn wrong(cause: &Cause) -> Option<String> {
    let Cause { name, plant, code, says, next } = cause;
    let shown = plant();
    let is_said = says.iter().all(|words| shown.text.contains(words));
    let is_next = !next.is_empty() && shown.hint.as_ref().is_some_and(|it| it.contains(next));
    (shown.code != *code || !is_said || !is_next).then(|| format!("{name}: {shown:?}"))
}

/// Those on the edges, where processes talk to each other, are with the command.
#[test]
fn the_first_reason_is_the_right_one() {
    let causes = [rollouts::CAUSES, rolling::CAUSES, refused::CAUSES].concat_all();
    assert_eq!(causes.len(), 43);
    let mut names: Vec<_> = causes.iter().map(|it| it.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), causes.len());
    let wrong: Vec<String> = causes.iter().filter_map(|it| wrong(it)).collect();
    assert_eq!(wrong, [""; 0], "{} of {}", wrong.len(), causes.len());
}

trait ConcatAll<'c> {
    fn concat_all(self) -> Vec<&'c Cause>;
}

impl<'c, const N: usize> ConcatAll<'c> for [&'c [Cause]; N] {
    fn concat_all(self) -> Vec<&'c Cause> {
        self.into_iter().flatten().collect()
    }
}
