//! Runs for BND and CLM.

use super::super::test_traces::*;
use super::Case;
use crate::message::*;
use crate::trace::fact::*;
use crate::trace::fact::{AssertionIssued, AssertionRedeemed, CodeIssued, InteractionStarted, PctIssued};
use crate::trace::{Event, Fact, Note};
use crate::wire::Revision::{Draft06, V2_0};
use crate::wire::client_assertion::{self, ClientAssertionClaims};
use crate::wire::jws::Jwk;
use crate::wire::oauth::*;
use crate::wire::*;

fn plain(_: &mut Run) {}

fn aat_of_another(run: &mut Run) {
    run.access_token("aat2", OTHER, "carol", "http://docs.kantarainitiative.org/uma/scopes/authz.json");
    let issued = run.rpt_fact("rpt5", RptOrigin::Aat(hash("aat2")), Vec::new());
    run.fact(AS, issued);
}

fn foreign_list(run: &mut Run) {
    let exchange = run.with_pat(RS, Request::ListResources);
    run.answer(AS, RS, exchange, 200, Response::ResourceList(vec![rid(RS2)]));
}

fn mixed_rpt(run: &mut Run) {
    let given = vec![run.granted(RS, 1), run.granted(RS2, 1)];
    let issued = run.rpt_fact("rpt5", Run::of_ticket("t3", 1, None), given);
    run.fact(AS, issued);
}

fn mixed_data(run: &mut Run) {
    let (rpt, ticket, permissions) = (hash("rpt1"), hash("t1"), vec![run.granted(RS2, 1)]);
    run.fact(AS, Fact::AuthorizationDataAdded { rpt, ticket, resource_server: id(RS2), permissions });
}

/// A process in which a PCT stands for the claims.
pub(super) fn pct(run: &mut Run, holder: NodeId, claims: Vec<Claim>, person: NodeId) {
    let issued = Fact::PctIssued(PctIssued {
        pct: hash("pct"),
        client: id(holder),
        subjects: vec![subject("bob")],
        claims,
        established_at: run.at(),
        expires_at: run.at() + Duration::from_secs(500),
    });
    run.fact(AS, issued);
    run.fetch(person, 7, RS);
    run.challenged("t8", 8, None);
    run.present(CLIENT, "t8", None);
    run.fact(AS, Run::claims_fact(8, "bob", ClaimsSource::Pct(hash("pct"))));
}

fn wrong_kind(run: &mut Run) {
    let bearer = Credentials::Bearer(Bearer::new("rpt1"));
    let exchange = run.send(RS, uri(AS, "/api"), bearer, Request::ListResources);
    run.answer(AS, RS, exchange, 200, Response::ResourceList(Vec::new()));
}

fn ticket_elsewhere(run: &mut Run) {
    let grant = UmaTicketGrant {
        ticket: PermissionTicket::new("t3"),
        claim_token: None,
        pct: None,
        rpt: None,
        scope: ScopeSet::new(),
    };
    let message = Request::Token(TokenRequest::UmaTicket(grant));
    run.send(CLIENT, uri(AS2, "/token"), Run::credentials(CLIENT), message);
}

fn aat_elsewhere(run: &mut Run) {
    run.send(CLIENT, uri(AS2, "/rpt"), Credentials::Bearer(Bearer::new("aat")), Request::RequestRpt);
}

pub(super) fn rpt_elsewhere(run: &mut Run) {
    run.try_access(CLIENT, RS2, Some("rpt1"));
}

pub(super) fn rpt_to_browser(run: &mut Run) {
    let exchange = run.send(BOB, uri(CLIENT, "/show"), Credentials::None, Request::GetAccount);
    run.answer(CLIENT, BOB, exchange, 200, Run::tokens("rpt1", false));
}

