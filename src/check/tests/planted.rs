//! Traces in which the violation of one row of the catalogues is planted: the invariant that the row names for it
//! rejects each. The column `planted` says which (`trace:ACC-8`).

use super::super::test_traces::*;
use super::planted_draft05::SAME_AS;
use super::{first_grant, verdict};
use super::{planted_1_0_1, planted_2_0, planted_drafts};
use crate::check::requirements::{Planted, rows};
use crate::message::NodeId;
use crate::trace::fact::*;
use crate::trace::note::{Evidence, FetchOutcome};
use crate::trace::{Fact, Note};
use crate::wire::text::scope_set;
use crate::wire::*;
use std::collections::BTreeSet;

/// A row, and what happens after a plain run.
pub(super) type Plant = (&'static str, fn(&mut Run));

// ---- what resource servers do wrong

fn bare(run: &mut Run, status: u16, reason: ChallengeReason) {
    let access = run.try_access(CLIENT, RS, None);
    run.challenge(RS, access, status, reason);
}

fn ticket_without_rpt(run: &mut Run) {
    run.challenged("t8", 8, None);
}

fn ticket_for_a_dead_rpt(run: &mut Run) {
    run.revoke("rpt1", TokenWhat::Rpt, RevocationCause::Replaced);
    run.now += 1;
    run.challenged("t8", 8, Some("rpt1"));
}

fn needed(ticket: &str) -> ChallengeReason {
    ChallengeReason::AuthorizationDataNeeded(PermissionTicket::new(ticket))
}

fn unregistered_ticket(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    run.challenge(RS, access, 403, needed("never-issued"));
}

fn ticket_with_401(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    run.challenge(RS, access, 401, needed("t8"));
}

fn ticket_again(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    run.challenge(RS, access, 403, needed("t1"));
}

fn ticket_for_another_resource(run: &mut Run) {
    let mut issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    if let Fact::TicketIssued { permissions, .. } = &mut issued {
        permissions[0].resource_id = rid(RS2);
    }
    run.fact(AS, issued);
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    run.challenge(RS, access, 403, needed("t8"));
}

fn another_server_named(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, None);
    let reason = ChallengeReason::RptNeeded;
    let challenge = Challenge { realm: None, host_id: None, as_uri: uri(AS2, ""), reason };
    run.answer(RS, CLIENT, access, 401, Response::Challenge(challenge));
}

pub(super) fn released(run: &mut Run, change: fn(&mut Evidence)) {
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    let entry = run.entry(RS);
    let question = run.introspect(RS, "rpt1", Some(entry));
    let mut evidence = run.evidence(RS, question);
    change(&mut evidence);
    run.release(RS, access, "rpt1", Some(evidence));
}

pub(super) fn released_unseen(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    run.release(RS, access, "rpt1", None);
}

// ---- fetches that end badly although the owner permits them

fn fetch(run: &mut Run, server: NodeId, goes: fn(&mut Run)) {
    run.now += 1;
    run.fetch(BOB, 9, server);
    goes(run);
    run.fetched(9, server, FetchOutcome::Denied);
}

fn refused_unseen(run: &mut Run) {
    fetch(run, RS, |run| {
        let access = run.try_access(CLIENT, RS, Some("rpt1"));
        run.challenge(RS, access, 401, ChallengeReason::RptNeeded);
    });
}

fn refused_with_permission(run: &mut Run) {
    fetch(run, RS, |run| run.challenged("t8", 8, Some("rpt1")));
}

fn repeats_itself(run: &mut Run) {
    fetch(run, RS, |run| {
        for _ in 0..3 {
            bare(run, 401, ChallengeReason::RptNeeded);
        }
    });
}

fn asks_for_another_rpt(run: &mut Run) {
    fetch(run, RS, |run| {
        run.challenged("t8", 8, Some("rpt1"));
        run.bare_rpt("rpt2", RS);
    });
}

fn refused_where_claims_would_do(run: &mut Run) {
    fetch(run, RS, |run| {
        run.challenged("t8", 8, Some("rpt1"));
        let ask = run.present(CLIENT, "t8", Some("rpt1"));
        run.refused(ask, CLIENT, 403, ErrorCode::NotAuthorizedPermission);
    });
}

