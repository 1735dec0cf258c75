//! The examples of resource set registration draft 00 (27 December 2012), and the error of core draft 06 §4.2, which is about
//! the same.

use crate::support::{call, failure, parse_request, read_response, request, response};
use umaverse::wire::codec::{Routes, decode_request};
use umaverse::wire::error::DecodeErrorKind;
use umaverse::wire::registration::RegisteredResource;
use umaverse::wire::text::scope_set;
use umaverse::wire::{Credentials, Endpoint, Request, ResourceDescription, Response, Revision, ScopeDescription};

const D6: Revision = Revision::Draft06;
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
    let call = call("https://as.example.com/resource_set/", Credentials::None, message);
    request(D6, &routes(), example, &call);
}

#[test]
pub(crate) fn core_4_2_resource_exists() {
    let mut error = failure(400, "invalid_request");
    if let Response::Failure(failure) = &mut error {
        failure.description = Some("There is already a resource with this identifier.".into());
    }
    response(
        D6,
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
pub(crate) fn rsr_2_2_description_with_the_member_of_the_example_for_its_type() {
    let mut description = described("Photo Album", FLOWER);
    let type_ = "\"http://www.example.com/rsets/photoalbum\"";
    description.extra.insert("resource_set_type".into(), type_.into());
    let body = r#"{
  "name": "Photo Album",
  "icon_uri": "http://www.example.com/icons/flower.png",
  "scopes": [
    "http://photoz.example.com/dev/scopes/view",
    "http://photoz.example.com/dev/scopes/all"
  ],
  "resource_set_type": "http://www.example.com/rsets/photoalbum"
}"#;
    let message = Request::CreateResource { id: Some(ID.into()), description };
    register(message, &format!("PUT /resource_set/{ID} HTTP/1.1\n\n{body}"));
}

#[test]
pub(crate) fn rsr_2_3_1_form_of_created_missing_comma() {
    let example = r#"HTTP/1.1 201 Created
Content-Type: application/intro-status+json
ETag: (matches "_rev" property in returned object)
...

{
  "status": "created",
  "_id": (id of created resource set),
  "_rev": (ETag of created resource set)
  "policy_uri":"http://as.example.com/rs/222/resource/333/policy"
}"#;
    let filled = example
        .replace("(matches \"_rev\" property in returned object)", "\"1\"")
        .replace("(id of created resource set)", "\"112210f47de98100\"")
        .replace("(ETag of created resource set)", "\"1\"");
    let found = read_response(D6, &create(), &filled).map_err(|error| error.kind);
    assert_eq!(found, Err(DecodeErrorKind::Malformed("JSON body".into())));
    let repaired = filled.replace("\"1\"\n  \"policy_uri\"", "\"1\",\n  \"policy_uri\"");
    let policy_uri = Some("http://as.example.com/rs/222/resource/333/policy".into());
    let created = RegisteredResource { policy_uri, ..registered("1") };
    response(D6, &create(), &repaired, Response::ResourceCreated(created));
}

#[test]
pub(crate) fn rsr_2_3_3_form_of_update_with_the_other_media_type_and_status() {
    // The form has `application/resource-set+json` and 204, the example `intro-` and 201: both are read.
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
    let read = decode_request(D6, &routes(), &parse_request(&filled));
    let Ok(Request::UpdateResource { if_match, .. }) = read.message else { panic!("{:?}", read.message) };
    assert_eq!(if_match, Some("1".into()));
    let found = read_response(
        D6,
        &update("1"),
        r#"HTTP/1.1 204 No Content
ETag: "2"
..."#,
    );
    assert_eq!(found, Ok(Response::ResourceUpdated(registered("2"))));
}

#[test]
pub(crate) fn rsr_4_create() {
    register(
        create(),
        r#"PUT /resource_set/112210f47de98100 HTTP/1.1
Content-Type: application/intro-resource-set+json
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
        D6,
        &create(),
        r#"HTTP/1.1 201 Created
Content-Type: application/intro-status+json
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
pub(crate) fn rsr_4_read() {
    let read = Request::ReadResource { id: ID.into() };
    register(
        read.clone(),
        r#"GET /resource_set/112210f47de98100 HTTP/1.1
Host: as.example.com
..."#,
    );
    let description = Some(described("Photo album", FLOWER));
    let resource = RegisteredResource { description, ..registered("1") };
    response(
        D6,
        &read,
        r#"HTTP/1.1 200 OK
Content-Type: application/intro-resource-set+json
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
pub(crate) fn rsr_4_list() {
    register(
        Request::ListResources,
        r#"GET /resource_set HTTP/1.1
Host: as.example.com
..."#,
    );
    let list = Response::ResourceList(vec![ID.into(), "34234df47eL95300".into()]);
    response(
        D6,
        &Request::ListResources,
        r#"HTTP/1.1 200 OK
...

[ "112210f47de98100", "34234df47eL95300" ]"#,
        list,
    );
}

#[test]
pub(crate) fn rsr_4_update() {
    register(
        update("1"),
        r#"PUT /resource_set/112210f47de98100 HTTP/1.1
Content-Type: application/intro-resource-set+json
Host: as.example.com
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
        D6,
        &update("1"),
        r#"HTTP/1.1 201 Created
Content-Type: application/intro-status+json
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
pub(crate) fn rsr_4_delete() {
    let delete = Request::DeleteResource { id: ID.into(), if_match: Some("2".into()) };
    register(
        delete.clone(),
        r#"DELETE /resource_set/112210f47de98100 HTTP/1.1
Host: as.example.com
If-Match: "2"
..."#,
    );
    response(
        D6,
        &delete,
        r#"HTTP/1.1 204 No content
..."#,
        Response::ResourceDeleted,
    );
}

#[test]
pub(crate) fn rsr_2_1_scope_description() {
    let icon = "http://www.example.com/icons/reading-glasses";
    let description = ScopeDescription { name: "View".into(), icon_uri: Some(icon.into()), cache_secs: None };
    response(
        D6,
        &Request::GetScopeDescription,
        r#"HTTP/1.1 200 OK
Content-Type: application/intro-scope+json

{
  "name": "View",
  "icon_uri": "http://www.example.com/icons/reading-glasses"
}"#,
        Response::ScopeDescription(description),
    );
}
