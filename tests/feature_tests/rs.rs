//! The resource server: configuration data, credentials, PAT, resource sets, and what it answers to access attempts.

use crate::messages::{Exchange, challenge, field, form, json, member, words};
use crate::support::{Change, DRAFTS, FeatureTest, UMA_1, Verdict, feature_tests, must_fail_when, same, that};
use crate::worlds::{CONNECT, FETCH, PERMIT_BOB, Seen, World, album, token_in};
use serde_json::Value;
use std::collections::BTreeSet;
use umaverse::wire::{Endpoint, Revision};

feature_tests! {
    ft_rs_get_config_data = GET_CONFIG_DATA;
    ft_rs_get_dyn_client_creds = GET_CREDENTIALS;
    ft_rs_use_pat = USE_PAT;
    ft_rs_rset_reg = REGISTER;
    ft_unprotected_resource = UNPROTECTED;
    ft_no_rpt = NO_RPT;
    ft_rs_introspect_rpt = INTROSPECT;
    ft_rs_invalid_rpt = INVALID_RPT;
    ft_rs_register_permission = REGISTER_PERMISSION;
    ft_rs_insufficient_perms = INSUFFICIENT;
}

/// The configuration data with a property that nobody knows.
pub(crate) fn extended(revision: Revision) -> World {
    album(revision).with(Change::Answer(Endpoint::Configuration, "{\"", "{\"https://else.example/x\":{\"of\":[1]},\""))
}

const GET_CONFIG_DATA: FeatureTest = FeatureTest {
    id: "FT-rs-get-config-data",
    revisions: UMA_1,
    world: extended,
    holds: get_config_data,
    fails: &[
        must_fail_when(
            &[Change::Request(Endpoint::Configuration, "/.well-known", "/known")],
            "where the document is|sent nothing",
        ),
        must_fail_when(&[Change::Answer(Endpoint::Configuration, "\"token_endpoint\"", "\"token\"")], "registration"),
        must_fail_when(
            &[Change::Request(Endpoint::Permission, "/permission", "/elsewhere")],
            "/elsewhere|sent nothing",
        ),
    ],
};

/// A client reads the [`extended`] configuration data.
pub(crate) fn reads_extended(seen: &Seen, node: &str) -> Verdict {
    let read = seen.first(node, Endpoint::Configuration)?;
    same(
        read.request.uri.as_str(),
        "https://copmonkey.example/.well-known/uma-configuration",
        "where the document is",
    )?;
    let body = read.answer().body;
    that(body.starts_with(b"{\"https://else.example/x\""), || "the document has no extension".to_owned())
}

fn get_config_data(seen: &Seen) -> Verdict {
    reads_extended(seen, "photoz")?;
    for (endpoint, name) in [
        (Endpoint::ResourceRegistration, "resource_set_registration_endpoint"),
        (Endpoint::Token, "token_endpoint"),
        (Endpoint::Introspection, words(seen.revision()).status_endpoint),
        (Endpoint::Permission, "permission_registration_endpoint"),
    ] {
        let used = seen.first("photoz", endpoint)?.request.uri.clone();
        let published = seen.endpoint(name)?;
        that(used.as_str().starts_with(published.trim_end_matches('/')), || {
            format!("{used} is not below {published}")
        })?;
    }
    that(seen.shown("bob", "the beach at dawn"), || "Bob does not see the beach".to_owned())
}

const GET_CREDENTIALS: FeatureTest = FeatureTest {
    id: "FT-rs-get-dyn-client-creds",
    revisions: UMA_1,
    world: album,
    holds: |seen| credentials_of(seen, "photoz"),
    fails: &[
        must_fail_when(
            &[Change::Script("name = \"photoz\"", "name = \"photoz\"\nintroduced-at = [\"copmonkey\"]")],
            "photoz sent nothing",
        ),
        must_fail_when(&[Change::Answer(Endpoint::ClientRegistration, "\"client_id\"", "\"id\"")], "client_id"),
    ],
};

