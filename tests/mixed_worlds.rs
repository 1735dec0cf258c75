//! Parties of different revisions in one world, for every pair: what somebody reads who meets the other revision, and
//! what becomes of a token that is presented in a realm of the other one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use umaverse::message::NodeId;
use umaverse::sim::run::{Finished, Options, run};
use umaverse::sim::script::{self, Source};
use umaverse::sim::world::World;
use umaverse::trace::{Event, Fact, Note};
use umaverse::wire::{ErrorCode, Request, Response, Revision};

const PEOPLE: &str = r#"
[[person]]
name = "alice"
accounts = { copmonkey = {}, keyring = {} }

[[person]]
name = "bob"
accounts = { copmonkey = { email = "bob@family.example" }, keyring = { email = "bob@family.example" } }
"#;

fn realm(authorization_server: &str, resource_server: &str, content: &str, revisions: (Revision, Revision)) -> String {
    let (asked, asks) = revisions;
    format!(
        r#"
[[authorization-server]]
name = "{authorization_server}"
revision = "{asked}"

[[resource-server]]
name = "{resource_server}"
revision = "{asks}"
[[resource-server.resource]]
path = "/album"
owner = "alice"
protected-by = "{authorization_server}"
content = "{content}"
"#
    )
}

fn opened(authorization_server: &str, resource_server: &str) -> String {
    format!(
        r#"
[[step]]
who = "alice"
does = "connect"
resource-server = "{resource_server}"
at = "{authorization_server}"

[[step]]
who = "alice"
does = "set-policy"
at = "{authorization_server}"
policy = "family"
all = true
scopes = ["view"]
permit = {{ claim = "email", value = "bob@family.example" }}
"#
    )
}

fn fetched(client: &str, resource: &str) -> String {
    format!("\n[[step]]\nwho = \"bob\"\ndoes = \"fetch\"\nwith = \"{client}\"\nresource = \"{resource}\"\n")
}

fn play(revision: Revision, parts: &[&str]) -> Finished {
    let head = format!("title = \"t\"\nrevision = \"{revision}\"\n");
    let (tables, steps): (Vec<&str>, Vec<&str>) = parts.iter().partition(|part| !part.contains("[[step]]"));
    let text = head + &tables.concat() + &steps.concat();
    let source = Source { file: "mixed", text: &text };
    let script = script::parse(&source).unwrap_or_else(|error| panic!("{error}"));
    let world = World::build(&script, &source).unwrap_or_else(|error| panic!("{error}"));
    run(world, &Options::default()).unwrap()
}

fn pairs() -> impl Iterator<Item = (Revision, Revision)> {
    let all = || Revision::ALL.into_iter();
    all().flat_map(move |one| all().filter(move |other| *other != one).map(move |other| (one, other)))
}

fn read_by<'a>(finished: &'a Finished, who: &str) -> Vec<&'a str> {
    let who = finished.truth.node(who).unwrap();
    let seen = finished.records.iter().filter_map(|record| match &record.event {
        Event::Noted { node, note: Note::PersonSaw { text, .. } } if *node == who => Some(&**text),
        _ => None,
    });
    seen.collect()
}

fn released(finished: &Finished) -> usize {
    let answers = finished.records.iter().filter(|record| {
        matches!(&record.event, Event::Answered { answer, .. } if matches!(answer.message, Response::Content { .. }))
    });
    answers.count()
}

fn is_told(finished: &Finished, who: &str, spoken: Revision, here: Revision) {
    let read = read_by(finished, who);
    let wanted = |text: &&&str| text.contains(&format!("{spoken}, and {here} is spoken here"));
    // A challenge of 1.0.1 is one of 2.0 as well (Core 1.0.1 §3.3.1; Grant §3.2.1).
    let either = |text: &&&str| {
        spoken == Revision::V1_0_1 && text.contains(&format!("speaks 1.0.1 or 2.0, and {here} is spoken here"))
            || spoken == Revision::V2_0 && text.contains(&format!("1.0.1 or 2.0, and {here} is spoken here"))
    };
    assert!(read.iter().any(|text| wanted(&text) || either(&text)), "{here} at {spoken}: {read:?}");
}

