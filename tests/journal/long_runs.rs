//! What a snapshot holds at each node after a long run: what lives, and not what has been.

use crate::sample::append;
use umaverse::role::{Machine, Role};
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::{Source, parse};
use umaverse::sim::world::World;
use umaverse::trace::{Event, Fact};
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::journal::replay::replay;
use umaverse::transport::journal::snapshot::{self, shortened};
use umaverse::transport::journal::{Entry, Realm};
use umaverse::wire::{Duration, Revision, Timestamp};

/// How often Bob comes hour after hour, so that the history of Alice is as full as it gets.
const OFTEN: usize = 200;
/// How often he comes then: for somewhat more than three of his browser sessions at the client.
const VISITS: usize = 200;

// Nobody has anything for longer than a day, but for browser sessions at the client, which are good for thirty.
fn script(revision: Revision) -> String {
    let times = OFTEN + VISITS;
    let world = format!(
        r#"
title = "a long run"
about = "Bob comes every hour, and then twice a day"
spec = ["RFC 6749 §1.5"]
revision = "{revision}"
[[authorization-server]]
name = "copmonkey"
access-token-lifetime = "1h"
rpt-lifetime = "1h"
permission-lifetime = "1h"
refresh-token-lifetime = "20h"
pct-lifetime = "1h"
[[resource-server]]
name = "photoz"
[[resource-server.resource]]
path = "/album"
owner = "alice"
protected-by = "copmonkey"
content = "the album"
[[client]]
name = "viewer"
[[person]]
name = "alice"
accounts = {{ copmonkey = {{}} }}
[[person]]
name = "bob"
accounts = {{ copmonkey = {{ email = "bob@family.example" }} }}
[[step]]
who = "alice"
does = "connect"
resource-server = "photoz"
at = "copmonkey"
[[step]]
who = "alice"
does = "set-policy"
at = "copmonkey"
policy = "family"
all = true
scopes = ["view"]
permit = {{ claim = "email", value = "bob@family.example" }}
[[expect]]
text = "Bob sees the album each time"
who = "bob"
sees = "the album"
times = {times}
"#
    );
    world + &visit_after("1h").repeat(OFTEN) + &visit_after("12h").repeat(VISITS)
}

fn visit_after(wait: &str) -> String {
    format!(
        r#"
[[step]]
who = "world"
does = "wait"
for = "{wait}"
[[step]]
who = "bob"
does = "fetch"
with = "viewer"
resource = "photoz/album"
"#
    )
}

/// The facts of each node, with when they were recorded.
fn told(world: World) -> Vec<Vec<(Timestamp, Fact)>> {
    let nodes = world.roles.len();
    let finished = run(world, &Options { judge: true, ..Options::default() }).unwrap();
    assert!(finished.violation().is_none(), "{:?}", finished.violation());
    let mut told = vec![Vec::new(); nodes];
    for record in finished.records {
        if let Event::Fact { node, fact } = record.event {
            told[usize::from(node.0)].push((record.at, fact));
        }
    }
    told
}

/// How much a role has in memory, in characters, when it goes on and when it comes back from a journal.
fn came_back(blank: &Role, facts: &[(Timestamp, Fact)]) -> (usize, usize) {
    let journal = MemoryStore::new().journal(&Realm::new("long run"));
    let (mut goes_on, mut back) = (blank.clone(), blank.clone());
    for (position, (at, fact)) in facts.iter().enumerate() {
        goes_on.apply(fact);
        append(&journal, position as u64, Entry { at: *at, facts: vec![fact.clone()] }).unwrap();
    }
    let end = facts.last().map_or(Timestamp(0), |(at, _)| *at);
    goes_on.forget_ended(end);
    snapshot::write(&journal, blank.clone(), end).unwrap();
    replay(&journal, &mut back).unwrap();
    (format!("{goes_on:?}").len(), format!("{back:?}").len())
}

#[test]
fn a_snapshot_after_a_long_run_holds_what_lives() {
    for revision in Revision::ALL {
        let text = script(revision);
        let source = Source { file: "long run", text: &text };
        let world = || World::build(&parse(&source).unwrap(), &source).unwrap();
        let (mut total, start) = (0, world().settings.start);
        for ((facts, blank), node) in told(world()).into_iter().zip(world().roles).zip(world().truth.nodes) {
            let until = |end: Timestamp| -> Vec<Fact> {
                facts.iter().take_while(|(at, _)| *at < end).map(|(_, fact)| fact.clone()).collect()
            };
            let at_day = |day: u64| {
                let now = start + Duration::from_secs(day * 24 * 3600);
                shortened(blank.clone(), &until(now), now).len()
            };
            let (sooner, later) = (at_day(40), at_day(95));
            assert!(later <= sooner + 3, "{revision}, {}: {sooner} facts became {later}", node.name);
            total += facts.len();
            // What the history needs of what has ended is nowhere else.
            let (swept, back) = came_back(&blank, &facts);
            assert!(back * 10 <= swept * 11, "{revision}, {}: {swept} in memory became {back}", node.name);
        }
        assert!(total > 5 * VISITS, "{revision}: only {total} facts");
    }
}
