//! The authorization server: its protection API.

use crate::messages::{Exchange, bearer, body, field, form, json, member, request, with, words};
use crate::support::{Change, DRAFTS, FeatureTest, UMA_1, Verdict, feature_tests, must_fail_when, same, that};
use crate::worlds::{Seen, Server, album};
use serde_json::Value;
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Duration, Endpoint, Revision};

feature_tests! {
    ft_as_rset_reg = REGISTRATION;
    ft_as_rset_reg_error = REGISTRATION_ERRORS;
    ft_as_permission_ticket = PERMISSION_TICKET;
    ft_as_introspect_rpt = INTROSPECTION;
}

/// Where the resource sets of photoz lie.
fn collection(seen: &Seen) -> Result<String, String> {
    let endpoint = seen.endpoint("resource_set_registration_endpoint")?;
    Ok(format!("{}/resource_set", endpoint.trim_end_matches('/')))
}

const REGISTRATION: FeatureTest = FeatureTest {
    id: "FT-as-rset-reg",
    revisions: DRAFTS,
    world: album,
    holds: registration,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "if-match-current")], "a stale If-Match"),
        must_fail_when(&[Change::Without("copmonkey", "create-does-not-overwrite")], "created twice"),
        must_fail_when(
            &[Change::Answer(Endpoint::ResourceRegistration, "\"policy_uri\"", "\"policies\"")],
            "policy_uri",
        ),
        must_fail_when(
            &[Change::Answer(Endpoint::ResourceRegistration, "\"updated\"", "\"created\"")],
            "status member",
        ),
        must_fail_when(&[Change::Answer(Endpoint::ResourceRegistration, "STATUS 405", "STATUS 400")], "POST"),
        must_fail_when(&[Change::Answer(Endpoint::ResourceRegistration, "STATUS 204", "STATUS 200")], "deleted"),
    ],
};

/// One registrar at work on one resource set.
struct Registrar<'a> {
    server: Server,
    revision: Revision,
    pat: &'a str,
    one: String,
}

impl Registrar<'_> {
    fn ask(&mut self, method: &str, uri: &str, tag: &str) -> HttpResponse {
        let asked = bearer(request(method, uri), self.pat);
        self.server.ask(&if tag.is_empty() { asked } else { with(asked, "If-Match", tag) })
    }

    fn put(&mut self, tag: &str, description: &str) -> HttpResponse {
        let asked = bearer(request("PUT", &self.one), self.pat);
        let asked = body(asked, words(self.revision).resource_set_type, description);
        self.server.ask(&if tag.is_empty() { asked } else { with(asked, "If-Match", tag) })
    }

    fn read(&mut self) -> HttpResponse {
        self.ask("GET", &self.one.clone(), "")
    }
}

fn registration(seen: &Seen) -> Verdict {
    let (all, pat) = (collection(seen)?, seen.pat()?);
    let one = format!("{all}/112210f47de98100");
    let mut with = Registrar { server: seen.server("copmonkey"), revision: seen.revision(), pat: &pat, one };
    let description = r#"{"name":"Steve","scopes":["https://photoz.example/scopes/view"],"x":1}"#;
    let created = with.put("", description);
    short_answer(&created, "created", seen.revision())?;
    same(with.put("", description).status, 400, "created twice")?;
    read_as(&with.read(), &created, "Steve", seen.revision())?;
    let first = field(&created, "ETag").to_owned();
    let updated = with.put(&first, &description.replace("Steve", "Steve again"));
    short_answer(&updated, "updated", seen.revision())?;
    let stale = with.put(&first, description);
    same((stale.status, member(&stale.body, "error")), (412, "precondition_failed".to_owned()), "a stale If-Match")?;
    read_as(&with.read(), &updated, "Steve again", seen.revision())?;
    that(listed(&with.ask("GET", &all, ""), "112210f47de98100"), || "the list does not have it".to_owned())?;
    unsupported(&mut with, &all)?;
    let one = with.one.clone();
    let deleted = with.ask("DELETE", &one, field(&updated, "ETag"));
    same((deleted.status, deleted.body.len()), (204, 0), "deleted")?;
    let gone = with.read();
    same((gone.status, member(&gone.body, "error")), (404, "not_found".to_owned()), "read when it is gone")?;
    that(!listed(&with.ask("GET", &all, ""), "112210f47de98100"), || "the list still has it".to_owned())
}

