//! Interactive claims gathering (Grant §3.3.2-§3.3.3; D6 §3.5.1): a person comes from a client, says who they are and
//! agrees that claims are used, and goes back. How an identity provider is asked stands in [`super::gathering_idp`].

use super::AuthorizationServer;
use super::dialect::Brought;
use super::dispatch;
use super::expiry::Due;
use super::gathering_idp::{self, AtIdp, Away};
use super::oauth_calls::{self, Browser};
use super::side_by_side;
use super::tickets::{self, Refusal, presentable};
use super::v1_0_1_rpt::{self, RptRequest};
use super::v2_grant::{Presented, present};
use crate::message::{Arrival, ExchangeId};
use crate::role::link::Moved;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, InteractionStarted, ProcessId, SessionHash, Subject, TicketHash};
use crate::wire::oauth::TokenRequest;
use crate::wire::page::Page;
use crate::wire::request::{ClaimsInteraction, ClaimsReturn};
use crate::wire::token::kind::{FormKind, StateKind};
use crate::wire::{
    Answer, Claim, ClientId, DecodeError, ErrorCode, FormKey, PermissionTicket, Request, RequiredClaim, Response,
    Revision, SessionCookie, State, Timestamp, TokenHash, Uri,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is open in browsers now; a crash forgets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathering {
    /// What waits for an identity provider's configuration or keys.
    waiting: BTreeMap<Uri, Vec<Waiting>>,
    /// Pages that were shown, by their form.
    shown: BTreeMap<TokenHash<FormKind>, Shown>,
    /// The newest page of each ticket.
    form_of: BTreeMap<TicketHash, TokenHash<FormKind>>,
    /// People who were sent to the identity provider.
    pub(super) away: BTreeMap<TokenHash<StateKind>, Away>,
    /// People who came back and whose ID token is on its way.
    pub(super) at_idp: BTreeMap<ExchangeId, AtIdp>,
    due: Due<TicketHash>,
    due_away: Due<TokenHash<StateKind>>,
}

/// What waits for an identity provider's configuration or keys.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    /// A grant request with a claim token.
    Grant(Presented),
    /// A token request with an assertion.
    Assertion(Box<Arrival>, TokenRequest),
    /// A request of a client that signs, whose keys are elsewhere.
    Client(Box<Arrival>),
    /// A request at the RPT endpoint of 1.0.1, with claim tokens.
    Rpt(RptRequest),
    /// A person who is to be sent there.
    Interaction(Entry),
    /// A person who came back with an ID token.
    Identity(AtIdp, crate::wire::ClaimToken),
}

/// A person's arrival at the claims interaction endpoint.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    exchange: ExchangeId,
    uri: Uri,
    cookie: Option<SessionCookie>,
    asked: ClaimsInteraction,
}

/// One interaction: whose process it is, in which browser session, and where to go afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interaction {
    /// The process.
    pub(super) process: ProcessId,
    /// The client whose process it is.
    pub(super) client: ClientId,
    /// The ticket that was presented.
    pub(super) ticket: TicketHash,
    /// Its value, for a revision that returns it.
    pub(super) presented: PermissionTicket,
    /// Where to go afterwards.
    pub(super) redirect_uri: Uri,
    /// What to return there.
    pub(super) state: Option<State>,
    /// The browser session.
    pub(super) session: SessionHash,
    /// The revision of the endpoint.
    pub(super) revision: Revision,
    /// The first instant at which it is too late.
    pub(super) until: Timestamp,
}

/// A page that was shown: what would be said about whom.
#[derive(Clone, Debug)]
struct Shown {
    interaction: Interaction,
    subject: Subject,
    claims: Vec<Claim>,
}

impl Gathering {
    /// Keeps something until the link to the issuer moved.
    pub(super) fn wait(&mut self, issuer: Uri, waiting: Waiting) {
        self.waiting.entry(issuer).or_default().push(waiting);
    }

    /// Remembers a person who goes to the identity provider.
    pub(super) fn send_away(&mut self, state: TokenHash<StateKind>, away: Away) {
        self.due_away.at(away.interaction.until, state);
        self.away.insert(state, away);
    }

    fn show(&mut self, form: TokenHash<FormKind>, shown: Shown) {
        let ticket = shown.interaction.ticket;
        self.due.at(shown.interaction.until, ticket);
        if let Some(older) = self.form_of.insert(ticket, form) {
            self.shown.remove(&older);
        }
        self.shown.insert(form, shown);
    }