fn carols_claims(run: &mut Run) {
    run.fetch(BOB, 7, RS);
    let held = (!run.v2()).then_some("rpt1");
    run.challenged("t8", 8, held);
    run.gather(CAROL, "t8", "t9", 8);
    let mut given = run.granted(RS, 8);
    given.subjects = vec![subject("carol")];
    if run.v2() {
        let issued = run.rpt_fact("rpt8", Run::of_ticket("t9", 8, None), vec![given]);
        run.fact(AS, issued);
    } else {
        let (rpt, ticket, permissions) = (hash("rpt1"), hash("t8"), vec![given]);
        run.fact(AS, Fact::AuthorizationDataAdded { rpt, ticket, resource_server: id(RS), permissions });
    }
}

fn pushed(run: &mut Run, to: NodeId) {
    let (token, person, expires_at) = (hash("id-token"), "bob".into(), run.at() + Duration::from_secs(60));
    run.fact(IDP, Fact::IdTokenIssued { token, person, client: id(to), expires_at });
    run.challenged("t8", 8, None);
    run.present(CLIENT, "t8", None);
    let mut established = Run::claims_fact(8, "bob", ClaimsSource::Pushed(token));
    if let Fact::ClaimsEstablished { subject, .. } = &mut established {
        subject.issuer = uri(IDP, "");
    }
    run.fact(AS, established);
}

fn to_strange_place(run: &mut Run) {
    let started = Fact::InteractionStarted(InteractionStarted {
        process: ProcessId(1),
        session: hash("session-bob"),
        client: id(CLIENT),
        redirect_uri: uri(OTHER, "/claims-return"),
        state: None,
        ticket: hash("t3"),
    });
    run.fact(AS, started);
}

fn returned_twice(run: &mut Run) {
    let state = if run.v2() { "state-t2" } else { "state-t1" };
    run.note(CLIENT, Note::ReturnAccepted { session: Some(hash("bobs-session")), state: Some(hash(state)) });
}

fn another_process_back(run: &mut Run) {
    run.challenged("t8", 8, (!run.v2()).then_some("rpt1"));
    let state = State::new("state-x");
    let away = Note::PersonSentAway { session: hash("bobs-session"), state: hash("state-x"), to: uri(AS, "/claims") };
    run.note(CLIENT, away);
    let out = crate::wire::request::ClaimsInteraction {
        client_id: Some(id(CLIENT)),
        ticket: Some(PermissionTicket::new("t8")),
        redirect_uri: None,
        state: Some(state.clone()),
    };
    let exchange = run.send(BOB, uri(CLIENT, "/continue"), Credentials::None, Request::GetAccount);
    let message = Box::new(Request::ClaimsInteraction(out));
    run.answer(CLIENT, BOB, exchange, 302, Response::Redirect { to: uri(AS, "/claims"), message });
    let ticket = Some(PermissionTicket::new("t3"));
    let back =
        crate::wire::request::ClaimsReturn { ticket, state: Some(state), error: None, authorization_state: None };
    run.send(BOB, uri(CLIENT, "/claims-return"), Credentials::None, Request::ClaimsReturn(back));
    run.note(CLIENT, Note::ReturnAccepted { session: Some(hash("bobs-session")), state: Some(hash("state-x")) });
}

pub(super) fn without_agreement(run: &mut Run) {
    run.fact(AS, Run::claims_fact(1, "carol", ClaimsSource::Gathered(hash("session-carol"))));
}

fn borrowed_claims(run: &mut Run) {
    let held = (!run.v2()).then_some("rpt1");
    run.challenged("t8", 8, held);
    let mut given = run.granted(RS, 8);
    given.subjects = vec![subject("carol")];
    if run.v2() {
        let issued = run.rpt_fact("rpt8", Run::of_ticket("t8", 8, None), vec![given]);
        run.fact(AS, issued);
    } else {
        let (rpt, ticket, permissions) = (hash("rpt1"), hash("t8"), vec![given]);
        run.fact(AS, Fact::AuthorizationDataAdded { rpt, ticket, resource_server: id(RS), permissions });
    }
}

