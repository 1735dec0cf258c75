//! The examples of core draft 05 (1 October 2012) about resource sets and scopes: §2.4, §4.2 and §10.

use crate::support::{call, failure, parse_request, read_response, request, response};
use umaverse::wire::codec::{Routes, decode_request};
use umaverse::wire::error::DecodeErrorKind;
use umaverse::wire::registration::RegisteredResource;
use umaverse::wire::text::scope_set;
use umaverse::wire::{Credentials, Endpoint, Request, ResourceDescription, Response, Revision, ScopeDescription};

const D5: Revision = Revision::Draft05;
const ID: &str = "112210f47de98100";

fn routes() -> Routes {
    Routes::new([(Endpoint::ResourceRegistration, "/resource_set/")])
}

fn described(name: &str, icon: &str) -> ResourceDescription {
    ResourceDescription {
        name: Some(name.into()),
        scopes: scope_set(["http://photoz.example.com/dev/scopes/view", "http://photoz.example.com/dev/scopes/all"]),
        icon_uri: Some(icon.into()),
        ..ResourceDescription::default()
    }
}

const FLOWER: &str = "http://www.example.com/icons/flower.png";

fn create() -> Request {
    Request::CreateResource { id: Some(ID.into()), description: described("Steve the puppy!", FLOWER) }
}

fn update(if_match: &str) -> Request {
    let description = described("Steve on October 14, 2011", FLOWER);
    Request::UpdateResource { id: ID.into(), if_match: Some(if_match.into()), description }
}

fn registered(revision: &str) -> RegisteredResource {
    RegisteredResource { id: ID.into(), etag: Some(revision.into()), description: None, policy_uri: None }
}

fn register(message: Request, example: &str) {
    // Not every example names its host.
    let host = if example.contains("Host: am.") { "am" } else { "as" };
    let call = call(&format!("https://{host}.example.com/resource_set/"), Credentials::None, message);
    request(D5, &routes(), example, &call);
}

