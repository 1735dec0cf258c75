//! What stands behind one decision: the RPT, the authorization processes, the policies in force.

use super::{Decision, array, permission, set, since_start, subjects, text};
use crate::report::TraceFile;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The records behind one decision.
pub(super) struct Chain<'a> {
    trace: &'a TraceFile,
    rpt: Option<&'a str>,
    processes: BTreeSet<u64>,
    tickets: BTreeSet<&'a str>,
    causes: BTreeSet<String>,
    presented_in: BTreeSet<u64>,
    clients: BTreeMap<&'a str, &'a str>,
}

impl<'a> Chain<'a> {
    pub(super) fn of(trace: &'a TraceFile, decision: &Decision<'a>) -> Self {
        let mut chain = Self {
            trace,
            rpt: decision.note["rpt"].as_str(),
            processes: BTreeSet::new(),
            tickets: BTreeSet::new(),
            causes: BTreeSet::new(),
            presented_in: BTreeSet::new(),
            clients: BTreeMap::new(),
        };
        chain.add_clients();
        chain.add_processes_of_rpt(decision.note["decision"]["released"]["resource_id"].as_str());
        chain.add_process_of_ticket(decision.note["decision"]["challenged-with-ticket"].as_str());
        chain.add_tickets();
        chain.add_steps();
        chain
    }

    pub(super) fn processes(&self) -> &BTreeSet<u64> {
        &self.processes
    }

    /// What is known of the presented RPT.
    pub(super) fn rpt_lines(&self) -> Vec<String> {
        let Some(rpt) = self.rpt else { return Vec::new() };
        let mut lines = Vec::new();
        for (record, fact) in self.facts() {
            let at = since_start(self.trace, &record["at"]);
            match fact {
                Some(("rpt-issued", body)) if body["rpt"] == rpt => {
                    lines.push(format!(
                        "issued at {at} to {} for {}",
                        self.client(&body["client"]),
                        subjects(&body["subjects"])
                    ));
                    lines.extend(granted(&body["permissions"]));
                }
                Some(("authorization-data-added", body)) if body["rpt"] == rpt => {
                    lines.push(format!("authorization data added at {at} for {}", text(&body["ticket"])));
                    lines.extend(granted(&body["permissions"]));
                }
                Some(("permissions-withdrawn", body)) if body["rpt"] == rpt => {
                    let resource = text(&body["resource"]["id"]);
                    lines.push(format!("withdrawn at {at}: {resource} {}", set(&body["scopes"])));
                }
                Some(("token-revoked", body)) if body["token"] == rpt => {
                    lines.push(format!("revoked at {at}: {}", text(&body["why"])));
                }
                _ => {}
            }
        }
        if lines.is_empty() {
            lines.push("no authorization server of this run issued it".into());
        }
        lines
    }

    /// Tickets, claims, assessments and questions of one process, in order.
    pub(super) fn process_lines(&self, process: u64) -> Vec<String> {
        let mut lines = Vec::new();
        for (record, fact) in self.facts() {
            let at = since_start(self.trace, &record["at"]);
            let assessed = &record["event"]["noted"]["note"]["assessed"];
            if assessed["process"] == process {
                lines.push(format!("{at}  {}", self.assessment(assessed)));
                lines.extend(self.sets(assessed));
            }
            if let Some((kind, body)) = fact
                && body["process"] == process
                && let Some(words) = self.step(kind, body)
            {
                lines.push(format!("{at}  {words}"));
            }
            if let Some(("owner-answered", body)) = fact
                && self.asked_in(process, &body["request"])
            {
                let how = if body["approved"] == true { "approved" } else { "refused" };
                lines.push(format!("{at}  {} {how}", text(&body["owner"])));
            }
        }
        lines
    }

