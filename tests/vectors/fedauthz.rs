//! The examples of Federated Authorization for UMA 2.0 (7 January 2018).

use crate::support::{bearer, call, failure, request, response, routes};
use umaverse::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
use umaverse::wire::registration::RegisteredResource;
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Permission, PermissionRequest, Request, ResourceDescription, Response, Revision, Timestamp, Token,
};

const V2_0: Revision = Revision::V2_0;
const TICKET: &str = "016f84e8-f9b9-11e0-bd6f-0021cc6004de";
const RPT: &str = "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv";
const PAT: &str = "204c69636b6c69";

fn tweedl() -> ResourceDescription {
    ResourceDescription {
        name: Some("Tweedl Social Service".into()),
        scopes: scope_set(["read-public", "post-updates", "read-private", "http://www.example.com/scopes/all"]),
        type_: Some("http://www.example.com/rsrcs/socialstream/140-compatible".into()),
        icon_uri: Some("http://www.example.com/icons/sharesocial.png".into()),
        ..ResourceDescription::default()
    }
}

fn album(icon: &str, scopes: [&str; 2]) -> ResourceDescription {
    ResourceDescription {
        name: Some("Photo Album".into()),
        scopes: scope_set(scopes),
        type_: Some("http://www.example.com/rsrcs/photoalbum".into()),
        description: Some("Collection of digital photographs".into()),
        icon_uri: Some(icon.into()),
        ..ResourceDescription::default()
    }
}

fn create() -> Request {
    Request::CreateResource { id: None, description: tweedl() }
}

fn update() -> Request {
    let scopes = ["http://photoz.example.com/dev/scopes/view", "public-read"];
    let description = album("http://www.example.com/icons/sky.png", scopes);
    Request::UpdateResource { id: "9UQU-DUWW".into(), if_match: None, description }
}

fn registered(id: &str) -> RegisteredResource {
    RegisteredResource { id: id.into(), etag: None, description: None, policy_uri: None }
}

fn register(message: Request, pat: &str, example: &str) {
    request(V2_0, &routes(), example, &call("https://as.example.com/rreg/", bearer(pat), message));
}

#[test]
pub(crate) fn fedauthz_3_1_resource_description() {
    let scopes = ["view", "http://photoz.example.com/dev/scopes/print"];
    let description = album("http://www.example.com/icons/flower.png", scopes);
    let body = r#"{
   "resource_scopes":[
      "view",
      "http://photoz.example.com/dev/scopes/print"
   ],
   "description":"Collection of digital photographs",
   "icon_uri":"http://www.example.com/icons/flower.png",
   "name":"Photo Album",
   "type":"http://www.example.com/rsrcs/photoalbum"
}"#;
    let example = format!("POST /rreg/ HTTP/1.1\nAuthorization: Bearer {PAT}\n\n{body}");
    register(Request::CreateResource { id: None, description }, PAT, &example);
}

#[test]
pub(crate) fn fedauthz_3_2_1_create_repaired_request_line() {
    register(
        create(),
        "MHg3OUZEQkZBMjcx",
        r#"POST /rreg/ HTTP/1.1 Content-Type: application/json
Authorization: Bearer MHg3OUZEQkZBMjcx
...
{
   "resource_scopes":[
      "read-public",
      "post-updates",
      "read-private",
      "http://www.example.com/scopes/all"
   ],
   "icon_uri":"http://www.example.com/icons/sharesocial.png",
   "name":"Tweedl Social Service",
   "type":"http://www.example.com/rsrcs/socialstream/140-compatible"
}"#,
    );
}

#[test]
pub(crate) fn fedauthz_3_2_1_created() {
    let policy_uri = Some("http://as.example.com/rs/222/resource/KX3A-39WE/policy".into());
    let created = RegisteredResource { policy_uri, ..registered("KX3A-39WE") };
    response(
        V2_0,
        &create(),
        r#"HTTP/1.1 201 Created
Content-Type: application/json
Location: /rreg/KX3A-39WE
...
{
   "_id":"KX3A-39WE",
   "user_access_policy_uri":"http://as.example.com/rs/222/resource/KX3A-39WE/policy"
}"#,
        Response::ResourceCreated(created),
    );
}

