//! Whole processes through the front door of one authorization server: registration, sign-in, consent, protection API,
//! grant, introspection, withdrawal.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, config, described, failed};
use super::{AuthorizationServerConfig, drafts, v2_0};
use crate::message::ExchangeId;
use crate::role::oauth::accounts::Account;
use crate::role::{Input, Machine, Rule};
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, ActiveToken, AuthenticationMethod, AuthorizationRequest, CLIENT_CREDENTIALS_GRANT,
    ClientMetadata, IntrospectionRequest, IntrospectionResponse, REFRESH_TOKEN_GRANT, TokenRequest, TokenResponse,
    UMA_TICKET_GRANT, UmaTicketGrant,
};
use crate::wire::page::{AccountPage, Form, Page};
use crate::wire::text::scope_set;
use crate::wire::{
    Answer, Bearer, ClientAuthentication, Credentials, Duration, ErrorCode, FormKey, PermissionRequest,
    PermissionTicket, Policy, PolicyCondition, PolicyTarget, Request, ResourceId, Response, Revision, Rpt, ScopeSet,
    Text, Uri, token::Password,
};
use std::collections::BTreeMap;

fn bench(revision: Revision) -> Bench {
    let account = |name: &str| {
        (
            Text::from(name),
            Account { person: name.into(), verifier: name.into(), second_factor: None, claims: BTreeMap::new() },
        )
    };
    let accounts = [account("alice"), account("bob")].into_iter().collect();
    Bench::with(AuthorizationServerConfig { accounts, ..config(revision) })
}

fn register(bench: &mut Bench, name: &str) -> ClientAuthentication {
    register_for(bench, name, &[])
}

fn register_for(bench: &mut Bench, name: &str, grant_types: &[&str]) -> ClientAuthentication {
    let metadata = ClientMetadata {
        name: Some(name.into()),
        redirect_uris: vec![Uri::from("https://back.example/return")],
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: grant_types.iter().copied().map(Text::from).collect(),
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    };
    let Response::ClientRegistered(registered) = bench.browse("", Request::RegisterClient(metadata)) else {
        panic!("not registered")
    };
    let Some(secret) = registered.client_secret else { panic!("no secret") };
    ClientAuthentication::Basic(registered.client_id, secret)
}

/// Follows a sign-in page and returns the cookie of the new session.
fn sign_in(bench: &mut Bench, name: &str, request: Request) -> String {
    let answer = bench.ask(Credentials::None, None, request);
    let Answer { set_cookie: Some(cookie), message: Response::Page(Page::SignIn { form, resume, resume_at, .. }) } =
        answer
    else {
        panic!("not asked to sign in: {answer:?}")
    };
    let (username, password) = (name.into(), Password::new("secret"));
    let form = Form::SignIn { form, username, password, second_factor: None, resume: resume.clone(), resume_at };
    bench.begin(Credentials::None, Some(cookie.expose()), Ok(Request::Form(form)));
    bench.run(|server, cx| server.handle(cx, Input::PasswordChecked { check: 1, correct: true }));
    let Some(Answer { set_cookie: Some(cookie), message: Response::Redirect { message, .. } }) =
        bench.reply_to(ExchangeId(1))
    else {
        panic!("not sent back")
    };
    assert_eq!(message, resume, "back to what was wanted");
    cookie.expose().to_owned()
}

/// Gets tokens by an authorization code.
fn approved(bench: &mut Bench, client: &ClientAuthentication, person: &str, scope: &str) -> TokenResponse {
    let request = Request::Authorize(AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some(client.client_id().clone()),
        redirect_uri: Some(Uri::from("https://back.example/return")),
        scope: scope_set([scope]),
        state: None,
        code_challenge: None,
        nonce: None,
        acr_values: Vec::new(),
    });
    let cookie = sign_in(bench, person, request.clone());
    let Response::Page(Page::Consent { form, .. }) = bench.browse(&cookie, request) else { panic!("not asked") };
    let answer = bench.browse(&cookie, Request::Form(Form::Consent { form, approve: true }));
    let Response::Redirect { message, .. } = answer else { panic!("not sent back: {answer:?}") };
    let Request::AuthorizationReturn(returned) = *message else { panic!("no return") };
    let Ok(code) = returned.outcome else { panic!("no code") };
    let redirect_uri = Some(Uri::from("https://back.example/return"));
    let request = TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier: None };
    match bench.ask(Credentials::Client(client.clone()), None, Request::Token(request)).message {
        Response::Token(tokens) => tokens,
        other => panic!("no token: {other:?}"),
    }
}

