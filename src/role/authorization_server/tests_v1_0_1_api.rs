//! The configuration document, the protection API, the tokens and the sign-ins of 1.0.1.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, described, failed};
use super::testing_uma::*;
use super::{AuthorizationServerConfig, WeakAat, v1_0_1};
use crate::message::ExchangeId;
use crate::role::{Effect, Input, Machine, Rule};
use crate::wire::claims::{ACR_MULTI_FACTOR, ACR_PASSWORD, ID_TOKEN_FORMAT};
use crate::wire::configuration::{CLAIMS_SECURITY, MultiPermission, UMA_BEARER_PROFILE};
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthorizationRequest, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT, TokenRequest,
    TokenResponse,
};
use crate::wire::page::{Form, Page};
use crate::wire::request::TicketPresentation;
use crate::wire::text::scope_set;
use crate::wire::token::Password;
use crate::wire::{
    Answer, Configuration, Credentials, ErrorCode, ErrorDetails, PermissionRequest, PermissionTicket, PolicyCondition,
    Request, Response, Revision, ScopeSet, Text, Uri,
};

const V1: Revision = Revision::V1_0_1;

fn document(bench: &mut Bench) -> Configuration {
    match bench.browse("", Request::GetConfiguration) {
        Response::Configuration(document) => *document,
        other => panic!("no configuration: {other:?}"),
    }
}

#[test]
fn the_document_has_every_required_member_and_the_extensions_in_force() {
    let plain = document(&mut bench_with(V1, |_| {}));
    assert_eq!(plain.uma_token_profiles, [UMA_BEARER_PROFILE.into()]);
    assert_eq!((plain.per_token.pat_profiles.len(), plain.per_token.aat_profiles.len()), (1, 1));
    assert!(!plain.per_token.pat_grant_types.is_empty() && !plain.per_token.aat_grant_types.is_empty());
    assert!(plain.authorization_endpoint.is_some() && plain.introspection_endpoint.is_some());
    assert!(plain.resource_registration_endpoint.is_some() && plain.permission_endpoint.is_some());
    assert!(plain.rpt_endpoint.is_some() && plain.claims_interaction_endpoint.is_some());
    assert!(plain.uma_profiles.is_empty() && plain.multi_permission.is_none());
    assert_eq!(plain.claim_profiles, [ID_TOKEN_FORMAT.into()]);
    let extended = document(&mut bench_with(V1, |config| {
        config.v1_0_1.security_enhanced_claims = true;
        config.v1_0_1.multi_permission = Some(MultiPermission::ExtensionOnly);
        config.trusted_issuers.clear();
    }));
    assert!(extended.claims_interaction_endpoint.is_none() && extended.security_enhanced_claims_endpoint.is_some());
    assert_eq!(extended.uma_profiles, [CLAIMS_SECURITY.into()]);
    assert_eq!(extended.multi_permission, Some(MultiPermission::ExtensionOnly));
    assert!(extended.claim_profiles.is_empty());
}

#[test]
fn resource_sets_have_a_name_and_an_identifier_of_the_servers() {
    let mut bench = bench_with(V1, |_| {});
    bench.pat("pat", "alice", "rs1");
    let id = bench.register("pat", "ignored", &["view"]);
    assert_ne!(id.as_str(), "ignored");
    let nameless = crate::wire::ResourceDescription { name: None, ..described(&["view"]) };
    let invalid = (400, Some(ErrorCode::InvalidRequest));
    let create = Request::CreateResource { id: None, description: nameless.clone() };
    assert_eq!(failed(&bench.with_bearer("pat", create)), invalid);
    let update = Request::UpdateResource { id: id.clone(), if_match: None, description: nameless };
    assert_eq!(failed(&bench.with_bearer("pat", update)), invalid);
    let own = Request::CreateResource { id: Some("mine".into()), description: described(&["view"]) };
    assert_eq!(failed(&bench.with_bearer("pat", own)), invalid);
    assert_eq!(bench.with_bearer("pat", Request::DeleteResource { id, if_match: None }), Response::ResourceDeleted);
}

