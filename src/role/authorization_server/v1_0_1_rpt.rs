//! The RPT endpoint of 1.0.1 (Core 1.0.1 §3.5): a client presents its AAT and a ticket, with claims and the RPT of the
//! failed attempt if it has some, and gets an RPT, or is told what would help. A ticket is good until it led to an RPT.

use super::aat_party::{bring_claims, is_ticket_of, requesting_party};
use super::assessment::{Assessment, Question, Verdict, assess};
use super::claim_tokens::{Examined, Statement, examine_pushed};
use super::claims::{self, Established};
use super::gathering::{self, Waiting};
use super::issuance::{Content, NewRpt, issue};
use super::oauth_side;
use super::rpts::RptRecord;
use super::tickets::{self, Refusal, TicketRecord};
use super::upgrade::{carried_from, end, replace, upgradable};
use super::{AuthorizationServer, Upgrade, WeakAat, history, side_by_side, v2_results};
use crate::message::{Arrival, ExchangeId};
use crate::role::oauth::access_tokens::AccessGrant;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, ProcessId, RevocationCause, RptHash, RptOrigin};
use crate::wire::request::TicketPresentation;
use crate::wire::{
    Answer, Bearer, Credentials, Endpoint, ErrorCode, ErrorDetails, Failure, RequestingPartyClaims, Response, Revision,
    ScopeSet, Uri,
};

/// A request at the RPT endpoint.
#[derive(Clone, Debug)]
pub(super) struct RptRequest {
    exchange: ExchangeId,
    credentials: Credentials,
    asked: TicketPresentation,
}

/// Answers a request.
pub(super) fn ask(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    asked: &TicketPresentation,
) {
    tickets::forget_ended(server, cx.at);
    let (exchange, credentials) = (arrival.exchange, arrival.credentials.clone());
    present(server, cx, RptRequest { exchange, credentials, asked: asked.clone() }, true);
}

/// Goes on with a request, also with one that waited for keys; `may_wait` is false when none will come.
pub(super) fn present(server: &mut AuthorizationServer, cx: &mut Context<'_>, request: RptRequest, may_wait: bool) {
    let exchange = request.exchange;
    match check(server, cx, &request) {
        Err(NotNow::Failure(failure)) => cx.reply(exchange, failure),
        Err(NotNow::WeakSignIn) => {
            let required_acr = server.config.v1_0_1.rpt_endpoint_acr.clone();
            let details = ErrorDetails { required_acr, requesting_party_claims: None };
            cx.reply(exchange, Response::InfoNeeded(details));
        }
        Ok(accepted) => match examine(server, cx, &accepted, may_wait) {
            Err(issuer) => server.gathering.wait(issuer, Waiting::Rpt(request)),
            Ok(statements) => {
                let answer = decide(server, cx, &accepted, statements);
                cx.reply(exchange, answer);
            }
        },
    }
}

/// A request whose AAT and ticket are good.
struct Accepted {
    aat: AccessGrant,
    asked: TicketPresentation,
    record: TicketRecord,
}

/// Why a request is not assessed.
enum NotNow {
    /// As the text has it.
    Failure(Failure),
    /// The person has to sign in more strongly first.
    WeakSignIn,
}