#[test]
pub(crate) fn draft05_4_2_resource_exists() {
    let mut error = failure(400, "invalid_request");
    if let Response::Failure(failure) = &mut error {
        failure.description = Some("There is already a resource with this identifier.".into());
    }
    response(
        D5,
        &create(),
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

#[test]
pub(crate) fn draft05_2_4_2_description() {
    let message = Request::CreateResource { id: Some(ID.into()), description: described("Photo Album", FLOWER) };
    let body = r#"{
  "name": "Photo Album",
  "icon_uri": "http://www.example.com/icons/flower.png",
  "scopes": [
    "http://photoz.example.com/dev/scopes/view",
    "http://photoz.example.com/dev/scopes/all"
  ]
}"#;
    register(message, &format!("PUT /resource_set/{ID} HTTP/1.1\n\n{body}"));
}

#[test]
pub(crate) fn draft05_2_4_1_and_10_scope_descriptions() {
    let at = Routes::new([(Endpoint::ScopeDescription, "/dev/scopes/")]);
    let to = "https://photoz.example.com/dev/scopes/view";
    let example = "GET /dev/scopes/view HTTP/1.1\nHost: photoz.example.com";
    request(D5, &at, example, &call(to, Credentials::None, Request::GetScopeDescription));
    for (name, icon) in [
        ("View", "http://www.example.com/icons/reading-glasses"),
        ("View Photo and Related Info", "http://www.example.com/icons/reading-glasses.png"),
        ("All Actions", "http://www.example.com/icons/galaxy.png"),
    ] {
        let description = ScopeDescription { name: name.into(), icon_uri: Some(icon.into()), cache_secs: None };
        let body = format!("{{\n  \"name\": \"{name}\",\n  \"icon_uri\": \"{icon}\"\n}}");
        let example = format!("HTTP/1.1 200 OK\nContent-Type: application/uma-scope+json\n\n{body}");
        response(D5, &Request::GetScopeDescription, &example, Response::ScopeDescription(description));
    }
}

#[test]
pub(crate) fn draft05_2_4_3_1_form_of_created_missing_comma() {
    let example = r#"HTTP/1.1 201 Created
Content-Type: application/uma-status+json
ETag: (matches "_rev" property in returned object)
...

{
  "status": "created",
  "_id": (id of created resource set),
  "_rev": (ETag of created resource set)
  "policy_uri":"http://am.example.com/host/222/resource/333/policy"
}"#;
    let filled = example
        .replace("(matches \"_rev\" property in returned object)", "\"1\"")
        .replace("(id of created resource set)", "\"112210f47de98100\"")
        .replace("(ETag of created resource set)", "\"1\"");
    let found = read_response(D5, &create(), &filled).map_err(|error| error.kind);
    assert_eq!(found, Err(DecodeErrorKind::Malformed("JSON body".into())));
    let repaired = filled.replace("\"1\"\n  \"policy_uri\"", "\"1\",\n  \"policy_uri\"");
    let policy_uri = Some("http://am.example.com/host/222/resource/333/policy".into());
    let created = RegisteredResource { policy_uri, ..registered("1") };
    response(D5, &create(), &repaired, Response::ResourceCreated(created));
}

#[test]
pub(crate) fn draft05_2_4_3_3_form_of_update_with_the_other_media_type_and_status() {
    // The form has `application/resource-set+json` and 204, the example `uma-resource-set` and 201: both are read.
    let example = r#"PUT /resource_set/{rsid} HTTP/1.1
Content-Type: application/resource-set+json
If-Match: (entity tag of resource)
...

(body contains JSON resource set description to be updated)"#;
    let body = "{\"name\":\"x\",\"scopes\":[]}";
    let filled = example
        .replace("{rsid}", ID)
        .replace("(entity tag of resource)", "\"1\"")
        .replace("(body contains JSON resource set description to be updated)", body);
    let read = decode_request(D5, &routes(), &parse_request(&filled));
    let Ok(Request::UpdateResource { if_match, .. }) = read.message else { panic!("{:?}", read.message) };
    assert_eq!(if_match, Some("1".into()));
    let found = read_response(
        D5,
        &update("1"),
        r#"HTTP/1.1 204 No Content
ETag: "2"
..."#,
    );
    assert_eq!(found, Ok(Response::ResourceUpdated(registered("2"))));
}

#[test]
pub(crate) fn draft05_10_create() {
    register(
        create(),
        r#"PUT /resource_set/112210f47de98100 HTTP/1.1
Content-Type: application/uma-resource-set+json
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
    response(
        D5,
        &create(),
        r#"HTTP/1.1 201 Created
Content-Type: application/uma-status+json
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

#[test]
pub(crate) fn draft05_10_read() {
    let read = Request::ReadResource { id: ID.into() };
    register(
        read.clone(),
        r#"GET /resource_set/112210f47de98100 HTTP/1.1
Host: am.example.com
..."#,
    );
    let description = Some(described("Photo album", FLOWER));
    let resource = RegisteredResource { description, ..registered("1") };
    response(
        D5,
        &read,
        r#"HTTP/1.1 200 OK
Content-Type: application/uma-resource-set+json
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

#[test]
pub(crate) fn draft05_10_list() {
    register(
        Request::ListResources,
        r#"GET /resource_set HTTP/1.1
Host: am.example.com
..."#,
    );
    let list = Response::ResourceList(vec![ID.into(), "34234df47eL95300".into()]);
    response(
        D5,
        &Request::ListResources,
        r#"HTTP/1.1 200 OK
Content-Type: application/json
...

[ "112210f47de98100", "34234df47eL95300" ]"#,
        list,
    );
}

#[test]
pub(crate) fn draft05_10_update() {
    register(
        update("1"),
        r#"PUT /resource_set/112210f47de98100 HTTP/1.1
Content-Type: application/uma-resource-set+json
Host: am.example.com
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
    response(
        D5,
        &update("1"),
        r#"HTTP/1.1 201 Created
Content-Type: application/uma-status+json
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

#[test]
pub(crate) fn draft05_10_delete() {
    let delete = Request::DeleteResource { id: ID.into(), if_match: Some("2".into()) };
    register(
        delete.clone(),
        r#"DELETE /resource_set/112210f47de98100 HTTP/1.1
Host: am.example.com
If-Match: "2"
..."#,
    );
    response(
        D5,
        &delete,
        r#"HTTP/1.1 204 No content
..."#,
        Response::ResourceDeleted,
    );
}
