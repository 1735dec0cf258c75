//! Tickets, RPTs and every other secret that was issued, with what became of them.

use crate::check::ledger::exchanges::{Moment, Secret};
use crate::message::{ExchangeId, NodeId};
use crate::trace::fact::{
    GrantedPermission, ProcessId, ResourceKey, RevocationCause, RptOrigin, Subject, TicketReason,
};
use crate::wire::client_assertion::ClientAssertionClaims;
use crate::wire::{Claim, ClientId, PermissionRequest, PersonId, PolicyId, ScopeSet, Text, Timestamp, Uri};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// When and why something died.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Death {
    pub(crate) step: u64,
    pub(crate) at: Timestamp,
    pub(crate) why: RevocationCause,
}

/// A permission ticket.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) server: NodeId,
    pub(crate) process: ProcessId,
    pub(crate) permissions: Vec<PermissionRequest>,
    pub(crate) owner: PersonId,
    pub(crate) resource_server: ClientId,
    pub(crate) expires_at: Timestamp,
    pub(crate) reason: TicketReason,
    pub(crate) successor: Option<Secret>,
    /// The step of its first redemption.
    pub(crate) redeemed: Option<u64>,
    /// The step at which it was spent.
    pub(crate) spent: Option<u64>,
    pub(crate) granted: bool,
    /// True once an outcome of its redemption is durable, or an answer went out.
    pub(crate) settled: bool,
    /// For a ticket of `request_submitted`: from when on it may be presented, by the server's clock.
    pub(crate) poll: Option<Poll>,
    /// Its latest arrival at its server.
    pub(crate) presented: Option<Moment>,
    pub(crate) sent: u32,
    /// The access that it answered, by which server, to whom.
    pub(crate) challenged: Option<(ExchangeId, NodeId, NodeId)>,
    /// The people for whom the client of that access was at work.
    pub(crate) starters: Vec<NodeId>,
    /// The client that got it back from the server, and when.
    pub(crate) delivered: Option<(NodeId, u64)>,
}

/// From when on a client may poll (Grant §3.3.6): the answer was decided at some instant between its request and itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poll {
    /// Before this it is too early, whenever that was.
    pub(crate) earliest: Timestamp,
    /// From this on it is not.
    pub(crate) latest: Timestamp,
}

/// One permission of an RPT with what the oracle thinks of it.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) given: GrantedPermission,
    /// Policies that permitted it when it was granted, by the oracle; per scope the first one.
    pub(crate) basis: Vec<(PolicyId, u64)>,
    /// The scopes that the oracle permits.
    pub(crate) justified: ScopeSet,
    /// True when the policies it names were in force in the versions it names.
    pub(crate) chained: bool,
}

/// An RPT.
#[derive(Clone, Debug)]
pub(crate) struct Rpt {
    pub(crate) server: NodeId,
    pub(crate) client: ClientId,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) resource_server: Option<ClientId>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) expires_at: Timestamp,
    pub(crate) origin: RptOrigin,
    pub(crate) refresh: Option<Secret>,
    pub(crate) issued: u64,
    pub(crate) dead: Option<Death>,
    /// The resource server that a client sought it for.
    pub(crate) sought_for: Option<NodeId>,
    pub(crate) session: Option<Secret>,
    /// The client that learned of its replacement, and when.
    pub(crate) left_behind: Option<(NodeId, u64)>,
    pub(crate) withdrawn: Vec<(ResourceKey, ScopeSet)>,
    /// The latest evaluation by its server that each resource server knows of: evaluated, returned.
    pub(crate) newest_answers: BTreeMap<NodeId, (u64, u64)>,
}

/// An access token that is no RPT.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) server: NodeId,
    pub(crate) client: ClientId,
    pub(crate) person: Option<PersonId>,
    pub(crate) pat: bool,
    pub(crate) aat: bool,
    /// True for an owner's token: of that scope, and of no other.
    pub(crate) owners: bool,
    pub(crate) expires_at: Timestamp,
    pub(crate) dead: Option<Death>,
    /// The newest RPT under this AAT, and when it was issued.
    pub(crate) newest_rpt: Option<(Secret, u64)>,
    /// The RPT bound last per resource server, and when.
    pub(crate) bound: Vec<(ClientId, Secret, u64)>,
    /// RPTs issued since its client last began a fetch.
    pub(crate) reissued: u32,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) client: ClientId,
    pub(crate) server: NodeId,
    pub(crate) dead: Option<Death>,
    /// Its end, where its server said one, and by which access token's issue.
    pub(crate) ends: Option<(Timestamp, Secret)>,
    /// Its end before that.
    pub(crate) ended_before: Option<Timestamp>,
}

