//! Where whoever runs a server wants its endpoints. All revisions leave their paths open (RFC 8414 §2; D5, D6 §1.5; Core
//! 1.0.1 §1.4), but not those of the documents that name them.

use super::{dialect, routes_at};
use crate::wire::codec::{Route, Routes};
use crate::wire::{Endpoint, Revision, Served, Text, Uri};
use std::collections::BTreeSet;
use std::fmt;

/// An endpoint that somebody wants at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The one revision that it is for, where a server has two and both have the endpoint in a form of their own.
    pub revision: Option<Revision>,
    /// The endpoint, by its word.
    pub endpoint: Text,
    /// The path below the issuer.
    pub path: Text,
}

/// Places that a server can have: each is one of an endpoint that it serves, and no two of them lead to the same path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenPlaces {
    chosen: Vec<Chosen>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Chosen {
    revision: Option<Revision>,
    endpoint: Endpoint,
    path: Text,
}

/// Why a server cannot have such places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// Which wish it is, counted from 0.
    pub wish: usize,
    /// What is wrong with it.
    pub why: Fault,
}

/// What is wrong with a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such endpoint at this server, or not in that revision; these there are.
    NoEndpoint(Vec<&'static str>),
    /// Each of these revisions has such an endpoint of its own.
    OfRevisions(Vec<Revision>),
    /// The server has no endpoints of one revision: it has one.
    OneRevision,
    /// The path is none that a server has, and why.
    BadPath(&'static str),
    /// An endpoint is already there, above it or below it.
    Taken(&'static str),
}

impl ChosenPlaces {
    /// What is wished for, if a server of that issuer can have it; a wish for an endpoint that stands there already takes
    /// its place.
    ///
    /// # Errors
    /// The first wish that cannot be, and why.
    pub fn new(served: Served, issuer: &Uri, wishes: &[Wish]) -> Result<Self, Misplaced> {
        let usual = dialect::of(served).routes();
        let misplaced = |wish| move |why| Misplaced { wish, why };
        let chosen = wishes.iter().enumerate().map(|(at, wish)| choose(served, &usual, wish).map_err(misplaced(at)));
        let places = Self { chosen: chosen.collect::<Result<_, _>>()? };
        let routes = routes_at(served, issuer, &places);
        for (at, chosen) in places.chosen.iter().enumerate() {
            if let Some(by) = chosen.taken(&routes, issuer) {
                return Err(misplaced(at)(Fault::Taken(by)));
            }
        }
        Ok(places)
    }

    /// The paths of a server of that issuer with these in the place of its usual ones.
    pub(super) fn applied(&self, routes: Routes, issuer: &Uri) -> Routes {
        let moved = |routes: Routes, chosen: &Chosen| routes.moved(chosen.revision, chosen.endpoint, chosen.at(issuer));
        self.chosen.iter().fold(routes, moved)
    }
}

impl Chosen {
    fn at(&self, issuer: &Uri) -> String {
        [issuer.path().trim_end_matches('/'), &self.path].concat()
    }

    // The endpoint in whose way it is.
    fn taken(&self, routes: &Routes, issuer: &Uri) -> Option<&'static str> {
        let own = self.at(issuer);
        let other = |route: &Route<'_>| (route.revision, route.endpoint) != (self.revision, self.endpoint);
        let met = |route: &Route<'_>| {
            // The longest path wins, so what stands in no document is in nobody's way but at the same place.
            let nested = below(route.path, &own) || below(&own, route.path);
            route.path.trim_end_matches('/') == own.trim_end_matches('/') || (route.published && nested)
        };
        routes.entries().filter(other).find(met).map(|route| word(route.endpoint).unwrap_or("a document"))
    }
}

fn below(all: &str, one: &str) -> bool {
    all.ends_with('/') && one.starts_with(all)
}

fn choose(served: Served, usual: &Routes, wish: &Wish) -> Result<Chosen, Fault> {
    let known = known(usual, wish.revision);
    let named = known.iter().find(|endpoint| word(**endpoint) == Some(&wish.endpoint)).copied();
    let Some(endpoint) = named else { return Err(unknown(usual, &known, wish)) };
    check(&wish.path).map_err(Fault::BadPath)?;
    // D5 §2.4.3, RSR draft-00 §2.3, RSR 1.0.1 §2.2: "{rsreguri}/resource_set".
    let has_sets = wish.revision.unwrap_or(served.newest()).has_resource_sets();
    let ends_in_sets = wish.path.trim_end_matches('/').ends_with("/resource_set");
    if endpoint == Endpoint::ResourceRegistration && has_sets && ends_in_sets {
        return Err(Fault::BadPath("`/resource_set` comes behind it by itself"));
    }
    let path: Text = match has_more_below(endpoint) {
        true => format!("{}/", wish.path.trim_end_matches('/')).into(),
        false if wish.path.ends_with('/') => {
            return Err(Fault::BadPath("there is nothing below it, so no `/` at its end"));
        }
        false => wish.path.clone(),
    };
    Ok(Chosen { revision: wish.revision, endpoint, path })
}

