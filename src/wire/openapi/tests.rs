#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use super::*;
use std::collections::BTreeSet;

fn document(revision: Revision, endpoints: &[(Endpoint, &'static str)]) -> Value {
    let text = describe(revision, &"https://as.example/uma".into(), &Routes::new(endpoints.iter().copied()));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_has_no_route_is_not_described() {
    let routes = [(Endpoint::Token, "/token"), (Endpoint::Account, "/account/"), (Endpoint::Owner, "/o/")];
    let document = document(Revision::V2_0, &routes);
    let paths: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(paths.contains("/token") && paths.contains("/o/policies/{policy}"));
    assert!(paths.iter().all(|path| *path == "/token" || path.starts_with("/o/")), "{paths:?}");
    assert_eq!(document["servers"][0]["url"], "https://as.example");
}

#[test]
fn every_schema_that_is_named_exists_and_none_is_idle() {
    const ALL: [(Endpoint, &str); 11] = [
        (Endpoint::Configuration, "/configuration"),
        (Endpoint::Jwks, "/jwks"),
        (Endpoint::ClientRegistration, "/register"),
        (Endpoint::Token, "/token"),
        (Endpoint::Revocation, "/revoke"),
        (Endpoint::ResourceRegistration, "/rreg/"),
        (Endpoint::Permission, "/permission"),
        (Endpoint::Introspection, "/introspect"),
        (Endpoint::Owner, "/owner/"),
        (Endpoint::Description, "/openapi.json"),
        (Endpoint::Rpt, "/rpt"),
    ];
    for revision in Revision::ALL {
        let drafts = revision.is_draft().then_some((Endpoint::AuthorizationData, "/permission_request"));
        let text = document(revision, &ALL.into_iter().chain(drafts).collect::<Vec<_>>()).to_string();
        let schemas = schemas(revision);
        let known: BTreeSet<&str> = schemas.as_object().unwrap().keys().map(String::as_str).collect();
        let named: BTreeSet<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(named, known, "{revision}");
    }
}

#[test]
fn operations_have_names_of_their_own() {
    for revision in Revision::ALL {
        let all =
            [Endpoint::Jwks, Endpoint::Token, Endpoint::Owner, Endpoint::ResourceRegistration, Endpoint::Permission];
        let ids: Vec<&str> =
            all.iter().flat_map(|at| operations(revision, *at)).map(|operation| operation.id).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}