/// A token request with this secret.
fn token_with(run: &mut Run, secret: Option<&str>) {
    let client = match secret {
        Some(secret) => ClientAuthentication::Basic(id(CLIENT), ClientSecret::new(secret)),
        None => ClientAuthentication::Public(id(CLIENT)),
    };
    let request = TokenRequest::ClientCredentials { scope: ScopeSet::new() };
    let ask = run.send(CLIENT, uri(AS, "/token"), Credentials::Client(client), Request::Token(request));
    run.access_token("own", CLIENT, "bob", "x");
    run.answer(AS, CLIENT, ask, 200, Run::tokens("own", false));
}

// A client that the operator introduced, and removed again or not.
fn introduced(run: &mut Run, removed: bool) {
    let metadata = ClientMetadata {
        name: None,
        redirect_uris: Vec::new(),
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    };
    let secret = Some(hash("of the operator"));
    run.fact(AS, Fact::ClientIntroduced(ClientIntroduced { client: id(CLIENT), metadata, secret }));
    if removed {
        run.fact(AS, Fact::ClientRemoved(ClientRemoved { client: id(CLIENT) }));
    }
    token_with(run, Some("of the operator"));
}

/// A token request with something that was signed about this client, sent by `from`, and how often it counts.
fn signed_by(run: &mut Run, from: NodeId, about: NodeId, audience: &str, late: bool, times: usize) {
    run.signing_client(AS, CLIENT);
    let end = if late { run.at() } else { run.at() + Duration::from_secs(60) };
    let claims = ClientAssertionClaims {
        issuer: id(about).as_str().into(),
        subject: id(about),
        audience: [Text::from(audience)].into(),
        expires_at: end.whole_secs(),
        issued_at: None,
        not_before: None,
        id: Some("1".into()),
    };
    let assertion = client_assertion::write(&Jwk::ed25519("k", "ideal", "eA"), &claims, |_| Vec::new());
    let client = ClientAuthentication::Assertion(id(CLIENT), assertion.clone());
    let request = TokenRequest::ClientCredentials { scope: ScopeSet::new() };
    let ask = run.send(from, uri(AS, "/token"), Credentials::Client(client), Request::Token(request));
    for _ in 0..times {
        let (client, assertion, expires_at) = (id(CLIENT), assertion.hashed(), claims.expires_at);
        run.fact(AS, Fact::ClientAssertionUsed { client, id: "1".into(), expires_at, assertion });
    }
    run.access_token("own", CLIENT, "bob", "x");
    run.answer(AS, from, ask, 200, Run::tokens("own", false));
}

fn well_signed(run: &mut Run) {
    signed_by(run, CLIENT, CLIENT, "https://as.example", false, 1);
}

/// A public client's silence where a signature is wanted.
fn unsigned(run: &mut Run) {
    run.signing_client(AS, CLIENT);
    token_with(run, None);
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Bob approves a client, which gets a code.
fn code(run: &mut Run, approve: bool) {
    run.approval(approve);
    let (person, client, scope) = (PersonId::from("bob"), id(CLIENT), crate::wire::text::scope_set(["x"]));
    let issued = Fact::CodeIssued(CodeIssued {
        code: hash("code"),
        client,
        person,
        scope,
        redirect_uri: uri(CLIENT, "/return"),
        code_challenge: Some(CHALLENGE.into()),
        nonce: None,
        expires_at: run.at() + Duration::from_secs(60),
    });
    run.fact(AS, issued);
}

/// A code is exchanged so many seconds later, with what came along.
fn exchanged(run: &mut Run, after: u64, redirect_uri: Option<Uri>, verifier: Option<&str>) {
    code(run, true);
    run.now += after;
    let (code, code_verifier) = (AuthorizationCode::new("code"), verifier.map(CodeVerifier::new));
    let request = TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier };
    let ask = run.send(CLIENT, uri(AS, "/token"), Run::credentials(CLIENT), Request::Token(request));
    run.access_token("of-code", CLIENT, "bob", "x");
    run.answer(AS, CLIENT, ask, 200, Run::tokens("of-code", false));
}

