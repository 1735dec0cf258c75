//! RPTs in draft-06: issued empty at the RPT endpoint (D6 §3.4.2), filled at the permission request endpoint (D6
//! §3.4.3). An RPT is bound to the AAT's client and requesting party, and to a resource server by its first
//! authorization data.

use super::aat_party::{bring_claims, is_ticket_of, requesting_party};
use super::assessment::{Assessment, Question, Verdict, assess};
use super::issuance::{Content, NewRpt, issue as issue_rpt};
use super::oauth_side;
use super::rpts::RptRecord;
use super::tickets::{self, Refusal, TicketRecord};
use super::upgrade::replace;
use super::{AuthorizationServer, RptReissue, history, v2_results};
use crate::message::Arrival;
use crate::role::oauth::access_tokens::AccessGrant;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, RptHash, RptOrigin};
use crate::wire::{Answer, Bearer, ClientId, Endpoint, ErrorCode, Failure, PermissionTicket, Response, ScopeSet};

/// Answers a request at the RPT endpoint.
pub(super) fn issue(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) {
    match oauth_side::check_aat(server, cx, &arrival.credentials) {
        Err(failure) => cx.reply(arrival.exchange, failure),
        Ok(aat) => {
            let answer = issue_for(server, cx, &aat);
            cx.reply(arrival.exchange, answer);
        }
    }
}

fn issue_for(server: &mut AuthorizationServer, cx: &mut Context<'_>, aat: &AccessGrant) -> Answer {
    tickets::forget_ended(server, cx.at);
    let older = superseded(server, aat);
    end_older(server, cx, &older);
    let new = NewRpt {
        client: aat.client.clone(),
        subjects: requesting_party(server, aat).into_iter().collect(),
        owner: None,
        resource_server: None,
        content: Content::Empty,
        origin: RptOrigin::Aat(aat.token.as_kind()),
    };
    Response::RptIssued(issue_rpt(server, cx, new).rpt).into()
}

// D6 §3.4.2 ends "the old RPT" of the same AAT, though the request does not say for which resource server the new one
// is (reading A3).
fn superseded(server: &AuthorizationServer, aat: &AccessGrant) -> Vec<RptHash> {
    match server.config.rpt_reissue {
        RptReissue::Literal => server.rpts.of_aat(&aat.token.as_kind()),
        RptReissue::PerRs => {
            let unbound = |rpt: &RptHash| server.rpts.get(rpt).is_some_and(|record| record.resource_server.is_none());
            let of_pair = server.rpts.of_pair(&aat.client, aat.person.as_ref());
            of_pair.into_iter().filter(unbound).collect()
        }
    }
}

// The rule is that nothing older is left; where it is obeyed, it is mended here.
fn end_older(server: &mut AuthorizationServer, cx: &mut Context<'_>, older: &[RptHash]) {
    if cx.require(Rule::ReissueEndsOlder, older.is_empty()).is_err() {
        for rpt in older {
            replace(server, cx, *rpt);
        }
    }
}

/// Answers a request at the permission request endpoint.
pub(super) fn ask(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    rpt: &Bearer,
    ticket: &PermissionTicket,
) {
    tickets::forget_ended(server, cx.at);
    let outcome = oauth_side::check_aat(server, cx, &arrival.credentials).and_then(|aat| {
        let asked = check(server, cx, aat, rpt, ticket)?;
        Ok(decide(server, cx, &asked))
    });
    match outcome {
        Ok(answer) => cx.reply(arrival.exchange, answer),
        Err(failure) => cx.reply(arrival.exchange, failure),
    }
}

/// A request whose AAT, RPT and ticket are good.
struct Asked {
    aat: AccessGrant,
    rpt: RptHash,
    rpt_record: RptRecord,
    ticket: PermissionTicket,
    record: TicketRecord,
}

fn check(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    aat: AccessGrant,
    rpt: &Bearer,
    ticket: &PermissionTicket,
) -> Result<Asked, Failure> {
    let rpt: RptHash = rpt.hashed().as_kind();
    let rpt_record = good_rpt(server, cx, &aat, &rpt)?;
    let invalid = || Failure::body(400, ErrorCode::InvalidRequesterTicket);
    let own = server.config.served.newest();
    let record =
        tickets::presentable(server, cx, &ticket.hashed(), &aat.client, own).map_err(|refusal| match refusal {
            Refusal::Expired => Failure::body(400, ErrorCode::ExpiredRequesterTicket),
            // D6 §3.4.3 has no code for a used ticket or another client's: to this client they do not exist.
            Refusal::Unknown | Refusal::Spent | Refusal::OtherClient | Refusal::OtherRevision(_) => invalid(),
        })?;
    let of_server = rpt_record.resource_server.as_ref().is_none_or(|bound| *bound == record.resource_server);
    cx.require(Rule::TicketOfRptServer, of_server).map_err(|_| invalid())?;
    // D6 §3.4.1: claims are those of the AAT's person, and what somebody else gave for this ticket says nothing here.
    cx.require(Rule::TicketOfRequestingParty, is_ticket_of(server, &aat, &record)).map_err(|_| invalid())?;
    Ok(Asked { aat, rpt, rpt_record, ticket: ticket.clone(), record })
}

