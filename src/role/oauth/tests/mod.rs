//! A server that does nothing but OAuth, and what its tests share.

mod front_channel;
mod guarded;
mod guessing;
mod operator;
mod registration;
mod saml;
mod signing_clients;
mod tables;
mod token_endpoint;

use super::*;
use crate::message::Arrival;
use crate::role::bench::{Bench, Browser};
use crate::role::oauth::accounts::Account;
use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::operation::{Operation, Report};
use crate::role::{Input, Rule};
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, AuthorizationRequest, AuthorizationReturn,
    CLIENT_CREDENTIALS_GRANT, ClientMetadata, REFRESH_TOKEN_GRANT, TokenRequest, TokenResponse,
};
use crate::wire::page::{Form, Page};
use crate::wire::text::scope_set;
use crate::wire::token::Password;
use crate::wire::{
    Answer, AuthorizationCode, Bearer, ClientAuthentication, ClientSecret, CodeVerifier, Credentials, ErrorCode,
    Failure, FormKey, RefreshToken, Request, Response, State,
};
use std::collections::BTreeMap;

const ISSUER: &str = "https://server.example";
const RETURN: &str = "https://client.example/return";
const HOUR: Duration = Duration::from_secs(3600);
const LIFETIME_OF_REFRESH_TOKENS: Duration = Duration::from_secs(10 * 24 * 3600);

/// The server under test.
#[derive(Clone, Debug)]
struct TestServer {
    issuer: Uri,
    accounts: Accounts,
    dynamic_registration: bool,
    saml: Option<(Vec<Uri>, Uri)>,
    issuer_keys: Vec<Jwk>,
    oauth: OAuth,
    told_revoked: Vec<BearerHash>,
}

impl TestServer {
    fn new() -> Self {
        let account = |name: &str| Account {
            person: name.into(),
            verifier: name.into(),
            second_factor: None,
            claims: BTreeMap::new(),
        };
        Self {
            issuer: ISSUER.into(),
            accounts: ["alice", "bob"].map(|name| (name.into(), account(name))).into(),
            dynamic_registration: true,
            saml: None,
            issuer_keys: Vec::new(),
            oauth: OAuth::with_clients(&[confidential(), public(), other()]),
            told_revoked: Vec::new(),
        }
    }

    fn serve(&mut self, cx: &mut Context<'_>, arrival: &Arrival) {
        let answer: Answer = match &arrival.message {
            Ok(Request::RegisterClient(metadata)) => return clients::register(self, cx, arrival, metadata),
            Ok(Request::Authorize(request)) => return authorize::start(self, cx, arrival, request),
            Ok(Request::Form(Form::Consent { form, approve })) => {
                if authorize::decide(self, cx, arrival, form, *approve) {
                    return;
                }
                forms::stale()
            }
            Ok(Request::Form(form)) => return sign_in::submit(self, cx, arrival, form),
            Ok(Request::Token(_)) if attempts::refuse_guesser(self, cx, arrival) => return,
            Ok(Request::Token(request)) => match token::grant(self, cx, arrival, request) {
                token::Granted::Answered => return,
                token::Granted::NotMine(_) => Response::Refused { status: 418 }.into(),
            },
            Ok(Request::Access { .. }) => {
                let bearer = arrival.credentials.bearer();
                let required = |scope: &ScopeSet| scope.contains("a");
                match access_tokens::check(&self.oauth, cx, bearer, required, Rule::PatScope) {
                    Ok(grant) => Response::Content { content: grant.client.as_str().into() }.into(),
                    Err(failure) => failure.into(),
                }
            }
            Ok(Request::Revoke(request)) => match self.revoke(cx, arrival, &request.token) {
                Ok(_) => Response::Revoked.into(),
                Err(failure) => failure.into(),
            },
            Ok(_) => Response::Refused { status: 404 }.into(),
            Err(error) => undecodable::answer(error),
        };
        cx.reply(arrival.exchange, answer);
    }

    fn revoke(&mut self, cx: &mut Context<'_>, arrival: &Arrival, token: &Bearer) -> Result<bool, Failure> {
        let client: AuthenticatedClient = clients::authenticate(self, cx, &arrival.credentials)?;
        revoke::access_or_refresh(self, cx, &client, token)
    }
}

