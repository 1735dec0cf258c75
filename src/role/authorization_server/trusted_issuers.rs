//! Identity providers whose ID tokens are believed: by what name they know this server, and where their keys are. Some
//! are configured, and an operator trusts and distrusts others while the server runs.

use super::{AuthorizationServer, withdrawal};
use crate::role::link::KeysFrom;
use crate::role::operation::{KnownIssuer, OnIssuers, Report};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{IssuerDistrusted, IssuerTrusted};
use crate::wire::oauth::KeySource;
use crate::wire::{Text, Uri};
use std::collections::BTreeMap;

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

impl From<&IssuerTrusted> for TrustedIssuer {
    fn from(trusted: &IssuerTrusted) -> Self {
        let IssuerTrusted { issuer, keys, audience } = trusted.clone();
        let keys = match keys {
            None => KeysFrom::Discovery,
            Some(KeySource::Here(keys)) => KeysFrom::Here(keys),
            Some(KeySource::At(place)) => KeysFrom::At(place),
        };
        Self { issuer, keys, audience }
    }
}

impl From<&TrustedIssuer> for IssuerTrusted {
    fn from(trusted: &TrustedIssuer) -> Self {
        let TrustedIssuer { issuer, keys, audience } = trusted.clone();
        let keys = match keys {
            KeysFrom::Discovery => None,
            KeysFrom::Here(keys) => Some(KeySource::Here(keys)),
            KeysFrom::At(place) => Some(KeySource::At(place)),
        };
        Self { issuer, keys, audience }
    }
}

/// The one with that issuer.
pub(super) fn of<'a>(server: &'a AuthorizationServer, issuer: &Uri) -> Option<&'a TrustedIssuer> {
    configured(server, issuer).or_else(|| server.added_issuers.added.get(issuer))
}

/// The issuers of all of them, those of the configuration first.
pub(super) fn all(server: &AuthorizationServer) -> impl Iterator<Item = &Uri> {
    let added = server.added_issuers.added.keys().filter(|issuer| configured(server, issuer).is_none());
    server.config.trusted_issuers.iter().map(|trusted| &trusted.issuer).chain(added)
}

fn configured<'a>(server: &'a AuthorizationServer, issuer: &Uri) -> Option<&'a TrustedIssuer> {
    server.config.trusted_issuers.iter().find(|one| one.issuer == *issuer)
}

// Also where the configuration has people say who they are: what they said there is not an operator's to take back.
fn is_of_configuration(server: &AuthorizationServer, issuer: &Uri) -> bool {
    let here = server.config.issuer == *issuer || server.config.claims_from.as_ref() == Some(issuer);
    here || configured(server, issuer).is_some()
}

/// Does what an operator wants.
pub(super) fn operate(server: &mut AuthorizationServer, cx: &mut Context<'_>, wanted: &OnIssuers) -> Report {
    match wanted {
        OnIssuers::List => Report::Issuers(list(server)),
        OnIssuers::Put(trusted) => trust(server, cx, trusted),
        OnIssuers::Remove(issuer) => distrust(server, cx, issuer),
    }
}

fn list(server: &AuthorizationServer) -> Vec<KnownIssuer> {
    let known = |issuer: &Uri| {
        let configured = configured(server, issuer).is_some();
        of(server, issuer).map(|trusted| KnownIssuer { trusted: IssuerTrusted::from(trusted), configured })
    };
    all(server).filter_map(known).collect()
}

fn trust(server: &mut AuthorizationServer, cx: &mut Context<'_>, trusted: &IssuerTrusted) -> Report {
    if is_of_configuration(server, &trusted.issuer) {
        return Report::Configured;
    }
    let before = server.added_issuers.added.get(&trusted.issuer);
    if before.is_some_and(|before| *before == TrustedIssuer::from(trusted)) {
        return Report::Done { created: false };
    }
    let created = before.is_none();
    server.record(cx, Fact::IssuerTrusted(trusted.clone()));
    server.links.forget_keys(&trusted.issuer);
    Report::Done { created }
}

// What it said is not believed any more either: the fact takes its claims out of every process that is open, and what was
// granted to the people that it named ends.
fn distrust(server: &mut AuthorizationServer, cx: &mut Context<'_>, issuer: &Uri) -> Report {
    if is_of_configuration(server, issuer) {
        return Report::Configured;
    }
    if !server.added_issuers.added.contains_key(issuer) {
        return Report::Unknown;
    }
    server.record(cx, Fact::IssuerDistrusted(IssuerDistrusted { issuer: issuer.clone() }));
    server.links.forget_keys(issuer);
    withdrawal::of_people(server, cx, |subject| subject.issuer == *issuer);
    Report::Done { created: false }
}

/// The identity providers that an operator trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AddedIssuers {
    added: BTreeMap<Uri, TrustedIssuer>,
}

impl AddedIssuers {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::IssuerTrusted(trusted) => {
                self.added.insert(trusted.issuer.clone(), TrustedIssuer::from(trusted));
            }
            Fact::IssuerDistrusted(distrusted) => {
                self.added.remove(&distrusted.issuer);
            }
            _ => {}
        }
    }

    pub(super) fn rest_on(&self, trusted: &IssuerTrusted) -> bool {
        self.added.get(&trusted.issuer).is_some_and(|known| *known == TrustedIssuer::from(trusted))
    }
}
