//! The authorization server: its configuration data, dynamic registration, PATs and AATs.

use crate::messages::{Exchange, bearer};
use crate::messages::{body, field, form, json, member, parameters, request, with, without, words};
use crate::support::{Change, FeatureTest, UMA_1, Verdict, feature_tests, must_fail_when, same, that};
use crate::worlds::{Seen, album};
use serde_json::Value;
use umaverse::wire::codec::HttpRequest;
use umaverse::wire::{Endpoint, Revision};

feature_tests! {
    ft_as_config_data = CONFIG_DATA;
    ft_as_config_endpts = CONFIG_ENDPOINTS;
    ft_as_dyn_client_reg = DYNAMIC_REGISTRATION;
    ft_rs_get_pat = GET_PAT;
    ft_as_require_pat = REQUIRE_PAT;
    ft_c_get_aat = GET_AAT;
    ft_as_require_aat = REQUIRE_AAT;
}

// ---- configuration data

const CONFIG_DATA: FeatureTest = FeatureTest {
    id: "FT-as-config-data",
    revisions: UMA_1,
    world: album,
    holds: config_data,
    fails: &[
        must_fail_when(&[Change::Answer(Endpoint::Configuration, "\"issuer\"", "\"issued_by\"")], "issuer"),
        must_fail_when(&[Change::Answer(Endpoint::Configuration, "\"1.0\"", "1.0")], "version"),
        must_fail_when(&[Change::Answer(Endpoint::Configuration, "\"bearer\"", "\"mac\"")], "bearer"),
        must_fail_when(
            &[Change::Answer(Endpoint::Configuration, "Content-Type: ", "Content-Type: text/")],
            "media type",
        ),
        must_fail_when(&[Change::Answer(Endpoint::Configuration, "STATUS 200", "STATUS 204")], "status"),
        must_fail_when(
            &[Change::Answer(
                Endpoint::Configuration,
                "\"rpt_endpoint\":\"https://copmonkey.example/",
                "\"rpt_endpoint\":\"/",
            )],
            "rpt_endpoint",
        ),
    ],
};

// D5 §1.5, D6 §1.5, Core 1.0.1 §1.4: what is REQUIRED.
fn required(revision: Revision) -> (&'static [&'static str], &'static [(&'static str, &'static str)]) {
    const BEARER_URI: &str = "https://docs.kantarainitiative.org/uma/profiles/uma-token-bearer-1.0";
    match revision {
        Revision::Draft05 | Revision::Draft06 => (
            &[
                "token_endpoint",
                "user_endpoint",
                "permission_registration_endpoint",
                "rpt_endpoint",
                "rpt_status_endpoint",
                "permission_request_endpoint",
                "resource_set_registration_endpoint",
            ],
            &[
                ("oauth_token_profiles_supported", "bearer"),
                ("uma_token_profiles_supported", "bearer"),
                ("oauth_grant_types_supported", "authorization_code"),
            ],
        ),
        Revision::V1_0_1 | Revision::V2_0 => (
            &[
                "token_endpoint",
                "authorization_endpoint",
                "introspection_endpoint",
                "rpt_endpoint",
                "resource_set_registration_endpoint",
                "permission_registration_endpoint",
            ],
            &[
                ("pat_profiles_supported", "bearer"),
                ("aat_profiles_supported", "bearer"),
                ("rpt_profiles_supported", BEARER_URI),
                ("pat_grant_types_supported", "authorization_code"),
                ("aat_grant_types_supported", "authorization_code"),
            ],
        ),
    }
}

