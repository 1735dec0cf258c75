//! The signing keys of other servers: where they are, and when they are fetched again. An issuer that has a new key signs
//! with a `kid` that nobody has seen, and its key set says what that is (OpenID Connect Core §10.1.1). What names no key is
//! by a new one when no key at hand verifies it.

use super::{Awaited, Links, Needed};
use crate::role::Context;
use crate::wire::jws::Jwk;
use crate::wire::{Duration, Request, Uri};

/// Where the signing keys of an issuer are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeysFrom {
    /// Where its discovery document says.
    #[default]
    Discovery,
    /// There, whatever it publishes.
    At(Uri),
    /// Here; they are never fetched.
    Here(Vec<Jwk>),
}

/// Keys that somebody needs.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Where they are.
    pub from: &'a KeysFrom,
    /// The discovery document, for the first of those places.
    pub document: &'a Uri,
    /// Which of them.
    pub key: Key<'a>,
}

/// Which key somebody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// Whichever is there.
    Any,
    /// The one of that name: `kid` of what is to be verified.
    Named(&'a str),
    /// None of those at hand: what is to be verified names none, and none of them verifies it.
    Another,
}

impl<'a> Key<'a> {
    /// The key that something names, if it does.
    pub fn of(kid: &'a str) -> Self {
        if kid.is_empty() { Self::Any } else { Self::Named(kid) }
    }

    fn is_among(self, keys: &[Jwk]) -> bool {
        match self {
            Self::Any => true,
            Self::Named(kid) => keys.iter().any(|key| &*key.kid == kid),
            Self::Another => false,
        }
    }
}

/// How long a key set is not fetched again, whatever anybody shows: what makes it be fetched is not verified yet.
const KEPT: Duration = Duration::from_secs(60);

impl Links {
    /// The signing keys of a server, or `None` while the link is still asking for them (discovery, then `jwks_uri`).
    /// They are asked for again when they lack the one that is wanted, once a minute.
    pub fn keys(&mut self, cx: &mut Context<'_>, issuer: &Uri, wanted: Wanted<'_>) -> Option<Vec<Jwk>> {
        if let KeysFrom::Here(keys) = wanted.from {
            return Some(keys.clone());
        }
        let link = self.links.entry(issuer.clone()).or_default();
        if let Some(keys) = &link.keys {
            let known = wanted.key.is_among(keys);
            let asked_lately = link.keys_asked.is_some_and(|asked| cx.at.since(asked) < KEPT);
            if known || (asked_lately && !link.asking) {
                return Some(keys.clone());
            }
        }
        self.ask_for_keys(cx, issuer, wanted);
        None
    }

    /// Keys that are known of a server do not count any more: it is trusted otherwise from now on, or not at all.
    pub fn forget_keys(&mut self, issuer: &Uri) {
        if let Some(link) = self.links.get_mut(issuer) {
            link.keys = None;
            link.keys_asked = None;
        }
    }

    fn ask_for_keys(&mut self, cx: &mut Context<'_>, issuer: &Uri, wanted: Wanted<'_>) {
        let link = self.links.entry(issuer.clone()).or_default();
        let published = || link.configuration.as_ref().and_then(|known| known.jwks_uri.clone());
        let place = match wanted.from {
            KeysFrom::At(place) => Some(place.clone()),
            KeysFrom::Discovery | KeysFrom::Here(_) => published(),
        };
        match place {
            Some(jwks_uri) => {
                if !link.asking {
                    link.keys_asked = Some(cx.at);
                }
                self.ask(cx, issuer, Awaited::Keys, &jwks_uri, Request::GetJwks);
            }
            None => {
                let awaits = Awaited::Configuration(Needed::Keys);
                self.ask(cx, issuer, awaits, wanted.document, Request::GetConfiguration);
            }
        }
    }
}
