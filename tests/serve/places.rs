//! Endpoints at places that their server's file chooses, below an issuer with a path: the whole flow, every advertised
//! endpoint asked, and nothing at the usual places.

use crate::ecosystem::Ecosystem;
use crate::whole_flow::comes_out;
use serde_json::Value;
use std::collections::BTreeSet;
use umaverse::transport::http::{Client, Names};
use umaverse::wire::codec::HttpRequest;
use umaverse::wire::configuration::{oauth_well_known, well_known};
use umaverse::wire::{Duration, Revision, Uri};

const BELOW: &str = "/realms/family";

/// What every server has.
const COMMON: [(&str, &str); 10] = [
    ("jwks", "/keys/public"),
    ("client-registration", "/oauth/clients"),
    ("authorization", "/oauth/authorization"),
    ("authorization-redirect", "/oauth/back"),
    ("token", "/oauth/tokens"),
    ("revocation", "/oauth/revocation"),
    ("form", "/pages/sent"),
    ("account", "/pages/mine"),
    ("owner", "/mine"),
    ("openapi", "/description.json"),
];
/// What has a form of its own in each revision.
const OWN: [(&str, &str); 4] = [
    ("resource-registration", "/rs/rsrc_uri"),
    ("permission", "/rs/perm_uri"),
    ("introspection", "/rs/status_uri"),
    ("claims-interaction", "/claims_uri"),
];
/// What no document names.
const OF_PAGES: [&str; 3] = ["authorization-redirect", "form", "account"];
/// Where they are without a choice.
const USUAL: [&str; 20] = [
    "/jwks",
    "/register",
    "/authorize",
    "/return",
    "/token",
    "/revoke",
    "/form",
    "/account",
    "/account/resources",
    "/owner/policies",
    "/openapi.json",
    "/permission",
    "/introspect",
    "/claims",
    "/rreg/",
    "/rreg/resource_set",
    "/resource_set/",
    "/rpt",
    "/permission_request",
    "/uma2/permission",
];

fn besides(revision: &str) -> Vec<(&'static str, &'static str)> {
    match revision {
        "2.0" => Vec::new(),
        "1.0.1" => vec![("rpt", "/client/rpt_uri")],
        _ => vec![("rpt", "/client/rpt_uri"), ("authorization-data", "/client/perm_uri")],
    }
}

fn placed(revision: &'static str) -> (Ecosystem, Vec<(&'static str, &'static str)>) {
    let ecosystem = Ecosystem::with_issuer(revision, BELOW);
    let paths: Vec<_> = COMMON.into_iter().chain(OWN).chain(besides(revision)).collect();
    ecosystem.place(&paths);
    (ecosystem, paths)
}

/// Two families; of what each has in its own form, each has its own.
fn placed_side_by_side(speaks: &'static str) -> Ecosystem {
    let ecosystem = Ecosystem::with_issuer(speaks, BELOW).side_by_side();
    ecosystem.place(&COMMON);
    for (revision, below) in [("1.0.1", "/before"), ("2.0", "/now")] {
        let rows = OWN.into_iter().chain(besides(revision));
        let rows: String = rows.map(|(word, path)| format!("{word} = \"{below}{path}\"\n")).collect();
        ecosystem.add("as", &format!("[authorization-server.paths.\"{revision}\"]\n{rows}"));
    }
    ecosystem
}

struct Prober(Client);

impl Prober {
    fn new() -> Self {
        Self(Client::new(Names::new()))
    }

