//! 1.0.1 and 2.0 in one realm.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, described, failed};
use super::testing_uma::*;
use super::{AuthorizationServer, AuthorizationServerConfig, v1_0_1};
use crate::role::Rule;
use crate::trace::Fact;
use crate::trace::fact::PctIssued;
use crate::wire::oauth::{
    ActiveToken, CLIENT_CREDENTIALS_GRANT, IntrospectionRequest, IntrospectionResponse, UMA_TICKET_GRANT,
};
use crate::wire::page::{Form, Page};
use crate::wire::request::{ClaimsInteraction, TicketPresentation};
use crate::wire::text::scope_set;
use crate::wire::{
    Bearer, Configuration, Credentials, Endpoint, ErrorCode, PermissionRequest, PermissionTicket, PolicyCondition,
    Request, Response, Revision, Served, State, Uri,
};

const V1: Revision = Revision::V1_0_1;
const V2: Revision = Revision::V2_0;

fn both(config: &mut AuthorizationServerConfig) {
    config.served = Served::SideBySide;
}

fn bench(condition: PolicyCondition) -> Bench {
    let mut bench = protected_with(V2, condition, both);
    bench.access_token("aat", Some("bob"), "app", scope_set([v1_0_1::AAT_SCOPE]));
    bench.pat("pat", "alice", "rs1");
    bench.session("bob's", "bob");
    bench
}

fn at(path: &str) -> Uri {
    Uri::from("https://as.example").with_path(path)
}

fn document(bench: &mut Bench, path: &str) -> Configuration {
    match bench.ask_at(at(path), Credentials::None, Request::GetConfiguration) {
        Response::Configuration(document) => *document,
        other => panic!("no document: {other:?}"),
    }
}

fn in_1_0_1(bench: &mut Bench, ticket: &PermissionTicket) -> Response {
    let asked = TicketPresentation { ticket: ticket.clone(), rpt: None, claim_tokens: Vec::new() };
    bench.with_bearer("aat", Request::RequestRptForTicket(asked))
}

fn in_2_0(bench: &mut Bench, ticket: &PermissionTicket) -> Response {
    grant(bench, plain(ticket))
}

fn visit(bench: &mut Bench, path: &str, ticket: &PermissionTicket) -> Response {
    let asked = ClaimsInteraction {
        client_id: Some("app".into()),
        ticket: Some(ticket.clone()),
        redirect_uri: Some(Uri::from(BACK)),
        state: Some(State::new("xyz")),
    };
    bench.browse_at("bob's", at(path), Request::ClaimsInteraction(asked))
}

fn names_both(response: &Response) -> bool {
    let text = match response {
        Response::Failure(failure) => failure.description.clone(),
        Response::Page(Page::Notice { text, .. }) => Some(text.clone()),
        _ => None,
    };
    text.is_some_and(|text| text.contains("1.0.1") && text.contains("2.0"))
}

fn decided(bench: &Bench) -> Vec<Revision> {
    let revision = |fact: &Fact| match fact {
        Fact::TicketDecided { revision, .. } => Some(*revision),
        _ => None,
    };
    bench.facts.iter().filter_map(revision).collect()
}

fn introspect(bench: &mut Bench, path: &str, pat: &str, token: &Bearer) -> Option<ActiveToken> {
    let asked = IntrospectionRequest { token: token.clone(), resource_id: None, host_id: None };
    match bench.ask_at(at(path), Credentials::Bearer(Bearer::new(pat)), Request::Introspect(asked)) {
        Response::Introspection(IntrospectionResponse::Active(active)) => Some(active),
        Response::Introspection(IntrospectionResponse::Inactive) => None,
        other => panic!("no answer: {other:?}"),
    }
}

fn rpt_of(response: Response) -> Bearer {
    match response {
        Response::RptGranted(rpt) => rpt.as_kind(),
        Response::Token(tokens) => tokens.access_token,
        other => panic!("no RPT: {other:?}"),
    }
}