#[test]
fn arrays_of_permissions_are_taken_where_the_extension_is_spoken() {
    for (spoken, single, several) in [
        (None, true, false),
        (Some(MultiPermission::Supported), true, true),
        (Some(MultiPermission::ExtensionOnly), false, true),
    ] {
        let mut bench = bench_with(V1, |config| config.v1_0_1.multi_permission = spoken);
        bench.pat("pat", "alice", "rs1");
        let ids = [bench.register("pat", "a", &["view"]), bench.register("pat", "b", &["view"])];
        let want = |id: &crate::wire::ResourceId, scopes: &[&str]| PermissionRequest {
            resource_id: id.clone(),
            scopes: scope_set(scopes.iter().copied()),
        };
        let mut ask = |permissions: Vec<PermissionRequest>, array| {
            bench.with_bearer("pat", Request::RequestPermissions { permissions, array })
        };
        let both = vec![want(&ids[0], &["view"]), want(&ids[1], &["view"])];
        let is_ticket = |answer: &Response| matches!(answer, Response::PermissionTicket { location: None, .. });
        assert_eq!(is_ticket(&ask(vec![want(&ids[0], &["view"])], false)), single);
        assert_eq!(is_ticket(&ask(both, true)), several);
        let unknown = ask(vec![want(&"nope".into(), &["view"])], !single);
        assert_eq!(failed(&unknown), (400, Some(ErrorCode::InvalidResourceSetId)));
        let none = ask(vec![want(&ids[0], &[])], !single);
        assert_eq!(failed(&none), (400, Some(ErrorCode::InvalidRequest)));
    }
}

/// Has a person sign in and approve, with a second factor if the page asks for one; `Err` is the page after that.
fn authorize(
    bench: &mut Bench,
    person: &str,
    asked: AuthorizationRequest,
    correct: &[bool],
) -> Result<crate::wire::oauth::AuthorizationReturn, Box<Response>> {
    let request = Request::Authorize(asked);
    let mut answer = bench.ask(Credentials::None, None, request.clone());
    let mut cookie = answer.set_cookie.take();
    if let Response::Page(Page::SignIn { form, resume, resume_at, second_factor, .. }) = answer.message {
        let second_factor = second_factor.then(|| Password::new("second"));
        let (username, password) = (Text::from(person), Password::new("secret"));
        let form = Form::SignIn { form, username, password, second_factor, resume, resume_at };
        bench.begin(Credentials::None, cookie.as_ref().map(|cookie| cookie.expose()), Ok(Request::Form(form)));
        for correct in correct {
            let checked = |effect: &Effect| matches!(effect, Effect::CheckPassword { .. });
            assert!(bench.last.out.iter().any(checked), "nothing to check");
            bench.run(|server, cx| server.handle(cx, Input::PasswordChecked { check: 1, correct: *correct }));
        }
        let Some(Answer { set_cookie: Some(new), message: Response::Redirect { .. } }) = bench.reply_to(ExchangeId(1))
        else {
            return Err(Box::new(answer_of(bench)));
        };
        cookie = Some(new);
    }
    let cookie = cookie.map(|cookie| cookie.expose().to_owned()).unwrap_or_default();
    let mut answer = bench.browse(&cookie, request);
    if let Response::Page(Page::Consent { form, .. }) = answer {
        answer = bench.browse(&cookie, Request::Form(Form::Consent { form, approve: true }));
    }
    match answer {
        Response::Redirect { message, .. } => match *message {
            Request::AuthorizationReturn(returned) => Ok(returned),
            other => panic!("no return: {other:?}"),
        },
        other => Err(Box::new(other)),
    }
}

fn answer_of(bench: &Bench) -> Response {
    bench.reply_to(ExchangeId(1)).map_or(Response::Refused { status: 599 }, |answer| answer.message)
}

fn asking(scope: &str, acr_values: &[&str]) -> AuthorizationRequest {
    AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some("app".into()),
        redirect_uri: Some(Uri::from("https://app.example/return")),
        scope: scope_set([scope]),
        state: None,
        code_challenge: None,
        nonce: None,
        acr_values: acr_values.iter().copied().map(Text::from).collect(),
    }
}

fn token(bench: &mut Bench, asked: TokenRequest) -> Result<TokenResponse, Box<Response>> {
    tokens(bench.ask(credentials("app"), None, Request::Token(asked)).message)
}

fn by_code(bench: &mut Bench, asked: AuthorizationRequest, correct: &[bool]) -> Result<TokenResponse, Box<Response>> {
    let returned = authorize(bench, "bob", asked, correct)?;
    let code = returned.outcome.map_err(|_| Box::new(Response::Refused { status: 400 }))?;
    let redirect_uri = Some(Uri::from("https://app.example/return"));
    token(bench, TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier: None })
}

fn refreshed(bench: &mut Bench, tokens: &TokenResponse) -> bool {
    let Some(refresh_token) = tokens.refresh_token.clone() else { return false };
    token(bench, TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() }).is_ok()
}

