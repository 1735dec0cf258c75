//! The owners' API: what an owner can do on their own page, by a program that holds an owner's token. The token is an
//! access token of its own scope, got by the owner's approval alone; it is no PAT and no AAT, and neither of those is
//! one. What is done and shown is decided where it is for the page: here stands only who asks, and under what condition.

use super::account::{self, Refusal};
use super::{AuthorizationServer, account_page, oauth_side, policies, withdrawal};
use crate::message::Arrival;
use crate::role::oauth::access_tokens;
use crate::role::rule::Broken;
use crate::role::{Context, Rule};
use crate::wire::error::DecodeErrorKind;
use crate::wire::oauth::AUTHORIZATION_CODE_GRANT;
use crate::wire::owner::{OWNER_SCOPE, OwnerAnswer, OwnerCall, Precondition};
use crate::wire::page::{AccountView, HistoryEntry, Share};
use crate::wire::{
    Answer, Credentials, DecodeError, ETag, ErrorCode, Failure, PersonId, Policy, PolicyId, Response, ScopeSet, Text,
    Timestamp,
};

/// Whether owners' tokens are given for a grant type: a person has to approve each, and none is renewed without them.
pub(super) fn is_given_for(grant_type: &str) -> bool {
    grant_type == AUTHORIZATION_CODE_GRANT
}

/// Checks an owner's token.
///
/// # Errors
/// The bearer challenge of RFC 6750 §3.
pub(super) fn check_owner(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    credentials: &Credentials,
) -> Result<PersonId, Failure> {
    let is_owners = |scope: &ScopeSet| scope.iter().map(|scope| scope.as_str()).eq([OWNER_SCOPE]);
    let grant = access_tokens::check(&server.oauth, cx, credentials.bearer(), is_owners, Rule::OwnerScope)?;
    // A client's own credentials speak for nobody.
    grant.person.ok_or_else(|| Failure::bearer(403, Some(ErrorCode::InsufficientScope)))
}

/// Answers a request of the API.
pub(super) fn serve(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, asked: &OwnerCall) {
    cx.our_choice("owners-api");
    let answer = match check_owner(server, cx, &arrival.credentials) {
        Ok(owner) => answer(server, cx, &owner, asked.clone()).map_err(|refusal| refused(&refusal)),
        Err(failure) => Err(failure),
    };
    cx.reply(arrival.exchange, answer.map_or_else(Answer::from, |answer| Response::Owner(answer).into()));
}

fn answer(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    asked: OwnerCall,
) -> Result<OwnerAnswer, Refusal> {
    match asked {
        OwnerCall::SetPolicy { policy, only_if } => set_policy(server, cx, owner, policy, only_if),
        OwnerCall::WithdrawPolicy { id, if_match } => {
            let only_if = if_match.map(Precondition::Current);
            require_precondition(server, cx, owner, &id, only_if.as_ref())?;
            policies::remove(server, cx, owner, id).map(|()| OwnerAnswer::Done)
        }
        OwnerCall::AnswerRequest { id, approve } => answer_request(server, cx, owner, id, approve),
        OwnerCall::WithdrawApproval { client_id } => {
            withdrawal::of_approval(server, cx, owner, &client_id);
            Ok(OwnerAnswer::Done)
        }
        OwnerCall::ReadPolicy { id } => read_policy(server, owner, &id),
        OwnerCall::ListResources => Ok(OwnerAnswer::Resources(account_page::owned(server, owner))),
        OwnerCall::ListPolicies => Ok(OwnerAnswer::Policies(versioned(server, owner))),
        OwnerCall::ListShares => {
            let shares = account_page::shares(server, owner, &AccountView::Shares, cx.at);
            Ok(OwnerAnswer::Shares(shares.into_iter().map(in_seconds).collect()))
        }
        OwnerCall::ListRequests => Ok(OwnerAnswer::Requests(account_page::waiting(server, owner))),
        OwnerCall::ListClients => Ok(OwnerAnswer::Clients(oauth_side::approved_clients(server, owner, cx.at))),
        OwnerCall::ReadHistory => {
            let entries = account_page::happened(server, owner, &AccountView::History).into_iter();
            let told = entries.map(|entry| HistoryEntry { at: entry.at.map(Timestamp::whole_secs), ..entry });
            Ok(OwnerAnswer::History(told.collect()))
        }
    }
}

