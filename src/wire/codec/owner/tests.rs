#![allow(clippy::panic, reason = "tests fail loudly")]

use super::*;
use crate::wire::{Endpoint, PolicyCondition};

fn put(path: &str, headers: &[(&str, &str)], body: &str) -> Result<Request, Kind> {
    let routes = Routes::new([(Endpoint::Owner, "/owner/")]);
    let headers = headers.iter().map(|(name, value)| (Text::from(*name), Text::from(*value))).collect();
    let uri = Uri::new(format!("https://as.example/owner/{path}"));
    read_request(&routes, &HttpRequest { method: "PUT".into(), uri, headers, body: body.as_bytes().to_vec() })
}

const ANYBODY: &str = r#"{"all_resources":true,"scopes":["view"],"permit":{"anyone":true}}"#;

#[test]
fn a_policy_is_named_by_its_path() {
    let Ok(Request::Owner(OwnerCall::SetPolicy { policy, only_if: None })) = put("policies/a%2Fb", &[], ANYBODY) else {
        panic!("no policy")
    };
    assert_eq!((policy.id.as_str(), policy.condition), ("a/b", PolicyCondition::Anyone));
    let named = ANYBODY.replacen('{', r#"{"id":"p","#, 1);
    assert!(put("policies/p", &[], &named).is_ok());
    assert_eq!(put("policies/q", &[], &named), Err(malformed("id")));
}

#[test]
fn what_a_policy_says_is_understood_whole_or_not_at_all() {
    let permit = |permit: &str| {
        put("policies/p", &[], &format!(r#"{{"all_resources":true,"scopes":["view"],"permit":{permit}}}"#))
    };
    assert_eq!(permit(r#"{"claim":"role","value":"doctor","maxage":60}"#), Err(malformed("maxage")));
    assert_eq!(permit(r#"{"anyone":false}"#), Err(malformed("anyone")));
    assert_eq!(permit(r#"{"anyone":true,"client":"c"}"#), Err(malformed("permit")));
    assert_eq!(permit(r#"{"person":"bob"}"#), Err(missing("issuer")));
    assert_eq!(permit(r#"{"from":1}"#), Err(missing("until")));
    assert_eq!(permit("{}"), Err(malformed("permit")));
    assert_eq!(permit(r#"{"all":[{"anyone":true},7]}"#), Err(malformed("permit")));
    let both = r#"{"all_resources":true,"type":"t","scopes":[],"permit":{"anyone":true}}"#;
    assert_eq!(put("policies/p", &[], both), Err(malformed("resources")));
    let typo = ANYBODY.replace("scopes", "scope");
    assert_eq!(put("policies/p", &[], &typo), Err(malformed("scope")));
}

#[test]
fn a_precondition_is_understood_or_an_error() {
    let only_if = |name: &str, value: &str| match put("policies/p", &[(name, value)], ANYBODY) {
        Ok(Request::Owner(OwnerCall::SetPolicy { only_if, .. })) => Ok(only_if),
        Ok(other) => panic!("{other:?}"),
        Err(kind) => Err(kind),
    };
    assert_eq!(only_if("If-Match", "\"7\""), Ok(Some(Precondition::Current("7".into()))));
    assert_eq!(only_if("If-None-Match", "*"), Ok(Some(Precondition::Absent)));
    for (name, value) in [("If-Match", "7"), ("If-Match", "*"), ("If-Match", "W/\"7\""), ("If-None-Match", "\"7\"")] {
        assert_eq!(only_if(name, value), Err(malformed(name)));
    }
}

#[test]
fn other_paths_and_methods_are_not_served() {
    for path in ["", "nothing", "nothing/x", "policies/a/b", "shares/x"] {
        assert!(matches!(put(path, &[], "{}"), Err(Kind::UnknownPath(_))), "{path}");
    }
    for path in ["policies", "clients/c", "history"] {
        assert_eq!(put(path, &[], "{}"), Err(Kind::MethodNotAllowed("PUT".into())), "{path}");
    }
    assert_eq!(put("requests/q", &[], "{}"), Err(missing("approve")));
}
