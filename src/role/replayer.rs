//! A plain misbehaving party: a client that works, and replays what it received at the wrong endpoint, as the wrong
//! client, or too often.

use crate::role::{Client, ClientConfig, Context, Input, Machine};
use crate::trace::Fact;
use crate::wire::codec::Routes;

/// How a replayer is set up: as the client it pretends to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayerConfig {
    /// The client it is when it behaves.
    pub client: ClientConfig,
}

/// A replayer.
#[derive(Clone, Debug)]
pub struct Replayer {
    client: Client,
}

impl Replayer {
    /// A replayer with empty pockets.
    pub fn new(config: ReplayerConfig) -> Self {
        Self { client: Client::new(config.client) }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        self.client.routes()
    }
}

impl Machine for Replayer {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        self.client.handle(cx, input);
    }
    fn apply(&mut self, fact: &Fact) {
        self.client.apply(fact);
    }
    fn forget(&mut self) {
        self.client.forget();
    }
}