    fn take(&mut self, form: &TokenHash<FormKind>) -> Option<Shown> {
        let shown = self.shown.remove(form)?;
        self.form_of.remove(&shown.interaction.ticket);
        Some(shown)
    }

    fn shown_for(&self, ticket: &TicketHash, session: SessionHash) -> Option<&Shown> {
        let shown = self.shown.get(self.form_of.get(ticket)?)?;
        (shown.interaction.session == session).then_some(shown)
    }

    fn forget_ended(&mut self, now: Timestamp) {
        while let Some(ticket) = self.due.pop(now) {
            if let Some(form) = self.form_of.remove(&ticket) {
                self.shown.remove(&form);
            }
        }
        while let Some(state) = self.due_away.pop(now) {
            self.away.remove(&state);
        }
    }
}

/// A person comes to give claims.
pub(super) fn start(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    asked: &ClaimsInteraction,
) {
    tickets::forget_ended(server, cx.at);
    server.gathering.forget_ended(cx.at);
    let (exchange, uri, cookie) = (arrival.exchange, arrival.uri.clone(), arrival.cookie.clone());
    begin(server, cx, Entry { exchange, uri, cookie, asked: asked.clone() }, true);
}

fn begin(server: &mut AuthorizationServer, cx: &mut Context<'_>, entry: Entry, may_wait: bool) {
    let Some(place) = return_place(server, cx, &entry.asked) else {
        // Grant §3.3.3: the person is told, and is not sent anywhere.
        return cx.reply(entry.exchange, notice(400, "this client or its address is not known here"));
    };
    let Some(presented) = entry.asked.ticket.clone() else {
        return cx.reply(entry.exchange, place.refused(ErrorCode::InvalidRequest));
    };
    let ticket = presented.hashed();
    if let Some(shown) = reloaded(server, cx, &entry, &ticket) {
        return show(server, cx, entry.exchange, None, shown);
    }
    let spoken = server.ways_at(&entry.uri).revision(&server.config);
    let record = match presentable(server, cx, &ticket, &place.client, spoken) {
        Ok(record) => record,
        Err(refusal) => {
            let answer = unpresentable(cx, &place, refusal, spoken);
            return cx.reply(entry.exchange, answer);
        }
    };
    let until = cx.at + server.config.ticket_lifetime;
    let to_interaction = |browser: &Browser| Interaction {
        process: record.process,
        client: place.client.clone(),
        ticket,
        presented: presented.clone(),
        redirect_uri: place.redirect_uri.clone(),
        state: place.state.clone(),
        session: browser.session,
        revision: spoken,
        until,
    };
    match server.config.claims_from.clone() {
        None => with_own_account(server, cx, entry, to_interaction),
        Some(idp) => match gathering_idp::ready(server, cx, &idp) {
            Some(ready) => {
                let browser = oauth_calls::browser(server, cx, entry.cookie.as_ref());
                let interaction = to_interaction(&browser);
                started(server, cx, &interaction);
                gathering_idp::send_away(server, cx, entry.exchange, browser.set_cookie, ready, interaction);
            }
            None if may_wait => server.gathering.wait(idp, Waiting::Interaction(entry)),
            None => cx.reply(entry.exchange, place.refused(ErrorCode::TemporarilyUnavailable)),
        },
    }
}

fn with_own_account(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    entry: Entry,
    to_interaction: impl Fn(&Browser) -> Interaction,
) {
    let browser = oauth_calls::session(server, cx, entry.cookie.as_ref());
    let signed_in = browser.and_then(|browser| Some((browser.person.clone()?, browser)));
    let Some((person, browser)) = signed_in else {
        // The ticket is presented, and spent, when the person comes back signed in.
        let resume = Request::ClaimsInteraction(entry.asked);
        return oauth_calls::ask_to_sign_in(server, cx, entry.exchange, entry.cookie.as_ref(), resume, entry.uri);
    };
    let interaction = to_interaction(&browser);
    started(server, cx, &interaction);
    let issuer = server.config.issuer.clone();
    let claims = oauth_calls::account_claims(server, &person);
    let claims = claims.into_iter().map(|(name, value)| Claim { name, value, issuer: issuer.clone() }).collect();
    let shown = Shown { interaction, subject: Subject { issuer, person }, claims };
    show(server, cx, entry.exchange, None, shown);
}

