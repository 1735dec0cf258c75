//! Draft 06 (27 December 2012) with resource set registration draft 00: what their examples have otherwise, and those that
//! they alone have.

use super::resource_sets::{FLOWER, ID, described, register};
use super::{Draft, access, configuration, examples, refusals, resource_sets};
use umaverse::wire::{Configuration, Request, Response, Revision, ScopeDescription};

pub(super) const DRAFT06: Draft = Draft {
    revision: Revision::Draft06,
    host: "as",
    rs: "rs",
    client: "client",
    json: "",
    as_uri: "as_uri",
    insufficient: "\n  error=\"insufficient_scope\"",
    permission: "application/json",
    rpt_status: "application/json",
    resource_set: "application/intro-resource-set+json",
    registration_status: "application/intro-status+json",
    configuration: core_1_5_configuration,
    description: rsr_2_2_description_with_the_member_of_the_example_for_its_type,
    scope_description: rsr_2_1_scope_description,
};

examples! {
    DRAFT06:
    fn core_3_access_without_and_with_an_rpt() = access::access_without_and_with_an_rpt;
    fn core_3_1_1_challenge_without_a_ticket() = access::challenge_without_a_ticket;
    fn core_3_1_2_challenge_with_the_ticket_in_the_body_missing_comma() = access::challenge_with_the_ticket_in_the_body;
    fn core_3_1_3_content() = access::content;
    fn core_3_2_permission_registration_without_its_pat() = access::permission_registration_without_its_pat;
    fn core_3_2_ticket() = access::ticket;
    fn core_3_3_1_status_request() = access::status_request;
    fn core_3_3_1_valid_rpt() = access::valid_rpt;
    fn core_3_3_1_invalid_rpt() = access::invalid_rpt;
    fn core_3_4_2_rpt() = access::rpt;
    fn core_3_4_2_expired_aat() = access::expired_aat_at_the_rpt_endpoint;
    fn core_3_4_3_permission_request_at_the_path_of_another_endpoint() = access::permission_request_at_the_path_of_another_endpoint;
    fn core_3_4_3_expired_aat() = access::expired_aat;
    fn core_3_4_3_expired_ticket() = access::expired_ticket;
    fn core_4_2_resource_exists() = resource_sets::resource_exists;
    fn rsr_2_3_1_form_of_created_missing_comma() = resource_sets::form_of_created_missing_comma;
    fn rsr_2_3_3_form_of_update_with_the_other_media_type_and_status() = resource_sets::form_of_update_with_the_other_media_type_and_status;
    fn rsr_4_create() = resource_sets::create;
    fn rsr_4_read() = resource_sets::read;
    fn rsr_4_list() = resource_sets::list;
    fn rsr_4_update() = resource_sets::update;
    fn rsr_4_delete() = resource_sets::delete;
    fn draft06_unknown_resource_set() = refusals::unknown_resource_set;
    fn draft06_unknown_method() = refusals::unknown_method;
    fn draft06_stale_entity_tag() = refusals::stale_entity_tag;
}

#[test]
fn core_1_5_configuration() {
    let register = "https://as.example.com/dyn_client_reg_uri";
    let document = Configuration { registration_endpoint: Some(register.into()), ..configuration::document(&DRAFT06) };
    let members = configuration::members(&DRAFT06, &format!("\"dynamic_client_endpoint\":\"{register}\""));
    let example = format!("HTTP/1.1 200 OK\n\n{members}");
    DRAFT06.response(&Request::GetConfiguration, &example, Response::Configuration(Box::new(document)));
}

#[test]
fn rsr_2_2_description_with_the_member_of_the_example_for_its_type() {
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
    register(&DRAFT06, message, &format!("PUT /resource_set/{ID} HTTP/1.1\n\n{body}"));
}

#[test]
fn rsr_2_1_scope_description() {
    let icon = "http://www.example.com/icons/reading-glasses";
    let description = ScopeDescription { name: "View".into(), icon_uri: Some(icon.into()), cache_secs: None };
    DRAFT06.response(
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
