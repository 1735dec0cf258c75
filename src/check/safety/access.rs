//! ACC-1 to ACC-4, ACC-6, ACC-7, ACC-9 and the halves of REV that show at a release: what leaves a resource server.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret};
use crate::check::ledger::places::Mapping;
use crate::check::ledger::tokens::{Grant, Rpt};
use crate::check::safety::{honest, name, named, within};
use crate::message::{ExchangeId, NodeId};
use crate::trace::fact::ResourceKey;
use crate::trace::note::Evidence;
use crate::trace::truth::ResourceTruth;
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::{Response, Revision, Scope, ScopeSet, Text, Timestamp};

/// Watches releases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access;

/// One release of a protected resource, with everything that is known of it.
struct Release<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    node: NodeId,
    resource: &'a ResourceTruth,
    mapping: Option<&'a Mapping>,
    method: &'a Text,
    secret: Secret,
    rpt: Option<&'a Rpt>,
    evidence: &'a Evidence,
    access: Option<&'a Exchange>,
    /// The earliest instant of the decision: true time, and the server's clock.
    decided: (Timestamp, Timestamp),
    now: Timestamp,
}

impl Family for Access {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact: Fact::ResourceReleased { exchange, path, method, rpt, evidence } } => {
                let Some(resource) = truth.resource(*node, path).filter(|_| honest(truth, *node)) else { return };
                let mapping = ledger.mappings.by_path.get(&(*node, path.clone()));
                let protected = mapping.is_some_and(|mapping| mapping.protected.is_some());
                match (rpt, evidence) {
                    (Some(rpt), Some(evidence)) if evidence.active => {
                        let access = ledger.exchanges.get(*exchange);
                        let decided = decided(access, evidence, record);
                        let (secret, rpt) = (rpt.short(), ledger.tokens.rpts.get(&rpt.short()));
                        let (node, now) = (*node, record.at);
                        let release = Release {
                            ledger,
                            truth,
                            node,
                            resource,
                            mapping,
                            method,
                            secret,
                            rpt,
                            evidence,
                            access,
                            decided,
                            now,
                        };
                        release.judge(tally);
                    }
                    _ if protected => tally.check(Id::Acc7, false, || {
                        format!("{} released {path} without an active answer", name(truth, *node))
                    }),
                    _ => {}
                }
            }
            Event::Answered { from, exchange, status, answer, .. } => {
                answered(ledger, truth, *from, (*exchange, *status), &answer.message, tally);
            }
            _ => {}
        }
    }
}

// A decision is not older than the request and not older than its evidence.
fn decided(access: Option<&Exchange>, evidence: &Evidence, record: &Record) -> (Timestamp, Timestamp) {
    match access.and_then(|access| access.arrived) {
        Some(arrived) => {
            let after = evidence.fetched_at.since(arrived.node_time);
            ((arrived.at + after).min(record.at), arrived.node_time.max(evidence.fetched_at))
        }
        // A late copy of a request that the ledger has forgotten: its decision is as old as its evidence.
        None => {
            let since = record.node_time.since(evidence.fetched_at);
            (record.at - since, record.node_time.min(evidence.fetched_at))
        }
    }
}