// Grant §3.3.3, Core 1.0.1 §3.6.3.
fn unpresentable(cx: &mut Context<'_>, place: &Place, refusal: Refusal, presented: Revision) -> Answer {
    match refusal {
        Refusal::OtherRevision(decided) => {
            // A redirect has no words for the person.
            cx.our_choice("crossed-ticket-shown-to-the-person");
            notice(400, &side_by_side::crossed(decided, presented))
        }
        Refusal::Unknown | Refusal::Spent | Refusal::Expired | Refusal::OtherClient => {
            place.refused(ErrorCode::InvalidRequest)
        }
    }
}

/// Where the client wants the person back.
struct Place {
    client: ClientId,
    redirect_uri: Uri,
    state: Option<State>,
}

impl Place {
    // Grant §3.3.3, RFC 6749 §4.1.2.1.
    fn refused(&self, error: ErrorCode) -> Answer {
        back(&self.redirect_uri, self.state.clone(), Brought::error(error))
    }
}

// Grant §3.3.2: the client names itself and a registered address; an address may be left out when there is only one.
fn return_place(server: &AuthorizationServer, cx: &mut Context<'_>, asked: &ClaimsInteraction) -> Option<Place> {
    let client = asked.client_id.clone().or_else(|| client_of_process(server, asked))?;
    let registered = oauth_calls::claims_redirect_uris(server, &client)?;
    let redirect_uri = match (&asked.redirect_uri, registered.as_slice()) {
        (Some(uri), _) => {
            cx.require(Rule::ClaimsRedirectUriRegistered, registered.contains(uri)).ok()?;
            uri.clone()
        }
        (None, [only]) => only.clone(),
        (None, _) => return None,
    };
    Some(Place { client, redirect_uri, state: asked.state.clone() })
}

fn client_of_process(server: &AuthorizationServer, asked: &ClaimsInteraction) -> Option<ClientId> {
    let ticket = asked.ticket.as_ref().filter(|_| server.dialect().ticket_names_client())?;
    let record = server.tickets.get(&ticket.hashed())?;
    server.tickets.client_of(record.process).cloned()
}

// A reload in the same browser session goes on with the interaction that the ticket was spent on.
fn reloaded(server: &AuthorizationServer, cx: &mut Context<'_>, entry: &Entry, ticket: &TicketHash) -> Option<Shown> {
    server.gathering.form_of.get(ticket)?;
    let session = oauth_calls::session(server, cx, entry.cookie.as_ref())?.session;
    server.gathering.shown_for(ticket, session).cloned()
}

fn started(server: &mut AuthorizationServer, cx: &mut Context<'_>, interaction: &Interaction) {
    let Interaction { process, client, ticket, redirect_uri, state, session, revision, .. } = interaction.clone();
    side_by_side::decide(server, cx, ticket, process, revision);
    server.ways_of(process).interaction_begins(server, cx, interaction);
    server.record(
        cx,
        Fact::InteractionStarted(InteractionStarted { process, session, client, redirect_uri, state, ticket }),
    );
}

fn show(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    set_cookie: Option<SessionCookie>,
    shown: Shown,
) {
    let form = oauth_calls::form_key(server, cx, shown.interaction.session);
    let names: BTreeSet<_> = shown.claims.iter().map(|claim| claim.name.clone()).collect();
    let page = Page::GiveClaims {
        form: form.clone(),
        client_id: shown.interaction.client.clone(),
        client_name: oauth_calls::client_name(server, &shown.interaction.client),
        claims: names.into_iter().collect(),
    };
    server.gathering.show(form.hashed(), shown);
    cx.reply(exchange, Answer { set_cookie, message: Response::Page(page) });
}

/// The person was identified: asks whether the claims may be used.
pub(super) fn identified(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    interaction: Interaction,
    subject: Subject,
    claims: Vec<Claim>,
) {
    show(server, cx, exchange, None, Shown { interaction, subject, claims });
}

/// The person says whether the claims may be used.
pub(super) fn give(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    form: &FormKey,
    agree: bool,
) {
    let session = oauth_calls::session(server, cx, arrival.cookie.as_ref());
    let genuine = session.is_some_and(|browser| oauth_calls::is_form_of(server, cx, browser.session, form));
    let shown = genuine.then(|| server.gathering.take(&form.hashed())).flatten();
    let Some(Shown { interaction, subject, claims }) = shown.filter(|shown| cx.at < shown.interaction.until) else {
        return cx.reply(arrival.exchange, notice(403, "this form is not good any more"));
    };
    // Grant §5.1, §5.7: nothing is collected without the person's will.
    let may_use = cx.require(Rule::PersonAgreedToGiveClaims, agree).is_ok();
    if !may_use || is_somebody_else(server, &interaction, &subject) {
        return refuse(server, cx, arrival.exchange, &interaction, ErrorCode::AccessDenied);
    }
    let Interaction { process, session, client, .. } = interaction.clone();
    if agree {
        let (client, subject) = (client.clone(), subject.clone());
        server.record(cx, Fact::PersonAgreed { process, session, client, subject });
    }
    let how = ClaimsSource::Gathered(session);
    server.record(cx, Fact::ClaimsEstablished { process, client, subject, claims, how, established_at: cx.at });
    let brought = server.ways_of(process).interaction_ends(server, cx, &interaction);
    cx.reply(arrival.exchange, back(&interaction.redirect_uri, interaction.state, brought));
}

