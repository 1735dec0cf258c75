//! Scripts: a run as data. A script is a TOML file (world, steps, deviations, expectations), written by people or by
//! the shrinker; [`crate::sim::world`] builds a world from it.

mod client_table;
pub mod condition;
pub mod error;
pub mod format;
pub mod span;

pub use error::{ScriptError, Source};
pub use format::ScriptFile;

use toml::Spanned;

/// Reads a script.
///
/// # Errors
/// When the text is no TOML, or has members that a script has not.
pub fn parse(source: &Source<'_>) -> Result<ScriptFile, ScriptError> {
    toml::from_str(source.text).map_err(|error| source.toml_error(&error))
}

/// Writes a script as TOML.
///
/// # Errors
/// When a value cannot be written as TOML, which no script causes.
pub fn write(script: &ScriptFile) -> Result<String, toml::ser::Error> {
    toml::to_string(script)
}

/// A member that no text stands behind.
pub fn spanless<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
