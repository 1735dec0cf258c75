//! BND-1 to BND-8 as far as messages show them: tokens go where they belong and are taken only from whom they belong
//! to.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret, short};
use crate::check::ledger::tokens::{AccessToken, Rpt, dead_before};
use crate::check::safety::{honest, name, named};
use crate::message::NodeId;
use crate::trace::fact::{RevocationCause, Subject};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::oauth::TokenRequest;
use crate::wire::{Call, ClientId, Credentials, Request, Response};

/// Watches who sends which token where, and who takes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Binding;

impl Family for Binding {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Sent { from, to, call, .. } if honest(truth, *from) => {
                let see = See { ledger, truth, node: *from, step: record.step };
                see.sent(*to, call, tally);
            }
            Event::Answered { from, to, exchange, answer, .. } if honest(truth, *from) => {
                let see = See { ledger, truth, node: *from, step: record.step };
                see.to_browser(*to, &answer.message, tally);
                if let Some(question) = ledger.exchanges.get(*exchange) {
                    see.accepted(question, &answer.message, tally);
                }
            }
            Event::Fact { node, fact: Fact::RptIssued { origin, client, subjects, .. } } => {
                let Some(aat) = origin.aat() else { return };
                let see = See { ledger, truth, node: *node, step: record.step };
                see.rpt_of_aat(aat.short(), client, subjects, tally);
            }
            _ => {}
        }
    }
}

struct See<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    node: NodeId,
    step: u64,
}