    /// The answers to whoever presented the tickets, and the RPT that came of them.
    pub(super) fn outcome_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (record, fact) in self.facts() {
            let at = since_start(self.trace, &record["at"]);
            let answered = &record["event"]["answered"];
            if answered["exchange"].as_u64().is_some_and(|exchange| self.presented_in.contains(&exchange)) {
                lines.push(format!("{at}  {} {}", answered["status"], answer(&answered["answer"]["message"])));
            }
            if let Some(("rpt-issued", body)) = fact
                && body["origin"]["ticket"]["ticket"].as_str().is_some_and(|ticket| self.tickets.contains(ticket))
            {
                lines.push(format!("{at}  RPT {}", text(&body["rpt"])));
            }
        }
        lines
    }

    /// True when the record stands in the same causal step as an assessment of one of the processes.
    pub(super) fn was_assessed_in(&self, record: &Value) -> bool {
        self.causes.contains(&record["cause"].to_string())
    }

    fn step(&self, kind: &str, body: &Value) -> Option<String> {
        Some(match kind {
            "ticket-issued" => {
                let asked: Vec<_> = array(&body["permissions"]).map(permission).collect();
                let after = body["predecessor"].as_str().map_or(String::new(), |old| format!(", after {old}"));
                format!("{} issued for {} ({}{after})", text(&body["ticket"]), asked.join(", "), text(&body["reason"]))
            }
            "ticket-redeemed" => {
                let (ticket, client) = (text(&body["ticket"]), self.client(&body["client"]));
                format!("{ticket} presented by {client} at the {} endpoint", text(&body["at"]))
            }
            "claims-established" => claims(body),
            "person-agreed" => format!("{} agreed to give claims", text(&body["subject"]["person"])),
            "owner-asked" => format!("{} is asked to decide", text(&body["owner"])),
            "request-denied" => "denied".to_owned(),
            _ => return None,
        })
    }

    fn assessment(&self, note: &Value) -> String {
        let (ticket, client) = (text(&note["ticket"]), self.client(&note["client"]));
        format!("assessed for {client} with {ticket}, {}: {}", subjects(&note["subjects"]), text(&note["result"]))
    }

    // The name that a client registered with, or its identifier.
    fn client(&self, id: &'a Value) -> &'a str {
        let id = text(id);
        self.clients.get(id).copied().unwrap_or(id)
    }

    // The names of Grant §3.3.4.
    fn sets(&self, note: &Value) -> Vec<String> {
        let registered = set(&note["registered_scopes"]);
        let requested = set(&note["requested_scopes"]);
        let mut lines = vec![format!("    registered_scopes {registered}  requested_scopes {requested}")];
        for resource in array(&note["resources"]) {
            let id = text(&resource["resource"]["id"]);
            let of_ticket = self.ticket_scopes(&note["ticket"], id);
            let (asked, passed) = (set(&resource["requested"]), set(&resource["candidate_granted"]));
            lines.push(format!(
                "    {id}: ticket_scopes {of_ticket}  requested_scopes {asked}  candidate_granted_scopes {passed}"
            ));
            lines.extend(array(&resource["reasons"]).map(|reason| format!("      {}", text(reason))));
        }
        lines
    }

    fn ticket_scopes(&self, ticket: &Value, id: &str) -> String {
        let issued = self.facts().filter_map(|(_, fact)| fact);
        let mut of_ticket = issued.filter(|(kind, body)| *kind == "ticket-issued" && body["ticket"] == *ticket);
        let permissions = of_ticket.next().map(|(_, body)| &body["permissions"]);
        let asked = permissions.into_iter().flat_map(array).find(|one| one["resource_id"] == id);
        asked.map_or_else(|| "[]".to_owned(), |one| set(&one["scopes"]))
    }

    /// The assessments of the processes, with the records they stand in.
    pub(super) fn assessments(&self) -> impl Iterator<Item = (&'a Value, &'a Value)> {
        let assessed = self.trace.records.iter().map(|record| (record, &record["event"]["noted"]["note"]["assessed"]));
        assessed.filter(|(_, note)| note["process"].as_u64().is_some_and(|process| self.processes.contains(&process)))
    }

    pub(super) fn facts(&self) -> impl Iterator<Item = (&'a Value, Option<(&'a str, &'a Value)>)> {
        self.trace.records.iter().map(|record| {
            let fact = record["event"]["fact"]["fact"].as_object();
            (record, fact.and_then(|members| members.iter().next()).map(|(kind, body)| (kind.as_str(), body)))
        })
    }

    fn add_clients(&mut self) {
        let registered = self.facts().filter_map(|(_, fact)| fact).filter(|(kind, _)| *kind == "client-registered");
        let names =
            registered.filter_map(|(_, body)| Some((body["client"].as_str()?, body["metadata"]["name"].as_str()?)));
        self.clients = names.collect();
    }

    fn add_processes_of_rpt(&mut self, released: Option<&str>) {
        let Some(rpt) = self.rpt else { return };
        let bodies: Vec<_> = self
            .facts()
            .filter_map(|(_, fact)| fact)
            .filter(|(kind, body)| ["rpt-issued", "authorization-data-added"].contains(kind) && body["rpt"] == rpt)
            .map(|(_, body)| body)
            .collect();
        for one in bodies.into_iter().flat_map(|body| array(&body["permissions"])) {
            if released.is_none_or(|id| one["resource"]["id"] == id) {
                self.processes.extend(one["process"].as_u64());
            }
        }
    }

    fn add_process_of_ticket(&mut self, ticket: Option<&str>) {
        let Some(ticket) = ticket else { return };
        let issued = self
            .facts()
            .filter_map(|(_, fact)| fact)
            .find(|(kind, body)| *kind == "ticket-issued" && body["ticket"] == ticket);
        let process = issued.and_then(|(_, body)| body["process"].as_u64());
        self.processes.extend(process);
    }

    fn add_tickets(&mut self) {
        let tickets: Vec<_> = self
            .facts()
            .filter_map(|(_, fact)| fact)
            .filter(|(kind, body)| {
                *kind == "ticket-issued" && body["process"].as_u64().is_some_and(|one| self.processes.contains(&one))
            })
            .filter_map(|(_, body)| body["ticket"].as_str())
            .collect();
        self.tickets.extend(tickets);
    }

    fn asked_in(&self, process: u64, request: &Value) -> bool {
        self.facts()
            .filter_map(|(_, fact)| fact)
            .any(|(kind, body)| kind == "owner-asked" && body["process"] == process && body["request"] == *request)
    }

    fn add_steps(&mut self) {
        for record in &self.trace.records {
            let process = record["event"]["noted"]["note"]["assessed"]["process"].as_u64();
            if process.is_some_and(|process| self.processes.contains(&process)) {
                self.causes.insert(record["cause"].to_string());
            }
            let sent = &record["event"]["sent"];
            if self.presents_ticket(&sent["call"]["message"]) {
                self.presented_in.extend(sent["exchange"].as_u64());
            }
        }
    }

    fn presents_ticket(&self, message: &Value) -> bool {
        let tickets = [
            &message["Token"]["UmaTicket"]["ticket"],
            &message["RequestAuthorizationData"]["ticket"],
            &message["ClaimsInteraction"]["ticket"],
        ];
        tickets.iter().any(|ticket| ticket.as_str().is_some_and(|ticket| self.tickets.contains(ticket)))
    }
}