fn presents(run: &mut Run, credentials: Credentials) {
    let (rpt, ticket) = (Bearer::new("rpt1"), PermissionTicket::new("t8"));
    let ask = run.send(CLIENT, uri(AS, "/ask"), credentials, Request::RequestAuthorizationData { rpt, ticket });
    run.refused(ask, CLIENT, 401, ErrorCode::InvalidToken);
}

fn asks_without_aat(run: &mut Run) {
    fetch(run, RS, |run| {
        run.challenged("t8", 8, Some("rpt1"));
        presents(run, Credentials::None);
    });
}

fn calls_the_rpt_bad(run: &mut Run) {
    fetch(run, RS, |run| {
        let access = run.try_access(CLIENT, RS, Some("rpt1"));
        run.introspect(RS, "rpt1", None);
        run.challenge(RS, access, 401, ChallengeReason::RptNeeded);
    });
}

fn drops_the_ticket(run: &mut Run) {
    fetch(run, RS, |run| run.challenged("not-a-uuid", 8, Some("rpt1")));
}

fn uses_another_address(run: &mut Run) {
    fetch(run, RS, |run| {
        bare(run, 401, ChallengeReason::RptNeeded);
        let aat = Credentials::Bearer(Bearer::new("aat"));
        run.send(CLIENT, uri(AS, ""), aat, Request::RequestRpt);
    });
}

fn gets_no_answer(run: &mut Run) {
    fetch(run, RS, |run| {
        run.challenged("t8", 8, Some("rpt1"));
        run.present(CLIENT, "t8", Some("rpt1"));
    });
}

fn takes_need_claims_as_final(run: &mut Run) {
    fetch(run, RS, |run| {
        run.challenged("t8", 8, Some("rpt1"));
        let ask = run.present(CLIENT, "t8", Some("rpt1"));
        run.need_info(ask, "t8");
    });
}

fn asked_for_claims_about_the_clock(run: &mut Run) {
    let (from, until) = (Timestamp::default(), Timestamp::from_secs(9000));
    run.set_policy(policy(&["read"], PolicyCondition::Between { from, until }), 2);
    takes_need_claims_as_final(run);
}

fn takes_the_return_for_a_grant(run: &mut Run) {
    fetch(run, RS, |run| {
        run.challenged("t8", 8, Some("rpt1"));
        let ask = run.present(CLIENT, "t8", Some("rpt1"));
        run.need_info(ask, "t8");
        run.gather(BOB, "t8", "t9", 8);
        run.try_access(CLIENT, RS, Some("rpt1"));
    });
}

fn wants_a_new_rpt_for_each_attempt(run: &mut Run) {
    // The AAT serves at two resource servers; a client that never keeps an RPT evicts itself at both.
    run.bare_rpt("rpt2", RS2);
    run.challenged_at(RS2, "t9", 9, Some("rpt2"));
    let ask = run.present(CLIENT, "t9", Some("rpt2"));
    run.grant_at(RS2, ask, "t9", 9, "rpt2");
    for number in 0..40 {
        run.bare_rpt(&format!("again{number}"), RS);
    }
}

// ---- what clients do wrong

fn asks_before_it_tries(run: &mut Run) {
    let permissions = vec![PermissionRequest { resource_id: rid(RS), scopes: scope_set(["read"]) }];
    let exchange = run.with_pat(RS, Request::RequestPermissions { permissions, array: false });
    let issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    run.fact(AS, issued);
    let ticket = PermissionTicket::new("t8");
    run.answer(AS, RS, exchange, 201, Response::PermissionTicket { ticket, location: None });
    run.present(CLIENT, "t8", Some("rpt1"));
}

fn takes_the_ticket_elsewhere(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    let (rpt, ticket) = (Bearer::new("rpt1"), PermissionTicket::new("t8"));
    run.send(CLIENT, uri(AS2, "/ask"), Credentials::None, Request::RequestAuthorizationData { rpt, ticket });
}

