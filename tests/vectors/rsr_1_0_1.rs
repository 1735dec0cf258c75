//! The examples of OAuth 2.0 Resource Set Registration (28 December 2015), the text that goes with Core 1.0.1.

use crate::support::{bearer, call, read_response, request, response};
use umaverse::wire::codec::Routes;
use umaverse::wire::registration::RegisteredResource;
use umaverse::wire::text::scope_set;
use umaverse::wire::{Endpoint, Request, ResourceDescription, ResourceId, Response, Revision, ScopeDescription};

const V1: Revision = Revision::V1_0_1;
const PAT: &str = "MHg3OUZEQkZBMjcx";

const TWEEDL: &str = r#"  "name" : "Tweedl Social Service",
  "icon_uri" : "http://www.example.com/icons/sharesocial.png",
  "scopes" : [
    "read-public",
    "post-updates",
    "read-private",
    "http://www.example.com/scopes/all"
  ],
  "type" : "http://www.example.com/rsets/socialstream/140-compatible"
}"#;

fn tweedl() -> ResourceDescription {
    ResourceDescription {
        name: Some("Tweedl Social Service".into()),
        scopes: scope_set(["read-public", "post-updates", "read-private", "http://www.example.com/scopes/all"]),
        type_: Some("http://www.example.com/rsets/socialstream/140-compatible".into()),
        icon_uri: Some("http://www.example.com/icons/sharesocial.png".into()),
        ..ResourceDescription::default()
    }
}

fn registered(id: &str) -> RegisteredResource {
    RegisteredResource { id: id.into(), etag: None, description: None, policy_uri: None }
}

fn register(message: Request, pat: &str, example: &str) {
    let routes = Routes::new([(Endpoint::ResourceRegistration, "/rs/")]);
    request(V1, &routes, example, &call("https://as.example.com/rs/", bearer(pat), message));
}

fn create() -> Request {
    Request::CreateResource { id: None, description: tweedl() }
}

#[test]
pub(crate) fn rsr_2_2_1_create() {
    let head = "POST /rs/resource_set HTTP/1.1\nContent-Type: application/json\nAuthorization: Bearer MHg3OUZEQkZBMjcx";
    register(create(), PAT, &format!("{head}\n...\n\n{{\n{TWEEDL}"));
    let created = RegisteredResource {
        policy_uri: Some("http://as.example.com/rs/222/resource/KX3A-39WE/policy".into()),
        ..registered("KX3A-39WE")
    };
    let example = r#"HTTP/1.1 201 Created
Content-Type: application/json
Location: /rs/resource_set/KX3A-39WE
...

{
  "_id" : "KX3A-39WE",
  "user_access_policy_uri" : "http://as.example.com/rs/222/resource/KX3A-39WE/policy"
}"#;
    response(V1, &create(), example, Response::ResourceCreated(created));
}

#[test]
pub(crate) fn rsr_2_2_2_read() {
    let read = Request::ReadResource { id: "KX3A-39WE".into() };
    register(read.clone(), PAT, "GET /rs/resource_set/KX3A-39WE HTTP/1.1\nAuthorization: Bearer MHg3OUZEQkZBMjcx\n...");
    let resource = RegisteredResource { description: Some(tweedl()), ..registered("KX3A-39WE") };
    let example =
        format!("HTTP/1.1 200 OK\nContent-Type: application/json\n...\n\n{{\n  \"_id\" : \"KX3A-39WE\",\n{TWEEDL}");
    response(V1, &read, &example, Response::Resource(resource));
}

#[test]
pub(crate) fn rsr_2_2_3_update() {
    let example = r#"PUT /rs/resource_set/9UQU-DUWW HTTP/1.1
Content-Type: application/json
Authorization: Bearer 204c69636b6c69
...

{
  "name" : "Photo Album",
  "icon_uri" : "http://www.example.com/icons/sky.png",
  "scopes" : [
    "http://photoz.example.com/dev/scopes/view",
    "public-read"
  ],
  "type" : "http://www.example.com/rsets/photoalbum"
}"#;
    let description = ResourceDescription {
        name: Some("Photo Album".into()),
        scopes: scope_set(["http://photoz.example.com/dev/scopes/view", "public-read"]),
        type_: Some("http://www.example.com/rsets/photoalbum".into()),
        icon_uri: Some("http://www.example.com/icons/sky.png".into()),
        ..ResourceDescription::default()
    };
    let update = Request::UpdateResource { id: "9UQU-DUWW".into(), if_match: None, description };
    register(update.clone(), "204c69636b6c69", example);
    let answer = r#"HTTP/1.1 200 OK
...

{
  "_id": "9UQU-DUWW"
}"#;
    response(V1, &update, answer, Response::ResourceUpdated(registered("9UQU-DUWW")));
    // RSR 1.0.1 §7 has 201 where §2.2.3 has 200: either is read.
    let created = answer.replace("200 OK", "201 Created");
    assert_eq!(read_response(V1, &update, &created), Ok(Response::ResourceUpdated(registered("9UQU-DUWW"))));
}

#[test]
pub(crate) fn rsr_2_2_4_delete() {
    let delete = Request::DeleteResource { id: "9UQU-DUWW".into(), if_match: None };
    let example = "DELETE /rs/resource_set/9UQU-DUWW\nAuthorization: Bearer 204c69636b6c69\n...";
    register(delete.clone(), "204c69636b6c69", example);
    response(V1, &delete, "HTTP/1.1 204 No content\n...", Response::ResourceDeleted);
}

#[test]
pub(crate) fn rsr_2_2_5_list() {
    let example = "GET /rs/resource_set HTTP/1.1\nAuthorization: Bearer 204c69636b6c69\n...";
    register(Request::ListResources, "204c69636b6c69", example);
    let ids: Vec<ResourceId> = vec!["KX3A-39WE".into(), "9UQU-DUWW".into()];
    let answer = "HTTP/1.1 200 OK\n...\n\n[ \"KX3A-39WE\", \"9UQU-DUWW\" ]";
    response(V1, &Request::ListResources, answer, Response::ResourceList(ids));
}

#[test]
pub(crate) fn rsr_2_1_1_scope_description() {
    let icon = "http://www.example.com/icons/reading-glasses";
    let description = ScopeDescription { name: "View".into(), icon_uri: Some(icon.into()), cache_secs: None };
    let example = r#"HTTP/1.1 200 OK
Content-Type: application/json

{
  "name" : "View",
  "icon_uri" : "http://www.example.com/icons/reading-glasses"
}"#;
    response(V1, &Request::GetScopeDescription, example, Response::ScopeDescription(description));
    let nameless = example.replace("\"name\" : \"View\",", "");
    assert!(read_response(V1, &Request::GetScopeDescription, &nameless).is_err(), "`name` is REQUIRED");
}
