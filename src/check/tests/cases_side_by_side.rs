//! A server of 1.0.1 and 2.0: what goes on in which revision.

use super::Case;
use crate::check::test_traces::*;
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, ProcessId, Subject};
use crate::wire::Revision::{V1_0_1, V2_0};
use crate::wire::*;

fn beside(run: &mut Run) {
    run.truth.nodes[usize::from(AS.0)].beside = Some(V1_0_1);
}

fn redeemed_at(run: &mut Run, at: Endpoint) {
    beside(run);
    run.challenged("t8", 8, None);
    let (ticket, process) = (hash("t8"), ProcessId(8));
    for at in [Endpoint::Token, at] {
        run.fact(AS, Fact::TicketRedeemed { ticket, process, client: id(CLIENT), at, spent: false });
    }
}

// What is known of Bob by an AAT says nothing in a process of 2.0, and the other way round.
fn claims(run: &mut Run, at: Endpoint, how: ClaimsSource) {
    beside(run);
    run.challenged("t8", 8, None);
    let process = ProcessId(8);
    run.fact(AS, Fact::TicketRedeemed { ticket: hash("t8"), process, client: id(CLIENT), at, spent: false });
    let (subject, established_at) = (Subject { issuer: uri(AS, ""), person: "bob".into() }, run.at());
    run.fact(
        AS,
        Fact::ClaimsEstablished { process, client: id(CLIENT), subject, claims: Vec::new(), how, established_at },
    );
}

fn crossed(run: &mut Run, code: ErrorCode, text: &str) {
    beside(run);
    run.challenged("t8", 8, None);
    let (ticket, process, at) = (hash("t8"), ProcessId(8), Endpoint::Rpt);
    run.fact(AS, Fact::TicketRedeemed { ticket, process, client: id(CLIENT), at, spent: false });
    let ask = run.present(CLIENT, "t8", None);
    run.answer(AS, CLIENT, ask, 400, Response::Failure(Failure::body(400, code).because(text)));
}

pub(super) const CASES: &[Case] = &[
    ("TKT-9", V2_0, beside, |run| redeemed_at(run, Endpoint::Rpt)),
    ("TKT-9", V2_0, beside, |run| claims(run, Endpoint::Token, ClaimsSource::Aat(hash("aat")))),
    ("TKT-9", V2_0, beside, |run| claims(run, Endpoint::Rpt, ClaimsSource::Pct(hash("pct")))),
    ("TKT-1", V2_0, beside, |run| redeemed_at(run, Endpoint::Token)),
    (
        "GRT-7",
        V2_0,
        |run| crossed(run, ErrorCode::InvalidGrant, "1.0.1, and not 2.0"),
        |run| crossed(run, ErrorCode::InvalidGrant, "2.0 it is not"),
    ),
    (
        "GRT-7",
        V2_0,
        |run| crossed(run, ErrorCode::InvalidGrant, "1.0.1, and not 2.0"),
        |run| crossed(run, ErrorCode::InvalidScope, "1.0.1, and not 2.0"),
    ),
];