#[test]
fn each_document_lists_what_exists_for_its_revision_and_nothing_else() {
    let mut bench = bench(PolicyCondition::Anyone);
    let early = document(&mut bench, "/.well-known/uma-configuration");
    let late = document(&mut bench, "/.well-known/uma2-configuration");
    assert_eq!((early.rpt_endpoint.clone(), late.rpt_endpoint.clone()), (Some(at("/rpt")), None));
    let offered = |document: &Configuration| document.grant_types.iter().any(|it| &**it == UMA_TICKET_GRANT);
    assert!(!offered(&early) && offered(&late));
    assert_eq!(early.token_endpoint, late.token_endpoint);
    for (of_early, of_late, endpoint) in [
        (early.permission_endpoint, late.permission_endpoint, Endpoint::Permission),
        (early.introspection_endpoint, late.introspection_endpoint, Endpoint::Introspection),
        (early.resource_registration_endpoint, late.resource_registration_endpoint, Endpoint::ResourceRegistration),
        (early.claims_interaction_endpoint, late.claims_interaction_endpoint, Endpoint::ClaimsInteraction),
    ] {
        let (Some(of_early), Some(of_late)) = (of_early, of_late) else { panic!("{endpoint} is missing") };
        let routes = bench.server.routes();
        for (uri, revision) in [(of_early, V1), (of_late, V2)] {
            assert_eq!((routes.endpoint(&uri), routes.revision(&uri)), (endpoint, Some(revision)), "{uri}");
        }
    }
}

#[test]
fn who_learned_a_path_while_both_were_served_finds_it_before_and_afterwards() {
    let alone = |revision| AuthorizationServer::new(super::testing::config(revision)).routes();
    let mut beside = bench(PolicyCondition::Anyone);
    let early = document(&mut beside, "/.well-known/uma-configuration");
    let late = document(&mut beside, "/.well-known/uma2-configuration");
    for (document, routes) in [(early, alone(V1)), (late, alone(V2))] {
        assert_eq!(document.permission_endpoint.map(|uri| routes.endpoint(&uri)), Some(Endpoint::Permission));
        assert_eq!(document.introspection_endpoint.map(|uri| routes.endpoint(&uri)), Some(Endpoint::Introspection));
    }
}

#[test]
fn a_grant_type_for_aats_alone_is_not_listed_in_2_0() {
    let listed = |pat_grant_types: Vec<crate::wire::Text>| {
        let mut bench = bench_with(V2, |config| {
            both(config);
            config.v1_0_1.pat_grant_types = pat_grant_types;
        });
        let late = document(&mut bench, "/.well-known/uma2-configuration").grant_types;
        late.iter().any(|grant_type| &**grant_type == CLIENT_CREDENTIALS_GRANT)
    };
    assert!(listed(vec![CLIENT_CREDENTIALS_GRANT.into()]));
    assert!(!listed(vec!["authorization_code".into()]));
}

#[test]
fn a_ticket_follows_the_revision_in_which_it_is_first_presented() {
    let mut bench = bench(PolicyCondition::Anyone);
    let (one, other) = (view(&mut bench), view(&mut bench));
    rpt_of(in_1_0_1(&mut bench, &one));
    rpt_of(in_2_0(&mut bench, &other));
    assert_eq!(decided(&bench), [V1, V2]);
    assert_eq!(bench.rebuilt().tickets.get(&one.hashed()).map(|it| it.process), {
        bench.server.tickets.get(&one.hashed()).map(|it| it.process)
    });
    let process = bench.server.tickets.get(&one.hashed()).map(|it| it.process);
    assert_eq!(process.and_then(|process| bench.rebuilt().tickets.revision_of(process)), Some(V1));
}

#[test]
fn a_ticket_of_1_0_1_is_reusable_until_granted_and_no_grant_in_2_0() {
    let mut bench = bench(email("bob@as"));
    let ticket = view(&mut bench);
    for _ in 0..2 {
        assert!(matches!(in_1_0_1(&mut bench, &ticket), Response::InfoNeeded(_)));
        let crossed = in_2_0(&mut bench, &ticket);
        assert_eq!(failed(&crossed), (400, Some(ErrorCode::InvalidGrant)));
        assert!(names_both(&crossed) && bench.ruled(Rule::TicketOfRevision, false) && bench.last_facts().is_empty());
    }
    let mut mutant = bench.without(&[Rule::TicketOfRevision]);
    assert!(matches!(in_2_0(&mut mutant, &ticket), Response::NeedInfo { .. }));
}

