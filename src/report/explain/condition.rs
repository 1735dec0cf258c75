//! A policy as a sentence, from its JSON.

use super::{array, set, text};
use serde_json::Value;

/// `friends (version 2): [view] on all resources, when the requesting party is bob at https://idp.example`.
pub(super) fn policy(policy: &Value, version: u64) -> String {
    format!(
        "{} (version {version}): {} on {}, {}",
        text(&policy["id"]),
        set(&policy["scopes"]),
        target(&policy["target"]),
        condition(&policy["condition"]),
    )
}

fn target(value: &Value) -> String {
    if let Some(ids) = value.get("resources") {
        return array(ids).map(text).collect::<Vec<_>>().join(", ");
    }
    match value.get("type") {
        Some(kind) => format!("every resource of type {}", text(kind)),
        None => "all resources".into(),
    }
}

/// A condition as the clause that follows "granted".
fn condition(value: &Value) -> String {
    if value == "anyone" {
        return "for anyone".into();
    }
    if value == "owner-approves" {
        return "when the owner approves this request".into();
    }
    let Some((kind, body)) = value.as_object().and_then(|members| members.iter().next()) else {
        return format!("when {value}");
    };
    match kind.as_str() {
        "all" => joined(body, " and "),
        "any" => joined(body, " or "),
        "requesting-party" => {
            format!("when the requesting party is {} at {}", text(&body["subject"]), text(&body["issuer"]))
        }
        "client" => format!("when the client is {}", text(body)),
        "signed-in-with" => {
            let classes: Vec<_> = array(body).map(text).collect();
            format!("when the requesting party signed in with {}", classes.join(" or "))
        }
        "claim" => claim(body),
        "between" => format!("from {} until {} (seconds)", secs(&body["from"]), secs(&body["until"])),
        _ => format!("when {value}"),
    }
}

// Grant §5.6: no part at all permits nobody.
fn joined(parts: &Value, word: &str) -> String {
    let parts: Vec<_> = array(parts).map(condition).collect();
    match parts.as_slice() {
        [] => "for nobody".into(),
        [one] => one.clone(),
        several => format!("({})", several.join(word)),
    }
}

fn claim(body: &Value) -> String {
    let issuer = body["issuer"].as_str().map_or(String::new(), |issuer| format!(" by {issuer}"));
    let age = body["max_age_secs"].as_u64().map_or(String::new(), |secs| format!(", not older than {secs} s"));
    format!("when the claim {} is {}{issuer}{age}", text(&body["name"]), text(&body["value"]))
}

fn secs(at: &Value) -> u64 {
    at.as_u64().unwrap_or_default() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::text::scope_set;
    use crate::wire::{Policy, PolicyCondition, PolicyTarget};

    fn sentence(condition: PolicyCondition) -> String {
        let one = Policy { id: "p".into(), target: PolicyTarget::AllResources, scopes: scope_set(["view"]), condition };
        policy(&serde_json::to_value(one).unwrap_or_default(), 3)
    }

    #[test]
    fn a_policy_reads_as_a_sentence() {
        assert_eq!(sentence(PolicyCondition::Anyone), "p (version 3): [view] on all resources, for anyone");
        assert!(sentence(PolicyCondition::All(Vec::new())).ends_with("for nobody"));
        let both = PolicyCondition::All(vec![PolicyCondition::Client("app".into()), PolicyCondition::OwnerApproves]);
        assert!(sentence(both).ends_with("(when the client is app and when the owner approves this request)"));
    }
}
