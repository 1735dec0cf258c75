//! Requests, answers and facts in the words of the specifications, without any secret.

use crate::message::NodeId;
use crate::report::reader::{Asked, ClientNames, Purpose, Reader};
use crate::report::{owner, terms};
use crate::trace::fact::{AssertionIssued, AssertionRedeemed, PctIssued, RequestDenied, RptOrigin, TicketReason};
use crate::trace::{Fact, Record};
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, IntrospectionResponse, REFRESH_TOKEN_GRANT, TokenRequest,
    UmaTicketGrant,
};
use crate::wire::page::{Form, Page};
use crate::wire::request::TicketPresentation;
use crate::wire::{
    Challenge, ChallengeReason, ErrorDetails, Failure, Permission, Request, Response, Revision, ScopeSet, Uri,
};

/// A request. A link that is not TLS is worth a word.
pub fn request(asked: &Asked<'_>, clients: &ClientNames) -> String {
    let words = asked_for(asked, clients);
    if asked.call.to.is_https() { words } else { format!("{words}, not over TLS") }
}

fn asked_for(asked: &Asked<'_>, clients: &ClientNames) -> String {
    match &asked.call.message {
        Request::Access { method } => {
            let with = if asked.bearer.is_some() { "with RPT" } else { "no RPT" };
            format!("{method} {}, {with}", asked.call.to.path())
        }
        Request::Authorize(_) => of_purpose("authorization request", asked.purpose),
        Request::AuthorizationReturn(back) => match &back.outcome {
            Ok(_) => of_purpose("returns with a code", asked.purpose),
            Err(why) => format!("returns with {why}"),
        },
        Request::Token(message) => format!("token request ({})", grant(message, asked.purpose)),
        message => spoken(asked.revision, message, clients),
    }
}

/// A request that somebody is sent away with.
pub fn spoken(revision: Revision, message: &Request, clients: &ClientNames) -> String {
    let early = terms::of(revision).of_a_draft;
    let sets = revision.has_resource_sets();
    match message {
        Request::GetConfiguration if early => "configuration request".into(),
        Request::GetConfiguration => "metadata request".into(),
        Request::GetJwks => "key set request".into(),
        Request::GetScopeDescription => "scope description request".into(),
        Request::RegisterClient(_) => "client registration".into(),
        Request::Authorize(request) => of_purpose("authorization request", Some(Purpose::of_scope(&request.scope))),
        Request::AuthorizationReturn(back) => match &back.outcome {
            Ok(_) => "return with a code".into(),
            Err(why) => format!("return with {why}"),
        },
        Request::Token(message) => format!("token request ({})", grant(message, None)),
        Request::Revoke(_) => "token revocation".into(),
        Request::CreateResource { .. } => registration(sets, "create"),
        Request::ReadResource { .. } => registration(sets, "read"),
        Request::UpdateResource { .. } => registration(sets, "update"),
        Request::DeleteResource { .. } => registration(sets, "delete"),
        Request::ListResources => registration(sets, "list"),
        Request::RequestPermissions { permissions, .. } => {
            let word = if sets { "permission registration" } else { "permission request" };
            let asked: Vec<_> =
                permissions.iter().map(|one| format!("{} {}", one.resource_id, scopes(&one.scopes))).collect();
            format!("{word}: {}", asked.join(", "))
        }
        Request::Introspect(_) if early => "RPT status request".into(),
        Request::Introspect(_) => "token introspection".into(),
        Request::RequestRpt => "RPT request".into(),
        Request::RequestRptForTicket(presented) => rpt_request(presented),
        Request::RequestAuthorizationData { .. } => terms::of(revision).request.into(),
        Request::ClaimsInteraction(_) if sets => "claims gathering".into(),
        Request::ClaimsInteraction(_) => "claims interaction".into(),
        Request::ClaimsReturn(back) => match &back.error {
            Some(why) => format!("return from claims gathering with {why}"),
            None => "return from claims gathering".into(),
        },
        Request::Form(message) => form(message, clients),
        Request::GetAccount => "own account".into(),
        Request::Owner(asked) => owner::asked(asked, clients),
        Request::GetDescription => "OpenAPI description request".into(),
        Request::Connect { as_uri } => format!("connect with {as_uri}"),
        Request::Fetch { resource, method } => format!("fetch {method} {}", short(resource)),
        Request::Access { method } => format!("{method}"),
    }
}

