//! What runs in the place of a container's image.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use zdd_core::app::App;

/// The image of the test service that a `zdd` executable stands in for.
const SIMPLE_SERVICE: &str = "mhausenblas/simpleservice:*";

/// Which command stands in for which image: a lab runs processes of this machine, and no containers.
///
/// A pattern is an image as an app names it, in which `*` stands for any text. Entries that are
/// added later win, so that what is said on a command line wins over a file.
///
/// The command stands for the whole container: an app's `args` are given to it, its `cmd` is not run.
/// An empty command means that the app's own `cmd` or `args` can be run on this machine as they are.
#[derive(Clone, Debug, Default)]
pub struct ImageMap {
    entries: Vec<(String, Argv)>,
}

/// What is run for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argv {
    /// A command line for `/bin/sh -c`, and the arguments that it gets (`$1`, …).
    Shell {
        /// The command line.
        line: String,
        /// Its arguments.
        args: Vec<String>,
    },
    /// A program, looked up in `PATH`, and its arguments.
    Words(Vec<String>),
}

/// An app whose image nothing stands in for, or which says nothing to run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnmappedImage {
    /// No command is known for the image.
    #[error(
        "the image `{image}` cannot run here: a lab runs commands, and none is given for it \
         (give one with `--image '{image}=COMMAND'`)"
    )]
    NoCommand {
        /// Which image.
        image: String,
    },
    /// The app's own command is to be run, and it has none.
    #[error("there is nothing to run: the app has neither cmd nor args")]
    NothingToRun,
}

/// Why an entry cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageMapError {
    /// An entry that is not `IMAGE=COMMAND`.
    #[error("`{0}` is not of the form IMAGE=COMMAND")]
    NotAnEntry(String),
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that is not a map of images.
    #[error("`{}` is not an object of images and their commands", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// What and where.
        #[source]
        source: serde_json::Error,
    },
}

impl ImageMapError {
    /// How to go on.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAnEntry(_) => {
                Some("write, for example, 'example/web:*=python3 -m http.server $PORT0'".into())
            }
            Self::Json { .. } => Some(
                r#"write {"example/web:*": "./web --port $PORT0", "example/db:1": ["./db", "-v"]}"#
                    .into(),
            ),
            Self::File { .. } => None,
        }
    }
}

impl ImageMap {
    /// A map in which nothing stands for anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// A map in which the test service of the executable `zdd` (`zdd lab service`) stands in for the
    /// image `mhausenblas/simpleservice`, whatever its tag.
    pub fn with_simple_service(zdd: &Path) -> Self {
        let words = [zdd.to_string_lossy().into_owned(), "lab".into(), "service".into()];
        Self { entries: vec![(SIMPLE_SERVICE.into(), Argv::Words(words.into()))] }
    }

    /// Adds an entry of the form `IMAGE=COMMAND`, whose command is a line for `/bin/sh`.
    ///
    /// # Errors
    ///
    /// When there is no `=`, or nothing before it.
    pub fn add(&mut self, entry: &str) -> Result<(), ImageMapError> {
        let (image, command) = entry
            .split_once('=')
            .map(|(image, command)| (image.trim(), command.trim()))
            .filter(|(image, _)| !image.is_empty())
            .ok_or_else(|| ImageMapError::NotAnEntry(entry.into()))?;
        self.entries.push((image.into(), Argv::line(command)));
        Ok(())
    }

    /// Adds the entries of a JSON file: an object of images, with a line for `/bin/sh` or a list of
    /// words for each.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or holds something else.
    pub fn add_file(&mut self, path: &Path) -> Result<(), ImageMapError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Command {
            Line(String),
            Words(Vec<String>),
        }
        let text = fs::read_to_string(path)
            .map_err(|source| ImageMapError::File { path: path.into(), source })?;
        let read: BTreeMap<String, Command> = serde_json::from_str(&text)
            .map_err(|source| ImageMapError::Json { path: path.into(), source })?;
        self.entries.extend(read.into_iter().map(|(image, command)| match command {
            Command::Line(line) => (image, Argv::line(&line)),
            Command::Words(words) => (image, Argv::Words(words)),
        }));
        Ok(())
    }

    /// What is run for a task of `app`: its own command, or what stands in for its image.
    ///
    /// # Errors
    ///
    /// When the app has an image that nothing stands in for, or says nothing to run.
    pub fn command_for(&self, app: &App) -> Result<Argv, UnmappedImage> {
        let json = app.as_json();
        let args: Vec<String> = json
            .get("args")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(String::from))
            .collect();
        let image = json.get("container").and_then(|container| {
            container.get("docker").and_then(|docker| docker.get("image")).and_then(Value::as_str)
        });
        if let Some(image) = image {
            let no_command = || UnmappedImage::NoCommand { image: image.into() };
            let found = self.find(image).ok_or_else(no_command)?;
            if !found.is_empty() {
                return Ok(found.clone().with_args(args));
            }
        }
        match json.get("cmd").and_then(Value::as_str) {
            Some(line) if !line.is_empty() => Ok(Argv::line(line)),
            _ if !args.is_empty() => Ok(Argv::Words(args)),
            _ => Err(UnmappedImage::NothingToRun),
        }
    }

    fn find(&self, image: &str) -> Option<&Argv> {
        let mut newest_first = self.entries.iter().rev();
        newest_first.find(|(pattern, _)| matches(pattern, image)).map(|(_, argv)| argv)
    }
}

impl Argv {
    fn line(line: &str) -> Self {
        Self::Shell { line: line.into(), args: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Shell { line, .. } => line.is_empty(),
            Self::Words(words) => words.is_empty(),
        }
    }