fn withdrawn_before_code(run: &mut Run) {
    code(run, true);
    run.fact(AS, Fact::ApprovalWithdrawn { person: "bob".into(), client: id(CLIENT) });
    let issued = Fact::CodeIssued(CodeIssued {
        code: hash("code-2"),
        client: id(CLIENT),
        person: "bob".into(),
        scope: crate::wire::text::scope_set(["x"]),
        redirect_uri: uri(CLIENT, "/return"),
        code_challenge: None,
        nonce: None,
        expires_at: run.at(),
    });
    run.fact(AS, issued);
}

/// Somebody signs in as Bob, and sees his page so many seconds later.
fn signed_in(run: &mut Run, somebody: NodeId, after: u64) {
    let (session, expires_at) = (hash("signed-in"), run.at() + Duration::from_secs(60));
    let form = run.send(somebody, uri(AS, "/form"), Credentials::None, Request::GetAccount);
    run.fact(AS, Fact::SessionOpened { session, person: Some("bob".into()), expires_at });
    let back = Box::new(Request::GetAccount);
    let message = Response::Redirect { to: uri(AS, "/account"), message: back };
    let set_cookie = Some(SessionCookie::new("signed-in"));
    run.answer_with(AS, somebody, form, 302, Answer { set_cookie, message });
    run.now += after;
    let page = run.send_with(BOB, uri(AS, "/account"), Credentials::None, Some("signed-in"), Request::GetAccount);
    run.answer(AS, BOB, page, 200, Response::Page(crate::wire::page::Page::Account(Default::default())));
}

/// Bob signs out; his page is asked for before or after that, and shown.
fn signed_out(run: &mut Run, asked_before: bool) {
    let session = hash("signed-in");
    signed_in(run, BOB, 1);
    let page = |run: &mut Run| {
        run.send_with(BOB, uri(AS, "/account"), Credentials::None, Some("signed-in"), Request::GetAccount)
    };
    let before = asked_before.then(|| page(run));
    run.fact(AS, Fact::SessionEnded { session });
    run.now += 1;
    let asked = before.unwrap_or_else(|| page(run));
    run.answer(AS, BOB, asked, 200, Response::Page(crate::wire::page::Page::Account(Default::default())));
}

/// An assertion about Bob for an authorization server is presented there so many seconds later, and taken so often.
fn asserted(run: &mut Run, (at, person): (NodeId, &str), after: u64, times: u32) {
    let issued = Fact::AssertionIssued(AssertionIssued {
        assertion: hash("assertion"),
        id: "a".into(),
        person: "bob".into(),
        client: id(CLIENT),
        audience: uri(at, ""),
        recipient: uri(at, "/token"),
        expires_at: run.at() + Duration::from_secs(60),
    });
    run.fact(IDP, issued);
    run.now += after;
    for _ in 0..times {
        let request = TokenRequest::Saml2Bearer { assertion: SamlAssertion::new("assertion"), scope: ScopeSet::new() };
        let ask = run.send(CLIENT, uri(AS, "/token"), Run::credentials(CLIENT), Request::Token(request));
        let redeemed = Fact::AssertionRedeemed(AssertionRedeemed {
            assertion: hash("assertion"),
            issuer: uri(IDP, ""),
            id: "a".into(),
            person: person.into(),
            client: id(CLIENT),
            expires_at: run.at() + Duration::from_secs(60),
        });
        run.fact(AS, redeemed);
        run.access_token("of-assertion", CLIENT, "bob", "x");
        run.answer(AS, CLIENT, ask, 200, Run::tokens("of-assertion", false));
    }
}

fn returning() -> Option<Uri> {
    Some(uri(CLIENT, "/return"))
}

fn strange_issuer(run: &mut Run) {
    for node in &mut run.truth.nodes {
        node.trusts.clear();
    }
    pushed(run, CLIENT);
}

