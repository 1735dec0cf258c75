//! The node around a role: journal first, then everything else.

use super::{StopAt, Stopped, Surroundings};
use crate::message::{ExchangeId, Name};
use crate::role::{Context, Effect, Effects, Input, Machine, Role, RuleSet};
use crate::trace::Fact;
use crate::transport::journal::replay::replay;
use crate::transport::journal::{AppendError, Entry, Journal, JournalError, Position};
use crate::wire::{Answer, Timestamp};
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use tokio::sync::oneshot;

/// What a node is made of.
pub struct Config {
    /// The role as it is before anything happened.
    pub role: Role,
    /// Rules that it does not obey; a real node obeys all.
    pub rules_off: RuleSet,
    /// What survives.
    pub journal: Box<dyn Journal>,
    /// Everything else.
    pub surroundings: Rc<dyn Surroundings>,
}

/// See the module.
pub struct Node {
    config: Config,
    role: Role,
    end: Position,
    /// The clock of the last entry of the journal: time does not begin before it.
    floor: Timestamp,
    incarnation: u64,
    next_number: u64,
    held: VecDeque<Held>,
    parked: BTreeMap<ExchangeId, oneshot::Sender<Answer>>,
    written: mpsc::Receiver<Outcome>,
    tell: mpsc::Sender<Outcome>,
    /// True while it is certain that the node will look what has been written.
    will_look: Arc<AtomicBool>,
    pub(super) wake: Option<actix::Recipient<super::Written>>,
    /// Room for what the next input leads to.
    room: Vec<Effect>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({} held, {} open)", self.held.len(), self.parked.len())
    }
}

/// What one input led to, waiting for the journal.
struct Held {
    number: u64,
    cause: Name,
    entry: Position,
    facts: Vec<Fact>,
    effects: Vec<Effect>,
    stop: Option<StopAt>,
    durable: bool,
}

/// What became of an append.
struct Outcome {
    incarnation: u64,
    number: u64,
    result: Result<Position, AppendError>,
}