fn unknown(usual: &Routes, known: &[Endpoint], wish: &Wish) -> Fault {
    let named = usual.entries().filter(|route| word(route.endpoint) == Some(&wish.endpoint));
    let of: BTreeSet<Revision> = named.filter_map(|route| route.revision).collect();
    if wish.revision.is_none() && !of.is_empty() {
        return Fault::OfRevisions(of.into_iter().collect());
    }
    if wish.revision.is_some() && usual.spoken_at().is_empty() {
        return Fault::OneRevision;
    }
    Fault::NoEndpoint(known.iter().copied().filter_map(word).collect())
}

// In the order of their words.
fn known(usual: &Routes, revision: Option<Revision>) -> Vec<Endpoint> {
    let own = usual.of(revision).map(|route| route.endpoint);
    let mut known: Vec<Endpoint> = own.filter(|endpoint| word(*endpoint).is_some()).collect();
    known.sort_by_key(|endpoint| word(*endpoint));
    known.dedup();
    known
}

/// A path as a server can have it, which no client and nothing on the way understands as another one (RFC 3986 §3.3,
/// §6.2.2, §6.2.3).
fn check(path: &str) -> Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte);
    let Some(below) = path.strip_prefix('/') else { return Err("it has to begin with `/`") };
    if path.contains(['?', '#']) {
        return Err("a path has no query and no fragment");
    }
    if path.contains('%') {
        return Err("nothing in it may be percent-encoded");
    }
    if !path.bytes().all(plain) {
        return Err("letters, digits, `/` and any of -._~!$&'()*+,;=:@ are what it can have");
    }
    if below.trim_end_matches('/').is_empty() {
        return Err("the root is no place for an endpoint");
    }
    if path.contains("//") {
        return Err("no part of it may be empty");
    }
    if below.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("`.` and `..` are directions and no parts of it");
    }
    // RFC 8615 §3: names there are registered.
    if below.split('/').next() == Some(".well-known") {
        return Err("what is below `/.well-known` is for documents");
    }
    Ok(())
}

/// True for an endpoint with things of its own below it.
fn has_more_below(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::ResourceRegistration | Endpoint::Account | Endpoint::Owner)
}

/// What an endpoint is called where somebody chooses its place; none for what has no place of choice.
fn word(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::Jwks => Some("jwks"),
        Endpoint::ClientRegistration => Some("client-registration"),
        Endpoint::Authorization => Some("authorization"),
        Endpoint::AuthorizationRedirect => Some("authorization-redirect"),
        Endpoint::Token => Some("token"),
        Endpoint::Revocation => Some("revocation"),
        Endpoint::ResourceRegistration => Some("resource-registration"),
        Endpoint::Permission => Some("permission"),
        Endpoint::Introspection => Some("introspection"),
        Endpoint::Rpt => Some("rpt"),
        Endpoint::AuthorizationData => Some("authorization-data"),
        Endpoint::ClaimsInteraction => Some("claims-interaction"),
        Endpoint::Form => Some("form"),
        Endpoint::Account => Some("account"),
        Endpoint::Owner => Some("owner"),
        Endpoint::Description => Some("openapi"),
        Endpoint::Configuration
        | Endpoint::ClaimsRedirect
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::ScopeDescription
        | Endpoint::Resource
        | Endpoint::Unknown => None,
    }
}

impl Fault {
    /// True where the path is wrong, and not the endpoint.
    pub const fn is_of_path(&self) -> bool {
        match self {
            Self::NoEndpoint(_) | Self::OfRevisions(_) | Self::OneRevision => false,
            Self::BadPath(_) | Self::Taken(_) => true,
        }
    }

    /// What was expected instead.
    pub fn expected(&self) -> String {
        match self {
            Self::NoEndpoint(known) => known.join(", "),
            Self::OfRevisions(revisions) => {
                let tables: Vec<String> = revisions.iter().map(|revision| format!("`paths.\"{revision}\"`")).collect();
                tables.join(" or ")
            }
            Self::OneRevision => "`paths` itself".to_owned(),
            Self::BadPath(_) => "a path below the issuer, such as `/oauth/token`".to_owned(),
            Self::Taken(_) => "a place of its own, not below another endpoint".to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint(_) => f.write_str("is no endpoint whose place can be chosen here"),
            Self::OfRevisions(_) => f.write_str("is one endpoint of each revision"),
            Self::OneRevision => f.write_str("stands in a table of a revision, and the server has one alone"),
            Self::BadPath(why) => f.write_str(why),
            Self::Taken(by) => write!(f, "`{by}` is there already, above it or below it"),
        }
    }
}

#[cfg(test)]
mod tests;