// Whom the operator has the server believe, and until when.
fn of_operator(run: &mut Run, distrusted: bool) {
    for node in &mut run.truth.nodes {
        node.trusts.clear();
    }
    run.fact(AS, Fact::IssuerTrusted(IssuerTrusted { issuer: uri(IDP, ""), keys: None, audience: None }));
    if distrusted {
        run.fact(AS, Fact::IssuerDistrusted(IssuerDistrusted { issuer: uri(IDP, "") }));
    }
    pushed(run, CLIENT);
}

fn asked_over(run: &mut Run, scheme: &str, status: u16) {
    let (message, bearer) = (Request::ListResources, Credentials::Bearer(Bearer::new("pat5")));
    let to = uri(AS, "/api").with_scheme(scheme);
    run.next += 1;
    let exchange = ExchangeId(run.next);
    let call = Box::new(Call { to, credentials: bearer, cookie: None, message });
    run.push(Event::Sent { from: RS, to: Some(AS), exchange, call });
    run.push(Event::Arrived { from: RS, to: AS, exchange, copy_of: None, undecodable: None });
    let answer = match status {
        400 => Response::Failure(Failure::body(400, ErrorCode::InvalidRequest)),
        _ => Response::ResourceList(vec![rid(RS)]),
    };
    run.answer(AS, RS, exchange, status, answer);
}

fn plain_address(run: &mut Run) {
    let json = serde_json::json!({
        "issuer": "https://as.example",
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "http://as.example/token",
        "introspection_endpoint": "https://as.example/introspect",
        "permission_endpoint": "https://as.example/permission",
        "resource_registration_endpoint": "https://as.example/resources",
        "grant_types_supported": ["authorization_code"],
        "response_types_supported": ["code"],
    });
    let response = codec::HttpResponse { status: 200, headers: Vec::new(), body: json.to_string().into_bytes() };
    let document = codec::decode_response(V2_0, &Request::GetConfiguration, &response).unwrap();
    let exchange = run.send(CLIENT, uri(AS, "/c"), Credentials::None, Request::GetConfiguration);
    run.answer(AS, CLIENT, exchange, 200, document.message);
}

