//! ACC-5, REV-3, and what REG-2, REV-4, BND-5 and GRT-10 say about introspection: what an authorization server tells of
//! an RPT.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret};
use crate::check::ledger::places::Registered;
use crate::check::ledger::tokens::{AccessToken, Grant, Rpt, dead_before};
use crate::check::safety::{honest, name, named};
use crate::message::NodeId;
use crate::trace::fact::RptOrigin;
use crate::trace::{Event, Record, Truth};
use crate::wire::oauth::{ActiveToken, IntrospectionResponse};
use crate::wire::{Permission, Response, Revision, Timestamp};

/// Watches introspection answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Introspection;

impl Family for Introspection {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        let Event::Answered { from, exchange, answer, .. } = &record.event else { return };
        let Response::Introspection(told) = &answer.message else { return };
        let Some(question) = ledger.exchanges.get(*exchange).filter(|_| honest(truth, *from)) else { return };
        let Ask::Introspect(secret) = question.ask else { return };
        let rpt = ledger.tokens.rpts.get(&secret);
        let asker = question.bearer.and_then(|pat| ledger.tokens.access.get(&pat));
        let answer = Told { ledger, truth, server: *from, question, secret, rpt, asker };
        match told {
            IntrospectionResponse::Active(active) => answer.active(active, tally),
            IntrospectionResponse::Inactive => answer.inactive(tally),
        }
    }
}

struct Told<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    server: NodeId,
    question: &'a Exchange,
    secret: Secret,
    rpt: Option<&'a Rpt>,
    asker: Option<&'a AccessToken>,
}

impl Told<'_> {
    fn who(&self) -> String {
        format!("{} called {} active", name(self.truth, self.server), named("token", self.secret))
    }

    fn inactive(&self, tally: &mut Tally) {
        let Some(rpt) = self.rpt else { return };
        if dead_before(rpt.dead, self.question.since()) {
            tally.check(Id::Rev4, true, String::new);
        }
        if let (Some(asker), Some(server)) = (self.asker, &rpt.resource_server)
            && *server != asker.client
        {
            tally.check(Id::Acc5, true, String::new);
        }
    }

    fn active(&self, active: &ActiveToken, tally: &mut Tally) {
        let Some(rpt) = self.rpt else {
            let purged = self.ledger.tokens.issued.contains(&self.secret);
            tally.check(Id::Bnd5, false, || format!("{}, which is no RPT in force (issued: {purged})", self.who()));
            return;
        };
        let dead = dead_before(rpt.dead, self.question.since());
        tally.check(Id::Rev4, !dead, || format!("{} after it was revoked", self.who()));
        self.only_its_own(rpt, active, tally);
        self.arithmetic(rpt, active, tally);
        self.removed(rpt, active, tally);
        self.superseded(rpt, tally);
    }

    // F2 §5.1.1: permissions of this resource server's resources only, and in 2.0 of the PAT's owner only.
    fn only_its_own(&self, rpt: &Rpt, active: &ActiveToken, tally: &mut Tally) {
        let Some(asker) = self.asker else { return };
        let bound_elsewhere = rpt.resource_server.as_ref().is_some_and(|server| *server != asker.client);
        let v2 = Ledger::revision_of_rpt(self.truth, rpt) == Some(Revision::V2_0);
        let own = |entry: &Permission| {
            grants_of(rpt, entry).any(|grant| {
                let key = &grant.given.resource;
                key.resource_server == asker.client
                    && (!v2 || asker.person.as_ref().is_none_or(|owner| *owner == key.owner))
                    && entry.scopes.is_subset(&grant.given.permission.scopes)
            })
        };
        let holds = !bound_elsewhere && active.permissions.iter().all(own);
        if bound_elsewhere || !active.permissions.is_empty() {
            tally.check(Id::Acc5, holds, || {
                format!("{} to {} with permissions that are not its own", self.who(), asker.client)
            });
        }
    }

    // F2 §5.1.1; D6 §3.3.1: exp is exclusive, and required of each permission in draft-06.
    fn arithmetic(&self, rpt: &Rpt, active: &ActiveToken, tally: &mut Tally) {
        let Some(arrived) = self.question.arrived else { return };
        let now = arrived.node_time;
        let draft = Ledger::revision(self.truth, self.server).is_some_and(Revision::is_draft);
        let known_end = |entry: &Permission| {
            let ends = grants_of(rpt, entry).filter_map(|grant| grant.given.permission.expires_at);
            ends.max()
        };
        let permission = |entry: &Permission| {
            let begins = entry
                .not_before
                .is_none_or(|begins| begins.secs() <= now.secs() || begins <= now + self.truth.clock_error_max);
            let honest_end = known_end(entry).is_none_or(|end| entry.expires_at.is_some_and(|said| said <= end));
            let ends = if draft { entry.expires_at.is_some_and(|end| now < end) } else { after(entry.expires_at, now) };
            begins && ends && honest_end
        };
        let token = now < rpt.expires_at && after(active.expires_at, now);
        let honest_end = active.expires_at.is_none_or(|said| said <= rpt.expires_at);
        let holds = token && honest_end && active.permissions.iter().all(permission);
        tally.check(Id::Rev3, holds, || format!("{} at {}, past an expiry that counts", self.who(), now.0));
    }

    // F2 §5.1.1: what is no longer registered is not told.
    fn removed(&self, rpt: &Rpt, active: &ActiveToken, tally: &mut Tally) {
        for entry in &active.permissions {
            for grant in grants_of(rpt, entry) {
                let key = (self.server, grant.given.resource.clone());
                let Some(resource) = self.ledger.registry.resources.get(&key) else { continue };
                if !resource.reduced && resource.changed < self.question.since() && resource.gone.is_none() {
                    continue;
                }
                let holds = self.still_registered(resource, entry);
                tally.check(Id::Reg2, holds, || {
                    format!("{} with {}, of which something was removed", self.who(), entry.resource_id)
                });
            }
        }
    }

    fn still_registered(&self, resource: &Registered, entry: &Permission) -> bool {
        let since = self.question.since();
        let before = resource.changed >= since && entry.scopes.is_subset(&resource.before);
        let there = resource.gone.is_none_or(|gone| gone >= since);
        there && (before || entry.scopes.is_subset(&resource.scopes))
    }

    // D6 §3.4.2: an RPT ends when a newer one of the same AAT takes its place at the same resource server.
    fn superseded(&self, rpt: &Rpt, tally: &mut Tally) {
        let RptOrigin::Aat(aat) = &rpt.origin else { return };
        let Some(aat) = self.ledger.tokens.access.get(&aat.short()) else { return };
        let since = self.question.since();
        let newer = match &rpt.resource_server {
            None => aat.newest_rpt.is_some_and(|(newest, step)| newest != self.secret && step < since),
            Some(server) => aat.bound.iter().any(|(bound, newest, step)| {
                bound == server && *newest != self.secret && *step < since && *step > rpt.issued
            }),
        };
        if aat.newest_rpt.is_some_and(|(newest, _)| newest != self.secret) || newer {
            tally.check(Id::Grt10, !newer, || format!("{} although a newer RPT took its place", self.who()));
        }
    }
}

fn after(end: Option<Timestamp>, now: Timestamp) -> bool {
    end.is_none_or(|end| now < end)
}

fn grants_of<'a>(rpt: &'a Rpt, entry: &'a Permission) -> impl Iterator<Item = &'a Grant> {
    rpt.grants.iter().filter(|grant| grant.given.resource.id == entry.resource_id)
}