fn config_data(seen: &Seen) -> Verdict {
    let mut server = seen.server("copmonkey");
    let answer = server.ask(&request("GET", "https://copmonkey.example/.well-known/uma-configuration"));
    same(answer.status, 200, "status")?;
    same(field(&answer, "Content-Type"), words(seen.revision()).configuration_type, "media type")?;
    let document = json(&answer.body);
    same(&document["version"], &Value::from("1.0"), "version")?;
    same(&document["issuer"], &Value::from("https://copmonkey.example"), "issuer")?;
    let (endpoints, lists) = required(seen.revision());
    for name in endpoints {
        let is_uri = document[name].as_str().is_some_and(|uri| url::Url::parse(uri).is_ok());
        that(is_uri, || format!("{name} is no URI: {}", document[name]))?;
    }
    for (name, word) in lists {
        let words = document[name].as_array().cloned().unwrap_or_default();
        that(words.contains(&Value::from(*word)), || format!("{name} without {word}: {}", document[name]))?;
        that(words.iter().all(Value::is_string), || format!("{name} has more than strings: {}", document[name]))?;
    }
    let elsewhere = server.ask(&request("GET", "https://copmonkey.example/uma-configuration"));
    same(elsewhere.status, 404, "status at another place")
}

const CONFIG_ENDPOINTS: FeatureTest = FeatureTest {
    id: "FT-as-config-endpts",
    revisions: UMA_1,
    world: album,
    holds: config_endpoints,
    fails: &[
        must_fail_when(&[Change::Request(Endpoint::Configuration, "https://", "http://")], "the document itself"),
        must_fail_when(
            &[Change::Answer(Endpoint::Configuration, "https://copmonkey.example/rpt", "http://copmonkey.example/rpt")],
            "rpt_endpoint",
        ),
    ],
};

fn config_endpoints(seen: &Seen) -> Verdict {
    for one in seen.all().iter().filter(|one| one.endpoint == Endpoint::Configuration) {
        that(one.request.uri.is_https(), || format!("the document itself is at {}", one.request.uri))?;
        let document = json(&one.answer().body);
        let endpoints: Vec<_> =
            document.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("_endpoint")).collect();
        that(endpoints.len() > 5, || format!("endpoints in {document}"))?;
        for (name, uri) in endpoints {
            that(uri.as_str().is_some_and(|uri| uri.starts_with("https://")), || format!("{name} is {uri}"))?;
        }
    }
    same(seen.sent("photoz", Endpoint::Configuration).len(), 1, "read by photoz")?;
    same(seen.sent("printer", Endpoint::Configuration).len(), 1, "read by printer")
}

const DYNAMIC_REGISTRATION: FeatureTest = FeatureTest {
    id: "FT-as-dyn-client-reg",
    revisions: &[Revision::Draft05],
    world: album,
    holds: dynamic_registration,
    fails: &[
        must_fail_when(
            &[Change::Answer(Endpoint::Configuration, "supported\":\"yes\"", "supported\":true")],
            "dynamic_client_registration_supported",
        ),
        must_fail_when(
            &[
                Change::Script("name = \"copmonkey\"", "name = \"copmonkey\"\ndynamic-registration = false"),
                Change::Script("name = \"photoz\"", "name = \"photoz\"\nintroduced-at = [\"copmonkey\"]"),
            ],
            "dynamic_client_registration_supported",
        ),
    ],
};

fn dynamic_registration(seen: &Seen) -> Verdict {
    let name = "dynamic_client_registration_supported";
    same(&seen.configuration()?[name], &Value::from("yes"), name)
}

// ---- PAT and AAT

const GET_PAT: FeatureTest = FeatureTest {
    id: "FT-rs-get-pat",
    revisions: UMA_1,
    world: album,
    holds: get_pat,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "person-approved")], "nobody approved"),
        must_fail_when(
            &[Change::Without("copmonkey", "code-unspent"), Change::Without("copmonkey", "code-fresh")],
            "the code again",
        ),
        must_fail_when(&[Change::Answer(Endpoint::Token, "\"access_token\"", "\"token\"")], "photoz"),
        must_fail_when(
            &[Change::Script(
                "does = \"connect\"",
                "does = \"decide-consents\"\napprove = false\n[[step]]\nwho = \"alice\"\ndoes = \"connect\"",
            )],
            "photoz has no token",
        ),
    ],
};