#[test]
fn a_ticket_of_2_0_is_used_once_and_invalid_in_1_0_1_with_all_that_come_of_it() {
    let mut bench = bench(email("bob@as"));
    let ticket = view(&mut bench);
    let Response::NeedInfo { ticket: Some(next), .. } = in_2_0(&mut bench, &ticket) else { panic!("not asked") };
    assert_eq!(failed(&in_2_0(&mut bench, &ticket)), (400, Some(ErrorCode::InvalidGrant)));
    for ticket in [&ticket, &next] {
        let crossed = in_1_0_1(&mut bench, ticket);
        assert_eq!(failed(&crossed), (400, Some(ErrorCode::InvalidTicket)));
        assert!(names_both(&crossed) && bench.last_facts().is_empty());
    }
    // Nobody's AAT came with the ticket before.
    let mut mutant = bench.without(&[Rule::TicketOfRevision, Rule::TicketOfRequestingParty]);
    assert!(matches!(in_1_0_1(&mut mutant, &next), Response::InfoNeeded(_)));
}

#[test]
fn the_claims_endpoint_of_either_decides_as_well() {
    for (path, other, revision) in [("/claims", "/uma2/claims", V1), ("/uma2/claims", "/claims", V2)] {
        let mut bench = bench(email("bob@as"));
        let ticket = view(&mut bench);
        let page = visit(&mut bench, path, &ticket);
        let Response::Page(Page::GiveClaims { form, .. }) = page else { panic!("not asked: {page:?}") };
        assert_eq!(decided(&bench), [revision]);
        let spent = bench.server.tickets.get(&ticket.hashed()).is_some_and(|record| record.spent);
        assert_eq!(spent, revision == V2);
        let back = bench.browse("bob's", Request::Form(Form::GiveClaims { form, agree: true }));
        let Response::Redirect { message, .. } = back else { panic!("not sent back: {back:?}") };
        let Request::ClaimsReturn(returned) = *message else { panic!("not sent back") };
        assert_eq!(returned.authorization_state.is_some(), revision == V1);
        assert_eq!(returned.ticket.is_some(), revision == V2);
        let fresh = view(&mut bench);
        visit(&mut bench, path, &fresh);
        let again = view(&mut bench);
        visit(&mut bench, path, &again);
        let crossed = if revision == V1 { in_2_0(&mut bench, &again) } else { in_1_0_1(&mut bench, &again) };
        assert!(names_both(&crossed), "{crossed:?}");
        bench.session("bob's", "bob");
        let third = view(&mut bench);
        if revision == V1 {
            in_1_0_1(&mut bench, &third)
        } else {
            in_2_0(&mut bench, &third)
        };
        let page = visit(&mut bench, other, &third);
        assert!(names_both(&page), "{page:?}");
    }
}

#[test]
fn an_rpt_of_either_is_introspected_in_either_form_by_whose_it_is() {
    let mut bench = bench(PolicyCondition::Anyone);
    bench.pat("carol's", "carol", "rs1");
    bench.pat("of rs2", "alice", "rs2");
    let (one, other) = (view(&mut bench), view(&mut bench));
    let (early, late) = (rpt_of(in_1_0_1(&mut bench, &one)), rpt_of(in_2_0(&mut bench, &other)));
    for path in ["/introspect", "/uma2/introspect"] {
        for rpt in [&early, &late] {
            let active = introspect(&mut bench, path, "pat", rpt);
            assert_eq!(active.map(|active| active.permissions.len()), Some(1), "{path}");
            assert_eq!(introspect(&mut bench, path, "of rs2", rpt), None, "{path}");
        }
        // One of 2.0 is of one owner, one of 1.0.1 of any, of whom a PAT shows its own.
        assert_eq!(introspect(&mut bench, path, "carol's", &late), None);
        let of_carol = introspect(&mut bench, path, "carol's", &early);
        assert_eq!(of_carol.map(|active| active.permissions.len()), Some(0));
    }
}