/// Gets an access token by an authorization code.
fn access_token(bench: &mut Bench, client: &ClientAuthentication, person: &str, scope: &str) -> String {
    approved(bench, client, person, scope).access_token.expose().to_owned()
}

fn account(bench: &mut Bench, cookie: &str) -> (FormKey, AccountPage) {
    let Response::Page(Page::Account(page)) = bench.browse(cookie, Request::GetAccount) else { panic!("no page") };
    let Some(form) = page.form.clone() else { panic!("no form key") };
    (form, page)
}

fn ticket(bench: &mut Bench, pat: &str, resource_id: &ResourceId) -> PermissionTicket {
    let permissions = vec![PermissionRequest { resource_id: resource_id.clone(), scopes: scope_set(["view"]) }];
    match bench.with_bearer(pat, Request::RequestPermissions { permissions, array: false }) {
        Response::PermissionTicket { ticket, .. } => ticket,
        other => panic!("no ticket: {other:?}"),
    }
}

fn introspect(bench: &mut Bench, pat: &str, token: &Bearer) -> Option<ActiveToken> {
    let asked = IntrospectionRequest { token: token.clone(), resource_id: None, host_id: None };
    match bench.with_bearer(pat, Request::Introspect(asked)) {
        Response::Introspection(IntrospectionResponse::Active(active)) => Some(active),
        Response::Introspection(IntrospectionResponse::Inactive) => None,
        other => panic!("no answer: {other:?}"),
    }
}

/// A server with a resource server, a PAT of alice, a resource, and a policy for anyone; alice's cookie comes last.
fn protected(revision: Revision, pat_scope: &str) -> (Bench, String, ResourceId, String) {
    let mut bench = bench(revision);
    let resource_server = register(&mut bench, "photos");
    let pat = access_token(&mut bench, &resource_server, "alice", pat_scope);
    let id = bench.register(&pat, "photo", &["view"]);
    let cookie = sign_in(&mut bench, "alice", Request::GetAccount);
    let (form, page) = account(&mut bench, &cookie);
    assert_eq!(page.resources.iter().map(|owned| &owned.id).collect::<Vec<_>>(), [&id]);
    assert_eq!(page.clients.len(), 1, "the resource server is approved");
    let policy = Policy {
        id: "p".into(),
        target: PolicyTarget::Resources(vec![id.clone()]),
        scopes: scope_set(["view"]),
        condition: PolicyCondition::Anyone,
    };
    bench.browse(&cookie, Request::Form(Form::SetPolicy { form, policy }));
    (bench, pat, id, cookie)
}

#[test]
fn a_resource_server_is_introduced_and_loses_its_pat_with_the_approval() {
    for (revision, scope) in [(Revision::V2_0, v2_0::PAT_SCOPE), (Revision::Draft06, drafts::PAT_SCOPE)] {
        let (mut bench, pat, id, cookie) = protected(revision, scope);
        ticket(&mut bench, &pat, &id);
        let (form, page) = account(&mut bench, &cookie);
        let client_id = page.clients[0].client_id.clone();
        bench.browse(&cookie, Request::Form(Form::WithdrawApproval { form, client_id }));
        let answer =
            bench.with_bearer(&pat, Request::UpdateResource { id, if_match: None, description: described(&[]) });
        assert_eq!(failed(&answer).0, 401);
    }
}

fn uma_ticket(bench: &mut Bench, client: &ClientAuthentication, ticket: PermissionTicket) -> TokenResponse {
    let grant = UmaTicketGrant { ticket, claim_token: None, pct: None, rpt: None, scope: ScopeSet::new() };
    let request = Request::Token(TokenRequest::UmaTicket(grant));
    match bench.ask(Credentials::Client(client.clone()), None, request).message {
        Response::Token(tokens) => tokens,
        other => panic!("no RPT: {other:?}"),
    }
}

