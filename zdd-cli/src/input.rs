//! Files and standard input.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zdd_core::app::{Document, Place};
use zdd_core::group::{Cycle, DependencyGraph};

use crate::error::{CliError, FileError, FileFault};

/// The most bytes that are read as a definition. Marathon itself takes requests of 2 MB; a whole
/// cluster's apps are some ten; a log that was named by mistake should not fill memory.
const MAX_DEFINITION: u64 = 64 << 20;

/// Where input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file, by the name that was given.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::File(path.into()) }
    }
}

impl Source {
    /// Opens it for reading.
    pub(crate) fn open(&self) -> Result<Box<dyn Read>, FileError> {
        self.opened().map_err(|fault| self.error(fault))
    }

    fn opened(&self) -> Result<Box<dyn Read>, FileFault> {
        let Self::File(path) = self else {
            return Ok(Box::new(io::stdin().lock()));
        };
        let file = File::open(path).map_err(FileFault::from)?;
        if file.metadata().map_err(FileFault::from)?.is_dir() {
            return Err(FileFault::Directory);
        }
        Ok(Box::new(file))
    }

    /// The definition that it holds.
    pub(crate) fn document(&self) -> Result<Document, FileError> {
        self.document_of(&self.contents()?)
    }

    /// The definition that `bytes` hold, which were read from it.
    pub(crate) fn document_of(&self, bytes: &[u8]) -> Result<Document, FileError> {
        let document = Document::parse_bytes(bytes);
        let document = document.map_err(|error| self.error(FileFault::NotADefinition(error)))?;
        match circle(&document) {
            Some(circle) => Err(self.error(placed(circle, bytes))),
            None => Ok(document),
        }
    }

    /// All that it holds.
    pub(crate) fn contents(&self) -> Result<Vec<u8>, FileError> {
        self.bytes().map_err(|fault| self.error(fault))
    }

    /// The text that it holds, without a byte order mark.
    pub(crate) fn text(&self) -> Result<String, FileError> {
        let bytes = self.bytes().map_err(|fault| self.error(fault))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let error = io::Error::new(io::ErrorKind::InvalidData, error.utf8_error());
            self.error(FileFault::Unreadable(error))
        })?;
        let plain = without_mark(&text);
        Ok(if plain.len() == text.len() { text } else { plain.to_owned() })
    }

    fn bytes(&self) -> Result<Vec<u8>, FileFault> {
        // A file says how long it is before it is read; a pipe does not.
        if let Self::File(path) = self
            && path.metadata().is_ok_and(|about| about.is_file() && about.len() > MAX_DEFINITION)
        {
            return Err(FileFault::TooLarge);
        }
        let mut bytes = Vec::new();
        self.opened()?.take(MAX_DEFINITION + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_DEFINITION { Err(FileFault::TooLarge) } else { Ok(bytes) }
    }

    /// `fault`, with this as the place of it.
    pub(crate) fn error(&self, fault: FileFault) -> FileError {
        FileError { fault, source: self.clone() }
    }
}

/// `text` without the byte order mark that some editors put before it.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::IsADirectory => Self::Directory,
            _ => Self::Unreadable(error),
        }
    }
}

/// The definitions in `files`. All are looked at, so that one run names every problem.
pub(crate) fn documents(files: &[PathBuf]) -> Result<Vec<(Source, Document)>, CliError> {
    let mut documents = Vec::new();
    let mut errors = Vec::new();
    for path in files {
        let source = Source::from(path.as_path());
        match source.document() {
            Ok(document) if document.apps().next().is_none() => {
                errors.push(source.error(FileFault::NoApp));
            }
            Ok(document) => documents.push((source, document)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(documents) } else { Err(CliError::Files(errors)) }
}

/// Apps that depend on each other in a circle, which Marathon refuses.
fn circle(document: &Document) -> Option<Cycle> {
    match document {
        Document::Group(group) => DependencyGraph::from(group).layers().err(),
        Document::App(_) | Document::Apps(_) => {
            let mut graph = DependencyGraph::new();
            document.apps().for_each(|app| graph.add_app(app.id(), app.dependencies()));
            graph.layers().err()
        }
    }
}

fn placed(circle: Cycle, bytes: &[u8]) -> FileFault {
    let first = circle.apps().first();
    let text = std::str::from_utf8(bytes).ok();
    let place = first.zip(text).and_then(|(app, text)| Place::of_app(text, app, "dependencies"));
    FileFault::Circle { circle, place }
}
