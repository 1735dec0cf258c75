//! Every kind of fact, as an earlier version of this program wrote it: `tests/golden/journal-v1` holds one of each.
//! `UMAVERSE_BLESS=1` adds kinds that are new; what is there is never written again.

use crate::sample::{append, scratch};
use crate::snapshots::stories;
use std::collections::BTreeMap;
use std::path::PathBuf;
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::Source;
use umaverse::sim::world::World;
use umaverse::trace::fact::{
    AccountAdded, AccountRemoved, ClientIntroduced, ClientRemoved, IssuerDistrusted, IssuerTrusted,
};
use umaverse::trace::{Event, Fact};
use umaverse::transport::journal::embedded::{EmbeddedStore, SCHEMA};
use umaverse::transport::journal::{Entry, Journal, Position, Realm, codec};
use umaverse::wire::oauth::{AuthenticationMethod, ClientMetadata, KeySource};
use umaverse::wire::{ClientSecret, PasswordVerifier, ScopeSet, Text, Timestamp, Uri};

macro_rules! variants {
    ($($name:ident)*) => {
        /// Every kind of fact. A kind that is missing here does not compile.
        const VARIANTS: &[&str] = &[$(stringify!($name)),*];

        fn variant(fact: &Fact) -> &'static str {
            match fact {
                $(Fact::$name { .. } => stringify!($name),)*
            }
        }
    };
}

variants! {
    ClientRegistered SessionOpened SessionEnded SignedInWith ApprovalGiven ApprovalRefused ApprovalWithdrawn
    CodeIssued CodeRedeemed AccessTokenIssued TokenRevoked IdTokenIssued ResourceRegistered ResourceUpdated
    ResourceDeregistered PolicySet PolicyRemoved TicketIssued TicketRedeemed InteractionStarted PersonAgreed
    ClaimsEstablished OwnerAsked OwnerAnswered RequestDenied RptIssued AuthorizationDataAdded PermissionsWithdrawn
    PctIssued CredentialsStored PatObtained PatLost ResourceMapped ResourceUnmapped ProtectionEnded ResourceReleased
    AatObtained AatDropped RptObtained RptDropped PctObtained CookieStored AssertionIssued AssertionRedeemed
    ClientAssertionUsed OwnerTokenObtained OwnerTokenDropped TicketDecided RevisionChanged AccountAdded AccountRemoved
    IssuerTrusted IssuerDistrusted ClientIntroduced ClientRemoved
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/journal-v{SCHEMA}/facts.cbor"))
}

fn recorded() -> Vec<Fact> {
    let bytes = std::fs::read(golden()).unwrap_or_default();
    if bytes.is_empty() { Vec::new() } else { codec::decode(&bytes).expect("the golden facts can still be read") }
}

// One of each kind, from what happens in the stories, where it happens in any.
fn happening() -> BTreeMap<&'static str, Fact> {
    let dropped = Fact::OwnerTokenDropped { as_uri: "https://copmonkey.example".into() };
    let mut found = BTreeMap::from([(variant(&dropped), dropped)]);
    found.extend(of_operators().into_iter().map(|fact| (variant(&fact), fact)));
    for (name, script, text) in stories() {
        let world = World::build(&script, &Source { file: &name, text: &text }).unwrap();
        for record in run(world, &Options { judge: false, ..Options::default() }).unwrap().records {
            if let Event::Fact { fact, .. } = record.event {
                found.entry(variant(&fact)).or_insert(fact);
            }
        }
    }
    found
}