fn refresh(bench: &mut Bench, client: &ClientAuthentication, tokens: &TokenResponse) -> Response {
    let Some(refresh_token) = tokens.refresh_token.clone() else { panic!("no refresh token") };
    let request = Request::Token(TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() });
    bench.ask(Credentials::Client(client.clone()), None, request).message
}

fn remove_policy(bench: &mut Bench, cookie: &str) {
    let (form, _) = account(bench, cookie);
    bench.browse(cookie, Request::Form(Form::RemovePolicy { form, policy: "p".into() }));
}

#[test]
fn a_ticket_becomes_an_rpt_until_the_owner_withdraws() {
    let (mut bench, pat, id, cookie) = protected(Revision::V2_0, v2_0::PAT_SCOPE);
    let app = register(&mut bench, "app");
    let ticket = ticket(&mut bench, &pat, &id);
    let tokens = uma_ticket(&mut bench, &app, ticket);
    let active = introspect(&mut bench, &pat, &tokens.access_token).unwrap_or_default();
    assert_eq!(active.permissions.len(), 1);
    assert_eq!((&active.permissions[0].resource_id, &active.permissions[0].scopes), (&id, &scope_set(["view"])));
    let Response::Token(renewed) = refresh(&mut bench, &app, &tokens) else { panic!("not refreshed") };
    assert_eq!(introspect(&mut bench, &pat, &renewed.access_token).map(|it| it.permissions.len()), Some(1));
    remove_policy(&mut bench, &cookie);
    for tokens in [&tokens, &renewed] {
        let left = introspect(&mut bench, &pat, &tokens.access_token).map_or(0, |active| active.permissions.len());
        assert_eq!(left, 0, "nothing rests on a policy that is gone");
    }
    assert_eq!(failed(&refresh(&mut bench, &app, &renewed)).0, 400);
    let rebuilt = bench.rebuilt();
    let rpt = renewed.access_token.hashed().as_kind();
    assert_eq!(rebuilt.rpts.get(&rpt), bench.server.rpts.get(&rpt));
}

#[test]
fn an_rpt_of_the_early_revision_is_filled_and_ends_with_its_aat() {
    let (mut bench, pat, id, cookie) = protected(Revision::Draft06, drafts::PAT_SCOPE);
    let app = register(&mut bench, "app");
    let aat = access_token(&mut bench, &app, "bob", drafts::AAT_SCOPES[0]);
    let Response::RptIssued(rpt) = bench.with_bearer(&aat, Request::RequestRpt) else { panic!("no RPT") };
    let rpt: Bearer = rpt.as_kind();
    let shown = |bench: &mut Bench| introspect(bench, &pat, &rpt).map(|active| active.permissions.len());
    assert_eq!(shown(&mut bench), Some(0));
    let ticket = ticket(&mut bench, &pat, &id);
    let request = Request::RequestAuthorizationData { rpt: rpt.clone(), ticket };
    assert_eq!(bench.with_bearer(&aat, request), Response::AuthorizationDataAdded);
    assert_eq!(shown(&mut bench), Some(1));
    remove_policy(&mut bench, &cookie);
    assert_eq!(shown(&mut bench), Some(0));
    let of_bob = sign_in(&mut bench, "bob", Request::GetAccount);
    let (form, page) = account(&mut bench, &of_bob);
    let client_id = page.clients[0].client_id.clone();
    bench.browse(&of_bob, Request::Form(Form::WithdrawApproval { form, client_id }));
    assert_eq!(shown(&mut bench), None);
    assert_eq!(failed(&bench.with_bearer(&aat, Request::RequestRpt)).0, 401);
}

