//! REG-1 to REG-5: resources and policies at an authorization server.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange};
use crate::check::safety::{honest, name};
use crate::message::NodeId;
use crate::trace::fact::{ResourceKey, TicketReason};
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::{
    ClientId, ETag, ErrorCode, OwnerAnswer, PermissionRequest, PersonId, PolicyId, PolicyTarget, ResourceId, Response,
    Revision, Text, Uri,
};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};

/// Watches registrations and policies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registration {
    /// Every identifier that was ever registered, with server and in draft-06 owner and resource server, as a number.
    given: FxHashSet<u64>,
    /// Revisions that updates were accepted with.
    spent_etags: FxHashMap<(NodeId, ResourceKey), ETag>,
}

impl Family for Registration {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact } if honest(truth, *node) => {
                let see = See { ledger, truth, node: *node };
                self.fact(&see, fact, tally);
            }
            Event::Answered { from, exchange, answer, .. } if honest(truth, *from) => {
                let Some(question) = ledger.exchanges.get(*exchange) else { return };
                let see = See { ledger, truth, node: *from };
                self.answered(&see, question, &answer.message, tally);
            }
            _ => {}
        }
    }
}

struct See<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    node: NodeId,
}

impl Registration {
    fn fact(&mut self, see: &See<'_>, fact: &Fact, tally: &mut Tally) {
        match fact {
            Fact::ResourceRegistered { resource, .. } => {
                see.created(resource, tally);
                self.reuse(see, resource, tally);
            }
            Fact::ResourceUpdated { resource, etag, .. } => see.updated(resource, etag.as_ref(), tally),
            Fact::ResourceDeregistered { resource } => see.existing(resource, tally),
            Fact::ResourceMapped { path, owner, as_uri, id: Some(id), .. } => {
                see.mapped(path, owner, as_uri, id, tally)
            }
            Fact::PolicySet { owner, policy, .. } => see.policy(owner, &policy.target, tally),
            Fact::OwnerAsked { owner, resource, .. } => {
                tally.check(Id::Reg4, *owner == resource.owner, || {
                    format!("{} asked {owner} about a resource of {}", see.name(), resource.owner)
                });
            }
            Fact::OwnerAnswered { request, owner, .. } => see.owners_answer(request, owner, tally),
            Fact::TicketIssued {
                permissions, owner, resource_server, reason: TicketReason::PermissionRequest, ..
            } => {
                see.asked_whole(permissions, owner, resource_server, tally);
            }
            _ => {}
        }
    }

    // F2 §3.2: the server makes identifiers up and never gives one twice.
    fn reuse(&mut self, see: &See<'_>, key: &ResourceKey, tally: &mut Tally) {
        let mut hasher = FxHasher::default();
        (see.node, &key.id).hash(&mut hasher);
        let draft = see.revision().is_some_and(Revision::is_draft);
        if draft {
            // The resource server chooses identifiers, so the same may come back for the same resource.
            return;
        }
        let first = self.given.insert(hasher.finish());
        tally.check(Id::Reg3, first, || format!("{} gave the identifier {} out again", see.name(), key.id));
    }

    fn answered(&mut self, see: &See<'_>, question: &Exchange, message: &Response, tally: &mut Tally) {
        match (&question.ask, message) {
            (Ask::Update { id, if_match: Some(etag) }, Response::ResourceUpdated(_)) => {
                let Some(key) = see.key(question, id) else { return };
                let known = see.ledger.registry.resources.get(&(see.node, key.clone()));
                let was = known.is_some_and(|it| it.replaced.contains(etag));
                let spent = self.spent_etags.insert((see.node, key), etag.clone());
                tally.check(Id::Reg1, was && spent.as_ref() != Some(etag), || {
                    format!("{} accepted an update of {id} whose If-Match was not current", see.name())
                });
            }
            (Ask::Owner(_), Response::Owner(told)) => see.told(question, told, tally),
            (Ask::List, Response::ResourceList(ids)) => see.listed(question, ids, tally),
            (Ask::Read(id) | Ask::Update { id, .. } | Ask::Delete(id), _) => see.unknown(question, id, message, tally),
            (Ask::Permissions(asked), Response::Failure(failure)) => {
                see.refused(question, asked, failure.code.as_ref(), tally);
            }
            _ => {}
        }
    }
}