impl Machine for TestServer {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        clients::announce(self, cx);
        match input {
            Input::Request(arrival) => self.serve(cx, &arrival),
            Input::PasswordChecked { check, correct } => sign_in::checked(self, cx, check, correct),
            Input::Act(crate::role::Act::WithdrawApproval { client_name, .. }) => {
                approvals::withdraw(self, cx, &"alice".into(), &ClientId::new(client_name));
            }
            Input::Act(crate::role::Act::Operate { order, operation }) => {
                let report = match &operation {
                    Operation::People(wanted) => accounts::operate(self, cx, wanted),
                    Operation::Clients(wanted) => clients::operate(self, cx, wanted),
                    Operation::Issuers(_) => Report::NotHere,
                };
                cx.report(order, report);
            }
            _ => {}
        }
    }

    fn needs(&self, fact: &Fact) -> bool {
        self.oauth.needs(fact)
    }

    fn apply(&mut self, fact: &Fact) {
        self.oauth.apply(fact);
    }

    fn forget(&mut self) {
        self.oauth.forget();
    }
}

impl OAuthServer for TestServer {
    fn oauth(&self) -> &OAuth {
        &self.oauth
    }

    fn oauth_mut(&mut self) -> &mut OAuth {
        &mut self.oauth
    }

    fn settings(&self) -> OAuthSettings<'_> {
        OAuthSettings {
            issuer: &self.issuer,
            accounts: &self.accounts,
            dynamic_registration: self.dynamic_registration,
            grant_types: &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT],
            saml: self.saml.as_ref().map(|(issuers, token_endpoint)| SamlSettings { issuers, token_endpoint }),
            refresh_tokens: true,
            scopes: &["a", "b"],
            default_scope: &["a"],
            access_token_lifetime: HOUR,
            refresh_token_lifetime: LIFETIME_OF_REFRESH_TOKENS,
            code_lifetime: Duration::from_secs(60),
            session_lifetime: HOUR,
        }
    }

    fn keys_of_issuer(&mut self, _cx: &mut Context<'_>, _issuer: &Uri) -> Option<Vec<Jwk>> {
        Some(self.issuer_keys.clone())
    }

    fn on_token_revoked(&mut self, _cx: &mut Context<'_>, token: BearerHash, _why: RevocationCause) {
        self.told_revoked.push(token);
    }
}

fn client(id: &str, secret: Option<&str>) -> ClientInformation {
    let authentication = if secret.is_some() { AuthenticationMethod::SecretBasic } else { AuthenticationMethod::None };
    ClientInformation {
        client_id: id.into(),
        client_secret: secret.map(ClientSecret::new),
        metadata: ClientMetadata { authentication, ..metadata() },
    }
}

fn metadata() -> ClientMetadata {
    ClientMetadata {
        name: Some("A client".into()),
        redirect_uris: vec![RETURN.into()],
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    }
}

fn confidential() -> ClientInformation {
    client("confidential", Some("secret"))
}

fn public() -> ClientInformation {
    client("public", None)
}

fn other() -> ClientInformation {
    client("other", Some("other secret"))
}

fn bench() -> Bench<TestServer> {
    Bench::new(TestServer::new())
}

fn credentials(of: &ClientInformation) -> Credentials {
    let id = of.client_id.clone();
    Credentials::Client(match &of.client_secret {
        Some(secret) => ClientAuthentication::Basic(id, secret.clone()),
        None => ClientAuthentication::Public(id),
    })
}

fn verifier() -> CodeVerifier {
    CodeVerifier::new("a verifier of at least forty-three characters")
}

fn authorization(client: &ClientInformation) -> AuthorizationRequest {
    AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some(client.client_id.clone()),
        redirect_uri: Some(RETURN.into()),
        scope: ScopeSet::new(),
        state: Some(State::new("state")),
        code_challenge: Some(pkce::challenge(&verifier())),
        nonce: Some("nonce".into()),
        acr_values: Vec::new(),
    }
}

