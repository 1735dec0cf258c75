//! What a node is to be, from its file: read, checked, and put into the types that the node is made of.

mod checked;
mod folder;
mod format;
mod keeping;
pub(crate) mod key;
mod keys;
pub(crate) mod operator;
mod paths;
mod roles;
#[cfg(test)]
mod tests;

pub(crate) use checked::{Checked, Operations, Plan, is_address};

use crate::cli::InputError;
use checked::Checker;
use clap::ValueEnum;
use format::NodeFile;
use std::path::Path;
use umaverse::sim::script::{ScriptError, Source};

/// What kind of node it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// An authorization server
    As,
    /// A resource server that protects folders of files
    Rs,
    /// A client with pages
    Client,
    /// An identity provider
    Idp,
}

impl Kind {
    const ALL: [Self; 4] = [Self::As, Self::Rs, Self::Client, Self::Idp];

    /// The word on the command line.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::As => "as",
            Self::Rs => "rs",
            Self::Client => "client",
            Self::Idp => "idp",
        }
    }

    /// The table of a file that is this kind's alone.
    const fn table(self) -> &'static str {
        match self {
            Self::As => "authorization-server",
            Self::Rs => "resource-server",
            Self::Client => "client",
            Self::Idp => "identity-provider",
        }
    }
}

/// Members that only simulations have. A node obeys every rule, by the clock of its machine, with signatures that
/// nobody can forge.
const OF_SIMULATIONS: [&str; 9] = [
    "without-rules",
    "without_rules",
    "crypto",
    "clock",
    "clock-offset-millis",
    "clock-offset-ms",
    "steppable-clock",
    "rpt-reissue",
    "settings",
];

/// Reads and checks a node's file.
///
/// # Errors
/// What is wrong, with file, line and member, what came and what was expected.
pub(crate) fn load(kind: Kind, path: &Path) -> Result<Checked, InputError> {
    let text = crate::cli::read(path)?;
    let file = path.display().to_string();
    let source = Source { file: &file, text: &text };
    let base = path.parent().unwrap_or(Path::new("."));
    Ok(check(kind, &source, base)?)
}

fn check(kind: Kind, source: &Source<'_>, base: &Path) -> Result<Checked, ScriptError> {
    let file: NodeFile = toml::from_str(source.text).map_err(|error| toml_error(source, &error))?;
    refuse_other_tables(kind, &file, source)?;
    Checker { source, base, kind }.check(&file)
}

fn toml_error(source: &Source<'_>, error: &toml::de::Error) -> ScriptError {
    let unknown = error.message().strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    match unknown {
        Some((name, _)) if OF_SIMULATIONS.contains(&name) => source.error(
            error.span().unwrap_or(0..0),
            format!("`{name}` is a member of simulations only"),
            "a node that obeys every rule, by the machine's clock, with real signatures",
        ),
        _ => {
            let ScriptError { found, expected, .. } = source.toml_error(error);
            let known = expected != "a script as the README describes it";
            let expected = if known { expected } else { "a file as those in simulations/nodes".to_owned() };
            source.error(error.span().unwrap_or(0..1), found, expected)
        }
    }
}

fn refuse_other_tables(kind: Kind, file: &NodeFile, source: &Source<'_>) -> Result<(), ScriptError> {
    for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
        let span = match other {
            Kind::As => file.authorization_server.as_ref().map(toml::Spanned::span),
            Kind::Rs => file.resource_server.as_ref().map(toml::Spanned::span),
            Kind::Client => file.client.as_ref().map(toml::Spanned::span),
            Kind::Idp => file.identity_provider.as_ref().map(toml::Spanned::span),
        };
        if let Some(span) = span {
            let found = format!("`[{}]` belongs to `serve {}`", other.table(), other.word());
            return Err(source.error(span, found, format!("`[{}]` for `serve {}`", kind.table(), kind.word())));
        }
    }
    Ok(())
}
