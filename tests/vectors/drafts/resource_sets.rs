//! The examples of resource sets, which draft 05 has in its §2.4 and §10 and draft 06 in resource set registration draft 00.

use super::Draft;
use crate::support::{call, failure, parse_request};
use umaverse::wire::codec::{Routes, decode_request};
use umaverse::wire::error::DecodeErrorKind;
use umaverse::wire::registration::RegisteredResource;
use umaverse::wire::text::scope_set;
use umaverse::wire::{Credentials, Endpoint, Request, ResourceDescription, Response};

pub(super) const ID: &str = "112210f47de98100";

fn routes() -> Routes {
    Routes::new([(Endpoint::ResourceRegistration, "/resource_set/")])
}

pub(super) fn described(name: &str, icon: &str) -> ResourceDescription {
    ResourceDescription {
        name: Some(name.into()),
        scopes: scope_set(["http://photoz.example.com/dev/scopes/view", "http://photoz.example.com/dev/scopes/all"]),
        icon_uri: Some(icon.into()),
        ..ResourceDescription::default()
    }
}

pub(super) const FLOWER: &str = "http://www.example.com/icons/flower.png";

fn creation() -> Request {
    Request::CreateResource { id: Some(ID.into()), description: described("Steve the puppy!", FLOWER) }
}

fn change(if_match: &str) -> Request {
    let description = described("Steve on October 14, 2011", FLOWER);
    Request::UpdateResource { id: ID.into(), if_match: Some(if_match.into()), description }
}

fn registered(revision: &str) -> RegisteredResource {
    RegisteredResource { id: ID.into(), etag: Some(revision.into()), description: None, policy_uri: None }
}

/// An example of a request there.
pub(super) fn register(draft: &Draft, message: Request, example: &str) {
    // Not every example names its host.
    let host = if example.contains("Host:") { draft.host } else { "as" };
    let call = call(&format!("https://{host}.example.com/resource_set/"), Credentials::None, message);
    draft.request(&routes(), example, &call);
}

pub(super) fn resource_exists(draft: &Draft) {
    let mut error = failure(400, "invalid_request");
    if let Response::Failure(failure) = &mut error {
        failure.description = Some("There is already a resource with this identifier.".into());
    }
    draft.response(
        &creation(),
        r#"HTTP/1.1 400 Bad Request
Content-Type: application/uma-status+json
Cache-Control: no-store
...

{
  "status": "error",
  "error": "invalid_request",
  "error_description": "There is already a resource with this identifier.",
  "error_uri": "http://am.example.com/errors/resource_exists"
}"#,
        error,
    );
}

pub(super) fn form_of_created_missing_comma(draft: &Draft) {
    let example = r#"HTTP/1.1 201 Created
Content-Type: @registration_status@
ETag: (matches "_rev" property in returned object)
...

{
  "status": "created",
  "_id": (id of created resource set),
  "_rev": (ETag of created resource set)
  "policy_uri":"http://@host@.example.com/@rs@/222/resource/333/policy"
}"#;
    let filled = draft
        .text(example)
        .replace("(matches \"_rev\" property in returned object)", "\"1\"")
        .replace("(id of created resource set)", "\"112210f47de98100\"")
        .replace("(ETag of created resource set)", "\"1\"");
    let found = draft.read_response(&creation(), &filled).map_err(|error| error.kind);
    assert_eq!(found, Err(DecodeErrorKind::Malformed("JSON body".into())));
    let repaired = filled.replace("\"1\"\n  \"policy_uri\"", "\"1\",\n  \"policy_uri\"");
    let policy_uri = Some(draft.text("http://@host@.example.com/@rs@/222/resource/333/policy").as_str().into());
    let created = RegisteredResource { policy_uri, ..registered("1") };
    draft.response(&creation(), &repaired, Response::ResourceCreated(created));
}

