//! All that the authorization server asks of the OAuth module: who holds a token, who is signed in, and the endpoints
//! that OAuth specifies alone.

use super::account::Owner;
use super::{AuthorizationServer, AuthorizationServerConfig, draft06, v2_0};
use crate::message::Arrival;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{BearerHash, RevocationCause, SessionHash, TokenWhat};
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT};
use crate::wire::page::{ApprovedClient, Page};
use crate::wire::{
    Answer, ClientId, Credentials, ErrorCode, Failure, FormKey, PersonId, Request, Response, Revision, ScopeSet,
    SessionCookie, Text, Timestamp, Uri,
};
use std::collections::BTreeMap;

/// Whose PAT it is: the owner, and the resource server as a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatHolder {
    pub(super) owner: PersonId,
    pub(super) resource_server: ClientId,
}

/// Stands in for the OAuth module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stub {
    tokens: BTreeMap<BearerHash, StubToken>,
    sessions: BTreeMap<SessionHash, Option<PersonId>>,
    approvals: BTreeMap<(PersonId, ClientId), ScopeSet>,
    keys: BTreeMap<SessionHash, FormKey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct StubToken {
    client: ClientId,
    person: Option<PersonId>,
    scope: ScopeSet,
    expires_at: Timestamp,
    revoked: bool,
}

impl Stub {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::AccessTokenIssued { token, client, person, scope, expires_at, .. } => {
                let (client, person, scope) = (client.clone(), person.clone(), scope.clone());
                self.tokens
                    .insert(*token, StubToken { client, person, scope, expires_at: *expires_at, revoked: false });
            }
            Fact::TokenRevoked { token, what: TokenWhat::AccessToken, .. } => {
                if let Some(token) = self.tokens.get_mut(token) {
                    token.revoked = true;
                }
            }
            Fact::SessionOpened { session, person, .. } => {
                self.sessions.insert(*session, person.clone());
            }
            Fact::ApprovalGiven { person, client, scope } => {
                self.approvals.insert((person.clone(), client.clone()), scope.clone());
            }
            Fact::ApprovalWithdrawn { person, client } => {
                self.approvals.remove(&(person.clone(), client.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn forget(&mut self) {
        self.keys.clear();
    }
}

/// The grant types that need no ticket.
pub(super) fn grant_types(config: &AuthorizationServerConfig) -> Vec<Text> {
    let refresh = config.refresh_tokens.then_some(REFRESH_TOKEN_GRANT);
    [AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT].into_iter().chain(refresh).map(Text::from).collect()
}

/// Checks a PAT (FedAuthz §1.3; D6 §2.1).
///
/// # Errors
/// The bearer challenge of RFC 6750 §3.
pub(super) fn check_pat(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    credentials: &Credentials,
) -> Result<PatHolder, Failure> {
    let is_pat = |scope: &ScopeSet| match server.config.revision {
        Revision::Draft06 => scope.contains(draft06::PAT_SCOPE),
        Revision::V2_0 => scope.contains(v2_0::PAT_SCOPE),
    };
    let (client, person) = check(server, cx, credentials, is_pat, Rule::PatScope)?;
    // A PAT for the resource server's own credentials: the resource server owns what it registers.
    let owner = person.unwrap_or_else(|| {
        cx.our_choice("pat-without-person-is-the-servers-own");
        PersonId::new(client.as_str())
    });
    Ok(PatHolder { owner, resource_server: client })
}

/// Checks an AAT (D6 §3.4.1).
///
/// # Errors
/// The bearer challenge of RFC 6750 §3.
pub(super) fn check_aat(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    credentials: &Credentials,
) -> Result<(), Failure> {
    let is_aat = |scope: &ScopeSet| draft06::AAT_SCOPES.iter().any(|aat| scope.contains(*aat));
    check(server, cx, credentials, is_aat, Rule::AatScope).map(|_| ())
}

fn check(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    credentials: &Credentials,
    is_of_kind: impl FnOnce(&ScopeSet) -> bool,
    kind: Rule,
) -> Result<(ClientId, Option<PersonId>), Failure> {
    let bearer = credentials.bearer().ok_or_else(|| Failure::bearer(401, None))?;
    let invalid = || Failure::bearer(401, Some(ErrorCode::InvalidToken));
    let token = server.stub.tokens.get(&bearer.hashed()).ok_or_else(invalid)?;
    cx.require(Rule::AccessTokenUnrevoked, !token.revoked).map_err(|_| invalid())?;
    cx.require(Rule::AccessTokenFresh, cx.at < token.expires_at).map_err(|_| invalid())?;
    cx.require(kind, is_of_kind(&token.scope)).map_err(|_| Failure::bearer(403, Some(ErrorCode::InsufficientScope)))?;
    Ok((token.client.clone(), token.person.clone()))
}

/// Who is signed in in a browser session.
pub(super) fn signed_in(
    server: &AuthorizationServer,
    _cx: &mut Context<'_>,
    cookie: Option<&SessionCookie>,
) -> Option<Owner> {
    let session = cookie?.hashed();
    let person = server.stub.sessions.get(&session)?.clone()?;
    Some(Owner { person, session })
}

/// Asks who is there, and comes back with `resume` afterwards.
pub(super) fn ask_sign_in(
    _server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    _arrival: &Arrival,
    resume: Request,
    resume_at: Uri,
) -> Answer {
    let (form, resume) = (cx.mint(), Box::new(resume));
    Response::Page(Page::SignIn { form, resume, resume_at, wrong_password: false }).into()
}

/// The anti-forgery key of the account page, one for the whole session.
pub(super) fn account_key(server: &mut AuthorizationServer, cx: &mut Context<'_>, session: &SessionHash) -> FormKey {
    server.stub.keys.entry(*session).or_insert_with(|| cx.mint()).clone()
}

/// True when the key is that of the account page in this session.
pub(super) fn is_account_key(server: &AuthorizationServer, session: &SessionHash, key: &FormKey) -> bool {
    server.stub.keys.get(session) == Some(key)
}

/// The clients that a person approved.
pub(super) fn approved_clients(server: &AuthorizationServer, person: &PersonId) -> Vec<ApprovedClient> {
    let of_person = server.stub.approvals.iter().filter(|((of, _), _)| of == person);
    of_person
        .map(|((_, client), scope)| ApprovedClient { client_id: client.clone(), name: None, scope: scope.clone() })
        .collect()
}

/// Withdraws the approval of a client and returns the access tokens that died.
pub(super) fn withdraw_approval(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    person: &PersonId,
    client: &ClientId,
) -> Vec<BearerHash> {
    let of = |token: &StubToken| token.client == *client && token.person.as_ref() == Some(person) && !token.revoked;
    let dead: Vec<BearerHash> =
        server.stub.tokens.iter().filter(|(_, token)| of(token)).map(|(hash, _)| *hash).collect();
    server.record(cx, Fact::ApprovalWithdrawn { person: person.clone(), client: client.clone() });
    for token in &dead {
        let (what, why) = (TokenWhat::AccessToken, RevocationCause::ApprovalWithdrawn);
        server.record(cx, Fact::TokenRevoked { token: *token, what, why });
    }
    dead
}
