//! What the server says, for people: a line for each thing.

use umaverse::wire::codec::encode_response;
use umaverse::wire::page::{DenialReason, HistoryEntry, HistoryOutcome, OwnedResource, PendingRequest, Share};
use umaverse::wire::{
    Answer, OwnerAnswer, OwnerCall, Policy, PolicyTarget, Request, Response, Revision, ScopeSet, Text, Timestamp,
};

pub(super) fn told(call: &OwnerCall, answer: &OwnerAnswer) -> String {
    match answer {
        OwnerAnswer::Resources(all) => lines(all, "resources", resource),
        OwnerAnswer::Policies(all) => lines(all, "policies", |(policy, etag)| self::policy(policy, etag.as_str())),
        OwnerAnswer::Policy(..) => as_json(call, answer),
        OwnerAnswer::PolicySet { policy, etag, created } => {
            let what = if *created { "set" } else { "set as it is now" };
            format!("{what}: {}", self::policy(policy, etag.as_str()))
        }
        OwnerAnswer::Shares(all) => lines(all, "shares", share),
        OwnerAnswer::Requests(all) => lines(all, "requests", request),
        OwnerAnswer::Clients(all) => lines(all, "clients", |client| {
            format!("{}  {}  {}", client.client_id, or_none(client.name.as_ref()), scopes(&client.scope))
        }),
        OwnerAnswer::History(all) => lines(all, "history", entry),
        OwnerAnswer::Done => done(call),
    }
}

fn done(call: &OwnerCall) -> String {
    match call {
        OwnerCall::WithdrawPolicy { id, .. } => format!("withdrawn: {id}"),
        OwnerCall::AnswerRequest { id, approve: true } => format!("approved: {id}"),
        OwnerCall::AnswerRequest { id, approve: false } => format!("denied: {id}"),
        OwnerCall::WithdrawApproval { client_id } => format!("approval withdrawn: {client_id}"),
        _ => "done".to_owned(),
    }
}

fn lines<T>(all: &[T], what: &str, line: impl Fn(&T) -> String) -> String {
    if all.is_empty() { format!("no {what}") } else { all.iter().map(line).collect::<Vec<_>>().join("\n") }
}

// As the API has it: what is shown can be set again. How a policy looks there is the same in every revision.
fn as_json(call: &OwnerCall, answer: &OwnerAnswer) -> String {
    let answer = Answer::from(Response::Owner(answer.clone()));
    let body = encode_response(Revision::V2_0, &Request::Owner(call.clone()), &answer).body;
    let value: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
    value.map(|value| format!("{value:#}")).unwrap_or_default()
}

fn policy(policy: &Policy, version: &str) -> String {
    let about = match &policy.target {
        PolicyTarget::Resources(ids) => ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(","),
        PolicyTarget::Type(type_) => format!("type {type_}"),
        PolicyTarget::AllResources => "all resources".to_owned(),
    };
    format!("{}  version {version}  {about}  {}", policy.id, scopes(&policy.scopes))
}

fn resource(resource: &OwnedResource) -> String {
    let server = resource.resource_server_name.as_deref().unwrap_or(resource.resource_server.as_str());
    let name = or_none(resource.name.as_ref());
    format!("{}  {name}  at {server}  {}", resource.id, scopes(&resource.scopes))
}

fn request(request: &PendingRequest) -> String {
    let client = request.client_name.as_deref().unwrap_or(request.client_id.as_str());
    let resource = request.resource_name.as_deref().unwrap_or(request.resource_id.as_str());
    let who = or_none(request.requesting_party.as_ref());
    format!("{}  {who} by {client}  {resource}  {}", request.id, scopes(&request.scopes))
}

fn share(share: &Share) -> String {
    let client = share.client_name.as_deref().unwrap_or(share.client_id.as_str());
    let resource = share.resource_name.as_deref().unwrap_or(share.resource_id.as_str());
    let who = people(&share.requesting_parties);
    format!("{resource}  {who} by {client}  {}  until {}", scopes(&share.scopes), time(share.until))
}

fn entry(entry: &HistoryEntry) -> String {
    let client = entry.client_name.as_deref().or(entry.client_id.as_ref().map(|id| id.as_str())).unwrap_or("-");
    let resource = entry.resource_name.as_deref().unwrap_or(entry.resource_id.as_str());
    let (at, who) = (entry.at.map_or_else(|| "-".to_owned(), time), people(&entry.requesting_parties));
    format!("{at}  {who} by {client}  {resource}  {}  {}", scopes(&entry.scopes), outcome(entry.outcome))
}

const fn outcome(outcome: HistoryOutcome) -> &'static str {
    match outcome {
        HistoryOutcome::Granted => "granted",
        HistoryOutcome::GrantedAndWithdrawn => "granted, withdrawn since",
        HistoryOutcome::Denied(None) => "denied",
        HistoryOutcome::Denied(Some(DenialReason::NoPolicy)) => "denied: no policy",
        HistoryOutcome::Denied(Some(DenialReason::ConditionsNotMet)) => "denied: conditions not met",
        HistoryOutcome::Denied(Some(DenialReason::OwnerRefused)) => "denied: you said no",
        HistoryOutcome::Denied(Some(DenialReason::UnknownScope)) => "denied: unknown scope",
        HistoryOutcome::Denied(Some(DenialReason::NoClaims)) => "denied: no claims",
        HistoryOutcome::OwnerApproved => "you approved",
        HistoryOutcome::OwnerRefused => "you denied",
        HistoryOutcome::OwnerDidNotAnswer => "you did not answer",
    }
}

fn scopes(scopes: &ScopeSet) -> String {
    format!("[{}]", scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "))
}

fn people(people: &[Text]) -> String {
    if people.is_empty() { "somebody".to_owned() } else { people.join(", ") }
}

fn or_none(text: Option<&Text>) -> &str {
    text.map_or("-", |text| text)
}

// Seconds since 1970, as the API has them.
fn time(at: Timestamp) -> String {
    at.secs().to_string()
}

/// Why it was refused.
pub(super) fn refusal(message: &Response) -> String {
    match message {
        Response::Failure(failure) => {
            let code = failure.code.as_ref().map_or("error", |code| code.as_str());
            let why = failure.description.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("the authorization server answers {} {code}{why}", failure.status)
        }
        Response::Refused { status: 404 } => "the authorization server has no owners' API".to_owned(),
        other => format!("the authorization server answers {}", other.word()),
    }
}
