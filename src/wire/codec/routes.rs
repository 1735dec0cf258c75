//! Which path of a server is which endpoint. A server publishes its endpoints; it also needs the way back.

use crate::wire::{Endpoint, Revision, Text, Uri};
use std::collections::BTreeMap;

/// The paths of one server, longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    entries: Vec<Entry>,
    fallback: Option<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    path: Text,
    endpoint: Endpoint,
    /// The one revision in which this path is spoken, at a server of several.
    revision: Option<Revision>,
    /// False for a path that is good and stands in no document.
    published: bool,
}

/// One path of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// The path; one that ends in `/` also stands for everything below it.
    pub path: &'a str,
    /// Where it leads.
    pub endpoint: Endpoint,
    /// The one revision that is spoken there, at a server of several.
    pub revision: Option<Revision>,
    /// False for a path that is good and stands in no document.
    pub published: bool,
}

impl Routes {
    /// A server with these paths. A path that ends in `/` also stands for everything below it.
    pub fn new(paths: impl IntoIterator<Item = (Endpoint, &'static str)>) -> Self {
        let entry = |(endpoint, path)| Entry { path: Text::from(path), endpoint, revision: None, published: true };
        Self { entries: paths.into_iter().map(entry).collect(), fallback: None }.sorted()
    }

    fn sorted(mut self) -> Self {
        self.entries.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.path.cmp(&b.path)));
        self
    }

    /// The same server with every other path leading to `endpoint`, as the resources of a resource server do.
    #[must_use]
    pub fn with_fallback(mut self, endpoint: Endpoint) -> Self {
        self.fallback = Some(endpoint);
        self
    }

    /// The same paths, which are spoken in one revision only.
    #[must_use]
    pub fn spoken_in(mut self, revision: Revision) -> Self {
        self.entries.iter_mut().for_each(|entry| entry.revision = Some(revision));
        self
    }

    /// The same paths below a prefix without a slash at its end.
    #[must_use]
    pub fn below_prefix(mut self, prefix: &str) -> Self {
        self.entries.iter_mut().for_each(|entry| entry.path = Text::from([prefix, &entry.path].concat()));
        self.sorted()
    }

    /// One server with the paths of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.sorted()
    }

    /// One server with the paths of both, of which the other's stand in no document.
    #[must_use]
    pub fn and_also(self, mut other: Self) -> Self {
        other.entries.iter_mut().for_each(|entry| entry.published = false);
        self.and(other)
    }

    /// The same server for an issuer with a path: everything is below that path. What others put at the root of an
    /// authority whatever the issuer is (D6 §1.5; where browsers send forms) stays good there.
    #[must_use]
    pub fn below_issuer(self, issuer: &Uri) -> Self {
        let prefix = issuer.path().trim_end_matches('/');
        if prefix.is_empty() {
            return self;
        }
        self.clone().below_prefix(prefix).and_also(self)
    }

    fn find(&self, uri: &Uri) -> Option<&Entry> {
        let path = uri.path();
        self.entries.iter().find(|entry| leads_to(&entry.path, path))
    }

    /// The same server with another path to an endpoint, which stands in no document.
    #[must_use]
    pub fn also_at(mut self, endpoint: Endpoint, path: impl Into<Text>) -> Self {
        self.entries.push(Entry { path: path.into(), endpoint, revision: None, published: false });
        self.sorted()
    }

    /// The endpoint that a URI leads to.
    pub fn endpoint(&self, uri: &Uri) -> Endpoint {
        self.find(uri).map(|entry| entry.endpoint).or(self.fallback).unwrap_or(Endpoint::Unknown)
    }

    /// The revision that is spoken at a URI, at a server of several; none where all paths are spoken alike.
    pub fn revision(&self, uri: &Uri) -> Option<Revision> {
        self.find(uri)?.revision
    }

    /// The same server with an endpoint at another path than before, in one revision or in what all speak alike: every
    /// path that it had there is gone.
    #[must_use]
    pub fn moved(mut self, revision: Option<Revision>, endpoint: Endpoint, path: impl Into<Text>) -> Self {
        self.entries.retain(|entry| (entry.revision, entry.endpoint) != (revision, endpoint));
        self.entries.push(Entry { path: path.into(), endpoint, revision, published: true });
        self.sorted()
    }

    /// The paths at which that revision is spoken and no other, or those without a revision of their own.
    pub fn of(&self, revision: Option<Revision>) -> impl Iterator<Item = Route<'_>> {
        self.entries().filter(move |route| route.revision == revision)
    }

    /// The paths at which one revision is spoken, at a server of several.
    pub fn spoken_at(&self) -> BTreeMap<Text, Revision> {
        self.entries.iter().filter_map(|entry| Some((entry.path.clone(), entry.revision?))).collect()
    }

    /// Every path, longest first.
    pub fn entries(&self) -> impl Iterator<Item = Route<'_>> {
        self.entries.iter().map(|Entry { path, endpoint, revision, published }| Route {
            path,
            endpoint: *endpoint,
            revision: *revision,
            published: *published,
        })
    }

    /// The path of an endpoint, if the server has it.
    pub fn path(&self, endpoint: Endpoint) -> Option<&str> {
        self.path_in(None, endpoint)
    }

    /// The path of an endpoint for whoever speaks that revision.
    pub fn path_in(&self, revision: Option<Revision>, endpoint: Endpoint) -> Option<&str> {
        let serves = |entry: &&Entry| {
            entry.endpoint == endpoint && entry.published && (entry.revision.is_none() || entry.revision == revision)
        };
        self.entries.iter().find(serves).map(|entry| &*entry.path)
    }

    /// The path that leads a URI to its endpoint, without what is below it.
    pub fn route(&self, uri: &Uri) -> Option<&str> {
        self.find(uri).map(|entry| &*entry.path)
    }

    /// The part of the URI's path below the endpoint's own: the `{_id}` of `rreguri/{_id}`. Empty at the endpoint.
    pub fn below<'a>(&self, uri: &'a Uri) -> &'a str {
        let route = self.route(uri).unwrap_or_default().trim_end_matches('/');
        uri.path().strip_prefix(route).unwrap_or_default().trim_start_matches('/')
    }
}

