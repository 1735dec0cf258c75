//! REV-4 where something dead is used at an authorization server, REV-2 where what derives from it is, and REV-1 where
//! what an owner withdrew is still told.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret, short};
use crate::check::ledger::tokens::{Death, dead_before};
use crate::check::safety::access::{died_at, withdrawn_since};
use crate::check::safety::{honest, name, named, within};
use crate::trace::fact::RptOrigin;
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::oauth::IntrospectionResponse;
use crate::wire::{Response, Timestamp};

/// Watches the use of dead tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revocation;

impl Family for Revocation {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact } if honest(truth, *node) => {
                let who = name(truth, *node);
                fact_used(ledger, fact, who, tally);
            }
            Event::Answered { from, exchange, answer, .. } if honest(truth, *from) => {
                let Some(question) = ledger.exchanges.get(*exchange) else { return };
                match (&question.ask, &answer.message) {
                    (Ask::Introspect(token), Response::Introspection(told)) => {
                        let active = matches!(told, IntrospectionResponse::Active(_));
                        let at = question.arrived.map_or(record.at, |arrived| arrived.at);
                        derived(ledger, truth, (*token, active), at, tally);
                        withdrawn(ledger, truth, (*token, told), at, tally);
                    }
                    (Ask::Refresh(refresh), Response::Failure(_)) => {
                        let dead = ledger.tokens.refresh.get(refresh).and_then(|refresh| refresh.dead);
                        if dead_before(dead, question.since()) {
                            tally.check(Id::Rev4, true, String::new);
                        }
                    }
                    (Ask::Refresh(refresh), Response::Token(tokens)) => {
                        refreshed(ledger, question, *refresh, short(&tokens.access_token), tally);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

// RFC 9700 §4.14.2: "Refresh tokens SHOULD expire if the client has been inactive for some time"; a server that says
// when holds to it.
fn refreshed(ledger: &Ledger, question: &Exchange, refresh: Secret, given: Secret, tally: &mut Tally) {
    let ends = ledger.tokens.refresh.get(&refresh).and_then(|refresh| refresh.end_before(given));
    let (Some(ends), Some(arrived)) = (ends, question.arrived) else { return };
    tally.check(Id::Rev4, arrived.node_time < ends, || {
        let (what, at) = (named("refresh", refresh), arrived.node_time.0);
        format!("{what} gave {} at {at}; it expired at {}", named("token", given), ends.0)
    });
}

// RFC 7009 §2.1: what derives from a revoked token ends with it, within the bound.
fn derived(ledger: &Ledger, truth: &Truth, (secret, active): (Secret, bool), at: Timestamp, tally: &mut Tally) {
    let Some(rpt) = ledger.tokens.rpts.get(&secret) else { return };
    let Some(died) = died_at(ledger, rpt).filter(|died| *died < at) else { return };
    tally.check(Id::Rev2, !active || within(truth, died, at), || {
        format!("{} is called active; it, or what it derives from, was revoked at {}", named("rpt", secret), died.0)
    });
}

// G2 §6.1; F2 §8: what an owner withdrew is no longer told to a resource server, within the bound.
fn withdrawn(
    ledger: &Ledger,
    truth: &Truth,
    (secret, told): (Secret, &IntrospectionResponse),
    at: Timestamp,
    tally: &mut Tally,
) {
    let Some(rpt) = ledger.tokens.rpts.get(&secret) else { return };
    let entries = match told {
        IntrospectionResponse::Active(token) => token.permissions.as_slice(),
        IntrospectionResponse::Inactive => &[],
    };
    for grant in &rpt.grants {
        let Some(since) = withdrawn_since(ledger, rpt.server, grant).filter(|since| *since < at) else { continue };
        let id = &grant.given.resource.id;
        let shown = entries
            .iter()
            .any(|entry| entry.resource_id == *id && entry.scopes.iter().any(|scope| grant.justified.contains(scope)));
        tally.check(Id::Rev1, !shown || within(truth, since, at), || {
            format!("{} still shows {id}, which its owner withdrew at {}", named("rpt", secret), since.0)
        });
    }
}

fn fact_used(ledger: &Ledger, fact: &Fact, who: &str, tally: &mut Tally) {
    let mut used = |kind: &str, secret: Secret, dead: Option<Death>| {
        tally.check(Id::Rev4, dead.is_none(), || format!("{who} used {} although it is dead", named(kind, secret)));
    };
    let refresh = |secret: Secret| ledger.tokens.refresh.get(&secret).and_then(|refresh| refresh.dead);
    match fact {
        Fact::RptIssued { origin: RptOrigin::Refresh { refresh: old, .. }, .. } => {
            used("refresh", old.short(), refresh(old.short()));
        }
        Fact::AccessTokenIssued { refreshed_from: Some(old), client, .. } => {
            used("refresh", old.short(), refresh(old.short()));
            let holder = ledger.tokens.refresh.get(&old.short()).is_some_and(|it| it.client == *client);
            tally.check(Id::Bnd5, holder, || format!("{who} refreshed for {client} what is not its own"));
        }
        Fact::AccessTokenIssued { code: Some(code), client, .. } => {
            let issued = ledger.tokens.codes.get(&code.short());
            let holder = issued.is_some_and(|it| it.client == *client);
            tally.check(Id::Bnd5, holder, || format!("{who} took a code from {client}, which it was not issued to"));
            // RFC 6749 §4.1.2: a code works once.
            let again = issued.is_some_and(|code| code.issued_tokens > 0);
            tally.check(Id::Rev4, !again, || format!("{who} issued tokens twice for {}", named("code", code.short())));
        }
        Fact::AuthorizationDataAdded { rpt, .. } => {
            used("rpt", rpt.short(), ledger.tokens.rpts.get(&rpt.short()).and_then(|rpt| rpt.dead));
        }
        _ => {}
    }
}
