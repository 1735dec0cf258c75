//! The client: configuration data, credentials, AAT, RPT, authorization data, and sending people for claims.

use crate::messages::{Exchange, challenge, field, json, member, parameters};
use crate::rs::{credentials_of, extended, reads_extended};
use crate::support::{Change, DRAFTS, FeatureTest, UMA_1, Verdict, feature_tests, must_fail_when, same, that};
use crate::worlds::{CONNECT, FETCH, PERMIT_ADDRESS, Seen, World, album, token_in};
use umaverse::wire::{Endpoint, Revision};

feature_tests! {
    ft_c_get_config_data = GET_CONFIG_DATA;
    ft_c_get_dyn_client_creds = GET_CREDENTIALS;
    ft_c_use_aat = USE_AAT;
    ft_c_get_rpt = GET_RPT;
    ft_c_add_authz_data = ADD_AUTHORIZATION_DATA;
    ft_c_claims_redirect = CLAIMS_REDIRECT;
}

const GET_CONFIG_DATA: FeatureTest = FeatureTest {
    id: "FT-c-get-config-data",
    revisions: UMA_1,
    world: extended,
    holds: get_config_data,
    fails: &[
        must_fail_when(
            &[Change::Request(Endpoint::Configuration, "/.well-known", "/known")],
            "where the document is|sent nothing",
        ),
        must_fail_when(&[Change::Answer(Endpoint::Configuration, "\"rpt_endpoint\"", "\"rpt\"")], "nothing"),
        must_fail_when(&[Change::Request(Endpoint::Rpt, "/rpt", "/elsewhere")], "/elsewhere"),
    ],
};

fn get_config_data(seen: &Seen) -> Verdict {
    reads_extended(seen, "printer")?;
    let mut names = vec![(Endpoint::Token, "token_endpoint"), (Endpoint::Rpt, "rpt_endpoint")];
    if seen.revision().is_draft() {
        names.push((Endpoint::AuthorizationData, "permission_request_endpoint"));
    }
    for (endpoint, name) in names {
        let used = seen.first("printer", endpoint)?.request.uri.clone();
        same(used.as_str(), seen.endpoint(name)?.as_str(), name)?;
    }
    that(seen.shown("bob", "the beach at dawn"), || "Bob does not see the beach".to_owned())
}

const GET_CREDENTIALS: FeatureTest = FeatureTest {
    id: "FT-c-get-dyn-client-creds",
    revisions: UMA_1,
    world: album,
    holds: |seen| credentials_of(seen, "printer"),
    fails: &[
        must_fail_when(
            &[Change::Script("name = \"printer\"", "name = \"printer\"\nintroduced-at = [\"copmonkey\"]")],
            "printer sent nothing",
        ),
        must_fail_when(
            &[Change::Request(Endpoint::ClientRegistration, "https://printer", "https://snoop")],
            "redirect_uris",
        ),
    ],
};

const USE_AAT: FeatureTest = FeatureTest {
    id: "FT-c-use-aat",
    revisions: UMA_1,
    world: album,
    holds: use_aat,
    fails: &[
        must_fail_when(&[Change::Request(Endpoint::Rpt, "Bearer ", "Bearer x")], "without the AAT"),
        must_fail_when(&[Change::Request(Endpoint::Rpt, "Authorization", "X-Aat")], "without the AAT"),
        must_fail_when(&[Change::Script("does = \"fetch\"", "does = \"close-tabs\"\n#")], "printer has no token"),
    ],
};

fn use_aat(seen: &Seen) -> Verdict {
    let aat = seen.aat()?;
    let endpoints: &[Endpoint] =
        if seen.revision().is_draft() { &[Endpoint::Rpt, Endpoint::AuthorizationData] } else { &[Endpoint::Rpt] };
    for endpoint in endpoints {
        let _there = seen.first("printer", *endpoint)?;
        for one in seen.sent("printer", *endpoint) {
            that(token_in(&one.request) == aat, || format!("a call of the {endpoint} endpoint without the AAT"))?;
            that(one.status() < 300, || format!("{} at the {endpoint} endpoint", one.status()))?;
        }
    }
    Ok(())
}

const GET_RPT: FeatureTest = FeatureTest {
    id: "FT-c-get-rpt",
    revisions: UMA_1,
    world: album,
    holds: get_rpt,
    fails: &[
        must_fail_when(&[Change::Request(Endpoint::Rpt, "POST", "GET")], "method"),
        must_fail_when(&[Change::Request(Endpoint::Rpt, "Bearer ", "Bearer x")], "AAT"),
        must_fail_when(&[Change::Answer(Endpoint::Rpt, "\"rpt\"", "\"access_token\"")], "RPT"),
    ],
};

fn get_rpt(seen: &Seen) -> Verdict {
    let asked = seen.first("printer", Endpoint::Rpt)?;
    same(asked.request.method.as_ref(), "POST", "method")?;
    same(asked.request.uri.as_str(), seen.endpoint("rpt_endpoint")?.as_str(), "where")?;
    that(token_in(&asked.request) == seen.aat()?, || "without the AAT".to_owned())?;
    that(asked.status() < 300, || format!("no RPT but {}", asked.status()))?;
    let rpt = member(&asked.answer().body, "rpt");
    that(!rpt.is_empty(), || "no RPT in the answer".to_owned())?;
    let presented = seen.sent("printer", Endpoint::Resource).into_iter().any(|one| token_in(&one.request) == rpt);
    that(presented, || "the RPT is not presented".to_owned())
}