#[test]
fn whoever_uses_a_client_of_another_revision_reads_both() {
    for (here, spoken) in pairs() {
        let client = format!("\n[[client]]\nname = \"viewer\"\nrevision = \"{here}\"\n");
        let finished = play(
            spoken,
            &[
                &realm("copmonkey", "photoz", "the album", (spoken, spoken)),
                "\n[[authorization-server]]\nname = \"keyring\"\n",
                &client,
                PEOPLE,
                &opened("copmonkey", "photoz"),
                &fetched("viewer", "photoz/album"),
            ],
        );
        assert_eq!(finished.violation(), None, "{here} at {spoken}");
        assert_eq!(released(&finished), 0, "{here} at {spoken}");
        is_told(&finished, "bob", spoken, here);
        let issued = |event: &Event| matches!(event, Event::Fact { fact: Fact::RptIssued { .. }, .. });
        assert!(!finished.records.iter().any(|record| issued(&record.event)), "{here} at {spoken}");
    }
}

#[test]
fn an_owner_whose_servers_speak_different_revisions_reads_both() {
    for (here, spoken) in pairs() {
        let connect =
            "\n[[step]]\nwho = \"alice\"\ndoes = \"connect\"\nresource-server = \"photoz\"\nat = \"copmonkey\"\n";
        let finished = play(
            spoken,
            &[
                &realm("copmonkey", "photoz", "the album", (spoken, here)),
                "\n[[authorization-server]]\nname = \"keyring\"\n\n[[client]]\nname = \"viewer\"\n",
                PEOPLE,
                connect,
                &fetched("viewer", "photoz/album"),
            ],
        );
        assert_eq!(finished.violation(), None, "{here} at {spoken}");
        assert_eq!(released(&finished), 0, "{here} at {spoken}");
        is_told(&finished, "alice", spoken, here);
    }
}

// ---- tokens of one realm in another

/// What a thief has when it was a good client at home, and where it goes with it.
const THEFTS: [(&str, &[&str]); 4] = [
    ("ticket", &["token", "rpt", "authorization-data", "resource", "claims-interaction"]),
    (
        "rpt",
        &["token", "rpt", "authorization-data", "resource", "introspection", "permission", "resource-registration"],
    ),
    (
        "aat",
        &["token", "rpt", "authorization-data", "resource", "introspection", "permission", "resource-registration"],
    ),
    (
        "pct",
        &["token", "rpt", "authorization-data", "resource", "introspection", "permission", "resource-registration"],
    ),
];

fn has(loot: &str, home: Revision) -> bool {
    match loot {
        "pct" => home == Revision::V2_0,
        "aat" => home != Revision::V2_0,
        _ => true,
    }
}

fn serves(endpoint: &str, revision: Revision) -> bool {
    match endpoint {
        "authorization-data" => revision.is_draft(),
        "rpt" => revision != Revision::V2_0,
        _ => true,
    }
}

fn theft(loot: &str, endpoint: &str) -> String {
    let (at, resource) = match endpoint {
        "resource" => ("vault", "resource = \"vault/album\"\n"),
        _ => ("keyring", ""),
    };
    format!(
        "\n[[step]]\nname = \"theft-{loot}-{endpoint}\"\nwho = \"thief\"\ndoes = \"replay\"\nwhat = \"{loot}\"\nat = \"{at}\"\n\
         endpoint = \"{endpoint}\"\n{resource}"
    )
}