#[test]
fn a_ticket_of_the_early_revision_stays_with_the_person_whose_aat_it_first_came_with() {
    let (mut bench, pat, id, alice) = protected(Revision::Draft06, drafts::PAT_SCOPE);
    let (form, _) = account(&mut bench, &alice);
    let condition = PolicyCondition::RequestingParty { issuer: "https://as.example".into(), subject: "carol".into() };
    let (target, scopes) = (PolicyTarget::AllResources, scope_set(["view"]));
    let policy = Policy { id: "p".into(), target, scopes, condition };
    bench.browse(&alice, Request::Form(Form::SetPolicy { form, policy }));
    let app = register(&mut bench, "app");
    let ticket = ticket(&mut bench, &pat, &id);
    let mut tokens = |person: &str| {
        let aat = access_token(&mut bench, &app, person, drafts::AAT_SCOPES[0]);
        let Response::RptIssued(rpt) = bench.with_bearer(&aat, Request::RequestRpt) else { panic!("no RPT") };
        (aat, rpt)
    };
    let (of_alice, of_bob) = (tokens("alice"), tokens("bob"));
    let ask = |bench: &mut Bench, (aat, rpt): &(String, Rpt)| {
        bench.with_bearer(aat, Request::RequestAuthorizationData { rpt: rpt.as_kind(), ticket: ticket.clone() })
    };
    assert!(matches!(ask(&mut bench, &of_alice), Response::NeedInfo { .. }));
    let refused = ask(&mut bench, &of_bob);
    assert_eq!(failed(&refused), (400, Some(ErrorCode::InvalidRequesterTicket)));
    assert!(bench.ruled(Rule::TicketOfRequestingParty, false));
    assert!(matches!(ask(&mut bench, &of_alice), Response::NeedInfo { .. }), "the first goes on as before");
}

#[test]
fn an_rpt_that_outlives_its_aat_still_ends_with_the_approval() {
    let (mut bench, pat, _, _) = protected(Revision::Draft06, drafts::PAT_SCOPE);
    let app = register(&mut bench, "app");
    let aat = access_token(&mut bench, &app, "bob", drafts::AAT_SCOPES[0]);
    bench.now = bench.now + Duration::from_secs(3000);
    let Response::RptIssued(rpt) = bench.with_bearer(&aat, Request::RequestRpt) else { panic!("no RPT") };
    bench.now = bench.now + Duration::from_secs(1000);
    bench.pat("another", "alice", "rs1");
    assert_eq!(failed(&bench.with_bearer(&pat, Request::ListResources)).0, 401, "everything of before is over");
    assert!(introspect(&mut bench, "another", &rpt.as_kind()).is_some());
    let of_bob = sign_in(&mut bench, "bob", Request::GetAccount);
    let (form, page) = account(&mut bench, &of_bob);
    let client_id = page.clients[0].client_id.clone();
    bench.browse(&of_bob, Request::Form(Form::WithdrawApproval { form, client_id }));
    assert_eq!(introspect(&mut bench, "another", &rpt.as_kind()), None);
}

#[test]
fn every_kind_of_token_is_refused_at_every_other_endpoint() {
    let (mut bench, pat, id, _) = protected(Revision::Draft06, drafts::PAT_SCOPE);
    let app = register(&mut bench, "app");
    let aat = access_token(&mut bench, &app, "bob", drafts::AAT_SCOPES[1]);
    let Response::RptIssued(rpt) = bench.with_bearer(&aat, Request::RequestRpt) else { panic!("no RPT") };
    let ticket = ticket(&mut bench, &pat, &id);
    for (token, status) in [(aat.as_str(), 403), (rpt.expose(), 401), (ticket.expose(), 401)] {
        assert_eq!(failed(&bench.with_bearer(token, Request::ListResources)).0, status);
    }
    for (token, status) in [(pat.as_str(), 403), (rpt.expose(), 401), (ticket.expose(), 401)] {
        assert_eq!(failed(&bench.with_bearer(token, Request::RequestRpt)).0, status);
    }
    for token in [aat.as_str(), pat.as_str(), ticket.expose()] {
        assert_eq!(introspect(&mut bench, &pat, &Bearer::new(token)), None);
    }
}

/// Every grant type that this build can read, and two that it cannot.
const GRANT_TYPES: [&str; 6] = [
    AUTHORIZATION_CODE_GRANT,
    CLIENT_CREDENTIALS_GRANT,
    REFRESH_TOKEN_GRANT,
    UMA_TICKET_GRANT,
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "password",
];

