//! Tells the steps of a client as they happen, and when it has come to an end. Of secrets it says that they are there.

use crate::cli::complain;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use umaverse::message::ExchangeId;
use umaverse::node::watch::{Nobody, Onlooker, Seen};
use umaverse::role::Effect;
use umaverse::trace::fact::{AatObtained, RptObtained};
use umaverse::trace::note::FetchOutcome;
use umaverse::trace::{Fact, Note};
use umaverse::wire::oauth::TokenRequest;
use umaverse::wire::response::status_of;
use umaverse::wire::{Answer, Call, ChallengeReason, DecodeError, Request, Response, Uri};

pub(super) struct Narrator {
    aloud: bool,
    /// How it gets AATs while nobody is there.
    alone_by: &'static str,
    numbers: Nobody,
    asked: RefCell<BTreeMap<ExchangeId, Uri>>,
    end: UnboundedSender<(Uri, FetchOutcome)>,
}

impl Narrator {
    pub(super) fn new(aloud: bool, by_assertion: bool) -> (Self, UnboundedReceiver<(Uri, FetchOutcome)>) {
        let (end, ended) = mpsc::unbounded_channel();
        let alone_by = if by_assertion { "an assertion" } else { "own credentials" };
        (Self { aloud, alone_by, numbers: Nobody::numbering_from_anywhere(), asked: RefCell::default(), end }, ended)
    }

    fn say(&self, text: impl FnOnce() -> String) {
        if self.aloud {
            complain(&text());
        }
    }

    fn returned(&self, exchange: ExchangeId, answer: &Result<Answer, DecodeError>) {
        let from = self.asked.borrow_mut().remove(&exchange);
        let from = from.map(|to| to.origin().to_owned()).unwrap_or_default();
        self.say(|| match answer {
            Ok(answer) => format!("<- {from} {} {}", status_of(&answer.message), answered(&answer.message)),
            Err(error) => format!("<- {from} cannot be read: {error}"),
        });
    }

    fn said(&self, said: &Effect) {
        let Effect::Note(note) = said else { return };
        match note {
            Note::PersonSentAway { to, .. } => self.say(|| format!("   a person is sent to {}", to.base())),
            Note::ReturnAccepted { .. } => self.say(|| "   the person is back".to_owned()),
            Note::FetchEnded { resource, outcome, .. } => {
                // Nobody listens any more once it is over.
                let _over = self.end.send((resource.clone(), outcome.clone()));
            }
            _ => {}
        }
    }
}

fn asked(call: &Call) -> String {
    let what = match &call.message {
        Request::Token(TokenRequest::UmaTicket(grant)) => match (&grant.claim_token, &grant.rpt) {
            (Some(_), _) => "ticket and claims for an RPT",
            (None, Some(_)) => "ticket for more in the RPT",
            (None, None) => "ticket for an RPT",
        },
        Request::Token(TokenRequest::AuthorizationCode { .. }) => "code for tokens",
        Request::Token(TokenRequest::ClientCredentials { .. }) => "own credentials for a token",
        Request::Token(TokenRequest::Saml2Bearer { .. }) => "SAML assertion for a token",
        Request::Token(TokenRequest::Refresh { .. }) => "refresh token for a token",
        Request::Access { .. } => match call.credentials.bearer() {
            Some(_) => "access with an RPT",
            None => "access without an RPT",
        },
        Request::RequestAuthorizationData { .. } => "ticket for authorization data",
        other => other.word(),
    };
    format!("-> {} {what}", call.to.base())
}

fn answered(message: &Response) -> &str {
    match message {
        Response::Challenge(challenge) => match &challenge.reason {
            ChallengeReason::TicketGiven(_) => "challenge with a ticket",
            ChallengeReason::RptNeeded => "challenge: an RPT is needed",
            ChallengeReason::AuthorizationDataNeeded(_) => "challenge with a ticket for authorization data",
            ChallengeReason::MoreNeeded(_) => "challenge with a ticket for more",
        },
        Response::Failure(failure) => failure.code.as_ref().map_or("error", |code| code.as_str()),
        other => other.word(),
    }
}

fn learned(fact: &Fact, alone_by: &str) -> Option<String> {
    match fact {
        Fact::CredentialsStored { as_uri, client, .. } => {
            Some(format!("registered at {as_uri} as {}", client.as_str()))
        }
        Fact::RptObtained(RptObtained { as_uri, .. }) => Some(format!("an RPT from {as_uri}")),
        Fact::AatObtained(AatObtained { as_uri, session, .. }) => {
            let whose = if session.is_some() { "a person's approval" } else { alone_by };
            Some(format!("an AAT from {as_uri}, by {whose}"))
        }
        Fact::PctObtained { as_uri, .. } => Some(format!("a PCT from {as_uri}")),
        _ => None,
    }
}

impl Onlooker for Narrator {
    fn sees(&self, what: &Seen<'_>) {
        match what {
            Seen::Sent { exchange, call } => {
                self.asked.borrow_mut().insert(*exchange, call.to.clone());
                self.say(|| asked(call));
            }
            Seen::Returned { exchange, answer } => self.returned(*exchange, answer),
            Seen::Failed { exchange, .. } => {
                let to = self.asked.borrow_mut().remove(exchange);
                self.say(|| format!("<- no answer from {}", to.map(|to| to.origin().to_owned()).unwrap_or_default()));
            }
            Seen::TimerSet { timer, .. } if timer.word == "poll" => {
                self.say(|| "   waiting for the owner".to_owned());
            }
            Seen::Durable { facts, .. } => {
                let lines = facts.iter().filter_map(|fact| learned(fact, self.alone_by));
                lines.for_each(|line| self.say(|| format!("   {line}")));
            }
            Seen::Said(said) => self.said(said),
            _ => {}
        }
    }

    fn numbers(&self) -> &Nobody {
        &self.numbers
    }
}