// ---- what authorization servers do wrong

fn aat_of_another_client(run: &mut Run) {
    run.access_token("aat2", OTHER, "bob", "http://docs.kantarainitiative.org/uma/scopes/authz.json");
    let issued = run.rpt_fact("rpt5", RptOrigin::Aat(hash("aat2")), Vec::new());
    run.fact(AS, issued);
}

fn full_from_the_start(run: &mut Run) {
    let given = run.granted(RS, 1);
    let issued = run.rpt_fact("rpt2", RptOrigin::Aat(hash("aat")), vec![given]);
    run.fact(AS, issued);
}

pub(super) fn added(run: &mut Run, change: fn(&mut GrantedPermission)) {
    run.challenged("t8", 8, Some("rpt1"));
    run.present(CLIENT, "t8", Some("rpt1"));
    run.redeemed("t8", 8, true);
    run.fact(AS, Run::claims_fact(8, "bob", ClaimsSource::Gathered(hash("none"))));
    let mut given = run.granted(RS, 8);
    change(&mut given);
    let (rpt, ticket, permissions) = (hash("rpt1"), hash("t8"), vec![given]);
    run.fact(AS, Fact::AuthorizationDataAdded { rpt, ticket, resource_server: id(RS), permissions });
}

fn against_the_policy(run: &mut Run) {
    run.set_policy(policy(&["read"], PolicyCondition::Client(id(OTHER))), 2);
    added(run, |_| {});
}

fn age() -> PolicyCondition {
    PolicyCondition::Claim { name: "age".into(), value: "18".into(), issuer: None, max_age_secs: None }
}

fn without_the_claim(run: &mut Run) {
    run.set_policy(policy(&["read"], age()), 2);
    added(run, |_| {});
}

fn more_than_was_asked(given: &mut GrantedPermission) {
    given.permission.scopes.insert("write".into());
}

fn said_and_not_done(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    let ask = run.present(CLIENT, "t8", Some("rpt1"));
    run.answer(AS, CLIENT, ask, 200, Response::AuthorizationDataAdded);
}

fn claims_of_nobody(run: &mut Run) {
    run.fact(AS, Run::claims_fact(1, "carol", ClaimsSource::Gathered(hash("session-carol"))));
}

fn returned_twice(run: &mut Run) {
    run.note(CLIENT, Note::ReturnAccepted { session: Some(hash("bobs-session")), state: Some(hash("state-t1")) });
}

fn unknown_ticket(run: &mut Run, status: u16, code: ErrorCode) {
    let ask = run.present(CLIENT, "no-ticket", None);
    run.refused(ask, CLIENT, status, code);
}

fn honoured_a_day_later(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    run.now += 24 * 3600;
    run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, false);
}

fn token_that_is_no_aat(run: &mut Run, message: Request, told: Response) {
    run.access_token("no-aat", CLIENT, "bob", "uma_authorization");
    let bearer = Credentials::Bearer(Bearer::new("no-aat"));
    let ask = run.send(CLIENT, uri(AS, "/rpt"), bearer, message);
    run.answer(AS, CLIENT, ask, 201, told);
}

fn rpt_for_no_aat(run: &mut Run) {
    token_that_is_no_aat(run, Request::RequestRpt, Response::RptIssued(Rpt::new("rpt7")));
}

fn data_for_no_aat(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    let (rpt, ticket) = (Bearer::new("rpt1"), PermissionTicket::new("t8"));
    let message = Request::RequestAuthorizationData { rpt, ticket };
    token_that_is_no_aat(run, message, Response::AuthorizationDataAdded);
}

pub(super) fn same_ticket_again(run: &mut Run) {
    let again = run.ticket_fact("t1", 9, None, TicketReason::PermissionRequest);
    run.fact(AS, again);
}

fn ticket_for(run: &mut Run, change: fn(&mut PermissionRequest)) {
    let mut issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    if let Fact::TicketIssued { permissions, .. } = &mut issued {
        change(&mut permissions[0]);
    }
    run.fact(AS, issued);
}

