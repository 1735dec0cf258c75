//! A test bench for one role: hand-made inputs in, effects and answers out, facts collected. Time is set by hand,
//! entropy counts, signatures are the stand-in's, and a password is right when it equals its verifier.

use crate::message::{Arrival, ExchangeId};
use crate::role::crypto::StandInCrypto;
use crate::role::{Context, Effect, Effects, Entropy, Input, Machine, Rule, RuleSet};
use crate::trace::Fact;
use crate::wire::{Answer, Call, Credentials, DecodeError, Request, Response, SessionCookie, Timestamp, Uri};
use sha2::{Digest, Sha256};

/// One role on the bench.
pub(crate) struct Bench<R> {
    pub(crate) role: R,
    /// The node's clock.
    pub(crate) at: Timestamp,
    pub(crate) rules_off: RuleSet,
    /// Everything recorded so far.
    pub(crate) facts: Vec<Fact>,
    /// What the latest input led to.
    pub(crate) last: Effects,
    entropy: Counter,
    next_exchange: u64,
    next_arrival: u64,
}

/// Somebody with a cookie jar.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: Option<SessionCookie>,
}

impl<R: Machine> Bench<R> {
    pub(crate) fn new(role: R) -> Self {
        Self {
            role,
            at: Timestamp::from_secs(1_000_000),
            rules_off: RuleSet::default(),
            facts: Vec::new(),
            last: Effects::default(),
            entropy: Counter(0),
            next_exchange: 0,
            next_arrival: 1 << 32,
        }
    }

    /// Hands the role one input, and the outcomes of the password checks that it asks for.
    pub(crate) fn input(&mut self, input: Input) {
        self.last = self.step(input);
        let mut seen = 0;
        while let Some(effect) = self.last.out.get(seen).cloned() {
            seen += 1;
            if let Effect::CheckPassword { check, verifier, password } = effect {
                let correct = *verifier == *password.expose();
                let more = self.step(Input::PasswordChecked { check, correct });
                self.last.facts.extend(more.facts);
                self.last.out.extend(more.out);
            }
        }
        self.facts.extend(self.last.facts.iter().cloned());
    }

    /// Hands the role one input, and leaves the password checks that it asks for undone.
    pub(crate) fn begin(&mut self, input: Input) {
        self.last = self.step(input);
        self.facts.extend(self.last.facts.iter().cloned());
    }

    /// Hands the role a request and gives its answer, if it answers at once.
    pub(crate) fn arrive(
        &mut self,
        credentials: Credentials,
        cookie: Option<SessionCookie>,
        uri: &str,
        message: Result<Request, DecodeError>,
    ) -> Option<Answer> {
        self.next_arrival += 1;
        let exchange = ExchangeId(self.next_arrival);
        self.input(Input::Request(Arrival {
            exchange,
            uri: Uri::from(uri),
            credentials,
            cookie,
            peer: None,
            tls: true,
            message,
        }));
        replied(&self.last, exchange)
    }

    /// Answers a request of the role.
    pub(crate) fn answer(&mut self, exchange: ExchangeId, message: Response) {
        self.input(Input::Response { exchange, answer: Ok(message.into()) });
    }

    /// The requests that the latest input led to.
    pub(crate) fn sent(&self) -> Vec<(ExchangeId, Call)> {
        sent(&self.last)
    }

    /// What the latest input answered, to whichever request.
    pub(crate) fn replied(&self) -> Option<Answer> {
        replies(&self.last).map(|(_, answer)| answer.clone()).next()
    }

    /// A request of a program.
    pub(crate) fn call(&mut self, credentials: Credentials, uri: &str, message: Request) -> Response {
        let answer = self.arrive(credentials, None, uri, Ok(message));
        answer.map_or(Response::Refused { status: 0 }, |answer| answer.message)
    }

    /// A request of a browser, which keeps the cookie that it gets.
    pub(crate) fn browse(&mut self, browser: &mut Browser, uri: &str, message: Request) -> Response {
        let answer = self.arrive(Credentials::None, browser.cookie.clone(), uri, Ok(message));
        let Some(Answer { set_cookie, message }) = answer else { return Response::Refused { status: 0 } };
        browser.cookie = set_cookie.or(browser.cookie.take());
        message
    }

    /// How a rule came out in the latest input, if it was asked.
    pub(crate) fn ruled(&self, asked: Rule) -> Option<bool> {
        self.last.out.iter().rev().find_map(|effect| match effect {
            Effect::Ruled { rule, holds, .. } if *rule == asked => Some(*holds),
            _ => None,
        })
    }

    /// Makes the role a mutant.
    pub(crate) fn without(&mut self, rule: Rule) {
        self.rules_off = RuleSet::from_iter([rule]);
    }

    fn step(&mut self, input: Input) -> Effects {
        let mut effects = Effects::default();
        let mut cx = Context::new(
            self.at,
            &mut self.entropy,
            &StandInCrypto,
            &self.rules_off,
            &mut effects,
            &mut self.next_exchange,
        );
        self.role.handle(&mut cx, input);
        effects
    }
}

/// The requests among effects, in their order.
pub(crate) fn sent(effects: &Effects) -> Vec<(ExchangeId, Call)> {
    let call = |effect: &Effect| match effect {
        Effect::Send { exchange, call, .. } => Some((*exchange, (**call).clone())),
        _ => None,
    };
    effects.out.iter().filter_map(call).collect()
}

/// The answer to a request among effects; there is never more than one.
pub(crate) fn replied(effects: &Effects, exchange: ExchangeId) -> Option<Answer> {
    let mut answers = replies(effects).filter(|(to, _)| *to == exchange).map(|(_, answer)| answer.clone());
    let first = answers.next();
    assert!(answers.next().is_none(), "one request, one answer");
    first
}

fn replies(effects: &Effects) -> impl Iterator<Item = (ExchangeId, &Answer)> {
    effects.out.iter().filter_map(|effect| match effect {
        Effect::Reply { exchange, answer } => Some((*exchange, &**answer)),
        _ => None,
    })
}

/// Leaves everything as it is, for roles that draw nothing.
pub(crate) struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&mut self, _purpose: &'static str, _bytes: &mut [u8]) {}
}

/// Draws the same byte all over, each time the next one, and counts on when there is none.
#[derive(Default)]
pub(crate) struct NextByte(u64);

impl Entropy for NextByte {
    fn fill(&mut self, _purpose: &'static str, bytes: &mut [u8]) {
        self.0 += 1;
        match u8::try_from(self.0) {
            Ok(next) => bytes.fill(next),
            Err(_) => bytes.iter_mut().zip(self.0.to_be_bytes().iter().cycle()).for_each(|(byte, of)| *byte = *of),
        }
    }
}

struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, purpose: &'static str, bytes: &mut [u8]) {
        self.0 += 1;
        let drawn = Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(purpose).finalize();
        for (byte, drawn) in bytes.iter_mut().zip(drawn) {
            *byte = drawn;
        }
    }
}
