#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use super::*;

fn document(revision: Revision, endpoints: &[(Endpoint, &'static str)]) -> Value {
    let text =
        describe(Served::One(revision), &"https://as.example/uma".into(), &Routes::new(endpoints.iter().copied()));
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
        assert_eq!(named(&text), known(Served::One(revision)), "{revision}");
    }
}

// At a server of two, each has its own of everything.
#[test]
fn two_revisions_are_described_side_by_side() {
    let own = |revision: Revision| {
        let all =
            [Endpoint::Configuration, Endpoint::ResourceRegistration, Endpoint::Permission, Endpoint::Introspection];
        let rpt = (revision == Revision::V1_0_1).then_some(Endpoint::Rpt);
        let paths = ["/c", "/r/", "/p", "/i", "/rpt"];
        Routes::new(all.into_iter().chain(rpt).zip(paths))
            .below_prefix(if rpt.is_some() { "/old" } else { "/new" })
            .spoken_in(revision)
    };
    let common = [
        Endpoint::Jwks,
        Endpoint::ClientRegistration,
        Endpoint::Token,
        Endpoint::Revocation,
        Endpoint::Owner,
        Endpoint::Description,
    ];
    let common =
        Routes::new(common.into_iter().zip(["/jwks", "/register", "/token", "/revoke", "/owner/", "/openapi.json"]));
    let routes = common.and(own(Revision::V1_0_1)).and(own(Revision::V2_0));
    let text = describe(Served::SideBySide, &"https://as.example".into(), &routes);
    assert_eq!(named(&text), known(Served::SideBySide));
    let document: Value = serde_json::from_str(&text).unwrap();
    let (old, new) = (&document["paths"]["/old/p"]["post"], &document["paths"]["/new/p"]["post"]);
    assert_eq!(
        (&old["operationId"], &new["operationId"]),
        (&json!("registerPermission_1_0_1"), &json!("requestPermissions_2_0"))
    );
    let schema =
        |operation: &Value| operation["requestBody"]["content"][JSON]["schema"]["$ref"].as_str().map(str::to_owned);
    assert_ne!(schema(old), schema(new));
    assert_eq!(document["paths"]["/token"]["post"]["operationId"], "token");
    let ids = || document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let distinct: BTreeSet<String> = ids().map(|operation| operation["operationId"].to_string()).collect();
    assert_eq!(distinct.len(), ids().count());
}

fn known(served: Served) -> BTreeSet<String> {
    schemas(served).as_object().unwrap().keys().cloned().collect()
}

fn named(text: &str) -> BTreeSet<String> {
    let references = text.split("\"#/components/schemas/").skip(1);
    references.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
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
