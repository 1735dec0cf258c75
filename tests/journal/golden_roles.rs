//! The journal of each role, as an earlier version of this program left it on a disk: `tests/golden/journal-v1/ROLE.pages`
//! still opens, and the role is what it was. A file of the store is mostly zeros, so the golden has its pages without
//! those. `UMAVERSE_BLESS=1` writes what is not there; what is there is never written again.

use crate::golden::holds;
use crate::sample::{append, scratch};
use crate::snapshots::stories;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use umaverse::role::Role;
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::Source;
use umaverse::sim::world::World;
use umaverse::trace::{Event, Fact};
use umaverse::transport::journal::embedded::{EmbeddedStore, SCHEMA};
use umaverse::transport::journal::replay::replay;
use umaverse::transport::journal::{Entry, Journal, Position, Realm, Retention, snapshot};
use umaverse::wire::Timestamp;

const PAGE: usize = 4096;
const STORY: &str = "claims-from-identity-provider-2.0.toml";

fn golden(role: &str, extension: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/journal-v{SCHEMA}"));
    folder.join(format!("{role}.{extension}"))
}

fn name(role: &Role) -> Option<&'static str> {
    match role {
        Role::AuthorizationServer(_) => Some("as"),
        Role::ResourceServer(_) => Some("rs"),
        Role::Client(_) => Some("client"),
        Role::IdentityProvider(_) => Some("idp"),
        Role::Manager(_) | Role::Person(_) | Role::Replayer(_) => None,
    }
}

fn world() -> World {
    let (name, script, text) = stories().into_iter().find(|(name, ..)| name == STORY).unwrap();
    World::build(&script, &Source { file: &name, text: &text }).unwrap()
}

// Each kind of role of the story as it is before anything happened, with what happened at it.
fn roles() -> BTreeMap<&'static str, (Role, Vec<Fact>)> {
    let finished = run(world(), &Options { judge: false, ..Options::default() }).unwrap();
    let facts_of = |at: usize| {
        let of_node = |event: &Event| match event {
            Event::Fact { node, fact } if usize::from(node.0) == at => Some(fact.clone()),
            _ => None,
        };
        finished.records.iter().filter_map(|record| of_node(&record.event)).collect()
    };
    let named =
        world().roles.into_iter().enumerate().filter_map(|(at, role)| Some((name(&role)?, (role, facts_of(at)))));
    named.collect()
}

fn write_pages(from: &Path, to: &Path) {
    let bytes = std::fs::read(from).unwrap();
    let mut out = (bytes.len() as u64).to_le_bytes().to_vec();
    for (number, page) in (0_u32..).zip(bytes.chunks(PAGE)).filter(|(_, page)| page.iter().any(|byte| *byte != 0)) {
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(page);
    }
    std::fs::write(to, out).unwrap();
}

fn read_pages(from: &Path, to: &Path) {
    let bytes = std::fs::read(from).unwrap_or_else(|error| panic!("{}: {error}; UMAVERSE_BLESS=1", from.display()));
    let (length, rest) = bytes.split_at(8);
    let mut file = vec![0; usize::try_from(u64::from_le_bytes(length.try_into().unwrap())).unwrap()];
    for page in rest.chunks(4 + PAGE) {
        let at = u32::from_le_bytes(page[..4].try_into().unwrap()) as usize * PAGE;
        file[at..at + page.len() - 4].copy_from_slice(&page[4..]);
    }
    std::fs::write(to, file).unwrap();
}

// Some of it in a snapshot, what that stands for gone, the rest as entries.
fn bless(role: &str, blank: &Role, facts: &[Fact]) {
    let file = scratch(&format!("bless-{role}")).join("journal");
    let store = EmbeddedStore::open(&file).unwrap();
    let journal = store.journal(&Realm::new(role));
    for (at, fact) in (0..).zip(facts) {
        append(&journal, at, Entry { at: Timestamp::from_secs(1_700_000_000 + at), facts: vec![fact.clone()] })
            .unwrap();
        if at as usize + 1 == facts.len() / 2 {
            snapshot::write(&journal, blank.clone(), Timestamp(0)).unwrap();
            journal.compact(Retention::None).unwrap();
        }
    }
    drop((journal, store));
    write_pages(&file, &golden(role, "pages"));
    std::fs::write(golden(role, "json"), serde_json::to_string_pretty(facts).unwrap() + "\n").unwrap();
}

#[test]
fn the_journal_of_each_role_still_opens() {
    let roles = roles();
    assert_eq!(roles.keys().copied().collect::<Vec<_>>(), ["as", "client", "idp", "rs"]);
    for (role, (blank, facts)) in roles {
        if std::env::var_os("UMAVERSE_BLESS").is_some() && !golden(role, "pages").exists() {
            bless(role, &blank, &facts);
        }
        let file = scratch(&format!("golden-{role}")).join("journal");
        read_pages(&golden(role, "pages"), &file);
        let words = std::fs::read_to_string(golden(role, "json")).unwrap();
        let words: Vec<serde_json::Value> = serde_json::from_str(&words).unwrap();
        let store = EmbeddedStore::open(&file).unwrap();
        let journal = store.journal(&Realm::new(role));
        let mark = journal.extent().unwrap().snapshot.unwrap();
        let since = journal.read(mark.position, usize::MAX).unwrap().into_iter().flat_map(|entry| entry.facts);
        let told = words.iter().skip(usize::try_from(mark.position.0).unwrap());
        for (fact, then) in since.zip(told) {
            let now = serde_json::to_value(&fact).unwrap();
            assert!(holds(&now, then), "{role} says something else than it did:\n{then}\n{now}");
        }
        // The role is what the facts make of it, and its journal goes on.
        let (mut restored, mut applied) = (blank.clone(), blank.clone());
        let end = Position(words.len() as u64);
        assert_eq!(replay(&journal, &mut restored).unwrap().end, end, "{role}");
        assert!(mark.position > Position(0) && mark.position < end, "{role}");
        append(&journal, end.0, Entry { at: Timestamp::from_secs(1_800_000_000), facts: facts.clone() }).unwrap();
        assert_eq!(replay(&journal, &mut applied).unwrap().end, end.after(1), "{role}");
        assert_ne!(format!("{restored:?}"), format!("{blank:?}"), "{role} remembers nothing");
    }
}
