//! What a script says must have happened: patterns over the trace, counted.

use crate::message::NodeId;
use crate::trace::note::{AccessDecision, FetchOutcome};
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::page::Page;
use crate::wire::{Answer, Response};
use serde::{Deserialize, Serialize};

/// `[[expect]]`: a sentence, a pattern, and how often it must occur (at least once when nothing is said).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expectation {
    /// What is expected, for people.
    pub text: String,
    /// An answer by this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// An answer to this node, or a request to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// To a request of this kind, such as `access`, `token`, `rpt`, `ask`, `permission`, `introspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// With this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Of this kind, such as `challenge`, `need-info`, `tokens`, `content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// With this error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A step of the specification, such as `1.B.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// A fact of this kind, such as `rpt-issued`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    /// A rule that was broken and refused by `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_by: Option<String>,
    /// A person who saw something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// What that person saw, or a part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sees: Option<String>,
    /// How a client's process ended: `got`, `denied`, `abandoned` or `gave-up`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// An invariant that is violated in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violated: Option<String>,
    /// Exactly so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// At least so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// At most so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
}

/// How an expectation came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The expectation's sentence.
    pub text: String,
    /// Whether it held.
    pub held: bool,
    /// How often the pattern occurred.
    pub counted: u64,
    /// How often it was to occur, in words.
    pub wanted: String,
}

impl Expectation {
    /// Looks for the pattern in a run. `branches` names the step of the specification for records that are one;
    /// `violated` are the invariants that were violated.
    pub fn judge(
        &self,
        truth: &Truth,
        records: &[Record],
        branch_of: &dyn Fn(usize) -> Option<String>,
        violated: &[&str],
    ) -> Held {
        let counted = match &self.violated {
            Some(id) => violated.iter().filter(|other| *other == id).count() as u64,
            None => {
                let hit = |(at, record): &(usize, &Record)| self.matches(truth, records, *at, record, branch_of);
                records.iter().enumerate().filter(hit).count() as u64
            }
        };
        Held { text: self.sentence(), held: self.counts(counted), counted, wanted: self.wanted() }
    }

    fn sentence(&self) -> String {
        if self.text.is_empty() { format!("{self:?}") } else { self.text.clone() }
    }

    fn counts(&self, counted: u64) -> bool {
        let unbounded = self.times.is_none() && self.at_least.is_none() && self.at_most.is_none();
        self.times.is_none_or(|times| counted == times)
            && self.at_least.is_none_or(|least| counted >= least)
            && self.at_most.is_none_or(|most| counted <= most)
            && (!unbounded || counted >= 1)
    }

    fn wanted(&self) -> String {
        match (self.times, self.at_least, self.at_most) {
            (Some(times), _, _) => format!("exactly {times}"),
            (None, Some(least), Some(most)) => format!("{least} to {most}"),
            (None, Some(least), None) => format!("at least {least}"),
            (None, None, Some(most)) => format!("at most {most}"),
            (None, None, None) => "at least 1".to_owned(),
        }
    }

    fn matches(
        &self,
        truth: &Truth,
        records: &[Record],
        at: usize,
        record: &Record,
        branch_of: &dyn Fn(usize) -> Option<String>,
    ) -> bool {
        if let Some(branch) = &self.branch
            && branch_of(at).as_ref() != Some(branch)
        {
            return false;
        }
        match &record.event {
            Event::Answered { from, to, status, answer, .. } => {
                self.is_about_answers()
                    && self.is_node(truth, self.from.as_ref(), *from)
                    && self.is_node(truth, self.to.as_ref(), *to)
                    && self.request.as_deref().is_none_or(|word| word == record.cause.word)
                    && self.status.is_none_or(|wanted| wanted == *status)
                    && self.is_answer(answer)
            }
            Event::Sent { from, to, call, .. } => {
                self.is_about_requests()
                    && self.is_node(truth, self.from.as_ref(), *from)
                    && to.is_some_and(|to| self.is_node(truth, self.to.as_ref(), to))
                    && self.request.as_deref() == Some(call.message.word())
            }
            Event::Fact { node, fact } => {
                self.fact.as_deref().is_some_and(|kind| kind == fact_word(fact))
                    && self.is_node(truth, self.from.as_ref(), *node)
            }
            Event::Ruled { node, rule, holds, enforced } => {
                self.refused_by.as_deref() == Some(*rule)
                    && !holds
                    && *enforced
                    && self.is_node(truth, self.from.as_ref(), *node)
            }
            Event::Noted { node, note } => self.is_note(truth, *node, note),
            _ => {
                let _ = records;
                false
            }
        }
    }

