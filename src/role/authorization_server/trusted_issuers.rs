//! Identity providers whose ID tokens are believed: by what name they know this server, and where their keys are.

use crate::role::link::KeysFrom;
use crate::wire::{Text, Uri};

/// An identity provider that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Its issuer.
    pub issuer: Uri,
    /// Where its keys are.
    pub keys: KeysFrom,
    /// A name by which its ID tokens may mean this server, besides the own issuer.
    pub audience: Option<Text>,
}

impl From<Uri> for TrustedIssuer {
    fn from(issuer: Uri) -> Self {
        Self { issuer, keys: KeysFrom::Discovery, audience: None }
    }
}

/// The one with that issuer.
pub(super) fn of<'a>(trusted: &'a [TrustedIssuer], issuer: &Uri) -> Option<&'a TrustedIssuer> {
    trusted.iter().find(|one| one.issuer == *issuer)
}