/// A client registers, and uses the credentials that it gets.
pub(crate) fn credentials_of(seen: &Seen, node: &str) -> Verdict {
    let registered = seen.first(node, Endpoint::ClientRegistration)?;
    same(registered.request.method.as_ref(), "POST", "method")?;
    let origin = format!("https://{node}.example");
    let uris = json(&registered.request.body)["redirect_uris"].clone();
    let own = uris
        .as_array()
        .is_some_and(|uris| uris.iter().all(|uri| uri.as_str().is_some_and(|uri| uri.starts_with(&origin))));
    that(own, || format!("redirect_uris {uris}"))?;
    same(registered.status(), 201, "status")?;
    let (id, secret) =
        (member(&registered.answer().body, "client_id"), member(&registered.answer().body, "client_secret"));
    that(!id.is_empty() && !secret.is_empty(), || "no client_id and client_secret".to_owned())?;
    let used = seen.first(node, Endpoint::Token)?;
    let basic = umaverse::wire::codec::http::header(&used.request.headers, "Authorization").unwrap_or_default();
    let in_form = form(&used.request).get("client_id").is_some_and(|used| *used == id);
    that(in_form || basic == basic_of(&id, &secret), || format!("{node} is not {id} at the token endpoint: {basic}"))?;
    same(used.status(), 200, "what the credentials are good for")
}

fn basic_of(id: &str, secret: &str) -> String {
    use base64::Engine;
    let escaped = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", escaped(id), escaped(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(both))
}

const USE_PAT: FeatureTest = FeatureTest {
    id: "FT-rs-use-pat",
    revisions: UMA_1,
    world: album,
    holds: use_pat,
    fails: &[
        must_fail_when(
            &[Change::Request(Endpoint::Introspection, "Bearer ", "Bearer x")],
            "introspection|sent nothing",
        ),
        must_fail_when(
            &[Change::Request(Endpoint::Permission, "Authorization", "X-Pat")],
            "without the PAT|sent nothing",
        ),
        must_fail_when(
            &[Change::Request(Endpoint::ResourceRegistration, "Bearer", "Basic")],
            "resource registration|sent nothing",
        ),
        must_fail_when(&[Change::Script("does = \"fetch\"", "does = \"close-tabs\"\n#")], "introspection"),
    ],
};

fn use_pat(seen: &Seen) -> Verdict {
    let pat = seen.pat()?;
    for endpoint in [Endpoint::ResourceRegistration, Endpoint::Introspection, Endpoint::Permission] {
        let _there = seen.first("photoz", endpoint)?;
        for one in seen.sent("photoz", endpoint) {
            that(token_in(&one.request) == pat, || format!("a call of the {endpoint} endpoint without the PAT"))?;
            that(one.status() < 300, || format!("{} at the {endpoint} endpoint", one.status()))?;
        }
    }
    Ok(())
}

// ---- resource sets

/// photoz registers, changes (a lost answer makes it read), deletes, and lists after a restart.
fn all_methods(revision: Revision) -> World {
    let step = |does: &str, more: &str| {
        format!("\n[[step]]\nwho = \"photoz\"\ndoes = \"{does}\"\npath = \"/album/sunset.jpg\"\n{more}")
    };
    let change = |scopes: &str| step("change-scopes", scopes);
    let steps = [
        CONNECT.to_owned(),
        step("content-appears", ""),
        change("scopes = [\"view\", \"print\"]"),
        change("scopes = [\"view\"]"),
        step("content-vanishes", ""),
        "\n[[step]]\nwho = \"world\"\ndoes = \"crash\"\nnode = \"photoz\"\n".to_owned(),
        "\n[[schedule]]\nat = \"photoz.change-scopes#1/update#1/answer\"\ndo = \"lose\"\n".to_owned(),
    ];
    World::new(revision, &steps.iter().map(String::as_str).collect::<Vec<_>>())
}

