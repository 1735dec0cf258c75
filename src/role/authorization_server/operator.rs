//! What an operator registers and removes while the server runs, and what ends with it.

use super::{AuthorizationServer, account, policies, trusted_issuers, withdrawal};
use crate::role::Context;
use crate::role::oauth::{accounts, clients};
use crate::role::operation::Operation;
use crate::wire::{ClientId, PersonId, PolicyId, Text};

/// Does what an operator wants, and reports.
pub(super) fn operate(server: &mut AuthorizationServer, cx: &mut Context<'_>, order: u64, operation: &Operation) {
    let report = match operation {
        Operation::People(wanted) => accounts::operate(server, cx, wanted),
        Operation::Issuers(wanted) => trusted_issuers::operate(server, cx, wanted),
        Operation::Clients(wanted) => clients::operate(server, cx, wanted),
    };
    cx.report(order, report);
}

/// A person is gone. As an owner they permit nothing any more; what they said of themselves as a requesting party does not
/// count. Their resources stay registered: whoever serves them goes on protecting them.
pub(super) fn account_removed(server: &mut AuthorizationServer, cx: &mut Context<'_>, person: &PersonId) {
    let policies: Vec<PolicyId> = server.policies.of_owner(person).map(|(policy, _)| policy.id.clone()).collect();
    for policy in policies {
        // It has just been there.
        let _removed = policies::remove(server, cx, person, policy);
    }
    let waiting: Vec<Text> = server.owner_requests.pending(person).map(|(request, _)| request.clone()).collect();
    for request in waiting {
        let _answered = account::answer_request(server, cx, person, request, false);
    }
    let issuer = server.config.issuer.clone();
    withdrawal::of_people(server, cx, |subject| subject.issuer == issuer && subject.person == *person);
}

/// A client is gone, and with it what it holds that is no access token of OAuth.
pub(super) fn client_removed(server: &mut AuthorizationServer, cx: &mut Context<'_>, client: &ClientId) {
    withdrawal::of_client(server, cx, client);
}
