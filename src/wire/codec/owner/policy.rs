//! A policy as JSON. A member that nobody knows is an error and not ignored: a misspelt condition would permit more than
//! its author meant.

use crate::wire::codec::json::{Members, Object, malformed, missing};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Policy, PolicyCondition, PolicyTarget, Timestamp};
use serde_json::Value;

/// The policy with every member.
pub(super) fn write(policy: &Policy) -> Value {
    let members = Members::default().put("id", policy.id.as_str());
    let members = match &policy.target {
        PolicyTarget::Resources(ids) => members.texts("resources", ids.iter().map(|id| id.as_str())),
        PolicyTarget::Type(type_) => members.put("type", &**type_),
        PolicyTarget::AllResources => members.put("all_resources", true),
    };
    members
        .texts("scopes", policy.scopes.iter().map(|scope| scope.as_str()))
        .put("permit", write_condition(&policy.condition))
        .into_value()
}

fn write_condition(condition: &PolicyCondition) -> Value {
    let members = Members::default();
    match condition {
        PolicyCondition::Anyone => members.put("anyone", true),
        PolicyCondition::All(parts) => members.put("all", parts.iter().map(write_condition).collect::<Value>()),
        PolicyCondition::Any(parts) => members.put("any", parts.iter().map(write_condition).collect::<Value>()),
        PolicyCondition::RequestingParty { issuer, subject } => {
            members.put("person", subject.as_str()).put("issuer", issuer.as_str())
        }
        PolicyCondition::Client(client) => members.put("client", client.as_str()),
        PolicyCondition::Claim { name, value, issuer, max_age_secs } => members
            .put("claim", name.as_str())
            .put("value", &**value)
            .uri("issuer", issuer.as_ref())
            .maybe("max_age", *max_age_secs),
        PolicyCondition::Between { from, until } => members.put("from", from.secs()).put("until", until.secs()),
        PolicyCondition::SignedInWith(ways) => members.texts("signed_in_with", ways.iter().map(|way| &**way)),
        PolicyCondition::OwnerApproves => members.put("owner_approves", true),
    }
    .into_value()
}

/// A policy; `named` is its name where the body need not say it.
pub(super) fn read(body: &Value, named: Option<&str>) -> Result<Policy, Kind> {
    let object = Object::of(body)?;
    only(object, &["id", "resources", "type", "all_resources", "scopes", "permit"])?;
    let id = object.text("id")?.or(named).ok_or_else(|| missing("id"))?;
    Ok(Policy {
        id: id.into(),
        target: read_target(object)?,
        scopes: object.required_words("scopes")?,
        condition: read_condition(object.get("permit").ok_or_else(|| missing("permit"))?)?,
    })
}

fn read_target(object: Object<'_>) -> Result<PolicyTarget, Kind> {
    match (object.words("resources")?, object.text("type")?, object.flag("all_resources")?) {
        (Some(ids), None, None | Some(false)) => Ok(PolicyTarget::Resources(ids)),
        (None, Some(type_), None | Some(false)) => Ok(PolicyTarget::Type(type_.into())),
        (None, None, Some(true)) => Ok(PolicyTarget::AllResources),
        (None, None, None | Some(false)) => Err(missing("resources")),
        _ => Err(malformed("resources")),
    }
}

fn only(object: Object<'_>, known: &[&str]) -> Result<(), Kind> {
    match object.members().keys().find(|member| !known.contains(&member.as_str())) {
        Some(unknown) => Err(malformed(unknown)),
        None => Ok(()),
    }
}

fn read_condition(value: &Value) -> Result<PolicyCondition, Kind> {
    let object = Object::of(value).map_err(|_| malformed("permit"))?;
    let members: Vec<&str> = object.members().keys().map(String::as_str).collect();
    let said = |name: &str| if object.flag(name)? == Some(true) { Ok(()) } else { Err(malformed(name)) };
    let text = |name: &str| object.required(name);
    let has = |name: &str| members.contains(&name);
    match members.as_slice() {
        ["anyone"] => said("anyone").map(|()| PolicyCondition::Anyone),
        ["owner_approves"] => said("owner_approves").map(|()| PolicyCondition::OwnerApproves),
        ["all"] => parts(object, "all").map(PolicyCondition::All),
        ["any"] => parts(object, "any").map(PolicyCondition::Any),
        ["client"] => Ok(PolicyCondition::Client(text("client")?.into())),
        ["signed_in_with"] => object.required_words("signed_in_with").map(PolicyCondition::SignedInWith),
        _ if has("person") => {
            only(object, &["person", "issuer"])?;
            let (issuer, subject) = (object.required_uri("issuer")?, text("person")?.into());
            Ok(PolicyCondition::RequestingParty { issuer, subject })
        }
        _ if has("claim") => read_claim(object),
        _ if has("from") || has("until") => read_between(object),
        _ => Err(malformed("permit")),
    }
}

fn parts(object: Object<'_>, name: &str) -> Result<Vec<PolicyCondition>, Kind> {
    object.array(name)?.ok_or_else(|| missing(name))?.iter().map(read_condition).collect()
}

fn read_claim(object: Object<'_>) -> Result<PolicyCondition, Kind> {
    only(object, &["claim", "value", "issuer", "max_age"])?;
    Ok(PolicyCondition::Claim {
        name: object.required("claim")?.into(),
        value: object.required("value")?.into(),
        issuer: object.word("issuer")?,
        max_age_secs: object.number("max_age")?,
    })
}

fn read_between(object: Object<'_>) -> Result<PolicyCondition, Kind> {
    only(object, &["from", "until"])?;
    let time = |name: &str| -> Result<Timestamp, Kind> { object.time(name)?.ok_or_else(|| missing(name)) };
    Ok(PolicyCondition::Between { from: time("from")?, until: time("until")? })
}