pub(super) fn unknown_scope(run: &mut Run) {
    ticket_for(run, |asked| {
        asked.scopes.insert("fly".into());
    });
}

pub(super) fn unknown_resource(run: &mut Run) {
    ticket_for(run, |asked| asked.resource_id = "nowhere".into());
}

pub(super) fn still_listed(run: &mut Run) {
    let (description, etag) = (Run::description(&["write"]), Some("2".into()));
    run.fact(AS, Fact::ResourceUpdated { resource: key(RS), description, etag });
    run.now += 1;
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", Some(entry));
}

fn listed_after_its_end(run: &mut Run) {
    run.now = 3000;
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", Some(entry));
}

fn refuses_the_aat_at_the_second(run: &mut Run) {
    run.now += 1;
    run.fetch(BOB, 8, RS);
    run.try_access(CLIENT, RS, None);
    run.fetched(8, RS, Run::got());
    fetch(run, RS2, |run| {
        run.try_access(CLIENT, RS2, None);
        let aat = Credentials::Bearer(Bearer::new("aat"));
        let ask = run.send(CLIENT, uri(AS, "/rpt"), aat, Request::RequestRpt);
        run.refused(ask, CLIENT, 401, ErrorCode::InvalidToken);
    });
}

fn waits_although_approved(run: &mut Run) {
    run.challenged("t7", 7, Some("rpt1"));
    let asked = Fact::OwnerAsked {
        request: "q1".into(),
        process: ProcessId(7),
        owner: "alice".into(),
        client: id(CLIENT),
        subjects: Vec::new(),
        resource: key(RS),
        scopes: scope_set(["read"]),
        at: None,
    };
    run.fact(AS, asked);
    run.fact(AS, Fact::OwnerAnswered { request: "q1".into(), owner: "alice".into(), approved: true, at: None });
    let ask = run.present(CLIENT, "t7", None);
    let submitted = Response::RequestSubmitted { ticket: None, interval_secs: None };
    run.answer(AS, CLIENT, ask, 403, submitted);
}