/// True for what a reader who follows an authorization process can skip.
pub fn is_noise(message: &Request) -> bool {
    matches!(
        message,
        Request::GetConfiguration | Request::GetJwks | Request::RegisterClient(_) | Request::GetScopeDescription
    )
}

/// An answer.
pub fn response(asked: &Asked<'_>, message: &Response, purpose: Option<Purpose>, clients: &ClientNames) -> String {
    match message {
        Response::Configuration(_) => "configuration".into(),
        Response::Jwks(_) => "key set".into(),
        Response::ScopeDescription(scope) => format!("scope description: {}", scope.name),
        Response::ClientRegistered(_) => "client credentials".into(),
        Response::Redirect { to, message } => {
            format!("redirect to {}: {}", to.authority(), redirected(asked.revision, message, purpose, clients))
        }
        Response::Page(shown) => page(shown, clients),
        Response::Token(tokens) => {
            let upgraded = if tokens.upgraded { ", upgraded" } else { "" };
            format!("{}{upgraded}", token(purpose))
        }
        Response::AssertionIssued(_) => "assertion".into(),
        Response::Revoked => "revoked".into(),
        Response::ResourceCreated(resource) => format!("created {}", resource.id),
        Response::Resource(resource) => format!("description of {}", resource.id),
        Response::ResourceUpdated(resource) => format!("updated {}", resource.id),
        Response::ResourceDeleted => "deleted".into(),
        Response::ResourceList(ids) => format!("{} resources", ids.len()),
        Response::PermissionTicket { .. } => "permission ticket".into(),
        Response::Introspection(status) => introspection(status),
        Response::RptIssued(_) => format!("RPT without {}", terms::of(asked.revision).granted),
        Response::AuthorizationDataAdded => format!("{} added", terms::of(asked.revision).granted),
        Response::RptGranted(_) => "RPT".into(),
        Response::InfoNeeded(details) => info_needed(details),
        Response::NeedInfo { .. } if terms::of(asked.revision).of_a_draft => "need_claims".into(),
        Response::NeedInfo { required_claims, redirect_user, .. } => {
            need_info(required_claims.iter().filter_map(|claim| claim.name.as_ref()), redirect_user.is_some())
        }
        Response::RequestSubmitted { interval_secs, .. } => match interval_secs {
            Some(secs) => format!("request_submitted, ask again in {secs} s"),
            None => "request_submitted".into(),
        },
        Response::Owner(answer) => owner::answered(answer),
        Response::Description(_) => "OpenAPI description".into(),
        Response::Failure(failure) => self::failure(failure),
        Response::Content { content } => format!("the resource: {content}"),
        Response::Challenge(challenge) => self::challenge(asked.revision, challenge),
        Response::AuthorizationServerUnreachable { warning: true, .. } => {
            "Warning: 199 authorization server unreachable".into()
        }
        Response::AuthorizationServerUnreachable { .. } => {
            format!("{} unreachable", terms::of(asked.revision).authorization_server)
        }
        Response::Refused { .. } => "refused".into(),
    }
}

