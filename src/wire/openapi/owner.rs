//! The owners' API.

use super::shared::get;
use super::{Content, ERROR, Guard, JSON, Operation};

pub(super) const SCHEMAS: &str = include_str!("schemas/owner.json");

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list("/resources", "listOwnResources", "What the owner owns", "OwnedResources"),
        list("/policies", "listPolicies", "The owner's policies", "Policies"),
        one("get", "/policies/{policy}", "readPolicy", "One policy", &[], vec![(200, Some((JSON, "Policy"))), MISSING]),
        Operation {
            takes: Some((JSON, "PolicyBody")),
            ..one(
                "put",
                "/policies/{policy}",
                "setPolicy",
                "Sets or replaces a policy; the same again changes nothing",
                &["If-Match", "If-None-Match"],
                vec![(200, Some((JSON, "Policy"))), (201, Some((JSON, "Policy"))), MISSING, STALE],
            )
        },
        one(
            "delete",
            "/policies/{policy}",
            "withdrawPolicy",
            "Withdraws a policy, and from tokens what rests on it",
            &["If-Match"],
            vec![(204, None), MISSING, STALE],
        ),
        list("/shares", "listShares", "Who has access now", "Shares"),
        list("/requests", "listRequests", "What waits for the owner", "Requests"),
        Operation {
            takes: Some((JSON, "Decision")),
            ..one(
                "put",
                "/requests/{request}",
                "answerRequest",
                "Approves or denies a request; the same again changes nothing",
                &[],
                vec![(204, None), MISSING, (409, Some(ERROR))],
            )
        },
        list("/clients", "listClients", "The clients that the owner approved", "Clients"),
        one(
            "delete",
            "/clients/{client}",
            "withdrawApproval",
            "Withdraws the approval of a client; its tokens for the owner die",
            &[],
            vec![(204, None)],
        ),
        list("/history", "readHistory", "Who asked for what, and what they got or why not", "History"),
    ]
}

const MISSING: (u16, Option<Content>) = (404, Some(ERROR));
const STALE: (u16, Option<Content>) = (412, Some(ERROR));

fn list(below: &'static str, id: &'static str, summary: &'static str, schema: &'static str) -> Operation {
    one("get", below, id, summary, &[], vec![(200, Some((JSON, schema)))])
}

fn one(
    method: &'static str,
    below: &'static str,
    id: &'static str,
    summary: &'static str,
    fields: &'static [&'static str],
    gives: Vec<(u16, Option<Content>)>,
) -> Operation {
    let (refused, unreadable) = ((400, Some(ERROR)), (415, Some(ERROR)));
    let gives = gives.into_iter().chain([refused, unreadable]).collect();
    Operation { method, below, fields, guard: Guard::Token("owner"), gives, ..get(id, summary, "Error") }
}
