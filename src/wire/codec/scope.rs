//! Scope descriptions (D5 §2.4.1; RSR draft-00 §2.1; RSR 1.0.1 §2.1.1): what the URI of a scope leads to.

use crate::wire::codec::http::{HttpResponse, JSON, cache_control, cache_secs};
use crate::wire::codec::json::{Members, Object};
use crate::wire::codec::shared::json_of;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Response, ScopeDescription};

pub(super) fn write(media_type: &'static str, description: &ScopeDescription) -> HttpResponse {
    let members =
        Members::default().put("name", &*description.name).uri("icon_uri", description.icon_uri.as_ref()).into_value();
    HttpResponse::new(200).json(media_type, &members).with("Cache-Control", cache_control(description.cache_secs))
}

// "Scope descriptions MAY contain extension properties": they are not looked at.
pub(super) fn read(media_type: &'static str, response: &HttpResponse) -> Result<Response, Kind> {
    let body = json_of(response, &[media_type, JSON])?;
    let object = Object::of(&body)?;
    Ok(Response::ScopeDescription(ScopeDescription {
        name: object.required("name")?.into(),
        icon_uri: object.word("icon_uri")?,
        cache_secs: cache_secs(&response.headers),
    }))
}
