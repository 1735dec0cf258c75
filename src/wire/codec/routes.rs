//! Which path of a server is which endpoint. A server publishes its endpoints; it also needs the way back.

use crate::wire::{Endpoint, Text, Uri};

/// The paths of one server, longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    entries: Vec<(Text, Endpoint)>,
    /// Good, and named by no document.
    unpublished: Vec<(Text, Endpoint)>,
    fallback: Option<Endpoint>,
}

impl Routes {
    /// A server with these paths. A path that ends in `/` also stands for everything below it.
    pub fn new(paths: impl IntoIterator<Item = (Endpoint, &'static str)>) -> Self {
        let mut entries: Vec<(Text, Endpoint)> =
            paths.into_iter().map(|(endpoint, path)| (Text::from(path), endpoint)).collect();
        entries.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Self { entries, unpublished: Vec::new(), fallback: None }
    }

    /// The same server with every other path leading to `endpoint`, as the resources of a resource server do.
    #[must_use]
    pub fn with_fallback(mut self, endpoint: Endpoint) -> Self {
        self.fallback = Some(endpoint);
        self
    }

    /// The same server for an issuer with a path: everything is below that path. What others put at the root of an
    /// authority whatever the issuer is (D6 §1.5; where browsers send forms) stays good there.
    #[must_use]
    pub fn below_issuer(mut self, issuer: &Uri) -> Self {
        let prefix = issuer.path().trim_end_matches('/');
        if prefix.is_empty() {
            return self;
        }
        let below = |(path, endpoint): &(Text, Endpoint)| (Text::from([prefix, path].concat()), *endpoint);
        let mut entries: Vec<_> = self.entries.iter().map(below).collect();
        entries.append(&mut self.entries);
        entries.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Self { entries, ..self }
    }

    /// The same server with another path to an endpoint, which stands in no document.
    #[must_use]
    pub fn also_at(mut self, endpoint: Endpoint, path: impl Into<Text>) -> Self {
        self.unpublished.push((path.into(), endpoint));
        self
    }

    /// The endpoint that a URI leads to.
    pub fn endpoint(&self, uri: &Uri) -> Endpoint {
        let path = uri.path();
        let known = || self.entries.iter().chain(&self.unpublished);
        let found = known().find(|(route, _)| leads_to(route, path)).map(|(_, endpoint)| *endpoint);
        found.or(self.fallback).unwrap_or(Endpoint::Unknown)
    }

    /// Every path with its endpoint, longest first.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Endpoint)> {
        self.entries.iter().map(|(path, endpoint)| (&**path, *endpoint))
    }

    /// The path of an endpoint, if the server has it.
    pub fn path(&self, endpoint: Endpoint) -> Option<&str> {
        self.entries.iter().find(|(_, candidate)| *candidate == endpoint).map(|(path, _)| &**path)
    }

    /// The part of the URI's path below the endpoint's own: the `{_id}` of `rreguri/{_id}`. Empty at the endpoint.
    pub fn below<'a>(&self, endpoint: Endpoint, uri: &'a Uri) -> &'a str {
        let route = self.path(endpoint).unwrap_or_default().trim_end_matches('/');
        uri.path().strip_prefix(route).unwrap_or_default().trim_start_matches('/')
    }
}

fn leads_to(route: &str, path: &str) -> bool {
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
        assert_eq!(routes.below(Endpoint::ResourceRegistration, &"https://as/rreg/7".into()), "7");
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
        assert_eq!(routes.below(Endpoint::ResourceRegistration, &"https://as/uma/rreg/7".into()), "7");
    }
}