#[test]
fn the_owner_takes_back_what_was_granted_in_both() {
    let mut bench = bench(PolicyCondition::Anyone);
    let (one, other) = (view(&mut bench), view(&mut bench));
    let rpts = [rpt_of(in_1_0_1(&mut bench, &one)), rpt_of(in_2_0(&mut bench, &other))];
    let owner = crate::wire::PersonId::from("alice");
    bench.run(|server, cx| {
        let version = 2;
        crate::role::Machine::record(
            server,
            cx,
            Fact::PolicyRemoved { owner: owner.clone(), policy: "p".into(), version },
        );
        super::withdrawal::of_policy(server, cx, &owner, &"p".into());
    });
    for rpt in &rpts {
        let left = introspect(&mut bench, "/introspect", "pat", rpt).map_or(0, |active| active.permissions.len());
        assert_eq!(left, 0);
    }
}

#[test]
fn an_rpt_is_not_upgraded_in_the_other_revision() {
    let mut bench = bench(PolicyCondition::Anyone);
    let (one, other) = (view(&mut bench), view(&mut bench));
    let (early, late) = (rpt_of(in_1_0_1(&mut bench, &one)), rpt_of(in_2_0(&mut bench, &other)));
    let mut more = plain(&ticket(&mut bench, &[("photo", &["edit"])]));
    more.rpt = Some(early.clone());
    let Response::Token(tokens) = grant(&mut bench, more) else { panic!("not granted") };
    assert!(!tokens.upgraded);
    let ticket = ticket(&mut bench, &[("photo", &["edit"])]);
    let asked = TicketPresentation { ticket, rpt: Some(late.clone()), claim_tokens: Vec::new() };
    rpt_of(bench.with_bearer("aat", Request::RequestRptForTicket(asked)));
    for rpt in [early, late] {
        assert!(introspect(&mut bench, "/introspect", "pat", &rpt).is_some(), "it is as it was");
    }
}

#[test]
fn the_protection_api_takes_either_form_at_its_own_path() {
    let mut bench = bench(PolicyCondition::Anyone);
    let pat = || Credentials::Bearer(Bearer::new("pat"));
    let create = || Request::CreateResource { id: None, description: described(&["view"]) };
    let mut ids = Vec::new();
    for path in ["/rreg/resource_set", "/uma2/rreg/"] {
        let Response::ResourceCreated(created) = bench.ask_at(at(path), pat(), create()) else { panic!("not created") };
        ids.push(created.id);
    }
    let Response::ResourceList(listed) = bench.ask_at(at("/uma2/rreg/"), pat(), Request::ListResources) else {
        panic!("not listed")
    };
    assert!(ids.iter().all(|id| listed.contains(id)), "one registry for both");
    let wanted = |scopes: &[&str]| {
        let permission = PermissionRequest { resource_id: ids[0].clone(), scopes: scope_set(scopes.iter().copied()) };
        Request::RequestPermissions { permissions: vec![permission], array: false }
    };
    // Core 1.0.1 §3.2: one scope at least; FedAuthz §4.1: none is one too.
    let early = bench.ask_at(at("/permission"), pat(), wanted(&[]));
    assert_eq!(failed(&early), (400, Some(ErrorCode::InvalidRequest)));
    let late = bench.ask_at(at("/uma2/permission"), pat(), wanted(&[]));
    assert!(matches!(late, Response::PermissionTicket { .. }), "{late:?}");
}

#[test]
fn an_aat_is_no_pct_and_a_pct_no_aat() {
    let mut bench = bench(email("bob@as"));
    let mut asked = plain(&view(&mut bench));
    asked.pct = Some(Bearer::new("aat").as_kind());
    assert!(matches!(grant(&mut bench, asked), Response::NeedInfo { .. }));
    let pct = Bearer::new("pct");
    bench.given(Fact::PctIssued(PctIssued {
        pct: pct.as_kind().hashed(),
        client: "app".into(),
        subjects: Vec::new(),
        claims: Vec::new(),
        established_at: bench.now,
        expires_at: bench.now + crate::wire::Duration::from_secs(60),
    }));
    let ticket = view(&mut bench);
    let presented = TicketPresentation { ticket, rpt: None, claim_tokens: Vec::new() };
    let answer = bench.with_bearer("pct", Request::RequestRptForTicket(presented));
    assert_eq!(failed(&answer), (401, Some(ErrorCode::InvalidToken)));
}
