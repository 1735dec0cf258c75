//! What servers hold: registered resources, policies and clients at authorization servers, the map of protected
//! resources at resource servers, authorization processes, browser sessions, and what clients are at.

use crate::check::ledger::exchanges::{Moment, Secret};
use crate::check::model;
use crate::message::NodeId;
use crate::trace::fact::{ClaimsSource, ProcessId, ResourceKey, Subject};
use crate::wire::{
    Claim, ClientId, ETag, PersonId, Policy, PolicyId, RequiredClaim, ResourceId, Revision, ScopeSet, Text, Timestamp,
    Uri,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// A resource at an authorization server.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) scopes: ScopeSet,
    /// Its scopes before the last change, which answers under way may still rest on.
    pub(crate) before: ScopeSet,
    pub(crate) changed: u64,
    pub(crate) type_: Option<Text>,
    pub(crate) etag: Option<ETag>,
    /// Revisions that an update was accepted with, the latest few.
    pub(crate) replaced: Vec<ETag>,
    pub(crate) gone: Option<u64>,
    /// True once a scope or the whole was removed.
    pub(crate) reduced: bool,
}

/// One policy and since when it stands.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub(crate) policy: Policy,
    pub(crate) version: u64,
    pub(crate) changed_at: Timestamp,
    pub(crate) removed: bool,
}

/// What a client told of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    pub(crate) scope: ScopeSet,
    pub(crate) claims_redirect_uris: Vec<Uri>,
    pub(crate) redirect_uris: Vec<Uri>,
    /// With what it proves who it is; `None` for a public client.
    pub(crate) secret: Option<Secret>,
    /// True where it proves it with what it signs.
    pub(crate) signs: bool,
}

/// The resources of one owner at one resource server, as one authorization server has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holding {
    pub(crate) ids: BTreeSet<ResourceId>,
    pub(crate) changed: u64,
}

/// What authorization servers hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    pub(crate) resources: FxHashMap<(NodeId, ResourceKey), Registered>,
    pub(crate) holdings: BTreeMap<(NodeId, PersonId, ClientId), Holding>,
    pub(crate) owners: FxHashMap<(NodeId, ResourceId), Vec<PersonId>>,
    pub(crate) policies: FxHashMap<(NodeId, PersonId), BTreeMap<PolicyId, Ruling>>,
    pub(crate) clients: FxHashMap<(NodeId, ClientId), Client>,
    /// The issuers whose claim tokens an operator has a server believe, besides those of its configuration.
    pub(crate) trusts: FxHashSet<(NodeId, Uri)>,
    /// What people approved clients for and have not taken back.
    pub(crate) approvals: FxHashMap<(NodeId, PersonId, ClientId), ScopeSet>,
    /// The step of the last change to any policy, registration or owner's decision.
    pub(crate) changed: u64,
}

impl Registry {
    /// The policies of an owner that are in force.
    pub(crate) fn in_force(&self, server: NodeId, owner: &PersonId) -> impl Iterator<Item = (&Policy, u64)> {
        let all = self.policies.get(&(server, owner.clone()));
        all.into_iter()
            .flat_map(|policies| policies.values())
            .filter(|ruling| !ruling.removed)
            .map(|ruling| (&ruling.policy, ruling.version))
    }

    /// The shortest age that a policy in force at a server allows a claim, in seconds.
    pub(crate) fn shortest_age(&self, server: NodeId) -> Option<u64> {
        #[expect(clippy::disallowed_methods, reason = "the shortest of them does not depend on the order")]
        let here =
            self.policies.iter().filter(|((at, _), _)| *at == server).flat_map(|(_, policies)| policies.values());
        here.filter(|ruling| !ruling.removed).filter_map(|ruling| model::shortest_age(&ruling.policy.condition)).min()
    }

    /// A resource that is registered now.
    pub(crate) fn live(&self, server: NodeId, key: &ResourceKey) -> Option<&Registered> {
        self.resources.get(&(server, key.clone())).filter(|resource| resource.gone.is_none())
    }
}

/// A resource as its resource server knows it.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    pub(crate) server: Option<NodeId>,
    pub(crate) id: Option<ResourceId>,
    pub(crate) mapped: bool,
    /// Since when it is protected; `None` once its owner ended that.
    pub(crate) protected: Option<u64>,
}

/// What resource servers hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mappings {
    pub(crate) by_path: BTreeMap<(NodeId, Text), Mapping>,
    pub(crate) path_of_id: FxHashMap<(NodeId, NodeId, PersonId, ResourceId), Text>,
    /// What a resource server got a PAT for and has not lost since.
    pub(crate) pats: BTreeSet<(NodeId, PersonId, NodeId)>,
}