fn obtained(bench: &mut Bench, client: &ClientAuthentication, grant_type: &str, scope: &str) -> Option<TokenResponse> {
    let request = match grant_type {
        AUTHORIZATION_CODE_GRANT => return Some(approved(bench, client, "alice", scope)),
        CLIENT_CREDENTIALS_GRANT => TokenRequest::ClientCredentials { scope: scope_set([scope]) },
        REFRESH_TOKEN_GRANT => {
            let given = approved(bench, client, "alice", scope).refresh_token;
            let refresh_token = given.unwrap_or_else(|| crate::wire::RefreshToken::new("made up"));
            TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() }
        }
        UMA_TICKET_GRANT => {
            let (ticket, scope) = (PermissionTicket::new("ticket"), scope_set([scope]));
            TokenRequest::UmaTicket(UmaTicketGrant { ticket, claim_token: None, pct: None, rpt: None, scope })
        }
        other => TokenRequest::Other(other.into()),
    };
    match bench.ask(Credentials::Client(client.clone()), None, Request::Token(request)).message {
        Response::Token(tokens) => Some(tokens),
        _ => None,
    }
}

fn opens(bench: &mut Bench, token: &Bearer, scope: &str) -> bool {
    let request = if scope == drafts::PAT_SCOPE { Request::ListResources } else { Request::RequestRpt };
    matches!(bench.with_bearer(token.expose(), request), Response::ResourceList(_) | Response::RptIssued(_))
}

// D5 §2.3, §3.4.3; D6 §2.1, §3.4.1: "MUST indicate all grant types it supports".
#[test]
fn a_grant_type_gives_pats_and_aats_if_and_only_if_it_is_listed() {
    for (revision, refresh_tokens) in
        [Revision::Draft05, Revision::Draft06].into_iter().flat_map(|revision| [(revision, true), (revision, false)])
    {
        let fresh = || {
            let mut bench = bench(revision);
            bench.server.config.refresh_tokens = refresh_tokens;
            let client = register_for(&mut bench, "party", &GRANT_TYPES);
            (bench, client)
        };
        let Response::Configuration(document) = fresh().0.browse("", Request::GetConfiguration) else { panic!() };
        for scope in [drafts::PAT_SCOPE, drafts::AAT_SCOPES[0], drafts::AAT_SCOPES[1]] {
            for grant_type in GRANT_TYPES {
                let (mut bench, client) = fresh();
                let listed = document.grant_types.iter().any(|listed| &**listed == grant_type);
                let tokens = obtained(&mut bench, &client, grant_type, scope);
                let good = tokens.is_some_and(|tokens| opens(&mut bench, &tokens.access_token, scope));
                assert_eq!(good, listed, "{grant_type} for {scope} in {revision}, refresh tokens: {refresh_tokens}");
            }
        }
        // Tokens are bearer tokens, and nothing else is listed.
        assert_eq!(document.oauth_token_profiles, ["bearer".into()]);
        assert_eq!(document.uma_token_profiles, ["bearer".into()]);
    }
}

#[test]
fn a_token_counts_at_every_api_whose_scope_it_has() {
    for revision in [Revision::Draft05, Revision::Draft06] {
        let mut bench = bench(revision);
        let [authz, authorization] = drafts::AAT_SCOPES;
        for (scopes, pat, aat) in [
            (vec!["openid", authz], false, true),
            (vec!["openid", authorization], false, true),
            (vec![authz, drafts::PAT_SCOPE], true, true),
            (vec!["openid", drafts::PAT_SCOPE], true, false),
            (vec!["openid"], false, false),
        ] {
            bench.access_token("token", Some("alice"), "party", scope_set(scopes.iter().copied()));
            let token = Bearer::new("token");
            assert_eq!(opens(&mut bench, &token, drafts::PAT_SCOPE), pat, "{scopes:?}");
            assert_eq!(opens(&mut bench, &token, authz), aat, "{scopes:?}");
        }
    }
}
