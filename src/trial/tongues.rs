//! In which revision a node that is left to itself writes to the servers of its world. The scheduler looks it up for each
//! message; such a node has it beforehand.

use super::network::Left;
use crate::message::NodeId;
use crate::trace::Truth;
use crate::wire::codec::Routes;
use crate::wire::{Revision, Text};
use std::collections::BTreeMap;

/// What one node speaks, as [`Truth::spoken`] has it.
pub(super) struct Tongues {
    /// Its own revision.
    pub(super) own: Revision,
    /// That of servers, by origin.
    pub(super) peers: BTreeMap<Text, Revision>,
    /// The paths of servers where each path has its own.
    pub(super) by_path: BTreeMap<Text, Routes>,
}

impl Tongues {
    pub(super) fn of(truth: &Truth, node: NodeId, own: Revision, servers: &[Left]) -> Self {
        let mut tongues = Self { own, peers: BTreeMap::new(), by_path: BTreeMap::new() };
        for server in servers {
            let origin = Text::from(server.origin.origin());
            let spoken = truth.spoken(node, server.node);
            if spoken.is_none() {
                tongues.by_path.insert(origin.clone(), server.routes.clone());
            }
            tongues.peers.insert(origin, spoken.unwrap_or(server.revision));
        }
        tongues
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

    use super::super::network::Network;
    use super::*;
    use crate::node::clock::Clock;
    use crate::node::watch::Nobody;
    use crate::sim::script::{self, Source};
    use crate::sim::world::World;
    use crate::wire::Uri;
    use std::rc::Rc;

    // Who replays has no revision of its own; a client that keeps to one writes in that, whatever the server has at the
    // path.
    #[test]
    fn who_keeps_to_no_revision_takes_that_of_the_path() {
        let text = include_str!("../../simulations/side-by-side-crossed-ticket.toml");
        let (crossed, honest) = (text.to_owned(), text.replace("replays = true\n", ""));
        let honest = honest.split("[[step]]\nnote = \"presented").next().unwrap().to_owned();
        for (text, at_paths_of_2_0) in [(crossed, Revision::V2_0), (honest, Revision::V1_0_1)] {
            let source = Source { file: "story", text: &text };
            let world = World::build(&script::parse(&source).unwrap(), &source).unwrap();
            let client = world.truth.nodes.iter().position(|node| &*node.name == "mallory").unwrap();
            let system = actix::System::new();
            let spoken = system.block_on(async {
                let (names, left) =
                    Network::of_sites(super::super::free::sites(&world.truth, world.seats)).unwrap().leave();
                let tongues = Tongues::of(&world.truth, NodeId(client as u16), Revision::V1_0_1, &left);
                let clock = Clock::starting_at(crate::wire::Timestamp(0));
                let setting = super::super::stay::setting(&clock, names, tongues, Rc::new(Nobody::default()));
                let at = |path: &str| setting.spoken(&Uri::new(format!("https://copmonkey.example{path}")));
                let spoken = [at("/.well-known/uma-configuration"), at("/.well-known/uma2-configuration")];
                for server in left {
                    server.listening.stop(false).await;
                }
                spoken
            });
            assert_eq!(spoken, [Revision::V1_0_1, at_paths_of_2_0]);
        }
    }
}
