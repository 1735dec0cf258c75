//! What a role is handed with each input, and what it hands back.

use crate::message::ExchangeId;
use crate::role::operation::Report;
use crate::role::rule::{Broken, Proof, Rule, RuleSet};
use crate::role::{Crypto, Timer};
use crate::trace::{Fact, Note};
use crate::wire::token::{Password, Token, TokenKind};
use crate::wire::{Answer, Call, Duration, Text, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A source of unguessable bytes.
pub trait Entropy {
    /// Fills `bytes`. `purpose` keeps draws for different ends apart.
    fn fill(&mut self, purpose: &'static str, bytes: &mut [u8]);
}

/// Something a role does to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Sends a request. The host answers with a response, or with a failure when the deadline has passed.
    Send {
        /// Names the exchange.
        exchange: ExchangeId,
        /// The request.
        call: Box<Call>,
        /// How long to wait for the answer.
        deadline: Duration,
    },
    /// Answers a request.
    Reply {
        /// Which.
        exchange: ExchangeId,
        /// With what.
        answer: Box<Answer>,
    },
    /// Sets a timer; setting it again moves it.
    SetTimer {
        /// Which.
        timer: Timer,
        /// When it is to fire, from now.
        after: Duration,
    },
    /// Cancels a timer, if it is set.
    CancelTimer {
        /// Which.
        timer: Timer,
    },
    /// Has a password checked, which takes time on purpose; the outcome is an input.
    CheckPassword {
        /// Names the check.
        check: u64,
        /// What the account has on file.
        verifier: Text,
        /// What was typed.
        password: Password,
    },
    /// Tells an operator what came of an order.
    Report {
        /// The order, as [`Act::Operate`](crate::role::Act::Operate) numbers it.
        order: u64,
        /// What came of it.
        report: Box<Report>,
    },
    /// Says what was seen or decided.
    Note(Note),
    /// Says how a rule came out.
    Ruled {
        /// The rule.
        rule: Rule,
        /// Whether it held.
        holds: bool,
        /// Whether this node obeys it.
        enforced: bool,
    },
}

impl Effect {
    /// True for what only says something: it is heard at once and waits for no journal.
    pub const fn only_speaks(&self) -> bool {
        match self {
            Self::Note(_) | Self::Ruled { .. } => true,
            Self::Send { .. }
            | Self::Reply { .. }
            | Self::SetTimer { .. }
            | Self::CancelTimer { .. }
            | Self::CheckPassword { .. }
            | Self::Report { .. } => false,
        }
    }
}

/// Everything that one input led to. The facts are journalled together before any effect leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// What must survive, in order.
    pub facts: Vec<Fact>,
    /// What is done, in order.
    pub out: Vec<Effect>,
}

/// What a role is handed with an input.
pub struct Context<'a> {
    /// The node's wall clock; it never goes back across a restart.
    pub at: Timestamp,
    entropy: &'a mut dyn Entropy,
    crypto: &'a dyn Crypto,
    rules_off: &'a RuleSet,
    effects: &'a mut Effects,
    next_exchange: &'a mut u64,
}

/// How long a role waits for an answer unless it says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(30);

impl<'a> Context<'a> {
    /// For hosts: everything that one call of [`crate::role::Machine::handle`] needs.
    pub fn new(
        at: Timestamp,
        entropy: &'a mut dyn Entropy,
        crypto: &'a dyn Crypto,
        rules_off: &'a RuleSet,
        effects: &'a mut Effects,
        next_exchange: &'a mut u64,
    ) -> Self {
        Self { at, entropy, crypto, rules_off, effects, next_exchange }
    }

    /// Sends a request and waits [`DEADLINE`] for the answer.
    pub fn send(&mut self, call: Call) -> ExchangeId {
        self.send_within(call, DEADLINE)
    }

    /// Sends a request and waits `deadline` for the answer.
    pub fn send_within(&mut self, call: Call, deadline: Duration) -> ExchangeId {
        let exchange = ExchangeId(*self.next_exchange);
        *self.next_exchange += 1;
        self.effects.out.push(Effect::Send { exchange, call: Box::new(call), deadline });
        exchange
    }

    /// Answers a request.
    pub fn reply(&mut self, exchange: ExchangeId, answer: impl Into<Answer>) {
        self.effects.out.push(Effect::Reply { exchange, answer: Box::new(answer.into()) });
    }

    /// Sets a timer.
    pub fn set_timer(&mut self, timer: Timer, after: Duration) {
        self.effects.out.push(Effect::SetTimer { timer, after });
    }

    /// Cancels a timer.
    pub fn cancel_timer(&mut self, timer: Timer) {
        self.effects.out.push(Effect::CancelTimer { timer });
    }

    /// Has a password checked.
    pub fn check_password(&mut self, check: u64, verifier: Text, password: Password) {
        self.effects.out.push(Effect::CheckPassword { check, verifier, password });
    }

    /// Tells an operator what came of an order.
    pub fn report(&mut self, order: u64, report: Report) {
        self.effects.out.push(Effect::Report { order, report: Box::new(report) });
    }

    /// Says what was seen or decided.
    pub fn note(&mut self, note: Note) {
        self.effects.out.push(Effect::Note(note));
    }

    /// Marks that the text is silent here and that this is our choice (an entry of the list of gaps).
    pub fn our_choice(&mut self, gap: &'static str) {
        self.note(Note::OurChoice(gap));
    }

    /// Checks a rule at the line that decides. Gives the proof when it holds, and also when this node has the rule
    /// switched off.
    ///
    /// # Errors
    /// When the rule is broken and enforced.
    pub fn require(&mut self, rule: Rule, holds: bool) -> Result<Proof, Broken> {
        let enforced = !self.rules_off.contains(rule);
        self.effects.out.push(Effect::Ruled { rule, holds, enforced });
        if holds || !enforced { Ok(Proof::of(rule)) } else { Err(Broken(rule)) }
    }

    /// A fresh secret of 192 random bits, 32 characters.
    pub fn mint<K: TokenKind>(&mut self) -> Token<K> {
        let mut bytes = [0; 24];
        self.entropy.fill(K::NAME, &mut bytes);
        Token::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A fresh identifier that is not secret: `prefix-` and 96 random bits.
    pub fn mint_id(&mut self, prefix: &'static str) -> String {
        let mut bytes = [0; 12];
        self.entropy.fill(prefix, &mut bytes);
        format!("{prefix}-{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Signing and verifying.
    pub fn crypto(&self) -> &'a dyn Crypto {
        self.crypto
    }

    pub(in crate::role) fn journal(&mut self, fact: Fact) {
        self.effects.facts.push(fact);
    }
}
