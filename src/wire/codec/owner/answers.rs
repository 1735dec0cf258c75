//! The answers of the owners' API.

use super::{policy, quoted, unquoted};
use crate::wire::codec::http::{HttpResponse, JSON, header};
use crate::wire::codec::json::{Members, Object, malformed, missing};
use crate::wire::codec::shared::json_of;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::page::{
    ApprovedClient, DenialReason, HistoryEntry, HistoryOutcome, OwnedResource, PendingRequest, Share,
};
use crate::wire::{ETag, OwnerAnswer, OwnerCall, Policy, ScopeSet, Text, Timestamp};
use serde_json::Value;

/// Writes an answer. Nobody may store what an owner is told.
pub(in crate::wire::codec) fn write(answer: &OwnerAnswer) -> HttpResponse {
    let response = HttpResponse::new(answer.status());
    let list = |name: &str, values: Value| {
        HttpResponse::new(200).secret_json(JSON, &Members::default().put(name, values).into_value())
    };
    match answer {
        OwnerAnswer::Resources(all) => list("resources", all.iter().map(write_resource).collect()),
        OwnerAnswer::Policies(all) => list("policies", all.iter().map(write_versioned).collect()),
        OwnerAnswer::Policy(policy, etag) | OwnerAnswer::PolicySet { policy, etag, .. } => {
            response.secret_json(JSON, &policy::write(policy)).with("ETag", quoted(etag))
        }
        OwnerAnswer::Shares(all) => list("shares", all.iter().map(write_share).collect()),
        OwnerAnswer::Requests(all) => list("requests", all.iter().map(write_request).collect()),
        OwnerAnswer::Clients(all) => list("clients", all.iter().map(write_client).collect()),
        OwnerAnswer::History(all) => list("history", all.iter().map(write_entry).collect()),
        OwnerAnswer::Done => response,
    }
}

/// Reads the answer to a request of the API.
pub(in crate::wire::codec) fn read(asked: &OwnerCall, response: &HttpResponse) -> Result<OwnerAnswer, Kind> {
    let body = || json_of(response, &[JSON]);
    match asked {
        OwnerCall::ListResources => list(&body()?, "resources", read_resource).map(OwnerAnswer::Resources),
        OwnerCall::ListPolicies => list(&body()?, "policies", read_versioned).map(OwnerAnswer::Policies),
        OwnerCall::ReadPolicy { id } => {
            Ok(OwnerAnswer::Policy(policy::read(&body()?, Some(id.as_str()))?, etag(response)?))
        }
        OwnerCall::SetPolicy { policy, .. } => Ok(OwnerAnswer::PolicySet {
            policy: policy::read(&body()?, Some(policy.id.as_str()))?,
            etag: etag(response)?,
            created: response.status == 201,
        }),
        OwnerCall::ListShares => list(&body()?, "shares", read_share).map(OwnerAnswer::Shares),
        OwnerCall::ListRequests => list(&body()?, "requests", read_request).map(OwnerAnswer::Requests),
        OwnerCall::ListClients => list(&body()?, "clients", read_client).map(OwnerAnswer::Clients),
        OwnerCall::ReadHistory => list(&body()?, "history", read_entry).map(OwnerAnswer::History),
        OwnerCall::WithdrawPolicy { .. } | OwnerCall::AnswerRequest { .. } | OwnerCall::WithdrawApproval { .. } => {
            Ok(OwnerAnswer::Done)
        }
    }
}

fn etag(response: &HttpResponse) -> Result<ETag, Kind> {
    header(&response.headers, "ETag").and_then(unquoted).ok_or_else(|| missing("ETag"))
}