/// Claims of one process.
#[derive(Clone, Debug)]
pub(crate) struct Established {
    pub(crate) subject: Subject,
    pub(crate) claims: Vec<Claim>,
    pub(crate) how: ClaimsSource,
    pub(crate) since: Timestamp,
    pub(crate) at: Timestamp,
}

/// A question to the owner.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) request: Text,
    pub(crate) owner: PersonId,
    pub(crate) resource: ResourceKey,
    pub(crate) scopes: ScopeSet,
    pub(crate) answered: Option<(bool, u64)>,
}

/// A visit to the claims interaction endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) client: ClientId,
    pub(crate) redirect_uri: Uri,
    pub(crate) state: Option<Secret>,
}

/// One authorization process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    /// The first ticket of the chain.
    pub(crate) root: Secret,
    /// The first client that redeemed one.
    pub(crate) client: Option<ClientId>,
    /// At a server of two revisions: the one of its first presentation, and when that was.
    pub(crate) decided: Option<(Revision, u64)>,
    pub(crate) claims: Vec<Established>,
    pub(crate) agreed: Vec<(Secret, ClientId, Subject)>,
    pub(crate) interactions: Vec<Interaction>,
    pub(crate) asked: Vec<Asked>,
    /// Every scope that the client named in a request of this process.
    pub(crate) requested: ScopeSet,
    pub(crate) presentations: u32,
    /// The claims hinted at by the last `need_info`, and the state of policies then.
    pub(crate) hints: Vec<RequiredClaim>,
    pub(crate) hinted: Option<Moment>,
    pub(crate) hinted_at_change: u64,
    /// What the latest assessment found good: pairs of resource and scope, folded to one number.
    pub(crate) candidates: Option<(Secret, u64)>,
    /// The newest RPT that carries a permission of this process.
    pub(crate) rpt: Option<Secret>,
    pub(crate) expires_at: Timestamp,
}

/// A person who was sent away by a client with a `state`.
#[derive(Clone, Debug)]
pub(crate) struct SentAway {
    pub(crate) node: NodeId,
    pub(crate) session: Secret,
    pub(crate) at: Timestamp,
    pub(crate) accepted: bool,
    pub(crate) process: Option<(NodeId, ProcessId)>,
    pub(crate) returned: Option<(NodeId, ProcessId)>,
    /// The ticket that they brought back.
    pub(crate) brought: Option<Secret>,
}

/// A client's process for one resource.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) session: Option<Secret>,
    pub(crate) actor: Option<NodeId>,
    pub(crate) resource: Uri,
    pub(crate) started: Moment,
    pub(crate) root: u32,
    pub(crate) method: Option<Text>,
    pub(crate) sent: u32,
    pub(crate) lost: bool,
}

/// What happens in browsers and at clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browsers {
    /// The actor at the root of each causal chain.
    pub(crate) actors: Vec<Option<NodeId>>,
    /// The browser that holds a cookie.
    pub(crate) sessions: FxHashMap<Secret, NodeId>,
    pub(crate) sent_away: FxHashMap<Secret, SentAway>,
    /// Whose browser sent which server an approval of a client.
    pub(crate) approving: FxHashSet<(NodeId, NodeId)>,
    /// Who sent the last agreement to give claims in a session.
    pub(crate) agreed: FxHashMap<Secret, NodeId>,
    /// The visits to a claims endpoint in a session, the latest few.
    pub(crate) visits: FxHashMap<Secret, Vec<Interaction>>,
    pub(crate) fetches: BTreeMap<(NodeId, u64), Fetch>,
    /// Endpoints published in documents that name another issuer, per client.
    pub(crate) strange_endpoints: FxHashSet<(NodeId, Uri)>,
}

/// How many visits of one session are remembered.
const VISITS_KEPT: usize = 32;

impl Browsers {
    /// A person came to a claims endpoint.
    pub(crate) fn visited(&mut self, session: Secret, visit: Interaction) {
        let visits = self.visits.entry(session).or_default();
        if visits.len() == VISITS_KEPT {
            visits.remove(0);
        }
        visits.push(visit);
    }

    /// The person or operator at the root of a chain.
    pub(crate) fn actor(&self, root: u32) -> Option<NodeId> {
        self.actors.get(root as usize).copied().flatten()
    }

    /// For whom a client is at a fetch.
    pub(crate) fn person(&self, fetch: &Fetch) -> Option<NodeId> {
        fetch.session.and_then(|session| self.sessions.get(&session).copied()).or(fetch.actor)
    }

    /// The people for whom a client is fetching a resource now.
    pub(crate) fn fetching<'a>(&'a self, client: NodeId, resource: &'a Uri) -> impl Iterator<Item = NodeId> + 'a {
        let all = self.fetches.range((client, 0)..=(client, u64::MAX));
        all.filter(move |(_, fetch)| fetch.resource == *resource).filter_map(|(_, fetch)| self.person(fetch))
    }
}