const PLANTS: &[Plant] = &[
    ("D06-3-01", asks_before_it_tries),
    ("D06-3-04", ticket_without_rpt),
    ("D06-3-05", refused_unseen),
    ("D06-3-06", ticket_for_a_dead_rpt),
    ("D06-3-07", unregistered_ticket),
    ("D06-3-08", refused_with_permission),
    ("D06-3-09", repeats_itself),
    ("D06-3-10", asks_for_another_rpt),
    ("D06-3-11", refused_where_claims_would_do),
    ("D06-3-12", asks_without_aat),
    ("D06-3.1-01", another_server_named),
    ("D06-3.1.1-05", uses_another_address),
    ("D06-3.1.1-06", uses_another_address),
    ("D06-3.1.2-09", drops_the_ticket),
    ("D06-3.3.1-23", |run| released(run, |evidence| evidence.permissions[0].expires_at = Some(evidence.fetched_at))),
    ("D06-3.4-09", uses_another_address),
    ("D06-3.4.2-09", wants_a_new_rpt_for_each_attempt),
    ("D06-3.4.3-09", gets_no_answer),
    ("D06-3.4.3-25", takes_need_claims_as_final),
    ("D06-3.5-02", asked_for_claims_about_the_clock),
    ("D06-3.5.1-03", claims_of_nobody),
    ("D06-3.5.1-14", returned_twice),
    ("D06-3.5.1-15", takes_the_return_for_a_grant),
    ("D06-3.1.1-01", |run| bare(run, 403, ChallengeReason::RptNeeded)),
    ("D06-3.1.2-01", ticket_for_a_dead_rpt),
    ("D06-3.1.2-02", |run| bare(run, 302, ChallengeReason::RptNeeded)),
    ("D06-3.1.2-03", ticket_for_another_resource),
    ("D06-3.1.2-04", ticket_with_401),
    ("D06-3.1.2-07", ticket_again),
    ("D06-3.1.3-01", refused_with_permission),
    ("D06-3.1.3-03", |run| released(run, |evidence| evidence.permissions[0].scopes = scope_set(["view"]))),
    ("D06-3.2-01", unregistered_ticket),
    ("D06-3.2-02", ticket_for_a_dead_rpt),
    ("D06-3.2-04", honoured_a_day_later),
    ("D06-3.2-05", drops_the_ticket),
    ("D06-3.2-06", same_ticket_again),
    ("D06-3.2-14", unknown_resource),
    ("D06-3.2-16", unknown_scope),
    ("D06-3.2-21", unknown_resource),
    ("D06-3.2-22", unknown_resource),
    ("D06-3.2-23", unknown_scope),
    ("D06-3.3-01", released_unseen),
    ("D06-3.3.1-03", released_unseen),
    ("D06-3.3.1-06", |run| released(run, |evidence| evidence.pat = hash("rpt1"))),
    ("D06-3.3.1-10", calls_the_rpt_bad),
    ("D06-3.3.1-11", listed_after_its_end),
    ("D06-3.3.1-17", still_listed),
    ("D06-3.3.1-19", still_listed),
    ("D06-3.3.1-21", |run| released(run, |evidence| evidence.permissions[0].expires_at = Some(evidence.fetched_at))),
    ("D06-3.3.1-22", listed_after_its_end),
    ("D06-3.4-01", repeats_itself),
    ("D06-3.4-02", takes_the_ticket_elsewhere),
    ("D06-3.4-08", asks_without_aat),
    ("D06-3.4.1-01", aat_of_another_client),
    ("D06-3.4.1-02", refuses_the_aat_at_the_second),
    ("D06-3.4.1-06", rpt_for_no_aat),
    ("D06-3.4.2-13", rpt_for_no_aat),
    ("D06-3.4.3-15", data_for_no_aat),
    ("D06-3.4.2-01", full_from_the_start),
    ("D06-3.4.3-07", |run| added(run, more_than_was_asked)),
    ("D06-3.4.3-08", against_the_policy),
    ("D06-3.4.3-10", said_and_not_done),
    ("D06-3.4.3-12", waits_although_approved),
    ("D06-3.4.3-17", |run| unknown_ticket(run, 400, ErrorCode::parse("invalid_ticket"))),
    ("D06-3.4.3-18", |run| unknown_ticket(run, 404, ErrorCode::InvalidRequesterTicket)),
    ("D06-3.5-01", against_the_policy),
    ("D06-3.5-03", without_the_claim),
];

fn plants() -> impl Iterator<Item = &'static Plant> {
    PLANTS.iter().chain(planted_1_0_1::PLANTS).chain(planted_2_0::PLANTS)
}

fn plant_of(row: &str) -> Option<fn(&mut Run)> {
    let same = SAME_AS.iter().find(|(id, _)| *id == row).map_or(row, |(_, other)| other);
    let here = plants().find(|(id, _)| *id == same).map(|(_, plant)| *plant);
    here.or_else(|| planted_drafts::plant_of(row))
}

#[test]
fn every_planted_violation_is_rejected_by_the_invariant_that_its_row_names() {
    let mut named = BTreeSet::new();
    let mut unnoticed = Vec::new();
    for revision in Revision::ALL {
        for (row, text) in rows(revision).iter().flat_map(|row| row.planted.iter().map(move |text| (row, text))) {
            let Some(Planted::Trace { invariant }) = Planted::parse(text) else { continue };
            named.insert(&*row.id);
            let Some(plant) = plant_of(&row.id) else {
                unnoticed.push((&*row.id, "has no trace"));
                continue;
            };
            let mut run = first_grant(revision);
            plant(&mut run);
            if verdict(&run, invariant).violations.is_empty() {
                unnoticed.push((&*row.id, invariant));
            }
        }
    }
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
    let planted = plants().map(|(id, _)| *id).chain(SAME_AS.iter().map(|(id, _)| *id)).chain(planted_drafts::rows());
    let unnamed: Vec<_> = planted.filter(|id| !named.contains(id)).collect();
    assert!(unnamed.is_empty(), "planted, and no row says so: {unnamed:?}");
}