fn short_answer(answer: &HttpResponse, status: &str, revision: Revision) -> Verdict {
    same(answer.status, 201, status)?;
    same(field(answer, "Content-Type"), words(revision).registration_status_type, "media type")?;
    same(member(&answer.body, "status").as_str(), status, "status member")?;
    same(member(&answer.body, "_id").as_str(), "112210f47de98100", "_id")?;
    let tag = format!("\"{}\"", member(&answer.body, "_rev"));
    that(field(answer, "ETag") == tag && tag.len() > 2, || format!("ETag {} and _rev {tag}", field(answer, "ETag")))?;
    that(member(&answer.body, "policy_uri").starts_with("https://copmonkey.example/"), || "no policy_uri".to_owned())
}

fn read_as(answer: &HttpResponse, last: &HttpResponse, name: &str, revision: Revision) -> Verdict {
    same(answer.status, 200, "read")?;
    same(field(answer, "Content-Type"), words(revision).resource_set_type, "media type of what is read")?;
    same(field(answer, "ETag"), field(last, "ETag"), "ETag of what is read")?;
    let found = json(&answer.body);
    same(&found["name"], &Value::from(name), "name")?;
    same(&found["x"], &Value::from(1), "an extension")?;
    same(&found["scopes"], &Value::from(vec!["https://photoz.example/scopes/view"]), "scopes")
}

fn listed(answer: &HttpResponse, id: &str) -> bool {
    answer.status == 200 && json(&answer.body).as_array().is_some_and(|ids| ids.contains(&Value::from(id)))
}

fn unsupported(with: &mut Registrar<'_>, all: &str) -> Verdict {
    let before = with.read();
    for (method, uri) in
        [("POST", with.one.clone()), ("PATCH", with.one.clone()), ("POST", all.to_owned()), ("DELETE", all.to_owned())]
    {
        let answer = with.ask(method, &uri, field(&before, "ETag"));
        let found = (answer.status, member(&answer.body, "error"));
        same(found, (405, "unsupported_method_type".to_owned()), method)?;
    }
    same(with.read(), before, "what is registered after unsupported methods")
}

const REGISTRATION_ERRORS: FeatureTest = FeatureTest {
    id: "FT-as-rset-reg-error",
    revisions: UMA_1,
    world: album,
    holds: registration_errors,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "permission-scopes-registered")], "another scope"),
        must_fail_when(&[Change::Answer(Endpoint::Permission, "_set_id", "_id")], "an unknown resource set"),
        must_fail_when(
            &[Change::Answer(Endpoint::ResourceRegistration, "unsupported_method_type", "not_found")],
            "another method",
        ),
    ],
};

fn registration_errors(seen: &Seen) -> Verdict {
    let asked = &seen.first("photoz", Endpoint::Permission)?.request;
    let good = String::from_utf8(asked.body.clone()).unwrap_or_default();
    let id = member(&asked.body, "resource_set_id");
    let media_type = crate::messages::asked(asked, "Content-Type").to_owned();
    let other = |from: &str, to: &str| -> HttpRequest { body(asked.clone(), &media_type, &good.replace(from, to)) };
    let mut server = seen.server("copmonkey");
    let refused = |code: &str| (400, code.to_owned());
    same(server.refusal(&other(&id, "unknown")), refused("invalid_resource_set_id"), "an unknown resource set")?;
    same(server.refusal(&other("view", "never-registered")), refused("invalid_scope"), "another scope")?;
    same(
        server.refusal(&other("view\"", "view\",\"never-registered\"")),
        refused("invalid_scope"),
        "a scope too many",
    )?;
    let patch = bearer(request("PATCH", &format!("{}/{id}", collection(seen)?)), &seen.pat()?);
    same(server.refusal(&patch), (405, "unsupported_method_type".to_owned()), "another method")?;
    same(server.ask(asked).status, 201, "the permission as it was asked for")
}

const PERMISSION_TICKET: FeatureTest = FeatureTest {
    id: "FT-as-permission-ticket",
    revisions: UMA_1,
    world: album,
    holds: permission_ticket,
    fails: &[
        must_fail_when(&[Change::Answer(Endpoint::Permission, "\"ticket\":", "\"permission_ticket\":")], "ticket"),
        must_fail_when(&[Change::Answer(Endpoint::Permission, "STATUS 201", "STATUS 200")], "status"),
        must_fail_when(
            &[Change::Answer(Endpoint::Permission, "Content-Type: application/", "Content-Type: text/")],
            "media type",
        ),
    ],
};