pub(super) fn form_of_update_with_the_other_media_type_and_status(draft: &Draft) {
    // The form has `application/resource-set+json` and 204, the example another and 201: both are read.
    let example = r#"PUT /resource_set/{rsid} HTTP/1.1
Content-Type: application/resource-set+json
If-Match: (entity tag of resource)
...

(body contains JSON resource set description to be updated)"#;
    let body = "{\"name\":\"x\",\"scopes\":[]}";
    let filled = draft
        .text(example)
        .replace("{rsid}", ID)
        .replace("(entity tag of resource)", "\"1\"")
        .replace("(body contains JSON resource set description to be updated)", body);
    let read = decode_request(draft.revision, &routes(), &parse_request(&filled));
    let Ok(Request::UpdateResource { if_match, .. }) = read.message else { panic!("{:?}", read.message) };
    assert_eq!(if_match, Some("1".into()));
    let found = draft.read_response(
        &change("1"),
        r#"HTTP/1.1 204 No Content
ETag: "2"
..."#,
    );
    assert_eq!(found, Ok(Response::ResourceUpdated(registered("2"))));
}

pub(super) fn create(draft: &Draft) {
    register(
        draft,
        creation(),
        r#"PUT /resource_set/112210f47de98100 HTTP/1.1
Content-Type: @resource_set@
...

{
  "name": "Steve the puppy!",
  "icon_uri": "http://www.example.com/icons/flower.png",
  "scopes": [
    "http://photoz.example.com/dev/scopes/view",
    "http://photoz.example.com/dev/scopes/all"
  ]
}"#,
    );
    draft.response(
        &creation(),
        r#"HTTP/1.1 201 Created
Content-Type: @registration_status@
ETag: "1"
...

{
  "status": "created",
  "_id":  "112210f47de98100",
  "_rev": "1"
}"#,
        Response::ResourceCreated(registered("1")),
    );
}

pub(super) fn read(draft: &Draft) {
    let read = Request::ReadResource { id: ID.into() };
    register(
        draft,
        read.clone(),
        r#"GET /resource_set/112210f47de98100 HTTP/1.1
Host: @host@.example.com
..."#,
    );
    let description = Some(described("Photo album", FLOWER));
    let resource = RegisteredResource { description, ..registered("1") };
    draft.response(
        &read,
        r#"HTTP/1.1 200 OK
Content-Type: @resource_set@
ETag: "1"
...

{
  "_id":  "112210f47de98100",
  "_rev": "1",
  "name": "Photo album",
  "icon_uri": "http://www.example.com/icons/flower.png",
  "scopes": [
    "http://photoz.example.com/dev/scopes/view",
    "http://photoz.example.com/dev/scopes/all"
  ]
}"#,
        Response::Resource(resource),
    );
}

pub(super) fn list(draft: &Draft) {
    register(
        draft,
        Request::ListResources,
        r#"GET /resource_set HTTP/1.1
Host: @host@.example.com
..."#,
    );
    let list = Response::ResourceList(vec![ID.into(), "34234df47eL95300".into()]);
    draft.response(
        &Request::ListResources,
        r#"HTTP/1.1 200 OK
@json@...

[ "112210f47de98100", "34234df47eL95300" ]"#,
        list,
    );
}

pub(super) fn update(draft: &Draft) {
    register(
        draft,
        change("1"),
        r#"PUT /resource_set/112210f47de98100 HTTP/1.1
Content-Type: @resource_set@
Host: @host@.example.com
If-Match: "1"
...

{
  "name": "Steve on October 14, 2011",
  "icon_uri": "http://www.example.com/icons/flower.png",
  "scopes": [
    "http://photoz.example.com/dev/scopes/view",
    "http://photoz.example.com/dev/scopes/all"
  ]
}"#,
    );
    draft.response(
        &change("1"),
        r#"HTTP/1.1 201 Created
Content-Type: @registration_status@
ETag: "2"
...

{
  "status": "updated",
  "_id":  "112210f47de98100",
  "_rev": "2"
}"#,
        Response::ResourceUpdated(registered("2")),
    );
}

pub(super) fn delete(draft: &Draft) {
    let delete = Request::DeleteResource { id: ID.into(), if_match: Some("2".into()) };
    register(
        draft,
        delete.clone(),
        r#"DELETE /resource_set/112210f47de98100 HTTP/1.1
Host: @host@.example.com
If-Match: "2"
..."#,
    );
    draft.response(
        &delete,
        r#"HTTP/1.1 204 No content
..."#,
        Response::ResourceDeleted,
    );
}
