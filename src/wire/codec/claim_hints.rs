//! One hint at a claim that would help (`required_claims`; Grant §3.3.6, Core 1.0.1 §3.5.4.2).

use super::json::{Members, Object};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{RequiredClaim, Uri};
use serde_json::Value;

pub(super) fn write_claim(claim: &RequiredClaim) -> Value {
    Members::default()
        .some_texts("claim_token_format", claim.claim_token_format.iter().map(|format| &**format))
        .maybe("claim_type", claim.claim_type.as_deref())
        .maybe("friendly_name", claim.friendly_name.as_deref())
        .some_texts("issuer", claim.issuer.iter().map(Uri::as_str))
        .maybe("name", claim.name.as_ref().map(|name| name.as_str()))
        .into_value()
}

pub(super) fn read_claim(claim: &Value) -> Result<RequiredClaim, Kind> {
    let object = Object::of(claim)?;
    Ok(RequiredClaim {
        name: object.word("name")?,
        friendly_name: object.word("friendly_name")?,
        claim_type: object.word("claim_type")?,
        claim_token_format: object.words_or_none("claim_token_format")?,
        issuer: object.words_or_none("issuer")?,
    })
}
