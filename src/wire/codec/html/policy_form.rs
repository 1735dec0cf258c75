//! The fields of a policy form, and the policy that they say. Programs send a policy as JSON in one field; so do people
//! whose policy says more than the fields can.

use super::words::{EVER, FOREVER, read_field_time};
use crate::wire::codec::json::{malformed, missing};
use crate::wire::codec::parameters::Parameters;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Policy, PolicyCondition, PolicyId, PolicyTarget, ResourceId, Scope};

/// The policy that the fields of a form say.
///
/// # Errors
/// When a field is missing that the others need, or says nothing sensible.
pub(in crate::wire::codec) fn read(fields: &Parameters<'_>) -> Result<Policy, Kind> {
    Ok(Policy {
        id: PolicyId::from(fields.required("policy_id")?),
        target: target(fields)?,
        scopes: fields.all("scope").map(Scope::from).collect(),
        condition: condition(fields)?,
    })
}

fn target(fields: &Parameters<'_>) -> Result<PolicyTarget, Kind> {
    match fields.required("target")? {
        "all" => Ok(PolicyTarget::AllResources),
        "type" => Ok(PolicyTarget::Type(fields.required("type")?.into())),
        "resources" => {
            let ids: Vec<ResourceId> = fields.all("resource").map(ResourceId::from).collect();
            if ids.is_empty() { Err(missing("resource")) } else { Ok(PolicyTarget::Resources(ids)) }
        }
        _ => Err(malformed("target")),
    }
}

// Who, and everything that is asked besides. Nothing is permitted to anybody unless the form says so in so many words.
fn condition(fields: &Parameters<'_>) -> Result<PolicyCondition, Kind> {
    let mut parts = Vec::new();
    match fields.required("who")? {
        "anyone" => {}
        "person" => parts.push(PolicyCondition::RequestingParty {
            issuer: fields.required("issuer")?.into(),
            subject: fields.required("subject")?.into(),
        }),
        "claim" => parts.push(claim(fields)?),
        _ => return Err(malformed("who")),
    }
    parts.extend(fields.text("client")?.map(|client| PolicyCondition::Client(client.into())));
    parts.extend(between(fields)?);
    match fields.text("ask_me")? {
        Some("yes") => parts.push(PolicyCondition::OwnerApproves),
        Some(_) => return Err(malformed("ask_me")),
        None => {}
    }
    Ok(match parts.len() {
        0 => PolicyCondition::Anyone,
        1 => parts.remove(0),
        _ => PolicyCondition::All(parts),
    })
}

fn claim(fields: &Parameters<'_>) -> Result<PolicyCondition, Kind> {
    let age = fields.text("claim_age")?.map(|age| age.parse().map_err(|_| malformed("claim_age"))).transpose()?;
    Ok(PolicyCondition::Claim {
        name: fields.required("claim_name")?.into(),
        value: fields.required("claim_value")?.into(),
        issuer: fields.word("claim_issuer")?,
        max_age_secs: age,
    })
}

fn between(fields: &Parameters<'_>) -> Result<Option<PolicyCondition>, Kind> {
    let time = |name: &str| {
        let text = fields.text(name)?;
        text.map(|text| read_field_time(text).ok_or_else(|| malformed(name))).transpose()
    };
    let (from, until) = (time("from")?, time("until")?);
    if from.is_none() && until.is_none() {
        return Ok(None);
    }
    let (from, until) = (from.unwrap_or(EVER), until.unwrap_or(FOREVER));
    if from < until { Ok(Some(PolicyCondition::Between { from, until })) } else { Err(malformed("until")) }
}
