//! Snapshots are written beside a node while its journal grows, when they are due and no more often.

use crate::sample::append;
use crate::snapshots::stories;
use std::sync::mpsc;
use std::time::Duration as Span;
use umaverse::node::snapshots::{Done, Keeper, Policy};
use umaverse::role::Role;
use umaverse::sim::script::Source;
use umaverse::sim::world::World;
use umaverse::trace::Fact;
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::journal::replay::replay;
use umaverse::transport::journal::{Entry, Extent, Journal, Position, Realm};
use umaverse::wire::policy::PolicyTarget;
use umaverse::wire::{Duration, PolicyCondition, ScopeSet, Timestamp};

fn authorization_server() -> Role {
    let (name, script, text) = stories().into_iter().find(|(name, ..)| name == "photo-sharing-2.0.toml").unwrap();
    let world = World::build(&script, &Source { file: &name, text: &text }).unwrap();
    world.roles.into_iter().find(|role| matches!(role, Role::AuthorizationServer(_))).unwrap()
}

// One of ten owners sets her one policy anew: only the newest of each is of use.
fn fact(version: u64) -> Fact {
    let policy = umaverse::wire::Policy {
        id: "family".into(),
        target: PolicyTarget::Type(format!("type {version}").into()),
        scopes: ScopeSet::new(),
        condition: PolicyCondition::Anyone,
    };
    Fact::PolicySet { owner: format!("owner-{}", version % 10).as_str().into(), policy, version }
}

fn grow(journal: &dyn Journal, versions: std::ops::RangeInclusive<u64>) {
    for version in versions {
        let entry = Entry { at: Timestamp(version), facts: vec![fact(version)] };
        append(journal, version - 1, entry).unwrap();
    }
}

struct Kept {
    keeper: Option<Keeper>,
    heard: mpsc::Receiver<Done>,
    journal: Box<dyn Journal>,
}

fn kept(policy: Policy) -> Kept {
    let store = MemoryStore::new();
    let (tell, heard) = mpsc::channel();
    let told = Box::new(move |done: &Done| {
        // Nobody listens any more at the end of a test.
        let _over = tell.send(*done);
    });
    let journal = |store: &MemoryStore| Box::new(store.journal(&Realm::new("as")));
    let keeper = Keeper::start(journal(&store), authorization_server(), policy, told).unwrap();
    Kept { keeper: Some(keeper), heard, journal: journal(&store) }
}

impl Kept {
    fn done(&self) -> Done {
        self.heard.recv_timeout(Span::from_secs(20)).expect("a snapshot is due")
    }
}

#[test]
fn a_snapshot_is_written_when_it_is_due_and_what_it_stands_for_goes() {
    let mut kept = kept(Policy { every: 100, keep: Some(Duration::ZERO) });
    grow(&*kept.journal, 1..=99);
    assert!(kept.heard.recv_timeout(Span::from_millis(1_200)).is_err(), "none is due yet");
    grow(&*kept.journal, 100..=140);
    let done = kept.done();
    assert!(done.written.mark.position >= Position(100) && done.gone == done.written.mark.position.0);
    assert!((10..=11).contains(&done.written.facts), "{done:?}");
    let Extent { first, end, snapshot } = kept.journal.extent().unwrap();
    assert_eq!((first, end, snapshot), (done.written.mark.position, Position(140), Some(done.written.mark)));
    assert!(kept.heard.recv_timeout(Span::from_millis(1_200)).is_err(), "the next is not due yet");
    // What is written comes back, and the thread ends with its handle.
    let replayed = replay(&*kept.journal, &mut authorization_server()).unwrap();
    assert_eq!((replayed.end, replayed.at), (Position(140), Timestamp(140)));
    kept.keeper = None;
    grow(&*kept.journal, 141..=400);
    assert!(kept.heard.recv_timeout(Span::from_secs(5)).is_err(), "nobody writes any more");
}

#[test]
fn the_next_is_due_only_when_the_journal_has_grown_by_what_lives() {
    let kept = kept(Policy { every: 1, keep: Some(Duration::ZERO) });
    grow(&*kept.journal, 1..=50);
    let mut last = kept.done();
    while last.written.mark.position < Position(50) {
        last = kept.done();
    }
    grow(&*kept.journal, 51..=55);
    assert!(last.written.facts > 5, "{last:?}");
    assert!(kept.heard.recv_timeout(Span::from_millis(1_200)).is_err(), "five entries since one of ten facts");
}

#[test]
fn an_archive_keeps_what_snapshots_stand_for() {
    let for_ever = kept(Policy { every: 10, keep: None });
    let a_day = kept(Policy { every: 10, keep: Some(Duration::from_secs(86_400)) });
    for kept in [&for_ever, &a_day] {
        grow(&*kept.journal, 1..=30);
        kept.done();
    }
    assert_eq!(for_ever.journal.extent().unwrap().first, Position(0));
    // The entries are of 1970.
    assert!(a_day.journal.extent().unwrap().first > Position(0));
}