pub(super) const CASES: &[Case] = &[
    ("BND-1", Draft06, plain, aat_of_another),
    ("BND-2", V2_0, plain, foreign_list),
    ("BND-2", Draft06, plain, foreign_list),
    ("BND-3", V2_0, plain, mixed_rpt),
    ("BND-3", Draft06, plain, mixed_data),
    ("BND-4", V2_0, |run| pct(run, CLIENT, vec![email()], BOB), |run| pct(run, OTHER, vec![email()], BOB)),
    ("BND-4", V2_0, |run| pct(run, CLIENT, vec![email()], BOB), |run| pct(run, CLIENT, vec![email()], CAROL)),
    ("BND-5", V2_0, plain, wrong_kind),
    ("BND-5", Draft06, plain, wrong_kind),
    ("BND-6", V2_0, plain, ticket_elsewhere),
    ("BND-6", Draft06, plain, aat_elsewhere),
    ("BND-7", V2_0, plain, rpt_elsewhere),
    ("BND-7", Draft06, plain, rpt_elsewhere),
    ("BND-7-outcome", V2_0, plain, rpt_elsewhere),
    ("BND-8", V2_0, plain, rpt_to_browser),
    ("BND-8", Draft06, plain, aat_elsewhere),
    ("AUT-1", V2_0, |run| token_with(run, Some("secret")), |run| token_with(run, Some("guessed"))),
    ("AUT-1", V2_0, |run| introduced(run, false), |run| introduced(run, true)),
    ("AUT-1", V2_0, well_signed, unsigned),
    ("AUT-1", V2_0, well_signed, |run| signed_by(run, OTHER, CLIENT, "https://as.example", false, 1)),
    ("AUT-1", V2_0, well_signed, |run| signed_by(run, CLIENT, OTHER, "https://as.example", false, 1)),
    ("AUT-1", V2_0, well_signed, |run| signed_by(run, CLIENT, CLIENT, "https://elsewhere.example", false, 1)),
    ("AUT-1", V2_0, well_signed, |run| signed_by(run, CLIENT, CLIENT, "https://as.example", true, 1)),
    ("AUT-1", V2_0, well_signed, |run| signed_by(run, CLIENT, CLIENT, "https://as.example", false, 2)),
    ("AUT-1", Draft06, |run| token_with(run, Some("secret")), |run| token_with(run, None)),
    (
        "AUT-2",
        V2_0,
        |run| exchanged(run, 59, returning(), Some(VERIFIER)),
        |run| exchanged(run, 60, returning(), Some(VERIFIER)),
    ),
    (
        "AUT-2",
        Draft06,
        |run| exchanged(run, 0, None, Some(VERIFIER)),
        |run| exchanged(run, 0, Some(uri(OTHER, "/return")), Some(VERIFIER)),
    ),
    (
        "AUT-2",
        V2_0,
        |run| exchanged(run, 0, returning(), Some(VERIFIER)),
        |run| exchanged(run, 0, returning(), Some("another")),
    ),
    ("AUT-2", V2_0, |run| exchanged(run, 0, None, Some(VERIFIER)), |run| exchanged(run, 0, None, None)),
    ("AUT-3", V2_0, |run| code(run, true), |run| code(run, false)),
    ("AUT-3", Draft06, |run| code(run, true), withdrawn_before_code),
    ("AUT-4", V2_0, |run| signed_in(run, BOB, 59), |run| signed_in(run, CAROL, 0)),
    ("AUT-4", Draft06, |run| signed_in(run, BOB, 0), |run| signed_in(run, BOB, 60)),
    ("AUT-4", V2_0, |run| signed_out(run, true), |run| signed_out(run, false)),
    ("AUT-4", Draft06, |run| signed_out(run, true), |run| signed_out(run, false)),
    ("AUT-5", V2_0, |run| asserted(run, (AS, "bob"), 0, 1), |run| asserted(run, (AS2, "bob"), 0, 1)),
    ("AUT-5", V2_0, |run| asserted(run, (AS, "bob"), 0, 1), |run| asserted(run, (AS, "carol"), 0, 1)),
    ("AUT-5", Draft06, |run| asserted(run, (AS, "bob"), 59, 1), |run| asserted(run, (AS, "bob"), 60, 1)),
    ("AUT-5", Draft06, |run| asserted(run, (AS, "bob"), 0, 1), |run| asserted(run, (AS, "bob"), 0, 2)),
    ("TLS-1", V2_0, |run| asked_over(run, "http", 400), |run| asked_over(run, "http", 201)),
    ("TLS-1", Draft06, |run| asked_over(run, "https", 201), |run| asked_over(run, "http", 201)),
    ("TLS-1", V2_0, plain, plain_address),
    ("CLM-1", V2_0, plain, carols_claims),
    ("CLM-1", Draft06, plain, carols_claims),
    ("CLM-2", V2_0, |run| pushed(run, CLIENT), |run| pushed(run, OTHER)),
    ("CLM-2", V2_0, |run| pushed(run, CLIENT), strange_issuer),
    ("CLM-2", V2_0, |run| of_operator(run, false), |run| of_operator(run, true)),
    ("CLM-3", V2_0, plain, to_strange_place),
    ("CLM-4", V2_0, plain, returned_twice),
    ("CLM-4", Draft06, plain, returned_twice),
    ("CLM-4-outcome", V2_0, plain, another_process_back),
    ("CLM-5", V2_0, plain, without_agreement),
    ("CLM-6", V2_0, plain, borrowed_claims),
    ("CLM-6", V2_0, |run| pct(run, CLIENT, vec![email()], BOB), |run| pct(run, CLIENT, Vec::new(), BOB)),
    ("CLM-6", Draft06, plain, borrowed_claims),
];
