//! The owners' API on the wire, the same in every revision: JSON below one path, `PUT` and `DELETE` by name, entity tags
//! for what several programs of an owner may change (RFC 9110 §13.1).

mod answers;
mod policy;

pub(super) use answers::{read as read_answer, write as write_answer};

use super::http::{HttpRequest, JSON, check_media_type, header};
use super::json::{Members, Object, malformed, missing, parse};
use super::{Routes, path};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::owner::Precondition;
use crate::wire::{Call, ETag, Endpoint, OwnerCall, Policy, Request, Text, Uri};

/// Writes a request to the address of the API.
pub(super) fn encode_request(call: &Call, asked: &OwnerCall) -> HttpRequest {
    let at = |method: &str, list: &str| HttpRequest::open(call, method, call.to.base().join(list));
    let one = |method: &str, list: &str, id: &str| {
        HttpRequest::open(call, method, path::below(&call.to.base().join(list), id))
    };
    match asked {
        OwnerCall::ListResources => at("GET", RESOURCES),
        OwnerCall::ListPolicies => at("GET", POLICIES),
        OwnerCall::ReadPolicy { id } => one("GET", POLICIES, id.as_str()),
        OwnerCall::SetPolicy { policy, only_if } => {
            with_precondition(one("PUT", POLICIES, policy.id.as_str()), only_if.as_ref())
                .json(JSON, &policy::write(policy))
        }
        OwnerCall::WithdrawPolicy { id, if_match } => {
            let current = if_match.clone().map(Precondition::Current);
            with_precondition(one("DELETE", POLICIES, id.as_str()), current.as_ref())
        }
        OwnerCall::ListShares => at("GET", SHARES),
        OwnerCall::ListRequests => at("GET", REQUESTS),
        OwnerCall::AnswerRequest { id, approve } => {
            one("PUT", REQUESTS, id).json(JSON, &Members::default().put("approve", *approve).into_value())
        }
        OwnerCall::ListClients => at("GET", CLIENTS),
        OwnerCall::WithdrawApproval { client_id } => one("DELETE", CLIENTS, client_id.as_str()),
        OwnerCall::ReadHistory => at("GET", HISTORY),
    }
}

const RESOURCES: &str = "resources";
const POLICIES: &str = "policies";
const SHARES: &str = "shares";
const REQUESTS: &str = "requests";
const CLIENTS: &str = "clients";
const HISTORY: &str = "history";

fn with_precondition(request: HttpRequest, only_if: Option<&Precondition>) -> HttpRequest {
    match only_if {
        Some(Precondition::Current(etag)) => request.with("If-Match", quoted(etag)),
        Some(Precondition::Absent) => request.with("If-None-Match", "*"),
        None => request,
    }
}

fn quoted(etag: &ETag) -> String {
    format!("\"{etag}\"")
}

fn unquoted(text: &str) -> Option<ETag> {
    text.trim().strip_prefix('"')?.strip_suffix('"').map(ETag::from)
}

/// Reads a request at the API.
pub(super) fn read_request(routes: &Routes, request: &HttpRequest) -> Result<Request, Kind> {
    let below = routes.below(Endpoint::Owner, &request.uri);
    let (list, id) = below.split_once('/').map_or((below, None), |(list, id)| (list, Some(id)));
    let id = id.map(|id| name(id, &request.uri)).transpose()?;
    let asked = match id {
        Some(id) => one(request, list, id)?,
        None => all(request, list)?,
    };
    Ok(Request::Owner(asked))
}

fn name(segment: &str, uri: &Uri) -> Result<Text, Kind> {
    let id = path::identifier(segment, uri)?.ok_or_else(|| Kind::UnknownPath(uri.base()))?;
    Ok(id.as_str().into())
}

fn all(request: &HttpRequest, list: &str) -> Result<OwnerCall, Kind> {
    let asked = match list {
        RESOURCES => OwnerCall::ListResources,
        POLICIES => OwnerCall::ListPolicies,
        SHARES => OwnerCall::ListShares,
        REQUESTS => OwnerCall::ListRequests,
        CLIENTS => OwnerCall::ListClients,
        HISTORY => OwnerCall::ReadHistory,
        _ => return Err(Kind::UnknownPath(request.uri.base())),
    };
    super::shared::only("GET", request)?;
    Ok(asked)
}

fn one(request: &HttpRequest, list: &str, id: Text) -> Result<OwnerCall, Kind> {
    let id_of_policy = || id.as_ref().into();
    match (list, &*request.method) {
        (POLICIES, "GET") => Ok(OwnerCall::ReadPolicy { id: id_of_policy() }),
        (POLICIES, "PUT") => {
            let policy = read_policy(request, &id)?;
            Ok(OwnerCall::SetPolicy { policy, only_if: precondition(request)? })
        }
        (POLICIES, "DELETE") => Ok(OwnerCall::WithdrawPolicy { id: id_of_policy(), if_match: if_match(request)? }),
        (REQUESTS, "PUT") => Ok(OwnerCall::AnswerRequest { approve: read_decision(request)?, id }),
        (CLIENTS, "DELETE") => Ok(OwnerCall::WithdrawApproval { client_id: id.as_ref().into() }),
        (POLICIES | REQUESTS | CLIENTS, _) => Err(Kind::MethodNotAllowed(request.method.clone())),
        _ => Err(Kind::UnknownPath(request.uri.base())),
    }
}

// The path names the policy; a body that names another one is a slip that nobody should have to guess about.
fn read_policy(request: &HttpRequest, id: &str) -> Result<Policy, Kind> {
    check_media_type(&request.headers, &[JSON])?;
    let policy = policy::read(&parse(&request.body)?, Some(id))?;
    if policy.id.as_str() == id { Ok(policy) } else { Err(malformed("id")) }
}

fn read_decision(request: &HttpRequest) -> Result<bool, Kind> {
    check_media_type(&request.headers, &[JSON])?;
    Object::of(&parse(&request.body)?)?.flag("approve")?.ok_or_else(|| missing("approve"))
}

// RFC 9110 §13.1.1: of the forms of the field the one with one strong tag is served. One that cannot be understood must
// not pass for none.
fn if_match(request: &HttpRequest) -> Result<Option<ETag>, Kind> {
    let field = header(&request.headers, "If-Match");
    field.map(|text| unquoted(text).ok_or_else(|| malformed("If-Match"))).transpose()
}

fn precondition(request: &HttpRequest) -> Result<Option<Precondition>, Kind> {
    match (if_match(request)?, header(&request.headers, "If-None-Match").map(str::trim)) {
        (None, None) => Ok(None),
        (Some(etag), None) => Ok(Some(Precondition::Current(etag))),
        (None, Some("*")) => Ok(Some(Precondition::Absent)),
        (_, Some(_)) => Err(malformed("If-None-Match")),
    }
}

#[cfg(test)]
mod tests;