impl See<'_> {
    fn name(&self) -> &str {
        name(self.truth, self.node)
    }

    fn role(&self) -> Option<RoleKind> {
        self.truth.get(self.node).map(|node| node.role)
    }

    // ---- sending

    fn sent(&self, to: Option<NodeId>, call: &Call, tally: &mut Tally) {
        if !matches!(self.role(), Some(RoleKind::Client | RoleKind::ResourceServer)) {
            return;
        }
        if let (Request::Access { .. }, Some(rpt)) = (&call.message, call.credentials.bearer()) {
            self.shown(short(rpt), to, tally);
        } else {
            self.to_its_issuer(to, call, tally);
        }
        // RFC 8414 §3.3: a document that names another issuer is not used.
        if self.ledger.browsers.strange_endpoints.contains(&(self.node, call.to.clone())) {
            tally.check(Id::Bnd6, false, || {
                format!("{} used {} from a document of another issuer", self.name(), call.to)
            });
        }
    }

    // G2 §5.2: to the resource server whose challenge led to it.
    fn shown(&self, secret: Secret, to: Option<NodeId>, tally: &mut Tally) {
        let Some(rpt) = self.ledger.tokens.rpts.get(&secret) else { return };
        let root = rpt.ticket().and_then(|ticket| self.ledger.process_of(ticket)).map(|process| process.root);
        let challenged = root.and_then(|root| self.ledger.tokens.tickets.get(&root)).and_then(|root| root.challenged);
        let challenger = challenged.filter(|(_, _, client)| *client == self.node).map(|(_, by, _)| by);
        if let Some(place) = challenger.or(rpt.sought_for) {
            let holds = to == Some(place) || to == Some(rpt.server) || to == rpt.sought_for;
            tally.check(Id::Bnd7, holds, || {
                format!(
                    "{} showed {}, got for {}, elsewhere",
                    self.name(),
                    named("rpt", secret),
                    name(self.truth, place)
                )
            });
        }
        if let Some(server) = self.resource_server_of(rpt) {
            tally.check(Id::Bnd7Outcome, to == Some(server) || to == Some(rpt.server), || {
                format!("{} of {} reached another server", named("rpt", secret), name(self.truth, server))
            });
        }
        if let Some((client, at)) = rpt.left_behind.filter(|(client, _)| *client == self.node) {
            // G2 §3.3.5.1: the client MUST discard the old RPT.
            tally.check(Id::Grt8, at >= self.step, || {
                format!("{} still uses {} after its upgrade", name(self.truth, client), named("rpt", secret))
            });
        }
    }

    fn resource_server_of(&self, rpt: &Rpt) -> Option<NodeId> {
        self.ledger.names.resource_server(rpt.server, rpt.resource_server.as_ref()?)
    }

    // Ticket, PCT, refresh token, code, AAT and PAT go to the server that issued them, and credentials to their own.
    fn to_its_issuer(&self, to: Option<NodeId>, call: &Call, tally: &mut Tally) {
        let tokens = &self.ledger.tokens;
        let mut seen = |what: &'static str, issuer: Option<NodeId>| {
            let Some(issuer) = issuer else { return };
            let holds = to == Some(issuer);
            let message = || format!("{} sent a {what} of {} to {}", self.name(), name(self.truth, issuer), call.to);
            tally.check(Id::Bnd6, holds, message);
            if what != "ticket" {
                tally.check(Id::Bnd8, holds, message);
            }
        };
        if let Credentials::Bearer(token) = &call.credentials {
            seen("token", tokens.access.get(&short(token)).map(|token| token.server));
        }
        match &call.message {
            Request::Token(TokenRequest::UmaTicket(grant)) => {
                seen("ticket", tokens.tickets.get(&short(&grant.ticket)).map(|ticket| ticket.server));
                seen("pct", grant.pct.as_ref().and_then(|pct| tokens.pcts.get(&short(pct))).map(|pct| pct.server));
                // G2 §5.2: confidential in transit.
                if grant.pct.is_some() {
                    tally.check(Id::Bnd8, call.to.is_https(), || {
                        format!("{} sent a PCT over a link without TLS", self.name())
                    });
                }
            }
            Request::Token(TokenRequest::Refresh { refresh_token, .. }) => {
                seen("refresh token", tokens.refresh.get(&short(refresh_token)).map(|token| token.server));
            }
            Request::Token(TokenRequest::AuthorizationCode { code, .. }) => {
                seen("code", tokens.codes.get(&short(code)).map(|code| code.server));
            }
            Request::RequestRptForTicket(presented) => {
                let known = tokens.tickets.get(&short(&presented.ticket));
                seen("ticket", known.map(|ticket| ticket.server));
            }
            Request::RequestAuthorizationData { ticket, .. } => {
                seen("ticket", tokens.tickets.get(&short(ticket)).map(|ticket| ticket.server));
            }
            _ => {}
        }
    }

    // G2 §5.2: neither RPT nor PCT reaches the requesting party's browser, and a PCT nobody but its client.
    fn to_browser(&self, to: NodeId, message: &Response, tally: &mut Tally) {
        self.pct_given(to, message, tally);
        let given = match message {
            Response::Token(tokens) => Some(short(&tokens.access_token)),
            Response::RptIssued(rpt) | Response::RptGranted(rpt) => Some(short(rpt)),
            _ => None,
        };
        let Some(secret) = given else { return };
        let browser = self.truth.get(to).is_some_and(|node| node.role == RoleKind::Person);
        tally.check(Id::Bnd8, !browser, || {
            format!("{} gave {} to the browser of {}", self.name(), named("token", secret), name(self.truth, to))
        });
    }

    fn pct_given(&self, to: NodeId, message: &Response, tally: &mut Tally) {
        let Response::Token(tokens) = message else { return };
        let Some(pct) = tokens.pct.as_ref() else { return };
        let known = self.ledger.tokens.pcts.get(&short(pct));
        let client = known.and_then(|known| self.ledger.names.client(known.server, &known.client));
        tally.check(Id::Bnd8, client.is_none_or(|client| client == to), || {
            format!("{} gave {} to {}", self.name(), named("pct", short(pct)), name(self.truth, to))
        });
    }

    // ---- taking

    fn accepted(&self, question: &Exchange, message: &Response, tally: &mut Tally) {
        match message {
            Response::ResourceCreated(_)
            | Response::Resource(_)
            | Response::ResourceUpdated(_)
            | Response::ResourceDeleted
            | Response::ResourceList(_)
            | Response::PermissionTicket { .. }
            | Response::Introspection(_) => self.protection_api(question, message, tally),
            Response::RptGranted(rpt) => {
                self.authorization_api(question, tally);
                self.carried_on(question, short(rpt), tally);
            }
            Response::RptIssued(_) | Response::AuthorizationDataAdded | Response::InfoNeeded(_) => {
                self.authorization_api(question, tally);
            }
            Response::NeedInfo { .. } | Response::RequestSubmitted { .. }
                if matches!(question.ask, Ask::AuthorizationData { .. } | Ask::RptForTicket { .. }) =>
            {
                self.authorization_api(question, tally);
            }
            Response::Token(_) => self.token_kind(question, tally),
            Response::Revoked => self.revoked(question, tally),
            _ => {}
        }
    }

    /// The bearer of an accepted request, after checking that it is a live token of this server and of a kind.
    fn bearer(&self, question: &Exchange, kind: fn(&AccessToken) -> bool, tally: &mut Tally) -> Option<&AccessToken> {
        let secret = question.bearer?;
        let token = self.ledger.tokens.access.get(&secret);
        tally.check(Id::Bnd5, token.is_some_and(kind), || {
            format!("{} took {} where its kind is not meant", self.name(), named("token", secret))
        });
        let token = token?;
        if token.dead.is_some() {
            tally.check(Id::Rev4, !dead_before(token.dead, question.since()), || {
                format!("{} took {} after it was revoked", self.name(), named("token", secret))
            });
        }
        if let Some(arrived) = question.arrived {
            tally.check(Id::Rev3, arrived.node_time < token.expires_at, || {
                format!("{} took {} at {}; it expired", self.name(), named("token", secret), arrived.node_time.0)
            });
        }
        Some(token)
    }

    // F2 §1.3; D6 §2.1.
    fn protection_api(&self, question: &Exchange, message: &Response, tally: &mut Tally) {
        if question.bearer.is_none() {
            tally.check(Id::Bnd2, false, || format!("{} served the protection API without a PAT", self.name()));
            return;
        }
        let Some(pat) = self.bearer(question, |token| token.pat, tally) else { return };
        let here = pat.server == self.node;
        let own = self.own(question, message, pat);
        tally.check(Id::Bnd2, here && own, || {
            format!("{} let the PAT of {} touch what is not its owner's there", self.name(), pat.client)
        });
    }

    fn own(&self, question: &Exchange, message: &Response, pat: &AccessToken) -> bool {
        let Some(owner) = &pat.person else { return true };
        let registered = |id: &crate::wire::ResourceId| {
            let (owner, resource_server, id) = (owner.clone(), pat.client.clone(), id.clone());
            let key = crate::trace::fact::ResourceKey { owner, resource_server, id };
            self.ledger.registry.resources.contains_key(&(self.node, key))
        };
        match (message, &question.ask) {
            (Response::ResourceCreated(resource), _) => registered(&resource.id),
            (Response::Resource(resource) | Response::ResourceUpdated(resource), ask) => {
                let asked = match ask {
                    Ask::Read(id) | Ask::Update { id, .. } => registered(id),
                    _ => true,
                };
                asked && registered(&resource.id)
            }
            (Response::ResourceDeleted, Ask::Delete(id)) => registered(id),
            (Response::ResourceList(ids), _) => ids.iter().all(registered),
            (Response::PermissionTicket { ticket, .. }, _) => {
                let ticket = self.ledger.tokens.tickets.get(&short(ticket));
                ticket.is_some_and(|ticket| ticket.owner == *owner && ticket.resource_server == pat.client)
            }
            _ => true,
        }
    }

    // D6 §3.4.1: AAT, RPT and ticket belong to one client and one requesting party.
    fn authorization_api(&self, question: &Exchange, tally: &mut Tally) {
        let Some(aat) = self.bearer(question, |token| token.aat, tally) else { return };
        if let Ask::AuthorizationData { rpt, ticket } = &question.ask {
            self.joined(aat, *rpt, *ticket, tally);
        }
    }

    // V1 §1.3.3, §3.5.3: the RPT that came along counts only if what it carries goes on.
    fn carried_on(&self, question: &Exchange, given: Secret, tally: &mut Tally) {
        let Ask::RptForTicket { rpt: Some(old), ticket } = question.ask else { return };
        let upgraded = self.ledger.tokens.rpts.get(&given).is_some_and(|rpt| rpt.upgraded_from() == Some(old));
        let aat = question.bearer.and_then(|aat| self.ledger.tokens.access.get(&aat));
        if let Some(aat) = aat.filter(|_| upgraded || given == old) {
            self.joined(aat, old, ticket, tally);
        }
    }

    fn joined(&self, aat: &AccessToken, rpt: Secret, ticket: Secret, tally: &mut Tally) {
        let Some(entry) = self.ledger.tokens.rpts.get(&rpt) else { return };
        let server = self.ledger.tokens.tickets.get(&ticket).map(|ticket| &ticket.resource_server);
        let same_server = match (&entry.resource_server, server) {
            (Some(bound), Some(server)) => bound == server,
            _ => true,
        };
        let same = entry.client == aat.client && self.same_person(entry, aat) && same_server && aat.server == self.node;
        tally.check(Id::Bnd1, same, || {
            format!("{} joined {} with the AAT of {} for another party", self.name(), named("rpt", rpt), aat.client)
        });
    }

    fn same_person(&self, rpt: &Rpt, aat: &AccessToken) -> bool {
        let Some(origin) = rpt.origin.aat() else { return true };
        self.ledger.tokens.access.get(&origin.short()).is_none_or(|first| first.person == aat.person)
    }

    fn rpt_of_aat(&self, secret: Secret, client: &ClientId, subjects: &[Subject], tally: &mut Tally) {
        let aat = self.ledger.tokens.access.get(&secret);
        let holds = aat.is_some_and(|aat| {
            let person = |subject: &Subject| aat.person.as_ref().is_none_or(|person| *person == subject.person);
            aat.aat
                && aat.server == self.node
                && aat.client == *client
                && aat.dead.is_none()
                && subjects.iter().all(person)
        });
        tally.check(Id::Bnd1, holds, || {
            format!("{} issued an RPT to {client} on {}, which is not its AAT", self.name(), named("aat", secret))
        });
    }

    // RFC 6749 §3.2.1: a ticket where a ticket is meant, a code where a code is.
    fn token_kind(&self, question: &Exchange, tally: &mut Tally) {
        let tokens = &self.ledger.tokens;
        let (holds, secret) = match &question.ask {
            Ask::UmaTicket { ticket, .. } => (tokens.tickets.contains_key(ticket), *ticket),
            Ask::Code { code, .. } => (tokens.codes.contains_key(code), *code),
            Ask::Refresh(refresh) => (tokens.refresh.contains_key(refresh), *refresh),
            _ => return,
        };
        tally.check(Id::Bnd5, holds, || {
            format!("{} gave tokens for {}, which is of another kind", self.name(), named("token", secret))
        });
    }

    // RFC 7009 §2.1: a token is revoked only by its client.
    fn revoked(&self, question: &Exchange, tally: &mut Tally) {
        let Ask::Revoke(secret) = &question.ask else { return };
        let Some(rpt) = self.ledger.tokens.rpts.get(secret) else { return };
        let Some(client) = &question.client else { return };
        let Some(death) = rpt.dead else { return };
        if death.why != RevocationCause::Asked || death.step < question.since() {
            return;
        }
        tally.check(Id::Bnd3, *client == rpt.client, || {
            format!("{} revoked {} for {client}, whose it is not", self.name(), named("rpt", *secret))
        });
    }
}