// D6 §3.4.3: "an invalid, missing, or expired AAT (or RPT)" is an OAuth error.
fn good_rpt(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    aat: &AccessGrant,
    rpt: &RptHash,
) -> Result<RptRecord, Failure> {
    let invalid = || Failure::bearer(401, Some(ErrorCode::InvalidToken));
    let record = server.rpts.get(rpt).ok_or_else(invalid)?;
    cx.require(Rule::RptUnrevoked, !record.revoked).map_err(|_| invalid())?;
    cx.require(Rule::RptFresh, cx.at < record.expires_at).map_err(|_| invalid())?;
    let same_party = record.subjects.first() == requesting_party(server, aat).as_ref();
    cx.require(Rule::RptOfAat, record.client == aat.client && same_party).map_err(|_| invalid())?;
    Ok(record.clone())
}

fn decide(server: &mut AuthorizationServer, cx: &mut Context<'_>, asked: &Asked) -> Answer {
    if let Some(aat) = asked.rpt_record.origin.aat() {
        bring_claims(server, cx, &asked.aat, asked.record.process, ClaimsSource::Aat(aat));
    }
    let question = Question {
        ticket: asked.ticket.hashed(),
        record: &asked.record,
        client: &asked.aat.client,
        // The drafts have no answer that asks for a stronger sign-in.
        acr: None,
        requested_scopes: &ScopeSet::new(),
    };
    let assessment = assess(server, cx, &question);
    // D6 §3.4.3 knows no authorization data for a part of what was asked.
    let verdict = assessment.verdict(false);
    assessment.note(cx, verdict);
    if verdict != Verdict::Granted {
        redeemed(server, cx, asked, false);
    }
    match verdict {
        Verdict::Granted => add(server, cx, asked, assessment),
        Verdict::NeedInfo => {
            Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None }.into()
        }
        Verdict::Submitted => submitted(server, cx, asked, &assessment),
        Verdict::Denied => {
            let (process, ticket) = (asked.record.process, asked.ticket.hashed());
            let why = history::why(server, process, &asked.record);
            history::deny(server, cx, process, ticket, why);
            Failure::body(403, ErrorCode::NotAuthorizedPermission).into()
        }
    }
}

fn submitted(server: &mut AuthorizationServer, cx: &mut Context<'_>, asked: &Asked, assessment: &Assessment) -> Answer {
    // D6 §3.4.3 lets owners demand a say at run time and leaves open what the client is told meanwhile.
    cx.our_choice("request-submitted-in-a-draft");
    let client: &ClientId = &asked.aat.client;
    let process = asked.record.process;
    v2_results::ask_owner_once(server, cx, process, client, &assessment.pending, assessment.subjects());
    Response::RequestSubmitted { ticket: None, interval_secs: Some(server.config.poll_interval_secs) }.into()
}

fn redeemed(server: &mut AuthorizationServer, cx: &mut Context<'_>, asked: &Asked, spent: bool) {
    let (process, client) = (asked.record.process, asked.aat.client.clone());
    let (ticket, at) = (asked.ticket.hashed(), Endpoint::AuthorizationData);
    server.record(cx, Fact::TicketRedeemed { ticket, process, client, at, spent });
}

fn add(server: &mut AuthorizationServer, cx: &mut Context<'_>, asked: &Asked, assessment: Assessment) -> Answer {
    let resource_server = asked.record.resource_server.clone();
    if asked.rpt_record.resource_server.is_none() {
        let older = bound_to(server, asked, &resource_server);
        end_older(server, cx, &older);
    }
    redeemed(server, cx, asked, true);
    let fact = Fact::AuthorizationDataAdded {
        rpt: asked.rpt,
        ticket: asked.ticket.hashed(),
        resource_server,
        permissions: assessment.granted.into_inner(),
    };
    server.record(cx, fact);
    Response::AuthorizationDataAdded.into()
}

// The RPT that this one takes the place of at its resource server (reading A3).
fn bound_to(server: &AuthorizationServer, asked: &Asked, resource_server: &ClientId) -> Vec<RptHash> {
    let of_pair = server.rpts.of_pair(&asked.aat.client, asked.aat.person.as_ref());
    let same = |rpt: &RptHash| {
        *rpt != asked.rpt
            && server.rpts.get(rpt).is_some_and(|record| record.resource_server.as_ref() == Some(resource_server))
    };
    of_pair.into_iter().filter(same).collect()
}