impl Release<'_> {
    fn judge(&self, tally: &mut Tally) {
        self.covered(tally);
        self.evidence_of_protector(tally);
        self.evidence_fresh(tally);
        self.evidence_good(tally);
        self.right_recipient(tally);
        if honest(self.truth, self.resource.authorization_server) {
            self.authorized(tally);
            self.withdrawn(tally);
            self.revoked(tally);
            self.chain(tally);
        }
    }

    fn need(&self) -> Option<&ScopeSet> {
        self.resource.need.get(self.method)
    }

    fn who(&self) -> String {
        format!("{} released {} on {}", name(self.truth, self.node), self.resource.path, named("rpt", self.secret))
    }

    /// The permissions of the RPT for this resource, by the ledger.
    fn grants(&self) -> impl Iterator<Item = &Grant> {
        let id = self.mapping.and_then(|mapping| mapping.id.as_ref());
        let (names, server) = (&self.ledger.names, self.resource.authorization_server);
        let of_this = move |key: &ResourceKey| {
            Some(&key.id) == id
                && names.resource_server(server, &key.resource_server).is_none_or(|node| node == self.node)
        };
        self.rpt.into_iter().flat_map(|rpt| &rpt.grants).filter(move |grant| of_this(&grant.given.resource))
    }

    // G2 §3.5; D6 §3.1.3.
    fn authorized(&self, tally: &mut Tally) {
        let age = self.decided.1.since(self.evidence.fetched_at);
        let asked = self.decided.0 - age;
        let slack = self.truth.request_max + self.truth.clock_error_max + self.truth.clock_error_max;
        let live = self.rpt.is_some_and(|rpt| {
            rpt.server == self.resource.authorization_server
                && rpt.dead.is_none_or(|death| asked < death.at + slack)
                && asked < rpt.expires_at + slack
        });
        let granted = |scope: &Scope| {
            self.grants().any(|grant| {
                grant.justified.contains(scope)
                    && grant.given.permission.expires_at.is_none_or(|expires_at| asked < expires_at + slack)
            })
        };
        let holds = live && self.need().is_some_and(|need| need.iter().all(granted));
        tally.check(Id::Acc1, holds, || {
            format!("{}, which was not live with a permission that a policy justified (live: {live})", self.who())
        });
    }

    // F2 §5.1.1: one entry names the resource and has every scope.
    fn covered(&self, tally: &mut Tally) {
        let id = self.mapping.and_then(|mapping| mapping.id.as_ref());
        let covers = |need: &ScopeSet| {
            let one = |entry: &crate::wire::Permission| Some(&entry.resource_id) == id && need.is_subset(&entry.scopes);
            self.evidence.permissions.iter().any(one)
        };
        let holds = self.need().is_some_and(covers);
        tally.check(Id::Acc2, holds, || format!("{}: no single permission covers {}", self.who(), self.method));
    }

    // F2 §4 (choice of AS and PAT), §5.1.
    fn evidence_of_protector(&self, tally: &mut Tally) {
        let protector = self.resource.authorization_server;
        let asked = self.ledger.names.at(&self.evidence.as_uri) == Some(protector);
        let issuer = self.rpt.is_none_or(|rpt| rpt.server == protector);
        let pat = self.ledger.tokens.access.get(&self.evidence.pat.short()).is_some_and(|pat| {
            let owner = pat.person.as_ref().and_then(|person| self.ledger.names.person(pat.server, person));
            let holder = self.ledger.names.resource_server(pat.server, &pat.client);
            pat.server == protector
                && (pat.person.is_none() || owner.is_none_or(|owner| owner == self.resource.owner))
                && holder.is_none_or(|holder| holder == self.node)
        });
        let about = self.ledger.exchanges.get(self.evidence.exchange).is_none_or(|question| {
            question.from == self.node && question.to == Some(protector) && question.ask == Ask::Introspect(self.secret)
        });
        tally.check(Id::Acc4, asked && issuer && pat && about, || {
            format!(
                "{}: evidence must come from {} with the owner's PAT about this RPT (asked: {asked}, issued there: \
                 {issuer}, PAT: {pat}, question: {about})",
                self.who(),
                name(self.truth, protector)
            )
        });
    }

    // F2 §5; D6 §3.3.1 cache period; exp is exclusive.
    fn evidence_fresh(&self, tally: &mut Tally) {
        let slack = self.truth.clock_error_max + self.truth.clock_error_max;
        let age = self.decided.1.since(self.evidence.fetched_at);
        let young = age <= self.truth.cache_max + slack;
        let id = self.mapping.and_then(|mapping| mapping.id.as_ref());
        let entry = self.evidence.permissions.iter().find(|entry| Some(&entry.resource_id) == id);
        let permission = entry.and_then(|entry| entry.expires_at);
        let ends = [self.evidence.expires_at, permission].into_iter().flatten().min();
        let unexpired = ends.is_none_or(|ends| self.decided.1 < ends + slack);
        let newest = !self.older_than_known();
        tally.check(Id::Acc6, young && unexpired && newest, || {
            format!(
                "{}: evidence {age} old (at most {}), unexpired: {unexpired}, newest known: {newest}",
                self.who(),
                self.truth.cache_max
            )
        });
    }

    // A remembered answer, although a later evaluation had come back before the access arrived.
    fn older_than_known(&self) -> bool {
        let evaluated = self.ledger.exchanges.get(self.evidence.exchange).and_then(|question| question.answered);
        let (Some(evaluated), Some(access)) = (evaluated, self.access) else { return false };
        let newest = self.rpt.and_then(|rpt| rpt.newest_answers.get(&self.node)).copied();
        evaluated.step < access.since()
            && newest.is_some_and(|(answered, back)| answered > evaluated.step && back < access.since())
    }

    // G2 §3.5: an error, a time-out, or anything but an active answer is no permission.
    fn evidence_good(&self, tally: &mut Tally) {
        let Some(question) = self.ledger.exchanges.get(self.evidence.exchange) else { return };
        let failed = question.answered.is_none() || question.returned.is_none();
        if failed || !question.active {
            tally.check(Id::Acc7, false, || {
                format!("{}: the question to the authorization server brought no active answer", self.who())
            });
        }
    }

    fn right_recipient(&self, tally: &mut Tally) {
        let (Some(access), Some(rpt)) = (self.access, self.rpt) else { return };
        let Some(client) = self.ledger.names.client(rpt.server, &rpt.client) else { return };
        let acting: Vec<NodeId> = self.ledger.browsers.fetching(access.from, &access.uri).collect();
        let granted: Vec<NodeId> = rpt.subjects.iter().filter_map(|who| self.ledger.names.subject(who)).collect();
        let person = acting.is_empty() || granted.is_empty() || acting.iter().any(|person| granted.contains(person));
        tally.check(Id::Acc9, access.from == client && person, || {
            format!(
                "{}: presented by {}, granted to {}",
                self.who(),
                name(self.truth, access.from),
                name(self.truth, client)
            )
        });
    }

    // G2 §6.1; F2 §8.
    fn withdrawn(&self, tally: &mut Tally) {
        let Some(since) = self
            .grants()
            .filter_map(|grant| withdrawn_since(self.ledger, self.resource.authorization_server, grant))
            .max()
        else {
            return;
        };
        tally.check(Id::Rev1, within(self.truth, since, self.decided.0), || {
            format!("{}: the owner withdrew the policy behind it at {}", self.who(), since.0)
        });
    }

    // G2 §3.7, §5.5; RFC 7009 §2.1.
    fn revoked(&self, tally: &mut Tally) {
        let Some(at) = self.rpt.and_then(|rpt| died_at(self.ledger, rpt)) else { return };
        tally.check(Id::Rev2, within(self.truth, at, self.decided.0), || {
            format!("{}: revoked, or what it derives from was, at {}", self.who(), at.0)
        });
    }

    // D6 §1.4: the owner can see who got what and why.
    fn chain(&self, tally: &mut Tally) {
        let complete = self.grants().any(|grant| grant.chained);
        let old = self.rpt.is_some_and(|rpt| self.now > rpt.expires_at);
        tally.check(Id::Dur4, complete || old, || {
            format!("{}: no chain of grant, claims, policy version and owner leads to it", self.who())
        });
    }
}