impl Node {
    /// Builds a node from its journal.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn open(config: Config) -> Result<Self, JournalError> {
        let (tell, written) = mpsc::channel();
        let role = config.role.clone();
        let mut node = Self {
            role,
            config,
            end: Position(0),
            floor: Timestamp(0),
            incarnation: 0,
            next_number: 0,
            held: VecDeque::new(),
            parked: BTreeMap::new(),
            written,
            tell,
            will_look: Arc::default(),
            wake: None,
            room: Vec::new(),
        };
        node.rebuild()?;
        Ok(node)
    }

    /// Builds the role anew from the journal, after a stop. Returns how many facts that were.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn rebuild(&mut self) -> Result<u64, JournalError> {
        self.drop_volatile();
        self.config.journal.resume()?;
        self.role = self.config.role.clone();
        let replayed = replay(&*self.config.journal, &mut self.role)?;
        self.end = replayed.end;
        self.floor = replayed.at;
        Ok(replayed.facts)
    }

    /// Hands an input to the role and sees to everything that comes of it. `answer` is where the answer to a request
    /// goes; dropping it ends the exchange.
    pub fn deliver(&mut self, cause: Name, input: Input, answer: Option<oneshot::Sender<Answer>>) {
        if let (Input::Request(arrival), Some(answer)) = (&input, answer) {
            self.parked.insert(arrival.exchange, answer);
        }
        let at = self.config.surroundings.clock().max(self.floor);
        let run = AssertUnwindSafe(|| self.run(cause, at, input));
        match catch_unwind(run) {
            Ok(effects) => self.settle(cause, at, effects),
            Err(panic) => self.stop(cause, Stopped::Panicked(message_of(&*panic).into())),
        }
        self.config.surroundings.handled(cause);
    }

    fn run(&mut self, cause: Name, at: Timestamp, input: Input) -> Effects {
        let Config { rules_off, surroundings, .. } = &self.config;
        let mut entropy = surroundings.entropy(cause);
        let mut effects = Effects { facts: Vec::new(), out: std::mem::take(&mut self.room) };
        let mut next = surroundings.next_exchange();
        let mut cx = Context::new(at, &mut *entropy, surroundings.crypto(), rules_off, &mut effects, &mut next);
        self.role.handle(&mut cx, input);
        surroundings.use_exchanges(next);
        effects
    }

    fn settle(&mut self, cause: Name, at: Timestamp, effects: Effects) {
        let Effects { facts, mut out } = effects;
        let stop = self.config.surroundings.stops_at(cause, !facts.is_empty());
        out.extract_if(.., |effect| effect.only_speaks()).for_each(|said| self.config.surroundings.said(cause, said));
        let mut effects = Vec::with_capacity(out.len());
        effects.append(&mut out);
        self.room = out;
        if stop == Some(StopAt::BeforeWrite) {
            return self.stop(cause, Stopped::Made);
        }
        let number = self.next_number;
        self.next_number += 1;
        let entry = self.end;
        if !facts.is_empty() {
            self.config.surroundings.writes(cause, entry);
        }
        self.will_look.store(true, Ordering::SeqCst);
        self.append(number, Entry { at, facts: facts.clone() });
        self.held.push_back(Held { number, cause, entry, facts, effects, stop, durable: false });
        self.take_written();
    }

    // The journal answers in turn, also an append of no facts: that is what makes answers to mere reads wait.
    fn append(&mut self, number: u64, entry: Entry) {
        let (incarnation, tell, wake) = (self.incarnation, self.tell.clone(), self.wake.clone());
        let will_look = self.will_look.clone();
        let expected = self.end;
        self.end = expected.after(u64::from(!entry.facts.is_empty()));
        let done = move |result| {
            // Nobody listens when the node is gone.
            let _gone = tell.send(Outcome { incarnation, number, result });
            // One call is enough for all that a flush answers.
            if let Some(wake) = wake.filter(|_| !will_look.swap(true, Ordering::SeqCst)) {
                wake.do_send(super::Written);
            }
        };
        self.config.journal.append(expected, entry, Box::new(done));
    }

    /// Looks what has become of appends, and does what waited for them.
    pub fn take_written(&mut self) {
        // Before the look: who answers after it calls again.
        self.will_look.store(false, Ordering::SeqCst);
        while let Ok(Outcome { incarnation, number, result }) = self.written.try_recv() {
            if incarnation != self.incarnation {
                continue;
            }
            let Some(held) = self.held.iter_mut().find(|held| held.number == number) else { continue };
            match result {
                Ok(_) => held.durable = true,
                Err(_) => {
                    let cause = held.cause;
                    self.stop(cause, Stopped::WriteRefused);
                }
            }
        }
        while let Some(held) = self.held.pop_front_if(|held| held.durable) {
            self.release(held);
        }
    }

    fn release(&mut self, held: Held) {
        let Held { cause, entry, facts, effects, stop, .. } = held;
        if !facts.is_empty() {
            self.config.surroundings.durable(cause, entry, facts);
        }
        if stop == Some(StopAt::AfterWrite) {
            return self.stop(cause, Stopped::Made);
        }
        for effect in effects {
            self.perform(cause, effect);
        }
        if stop == Some(StopAt::AfterSend) {
            self.stop(cause, Stopped::Made);
        }
    }

    fn perform(&mut self, cause: Name, effect: Effect) {
        match effect {
            Effect::Reply { exchange, answer } => {
                let parked = self.parked.remove(&exchange);
                let awaited = self.config.surroundings.answers(cause, exchange, &answer);
                if let (Some(parked), true) = (parked, awaited) {
                    // Whoever asked may have hung up.
                    let _hung_up = parked.send(*answer);
                }
            }
            other => self.config.surroundings.perform(cause, other),
        }
    }

    fn stop(&mut self, cause: Name, why: Stopped) {
        self.drop_volatile();
        self.config.surroundings.stopped(cause, why);
    }

    // As a crash does: what is not durable is gone, and open exchanges end without an answer.
    fn drop_volatile(&mut self) {
        self.incarnation += 1;
        self.held.clear();
        self.parked.clear();
        self.role.forget();
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic without a message".to_owned())
}