fn get_pat(seen: &Seen) -> Verdict {
    let words = words(seen.revision());
    code_grant(seen, "photoz", "alice", words.pat_scope, words.aat_scope)
}

const GET_AAT: FeatureTest = FeatureTest {
    id: "FT-c-get-aat",
    revisions: UMA_1,
    world: album,
    holds: get_aat,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "person-approved")], "nobody approved"),
        must_fail_when(
            &[Change::Without("copmonkey", "code-unspent"), Change::Without("copmonkey", "code-fresh")],
            "the code again",
        ),
        must_fail_when(&[Change::Request(Endpoint::Token, "authorization_code", "password")], "printer has no token"),
        must_fail_when(
            &[Change::Script(
                "does = \"fetch\"",
                "does = \"decide-consents\"\napprove = false\n[[step]]\nwho = \"bob\"\ndoes = \"fetch\"",
            )],
            "printer has no token",
        ),
    ],
};

fn get_aat(seen: &Seen) -> Verdict {
    let words = words(seen.revision());
    code_grant(seen, "printer", "bob", words.aat_scope, words.pat_scope)
}

// If the client engages correctly and with the right scope, and only then.
fn code_grant(seen: &Seen, client: &str, person: &str, scope: &str, other_scope: &str) -> Verdict {
    let given = seen.token_of(client, scope)?;
    same(given.status(), 200, "status")?;
    let answer = given.answer();
    that(!member(&answer.body, "access_token").is_empty(), || format!("{client} has an answer without a token"))?;
    same(member(&answer.body, "token_type").to_lowercase(), "bearer".to_owned(), "token_type")?;
    that(member(&answer.body, "scope").split(' ').all(|word| word != other_scope), || "a scope too many".to_owned())?;
    let asked = form(&given.request);
    same(asked["grant_type"].as_str(), "authorization_code", "grant_type")?;
    at_the_user_endpoint(seen, person, scope)?;
    only_for_what_is_right(seen, given, &asked["code"])?;
    only_if_approved(seen, client, person, scope)
}

fn at_the_user_endpoint(seen: &Seen, person: &str, scope: &str) -> Verdict {
    let asked = seen.first(person, Endpoint::Authorization)?;
    let endpoint = seen.endpoint(words(seen.revision()).user_endpoint)?;
    same(asked.request.uri.base().as_str(), endpoint.as_str(), "the user endpoint")?;
    let query = parameters(asked.request.uri.query().unwrap_or_default());
    same(query["response_type"].as_str(), "code", "response_type")?;
    same(query["scope"].as_str(), scope, "the scope that is asked for")?;
    let unknown = query.iter().map(|(name, value)| {
        let value = if name == "scope" { "https://copmonkey.example/scopes/everything" } else { value };
        format!("{name}={}", url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>())
    });
    let unknown = format!("{endpoint}?{}", unknown.collect::<Vec<_>>().join("&"));
    let answer = seen.server("copmonkey").ask(&request("GET", &unknown));
    that(answer.status == 302 && field(&answer, "Location").contains("error=invalid_scope"), || {
        format!("an unknown scope is answered with {}", answer.to_text())
    })
}

fn only_for_what_is_right(seen: &Seen, given: &Exchange, code: &str) -> Verdict {
    let ask = |request: HttpRequest| seen.server("copmonkey").refusal(&request);
    same(ask(given.request.clone()), refused(400, "invalid_grant"), "the code again")?;
    let text = String::from_utf8(given.request.body.clone()).unwrap_or_default();
    let other = |from: &str, to: &str| {
        let changed = text.replace(from, to);
        assert!(changed != text, "`{from}` is not in the form");
        body(given.request.clone(), "application/x-www-form-urlencoded", &changed)
    };
    same(ask(other(code, "guessed")), refused(400, "invalid_grant"), "another code")?;
    same(ask(other("authorization_code", "whatever")), refused(400, "unsupported_grant_type"), "another grant")?;
    same(ask(without(given.request.clone(), "Authorization")).0, 401, "nobody's code")
}