/// A fact that a reader of a run cares about, as a sentence; `None` for the others.
pub fn fact(revision: Revision, fact: &Fact, clients: &ClientNames) -> Option<String> {
    let name = |client| clients.of(client);
    Some(match fact {
        Fact::PolicySet { policy, version, .. } => format!("policy {} set, version {version}", policy.id),
        Fact::PolicyRemoved { policy, version, .. } => format!("policy {policy} removed, version {version}"),
        Fact::ApprovalGiven { person, client, .. } => format!("{person} approved {}", name(client)),
        Fact::ApprovalRefused { person, client } => format!("{person} refused {}", name(client)),
        Fact::ApprovalWithdrawn { person, client } => format!("{person} withdrew the approval of {}", name(client)),
        Fact::AccessTokenIssued { scope, client, .. } => {
            format!("{} issued to {}", token(Some(Purpose::of_scope(scope))), name(client))
        }
        Fact::ClientAssertionUsed { client, .. } => format!("{} proved who it is with its key", name(client)),
        Fact::AssertionIssued(AssertionIssued { person, audience, .. }) => {
            format!("assertion about {person} issued for {audience}")
        }
        Fact::AssertionRedeemed(AssertionRedeemed { person, client, .. }) => {
            format!("assertion about {person} redeemed by {}", name(client))
        }
        Fact::ResourceRegistered { resource, .. } => format!("resource {} registered", resource.id),
        Fact::ResourceDeregistered { resource } => format!("resource {} deregistered", resource.id),
        Fact::TicketIssued { reason, process, .. } => {
            format!("ticket issued in process {}{}", process.0, because(*reason))
        }
        Fact::RevisionChanged { revision } => format!("speaks {revision} from now on"),
        Fact::TicketDecided { process, revision, .. } => format!("process {} goes on in {revision}", process.0),
        Fact::TicketRedeemed { client, process, .. } => {
            format!("ticket redeemed by {} in process {}", name(client), process.0)
        }
        Fact::ClaimsEstablished { subject, claims, .. } => {
            let names: Vec<_> = claims.iter().map(|claim| claim.name.as_str()).collect();
            let names = if names.is_empty() { "who it is".into() } else { names.join(", ") };
            format!("claims about {} at {}: {names}", subject.person, subject.issuer)
        }
        Fact::OwnerAsked { owner, client, .. } => format!("{owner} is asked about {}", name(client)),
        Fact::OwnerAnswered { owner, approved, .. } => {
            format!("{owner} {}", if *approved { "approved the request" } else { "refused the request" })
        }
        Fact::RequestDenied(RequestDenied { process, .. }) => format!("process {} ended without a grant", process.0),
        Fact::RptIssued { permissions, origin, .. } => {
            let granted: Vec<_> = permissions.iter().map(|one| permission(&one.permission)).collect();
            format!("RPT issued {}: {}", from(origin), listed(&granted))
        }
        Fact::AuthorizationDataAdded { permissions, .. } => {
            let granted: Vec<_> = permissions.iter().map(|one| permission(&one.permission)).collect();
            format!("{} added: {}", terms::of(revision).granted, listed(&granted))
        }
        Fact::PermissionsWithdrawn { resource, scopes: gone, .. } => {
            format!("permission withdrawn: {} {}", resource.id, scopes(gone))
        }
        Fact::TokenRevoked { .. } => "token revoked".into(),
        Fact::PctIssued(PctIssued { client, .. }) => format!("PCT issued to {}", name(client)),
        Fact::ResourceReleased { path, method, .. } => format!("released {method} {path}"),
        Fact::ProtectionEnded { path } => format!("protection of {path} ended"),
        _ => return None,
    })
}

/// A request to sign in, to consent, ...
fn form(message: &Form, clients: &ClientNames) -> String {
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    match message {
        Form::SignIn { username, .. } => format!("signs in as {username}"),
        Form::Consent { approve, .. } => format!("consent: {}", yes(*approve)),
        Form::GiveClaims { agree, .. } => format!("give claims: {}", yes(*agree)),
        Form::SetPolicy { policy, .. } => format!("sets policy {}", policy.id),
        Form::RemovePolicy { policy, .. } => format!("removes policy {policy}"),
        Form::AnswerRequest { approve, .. } => format!("answers a request: {}", yes(*approve)),
        Form::WithdrawApproval { client_id, .. } => format!("withdraws the approval of {}", clients.of(client_id)),
        Form::SignOut { .. } => "signs out".into(),
    }
}

