//! AUT-1 to AUT-5: who a client and a person are, and what a person approved, at every server with accounts.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Moment, Secret, short};
use crate::check::ledger::places::Client;
use crate::check::ledger::tokens::ClientProof;
use crate::check::safety::{honest, name, named};
use crate::message::NodeId;
use crate::trace::fact::{AssertionRedeemed, CodeIssued};
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::client_assertion::ClientAssertionClaims;
use crate::wire::oauth::AuthorizationReturn;
use crate::wire::page::Page;
use crate::wire::request::ClaimsReturn;
use crate::wire::{Answer, ClientId, PersonId, Request, Response, ScopeSet, Text, Uri};

/// Watches token endpoints, approvals and browser sessions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Authentication;

impl Family for Authentication {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact } if honest(truth, *node) => {
                See { ledger, truth, node: *node }.fact(fact, tally);
            }
            Event::Answered { from, to, exchange, answer, .. } if honest(truth, *from) => {
                let see = See { ledger, truth, node: *from };
                see.signed_in(*to, answer, tally);
                if let Some(question) = ledger.exchanges.get(*exchange) {
                    see.answered(question, &answer.message, tally);
                }
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

impl See<'_> {
    fn name(&self) -> &str {
        name(self.truth, self.node)
    }

    fn fact(&self, fact: &Fact, tally: &mut Tally) {
        match fact {
            Fact::CodeIssued(CodeIssued { client, person, scope, .. }) => self.approved(person, client, scope, tally),
            Fact::ApprovalGiven { person, client, .. } => self.approves(person, client, tally),
            Fact::ClientAssertionUsed { client, assertion, .. } => self.used(client, assertion.short(), tally),
            Fact::AssertionRedeemed(AssertionRedeemed { assertion, issuer, person, .. }) => {
                self.redeemed(assertion.short(), issuer, person, tally);
            }
            _ => {}
        }
    }

    // RFC 6749 §4.1.1; D6 §3.4.1: no code, and so no PAT and no AAT, without the person's approval.
    fn approved(&self, person: &PersonId, client: &ClientId, scope: &ScopeSet, tally: &mut Tally) {
        let approved = self.ledger.registry.approvals.get(&(self.node, person.clone(), client.clone()));
        tally.check(Id::Aut3, approved.is_some_and(|approved| scope.is_subset(approved)), || {
            format!("{} gave {client} a code that {person} did not approve", self.name())
        });
    }

    // By ground truth: that very person's browser sent an approval.
    fn approves(&self, person: &PersonId, client: &ClientId, tally: &mut Tally) {
        let Some(node) = self.ledger.names.person(self.node, person) else { return };
        let holds = self.ledger.browsers.approving.contains(&(self.node, node));
        tally.check(Id::Aut3, holds, || {
            format!("{} noted an approval of {client} that {} did not give", self.name(), name(self.truth, node))
        });
    }

    // By ground truth: whoever gets the cookie of a session that somebody is signed in to is that person.
    fn signed_in(&self, to: NodeId, answer: &Answer, tally: &mut Tally) {
        let Some(session) =
            answer.set_cookie.as_ref().and_then(|cookie| self.ledger.tokens.sessions.get(&short(cookie)))
        else {
            return;
        };
        let person = session.person.as_ref().and_then(|person| self.ledger.names.person(self.node, person));
        let Some(person) = person else { return };
        tally.check(Id::Aut4, person == to, || {
            format!("{} let {} sign in as {}", self.name(), name(self.truth, to), name(self.truth, person))
        });
    }

    fn answered(&self, question: &Exchange, message: &Response, tally: &mut Tally) {
        let of_client = match message {
            Response::Token(_) | Response::Revoked => true,
            Response::NeedInfo { .. } | Response::RequestSubmitted { .. } => {
                matches!(question.ask, Ask::UmaTicket { .. })
            }
            _ => false,
        };
        if of_client {
            self.authenticated(question, tally);
        }
        if let (Ask::Code { code, redirect_uri, challenge }, Response::Token(_)) = (&question.ask, message) {
            self.exchanged(question, *code, (redirect_uri.as_ref(), challenge.as_ref()), tally);
        }
        if let (Ask::Assertion(assertion), Response::Token(_)) = (&question.ask, message) {
            self.taken(question, *assertion, tally);
        }
        match message {
            Response::Page(Page::Consent { .. } | Page::Account(_)) => self.in_session(question, true, tally),
            Response::Redirect { message, .. } => self.sent_back(question, message, tally),
            _ => {}
        }
    }

    fn sent_back(&self, question: &Exchange, message: &Request, tally: &mut Tally) {
        match message {
            Request::AuthorizationReturn(AuthorizationReturn { outcome: Ok(_), .. }) => {
                self.in_session(question, true, tally);
            }
            // Who gives claims may be known to an identity provider only.
            Request::ClaimsReturn(ClaimsReturn { ticket: Some(_), .. }) => self.in_session(question, false, tally),
            _ => {}
        }
    }

    // RFC 6749 §2.3, §3.2.1.
    fn authenticated(&self, question: &Exchange, tally: &mut Tally) {
        let known =
            question.client.as_ref().and_then(|client| self.ledger.registry.clients.get(&(self.node, client.clone())));
        let proven = |known: &Client| match &question.proof {
            Some(proof) => known.signs && self.genuine(question, proof),
            None => !known.signs && known.secret == question.secret,
        };
        tally.check(Id::Aut1, known.is_some_and(proven), || {
            let claimed = question.client.as_ref().map_or("nobody", ClientId::as_str);
            format!("{} served {} as {claimed}", self.name(), name(self.truth, question.from))
        });
    }

    // RFC 7523 §3 items 1 to 5, by ground truth: whose key it is the one who sends it has; it speaks of that client, to this
    // server and no other, in time.
    fn genuine(&self, question: &Exchange, proof: &ClientProof) -> bool {
        let Some(client) = &question.client else { return false };
        let maker = self.ledger.names.client(self.node, client);
        let here = |party: &Text| self.ledger.names.at(&Uri::new(party.clone())) == Some(self.node);
        let says = |says: &ClientAssertionClaims| {
            let about = says.subject == *client && *says.issuer == *client.as_str();
            let at = question.arrived.map(|arrived| arrived.node_time);
            about && says.audience.iter().all(here) && at.is_none_or(|at| at < says.expires_at)
        };
        maker.is_none_or(|maker| maker == question.from) && proof.says.as_ref().is_none_or(says)
    }

    // RFC 7523 §3 item 7; OpenID Connect Core §9: once.
    fn used(&self, client: &ClientId, assertion: Secret, tally: &mut Tally) {
        let known = self.ledger.tokens.client_assertions.contains_key(&(self.node, assertion));
        tally.check(Id::Aut1, !known, || {
            format!("{} took {} of {client} a second time", self.name(), named("client-assertion", assertion))
        });
    }

    // RFC 6749 §4.1.2, §4.1.3; RFC 7636 §4.6. That it is the client's and works once, BND-5 and REV-4 say.
    fn exchanged(
        &self,
        question: &Exchange,
        secret: Secret,
        (redirect_uri, challenge): (Option<&Uri>, Option<&Text>),
        tally: &mut Tally,
    ) {
        let Some(code) = self.ledger.tokens.codes.get(&secret) else { return };
        let fresh = question.arrived.is_none_or(|arrived| arrived.node_time < code.expires_at);
        let only = || {
            let client = self.ledger.registry.clients.get(&(self.node, code.client.clone()));
            client.is_some_and(|client| client.redirect_uris.as_slice() == std::slice::from_ref(&code.redirect_uri))
        };
        let same_uri = redirect_uri.map_or_else(only, |uri| *uri == code.redirect_uri);
        let proven = code.challenge.as_ref() == challenge;
        tally.check(Id::Aut2, fresh && same_uri && proven, || {
            format!(
                "{} exchanged {} (in time: {fresh}, redirect URI of the request: {same_uri}, verifier fits: {proven})",
                self.name(),
                named("code", secret)
            )
        });
    }

    // RFC 7522 §3, by what the identity provider itself recorded: for this server, about that person, and once.
    fn redeemed(&self, secret: Secret, issuer: &Uri, person: &PersonId, tally: &mut Tally) {
        let here = |uri: &Uri| self.ledger.names.at(uri) == Some(self.node);
        let known = self.ledger.tokens.assertions.get(&secret);
        let holds = known.is_some_and(|known| {
            known.redeemed == 0
                && self.ledger.names.at(issuer) == Some(known.issuer)
                && known.person == *person
                && here(&known.audience)
                && here(&known.recipient)
        });
        tally.check(Id::Aut5, holds, || {
            let why = if known.is_none() { ", which nobody issued" } else { " otherwise than it was issued" };
            format!("{} took {}{why}", self.name(), named("assertion", secret))
        });
    }

    // RFC 7522 §3 items 4 and 5.
    fn taken(&self, question: &Exchange, secret: Secret, tally: &mut Tally) {
        let known = self.ledger.tokens.assertions.get(&secret);
        let in_time = known.zip(question.arrived).is_some_and(|(known, at)| at.node_time < known.expires_at);
        tally
            .check(Id::Aut5, in_time, || format!("{} took {} after its time", self.name(), named("assertion", secret)));
    }

    // What is said or done for a person needs a session that is not over, and mostly one that they signed in to.
    fn in_session(&self, question: &Exchange, needs_person: bool, tally: &mut Tally) {
        let session = question.cookie.and_then(|cookie| self.ledger.tokens.sessions.get(&cookie));
        let Some(session) = session.filter(|session| session.server == self.node) else { return };
        let over = |arrived: Moment| {
            arrived.node_time >= session.expires_at || session.ended.is_some_and(|step| step < arrived.step)
        };
        let fresh = !question.arrived.is_some_and(over);
        let somebody = session.person.is_some() || !needs_person;
        tally.check(Id::Aut4, fresh && somebody, || {
            format!(
                "{} answered {} in a session that is over or nobody's",
                self.name(),
                name(self.truth, question.from)
            )
        });
    }
}