const REGISTER: FeatureTest = FeatureTest {
    id: "FT-rs-rset-reg",
    revisions: DRAFTS,
    world: all_methods,
    holds: register,
    fails: &[
        must_fail_when(&[Change::Request(Endpoint::ResourceRegistration, "If-Match", "If-None-Match")], "If-Match"),
        must_fail_when(
            &[
                Change::Script("does = \"crash\"", "does = \"heal\""),
                Change::Script("node = \"photoz\"", ""),
                Change::Script("do = \"lose\"", "do = \"duplicate\""),
            ],
            "no GET",
        ),
        must_fail_when(&[Change::Script("does = \"content-vanishes\"", "does = \"content-appears\"")], "DELETE"),
        must_fail_when(&[Change::Script("do = \"lose\"", "do = \"duplicate\"")], "no GET"),
        must_fail_when(&[Change::Answer(Endpoint::ResourceRegistration, "policy_uri", "policy")], "policy_uri"),
    ],
};

fn register(seen: &Seen) -> Verdict {
    let base = seen.endpoint("resource_set_registration_endpoint")?;
    let base = base.trim_end_matches('/').to_owned() + "/resource_set";
    let calls = seen.sent("photoz", Endpoint::ResourceRegistration);
    let of = |method: &str, one: bool, tagged: bool| -> Vec<&Exchange> {
        let fits = |call: &&&Exchange| {
            let tag = !crate::messages::asked(&call.request, "If-Match").is_empty();
            *call.request.method == *method && (call.request.uri.as_str() != base) == one && tag == tagged
        };
        calls.iter().filter(fits).copied().collect()
    };
    for (what, found, wanted) in [
        ("PUT to create", of("PUT", true, false), 201),
        ("PUT with If-Match", of("PUT", true, true), 201),
        ("GET of one", of("GET", true, false), 200),
        ("DELETE with If-Match", of("DELETE", true, true), 204),
        ("GET /resource_set", of("GET", false, false), 200),
    ] {
        that(found.iter().any(|call| call.status() == wanted), || format!("no {what}"))?;
    }
    that(of("DELETE", true, false).is_empty(), || "DELETE without If-Match".to_owned())?;
    described(&calls, seen.revision())?;
    follows_the_tags(&calls)
}

fn described(calls: &[&Exchange], revision: Revision) -> Verdict {
    for call in calls.iter().filter(|call| &*call.request.method == "PUT") {
        same(crate::messages::asked(&call.request, "Content-Type"), words(revision).resource_set_type, "media type")?;
        let description = json(&call.request.body);
        that(description["name"].is_string() && description["scopes"].is_array(), || {
            format!("description {description}")
        })?;
    }
    let told = |call: &&&Exchange| !member(&call.answer().body, "policy_uri").is_empty();
    let of_one = |call: &&&Exchange| !call.request.uri.path().ends_with("/resource_set");
    let answered = calls.iter().filter(of_one).filter(|call| [200, 201].contains(&call.status()));
    that(answered.clone().count() == answered.filter(told).count(), || {
        "an answer without policy_uri to handle".to_owned()
    })
}

// Every change names the entity tag that the answer before it had; after a 412 the resource set is read.
fn follows_the_tags(calls: &[&Exchange]) -> Verdict {
    let mut tags: std::collections::BTreeMap<&str, String> = std::collections::BTreeMap::new();
    for call in calls {
        let sent = crate::messages::asked(&call.request, "If-Match");
        let path = call.request.uri.path();
        let known = tags.get(path).cloned().unwrap_or_default();
        that(sent.is_empty() || sent == known, || format!("If-Match {sent} where {known} is known"))?;
        let told = call.response.as_ref().map(|answer| field(answer, "ETag").to_owned()).unwrap_or_default();
        if !told.is_empty() {
            tags.insert(path, told);
        }
    }
    Ok(())
}