fn page(shown: &Page, clients: &ClientNames) -> String {
    match shown {
        Page::SignIn { wrong_password: true, .. } => "page: sign in (wrong password)".into(),
        Page::SignIn { .. } => "page: sign in".into(),
        Page::Consent { client_id, .. } => format!("page: approve {}?", clients.of(client_id)),
        Page::GiveClaims { client_id, .. } => format!("page: give claims for {}?", clients.of(client_id)),
        Page::Account(account) => format!("page: account, {} requests wait", account.requests.len()),
        Page::Notice { text, .. } | Page::Waiting { text, .. } => format!("page: {text}"),
        Page::Shown { content, .. } => format!("page: shows {content}"),
        Page::SignedOut => "page: signed out".into(),
    }
}

fn registration(early: bool, operation: &str) -> String {
    format!("{} registration: {operation}", if early { "resource set" } else { "resource" })
}

fn grant(message: &TokenRequest, purpose: Option<Purpose>) -> String {
    match message {
        TokenRequest::AuthorizationCode { .. } => of_purpose(AUTHORIZATION_CODE_GRANT, purpose),
        TokenRequest::ClientCredentials { .. } => of_purpose(CLIENT_CREDENTIALS_GRANT, purpose),
        TokenRequest::Refresh { .. } => REFRESH_TOKEN_GRANT.into(),
        TokenRequest::Saml2Bearer { .. } => of_purpose("saml2-bearer", purpose),
        TokenRequest::ExchangeForAssertion { .. } => "token exchange for an assertion".into(),
        TokenRequest::UmaTicket(grant) => uma_ticket(grant),
        TokenRequest::Other(name) => name.to_string(),
    }
}

fn uma_ticket(grant: &UmaTicketGrant) -> String {
    let with =
        [("claim_token", grant.claim_token.is_some()), ("pct", grant.pct.is_some()), ("rpt", grant.rpt.is_some())];
    let with = with.iter().filter(|(_, sent)| *sent).map(|(name, _)| format!(", {name}"));
    format!("uma-ticket{}", with.collect::<String>())
}

fn rpt_request(presented: &TicketPresentation) -> String {
    let with = [("claim_tokens", !presented.claim_tokens.is_empty()), ("rpt", presented.rpt.is_some())];
    let with = with.iter().filter(|(_, sent)| *sent).map(|(name, _)| format!(", {name}"));
    format!("RPT request with the ticket{}", with.collect::<String>())
}

fn info_needed(details: &ErrorDetails) -> String {
    let claims = details.requesting_party_claims.as_ref();
    let names = claims.into_iter().flat_map(|claims| &claims.required_claims).filter_map(|claim| claim.name.as_ref());
    let words = need_info(names, claims.is_some_and(|claims| claims.redirect_user));
    if details.required_acr.is_empty() { words } else { format!("{words}, a stronger sign-in") }
}

fn of_purpose(words: &str, purpose: Option<Purpose>) -> String {
    match purpose {
        Some(purpose @ (Purpose::Pat | Purpose::Aat | Purpose::Rpt | Purpose::Owner)) => {
            format!("{words}, {}", token(Some(purpose)))
        }
        Some(Purpose::OpenId) => format!("{words}, openid"),
        Some(Purpose::Other) | None => words.into(),
    }
}

const fn token(purpose: Option<Purpose>) -> &'static str {
    match purpose {
        Some(Purpose::Pat) => "PAT",
        Some(Purpose::Aat) => "AAT",
        Some(Purpose::Rpt) => "RPT",
        Some(Purpose::Owner) => "owner's token",
        Some(Purpose::OpenId | Purpose::Other) | None => "access token",
    }
}

fn redirected(revision: Revision, message: &Request, purpose: Option<Purpose>, clients: &ClientNames) -> String {
    match message {
        Request::AuthorizationReturn(back) if back.outcome.is_ok() => of_purpose("code", purpose),
        message => spoken(revision, message, clients),
    }
}