#[test]
pub(crate) fn fedauthz_3_2_2_read() {
    let read = Request::ReadResource { id: "KX3A-39WE".into() };
    register(
        read.clone(),
        "MHg3OUZEQkZBMjcx",
        r#"GET /rreg/KX3A-39WE HTTP/1.1
Authorization: Bearer MHg3OUZEQkZBMjcx
..."#,
    );
    let resource = RegisteredResource { description: Some(tweedl()), ..registered("KX3A-39WE") };
    response(
        V2_0,
        &read,
        r#"HTTP/1.1 200 OK
Content-Type: application/json
...
{
   "_id":"KX3A-39WE",
   "resource_scopes":[
      "read-public",
      "post-updates",
      "read-private",
      "http://www.example.com/scopes/all"
   ],
   "icon_uri":"http://www.example.com/icons/sharesocial.png",
   "name":"Tweedl Social Service",
   "type":"http://www.example.com/rsrcs/socialstream/140-compatible"
}"#,
        Response::Resource(resource),
    );
}

#[test]
pub(crate) fn fedauthz_3_2_3_update() {
    register(
        update(),
        PAT,
        r#"PUT /rreg/9UQU-DUWW HTTP/1.1
Content-Type: application/json
Authorization: Bearer 204c69636b6c69
...
{
   "resource_scopes":[
      "http://photoz.example.com/dev/scopes/view",
      "public-read"
   ],
   "description":"Collection of digital photographs",
   "icon_uri":"http://www.example.com/icons/sky.png",
   "name":"Photo Album",
   "type":"http://www.example.com/rsrcs/photoalbum"
}"#,
    );
    response(
        V2_0,
        &update(),
        r#"HTTP/1.1 200 OK
...
{
   "_id":"9UQU-DUWW"
}"#,
        Response::ResourceUpdated(registered("9UQU-DUWW")),
    );
}

#[test]
pub(crate) fn fedauthz_3_2_4_delete() {
    let delete = Request::DeleteResource { id: "9UQU-DUWW".into(), if_match: None };
    register(
        delete.clone(),
        PAT,
        r#"DELETE /rreg/9UQU-DUWW
Authorization: Bearer 204c69636b6c69
..."#,
    );
    response(
        V2_0,
        &delete,
        r#"HTTP/1.1 204 No content
..."#,
        Response::ResourceDeleted,
    );
}

#[test]
pub(crate) fn fedauthz_3_2_5_list() {
    register(
        Request::ListResources,
        PAT,
        r#"GET /rreg/ HTTP/1.1
Authorization: Bearer 204c69636b6c69
..."#,
    );
    let list = Response::ResourceList(vec!["KX3A-39WE".into(), "9UQU-DUWW".into()]);
    response(
        V2_0,
        &Request::ListResources,
        r#"HTTP/1.1 200 OK
...
[
   "KX3A-39WE",
   "9UQU-DUWW"
]"#,
        list,
    );
}

fn permission(id: &str, scopes: &[&str]) -> PermissionRequest {
    PermissionRequest { resource_id: id.into(), scopes: scope_set(scopes.iter().copied()) }
}

fn photo_permission() -> Request {
    let one = permission("112210f47de98100", &["view", "http://photoz.example.com/dev/actions/print"]);
    Request::RequestPermissions { permissions: vec![one], array: false }
}

#[test]
pub(crate) fn fedauthz_4_1_one_permission() {
    let call = call("https://as.example.com/perm", bearer(PAT), photo_permission());
    request(
        V2_0,
        &routes(),
        r#"POST /perm HTTP/1.1
Content-Type: application/json
Host: as.example.com
Authorization: Bearer 204c69636b6c69
...

{
   "resource_id":"112210f47de98100",
   "resource_scopes":[
      "view",
      "http://photoz.example.com/dev/actions/print"
   ]
}"#,
        &call,
    );
}