// ---- access attempts

fn opened(revision: Revision) -> World {
    let end = "\n[[step]]\nwho = \"photoz\"\ndoes = \"end-protection\"\npath = \"/album/beach.jpg\"\n";
    World::new(revision, &[CONNECT, end, FETCH])
}

const UNPROTECTED: FeatureTest = FeatureTest {
    id: "FT-unprotected-resource",
    revisions: UMA_1,
    world: opened,
    holds: unprotected,
    fails: &[
        must_fail_when(&[Change::Script("does = \"end-protection\"", "does = \"content-appears\"")], "attempts|status"),
        must_fail_when(
            &[Change::Answer(Endpoint::Resource, "Content-Type: ", "WWW-Authenticate: UMA x=")],
            "a challenge",
        ),
    ],
};

fn unprotected(seen: &Seen) -> Verdict {
    let attempts = seen.sent("printer", Endpoint::Resource);
    same(attempts.len(), 1, "attempts")?;
    let answer = attempts[0].answer();
    same(answer.status, 200, "status")?;
    that(field(&answer, "WWW-Authenticate").is_empty(), || "a challenge".to_owned())?;
    that(json(&answer.body)["ticket"].is_null(), || "a ticket".to_owned())?;
    that(String::from_utf8_lossy(&answer.body).contains("the beach at dawn"), || "another content".to_owned())?;
    for endpoint in [Endpoint::Introspection, Endpoint::Permission] {
        same(seen.sent("photoz", endpoint).len(), 0, "what copmonkey is asked")?;
    }
    Ok(())
}

const NO_RPT: FeatureTest = FeatureTest {
    id: "FT-no-rpt",
    revisions: UMA_1,
    world: album,
    holds: no_rpt,
    fails: &[
        must_fail_when(
            &[
                Change::Answer(Endpoint::Resource, "m_uri=", "m_url="),
                Change::Answer(Endpoint::Resource, "s_uri=", "s_url="),
            ],
            "_uri",
        ),
        must_fail_when(&[Change::Answer(Endpoint::Resource, "STATUS 401", "STATUS 403")], "status"),
    ],
};

fn no_rpt(seen: &Seen) -> Verdict {
    let attempt = seen.first("printer", Endpoint::Resource)?;
    that(token_in(&attempt.request).is_empty(), || "the first attempt has a token".to_owned())?;
    challenged(seen, attempt, 401)?;
    let answer = attempt.answer();
    let error = challenge(&answer).and_then(|parameters| parameters.get("error").cloned());
    same(error, None, "an error where nothing was presented")
}

fn challenged(seen: &Seen, attempt: &Exchange, status: u16) -> Verdict {
    let answer = attempt.answer();
    same(answer.status, status, "status")?;
    let name = words(seen.revision()).as_uri;
    let parameters = challenge(&answer).ok_or_else(|| "no UMA challenge".to_owned())?;
    let as_uri = parameters.get(name).ok_or_else(|| format!("no {name} in {parameters:?}"))?;
    same(as_uri.as_str(), "https://copmonkey.example", name)
}

const INTROSPECT: FeatureTest = FeatureTest {
    id: "FT-rs-introspect-rpt",
    revisions: UMA_1,
    world: album,
    holds: introspect,
    fails: &[
        must_fail_when(&[Change::Request(Endpoint::Introspection, "POST", "GET")], "method"),
        must_fail_when(&[Change::Request(Endpoint::Introspection, "Bearer ", "Bearer x")], "not one question"),
        must_fail_when(
            &[
                Change::Request(Endpoint::Introspection, "rpt\":\"", "rpt\":\"x"),
                Change::Request(Endpoint::Introspection, "token=", "token=x"),
            ],
            "the RPT",
        ),
        must_fail_when(&[Change::Answer(Endpoint::Resource, "STATUS 200", "STATUS 404")], "status"),
    ],
};

