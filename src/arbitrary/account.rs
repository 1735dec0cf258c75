//! People's own pages.

use super::policy::policy;
use super::words::{client_id, etag, resource_id, scope_set, secret, text, time, uri};
use crate::wire::page::{
    AccountChange, AccountPage, AccountView, ApprovedClient, ConsentPurpose, DenialReason, HistoryEntry,
    HistoryOutcome, OwnedResource, PendingRequest, ScopeLabel, Share,
};
use crate::wire::{PersonId, PolicyId, Text};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// What a consent page asks for.
pub fn purpose() -> impl Strategy<Value = ConsentPurpose> {
    use ConsentPurpose::{Authorization, Management, Other, Protection};
    select(vec![Protection, Authorization, Management, Other])
}

/// A part of the page.
pub fn view() -> impl Strategy<Value = AccountView> {
    prop_oneof![
        select(AccountView::LISTS.to_vec()),
        (client_id(), resource_id()).prop_map(|(resource_server, id)| AccountView::Resource { resource_server, id }),
        text().prop_map(|id| AccountView::Policy { id: PolicyId::new(id) }),
    ]
}

fn maybe() -> impl Strategy<Value = Option<Text>> {
    option::of(text())
}

/// A resource that somebody owns.
pub fn resource() -> impl Strategy<Value = OwnedResource> {
    (resource_id(), client_id(), maybe(), maybe(), maybe(), scope_set(), option::of(etag())).prop_map(
        |(id, resource_server, resource_server_name, name, type_, scopes, etag)| OwnedResource {
            id,
            resource_server,
            resource_server_name,
            name,
            type_,
            scopes,
            etag,
        },
    )
}

fn label() -> impl Strategy<Value = ScopeLabel> {
    ("[a-z:/.]{1,8}", text(), option::of(uri())).prop_map(|(scope, name, icon_uri)| ScopeLabel {
        scope: (&*scope).into(),
        name,
        icon_uri,
    })
}

/// A request that waits.
pub fn request() -> impl Strategy<Value = PendingRequest> {
    (text(), client_id(), maybe(), maybe(), resource_id(), maybe(), scope_set()).prop_map(
        |(id, client_id, client_name, requesting_party, resource_id, resource_name, scopes)| PendingRequest {
            id,
            client_id,
            client_name,
            requesting_party,
            resource_id,
            resource_name,
            scopes,
        },
    )
}

/// A client with an approval.
pub fn client() -> impl Strategy<Value = ApprovedClient> {
    let parts = (client_id(), maybe(), scope_set(), any::<bool>());
    parts.prop_map(|(client_id, name, scope, asserted)| ApprovedClient { client_id, name, scope, asserted })
}

/// A permission that works.
pub fn share() -> impl Strategy<Value = Share> {
    let who = (client_id(), maybe(), vec(text(), 0..2));
    let what = (client_id(), resource_id(), maybe(), scope_set());
    (who, what, time(), time(), vec(text().prop_map(PolicyId::new), 0..2)).prop_map(
        |(who, what, since, until, policies)| {
            let (client_id, client_name, requesting_parties) = who;
            let (resource_server, resource_id, resource_name, scopes) = what;
            Share {
                client_id,
                client_name,
                requesting_parties,
                resource_server,
                resource_id,
                resource_name,
                scopes,
                since,
                until,
                policies,
            }
        },
    )
}

fn outcome() -> impl Strategy<Value = HistoryOutcome> {
    use DenialReason::{ConditionsNotMet, NoClaims, NoPolicy, OwnerRefused, UnknownScope};
    let reason = select(vec![NoPolicy, ConditionsNotMet, OwnerRefused, UnknownScope, NoClaims]);
    prop_oneof![
        Just(HistoryOutcome::Granted),
        Just(HistoryOutcome::GrantedAndWithdrawn),
        option::of(reason).prop_map(HistoryOutcome::Denied),
        Just(HistoryOutcome::OwnerApproved),
        Just(HistoryOutcome::OwnerRefused),
        Just(HistoryOutcome::OwnerDidNotAnswer),
    ]
}

/// Something that happened.
pub fn entry() -> impl Strategy<Value = HistoryEntry> {
    let who = (option::of(client_id()), maybe(), vec(text(), 0..2));
    let what = (client_id(), resource_id(), maybe(), scope_set());
    (option::of(time()), who, what, outcome()).prop_map(|(at, who, what, outcome)| {
        let (client_id, client_name, requesting_parties) = who;
        let (resource_server, resource_id, resource_name, scopes) = what;
        HistoryEntry {
            at,
            client_id,
            client_name,
            requesting_parties,
            resource_server,
            resource_id,
            resource_name,
            scopes,
            outcome,
        }
    })
}

/// Any page.
pub fn account() -> impl Strategy<Value = AccountPage> {
    let head = (
        option::of(secret()),
        option::of(text().prop_map(PersonId::new)),
        view(),
        option::of(select(AccountChange::ALL.to_vec())),
    );
    let lists =
        (vec(resource(), 0..3), vec(label(), 0..3), vec(policy(), 0..3), vec(request(), 0..3), vec(client(), 0..3));
    (head, lists, vec(share(), 0..3), vec(entry(), 0..3)).prop_map(|(head, lists, shares, history)| {
        let (form, person, view, changed) = head;
        let (resources, scopes, policies, requests, clients) = lists;
        AccountPage { form, person, view, changed, resources, scopes, policies, requests, clients, shares, history }
    })
}