fn ask(bench: &mut Bench<TestServer>, browser: &mut Browser, request: AuthorizationRequest) -> Response {
    bench.browse(browser, "https://server.example/authorize?x=1", Request::Authorize(request))
}

fn send(bench: &mut Bench<TestServer>, browser: &mut Browser, form: Form) -> Response {
    bench.browse(browser, "https://server.example/form", Request::Form(form))
}

/// Fills in a sign-in page.
fn sign_in_form(page: &Response, name: &str, password: &str) -> Form {
    let Response::Page(Page::SignIn { form, resume, resume_at, .. }) = page else {
        unreachable!("no sign-in page but {page:?}")
    };
    let (form, resume, resume_at) = (form.clone(), resume.clone(), resume_at.clone());
    Form::SignIn {
        form,
        username: name.into(),
        password: Password::new(password),
        second_factor: None,
        resume,
        resume_at,
    }
}

fn consent_form(page: &Response) -> FormKey {
    match page {
        Response::Page(Page::Consent { form, .. }) => form.clone(),
        other => unreachable!("no consent page but {other:?}"),
    }
}

fn returned(response: &Response) -> AuthorizationReturn {
    match response {
        Response::Redirect { to, message } => match &**message {
            Request::AuthorizationReturn(returned) => {
                assert_eq!(to.as_str(), RETURN);
                returned.clone()
            }
            other => unreachable!("no return but {other:?}"),
        },
        other => unreachable!("no redirect but {other:?}"),
    }
}

/// A browser in which `name` is signed in.
fn signed_in(bench: &mut Bench<TestServer>, name: &str) -> Browser {
    let mut browser = Browser::default();
    let page = ask(bench, &mut browser, authorization(&confidential()));
    let back = send(bench, &mut browser, sign_in_form(&page, name, name));
    assert!(matches!(back, Response::Redirect { .. }), "{back:?}");
    browser
}

/// A code for `client`, approved by alice.
fn code_for(bench: &mut Bench<TestServer>, request: AuthorizationRequest) -> AuthorizationCode {
    let mut browser = signed_in(bench, "alice");
    let mut page = ask(bench, &mut browser, request);
    if matches!(page, Response::Page(_)) {
        let form = consent_form(&page);
        page = send(bench, &mut browser, Form::Consent { form, approve: true });
    }
    match returned(&page).outcome {
        Ok(code) => code,
        Err(error) => unreachable!("no code but {error}"),
    }
}

fn exchange(code: &AuthorizationCode) -> TokenRequest {
    TokenRequest::AuthorizationCode {
        code: code.clone(),
        redirect_uri: Some(RETURN.into()),
        code_verifier: Some(verifier()),
    }
}

fn refresh(token: &RefreshToken) -> TokenRequest {
    TokenRequest::Refresh { refresh_token: token.clone(), scope: ScopeSet::new() }
}

fn token(bench: &mut Bench<TestServer>, client: &ClientInformation, request: TokenRequest) -> Response {
    bench.call(credentials(client), "https://server.example/token", Request::Token(request))
}

/// Tokens for `client`, approved by alice.
fn tokens(bench: &mut Bench<TestServer>, client: &ClientInformation) -> TokenResponse {
    let code = code_for(bench, authorization(client));
    granted(token(bench, client, exchange(&code)))
}

fn granted(response: Response) -> TokenResponse {
    match response {
        Response::Token(tokens) => tokens,
        other => unreachable!("no tokens but {other:?}"),
    }
}

fn access(bench: &mut Bench<TestServer>, token: &Bearer) -> Response {
    bench.call(
        Credentials::Bearer(token.clone()),
        "https://server.example/thing",
        Request::Access { method: "GET".into() },
    )
}

fn is_good(bench: &mut Bench<TestServer>, token: &Bearer) -> bool {
    matches!(access(bench, token), Response::Content { .. })
}

fn failed(response: &Response, status: u16, code: ErrorCode) -> bool {
    matches!(response, Response::Failure(failure) if failure.status == status && failure.code == Some(code))
}

fn noticed(response: &Response, expected: u16) -> bool {
    matches!(response, Response::Page(Page::Notice { status, .. }) if *status == expected)
}