const ADD_AUTHORIZATION_DATA: FeatureTest = FeatureTest {
    id: "FT-c-add-authz-data",
    revisions: DRAFTS,
    world: album,
    holds: add_authorization_data,
    fails: &[
        must_fail_when(&[Change::Request(Endpoint::AuthorizationData, "POST", "PUT")], "method"),
        must_fail_when(&[Change::Request(Endpoint::AuthorizationData, "Bearer ", "Bearer x")], "AAT"),
        must_fail_when(&[Change::Request(Endpoint::AuthorizationData, "\"rpt\":\"", "\"rpt\":\"x")], "RPT"),
        must_fail_when(&[Change::Request(Endpoint::AuthorizationData, "\"ticket\":\"", "\"ticket\":\"x")], "ticket"),
        must_fail_when(&[Change::Script("person = \"bob\"", "person = \"alice\"")], "Bob"),
    ],
};

fn add_authorization_data(seen: &Seen) -> Verdict {
    let asked = seen.first("printer", Endpoint::AuthorizationData)?;
    same(asked.request.method.as_ref(), "POST", "method")?;
    same(asked.request.uri.as_str(), seen.endpoint("permission_request_endpoint")?.as_str(), "where")?;
    that(token_in(&asked.request) == seen.aat()?, || "without the AAT".to_owned())?;
    let refused = seen.sent("printer", Endpoint::Resource).into_iter().find(|one| one.status() == 403);
    let refused = refused.ok_or("no attempt is refused with a ticket")?;
    let body = &asked.request.body;
    that(member(body, "rpt") == token_in(&refused.request), || "not the RPT of the attempt".to_owned())?;
    that(member(body, "ticket") == member(&refused.answer().body, "ticket"), || {
        "not the ticket of the attempt".to_owned()
    })?;
    that(asked.status() == 200, || format!("{} instead of success: Bob is not authorized", asked.status()))?;
    let last = seen.sent("printer", Endpoint::Resource).last().copied().ok_or("no attempt")?;
    same((last.status(), token_in(&last.request)), (200, token_in(&refused.request)), "the attempt after that")
}

fn with_claims(revision: Revision) -> World {
    World::new(revision, &[CONNECT, PERMIT_ADDRESS, FETCH])
}

const CLAIMS_REDIRECT: FeatureTest = FeatureTest {
    id: "FT-c-claims-redirect",
    revisions: UMA_1,
    world: with_claims,
    holds: claims_redirect,
    fails: &[
        must_fail_when(&[Change::Answer(Endpoint::AuthorizationRedirect, "&state=", "&stat=")], "state"),
        must_fail_when(
            &[Change::Answer(Endpoint::AuthorizationRedirect, "redirect_uri=", "return_to=")],
            "redirect_uri",
        ),
        must_fail_when(&[Change::Answer(Endpoint::AuthorizationRedirect, "ticket=", "ticket=x")], "ticket"),
        must_fail_when(
            &[Change::Script(
                "claim = \"email\", value = \"bob@family.example\"",
                "person = \"bob\", at = \"copmonkey\"",
            )],
            "sends nobody",
        ),
    ],
};

// The answer of printer that sends Bob to copmonkey with a ticket.
fn sending_away(seen: &Seen) -> Option<(&Exchange, String)> {
    let away = |one: &&Exchange| one.to == "printer" && one.status() == 302;
    let mut sent = seen.all().iter().filter(away).map(|one| (one, field(&one.answer(), "Location").to_owned()));
    sent.find(|(_, to)| to.starts_with("https://copmonkey.example/") && to.contains("ticket="))
}

fn claims_redirect(seen: &Seen) -> Verdict {
    let (_, to) = sending_away(seen).ok_or("printer sends nobody to copmonkey with a ticket")?;
    let (_, query) = to.split_once('?').ok_or("no query")?;
    let query = parameters(query);
    let ticket = query.get("ticket").cloned().unwrap_or_default();
    let known = seen.sent("printer", Endpoint::Resource).into_iter().filter_map(|one| {
        let answer = one.answer();
        let in_header = challenge(&answer).and_then(|parameters| parameters.get("ticket").cloned());
        in_header.or_else(|| json(&answer.body)["ticket"].as_str().map(str::to_owned))
    });
    that(known.into_iter().any(|known| known == ticket), || "not the ticket of the attempt".to_owned())?;
    let name = if seen.revision().is_draft() { "redirect_uri" } else { "claims_redirect_uri" };
    let back = query.get(name).cloned().unwrap_or_default();
    that(back.starts_with("https://printer.example/"), || format!("{name} is `{back}`"))?;
    let state = query.get("state").cloned().unwrap_or_default();
    that(!state.is_empty(), || "no state".to_owned())?;
    let returned = seen.first("bob", Endpoint::ClaimsRedirect)?;
    let answered = parameters(returned.request.uri.query().unwrap_or_default());
    same(answered.get("state"), Some(&state), "the state that comes back")?;
    that(seen.shown("bob", "the beach at dawn"), || "Bob does not see the beach".to_owned())
}