/// The grant types by which this server really gives tokens of a scope.
fn that_work(bench: &mut Bench, scope: &str) -> Vec<&'static str> {
    let by_code = by_code(bench, asking(scope, &[]), &[true]);
    let own = token(bench, TokenRequest::ClientCredentials { scope: scope_set([scope]) });
    let renewed = by_code.as_ref().is_ok_and(|tokens| refreshed(bench, tokens));
    let outcomes = [
        (AUTHORIZATION_CODE_GRANT, by_code.is_ok()),
        (CLIENT_CREDENTIALS_GRANT, own.is_ok()),
        (REFRESH_TOKEN_GRANT, renewed),
    ];
    let others = ["urn:ietf:params:oauth:grant-type:saml2-bearer", "password"];
    for other in others {
        assert!(token(bench, TokenRequest::Other(other.into())).is_err(), "{other}");
    }
    let grant = TokenRequest::UmaTicket(plain(&PermissionTicket::new("t")));
    assert!(token(bench, grant).is_err(), "no grant of 2.0");
    outcomes.into_iter().filter(|(_, works)| *works).map(|(name, _)| name).collect()
}

#[test]
fn the_grant_types_that_are_listed_are_those_that_work() {
    let all = [AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT];
    let few: [&[&str]; 5] = [&all, &all[..1], &all[1..2], &[all[0], all[2]], &all[..2]];
    for refresh_tokens in [true, false] {
        for (pat, aat) in few.iter().flat_map(|pat| few.iter().map(move |aat| (*pat, *aat))) {
            let listed = |names: &[&str]| names.iter().copied().map(Text::from).collect::<Vec<_>>();
            let mut bench = bench_with(V1, |config| {
                config.refresh_tokens = refresh_tokens;
                config.v1_0_1.pat_grant_types = listed(pat);
                config.v1_0_1.aat_grant_types = listed(aat);
            });
            let declared = document(&mut bench).per_token;
            assert_eq!(listed(&that_work(&mut bench, v1_0_1::PAT_SCOPE)), declared.pat_grant_types, "{pat:?}");
            assert_eq!(listed(&that_work(&mut bench, v1_0_1::AAT_SCOPE)), declared.aat_grant_types, "{aat:?}");
        }
    }
    let bench = bench_with(V1, |config| config.v1_0_1.aat_grant_types.clear());
    let mut mutant = bench.without(&[Rule::GrantTypeOfferedForScope]);
    assert!(that_work(&mut mutant, v1_0_1::AAT_SCOPE).contains(&CLIENT_CREDENTIALS_GRANT));
}

fn strong() -> PolicyCondition {
    PolicyCondition::SignedInWith(vec![ACR_MULTI_FACTOR.into()])
}

fn present(bench: &mut Bench, aat: &TokenResponse, ticket: &PermissionTicket) -> Response {
    let asked = TicketPresentation { ticket: ticket.clone(), rpt: None, claim_tokens: Vec::new() };
    bench.with_bearer(aat.access_token.expose(), Request::RequestRptForTicket(asked))
}

fn needing(acr: &str) -> Response {
    Response::InfoNeeded(ErrorDetails { required_acr: vec![acr.into()], requesting_party_claims: None })
}

fn aat(bench: &mut Bench, acr_values: &[&str], correct: &[bool]) -> TokenResponse {
    by_code(bench, asking(v1_0_1::AAT_SCOPE, acr_values), correct).unwrap_or_else(|page| panic!("no AAT: {page:?}"))
}

#[test]
fn a_weak_sign_in_is_done_again_for_the_same_ticket() {
    let mut bench = protected(V1, strong());
    let ticket = view(&mut bench);
    let weak = aat(&mut bench, &[], &[true]);
    assert_eq!(present(&mut bench, &weak, &ticket), needing(ACR_MULTI_FACTOR));
    assert!(bench.ruled(Rule::SignInStrongEnough, false));
    let stronger = aat(&mut bench, &[ACR_MULTI_FACTOR], &[true, true]);
    bench.server = bench.rebuilt();
    assert_eq!(present(&mut bench, &weak, &ticket), needing(ACR_MULTI_FACTOR));
    let Some(refresh_token) = stronger.refresh_token.clone() else { panic!("no refresh token") };
    let renewed = token(&mut bench, TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() });
    let Ok(renewed) = renewed else { panic!("not renewed") };
    let Response::RptGranted(_) = present(&mut bench, &renewed, &ticket) else { panic!("not granted") };
    let mut mutant = protected(V1, strong()).without(&[Rule::SignInStrongEnough]);
    let (weak, ticket) = (aat(&mut mutant, &[], &[true]), view(&mut mutant));
    assert!(matches!(present(&mut mutant, &weak, &ticket), Response::RptGranted(_)));
}

