//! Owners whom an operator registers at a resource server.

use super::connecting::{Browser, connect_at, signed_in};
use super::*;
use crate::role::operation::{NewAccount, OnClients, OnIssuers, OnPeople, Operation, Report};
use crate::wire::PasswordVerifier;
use crate::wire::page::Page;

fn order(bench: &mut Bench, operation: Operation) -> Option<Report> {
    bench.input(Input::Act(Act::Operate { order: 1, operation }));
    bench.reports.pop()
}

fn is_asked_to_sign_in(bench: &mut Bench, browser: &Browser) -> bool {
    let exchange = connect_at(bench, browser, AS);
    matches!(bench.answered(exchange), Some(Response::Page(Page::SignIn { .. })))
}

#[test]
fn an_owner_who_is_registered_signs_in_until_removed() {
    let mut bench = Bench::new(Revision::V2_0);
    let (verifier, claims) = (PasswordVerifier::new("v"), BTreeMap::new());
    let carol = NewAccount { name: "carol".into(), verifier, second_factor: None, claims };
    assert_eq!(order(&mut bench, Operation::People(OnPeople::Put(carol))), Some(Report::Done { created: true }));
    let browser = signed_in(&mut bench, "carol");
    assert!(!is_asked_to_sign_in(&mut bench, &browser));
    let removed = order(&mut bench, Operation::People(OnPeople::Remove("carol".into())));
    assert_eq!(removed, Some(Report::Done { created: false }));
    assert!(is_asked_to_sign_in(&mut bench, &browser));
    let of_file = order(&mut bench, Operation::People(OnPeople::Remove("alice".into())));
    assert_eq!(of_file, Some(Report::Configured));
    for elsewhere in [Operation::Issuers(OnIssuers::List), Operation::Clients(OnClients::List)] {
        assert_eq!(order(&mut bench, elsewhere), Some(Report::NotHere));
    }
}