impl See<'_> {
    fn name(&self) -> &str {
        name(self.truth, self.node)
    }

    fn revision(&self) -> Option<Revision> {
        Ledger::revision(self.truth, self.node)
    }

    fn key(&self, question: &Exchange, id: &ResourceId) -> Option<ResourceKey> {
        let pat = self.ledger.tokens.access.get(&question.bearer?)?;
        let (owner, resource_server) = (pat.person.clone()?, pat.client.clone());
        Some(ResourceKey { owner, resource_server, id: id.clone() })
    }

    // D6: a create does not silently overwrite (reading A2).
    fn created(&self, key: &ResourceKey, tally: &mut Tally) {
        tally.check(Id::Reg1, self.ledger.registry.live(self.node, key).is_none(), || {
            format!("{} overwrote {} by creating it", self.name(), key.id)
        });
    }

    fn updated(&self, key: &ResourceKey, etag: Option<&ETag>, tally: &mut Tally) {
        let before = self.ledger.registry.live(self.node, key);
        let moved = before.is_some_and(|before| etag.is_none() || before.etag.as_ref() != etag);
        tally.check(Id::Reg1, moved, || {
            format!("{} updated {}, which is unknown, or kept its revision", self.name(), key.id)
        });
    }

    fn existing(&self, key: &ResourceKey, tally: &mut Tally) {
        tally.check(Id::Reg1, self.ledger.registry.live(self.node, key).is_some(), || {
            format!("{} removed {}, which is unknown", self.name(), key.id)
        });
    }

    fn mapped(&self, path: &Text, owner: &PersonId, as_uri: &Uri, id: &ResourceId, tally: &mut Tally) {
        let Some(server) = self.ledger.names.at(as_uri) else { return };
        let key = (self.node, server, owner.clone(), id.clone());
        let first = self.ledger.mappings.path_of_id.get(&key);
        tally.check(Id::Reg3, first.is_none_or(|first| first == path), || {
            format!("{} uses the identifier {id} for {path} and for another resource", self.name())
        });
    }

    // G2 §6.1: an owner governs own resources only.
    fn policy(&self, owner: &PersonId, target: &PolicyTarget, tally: &mut Tally) {
        let PolicyTarget::Resources(ids) = target else { return };
        let owners = |id: &ResourceId| self.ledger.registry.owners.get(&(self.node, id.clone()));
        if !ids.iter().any(|id| owners(id).is_some()) {
            return;
        }
        let own = ids.iter().all(|id| owners(id).is_none_or(|owners| owners.contains(owner)));
        tally.check(Id::Reg4, own, || format!("{} let {owner} govern another owner's resource", self.name()));
    }

    fn owners_answer(&self, request: &Text, owner: &PersonId, tally: &mut Tally) {
        let Some(process) = self.ledger.questions.get(&(self.node, request.clone())) else { return };
        let Some(process) = self.ledger.processes.get(&(self.node, *process)) else { return };
        let Some(asked) = process.asked.iter().find(|asked| asked.request == *request) else { return };
        tally.check(Id::Reg4, asked.owner == *owner, || {
            format!("{} let {owner} answer what {} was asked", self.name(), asked.owner)
        });
    }

    // G2 §6.1: by a program, too, an owner is told and changes what is theirs, with a token that they approved for that.
    fn told(&self, question: &Exchange, told: &OwnerAnswer, tally: &mut Tally) {
        let token = question.bearer.and_then(|token| self.ledger.tokens.access.get(&token));
        let owner = token.filter(|token| token.owners && token.server == self.node).and_then(|it| it.person.as_ref());
        tally.check(Id::Reg4, owner.is_some_and(|owner| self.is_theirs(owner, told)), || {
            let whose = owner.map_or("nobody", |owner| owner.as_str());
            let asked = name(self.truth, question.from);
            format!("{} told {asked}, who asked for {whose}, or did for it, what is not theirs", self.name())
        });
    }

    fn is_theirs(&self, owner: &PersonId, told: &OwnerAnswer) -> bool {
        let registry = &self.ledger.registry;
        let of_owner =
            |id: &ResourceId| registry.owners.get(&(self.node, id.clone())).is_none_or(|owners| owners.contains(owner));
        let ruled = |id: &PolicyId| {
            registry.policies.get(&(self.node, owner.clone())).is_some_and(|policies| policies.contains_key(id))
        };
        match told {
            OwnerAnswer::Resources(all) => all.iter().all(|one| of_owner(&one.id)),
            OwnerAnswer::Requests(all) => all.iter().all(|one| of_owner(&one.resource_id)),
            OwnerAnswer::Shares(all) => all.iter().all(|one| of_owner(&one.resource_id)),
            OwnerAnswer::History(all) => all.iter().all(|one| of_owner(&one.resource_id)),
            OwnerAnswer::Policies(all) => all.iter().all(|(policy, _)| ruled(&policy.id)),
            OwnerAnswer::Policy(policy, _) | OwnerAnswer::PolicySet { policy, .. } => ruled(&policy.id),
            OwnerAnswer::Clients(_) | OwnerAnswer::Done => true,
        }
    }

    // F2 §4.1; D6 §3.2.
    fn asked_whole(&self, permissions: &[PermissionRequest], owner: &PersonId, server: &ClientId, tally: &mut Tally) {
        let registered = |asked: &PermissionRequest| {
            let (owner, resource_server, id) = (owner.clone(), server.clone(), asked.resource_id.clone());
            let key = ResourceKey { owner, resource_server, id };
            let known = self.ledger.registry.resources.get(&(self.node, key));
            (
                known.is_some_and(|it| it.gone.is_none() && asked.scopes.is_subset(&it.scopes)),
                known.is_some_and(|it| it.reduced),
            )
        };
        let checked: Vec<(bool, bool)> = permissions.iter().map(registered).collect();
        let whole = !permissions.is_empty() && checked.iter().all(|(there, _)| *there);
        tally.check(Id::Reg5, whole, || {
            format!("{} issued a ticket to {server} for what is not registered by it for {owner}", self.name())
        });
        if checked.iter().any(|(_, reduced)| *reduced) {
            tally.check(Id::Reg2, whole, || format!("{} issued a ticket for what was removed", self.name()));
        }
    }

    // The other half of REG-5: what is all registered is not refused as unknown.
    fn refused(&self, question: &Exchange, asked: &[PermissionRequest], code: Option<&ErrorCode>, tally: &mut Tally) {
        use ErrorCode::{InvalidResourceId, InvalidResourceSetId, InvalidScope};
        if !matches!(code, Some(InvalidResourceId | InvalidResourceSetId | InvalidScope)) {
            return;
        }
        let good = |asked: &PermissionRequest| {
            let key = self.key(question, &asked.resource_id)?;
            let known = self.ledger.registry.live(self.node, &key)?;
            (known.changed < question.since() && asked.scopes.is_subset(&known.scopes)).then_some(())
        };
        let all_good = !asked.is_empty() && asked.iter().all(|asked| good(asked).is_some());
        let draft_empty =
            self.revision().is_some_and(Revision::is_draft) && asked.iter().any(|asked| asked.scopes.is_empty());
        tally.check(Id::Reg5, !all_good || draft_empty, || {
            format!("{} refused permissions that are all registered", self.name())
        });
    }

    // F2 §3.2.5: the list is exact.
    fn listed(&self, question: &Exchange, ids: &[ResourceId], tally: &mut Tally) {
        let Some(pat) = question.bearer.and_then(|pat| self.ledger.tokens.access.get(&pat)) else { return };
        let Some(owner) = &pat.person else { return };
        let holding = self.ledger.registry.holdings.get(&(self.node, owner.clone(), pat.client.clone()));
        if holding.is_some_and(|holding| holding.changed >= question.since()) {
            return;
        }
        let known = holding.map_or(0, |holding| holding.ids.len());
        let all = ids.iter().all(|id| holding.is_some_and(|holding| holding.ids.contains(id)));
        tally.check(Id::Reg1, all && ids.len() == known, || {
            format!("{} listed {} resources of {owner}; it has {known}", self.name(), ids.len())
        });
    }

    // F2 §3.2: unknown to this PAT is 404.
    fn unknown(&self, question: &Exchange, id: &ResourceId, message: &Response, tally: &mut Tally) {
        let Some(key) = self.key(question, id) else { return };
        let known = self.ledger.registry.resources.get(&(self.node, key));
        if known.is_some_and(|known| known.gone.is_none_or(|gone| gone >= question.since())) {
            return;
        }
        let refused = matches!(message, Response::Failure(_) | Response::Refused { .. });
        tally.check(Id::Reg1, refused, || format!("{} served {id}, which is unknown to this PAT", self.name()));
    }
}