    async fn ask(&self, method: &str, uri: &Uri) -> (u16, Value) {
        let headers = vec![("Accept".into(), "application/json".into())];
        let request = HttpRequest { method: method.into(), uri: uri.clone(), headers, body: Vec::new() };
        let answer = self.0.exchange(request, Duration::from_secs(30)).await.unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    async fn exists(&self, uri: &Uri) -> bool {
        let (got, _) = self.ask("GET", uri).await;
        let (posted, _) = self.ask("POST", uri).await;
        got != 404 || posted != 404
    }

    /// The paths below the issuer that a document advertises, each of which exists.
    async fn advertised(&self, issuer: &Uri, document: &Uri) -> BTreeSet<String> {
        let (status, document) = self.ask("GET", document).await;
        assert_eq!(status, 200);
        let mut paths = BTreeSet::new();
        for (name, value) in document.as_object().unwrap() {
            if !name.ends_with("_endpoint") && !name.ends_with("_uri") {
                continue;
            }
            let uri = Uri::from(value.as_str().unwrap());
            assert!(self.exists(&uri).await, "{name}: nothing at {uri}");
            let below = uri.as_str().strip_prefix(issuer.as_str()).unwrap_or_else(|| panic!("{name} is at {uri}"));
            paths.insert(below.trim_end_matches('/').to_owned());
        }
        paths
    }

    async fn nothing_at_usual_places(&self, issuer: &Uri) {
        for path in USUAL {
            for uri in [issuer.join(path), issuer.with_path(path)] {
                assert!(!self.exists(&uri).await, "something at {uri}");
            }
        }
    }

    /// Every path of the description is below the issuer, and there.
    async fn description_is_true(&self, issuer: &Uri) {
        let (status, description) = self.ask("GET", &issuer.join("/description.json")).await;
        assert_eq!(status, 200);
        let paths = description["paths"].as_object().unwrap();
        for path in paths.keys() {
            assert!(path.starts_with(BELOW), "{path}");
            assert!(self.exists(&issuer.with_path(&path.replace(['{', '}'], ""))).await, "{path}");
        }
        assert!(paths.contains_key(&format!("{BELOW}/mine/policies")));
    }
}

fn advertised_of(paths: &[(&str, &str)]) -> BTreeSet<String> {
    let named = paths.iter().filter(|(word, _)| !OF_PAGES.contains(word));
    named.map(|(_, path)| (*path).to_owned()).collect()
}

fn is_where_it_says(revision: &'static str) {
    let (ecosystem, paths) = placed(revision);
    let (_as, issuer) = (ecosystem.start("as"), ecosystem.issuer());
    let document = well_known(Revision::parse(revision).unwrap(), &issuer);
    actix_rt::System::new().block_on(async {
        let prober = Prober::new();
        assert_eq!(prober.advertised(&issuer, &document).await, advertised_of(&paths));
        prober.description_is_true(&issuer).await;
        prober.nothing_at_usual_places(&issuer).await;
        if revision == "2.0" {
            assert_eq!(prober.ask("GET", &oauth_well_known(&issuer)).await.0, 200);
        }
    });
}

#[test]
fn every_advertised_endpoint_exists_where_the_file_wants_it_and_nowhere_else() {
    for revision in ["2.0", "1.0.1", "draft-06", "draft-05"] {
        is_where_it_says(revision);
    }
}

#[test]
fn a_server_of_two_revisions_has_own_places_in_each() {
    let ecosystem = placed_side_by_side("2.0");
    let (_as, issuer) = (ecosystem.start("as"), ecosystem.issuer());
    actix_rt::System::new().block_on(async {
        let prober = Prober::new();
        for (revision, below) in [("1.0.1", "/before"), ("2.0", "/now")] {
            let own = OWN.into_iter().chain(besides(revision)).map(|(_, path)| format!("{below}{path}"));
            let wanted: BTreeSet<String> = advertised_of(&COMMON).into_iter().chain(own).collect();
            let document = well_known(Revision::parse(revision).unwrap(), &issuer);
            assert_eq!(prober.advertised(&issuer, &document).await, wanted, "{revision}");
        }
        prober.description_is_true(&issuer).await;
        prober.nothing_at_usual_places(&issuer).await;
    });
}

#[test]
fn a_file_comes_out_of_own_places_in_every_revision() {
    for revision in ["2.0", "1.0.1", "draft-06", "draft-05"] {
        comes_out(&placed(revision).0);
    }
}

#[test]
fn a_file_comes_out_of_own_places_beside_another_revision() {
    for revision in ["1.0.1", "2.0"] {
        comes_out(&placed_side_by_side(revision));
    }
}