#[test]
pub(crate) fn fedauthz_4_1_several_permissions() {
    let permissions = vec![
        permission("7b727369647d", &["view", "crop", "lightbox"]),
        permission("7b72736964327d", &["view", "layout", "print"]),
        permission("7b72736964337d", &["http://www.example.com/scopes/all"]),
    ];
    let message = Request::RequestPermissions { permissions, array: true };
    request(
        V2_0,
        &routes(),
        r#"POST /perm HTTP/1.1
Content-Type: application/json
Host: as.example.com
Authorization: Bearer 204c69636b6c69
...

[
   {
      "resource_id":"7b727369647d",
      "resource_scopes":[
         "view",
         "crop",
         "lightbox"
      ]
   },
   {
      "resource_id":"7b72736964327d",
      "resource_scopes":[
         "view",
         "layout",
         "print"
      ]
   },
   {
      "resource_id":"7b72736964337d",
      "resource_scopes":[
         "http://www.example.com/scopes/all"
      ]
   }
]"#,
        &call("https://as.example.com/perm", bearer(PAT), message),
    );
}

#[test]
pub(crate) fn fedauthz_4_2_ticket() {
    let ticket = Response::PermissionTicket { ticket: Token::new(TICKET), location: None };
    response(
        V2_0,
        &photo_permission(),
        r#"HTTP/1.1 201 Created
Content-Type: application/json
...

{
   "ticket":"016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#,
        ticket,
    );
}

fn introspect() -> Request {
    Request::Introspect(IntrospectionRequest { token: Token::new(RPT), resource_id: None, host_id: None })
}

#[test]
pub(crate) fn fedauthz_5_1_introspection() {
    let call = call("https://as.example.com/introspect", bearer(PAT), introspect());
    request(
        V2_0,
        &routes(),
        r#"POST /introspect HTTP/1.1
Host: as.example.com
Authorization: Bearer 204c69636b6c69
...
token=sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv"#,
        &call,
    );
}

#[test]
pub(crate) fn fedauthz_5_1_1_active_token() {
    let permission = Permission {
        resource_id: "112210f47de98100".into(),
        scopes: scope_set(["view", "http://photoz.example.com/dev/actions/print"]),
        expires_at: Some(Timestamp::from_secs(1_256_953_732)),
        issued_at: None,
        not_before: None,
    };
    let active = ActiveToken {
        permissions: vec![permission],
        expires_at: Some(Timestamp::from_secs(1_256_953_732)),
        issued_at: Some(Timestamp::from_secs(1_256_912_345)),
        not_before: None,
        cache_secs: None,
    };
    let status = Response::Introspection(IntrospectionResponse::Active(active));
    response(
        V2_0,
        &introspect(),
        r#"HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: no-store
...

{
   "active":true,
   "exp":1256953732,
   "iat":1256912345,
   "permissions":[
      {
         "resource_id":"112210f47de98100",
         "resource_scopes":[
            "view",
            "http://photoz.example.com/dev/actions/print"
         ],
         "exp":1256953732
      }
   ]
}"#,
        status,
    );
}

#[test]
pub(crate) fn fedauthz_6_error() {
    let mut error = failure(400, "invalid_resource_id");
    if let Response::Failure(failure) = &mut error {
        failure.description = Some("Permission request failed with bad resource ID.".into());
    }
    response(
        V2_0,
        &photo_permission(),
        r#"HTTP/1.1 400 Bad Request
Content-Type: application/json
Cache-Control: no-store
...

{
  "error": "invalid_resource_id",
  "error_description": "Permission request failed with bad resource ID.",
  "error_uri": "https://as.example.com/uma_errors/invalid_resource_id"
}"#,
        error,
    );
}
