//! The names of a script and what they stand for.

use super::{Origins, at_node, list, nearest, revision_named};
use crate::message::NodeId;
use crate::role::resource_server::SCOPES;
use crate::sim::script::format::ScriptFile;
use crate::sim::script::{ScriptError, Source};
use crate::trace::truth::RoleKind;
use crate::wire::{Revision, Scope, ScopeSet, Uri};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The nodes by name, in the order in which they get their numbers.
#[derive(Clone)]
pub(super) struct Names {
    pub(super) revision: Revision,
    nodes: BTreeMap<String, (NodeId, RoleKind)>,
    revisions: BTreeMap<String, Revision>,
    /// Who describes the scopes that a script names by a word: the first resource server of each revision, and whether the
    /// script says what they are called.
    describers: BTreeMap<Revision, (String, bool)>,
    /// Where servers are that are not where scripts have them.
    origins: Origins,
}

impl Names {
    /// Numbers the nodes: identity providers, authorization servers, resource servers, clients, people.
    pub(super) fn collect(
        script: &ScriptFile,
        revision: Revision,
        origins: &Origins,
        source: &Source<'_>,
    ) -> Result<Self, ScriptError> {
        let mut names = Self {
            revision,
            nodes: BTreeMap::new(),
            revisions: own_revisions(script, source)?,
            describers: BTreeMap::new(),
            origins: origins.clone(),
        };
        let servers = script.identity_providers.iter().map(|table| (&table.name, RoleKind::IdentityProvider));
        let servers = servers
            .chain(script.authorization_servers.iter().map(|table| (&table.name, RoleKind::AuthorizationServer)))
            .chain(script.resource_servers.iter().map(|table| (&table.name, RoleKind::ResourceServer)))
            .chain(script.clients.iter().map(|table| (&table.name, RoleKind::Client)))
            .chain(script.people.iter().map(|table| (&table.name, RoleKind::Person)));
        for (name, role) in servers {
            names.add(name, role, source)?;
        }
        for table in &script.resource_servers {
            let name = table.name.get_ref();
            let speaks = names.revisions.get(name).copied().unwrap_or(revision);
            names.describers.entry(speaks).or_insert_with(|| (name.clone(), !table.scopes.is_empty()));
        }
        Ok(names)
    }

    /// The same names as that node says them, in the revision that it speaks.
    pub(super) fn spoken_by(&self, name: &str) -> Self {
        let revision = self.revisions.get(name).copied().unwrap_or(self.revision);
        Self { revision, ..self.clone() }
    }

    fn add(&mut self, name: &Spanned<String>, role: RoleKind, source: &Source<'_>) -> Result<(), ScriptError> {
        let text = name.get_ref();
        let fine = !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !fine || text == "world" {
            let expected = "lower-case letters, digits and hyphens, and not `world`";
            return Err(source.error(name.span(), format!("`{text}` is no name of a node"), expected));
        }
        let id = at_node(self.nodes.len());
        if self.nodes.insert(text.clone(), (id, role)).is_some() {
            return Err(source.error(name.span(), format!("a second node `{text}`"), "every name once"));
        }
        Ok(())
    }

    /// The node of that name with one of these roles.
    pub(super) fn node(
        &self,
        name: &Spanned<String>,
        roles: &[RoleKind],
        source: &Source<'_>,
    ) -> Result<NodeId, ScriptError> {
        self.node_named(name.get_ref(), name.span(), roles, source)
    }

    pub(super) fn node_named(
        &self,
        name: &str,
        span: Range<usize>,
        roles: &[RoleKind],
        source: &Source<'_>,
    ) -> Result<NodeId, ScriptError> {
        match self.nodes.get(name) {
            Some((id, role)) if roles.contains(role) => Ok(*id),
            Some((_, role)) => {
                let wanted: Vec<&str> = roles.iter().map(|role| role_word(*role)).collect();
                Err(source.error(
                    span,
                    format!("`{name}` is a {}", role_word(*role)),
                    format!("a {}", wanted.join(" or ")),
                ))
            }
            None => {
                let known: Vec<&str> =
                    self.nodes.iter().filter(|(_, (_, role))| roles.contains(role)).map(|(name, _)| &**name).collect();
                let expected = if known.len() <= 6 {
                    format!("one of {}", list(&known))
                } else {
                    nearest(name, known.into_iter())
                };
                Err(source.error(span, format!("unknown actor `{name}`"), expected))
            }
        }
    }

    /// The origin of a server.
    pub(super) fn origin(&self, name: &str) -> Uri {
        self.origins.get(name).cloned().unwrap_or_else(|| Uri::new(format!("https://{name}.example")))
    }

    /// What a node is.
    pub(super) fn role(&self, name: &str) -> Option<RoleKind> {
        self.nodes.get(name).map(|(_, role)| *role)
    }

    /// A scope as it travels: the drafts ask for URIs (D5 §2.4.1; RSR draft-00 §2.1), so a plain word becomes one there,
    /// at the resource server that describes it; later it may be one (RSR 1.0.1 §2.1), where the script says what it is
    /// called.
    pub(super) fn scope(&self, word: &str) -> Scope {
        if let Some(server) = self.describer()
            && !word.contains("://")
        {
            return Scope::new(format!("{}{SCOPES}{word}", self.origin(server)));
        }
        Scope::from(word)
    }

    /// True for the resource server that describes the scopes of the script.
    pub(super) fn describes_scopes(&self, server: &str) -> bool {
        self.describer() == Some(server)
    }

    fn describer(&self) -> Option<&str> {
        let known = self.describers.get(&self.revision);
        let explicit = known.filter(|(_, explicit)| *explicit).map(|(server, _)| server.as_str());
        let always = || known.map_or("scopes", |(server, _)| server);
        explicit.or_else(|| self.revision.is_draft().then(always))
    }

    pub(super) fn scopes<'a>(&self, words: impl IntoIterator<Item = &'a String>) -> ScopeSet {
        words.into_iter().map(|word| self.scope(word)).collect()
    }
}

// The nodes that speak another revision than the script.
fn own_revisions(script: &ScriptFile, source: &Source<'_>) -> Result<BTreeMap<String, Revision>, ScriptError> {
    let servers = script.authorization_servers.iter().map(|table| (&table.name, &table.revision));
    let servers = servers.chain(script.resource_servers.iter().map(|table| (&table.name, &table.revision)));
    let servers = servers.chain(script.clients.iter().map(|table| (&table.name, &table.revision)));
    let own = servers.filter_map(|(name, revision)| Some((name.get_ref().clone(), revision.as_ref()?)));
    own.map(|(name, revision)| Ok((name, revision_named(revision, source)?))).collect()
}

pub(super) const fn role_word(role: RoleKind) -> &'static str {
    match role {
        RoleKind::Person => "person",
        RoleKind::Client => "client",
        RoleKind::ResourceServer => "resource server",
        RoleKind::AuthorizationServer => "authorization server",
        RoleKind::IdentityProvider => "identity provider",
    }
}
