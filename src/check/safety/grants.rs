//! GRT-1 to GRT-6 and GRT-8 to GRT-10, with TKT-independent parts of BND-3, CLM-6 and REG-2: what an authorization
//! server grants.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::exchanges::{Ask, Exchange, Secret, short};
use crate::check::ledger::grants::Grantee;
use crate::check::ledger::places::{Process, Registered};
use crate::check::ledger::tokens::{Grant, Rpt, Ticket};
use crate::check::ledger::{Ledger, pairs_of};
use crate::check::model;
use crate::check::safety::access::withdrawn_since;
use crate::check::safety::{honest, name, named, within};
use crate::message::NodeId;
use crate::trace::fact::{GrantedPermission, RevocationCause, RptOrigin, Subject};
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::oauth::TokenResponse;
use crate::wire::{ClientId, PersonId, Response, Scope, ScopeSet, Timestamp};

/// Watches grants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants;

impl Family for Grants {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact } if honest(truth, *node) => {
                let see = See { ledger, truth, node: *node, at: record.at, step: record.step };
                see.fact(fact, tally);
            }
            Event::Answered { from, exchange, answer, .. } if honest(truth, *from) => {
                let Some(question) = ledger.exchanges.get(*exchange) else { return };
                let see = See { ledger, truth, node: *from, at: record.at, step: record.step };
                see.answered(question, &answer.message, tally);
            }
            _ => {}
        }
    }
}

struct See<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    node: NodeId,
    at: Timestamp,
    step: u64,
}

/// One grant: the ticket it was made on and what is new in it.
struct Made<'a> {
    ticket: Option<&'a Ticket>,
    process: Option<&'a Process>,
    client: &'a ClientId,
    aat: Option<Subject>,
    sign_ins: Option<model::SignIns<'a>>,
    /// What the client is pre-registered for and named in this process.
    client_scopes: ScopeSet,
}