impl Refresh {
    /// Its end as it was without the use that gave this access token.
    pub(crate) fn end_before(&self, given: Secret) -> Option<Timestamp> {
        match self.ends {
            Some((_, by)) if by == given => self.ended_before,
            ends => ends.map(|(ends, _)| ends),
        }
    }

    pub(super) fn ends(&mut self, at: Timestamp, by: Secret) {
        self.ended_before = self.ends.map(|(ends, _)| ends);
        self.ends = Some((self.ended_before.map_or(at, |before| before.max(at)), by));
    }
}

/// A persisted claims token.
#[derive(Clone, Debug)]
pub(crate) struct Pct {
    pub(crate) server: NodeId,
    pub(crate) client: ClientId,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) established_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) dead: Option<Death>,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) server: NodeId,
    pub(crate) client: ClientId,
    pub(crate) redirect_uri: Uri,
    pub(crate) challenge: Option<Text>,
    pub(crate) expires_at: Timestamp,
    pub(crate) issued_tokens: u32,
}

/// A browser session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) server: NodeId,
    /// Who signed in.
    pub(crate) person: Option<PersonId>,
    pub(crate) expires_at: Timestamp,
    /// The step at which somebody signed out of it.
    pub(crate) ended: Option<u64>,
}

/// An ID token.
#[derive(Clone, Debug)]
pub(crate) struct IdToken {
    pub(crate) server: NodeId,
    pub(crate) person: PersonId,
    pub(crate) client: ClientId,
    pub(crate) expires_at: Timestamp,
}

/// A SAML assertion.
#[derive(Clone, Debug)]
pub(crate) struct Assertion {
    /// The identity provider.
    pub(crate) issuer: NodeId,
    pub(crate) person: PersonId,
    pub(crate) audience: Uri,
    pub(crate) recipient: Uri,
    pub(crate) expires_at: Timestamp,
    /// How often it was taken.
    pub(crate) redeemed: u32,
}

/// What a client signed to prove who it is.
#[derive(Clone, Debug)]
pub(crate) struct ClientProof {
    /// What it says; a trace of a node tells only which one it is.
    pub(crate) says: Option<ClientAssertionClaims>,
}

/// Every secret that was issued. `issued` keeps 16 bytes for each for ever; the rest is swept once long over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) issued: FxHashSet<Secret>,
    pub(crate) tickets: FxHashMap<Secret, Ticket>,
    pub(crate) rpts: FxHashMap<Secret, Rpt>,
    pub(crate) access: FxHashMap<Secret, AccessToken>,
    pub(crate) refresh: FxHashMap<Secret, Refresh>,
    pub(crate) pcts: FxHashMap<Secret, Pct>,
    pub(crate) codes: FxHashMap<Secret, Code>,
    /// How people signed in for a client's tokens at a server, where it was more than a password.
    pub(crate) sign_ins: BTreeMap<(NodeId, ClientId, PersonId), BTreeSet<Text>>,
    pub(crate) id_tokens: FxHashMap<Secret, IdToken>,
    pub(crate) assertions: FxHashMap<Secret, Assertion>,
    /// What clients signed and a server took, with its end.
    pub(crate) client_assertions: FxHashMap<(NodeId, Secret), Timestamp>,
    pub(crate) sessions: FxHashMap<Secret, Session>,
}

impl Tokens {
    /// Forgets what was over before `before`.
    pub(crate) fn sweep(&mut self, before: Timestamp) {
        self.tickets.retain(|_, ticket| ticket.expires_at >= before);
        // An RPT that can be refreshed lives on in the next one, which rests on what it rested on.
        let refresh = &self.refresh;
        let renewable =
            |rpt: &Rpt| rpt.refresh.and_then(|token| refresh.get(&token)).is_some_and(|token| token.dead.is_none());
        self.rpts.retain(|_, rpt| rpt.expires_at >= before || renewable(rpt));
        self.access.retain(|_, token| token.expires_at >= before);
        self.pcts.retain(|_, pct| pct.expires_at >= before);
        self.codes.retain(|_, code| code.expires_at >= before);
        self.id_tokens.retain(|_, token| token.expires_at >= before);
        self.assertions.retain(|_, assertion| assertion.expires_at >= before);
        self.client_assertions.retain(|_, end| *end >= before);
        self.sessions.retain(|_, session| session.expires_at >= before);
        self.refresh.retain(|_, refresh| {
            refresh.dead.is_none_or(|death| death.at >= before) && refresh.ends.is_none_or(|(ends, _)| ends >= before)
        });
    }
}

/// True when something died before `step`: whoever was asked at `step` had to know.
pub(crate) fn dead_before(dead: Option<Death>, step: u64) -> bool {
    dead.is_some_and(|death| death.step < step)
}