impl From<Failure> for NotNow {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

// Core 1.0.1 §4.1: trouble with the AAT comes before everything else.
fn check(server: &mut AuthorizationServer, cx: &mut Context<'_>, request: &RptRequest) -> Result<Accepted, NotNow> {
    let aat = oauth_side::check_aat(server, cx, &request.credentials)?;
    strong_enough(server, cx, &aat)?;
    let asked = request.asked.clone();
    match good_ticket(server, cx, &aat, &asked) {
        Ok(record) => Ok(Accepted { aat, asked, record }),
        Err(refusal) => {
            // In 2.0 a retransmission must not cost an RPT, whoever makes it.
            if !matches!(refusal, Refusal::OtherRevision(_)) {
                end_what_leaked(server, cx, &aat, &asked);
            }
            Err(refused(cx, refusal).into())
        }
    }
}

fn refused(cx: &mut Context<'_>, refusal: Refusal) -> Failure {
    let invalid = Failure::body(400, ErrorCode::InvalidTicket);
    match refusal {
        Refusal::Expired => Failure::body(400, ErrorCode::ExpiredTicket),
        Refusal::Unknown => invalid,
        // Core 1.0.1 §3.5.4 has no code for a used ticket or another's: to this client they do not exist.
        Refusal::Spent | Refusal::OtherClient => {
            cx.our_choice("used-ticket-is-invalid");
            invalid
        }
        Refusal::OtherRevision(decided) => invalid.because(side_by_side::crossed(decided, Revision::V1_0_1)),
    }
}

// Core 1.0.1 §1.3.2: "insufficient privileges" are trouble with the AAT; how strong the sign-in has to be for the endpoint
// itself is not said.
fn strong_enough(server: &AuthorizationServer, cx: &mut Context<'_>, aat: &AccessGrant) -> Result<(), NotNow> {
    let wanted = &server.config.v1_0_1.rpt_endpoint_acr;
    if wanted.is_empty() {
        return Ok(());
    }
    let strong = aat.acr.as_ref().is_some_and(|acr| wanted.contains(acr));
    cx.require(Rule::SignInStrongEnough, strong).map(|_| ()).map_err(|_| {
        cx.our_choice("endpoint-wants-a-stronger-sign-in");
        match server.config.v1_0_1.weak_aat {
            WeakAat::InsufficientScope => Failure::bearer(403, Some(ErrorCode::InsufficientScope)).into(),
            WeakAat::NeedInfo => NotNow::WeakSignIn,
        }
    })
}

// Core 1.0.1 §3.2.2: the ticket is of the client and the requesting party that first presented it.
fn good_ticket(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    aat: &AccessGrant,
    asked: &TicketPresentation,
) -> Result<TicketRecord, Refusal> {
    let record = tickets::presentable(server, cx, &asked.ticket.hashed(), &aat.client, Revision::V1_0_1)?;
    cx.require(Rule::TicketOfRequestingParty, is_ticket_of(server, aat, &record)).map_err(|_| Refusal::OtherClient)?;
    Ok(record)
}

// Core 1.0.1 §3.2.2: "used by multiple different clients, it SHOULD attempt to revoke any RPT already granted". The rule
// is that none is left; where it is obeyed, they end here.
fn end_what_leaked(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    aat: &AccessGrant,
    asked: &TicketPresentation,
) {
    let Some(process) = server.tickets.get(&asked.ticket.hashed()).map(|record| record.process) else { return };
    let second = server.tickets.client_of(process).is_some_and(|first| *first != aat.client);
    if !second || !server.config.v1_0_1.second_client_ends_rpts {
        return;
    }
    cx.our_choice("second-client-ends-rpts");
    let granted = server.rpts.of_process(process);
    if cx.require(Rule::SecondClientEndsRpts, granted.is_empty()).is_err() {
        for rpt in granted {
            end(server, cx, rpt, RevocationCause::Replay);
        }
    }
}

// Core 1.0.1 §3.6.2. The error is the issuer whose keys are to be waited for.
fn examine(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    accepted: &Accepted,
    may_wait: bool,
) -> Result<Vec<Statement>, Uri> {
    let mut statements = Vec::new();
    for pushed in &accepted.asked.claim_tokens {
        match examine_pushed(server, cx, &accepted.aat.client, pushed) {
            Examined::Good(statement) => statements.push(statement),
            Examined::AwaitsKeys(issuer) if may_wait => return Err(issuer),
            // Claims that do not count are asked for again, which the assessment does.
            Examined::AwaitsKeys(_) | Examined::Bad => {}
        }
    }
    Ok(statements)
}

fn decide(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    accepted: &Accepted,
    statements: Vec<Statement>,
) -> Answer {
    let process = accepted.record.process;
    side_by_side::decide(server, cx, accepted.asked.ticket.hashed(), process, Revision::V1_0_1);
    let how = ClaimsSource::Aat(accepted.aat.token.as_kind());
    for Statement { subject, claims, token } in statements {
        let new = Established { subject, claims, how: ClaimsSource::Pushed(token), at: cx.at };
        claims::establish(server, cx, process, &accepted.aat.client, new);
    }
    bring_claims(server, cx, &accepted.aat, process, how);
    let question = Question {
        ticket: accepted.asked.ticket.hashed(),
        record: &accepted.record,
        client: &accepted.aat.client,
        acr: accepted.aat.acr.as_ref(),
        requested_scopes: &ScopeSet::new(),
    };
    let assessment = assess(server, cx, &question);
    let verdict = assessment.verdict(server.config.partial_grants);
    assessment.note(cx, verdict);
    redeemed(server, cx, accepted, verdict == Verdict::Granted);
    match verdict {
        Verdict::Granted => grant(server, cx, accepted, assessment),
        Verdict::NeedInfo => need_info(server, accepted, assessment),
        Verdict::Submitted => submitted(server, cx, accepted, &assessment),
        Verdict::Denied => denied(server, cx, accepted),
    }
}

fn redeemed(server: &mut AuthorizationServer, cx: &mut Context<'_>, accepted: &Accepted, spent: bool) {
    let (ticket, process) = (accepted.asked.ticket.hashed(), accepted.record.process);
    let client = accepted.aat.client.clone();
    server.record(cx, Fact::TicketRedeemed { ticket, process, client, at: Endpoint::Rpt, spent });
}

// Core 1.0.1 §3.5.3.
fn grant(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    accepted: &Accepted,
    assessment: Assessment,
) -> Answer {
    let old = upgraded(server, cx, accepted);
    if let (Upgrade::SameString, Some((rpt, record)), Some(bearer)) = (server.config.upgrade, &old, &accepted.asked.rpt)
        && is_live(cx, record)
    {
        return add(server, cx, accepted, *rpt, bearer, assessment);
    }
    let carried = old.and_then(|(rpt, record)| carried_from(server, cx, rpt, &record));
    let old = carried.as_ref().map(super::upgrade::Carried::from);
    let origin = RptOrigin::AatAndTicket {
        aat: accepted.aat.token.as_kind(),
        ticket: accepted.asked.ticket.hashed(),
        process: accepted.record.process,
        upgraded_from: old,
    };
    let new = NewRpt {
        client: accepted.aat.client.clone(),
        subjects: requesting_party(server, &accepted.aat).into_iter().collect(),
        owner: None,
        resource_server: Some(accepted.record.resource_server.clone()),
        content: Content::Granted(assessment.granted, carried),
        origin,
    };
    let issued = issue(server, cx, new);
    if let Some(old) = old {
        replace(server, cx, old);
    }
    Response::RptGranted(issued.rpt).into()
}

// Core 1.0.1 §1.3: an RPT is of one client, requesting party and resource server, and of any owners. There is no error
// for one that is not.
fn upgraded(server: &AuthorizationServer, cx: &mut Context<'_>, accepted: &Accepted) -> Option<(RptHash, RptRecord)> {
    let party = requesting_party(server, &accepted.aat);
    let same = |old: &RptRecord| {
        // One of 2.0, beside, is of one owner and has ways of its own.
        old.owner.is_none()
            && old.subjects.first() == party.as_ref()
            && old.resource_server.as_ref() == Some(&accepted.record.resource_server)
    };
    let rpt = accepted.asked.rpt.as_ref();
    let found = upgradable(server, cx, rpt, &accepted.aat.client, same).map(|(rpt, record)| (rpt, record.clone()));
    if rpt.is_some() && found.is_none() {
        cx.our_choice("useless-rpt-is-ignored");
    }
    found
}

fn is_live(cx: &mut Context<'_>, record: &RptRecord) -> bool {
    cx.require(Rule::RptUnrevoked, !record.revoked).is_ok()
        && cx.require(Rule::RptFresh, cx.at < record.expires_at).is_ok()
}

fn add(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    accepted: &Accepted,
    rpt: RptHash,
    bearer: &Bearer,
    assessment: Assessment,
) -> Answer {
    let fact = Fact::AuthorizationDataAdded {
        rpt,
        ticket: accepted.asked.ticket.hashed(),
        resource_server: accepted.record.resource_server.clone(),
        permissions: assessment.granted.into_inner(),
    };
    server.record(cx, fact);
    Response::RptGranted(bearer.as_kind()).into()
}

// Core 1.0.1 §3.5.4.1, §3.5.4.2. A redirect helps only where there is a person.
fn need_info(server: &AuthorizationServer, accepted: &Accepted, assessment: Assessment) -> Answer {
    let missing = assessment.missing;
    let redirect_user = accepted.aat.person.is_some() && gathering::helps(server, &missing);
    let required_claims: Vec<_> = missing.into_iter().collect();
    let any = !required_claims.is_empty();
    let requesting_party_claims = any.then_some(RequestingPartyClaims { required_claims, redirect_user, ticket: None });
    let required_acr = assessment.required_acr.into_iter().collect();
    Response::InfoNeeded(ErrorDetails { required_acr, requesting_party_claims }).into()
}

fn submitted(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    accepted: &Accepted,
    assessment: &Assessment,
) -> Answer {
    // Core 1.0.1 §3.5.4 gives no status for it, and leaves open what the client does meanwhile.
    cx.our_choice("request-submitted-status");
    let process: ProcessId = accepted.record.process;
    let client = &accepted.aat.client;
    v2_results::ask_owner_once(server, cx, process, client, &assessment.pending, assessment.subjects());
    Response::RequestSubmitted { ticket: None, interval_secs: None }.into()
}

fn denied(server: &mut AuthorizationServer, cx: &mut Context<'_>, accepted: &Accepted) -> Answer {
    // Core 1.0.1 §3.5.4 does not say what becomes of the ticket: a changed policy may still make it good.
    cx.our_choice("refused-ticket-stays-good");
    let (process, ticket) = (accepted.record.process, accepted.asked.ticket.hashed());
    let why = history::why(server, process, &accepted.record);
    history::deny(server, cx, process, ticket, why);
    Failure::body(403, ErrorCode::NotAuthorized).into()
}
