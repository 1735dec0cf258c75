//! A plain misbehaving party: a client that works, and replays what it received at the wrong endpoint, as the wrong
//! client, or too often. It knows only what reached it as a client.

mod loot;
mod signing;
#[cfg(test)]
mod tests;

use crate::message::ExchangeId;
use crate::role::act::{Loot, Replay};
use crate::role::{Act, Client, ClientConfig, Context, Input, Machine, SigningKey};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::{ClientAssertion, ClientAuthentication, Endpoint, Uri};
use loot::Pockets;
use std::collections::BTreeMap;

/// How a replayer is set up: as the client it pretends to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayerConfig {
    /// The client it is when it behaves.
    pub client: ClientConfig,
    /// A second registration, by authorization server.
    pub accomplice: BTreeMap<Uri, ClientAuthentication>,
}

/// A replayer. What it took is volatile.
#[derive(Clone, Debug)]
pub struct Replayer {
    client: Client,
    accomplice: BTreeMap<Uri, ClientAuthentication>,
    pockets: Pockets,
    /// What it sent of its own accord, and whether it keeps what comes of it.
    replays: BTreeMap<ExchangeId, bool>,
    key: Option<SigningKey>,
    /// What it last signed about itself.
    last_signed: Option<ClientAssertion>,
}

impl Replayer {
    /// A replayer with empty pockets.
    pub fn new(config: ReplayerConfig) -> Self {
        Self {
            pockets: Pockets::of(&config.client),
            key: config.client.key.clone(),
            last_signed: None,
            client: Client::new(config.client),
            accomplice: config.accomplice,
            replays: BTreeMap::new(),
        }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        self.client.routes()
    }

    fn replay(&mut self, cx: &mut Context<'_>, replay: &Replay) {
        let identity = self.identity(replay);
        let call = match replay.what {
            Loot::ClientAssertion(flaw) => self.signed_call(cx, replay, flaw),
            _ => self.pockets.spend(replay, identity),
        };
        let Some(call) = call else { return };
        for _ in 0..replay.times {
            self.replays.insert(cx.send(call.clone()), is_for_something(replay));
        }
    }

    fn replayed(&mut self, kept: bool, input: &Input) {
        if let Input::Response { answer: Ok(answer), .. } = input
            && kept
        {
            self.pockets.take_from_answer(&answer.message);
        }
    }

    // As whom it knows no secret of, it still can claim to be.
    fn identity(&self, replay: &Replay) -> Option<ClientAuthentication> {
        let own = self.client.credentials(&replay.to);
        let Some(wanted) = &replay.as_client else { return own.cloned() };
        let mut known = [own, self.accomplice.get(&replay.to)].into_iter().flatten();
        let fits = known.find(|identity| identity.client_id() == wanted);
        Some(fits.cloned().unwrap_or_else(|| ClientAuthentication::Public(wanted.clone())))
    }
}

// Tokens that it asks for, and the ticket of an attempt that it makes for nobody.
const fn is_for_something(replay: &Replay) -> bool {
    matches!((replay.what, replay.at), (Loot::WeakToken | Loot::OwnToken, _) | (Loot::Nothing, Endpoint::Resource))
}

impl Machine for Replayer {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        if let Input::Response { exchange, .. } | Input::Failed { exchange, .. } = &input
            && let Some(kept) = self.replays.remove(exchange)
        {
            return self.replayed(kept, &input);
        }
        match &input {
            Input::Act(Act::Replay(replay)) => return self.replay(cx, replay),
            Input::Response { answer: Ok(answer), .. } => self.pockets.take_from_answer(&answer.message),
            Input::Request(arrival) => self.pockets.take_from_request(arrival.message.as_ref().ok()),
            Input::Response { answer: Err(_), .. }
            | Input::Failed { .. }
            | Input::Timer(_)
            | Input::Act(_)
            | Input::PasswordChecked { .. }
            | Input::Restarted => {}
        }
        self.client.handle(cx, input);
    }

    fn apply(&mut self, fact: &Fact) {
        self.client.apply(fact);
    }

    fn forget(&mut self) {
        self.client.forget();
        self.pockets.forget();
        self.replays.clear();
        self.last_signed = None;
    }

    fn needs(&self, fact: &Fact) -> bool {
        self.client.needs(fact)
    }
}
