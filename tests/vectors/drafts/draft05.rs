//! Draft 05 (1 October 2012): what its examples have otherwise, and those that it alone has.

use super::resource_sets::{FLOWER, ID, described, register};
use super::{Draft, access, configuration, examples, refusals, resource_sets};
use crate::support::call;
use umaverse::wire::codec::Routes;
use umaverse::wire::error::DecodeErrorKind;
use umaverse::wire::{Configuration, Credentials, Endpoint, Request, Response, Revision, ScopeDescription};

pub(super) const DRAFT05: Draft = Draft {
    revision: Revision::Draft05,
    host: "am",
    rs: "host",
    client: "requester",
    json: "Content-Type: application/json\n",
    as_uri: "am_uri",
    insufficient: "",
    permission: "application/uma-requested-permission+json",
    rpt_status: "application/uma-rpt-status+json",
    resource_set: "application/uma-resource-set+json",
    registration_status: "application/uma-status+json",
    configuration: draft05_1_5_configuration,
    description: draft05_2_4_2_description,
    scope_description: draft05_2_4_1_and_10_scope_descriptions,
};

/// What makes a document one of draft-05.
const OWN: &str = "HTTP/1.1 200 OK\nContent-Type: application/uma-configuration+json\n\n";

examples! {
    DRAFT05:
    fn draft05_3_1_access_without_and_with_an_rpt() = access::access_without_and_with_an_rpt;
    fn draft05_3_1_1_challenge_without_a_ticket() = access::challenge_without_a_ticket;
    fn draft05_3_1_2_challenge_with_the_ticket_in_the_body() = access::challenge_with_the_ticket_in_the_body;
    fn draft05_3_1_3_content() = access::content;
    fn draft05_3_2_permission_registration_without_its_pat() = access::permission_registration_without_its_pat;
    fn draft05_3_2_ticket() = access::ticket;
    fn draft05_3_3_1_status_request() = access::status_request;
    fn draft05_3_3_1_valid_rpt() = access::valid_rpt;
    fn draft05_3_3_1_invalid_rpt() = access::invalid_rpt;
    fn draft05_3_4_4_rpt() = access::rpt;
    fn draft05_3_4_4_expired_aat() = access::expired_aat_at_the_rpt_endpoint;
    fn draft05_3_4_5_permission_request_at_the_path_of_another_endpoint() = access::permission_request_at_the_path_of_another_endpoint;
    fn draft05_3_4_5_expired_aat() = access::expired_aat;
    fn draft05_3_4_5_expired_ticket() = access::expired_ticket;
    fn draft05_4_2_resource_exists() = resource_sets::resource_exists;
    fn draft05_2_4_3_1_form_of_created_missing_comma() = resource_sets::form_of_created_missing_comma;
    fn draft05_2_4_3_3_form_of_update_with_the_other_media_type_and_status() = resource_sets::form_of_update_with_the_other_media_type_and_status;
    fn draft05_10_create() = resource_sets::create;
    fn draft05_10_read() = resource_sets::read;
    fn draft05_10_list() = resource_sets::list;
    fn draft05_10_update() = resource_sets::update;
    fn draft05_10_delete() = resource_sets::delete;
    fn draft05_unknown_resource_set() = refusals::unknown_resource_set;
    fn draft05_unknown_method() = refusals::unknown_method;
    fn draft05_stale_entity_tag() = refusals::stale_entity_tag;
}

fn example_members() -> String {
    configuration::members(&DRAFT05, "\"dynamic_client_registration_supported\":\"yes\"")
}

#[test]
fn draft05_1_5_configuration() {
    let document = configuration::document(&DRAFT05);
    let example = format!("{OWN}{}", example_members());
    // "yes (dynamic registration is supported, using an unspecified method)": nothing says where, so nobody can.
    let found = DRAFT05.read_response(&Request::GetConfiguration, &example);
    assert_eq!(found, Ok(Response::Configuration(Box::new(document.clone()))));
    let no = example.replace(":\"yes\"", ":\"no\"");
    DRAFT05.response(&Request::GetConfiguration, &no, Response::Configuration(Box::new(document.clone())));
    // Where to register stands in an extension member (our choice).
    let register = Some("https://am.example.com/register".into());
    let dynamic = Configuration { registration_endpoint: register, ..document };
    let member = "\"yes\",\n\"dynamic_client_endpoint\":\"https://am.example.com/register\"";
    let extended = example.replace("\"yes\"", member);
    DRAFT05.response(&Request::GetConfiguration, &extended, Response::Configuration(Box::new(dynamic)));
}

#[test]
fn draft05_1_5_a_configuration_without_a_required_member_is_none() {
    for member in ["resource_set_registration_endpoint", "rpt_status_endpoint", "user_endpoint", "version"] {
        let members = example_members().replace(&format!("\"{member}\":"), "\"x\":");
        let example = format!("{OWN}{members}");
        let found = DRAFT05.read_response(&Request::GetConfiguration, &example).map_err(|error| error.kind);
        assert_eq!(found, Err(DecodeErrorKind::Missing(member.into())));
    }
    let maybe = example_members().replace(":\"yes\"", ":\"maybe\"");
    let found = DRAFT05.read_response(&Request::GetConfiguration, &format!("{OWN}{maybe}"));
    let malformed = DecodeErrorKind::Malformed("dynamic_client_registration_supported".into());
    assert_eq!(found.map_err(|error| error.kind), Err(malformed));
}

#[test]
fn draft05_2_4_2_description() {
    let message = Request::CreateResource { id: Some(ID.into()), description: described("Photo Album", FLOWER) };
    let body = r#"{
  "name": "Photo Album",
  "icon_uri": "http://www.example.com/icons/flower.png",
  "scopes": [
    "http://photoz.example.com/dev/scopes/view",
    "http://photoz.example.com/dev/scopes/all"
  ]
}"#;
    register(&DRAFT05, message, &format!("PUT /resource_set/{ID} HTTP/1.1\n\n{body}"));
}

#[test]
fn draft05_2_4_1_and_10_scope_descriptions() {
    let at = Routes::new([(Endpoint::ScopeDescription, "/dev/scopes/")]);
    let to = "https://photoz.example.com/dev/scopes/view";
    let example = "GET /dev/scopes/view HTTP/1.1\nHost: photoz.example.com";
    DRAFT05.request(&at, example, &call(to, Credentials::None, Request::GetScopeDescription));
    for (name, icon) in [
        ("View", "http://www.example.com/icons/reading-glasses"),
        ("View Photo and Related Info", "http://www.example.com/icons/reading-glasses.png"),
        ("All Actions", "http://www.example.com/icons/galaxy.png"),
    ] {
        let description = ScopeDescription { name: name.into(), icon_uri: Some(icon.into()), cache_secs: None };
        let body = format!("{{\n  \"name\": \"{name}\",\n  \"icon_uri\": \"{icon}\"\n}}");
        let example = format!("HTTP/1.1 200 OK\nContent-Type: application/uma-scope+json\n\n{body}");
        DRAFT05.response(&Request::GetScopeDescription, &example, Response::ScopeDescription(description));
    }
}