fn list<T>(body: &Value, name: &str, one: impl Fn(Object<'_>) -> Result<T, Kind>) -> Result<Vec<T>, Kind> {
    let all = Object::of(body)?.array(name)?.ok_or_else(|| missing(name))?;
    all.iter().map(|value| one(Object::of(value)?)).collect()
}

fn scopes(members: Members, scopes: &ScopeSet) -> Members {
    members.texts("scopes", scopes.iter().map(|scope| scope.as_str()))
}

fn texts(texts: &[Text]) -> impl Iterator<Item = &str> {
    texts.iter().map(|text| &**text)
}

fn write_resource(resource: &OwnedResource) -> Value {
    let members = Members::default()
        .put("resource_id", resource.id.as_str())
        .put("resource_server", resource.resource_server.as_str())
        .maybe("resource_server_name", resource.resource_server_name.as_deref())
        .maybe("name", resource.name.as_deref())
        .maybe("type", resource.type_.as_deref())
        .maybe("etag", resource.etag.as_ref().map(ETag::as_str));
    scopes(members, &resource.scopes).into_value()
}

fn read_resource(object: Object<'_>) -> Result<OwnedResource, Kind> {
    Ok(OwnedResource {
        id: object.required("resource_id")?.into(),
        resource_server: object.required("resource_server")?.into(),
        resource_server_name: object.word("resource_server_name")?,
        name: object.word("name")?,
        type_: object.word("type")?,
        scopes: object.required_words("scopes")?,
        etag: object.word("etag")?,
    })
}

// In a list the version of each policy stands in it, under the name of the header field.
fn write_versioned((policy, etag): &(Policy, ETag)) -> Value {
    Members::default().put("policy", policy::write(policy)).put("etag", etag.as_str()).into_value()
}

fn read_versioned(object: Object<'_>) -> Result<(Policy, ETag), Kind> {
    let policy = object.get("policy").ok_or_else(|| missing("policy"))?;
    Ok((policy::read(policy, None)?, object.required("etag")?.into()))
}

fn write_share(share: &Share) -> Value {
    let members = Members::default()
        .put("client_id", share.client_id.as_str())
        .maybe("client_name", share.client_name.as_deref())
        .texts("requesting_parties", texts(&share.requesting_parties))
        .put("resource_server", share.resource_server.as_str())
        .put("resource_id", share.resource_id.as_str())
        .maybe("resource_name", share.resource_name.as_deref())
        .put("since", share.since.secs())
        .put("until", share.until.secs())
        .texts("policies", share.policies.iter().map(|policy| policy.as_str()));
    scopes(members, &share.scopes).into_value()
}

fn read_share(object: Object<'_>) -> Result<Share, Kind> {
    let time = |name: &str| -> Result<Timestamp, Kind> { object.time(name)?.ok_or_else(|| missing(name)) };
    Ok(Share {
        client_id: object.required("client_id")?.into(),
        client_name: object.word("client_name")?,
        requesting_parties: object.required_words("requesting_parties")?,
        resource_server: object.required("resource_server")?.into(),
        resource_id: object.required("resource_id")?.into(),
        resource_name: object.word("resource_name")?,
        scopes: object.required_words("scopes")?,
        since: time("since")?,
        until: time("until")?,
        policies: object.required_words("policies")?,
    })
}

fn write_request(request: &PendingRequest) -> Value {
    let members = Members::default()
        .put("id", &*request.id)
        .put("client_id", request.client_id.as_str())
        .maybe("client_name", request.client_name.as_deref())
        .maybe("requesting_party", request.requesting_party.as_deref())
        .put("resource_id", request.resource_id.as_str())
        .maybe("resource_name", request.resource_name.as_deref());
    scopes(members, &request.scopes).into_value()
}

fn read_request(object: Object<'_>) -> Result<PendingRequest, Kind> {
    Ok(PendingRequest {
        id: object.required("id")?.into(),
        client_id: object.required("client_id")?.into(),
        client_name: object.word("client_name")?,
        requesting_party: object.word("requesting_party")?,
        resource_id: object.required("resource_id")?.into(),
        resource_name: object.word("resource_name")?,
        scopes: object.required_words("scopes")?,
    })
}

fn write_client(client: &ApprovedClient) -> Value {
    Members::default()
        .put("client_id", client.client_id.as_str())
        .maybe("client_name", client.name.as_deref())
        .texts("scopes", client.scope.iter().map(|scope| scope.as_str()))
        .put("by_assertion", client.asserted)
        .into_value()
}

fn read_client(object: Object<'_>) -> Result<ApprovedClient, Kind> {
    Ok(ApprovedClient {
        client_id: object.required("client_id")?.into(),
        name: object.word("client_name")?,
        scope: object.required_words("scopes")?,
        asserted: object.flag("by_assertion")?.ok_or_else(|| missing("by_assertion"))?,
    })
}

fn write_entry(entry: &HistoryEntry) -> Value {
    let (outcome, reason) = match entry.outcome {
        HistoryOutcome::Granted => ("granted", None),
        HistoryOutcome::GrantedAndWithdrawn => ("granted_and_withdrawn", None),
        HistoryOutcome::Denied(reason) => ("denied", reason),
        HistoryOutcome::OwnerApproved => ("owner_approved", None),
        HistoryOutcome::OwnerRefused => ("owner_refused", None),
        HistoryOutcome::OwnerDidNotAnswer => ("owner_did_not_answer", None),
    };
    let members = Members::default()
        .time("at", entry.at)
        .maybe("client_id", entry.client_id.as_ref().map(|client| client.as_str()))
        .maybe("client_name", entry.client_name.as_deref())
        .texts("requesting_parties", texts(&entry.requesting_parties))
        .put("resource_server", entry.resource_server.as_str())
        .put("resource_id", entry.resource_id.as_str())
        .maybe("resource_name", entry.resource_name.as_deref())
        .put("outcome", outcome)
        .maybe("reason", reason.map(reason_name));
    scopes(members, &entry.scopes).into_value()
}

const REASONS: [DenialReason; 5] = [
    DenialReason::NoPolicy,
    DenialReason::ConditionsNotMet,
    DenialReason::OwnerRefused,
    DenialReason::UnknownScope,
    DenialReason::NoClaims,
];

const fn reason_name(reason: DenialReason) -> &'static str {
    match reason {
        DenialReason::NoPolicy => "no_policy",
        DenialReason::ConditionsNotMet => "conditions_not_met",
        DenialReason::OwnerRefused => "owner_refused",
        DenialReason::UnknownScope => "unknown_scope",
        DenialReason::NoClaims => "no_claims",
    }
}

fn read_entry(object: Object<'_>) -> Result<HistoryEntry, Kind> {
    let reason = object.text("reason")?.map(|name| REASONS.into_iter().find(|reason| reason_name(*reason) == name));
    let outcome = match (object.required("outcome")?, reason) {
        ("granted", None) => HistoryOutcome::Granted,
        ("granted_and_withdrawn", None) => HistoryOutcome::GrantedAndWithdrawn,
        ("denied", reason) => HistoryOutcome::Denied(reason.flatten()),
        ("owner_approved", None) => HistoryOutcome::OwnerApproved,
        ("owner_refused", None) => HistoryOutcome::OwnerRefused,
        ("owner_did_not_answer", None) => HistoryOutcome::OwnerDidNotAnswer,
        _ => return Err(malformed("outcome")),
    };
    Ok(HistoryEntry {
        at: object.time("at")?,
        client_id: object.word("client_id")?,
        client_name: object.word("client_name")?,
        requesting_parties: object.required_words("requesting_parties")?,
        resource_server: object.required("resource_server")?.into(),
        resource_id: object.required("resource_id")?.into(),
        resource_name: object.word("resource_name")?,
        scopes: object.required_words("scopes")?,
        outcome,
    })
}