/// True for a path that is a route's, or below one that stands for everything below it.
pub fn leads_to(route: &str, path: &str) -> bool {
    route == path || (route.ends_with('/') && (path.starts_with(route) || path == route.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_endpoint_and_nowhere_else() {
        let routes = Routes::new([(Endpoint::Token, "/token"), (Endpoint::ResourceRegistration, "/rreg/")]);
        assert_eq!(routes.endpoint(&"https://as/token?x=1".into()), Endpoint::Token);
        assert_eq!(routes.endpoint(&"https://as/rreg/7".into()), Endpoint::ResourceRegistration);
        assert_eq!(routes.endpoint(&"https://as/rreg".into()), Endpoint::ResourceRegistration);
        assert_eq!(routes.endpoint(&"https://as/Token".into()), Endpoint::Unknown);
        assert_eq!(routes.below(&"https://as/rreg/7".into()), "7");
    }

    #[test]
    fn another_path_leads_to_the_endpoint_and_is_not_its_path() {
        let routes = Routes::new([(Endpoint::Token, "/token")]).also_at(Endpoint::Token, "/a/much/longer/path");
        assert_eq!(routes.endpoint(&"https://as/a/much/longer/path".into()), Endpoint::Token);
        assert_eq!(routes.path(Endpoint::Token), Some("/token"));
    }

    #[test]
    fn an_issuer_with_a_path_has_everything_below_it() {
        let plain = || Routes::new([(Endpoint::Token, "/token"), (Endpoint::ResourceRegistration, "/rreg/")]);
        assert_eq!(plain().below_issuer(&"https://as".into()), plain());
        assert_eq!(plain().below_issuer(&"https://as/".into()), plain());
        let routes = plain().below_issuer(&"https://as/uma".into());
        assert_eq!(routes.endpoint(&"https://as/uma/token".into()), Endpoint::Token);
        assert_eq!(routes.endpoint(&"https://as/uma/x/token".into()), Endpoint::Unknown);
        assert_eq!(routes.path(Endpoint::Token), Some("/uma/token"));
        assert_eq!(routes.below(&"https://as/uma/rreg/7".into()), "7");
    }

    #[test]
    fn an_endpoint_that_is_moved_is_nowhere_else() {
        let routes = Routes::new([(Endpoint::Token, "/token"), (Endpoint::Jwks, "/jwks")])
            .below_issuer(&"https://as/uma".into());
        let routes = routes.moved(None, Endpoint::Token, "/uma/oauth/token");
        assert_eq!(routes.path(Endpoint::Token), Some("/uma/oauth/token"));
        for gone in ["/uma/token", "/token"] {
            assert_eq!(routes.endpoint(&Uri::from("https://as").with_path(gone)), Endpoint::Unknown);
        }
        assert_eq!(routes.endpoint(&"https://as/jwks".into()), Endpoint::Jwks);
    }

    #[test]
    fn a_server_of_two_revisions_has_paths_of_each() {
        let own = || Routes::new([(Endpoint::Permission, "/permission")]);
        let (old, new) = (own().spoken_in(Revision::V1_0_1), own().below_prefix("/uma2").spoken_in(Revision::V2_0));
        let routes = Routes::new([(Endpoint::Token, "/token")]).and(old).and(new);
        for (path, endpoint, revision) in [
            ("/token", Endpoint::Token, None),
            ("/permission", Endpoint::Permission, Some(Revision::V1_0_1)),
            ("/uma2/permission", Endpoint::Permission, Some(Revision::V2_0)),
        ] {
            let uri = Uri::new(format!("https://as{path}"));
            assert_eq!((routes.endpoint(&uri), routes.revision(&uri)), (endpoint, revision));
            assert_eq!(routes.path_in(revision, endpoint), Some(path));
        }
        assert_eq!(routes.path(Endpoint::Permission), None);
        let later = own().and_also(own().below_prefix("/uma2"));
        assert_eq!(later.path(Endpoint::Permission), Some("/permission"));
        assert_eq!(later.endpoint(&"https://as/uma2/permission".into()), Endpoint::Permission);
    }
}
