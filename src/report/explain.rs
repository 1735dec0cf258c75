//! Why an access was granted or refused: from the decision of the resource server back to the policy.
//!
//! Works on JSON values only, so that a run in memory and a `trace.jsonl` of last week are explained by the same code.

mod chain;
mod condition;
mod policies;

use crate::check::requirements;
use crate::report::{TraceFile, rules};
use crate::wire::{Duration, Revision};
use chain::Chain;
use serde_json::Value;
use std::collections::BTreeMap;

/// The decided access attempts of a trace, one line each, numbered from 1.
pub fn accesses(trace: &TraceFile) -> Vec<String> {
    let senders = senders(trace);
    decisions(trace).map(|decision| headline(trace, &senders, &decision)).enumerate().map(numbered).collect()
}

fn numbered((at, line): (usize, String)) -> String {
    format!("{:>3}  {line}", at + 1)
}

/// Why access number `n`, counted from 1, was granted or refused; `None` when there are fewer.
pub fn explain(trace: &TraceFile, n: usize) -> Option<String> {
    let decision = decisions(trace).nth(n.checked_sub(1)?)?;
    let chain = Chain::of(trace, &decision);
    let mut lines = vec![format!("access {n}: {}", headline(trace, &senders(trace), &decision)), String::new()];
    lines.push("the resource server decided on".into());
    lines.extend(indented(evidence(trace, &decision)));
    section(&mut lines, "the RPT", chain.rpt_lines());
    for process in chain.processes() {
        section(&mut lines, &format!("authorization process {process}"), chain.process_lines(*process));
    }
    section(&mut lines, "the policies", policies::lines(&chain));
    section(&mut lines, "rules that refused on the way", refused_rules(trace, &decision, &chain));
    section(&mut lines, "what the tickets brought", chain.outcome_lines());
    Some(lines.join("\n") + "\n")
}

/// One decision of a resource server, with the record it stands in.
struct Decision<'a> {
    record: &'a Value,
    node: &'a Value,
    note: &'a Value,
}

fn decisions(trace: &TraceFile) -> impl Iterator<Item = Decision<'_>> {
    trace.records.iter().filter_map(|record| {
        let noted = &record["event"]["noted"];
        let note = noted["note"].get("access-decided")?;
        Some(Decision { record, node: &noted["node"], note })
    })
}

fn headline(trace: &TraceFile, senders: &BTreeMap<u64, &str>, decision: &Decision<'_>) -> String {
    let asker = decision.note["exchange"].as_u64().and_then(|exchange| senders.get(&exchange)).unwrap_or(&"somebody");
    format!(
        "{asker} asks {} for {} {} at {}: {}",
        trace.node_name(decision.node),
        text(&decision.note["method"]),
        text(&decision.note["path"]),
        since_start(trace, &decision.record["at"]),
        outcome(&decision.note["decision"]),
    )
}

// Who sent each request, by ground truth.
fn senders(trace: &TraceFile) -> BTreeMap<u64, &str> {
    let sent = trace.records.iter().map(|record| &record["event"]["sent"]);
    sent.filter_map(|sent| Some((sent["exchange"].as_u64()?, trace.node_name(&sent["from"])))).collect()
}

fn outcome(decision: &Value) -> String {
    if let Some(released) = decision.get("released") {
        return match released["resource_id"].as_str() {
            Some(id) => format!("granted (resource {id})"),
            None => "granted (not protected)".into(),
        };
    }
    if let Some(ticket) = decision.get("challenged-with-ticket") {
        return format!("refused, with {}", text(ticket));
    }
    match decision.as_str() {
        Some("challenged-for-rpt") => "refused, an RPT is needed".into(),
        Some("unreachable") => "refused, the authorization server could not be asked".into(),
        _ => "refused by the resource server's own rules".into(),
    }
}

fn evidence(trace: &TraceFile, decision: &Decision<'_>) -> Vec<String> {
    let rpt = decision.note["rpt"].as_str();
    let evidence = &decision.note["evidence"];
    let mut lines = vec![rpt.map_or("no RPT".to_owned(), |rpt| format!("RPT {rpt}"))];
    if evidence.is_null() {
        lines.push("no answer of an authorization server".into());
        return lines;
    }
    let good = if evidence["active"] == true { "good" } else { "not good" };
    lines.push(format!(
        "the answer of {} to {} at {}: {good}",
        text(&evidence["as_uri"]),
        text(&evidence["pat"]),
        since_start(trace, &evidence["fetched_at"]),
    ));
    lines.extend(array(&evidence["permissions"]).map(|one| format!("permission {}", permission(one))));
    lines
}