    fn with_args(self, args: Vec<String>) -> Self {
        match self {
            // A shell gives arguments on only when it is told to.
            Self::Shell { line, .. } if !args.is_empty() => {
                Self::Shell { line: line + r#" "$@""#, args }
            }
            Self::Words(mut words) => {
                words.extend(args);
                Self::Words(words)
            }
            Self::Shell { .. } => self,
        }
    }

    /// The program and all its arguments.
    pub(crate) fn into_words(self) -> Vec<String> {
        match self {
            Self::Shell { line, args } => {
                let shell = ["/bin/sh".into(), "-c".into(), line];
                // The word after the line is `$0`.
                let name = (!args.is_empty()).then(|| "sh".into());
                shell.into_iter().chain(name).chain(args).collect()
            }
            Self::Words(words) => words,
        }
    }
}

/// Whether `text` is what `pattern` says, `*` standing for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or("");
    // The first place for each part leaves the most for those after it.
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(rest: &str) -> App {
        App::parse(&format!(r#"{{"id": "/a"{rest}}}"#)).unwrap()
    }

    fn with_image(image: &str, rest: &str) -> App {
        app(&format!(r#", "container": {{"docker": {{"image": "{image}"}}}}{rest}"#))
    }

    fn words(map: &ImageMap, app: &App) -> Vec<String> {
        map.command_for(app).unwrap().into_words()
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, same) in [
            ("a/b:1", "a/b:1", true),
            ("a/b:1", "a/b:10", false),
            ("a/b:*", "a/b:1", true),
            ("a/b:*", "a/b:", true),
            ("a/b:*", "a/bc:1", false),
            ("*", "anything", true),
            ("*/b:*", "x.org/a/b:2", true),
            ("*b*b", "ab", false),
            ("a*b*c", "a--b--b-c", true),
            ("a*b*c", "a--c--b", false),
        ] {
            assert_eq!(matches(pattern, text), same, "{pattern} {text}");
        }
    }

    #[test]
    fn an_app_without_an_image_runs_its_own_command() {
        let map = ImageMap::new();
        assert_eq!(words(&map, &app(r#", "cmd": "a b""#)), ["/bin/sh", "-c", "a b"]);
        assert_eq!(words(&map, &app(r#", "args": ["a", "b c"]"#)), ["a", "b c"]);
        assert_eq!(map.command_for(&app("")), Err(UnmappedImage::NothingToRun));
    }

    #[test]
    fn a_command_stands_in_for_an_image_and_gets_the_args() {
        let mut map = ImageMap::with_simple_service(Path::new("/bin/zdd"));
        let simple = with_image("mhausenblas/simpleservice:0.4.0", "");
        assert_eq!(words(&map, &simple), ["/bin/zdd", "lab", "service"]);

        map.add("web:*=./web -p $PORT0").unwrap();
        assert_eq!(words(&map, &with_image("web:1", "")), ["/bin/sh", "-c", "./web -p $PORT0"]);
        assert_eq!(
            words(&map, &with_image("web:1", r#", "args": ["a", "b c"]"#)),
            ["/bin/sh", "-c", r#"./web -p $PORT0 "$@""#, "sh", "a", "b c"]
        );
        // The command stands for the container, with whatever it would run.
        assert_eq!(words(&map, &with_image("web:1", r#", "cmd": "x""#))[2], "./web -p $PORT0");
    }

    #[test]
    fn an_empty_command_lets_the_app_run_its_own() {
        let mut map = ImageMap::new();
        map.add("python:*=").unwrap();
        let app = with_image("python:3", r#", "cmd": "python3 x""#);
        assert_eq!(words(&map, &app), ["/bin/sh", "-c", "python3 x"]);
        assert_eq!(map.command_for(&with_image("python:3", "")), Err(UnmappedImage::NothingToRun));
    }

    #[test]
    fn what_is_added_later_wins() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("images.json");
        fs::write(&path, r#"{"web:*": ["./file", "-v"], "db:1": "./db"}"#).unwrap();
        let mut map = ImageMap::new();
        map.add_file(&path).unwrap();
        assert_eq!(words(&map, &with_image("web:1", r#", "args": ["x"]"#)), ["./file", "-v", "x"]);
        map.add("web:1=./option").unwrap();
        assert_eq!(words(&map, &with_image("web:1", ""))[2], "./option");
        assert_eq!(words(&map, &with_image("web:2", "")), ["./file", "-v"]);
        assert_eq!(words(&map, &with_image("db:1", ""))[2], "./db");
    }

    #[test]
    fn an_image_without_a_command_is_refused_with_the_option_that_helps() {
        let error = ImageMap::new().command_for(&with_image("nginx:1.27", "")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the image `nginx:1.27` cannot run here: a lab runs commands, and none is given for it \
             (give one with `--image 'nginx:1.27=COMMAND'`)"
        );
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_named() {
        let mut map = ImageMap::new();
        for entry in ["nginx", "=command"] {
            let error = map.add(entry).unwrap_err();
            assert_eq!(error.to_string(), format!("`{entry}` is not of the form IMAGE=COMMAND"));
            assert!(error.hint().unwrap().contains("$PORT0"));
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("images.json");
        let error = map.add_file(&path).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read `{}`", path.display()));
        fs::write(&path, r#"{"web": 1}"#).unwrap();
        let error = map.add_file(&path).unwrap_err();
        assert!(error.to_string().ends_with("is not an object of images and their commands"));
        assert!(error.hint().unwrap().contains("example/db:1"));
    }
}