fn need_info<'a>(names: impl Iterator<Item = &'a crate::wire::ClaimName>, redirect: bool) -> String {
    let names: Vec<_> = names.map(|name| name.as_str()).collect();
    let hint = if redirect { ", or send the person" } else { "" };
    if names.is_empty() { format!("need_info{hint}") } else { format!("need_info: {}{hint}", names.join(", ")) }
}

fn introspection(status: &IntrospectionResponse) -> String {
    match status {
        IntrospectionResponse::Inactive => "RPT is not good".into(),
        IntrospectionResponse::Active(active) => {
            let permissions: Vec<_> = active.permissions.iter().map(permission).collect();
            format!("RPT is good: {}", listed(&permissions))
        }
    }
}

fn challenge(revision: Revision, challenge: &Challenge) -> String {
    match &challenge.reason {
        ChallengeReason::RptNeeded => format!("get an RPT at {}", challenge.as_uri),
        ChallengeReason::AuthorizationDataNeeded(_) => {
            format!("ask {} for {}", challenge.as_uri, terms::of(revision).granted)
        }
        ChallengeReason::TicketGiven(_) | ChallengeReason::MoreNeeded(_) => {
            format!("ask {} with the ticket", challenge.as_uri)
        }
    }
}

fn failure(failure: &Failure) -> String {
    let code = failure.code.as_ref().map_or("token needed", |code| code.as_str());
    match &failure.description {
        Some(why) => format!("{code}: {why}"),
        None => code.to_owned(),
    }
}

fn permission(permission: &Permission) -> String {
    format!("{} {}", permission.resource_id, scopes(&permission.scopes))
}

/// Scopes in brackets, the last part of each URI.
pub fn scopes(scopes: &ScopeSet) -> String {
    let names: Vec<_> = scopes.iter().map(|scope| scope.as_str().rsplit('/').next().unwrap_or_default()).collect();
    format!("[{}]", names.join(" "))
}

fn listed(permissions: &[String]) -> String {
    if permissions.is_empty() { "no permissions".into() } else { permissions.join(", ") }
}

const fn because(reason: TicketReason) -> &'static str {
    match reason {
        TicketReason::PermissionRequest => "",
        TicketReason::NeedInfo => ", with need_info",
        TicketReason::RequestSubmitted => ", with request_submitted",
        TicketReason::ClaimsReturn => ", with the return from claims gathering",
    }
}

const fn from(origin: &RptOrigin) -> &'static str {
    match origin {
        RptOrigin::Ticket { upgraded_from: Some(_), .. } | RptOrigin::AatAndTicket { upgraded_from: Some(_), .. } => {
            "as an upgrade"
        }
        RptOrigin::Ticket { .. } => "for a ticket",
        RptOrigin::AatAndTicket { .. } => "for an AAT and a ticket",
        RptOrigin::Refresh { .. } => "for a refresh token",
        RptOrigin::Aat(_) => "for an AAT",
    }
}

fn short(uri: &Uri) -> &str {
    let scheme = uri.as_str().len() - uri.as_str().split_once("://").map_or(uri.as_str(), |(_, rest)| rest).len();
    &uri.as_str()[scheme..]
}

/// What somebody does of their own accord, and what the script says about it.
pub fn act(reader: &Reader<'_>, record: &Record, node: NodeId, act: &str) -> String {
    let note = reader.note(record.cause.root);
    let gap = if note.is_empty() { "" } else { "  " };
    // Roots are named after who acts.
    let name = reader.name(node);
    let of_name = act.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    if of_name { format!("{act}{gap}{note}") } else { format!("{name}: {act}{gap}{note}") }
}

/// The causal name of what led to a record: `bob.fetch#1/token#2/answer`.
pub fn cause(roots: &[crate::wire::Text], record: &Record) -> String {
    let name = &record.cause;
    let root = usize::try_from(name.root).ok().and_then(|at| roots.get(at)).map_or("?", |root| &**root);
    format!("{root}/{}#{}/{}", name.word, name.nth, name.leg)
}
