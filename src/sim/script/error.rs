//! What is wrong with a script: where, what was found, what was expected.

use std::fmt;
use std::ops::Range;

/// An error in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 when it concerns the whole file.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}; expected {}", self.file, self.found, self.expected)
        } else {
            write!(f, "{}:{}:{}: {}; expected {}", self.file, self.line, self.column, self.found, self.expected)
        }
    }
}

impl std::error::Error for ScriptError {}

/// The text of a script with its name, to turn positions into lines.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file.
    pub file: &'a str,
    /// Its text; empty for a script that no text stands behind.
    pub text: &'a str,
}

impl Source<'_> {
    /// An error at a range of bytes.
    pub fn error(&self, span: Range<usize>, found: impl Into<String>, expected: impl Into<String>) -> ScriptError {
        let (line, column) = self.position(span);
        ScriptError { file: self.file.to_owned(), line, column, found: found.into(), expected: expected.into() }
    }

    /// An error of the TOML parser.
    pub fn toml_error(&self, error: &toml::de::Error) -> ScriptError {
        let message = error.message().to_owned();
        let (found, expected) = match message.split_once(", expected ") {
            Some((found, expected)) => (found.to_owned(), expected.to_owned()),
            None => (message, "a script as the README describes it".to_owned()),
        };
        self.error(error.span().unwrap_or(0..0), found, expected)
    }

    fn position(&self, span: Range<usize>) -> (usize, usize) {
        if span.end == 0 || self.text.is_empty() {
            return (0, 0);
        }
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        (line, column)
    }
}