fn only_if_approved(seen: &Seen, client: &str, person: &str, scope: &str) -> Verdict {
    let refusing = format!("name = \"{person}\"\napproves = false");
    let world = seen.world.clone().edited(&format!("name = \"{person}\""), &refusing);
    match world.run().token_of(client, scope) {
        Ok(_) => Err("a token that nobody approved".to_owned()),
        Err(_) => Ok(()),
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

const REQUIRE_PAT: FeatureTest = FeatureTest {
    id: "FT-as-require-pat",
    revisions: UMA_1,
    world: album,
    holds: require_pat,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "pat-scope")], "an AAT"),
        must_fail_when(&[Change::Answer(Endpoint::Permission, "invalid_token", "invalid_grant")], "an unknown token"),
        must_fail_when(
            &[Change::Answer(Endpoint::Introspection, "WWW-Authenticate", "X-Authenticate")],
            "no challenge",
        ),
    ],
};

fn require_pat(seen: &Seen) -> Verdict {
    let first = |endpoint| seen.first("photoz", endpoint);
    let (pat, aat) = (seen.pat()?, seen.aat()?);
    let list = request(
        "GET",
        &format!("{}/resource_set", seen.endpoint("resource_set_registration_endpoint")?.replace("/resource_set/", "")),
    );
    let permission = first(Endpoint::Permission)?.request.clone();
    let status = first(Endpoint::Introspection)?.request.clone();
    for (asked, good) in [(list, 200), (permission, 201), (status, 200)] {
        guarded(seen, &asked, &pat, &aat, good)?;
    }
    Ok(())
}

const REQUIRE_AAT: FeatureTest = FeatureTest {
    id: "FT-as-require-aat",
    revisions: UMA_1,
    world: album,
    holds: require_aat,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "aat-scope")], "another token"),
        must_fail_when(&[Change::Answer(Endpoint::Rpt, "invalid_token", "invalid_grant")], "an unknown token"),
        must_fail_when(&[Change::Answer(Endpoint::Rpt, "Bearer", "Basic")], "no token"),
    ],
};

fn require_aat(seen: &Seen) -> Verdict {
    let (pat, aat) = (seen.pat()?, seen.aat()?);
    let rpt = seen.first("printer", Endpoint::Rpt)?;
    match seen.revision() {
        // The ticket is spent, and whoever has an AAT is told so.
        Revision::V1_0_1 | Revision::V2_0 => guarded(seen, &rpt.request, &aat, &pat, 400),
        Revision::Draft05 | Revision::Draft06 => {
            guarded(seen, &rpt.request, &aat, &pat, 201)?;
            let asked = seen.first("printer", Endpoint::AuthorizationData)?;
            guarded(seen, &asked.request, &aat, &pat, 400)
        }
    }
}

// With the right token, and with no other.
fn guarded(seen: &Seen, asked: &HttpRequest, token: &str, other: &str, good: u16) -> Verdict {
    let at = |what: &str| format!("{what} at {}", asked.uri.path());
    let mut server = seen.server("copmonkey");
    let nobody = server.ask(&without(asked.clone(), "Authorization"));
    same(nobody.status, 401, &at("no token"))?;
    that(field(&nobody, "WWW-Authenticate").starts_with("Bearer"), || at("no challenge for no token"))?;
    same(server.refusal(&bearer(asked.clone(), "guessed")), refused(401, "invalid_token"), &at("an unknown token"))?;
    same(server.refusal(&with(asked.clone(), "Authorization", "Basic YTpi")).0, 401, &at("no bearer token"))?;
    let what = at("another token, an AAT or a PAT,");
    same(server.refusal(&bearer(asked.clone(), other)), refused(403, "insufficient_scope"), &what)?;
    same(server.ask(&bearer(asked.clone(), token)).status, good, &at("the right token"))
}