/// When an RPT, or something that it derives from only, was revoked.
pub(crate) fn died_at(ledger: &Ledger, rpt: &Rpt) -> Option<Timestamp> {
    use crate::trace::fact::RptOrigin;
    let refresh = rpt.refresh.and_then(|refresh| ledger.tokens.refresh.get(&refresh)).and_then(|refresh| refresh.dead);
    let parent = match &rpt.origin {
        RptOrigin::Aat(aat) | RptOrigin::AatAndTicket { aat, .. } => {
            ledger.tokens.access.get(&aat.short()).and_then(|aat| aat.dead)
        }
        RptOrigin::Refresh { refresh, .. } => {
            ledger.tokens.refresh.get(&refresh.short()).and_then(|refresh| refresh.dead)
        }
        RptOrigin::Ticket { .. } => None,
    };
    use crate::trace::fact::RevocationCause::{ApprovalWithdrawn, Asked, Replay};
    let derived = [refresh, parent].into_iter().flatten();
    let derived = derived.filter(|death| matches!(death.why, Asked | ApprovalWithdrawn | Replay));
    rpt.dead.into_iter().chain(derived).map(|death| death.at).min()
}

/// When the last policy that a permission rests on was withdrawn, unless some policy speaks for it again.
pub(crate) fn withdrawn_since(ledger: &Ledger, server: NodeId, grant: &Grant) -> Option<Timestamp> {
    let policies = ledger.registry.policies.get(&(server, grant.given.resource.owner.clone()))?;
    let mut since = None;
    for (id, version) in &grant.basis {
        let ruling = policies.get(id)?;
        if !ruling.removed && ruling.version == *version {
            return None;
        }
        since = since.max(Some(ruling.changed_at));
    }
    let type_ = ledger.registry.live(server, &grant.given.resource).and_then(|resource| resource.type_.as_ref());
    let target = crate::check::model::Target { key: &grant.given.resource, type_ };
    let spoken_for = |scope: &Scope| {
        let mut policies = ledger.registry.in_force(server, &grant.given.resource.owner);
        policies.any(|(policy, _)| {
            crate::check::model::speaks_about(policy, target, scope) && crate::check::model::explicit(&policy.condition)
        })
    };
    if grant.justified.iter().any(spoken_for) { None } else { since }
}