fn introspect(seen: &Seen) -> Verdict {
    let endpoint = seen.endpoint(words(seen.revision()).status_endpoint)?;
    let questions = seen.sent("photoz", Endpoint::Introspection);
    let presented: Vec<&Exchange> =
        seen.sent("printer", Endpoint::Resource).into_iter().filter(|one| !token_in(&one.request).is_empty()).collect();
    that(questions.len() == presented.len() && !questions.is_empty(), || "not one question for each RPT".to_owned())?;
    for (question, attempt) in questions.iter().zip(&presented) {
        same(question.request.method.as_ref(), "POST", "method")?;
        same(question.request.uri.as_str(), endpoint.as_str(), "where it asks")?;
        that(token_in(&question.request) == seen.pat()?, || "the question is without the PAT".to_owned())?;
        let in_form = form(&question.request).get("token").cloned();
        let asked = in_form.unwrap_or_else(|| member(&question.request.body, "rpt"));
        that(asked == token_in(&attempt.request), || "the question is not about the RPT".to_owned())?;
        same(question.status(), 200, "status of the answer")?;
        let sufficient = covers(&json(&question.answer().body), "/view");
        same(attempt.status() == 200, sufficient, "status 200 to the RPT")?;
    }
    Ok(())
}

// Whether the status of an RPT has a scope that ends so.
fn covers(status: &Value, scope: &str) -> bool {
    let permissions = status.as_array().or_else(|| status["permissions"].as_array()).cloned().unwrap_or_default();
    let scopes = permissions.iter().filter_map(|permission| permission["scopes"].as_array()).flatten();
    scopes.filter_map(Value::as_str).any(|found| found.ends_with(scope) || found == scope.trim_start_matches('/'))
}

fn rpt_ended(revision: Revision) -> World {
    let wait = "\n[[step]]\nwho = \"world\"\ndoes = \"wait\"\nfor = \"2h\"\n";
    let world = World::new(revision, &[CONNECT, PERMIT_BOB, FETCH, wait, FETCH]);
    world.edited("name = \"copmonkey\"\n\n", "name = \"copmonkey\"\nrpt-lifetime = \"1h\"\n\n")
}

const INVALID_RPT: FeatureTest = FeatureTest {
    id: "FT-rs-invalid-rpt",
    revisions: UMA_1,
    world: rpt_ended,
    holds: invalid_rpt,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "rpt-fresh")], "no attempt with an invalid RPT"),
        must_fail_when(&[Change::Answer(Endpoint::Resource, "STATUS 401", "STATUS 403")], "status|no attempt"),
        must_fail_when(&[Change::Answer(Endpoint::Resource, "_uri=\"https", "_uri=\"http")], "no attempt"),
    ],
};

fn invalid_rpt(seen: &Seen) -> Verdict {
    let invalid = |one: &&Exchange| {
        let answer = json(&one.answer().body);
        answer["rpt_status"] == "invalid" || answer["active"] == false
    };
    let questions: Vec<&Exchange> = seen.sent("photoz", Endpoint::Introspection);
    let question = questions.into_iter().find(invalid).ok_or("no attempt with an invalid RPT")?;
    let rpt = form(&question.request).get("token").cloned().unwrap_or_else(|| member(&question.request.body, "rpt"));
    let attempts = seen.sent("printer", Endpoint::Resource);
    let attempt = attempts.iter().rfind(|one| token_in(&one.request) == rpt).ok_or("no attempt with the RPT")?;
    challenged(seen, attempt, 401)
}