fn granted(permissions: &Value) -> Vec<String> {
    let line = |one: &Value| {
        let policies: Vec<_> =
            array(&one["policies"]).map(|pair| format!("{} version {}", text(&pair[0]), pair[1])).collect();
        format!(
            "permission {} from process {} by {}, for {}",
            permission(&one["permission"]),
            one["process"],
            policies.join(", "),
            subjects(&one["subjects"])
        )
    };
    array(permissions).map(line).collect()
}

fn claims(body: &Value) -> String {
    let claims = array(&body["claims"]);
    let names: Vec<_> = claims.map(|claim| format!("{} = {}", text(&claim["name"]), text(&claim["value"]))).collect();
    let how = body["how"].as_object().and_then(|members| members.keys().next()).map_or("?", String::as_str);
    let (person, issuer) = (text(&body["subject"]["person"]), text(&body["subject"]["issuer"]));
    let names = if names.is_empty() { "who it is".into() } else { names.join(", ") };
    format!("claims about {person} at {issuer} ({how}): {names}")
}

// An answer stands in a trace by the name of its type: `RptIssued`, or `{"NeedInfo": {...}}`.
fn answer(message: &Value) -> String {
    let (kind, body) = match message.as_object().and_then(|members| members.iter().next()) {
        Some((kind, body)) => (kind.as_str(), body),
        None => (text(message), &Value::Null),
    };
    match kind {
        "Failure" => body["code"].as_str().unwrap_or("refused").to_owned(),
        "NeedInfo" => "need_info".to_owned(),
        "RequestSubmitted" => "request_submitted".to_owned(),
        "Token" => "an RPT".to_owned(),
        "Page" => "a page".to_owned(),
        "Redirect" => "sent on".to_owned(),
        other => in_words(other),
    }
}

// `AuthorizationDataAdded` is "authorization data added".
fn in_words(name: &str) -> String {
    let mut words = String::new();
    for each in name.chars() {
        if each.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(each.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_told_in_words() {
        assert_eq!(answer(&json!("AuthorizationDataAdded")), "authorization data added");
        assert_eq!(answer(&json!({"Refused": {"status": 404}})), "refused");
        assert_eq!(answer(&json!({"Failure": {"code": "invalid_grant"}})), "invalid_grant");
        assert_eq!(answer(&json!({"NeedInfo": {}})), "need_info");
    }
}