// No story has an operator.
fn of_operators() -> [Fact; 6] {
    let (name, issuer): (Text, Uri) = ("carol".into(), "https://idp.example".into());
    let metadata = ClientMetadata {
        name: Some("A printer".into()),
        redirect_uris: vec!["https://printer.example/return".into()],
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    };
    [
        Fact::AccountAdded(AccountAdded {
            name: name.clone(),
            person: "carol".into(),
            verifier: PasswordVerifier::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA"),
            second_factor: Some(PasswordVerifier::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$ZmFj")),
            claims: BTreeMap::from([("email".into(), "carol@family.example".into())]),
        }),
        Fact::AccountRemoved(AccountRemoved { name, person: "carol".into(), issuer: "https://as.example".into() }),
        Fact::IssuerTrusted(IssuerTrusted {
            issuer: issuer.clone(),
            keys: Some(KeySource::At("https://idp.example/keys".into())),
            audience: Some("family-uma".into()),
        }),
        Fact::IssuerDistrusted(IssuerDistrusted { issuer }),
        Fact::ClientIntroduced(ClientIntroduced {
            client: "printer".into(),
            metadata,
            secret: Some(ClientSecret::new("a secret of a printer").hashed()),
        }),
        Fact::ClientRemoved(ClientRemoved { client: "printer".into() }),
    ]
}

#[test]
fn facts_of_every_kind_are_read_as_they_were_written() {
    let mut facts = recorded();
    let known: Vec<&str> = facts.iter().map(variant).collect();
    let missing: Vec<&str> = VARIANTS.iter().filter(|it| !known.contains(*it)).copied().collect();
    if std::env::var_os("UMAVERSE_BLESS").is_some() && !missing.is_empty() {
        let happening = happening();
        facts.extend(missing.iter().filter_map(|it| happening.get(it).cloned()));
        std::fs::create_dir_all(golden().parent().unwrap()).unwrap();
        std::fs::write(golden(), codec::encode(&facts).unwrap()).unwrap();
        std::fs::write(golden().with_extension("json"), in_words(&facts)).unwrap();
    }
    let known: Vec<&str> = facts.iter().map(variant).collect();
    let missing: Vec<&str> = VARIANTS.iter().filter(|it| !known.contains(*it)).copied().collect();
    assert_eq!(missing, Vec::<&str>::new(), "kinds of facts without a golden one: UMAVERSE_BLESS=1 adds them");
    let words: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(golden().with_extension("json")).unwrap()).unwrap();
    for (fact, then) in facts.iter().zip(&words) {
        let now = serde_json::to_value(fact).unwrap();
        assert!(holds(&now, then), "{} says something else than it did:\n{then}\n{now}", variant(fact));
    }
    assert_eq!(facts.len(), words.len());
}

fn in_words(facts: &[Fact]) -> String {
    serde_json::to_string_pretty(facts).unwrap() + "\n"
}

// Members may be added; what was there must be there.
pub(crate) fn holds(now: &serde_json::Value, then: &serde_json::Value) -> bool {
    match (now, then) {
        (serde_json::Value::Object(now), serde_json::Value::Object(then)) => {
            then.iter().all(|(name, then)| now.get(name).is_some_and(|now| holds(now, then)))
        }
        (serde_json::Value::Array(now), serde_json::Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| holds(now, then))
        }
        _ => now == then,
    }
}

#[test]
fn facts_of_every_kind_survive_the_disk() {
    let facts = recorded();
    let path = scratch("kinds").join("journal");
    let store = EmbeddedStore::open(&path).unwrap();
    let entry = Entry { at: Timestamp(1), facts };
    append(&store.journal(&Realm::new("as")), 0, entry.clone()).unwrap();
    drop(store);
    let store = EmbeddedStore::open(&path).unwrap();
    assert_eq!(store.journal(&Realm::new("as")).read(Position(0), 9).unwrap(), [entry]);
}

/// The journal writes the values of secrets, because a node needs them; whatever people read does not.
#[test]
fn only_the_journal_holds_the_values_of_secrets() {
    let secret = "a-value-that-nobody-may-see";
    let facts = [
        Fact::PctObtained {
            as_uri: umaverse::wire::Uri::new("https://as.example"),
            session: None,
            pct: umaverse::wire::Pct::new(secret),
        },
        Fact::CookieStored { origin: "https://as.example".into(), cookie: umaverse::wire::SessionCookie::new(secret) },
        Fact::AccountAdded(AccountAdded {
            name: "carol".into(),
            person: "carol".into(),
            verifier: PasswordVerifier::new(secret),
            second_factor: Some(PasswordVerifier::new(secret)),
            claims: BTreeMap::new(),
        }),
    ];
    for fact in &facts {
        let bytes = codec::encode(fact).unwrap();
        assert!(bytes.windows(secret.len()).any(|at| at == secret.as_bytes()));
        assert_eq!(codec::decode::<Fact>(&bytes).as_ref(), Some(fact));
        for text in [serde_json::to_string(fact).unwrap(), format!("{fact:?}"), toml::to_string(fact).unwrap()] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