const REGISTER_PERMISSION: FeatureTest = FeatureTest {
    id: "FT-rs-register-permission",
    revisions: UMA_1,
    world: album,
    holds: register_permission,
    fails: &[
        must_fail_when(&[Change::Request(Endpoint::Permission, "POST", "PUT")], "method"),
        must_fail_when(
            &[Change::Request(Endpoint::Permission, "\"resource_set_id\":\"", "\"resource_set_id\":\"x")],
            "resource_set_id",
        ),
        must_fail_when(&[Change::Request(Endpoint::Permission, "view", "edit")], "scopes"),
        must_fail_when(&[Change::Request(Endpoint::Permission, "Bearer ", "Bearer x")], "PAT"),
        must_fail_when(
            &[Change::Script(
                "resource = \"photoz/album/beach.jpg\"",
                "resource = \"photoz/album/beach.jpg\"\nmethod = \"PUT\"",
            )],
            "scopes",
        ),
    ],
};

fn register_permission(seen: &Seen) -> Verdict {
    let registered = seen.first("photoz", Endpoint::Permission)?;
    same(registered.request.method.as_ref(), "POST", "method")?;
    same(registered.request.uri.as_str(), seen.endpoint("permission_registration_endpoint")?.as_str(), "where")?;
    that(token_in(&registered.request) == seen.pat()?, || "without the PAT".to_owned())?;
    let known: BTreeSet<String> = ids_registered(seen);
    let asked = json(&registered.request.body);
    let id = asked["resource_set_id"].as_str().unwrap_or_default();
    that(known.contains(id), || format!("resource_set_id {id} is none of {known:?}"))?;
    let scopes: Vec<&str> = asked["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    that(scopes.len() == 1 && scopes[0].ends_with("view"), || format!("scopes {scopes:?} for a GET"))?;
    same(registered.status(), 201, "status")
}

/// The identifiers of the resource sets that photoz registered.
pub(crate) fn ids_registered(seen: &Seen) -> BTreeSet<String> {
    let created = seen.sent("photoz", Endpoint::ResourceRegistration);
    created.iter().filter(|one| one.status() == 201).map(|one| member(&one.answer().body, "_id")).collect()
}

const INSUFFICIENT: FeatureTest = FeatureTest {
    id: "FT-rs-insufficient-perms",
    revisions: UMA_1,
    world: more_wanted,
    holds: insufficient,
    fails: &[
        must_fail_when(&[Change::Without("photoz", "permission-has-scopes")], "no attempt"),
        must_fail_when(&[Change::Answer(Endpoint::Resource, "STATUS 403", "STATUS 401")], "status"),
        must_fail_when(
            &[
                Change::Answer(Endpoint::Resource, "s_uri=", "s_url="),
                Change::Answer(Endpoint::Resource, "m_uri=", "m_url="),
            ],
            "no attempt",
        ),
        must_fail_when(&[Change::Answer(Endpoint::Resource, "ticket", "tickets")], "did not issue|no attempt"),
    ],
};

/// Bob sees the beach, and then wants to change it with the same RPT.
fn more_wanted(revision: Revision) -> World {
    album(revision).and(&FETCH.replace("beach.jpg\"", "beach.jpg\"\nmethod = \"PUT\""))
}

fn insufficient(seen: &Seen) -> Verdict {
    let attempts = seen.sent("printer", Endpoint::Resource);
    let put = attempts.iter().find(|one| &*one.request.method == "PUT" && !token_in(&one.request).is_empty());
    let attempt = put.ok_or("no attempt with an RPT that does not suffice")?;
    that(attempt.status() != 200, || "no attempt with an RPT that does not suffice".to_owned())?;
    challenged(seen, attempt, 403)?;
    let answer = attempt.answer();
    let in_header = challenge(&answer).and_then(|parameters| parameters.get("ticket").cloned());
    let ticket = in_header.unwrap_or_else(|| member(&answer.body, "ticket"));
    let issued: Vec<String> =
        seen.sent("photoz", Endpoint::Permission).iter().map(|one| member(&one.answer().body, "ticket")).collect();
    that(issued.contains(&ticket), || format!("a ticket that copmonkey did not issue: `{}`", ticket.len()))
}
