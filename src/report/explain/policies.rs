//! The policies behind one decision: those that permitted, and where something was not permitted those that were in force
//! and did not.

use super::chain::Chain;
use super::{array, condition, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The policies in force, by identifier, with their versions.
type InForce<'a> = BTreeMap<&'a str, (u64, &'a Value)>;

/// One line per policy that spoke, and for processes that ended without a grant one per policy that could have.
pub(super) fn lines(chain: &Chain<'_>) -> Vec<String> {
    let last: BTreeMap<Option<u64>, u64> = chain.assessments().map(process_and_step).collect();
    let mut lines = Vec::new();
    for (record, assessed) in chain.assessments() {
        let (process, step) = process_and_step((record, assessed));
        for resource in array(&assessed["resources"]) {
            let in_force = in_force(chain, record, &resource["resource"]["owner"]);
            lines.extend(permitting(&in_force, resource));
            if last.get(&process) == Some(&step) {
                lines.extend(not_permitting(&in_force, resource));
            }
        }
    }
    let mut shown = BTreeSet::new();
    lines.retain(|line| shown.insert(line.clone()));
    lines
}

fn process_and_step((record, assessed): (&Value, &Value)) -> (Option<u64>, u64) {
    (assessed["process"].as_u64(), record["step"].as_u64().unwrap_or_default())
}

fn permitting<'a>(in_force: &'a InForce<'_>, resource: &'a Value) -> impl Iterator<Item = String> + 'a {
    array(&resource["policies"]).filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_u64()?))).map(|(id, version)| {
        match in_force.get(id) {
            Some((known, policy)) if *known == version => condition::policy(policy, version),
            Some(_) | None => format!("{id} (version {version}): set before this trace begins"),
        }
    })
}

// Grant §3.3.4 step 4: whoever was refused asks which policies there were.
fn not_permitting(in_force: &InForce<'_>, resource: &Value) -> Vec<String> {
    let passed = |scope: &Value| array(&resource["candidate_granted"]).any(|other| other == scope);
    let refused: Vec<&Value> = array(&resource["requested"]).filter(|scope| !passed(scope)).collect();
    let about = in_force.values().filter(|(_, policy)| is_about(policy, resource, &refused));
    let lines: Vec<String> =
        about.map(|(version, policy)| format!("did not permit: {}", condition::policy(policy, *version))).collect();
    if lines.is_empty() && !refused.is_empty() {
        let scopes: Vec<&str> = refused.iter().map(|scope| text(scope)).collect();
        return vec![format!("none in force about {} [{}]", text(&resource["resource"]["id"]), scopes.join(" "))];
    }
    lines
}

// Which types resources have is not said here, so that a policy about a type may be about any.
fn is_about(policy: &Value, resource: &Value, refused: &[&Value]) -> bool {
    let id = &resource["resource"]["id"];
    let named = policy["target"].get("resources").is_none_or(|ids| array(ids).any(|other| other == id));
    named && array(&policy["scopes"]).any(|scope| refused.contains(&scope))
}

// As the server's journal says just before the record. Identifiers of policies are one owner's.
fn in_force<'a>(chain: &Chain<'a>, record: &Value, owner: &Value) -> InForce<'a> {
    let mut policies = InForce::new();
    let before = chain.facts().take_while(|(other, _)| other["step"].as_u64() < record["step"].as_u64());
    let server = &record["event"]["noted"]["node"];
    let here = before.filter(|(other, _)| other["event"]["fact"]["node"] == *server).filter_map(|(_, fact)| fact);
    for (kind, body) in here.filter(|(_, body)| body["owner"] == *owner) {
        match kind {
            "policy-set" => {
                let version = body["version"].as_u64().unwrap_or_default();
                policies.insert(text(&body["policy"]["id"]), (version, &body["policy"]));
            }
            "policy-removed" => {
                policies.remove(text(&body["policy"]));
            }
            _ => {}
        }
    }
    policies
}