    fn is_about_answers(&self) -> bool {
        self.is_plain()
            && (self.status.is_some() || self.answer.is_some() || self.error.is_some() || self.branch.is_some())
    }

    fn is_about_requests(&self) -> bool {
        self.is_plain() && !self.is_about_answers() && self.request.is_some()
    }

    fn is_plain(&self) -> bool {
        self.fact.is_none()
            && self.refused_by.is_none()
            && self.who.is_none()
            && self.sees.is_none()
            && self.outcome.is_none()
    }

    fn is_node(&self, truth: &Truth, name: Option<&String>, node: NodeId) -> bool {
        name.is_none_or(|name| truth.get(node).is_some_and(|truth| *truth.name == **name))
    }

    fn is_answer(&self, answer: &Answer) -> bool {
        self.answer.as_deref().is_none_or(|word| word == answer.message.word())
            && self.error.as_deref().is_none_or(|code| error_of(&answer.message).as_deref() == Some(code))
    }

    fn is_note(&self, truth: &Truth, node: NodeId, note: &Note) -> bool {
        match note {
            Note::PersonSaw { text, status, .. } => {
                (self.who.is_some() || self.sees.is_some())
                    && self.is_node(truth, self.who.as_ref(), node)
                    && self.sees.as_deref().is_none_or(|part| text.contains(part))
                    && self.status.is_none_or(|wanted| wanted == *status)
            }
            Note::FetchEnded { outcome, .. } => {
                self.outcome.as_deref().is_some_and(|word| word == outcome_word(outcome))
                    && self.is_node(truth, self.from.as_ref(), node)
            }
            Note::AccessDecided { .. }
            | Note::Assessed(_)
            | Note::FetchStarted { .. }
            | Note::OwnerSession { .. }
            | Note::PersonSentAway { .. }
            | Note::ReturnAccepted { .. }
            | Note::RegistrationStuck { .. }
            | Note::OurChoice(_) => false,
        }
    }
}

/// The word for a fact: the name of its variant with hyphens.
pub fn fact_word(fact: &Fact) -> String {
    match serde_json::to_value(fact) {
        Ok(serde_json::Value::Object(members)) => members.keys().next().cloned().unwrap_or_default(),
        Ok(_) | Err(_) => String::new(),
    }
}

/// The word for an outcome.
pub const fn outcome_word(outcome: &FetchOutcome) -> &'static str {
    match outcome {
        FetchOutcome::Got { .. } => "got",
        FetchOutcome::Denied => "denied",
        FetchOutcome::Abandoned => "abandoned",
        FetchOutcome::GaveUp { .. } => "gave-up",
    }
}

/// The word for an access decision.
pub const fn decision_word(decision: &AccessDecision) -> &'static str {
    match decision {
        AccessDecision::Released { .. } => "released",
        AccessDecision::ChallengedForRpt => "challenged for an RPT",
        AccessDecision::ChallengedWithTicket(_) => "challenged with a ticket",
        AccessDecision::Unreachable => "authorization server unreachable",
        AccessDecision::Refused => "refused",
    }
}

fn error_of(response: &Response) -> Option<String> {
    match response {
        Response::Failure(failure) => failure.code.as_ref().map(|code| code.as_str().to_owned()),
        Response::NeedInfo { .. } | Response::InfoNeeded(_) => Some("need_info".to_owned()),
        Response::RequestSubmitted { .. } => Some("request_submitted".to_owned()),
        Response::Page(Page::Notice { .. }) => None,
        _ => None,
    }
}