impl See<'_> {
    fn name(&self) -> &str {
        name(self.truth, self.node)
    }

    fn fact(&self, fact: &Fact, tally: &mut Tally) {
        match fact {
            Fact::RptIssued { client, permissions, origin, expires_at, owner, resource_server, subjects, .. } => {
                self.one_key(permissions, resource_server.as_ref(), owner.as_ref(), tally);
                self.lifetimes(permissions, *expires_at, tally);
                match origin {
                    RptOrigin::Ticket { ticket, process, upgraded_from }
                    | RptOrigin::AatAndTicket { ticket, process, upgraded_from, .. } => {
                        let made = self.made(ticket.short(), client, origin);
                        let (new, carried): (Vec<_>, Vec<_>) =
                            permissions.iter().partition(|given| given.process == *process);
                        self.grant(&made, &new, tally);
                        self.gated(&made, &new, tally);
                        self.carried(&made, upgraded_from.map(|old| old.short()), &carried, subjects, tally);
                    }
                    RptOrigin::Refresh { refresh, of } => {
                        self.refreshed((refresh.short(), of.short()), client, permissions, tally);
                    }
                    RptOrigin::Aat(aat) => self.reissued(aat.short(), permissions, tally),
                }
            }
            Fact::AuthorizationDataAdded { rpt, ticket, resource_server, permissions } => {
                let Some(entry) = self.ledger.tokens.rpts.get(&rpt.short()) else { return };
                let bound = entry.resource_server.as_ref().unwrap_or(resource_server);
                self.one_key(permissions, Some(bound), None, tally);
                let made = self.made(ticket.short(), &entry.client, &entry.origin);
                self.grant(&made, &permissions.iter().collect::<Vec<_>>(), tally);
            }
            _ => {}
        }
    }

    fn made<'a>(&'a self, ticket: Secret, client: &'a ClientId, origin: &RptOrigin) -> Made<'a> {
        let process = self.ledger.process_of(ticket);
        let registered = self.ledger.registry.clients.get(&(self.node, client.clone()));
        let client_scopes = match (process, registered) {
            (Some(process), Some(client)) => process.requested.intersection(&client.scope).cloned().collect(),
            _ => ScopeSet::new(),
        };
        let aat = self.ledger.party_of_aat(self.truth, origin);
        let sign_ins = self.ledger.sign_ins_of_aat(origin);
        Made { ticket: self.ledger.tokens.tickets.get(&ticket), process, client, aat, sign_ins, client_scopes }
    }

    fn grant(&self, made: &Made<'_>, new: &[&GrantedPermission], tally: &mut Tally) {
        for given in new {
            let registered = self.ledger.registry.live(self.node, &given.resource);
            self.fidelity(made, given, registered, tally);
            for scope in &given.permission.scopes {
                self.justified(made, given, registered, scope, tally);
            }
            self.own_claims(made, given, tally);
        }
    }

    // G2 §3.3.4 step 4; D6 §3.4.3.
    fn justified(
        &self,
        made: &Made<'_>,
        given: &GrantedPermission,
        registered: Option<&Registered>,
        scope: &Scope,
        tally: &mut Tally,
    ) {
        let party = Grantee { client: made.client, aat: made.aat.as_ref(), sign_ins: made.sign_ins };
        let permitted = !self.ledger.permitting(self.node, party, given, scope).is_empty();
        let what = || format!("{} granted {scope} on {} to {}", self.name(), given.resource.id, made.client);
        tally.check(Id::Grt1, permitted, || format!("{}, which no policy in force permits", what()));
        let target = model::Target { key: &given.resource, type_: registered.and_then(|it| it.type_.as_ref()) };
        let mut policies = self.ledger.registry.in_force(self.node, &given.resource.owner);
        let explicit = policies
            .any(|(policy, _)| model::speaks_about(policy, target, scope) && model::explicit(&policy.condition));
        tally.check(Id::Grt5, explicit, || format!("{} without an explicit rule for it", what()));
    }

    // G2 §3.3.4 steps 1 to 3, per resource (reading A16).
    fn fidelity(&self, made: &Made<'_>, given: &GrantedPermission, registered: Option<&Registered>, tally: &mut Tally) {
        let Some(ticket) = made.ticket else { return };
        let asked = ticket.permissions.iter().filter(|asked| asked.resource_id == given.resource.id);
        let asked: Vec<&ScopeSet> = asked.map(|asked| &asked.scopes).collect();
        let of_ticket =
            ticket.owner == given.resource.owner && ticket.resource_server == given.resource.resource_server;
        let requested =
            |scope: &Scope| asked.iter().any(|scopes| scopes.contains(scope)) || made.client_scopes.contains(scope);
        let all_requested = given.permission.scopes.iter().all(requested);
        let what = || format!("{} granted on {}", self.name(), given.resource.id);
        tally.check(Id::Grt2, !asked.is_empty() && of_ticket && all_requested, || {
            format!("{} more than was asked there", what())
        });
        let there = registered.is_some_and(|resource| given.permission.scopes.is_subset(&resource.scopes));
        tally.check(Id::Grt3, there && all_requested, || {
            format!("{} scopes that are not registered, or were not asked, for that resource", what())
        });
        if self.reduced(given) {
            tally.check(Id::Reg2, there, || format!("{} something that was removed", what()));
        }
    }

    fn reduced(&self, given: &GrantedPermission) -> bool {
        self.ledger.registry.resources.get(&(self.node, given.resource.clone())).is_some_and(|it| it.reduced)
    }

    // G2 §3.3.1: a scope named by the client counts only if it is pre-registered for it.
    fn gated(&self, made: &Made<'_>, new: &[&GrantedPermission], tally: &mut Tally) {
        let (Some(process), Some(ticket)) = (made.process, made.ticket) else { return };
        let in_ticket = |scope: &Scope| ticket.permissions.iter().any(|asked| asked.scopes.contains(scope));
        let mut unregistered = process
            .requested
            .iter()
            .filter(|scope| !made.client_scopes.contains(*scope) && !in_ticket(scope))
            .peekable();
        if unregistered.peek().is_none() {
            return;
        }
        let holds = !unregistered.any(|scope| new.iter().any(|given| given.permission.scopes.contains(scope)));
        tally.check(Id::Grt4, holds, || {
            format!("{} granted {} a scope it asked for without being registered for it", self.name(), made.client)
        });
    }

    // G2 §1.3 (PCT), §3.3.4 note: claims of another process do not count here.
    fn own_claims(&self, made: &Made<'_>, given: &GrantedPermission, tally: &mut Tally) {
        let Some(process) = made.process.filter(|_| !given.subjects.is_empty()) else { return };
        let here = |subject: &Subject| {
            process.claims.iter().any(|claims| claims.subject == *subject)
                || made.aat.as_ref().is_some_and(|aat| aat.person == subject.person)
        };
        tally.check(Id::Clm6, given.subjects.iter().all(here), || {
            format!("{} granted on {} with claims of another process", self.name(), given.resource.id)
        });
    }

    // G2 §1.3 (RPT): one client, requesting party, resource server and owner.
    fn one_key(
        &self,
        permissions: &[GrantedPermission],
        server: Option<&ClientId>,
        owner: Option<&PersonId>,
        tally: &mut Tally,
    ) {
        if permissions.is_empty() {
            return;
        }
        let same = |given: &GrantedPermission| {
            server.is_none_or(|server| *server == given.resource.resource_server)
                && owner.is_none_or(|owner| *owner == given.resource.owner)
        };
        tally.check(Id::Bnd3, permissions.iter().all(same), || {
            format!("{} mixed resource servers or owners in one RPT", self.name())
        });
    }

    fn lifetimes(&self, permissions: &[GrantedPermission], expires_at: Timestamp, tally: &mut Tally) {
        let ends = permissions.iter().filter_map(|given| given.permission.expires_at).max();
        if let Some(ends) = ends {
            tally.check(Id::Rev3, ends.secs() <= expires_at.secs(), || {
                format!("{} let a permission outlive its RPT", self.name())
            });
        }
    }

    // G2 §3.3.5.1 with reading A8.
    fn carried(
        &self,
        made: &Made<'_>,
        old: Option<Secret>,
        carried: &[&GrantedPermission],
        subjects: &[Subject],
        tally: &mut Tally,
    ) {
        let Some(secret) = old else {
            if !carried.is_empty() {
                tally.check(Id::Grt8, false, || format!("{} carried permissions of no RPT", self.name()));
            }
            return;
        };
        let Some(rpt) = self.ledger.tokens.rpts.get(&secret) else { return };
        let asked = made.ticket.and_then(|ticket| ticket.presented).map(|moment| moment.node_time);
        // What had ended in the old RPT stays dead, whatever end the new one gives it.
        let before = |given: &GrantedPermission| {
            let same = |grant: &&Grant| grant.given.resource == given.resource && grant.given.process == given.process;
            rpt.grants.iter().find(same).and_then(|grant| grant.given.permission.expires_at)
        };
        let unexpired = |given: &GrantedPermission| {
            let ends = [given.permission.expires_at, before(given), Some(rpt.expires_at)].into_iter().flatten().min();
            ends.zip(asked).is_none_or(|(end, asked)| asked < end)
        };
        let holds = carried.is_empty()
            || (rpt.client == *made.client
                && rpt.server == self.node
                && rpt.dead.is_none_or(|death| death.why == RevocationCause::Replaced && death.at == self.at)
                && self.same_party(rpt, subjects)
                && carried.iter().all(|given| live_in(rpt, given) && unexpired(given)));
        tally.check(Id::Grt8, holds, || {
            format!("{} carried on from {} what was not live, or another party's", self.name(), named("rpt", secret))
        });
    }

    fn same_party(&self, old: &Rpt, subjects: &[Subject]) -> bool {
        let person = |subject: &Subject| self.ledger.names.subject(subject);
        old.subjects.is_empty()
            || subjects.is_empty()
            || old.subjects.iter().any(|old| subjects.iter().any(|new| old == new || person(old) == person(new)))
    }

    // G2 §3.6, §6.1.
    fn refreshed(
        &self,
        (refresh, of): (Secret, Secret),
        client: &ClientId,
        permissions: &[GrantedPermission],
        tally: &mut Tally,
    ) {
        let token = self.ledger.tokens.refresh.get(&refresh);
        let alive = token.is_some_and(|token| token.dead.is_none());
        let holder = token.is_some_and(|token| token.client == *client && token.server == self.node);
        let old = self.ledger.tokens.rpts.get(&of);
        let within_old = old.is_none_or(|old| permissions.iter().all(|given| contained(old, given)));
        let stands = old.is_none_or(|old| {
            let withdrawn =
                old.grants.iter().filter(|grant| permissions.iter().any(|it| it.resource == grant.given.resource));
            let mut since = withdrawn.filter_map(|grant| withdrawn_since(self.ledger, self.node, grant));
            since.all(|since| within(self.truth, since, self.at))
        });
        tally.check(Id::Grt9, alive && holder && within_old && stands, || {
            format!(
                "{} refreshed {} for {client} (token good: {alive}, its holder: {holder}, nothing added: {within_old}, \
                 not withdrawn: {stands})",
                self.name(),
                named("rpt", of)
            )
        });
        for given in permissions.iter().filter(|given| self.reduced(given)) {
            let registered = self.ledger.registry.live(self.node, &given.resource);
            let there = registered.is_some_and(|it| given.permission.scopes.is_subset(&it.scopes));
            tally.check(Id::Reg2, there, || format!("{} refreshed something that was removed", self.name()));
        }
    }

    // D6 §3.4.2: a re-issued RPT starts empty.
    fn reissued(&self, aat: Secret, permissions: &[GrantedPermission], tally: &mut Tally) {
        let before = self.ledger.tokens.access.get(&aat).and_then(|aat| aat.newest_rpt);
        if before.is_some() {
            tally.check(Id::Grt10, permissions.is_empty(), || {
                format!("{} issued an RPT anew that is not empty", self.name())
            });
        }
    }

    fn answered(&self, question: &Exchange, message: &Response, tally: &mut Tally) {
        match (&question.ask, message) {
            (Ask::UmaTicket { ticket, rpt, .. }, Response::Token(tokens)) => {
                self.success((*ticket, *rpt), tokens, tally);
            }
            (Ask::RptForTicket { ticket, .. }, Response::RptGranted(rpt)) => self.rpt_given(*ticket, short(rpt), tally),
            (Ask::AuthorizationData { rpt, ticket }, Response::AuthorizationDataAdded) => {
                let process = self.ledger.tokens.tickets.get(ticket).map(|ticket| ticket.process);
                let rpt = self.ledger.tokens.rpts.get(rpt);
                let holds = rpt.is_some_and(|rpt| {
                    rpt.dead.is_some() || rpt.grants.iter().any(|grant| Some(grant.given.process) == process)
                });
                tally.check(Id::Grt6, holds, || format!("{} said that it added what it did not", self.name()));
            }
            _ => {}
        }
    }

    // V1 §3.5.3: the RPT "with which it has associated the requested authorization data".
    fn rpt_given(&self, ticket: Secret, rpt: Secret, tally: &mut Tally) {
        let process = self.ledger.tokens.tickets.get(&ticket).map(|ticket| ticket.process);
        let rpt = self.ledger.tokens.rpts.get(&rpt);
        let holds = rpt.is_some_and(|rpt| {
            rpt.dead.is_some() || rpt.grants.iter().any(|grant| Some(grant.given.process) == process)
        });
        tally.check(Id::Grt6, holds, || format!("{} gave an RPT without what it was asked for", self.name()));
    }

    // G2 §3.3.5.
    fn success(&self, (ticket, submitted): (Secret, Option<Secret>), tokens: &TokenResponse, tally: &mut Tally) {
        let secret = short(&tokens.access_token);
        let Some(rpt) = self.ledger.tokens.rpts.get(&secret) else {
            tally.check(Id::Grt6, false, || format!("{} answered with a token that it never issued", self.name()));
            return;
        };
        let process = self.ledger.tokens.tickets.get(&ticket).map(|ticket| ticket.process);
        let new = rpt.grants.iter().filter(|grant| Some(grant.given.process) == process);
        let sum = new.map(|grant| pairs_of(&grant.given.resource, &grant.given.permission.scopes));
        let sum = sum.fold(0_u64, u64::wrapping_add);
        let assessed = self.ledger.process_of(ticket).and_then(|process| process.candidates);
        let candidate = assessed.is_none_or(|(of, candidates)| of != ticket || candidates == sum);
        // What was withdrawn between grant and answer is no longer in it.
        let holds = rpt.ticket() == Some(ticket) && !rpt.grants.is_empty() && (candidate || !rpt.withdrawn.is_empty());
        tally.check(Id::Grt6, holds, || {
            format!("{} answered {} with something else than it granted", self.name(), named("ticket", ticket))
        });
        if let Some(submitted) = submitted {
            self.upgrade_told(rpt, submitted, tokens.upgraded, tally);
        }
    }

    fn upgrade_told(&self, rpt: &Rpt, submitted: Secret, told: bool, tally: &mut Tally) {
        let Some(old) = self.ledger.tokens.rpts.get(&submitted) else { return };
        let really = rpt.upgraded_from() == Some(submitted);
        // G2 §3.3.5.1: the old RPT is of no further use.
        let ended = !really || old.dead.is_some() || self.step < old.issued;
        tally.check(Id::Grt8, told == really && ended, || {
            format!(
                "{}: upgraded is {told}, {} carried on: {really}, ended: {ended}",
                self.name(),
                named("rpt", submitted)
            )
        });
    }
}

fn live_in(rpt: &Rpt, given: &GrantedPermission) -> bool {
    rpt.grants.iter().any(|grant| {
        let old = &grant.given.permission;
        grant.given.resource == given.resource
            && given.permission.scopes.is_subset(&old.scopes)
            && old.expires_at.is_none_or(|old| given.permission.expires_at.is_some_and(|new| new <= old))
    })
}

fn contained(rpt: &Rpt, given: &GrantedPermission) -> bool {
    rpt.grants.iter().any(|grant| {
        grant.given.resource == given.resource
            && grant.given.process == given.process
            && given.permission.scopes.is_subset(&grant.given.permission.scopes)
    })
}