#[test]
fn a_second_factor_is_wanted_and_has_to_be_right() {
    let mut bench = protected(V1, strong());
    let asked = || asking(v1_0_1::AAT_SCOPE, &[ACR_MULTI_FACTOR]);
    for (correct, rule) in [(&[false][..], Rule::PasswordCorrect), (&[true, false][..], Rule::SecondFactorCorrect)] {
        let Err(page) = authorize(&mut bench, "bob", asked(), correct) else { panic!("signed in") };
        let again = matches!(*page, Response::Page(Page::SignIn { wrong_password: true, second_factor: true, .. }));
        assert!(again && bench.ruled(rule, false), "{page:?}");
    }
    let bob = Text::from("bob");
    if let Some(account) = bench.server.config.accounts.get_mut(&bob) {
        account.second_factor = None;
    }
    let Err(_) = authorize(&mut bench, "bob", asked(), &[true]) else { panic!("signed in without a second factor") };
    assert!(bench.ruled(Rule::SecondFactorCorrect, false));
    let mut mutant = protected(V1, strong()).without(&[Rule::SecondFactorCorrect]);
    let (strange, ticket) = (aat(&mut mutant, &[ACR_MULTI_FACTOR], &[true, false]), view(&mut mutant));
    assert!(matches!(present(&mut mutant, &strange, &ticket), Response::RptGranted(_)));
}

#[test]
fn what_this_server_cannot_do_better_a_password_is_enough_for() {
    for wanted in [&["https://example.com/acrs/other"][..], &[ACR_MULTI_FACTOR, ACR_PASSWORD]] {
        let mut bench = protected(V1, PolicyCondition::SignedInWith(vec![ACR_PASSWORD.into()]));
        let (weak, ticket) = (aat(&mut bench, wanted, &[true]), view(&mut bench));
        assert!(matches!(present(&mut bench, &weak, &ticket), Response::RptGranted(_)));
    }
}

#[test]
fn an_organisation_cannot_sign_in_more_strongly_and_the_drafts_cannot_ask() {
    let mut bench = protected(V1, strong());
    let own = token(&mut bench, TokenRequest::ClientCredentials { scope: scope_set([v1_0_1::AAT_SCOPE]) });
    let (Ok(own), ticket) = (own, view(&mut bench)) else { panic!("no AAT") };
    assert_eq!(failed(&present(&mut bench, &own, &ticket)), (403, Some(ErrorCode::NotAuthorized)));
    let mut nobody = protected(V1, PolicyCondition::SignedInWith(Vec::new()));
    let (weak, ticket) = (aat(&mut nobody, &[], &[true]), view(&mut nobody));
    assert_eq!(failed(&present(&mut nobody, &weak, &ticket)), (403, Some(ErrorCode::NotAuthorized)));
}

#[test]
fn the_endpoint_itself_may_want_a_stronger_sign_in() {
    for (reading, first) in [(WeakAat::InsufficientScope, None), (WeakAat::NeedInfo, Some(needing(ACR_MULTI_FACTOR)))] {
        let change = |config: &mut AuthorizationServerConfig| {
            config.v1_0_1.rpt_endpoint_acr = vec![ACR_MULTI_FACTOR.into()];
            config.v1_0_1.weak_aat = reading;
        };
        let mut bench = protected_with(V1, PolicyCondition::Anyone, change);
        let (weak, ticket) = (aat(&mut bench, &[], &[true]), PermissionTicket::new("unknown"));
        let answer = present(&mut bench, &weak, &ticket);
        match first {
            Some(expected) => assert_eq!(answer, expected),
            None => assert_eq!(failed(&answer), (403, Some(ErrorCode::InsufficientScope))),
        }
        let (strong, ticket) = (aat(&mut bench, &[ACR_MULTI_FACTOR], &[true, true]), view(&mut bench));
        assert!(matches!(present(&mut bench, &strong, &ticket), Response::RptGranted(_)));
    }
}

#[test]
fn a_withdrawn_approval_ends_the_aat_and_what_was_got_with_it() {
    let mut bench = protected(V1, PolicyCondition::Anyone);
    let (aat, ticket) = (aat(&mut bench, &[], &[true]), view(&mut bench));
    let Response::RptGranted(rpt) = present(&mut bench, &aat, &ticket) else { panic!("not granted") };
    bench.run(|server, cx| super::withdrawal::of_approval(server, cx, &"bob".into(), &"app".into()));
    let next = view(&mut bench);
    assert_eq!(failed(&present(&mut bench, &aat, &next)), (401, Some(ErrorCode::InvalidToken)));
    assert!(bench.server.rpts.get(&rpt.hashed()).is_some_and(|record| record.revoked));
}