fn is_somebody_else(server: &AuthorizationServer, interaction: &Interaction, subject: &Subject) -> bool {
    server.ways_of(interaction.process).one_person_per_process()
        && server.claims.contradicts(interaction.process, subject)
}

/// The person goes back without having given claims.
pub(super) fn refuse(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    interaction: &Interaction,
    error: ErrorCode,
) {
    let brought = server.ways_of(interaction.process).interaction_refused(server, cx, interaction, error);
    cx.reply(exchange, back(&interaction.redirect_uri, interaction.state.clone(), brought));
}

fn back(to: &Uri, state: Option<State>, brought: Brought) -> Answer {
    let Brought { ticket, error, authorization_state } = brought;
    let error = error.map(|error| error.as_str().into());
    let message = Request::ClaimsReturn(ClaimsReturn { ticket, state, error, authorization_state });
    Response::Redirect { to: to.clone(), message: Box::new(message) }.into()
}

/// True when the person can give here some of what is missing.
pub(super) fn helps(server: &AuthorizationServer, missing: &BTreeSet<RequiredClaim>) -> bool {
    let gathered = server.config.claims_from.as_ref().unwrap_or(&server.config.issuer);
    missing.iter().any(|claim| claim.issuer.contains(gathered))
}

/// A page with one sentence.
pub(super) fn notice(status: u16, text: &str) -> Answer {
    Response::Page(Page::Notice { status, text: text.into() }).into()
}

/// The answer to an own request. False when it was none of these.
pub(super) fn on_response(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    answer: Result<Answer, DecodeError>,
) -> bool {
    if let Some(at_idp) = server.gathering.at_idp.remove(&exchange) {
        gathering_idp::token_came(server, cx, at_idp, answer);
        return true;
    }
    let moved = server.links.on_response(cx, exchange, answer);
    moved.is_some_and(|moved| go_on(server, cx, moved))
}

/// No answer to an own request will come. False when it was none of these.
pub(super) fn on_failure(server: &mut AuthorizationServer, cx: &mut Context<'_>, exchange: ExchangeId) -> bool {
    if let Some(at_idp) = server.gathering.at_idp.remove(&exchange) {
        refuse(server, cx, at_idp.exchange, &at_idp.interaction, ErrorCode::TemporarilyUnavailable);
        return true;
    }
    let moved = server.links.on_failure(exchange);
    moved.is_some_and(|moved| go_on(server, cx, moved))
}

/// The return of a person from the identity provider.
pub(super) use super::gathering_idp::returned;

fn go_on(server: &mut AuthorizationServer, cx: &mut Context<'_>, moved: Moved) -> bool {
    if let Some(fact) = moved.fact() {
        server.record(cx, fact);
    }
    let may_wait = !matches!(moved, Moved::Stuck(..) | Moved::OtherRevision(..));
    for waiting in server.gathering.waiting.remove(moved.issuer()).unwrap_or_default() {
        match waiting {
            Waiting::Grant(presented) => present(server, cx, presented, may_wait),
            Waiting::Assertion(arrival, asked) if may_wait => dispatch::token(server, cx, &arrival, &asked),
            // Keys that did not come are no keys, and the assertion is refused.
            Waiting::Assertion(arrival, asked) => dispatch::grant(server, cx, &arrival, &asked),
            Waiting::Client(arrival) if may_wait => dispatch::from_client(server, cx, &arrival),
            // As with assertions.
            Waiting::Client(arrival) => dispatch::of_client(server, cx, &arrival),
            Waiting::Rpt(request) => v1_0_1_rpt::present(server, cx, request, may_wait),
            Waiting::Interaction(entry) => begin(server, cx, entry, may_wait),
            Waiting::Identity(at_idp, token) => gathering_idp::identify(server, cx, at_idp, &token, may_wait),
        }
    }
    true
}