fn permission_ticket(seen: &Seen) -> Verdict {
    let asked = &seen.first("photoz", Endpoint::Permission)?.request;
    let mut server = seen.server("copmonkey");
    let answers = [server.ask(asked), server.ask(asked)];
    let media_type =
        if seen.revision().is_draft() { "application/uma-permission-ticket+json" } else { "application/json" };
    for answer in &answers {
        same(answer.status, 201, "status")?;
        same(field(answer, "Content-Type"), media_type, "media type")?;
        let ticket = member(&answer.body, "ticket");
        that(ticket.len() >= 22, || format!("a ticket of {} characters", ticket.len()))?;
        that(!field(answer, "Location").contains(&ticket), || "Location shows the ticket".to_owned())?;
        that(!seen.revision().is_draft() || !field(answer, "Location").is_empty(), || "no Location".to_owned())?;
    }
    that(member(&answers[0].body, "ticket") != member(&answers[1].body, "ticket"), || "one ticket for two".to_owned())
}

const INTROSPECTION: FeatureTest = FeatureTest {
    id: "FT-as-introspect-rpt",
    revisions: UMA_1,
    world: album,
    holds: introspection,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "rpt-fresh")], "an expired RPT"),
        must_fail_when(&[Change::Answer(Endpoint::Introspection, "STATUS 200", "STATUS 403")], "status"),
        must_fail_when(&[Change::Answer(Endpoint::Introspection, "\"exp\"", "\"until\"")], "exp"),
        must_fail_when(&[Change::Answer(Endpoint::Introspection, "view", "edit")], "scopes"),
        must_fail_when(&[Change::Answer(Endpoint::Introspection, "no-store", "public")], "Cache-Control"),
    ],
};

fn introspection(seen: &Seen) -> Verdict {
    let questions: Vec<&Exchange> = seen.sent("photoz", Endpoint::Introspection);
    let question = questions.last().ok_or("nobody asks")?;
    let answer = question.answer();
    same(answer.status, 200, "status")?;
    same(field(&answer, "Cache-Control"), "no-store", "Cache-Control")?;
    let status = json(&answer.body);
    let permissions = status.as_array().or_else(|| status["permissions"].as_array()).ok_or("no permissions")?;
    same(permissions.len(), 1, "permissions")?;
    let permission = &permissions[0];
    let known = crate::rs::ids_registered(seen);
    that(permission["resource_set_id"].as_str().is_some_and(|id| known.contains(id)), || "resource_set_id".to_owned())?;
    let scopes: Vec<&str> = permission["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    that(scopes.len() == 1 && scopes[0].ends_with("view"), || format!("scopes {scopes:?}"))?;
    that(permission["exp"].is_u64() || status["exp"].is_u64(), || format!("no exp in {status}"))?;
    not_valid(seen, &question.request)
}

fn not_valid(seen: &Seen, question: &HttpRequest) -> Verdict {
    let invalid = if seen.revision().is_draft() { r#"{"rpt_status":"invalid"}"# } else { r#"{"active":false}"# };
    let rpt = form(question).get("token").cloned().unwrap_or_else(|| member(&question.body, "rpt"));
    let text = String::from_utf8(question.body.clone()).unwrap_or_default();
    let media_type = crate::messages::asked(question, "Content-Type").to_owned();
    let unknown = body(question.clone(), &media_type, &text.replace(&rpt, "guessed"));
    let mut server = seen.server("copmonkey");
    let found = server.ask(&unknown);
    same((found.status, json(&found.body)), (200, json(invalid.as_bytes())), "an unknown RPT")?;
    // Its PAT is as good as ever, the RPT is not.
    let longer =
        seen.world.clone().edited("name = \"copmonkey\"\n\n", "name = \"copmonkey\"\nrpt-lifetime = \"10s\"\n\n");
    let seen = longer.run();
    let asked = seen.sent("photoz", Endpoint::Introspection).last().copied().ok_or("nobody asks")?.request.clone();
    let mut server = seen.server("copmonkey");
    server.now = server.now + Duration::from_secs(20);
    let found = server.ask(&asked);
    same((found.status, json(&found.body)), (200, json(invalid.as_bytes())), "an expired RPT")
}