// Rules checked by the resource server from the attempt to the decision, and those checked in the processes behind it.
fn refused_rules(trace: &TraceFile, decision: &Decision<'_>, chain: &Chain<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let begun = arrival(trace, decision);
    for record in &trace.records {
        let ruled = &record["event"]["ruled"];
        let between = begun <= record["step"].as_u64() && record["step"].as_u64() <= decision.record["step"].as_u64();
        let here =
            between && record["cause"]["root"] == decision.record["cause"]["root"] && ruled["node"] == *decision.node;
        let refused =
            ruled["holds"] == false && !(ruled["enforced"] == true && rules::refuses_nothing(text(&ruled["rule"])));
        if refused && (here || chain.was_assessed_in(record)) {
            let line = rule_line(trace, ruled);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

// When the attempt reached the resource server.
fn arrival(trace: &TraceFile, decision: &Decision<'_>) -> Option<u64> {
    let exchange = &decision.note["exchange"];
    let arrived = trace.records.iter().find(|record| {
        let arrived = &record["event"]["arrived"];
        !arrived.is_null() && arrived["exchange"] == *exchange
    });
    arrived.or(Some(decision.record)).and_then(|record| record["step"].as_u64())
}

fn rule_line(trace: &TraceFile, ruled: &Value) -> String {
    let rule = text(&ruled["rule"]);
    let ids = requirement_ids(trace, rule);
    let ignored = if ruled["enforced"] == false { " (switched off)" } else { "" };
    let requirements = if ids.is_empty() { String::new() } else { format!("  [{}]", ids.join(" ")) };
    format!("{rule} at {}{ignored}{requirements}", trace.node_name(&ruled["node"]))
}

fn requirement_ids(trace: &TraceFile, rule: &str) -> Vec<&'static str> {
    const SHOWN: usize = 6;
    let nodes = array(&trace.header["truth"]["nodes"]);
    let spoken: Vec<_> = nodes.filter_map(|node| Revision::parse(node["revision"].as_str()?)).collect();
    let wanted = format!("rule:{rule}");
    let rows = Revision::ALL.into_iter().filter(|revision| spoken.contains(revision)).flat_map(requirements::rows);
    rows.filter(|row| row.checked_by.contains(&wanted)).map(|row| &*row.id).take(SHOWN).collect()
}

fn section(lines: &mut Vec<String>, title: &str, body: Vec<String>) {
    if !body.is_empty() {
        lines.push(String::new());
        lines.push(title.to_owned());
        lines.extend(indented(body));
    }
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

fn since_start(trace: &TraceFile, at: &Value) -> Duration {
    let start = trace.records.first().and_then(|record| record["at"].as_u64()).unwrap_or_default();
    Duration(at.as_u64().unwrap_or_default().saturating_sub(start))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn set(value: &Value) -> String {
    let words: Vec<_> = array(value).map(|one| text(one).rsplit('/').next().unwrap_or_default()).collect();
    format!("[{}]", words.join(" "))
}

fn permission(value: &Value) -> String {
    format!("{} {}", text(&value["resource_id"]), set(&value["scopes"]))
}

fn subjects(value: &Value) -> String {
    let words: Vec<_> =
        array(value).map(|one| format!("{} at {}", text(&one["person"]), text(&one["issuer"]))).collect();
    if words.is_empty() { "nobody known".into() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{jsonl::Header, sample};

    fn trace() -> TraceFile {
        let sample = sample::v2_0();
        TraceFile::new(&Header::default(), &sample.truth, &sample.records)
    }

    #[test]
    fn accesses_are_numbered() {
        let lines = accesses(&trace());
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with("granted (resource r-1)"), "{}", lines[1]);
        assert_eq!(explain(&trace(), 0), None);
        assert_eq!(explain(&trace(), 3), None);
    }

    #[test]
    fn a_refusal_names_the_rule_and_what_came_of_the_ticket() {
        let text = explain(&trace(), 1).unwrap_or_default();
        for expected in ["refused, with ticket#1", "no claim says who asks", "policy-permits at as", "RPT rpt#1"] {
            assert!(text.contains(expected), "`{expected}` is missing in\n{text}");
        }
    }
}