fn answered(
    ledger: &Ledger,
    truth: &Truth,
    from: NodeId,
    (id, status): (ExchangeId, u16),
    message: &Response,
    tally: &mut Tally,
) {
    match message {
        Response::Content { content } => content_left(ledger, truth, (from, id), content, tally),
        Response::AuthorizationServerUnreachable { status: typed, warning } => {
            // G2 §3.2.2: 403 with `Warning: 199`; draft-06 is silent.
            // V1 §3.3.2: the header is a MUST.
            let header = matches!(Ledger::revision(truth, from), Some(Revision::V1_0_1 | Revision::V2_0));
            let holds = !header || (status == 403 && *typed == 403 && *warning);
            tally.check(Id::Acc7, holds, || {
                format!("{} could get no ticket and answered {status} (warning: {warning})", name(truth, from))
            });
        }
        _ => {}
    }
}

// F2 §3: bytes of a protected resource leave only with a release on an RPT.
fn content_left(ledger: &Ledger, truth: &Truth, (from, id): (NodeId, ExchangeId), content: &Text, tally: &mut Tally) {
    if !honest(truth, from) {
        return;
    }
    let Some(access) = ledger.exchanges.get(id) else { return };
    let of_content = |resource: &&ResourceTruth| resource.server == from && resource.content == *content;
    let Some(resource) = truth.resources.iter().find(of_content) else { return };
    let Some(mapping) = ledger.mappings.by_path.get(&(from, resource.path.clone())) else { return };
    if mapping.protected.is_none_or(|since| since > access.since()) {
        return;
    }
    tally.check(Id::Acc3, access.released, || {
        format!("{} sent the content of {} without an accepted RPT", name(truth, from), resource.path)
    });
    if !mapping.mapped {
        tally.check(Id::Reg3, access.released, || {
            format!("{} opened {} because it is no longer registered", name(truth, from), resource.path)
        });
    }
}
