//! The world behind the traces of nodes: what they declare, what somebody else knows, and what nobody told.

use super::file::NodeFile;
use super::merge::Merged;
use crate::check::Ground;
use crate::message::NodeId;
use crate::trace::fact::{AssertionRedeemed, IssuerTrusted};
use crate::trace::told::{Header, ResourceTold, Told};
use crate::trace::truth::{NodeTruth, ResourceTruth, RoleKind};
use crate::trace::{Fact, Truth};
use crate::wire::{Duration, Text, Uri};
use std::collections::BTreeMap;

/// The world, as far as it is told.
pub(super) struct World {
    pub(super) truth: Truth,
    /// Everybody who has no trace and whom nobody knows.
    pub(super) outside: NodeId,
    pub(super) lacking: Vec<Ground>,
}

/// The nodes of the files are the first, in their order.
pub(super) fn tell(files: &[NodeFile], merged: &Merged, known: Option<&Truth>) -> World {
    let mut truth = Truth { nodes: files.iter().map(|file| file.node().clone()).collect(), ..Truth::default() };
    if let Some(known) = known {
        learn(&mut truth, known);
    }
    bounds(&mut truth, files, known);
    for (file, at) in files.iter().zip(0_u16..) {
        for resource in &file.header().resources {
            add_resource(&mut truth, NodeId(at), resource);
        }
    }
    let lacking = lacking(files, merged, &truth, known);
    let outside = add(&mut truth, stranger("outside".into(), RoleKind::Client, None));
    truth.faults = known.map_or(!calm(files, merged), |known| known.faults);
    World { truth, outside, lacking }
}

// Whoever knows the world knows better who is honest and who is who.
fn learn(truth: &mut Truth, known: &Truth) {
    for node in &known.nodes {
        match truth.nodes.iter_mut().find(|told| told.name == node.name) {
            Some(told) => *told = NodeTruth { rules_off: Vec::new(), ..node.clone() },
            None => truth.nodes.push(NodeTruth { honest: false, ..node.clone() }),
        }
    }
}

fn bounds(truth: &mut Truth, files: &[NodeFile], known: Option<&Truth>) {
    let largest = |of: fn(&Header) -> Option<Duration>| files.iter().filter_map(|file| of(file.header())).max();
    truth.cache_max = largest(|header| header.cache_max).unwrap_or_default();
    truth.clock_error_max = largest(|header| header.clock_error_max).unwrap_or_default();
    truth.request_max = largest(|header| header.request_max).unwrap_or_default();
    if let Some(known) = known {
        truth.cache_max = known.cache_max;
        truth.clock_error_max = known.clock_error_max;
        truth.request_max = known.request_max;
    }
}

fn add_resource(truth: &mut Truth, server: NodeId, resource: &ResourceTold) {
    let Some(origin) = truth.get(server).and_then(|node| node.origin.clone()) else { return };
    let owner = truth.person_of(origin.origin(), &resource.owner);
    let owner = owner.unwrap_or_else(|| {
        let mut person = stranger(resource.owner.as_str().into(), RoleKind::Person, None);
        person.accounts.insert(origin.origin().into(), resource.owner.clone());
        add(truth, person)
    });
    let authorization_server = truth.at_origin(resource.as_uri.origin()).unwrap_or_else(|| {
        let name = resource.as_uri.origin().into();
        add(truth, stranger(name, RoleKind::AuthorizationServer, Some(resource.as_uri.clone())))
    });
    let (path, content, need) = (resource.path.clone(), resource.content.clone(), resource.need.clone());
    truth.resources.push(ResourceTruth { server, path, owner, authorization_server, content, need });
}

fn add(truth: &mut Truth, node: NodeTruth) -> NodeId {
    let at = u16::try_from(truth.nodes.len()).unwrap_or(u16::MAX);
    truth.nodes.push(node);
    NodeId(at)
}

// Nothing is asked of a party that tells nothing.
fn stranger(name: Text, role: RoleKind, origin: Option<Uri>) -> NodeTruth {
    NodeTruth {
        name,
        role,
        origin,
        revision: None,
        beside: None,
        spoken_at: Default::default(),
        honest: false,
        accounts: BTreeMap::new(),
        rules_off: Vec::new(),
        trusts: Vec::new(),
    }
}

fn lacking(files: &[NodeFile], merged: &Merged, truth: &Truth, known: Option<&Truth>) -> Vec<Ground> {
    let tells = |role: RoleKind| {
        let some = files.iter().any(|file| file.node().role == role);
        some && truth.nodes.iter().skip(files.len()).all(|silent| silent.role != role)
    };
    let senders = merged.served.values().all(|served| served.asked.is_some());
    let bounded = |header: &Header| header.cache_max.is_some() && header.request_max.is_some();
    // What is said of the clocks of a deployment need not be said by each of its nodes.
    let clocks = files.iter().any(|file| file.header().clock_error_max.is_some());
    let told = |ground: &Ground| match ground {
        Ground::Beginnings => files.iter().flat_map(|file| &file.headers).all(|header| !header.resumed),
        Ground::Grants | Ground::Policies => tells(RoleKind::AuthorizationServer),
        Ground::Resources => tells(RoleKind::ResourceServer),
        Ground::Identities => vouched(files, truth),
        Ground::Clients => tells(RoleKind::Client),
        Ground::Senders => senders,
        Ground::Sessions => senders && tells(RoleKind::Person),
        Ground::Bounds => known.is_some() || clocks && files.iter().all(|file| bounded(file.header())),
        // Nodes see no delays and no wrong clocks: somebody else has to say that there are none.
        Ground::Calm => known.is_some_and(|known| !known.faults) && calm(files, merged),
    };
    Ground::ALL.into_iter().filter(|ground| !told(ground)).collect()
}

// Every issuer that an authorization server believes, or believed, tells what it issued.
fn vouched(files: &[NodeFile], truth: &Truth) -> bool {
    let tells = |issuer: &Uri| truth.at_origin(issuer.origin()).is_some_and(|at| usize::from(at.0) < files.len());
    let taken = |told: &Told| match told {
        Told::Fact(fact) => match &**fact {
            Fact::AssertionRedeemed(AssertionRedeemed { issuer, .. }) => tells(issuer),
            Fact::IssuerTrusted(IssuerTrusted { issuer, .. }) => tells(issuer),
            _ => true,
        },
        _ => true,
    };
    let trusted = truth.nodes.iter().flat_map(|node| &node.trusts).all(tells);
    trusted && files.iter().flat_map(|file| &file.entries).all(|entry| taken(&entry.line.event))
}

// Nothing went wrong, and every node ended in order.
fn calm(files: &[NodeFile], merged: &Merged) -> bool {
    let wrong = |told: &Told| {
        let fault = matches!(told, Told::Crashed | Told::WriteRefused | Told::Panicked { .. });
        fault || matches!(told, Told::Failed { .. } | Told::Ended { open: 1.. })
    };
    let fine = |file: &NodeFile| {
        let ended = file.entries.last().is_some_and(|entry| matches!(entry.line.event, Told::Ended { .. }));
        ended && file.entries.iter().all(|entry| !wrong(&entry.line.event))
    };
    let doubled = merged.served.values().any(|served| served.copy_of.is_some());
    files.iter().all(fine) && !doubled && merged.asked.values().all(|asked| asked.over)
}