// Times travel as whole seconds.
fn in_seconds(share: Share) -> Share {
    Share { since: share.since.whole_secs(), until: share.until.whole_secs(), ..share }
}

fn set_policy(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    policy: Policy,
    only_if: Option<Precondition>,
) -> Result<OwnerAnswer, Refusal> {
    require_precondition(server, cx, owner, &policy.id, only_if.as_ref())?;
    let created = server.policies.get(owner, &policy.id).is_none();
    policies::set(server, cx, owner, policy.clone())?;
    let etag = etag(server, owner, &policy.id).ok_or(Refusal::Unknown)?;
    Ok(OwnerAnswer::PolicySet { policy, etag, created })
}

fn read_policy(server: &AuthorizationServer, owner: &PersonId, id: &PolicyId) -> Result<OwnerAnswer, Refusal> {
    let found = server.policies.get(owner, id).cloned().zip(etag(server, owner, id));
    found.map(|(policy, etag)| OwnerAnswer::Policy(policy, etag)).ok_or(Refusal::Unknown)
}

fn versioned(server: &AuthorizationServer, owner: &PersonId) -> Vec<(Policy, ETag)> {
    server.policies.of_owner(owner).map(|(policy, version)| (policy.clone(), version_tag(version))).collect()
}

fn version_tag(version: u64) -> ETag {
    ETag::new(version.to_string())
}

fn etag(server: &AuthorizationServer, owner: &PersonId, id: &PolicyId) -> Option<ETag> {
    server.policies.version_of(owner, id).map(version_tag)
}

// RFC 9110 §13.1: whoever says what they have seen does not overwrite what they have not.
fn require_precondition(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    id: &PolicyId,
    only_if: Option<&Precondition>,
) -> Result<(), Broken> {
    let current = etag(server, owner, id);
    match only_if {
        None => Ok(()),
        Some(Precondition::Current(seen)) => {
            cx.require(Rule::IfMatchCurrent, current.as_ref() == Some(seen)).map(|_| ())
        }
        Some(Precondition::Absent) => cx.require(Rule::CreateDoesNotOverwrite, current.is_none()).map(|_| ()),
    }
}

// A program that did not hear the answer says the same once more, and finds it done.
fn answer_request(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    id: Text,
    approve: bool,
) -> Result<OwnerAnswer, Refusal> {
    match account::answer_request(server, cx, owner, id, approve) {
        Ok(()) => Ok(OwnerAnswer::Done),
        Err(Refusal::Settled(before)) if before == approve => Ok(OwnerAnswer::Done),
        Err(refusal) => Err(refusal),
    }
}

// What is another owner's is as good as unknown: nobody finds out by asking what there is.
fn refused(refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::Broken(Broken(Rule::IfMatchCurrent | Rule::CreateDoesNotOverwrite)) => {
            Failure::body(412, ErrorCode::PreconditionFailed).because("the policy is not the one that was seen")
        }
        Refusal::Settled(_) => Failure::body(409, ErrorCode::Conflict).because("it was decided otherwise before"),
        Refusal::Unknown | Refusal::Broken(_) => Failure::body(404, ErrorCode::NotFound),
    }
}

/// What the API says about bytes that are no request of it. Whoever has shown a token may read what is wrong.
pub(super) fn complaint(error: &DecodeError) -> Failure {
    match &error.kind {
        DecodeErrorKind::UnknownPath(_) => Failure::body(404, ErrorCode::NotFound),
        DecodeErrorKind::MethodNotAllowed(_) => Failure::body(405, ErrorCode::UnsupportedMethodType),
        DecodeErrorKind::UnsupportedMediaType { .. } => Failure::body(415, ErrorCode::InvalidRequest),
        DecodeErrorKind::Missing(_)
        | DecodeErrorKind::Repeated(_)
        | DecodeErrorKind::OtherRevision { .. }
        | DecodeErrorKind::Malformed(_) => {
            Failure::body(400, ErrorCode::InvalidRequest).because(error.kind.to_string())
        }
    }
}