// The specified error: RFC 6750 §3.1 where a token guards, RFC 6749 §5.2 at the token endpoint, and like no RPT at a
// resource.
fn is_specified(endpoint: &str, there: Revision, loot: &str, message: &Response) -> bool {
    match (endpoint, message) {
        ("resource", Response::Challenge(_)) => true,
        // The drafts and 1.0.1 have no grant for tickets.
        ("token", Response::Failure(failure)) => match there {
            Revision::V2_0 => failure.status == 400 && failure.code == Some(ErrorCode::InvalidGrant),
            _ => failure.status == 400 && failure.code == Some(ErrorCode::UnsupportedGrantType),
        },
        // Nobody's ticket sends nobody anywhere but back.
        ("claims-interaction", Response::Redirect { message, .. }) => {
            matches!(&**message, Request::ClaimsReturn(back) if back.error.is_some() && back.ticket.is_none())
        }
        ("claims-interaction", Response::Page(_)) => loot == "ticket",
        ("token" | "resource" | "claims-interaction", _) => false,
        (_, Response::Failure(failure)) => failure.status == 401 && failure.code == Some(ErrorCode::InvalidToken),
        _ => false,
    }
}

fn replays(finished: &Finished, thief: NodeId, label: &str) -> Vec<Response> {
    let root = finished.truth.roots.iter().position(|root| root.contains(label));
    let answers = finished.records.iter().filter_map(|record| match &record.event {
        Event::Answered { to, answer, .. } if *to == thief && Some(record.cause.root as usize) == root => {
            Some(answer.message.clone())
        }
        _ => None,
    });
    answers.collect()
}

#[test]
fn no_token_of_one_realm_is_worth_anything_in_another() {
    let worlds = pairs().chain([(Revision::V2_0, Revision::V2_0), (Revision::Draft05, Revision::Draft05)]);
    for (home, there) in worlds {
        let tries = || {
            let all = THEFTS.into_iter().filter(|(loot, _)| has(loot, home));
            all.flat_map(|(loot, endpoints)| endpoints.iter().map(move |endpoint| (loot, *endpoint)))
                .filter(|(_, endpoint)| serves(endpoint, there))
        };
        let parties = format!(
            "\n[[client]]\nname = \"thief\"\nrevision = \"{home}\"\nreplays = true\nintroduced-at = [\"copmonkey\", \
             \"keyring\"]\n\n[[client]]\nname = \"reader\"\nrevision = \"{there}\"\n"
        );
        let thefts: String = tries().map(|(loot, endpoint)| theft(loot, endpoint)).collect();
        let finished = play(
            home,
            &[
                &realm("copmonkey", "photoz", "the album", (home, home)),
                &realm("keyring", "vault", "the diary", (there, there)),
                &parties,
                PEOPLE,
                &opened("copmonkey", "photoz"),
                &opened("keyring", "vault"),
                &fetched("reader", "vault/album"),
                &fetched("thief", "photoz/album"),
                &thefts,
            ],
        );
        assert_eq!(finished.violation(), None, "{home} in {there}");
        let thief = finished.truth.node("thief").unwrap();
        for (loot, endpoint) in tries() {
            let answers = replays(&finished, thief, &format!("theft-{loot}-{endpoint}"));
            assert_eq!(answers.len(), 1, "{loot} of {home} at {endpoint} of {there}");
            let good = answers.iter().all(|message| is_specified(endpoint, there, loot, message));
            assert!(good, "{loot} of {home} at {endpoint} of {there}: {answers:?}");
        }
        assert_eq!(released(&finished), 2, "{home} in {there}: the reader's diary and the thief's own album");
        let keyring = finished.truth.node("keyring").unwrap();
        let given = finished.records.iter().filter(|record| match &record.event {
            Event::Fact {
                node,
                fact: Fact::RptIssued { client, .. } | Fact::PctIssued(umaverse::trace::fact::PctIssued { client, .. }),
            } => *node == keyring && client.as_str() == "thief",
            _ => false,
        });
        assert_eq!(given.count(), 0, "{home} in {there}");
    }
}
