//! People: the browser of the simulation, over real connections.

use super::ecosystem::{Ecosystem, PASSWORD, PATIENCE};
use super::secrets::secrets_of;
use actix::Actor;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use umaverse::node::clock::Clock;
use umaverse::node::live::{LIVE, Live, Setting};
use umaverse::node::passwords::Blocking;
use umaverse::node::watch::{Nobody, Onlooker, Seen};
use umaverse::node::{Config, Node};
use umaverse::role::{Act, Effect, Input, PagesAt, Person, PersonConfig, Role, RuleSet};
use umaverse::trace::Note;
use umaverse::transport::crypto::NodeCrypto;
use umaverse::transport::http::{Client, Names};
use umaverse::transport::journal::Realm;
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::passwords;
use umaverse::wire::token::Password;
use umaverse::wire::{Revision, Text};

pub(crate) struct Browser {
    live: Live,
    secrets: Rc<RefCell<BTreeMap<String, String>>>,
    saw: UnboundedReceiver<(u16, Text)>,
}

impl Browser {
    /// A person with an account of this name at these origins. In an actix system.
    pub(crate) fn of(ecosystem: &Ecosystem, name: &str, origins: &[&str]) -> Self {
        let revision = Revision::parse(ecosystem.revision).unwrap();
        Self::with_pages(Client::new(Names::new()), name, revision, origins, ecosystem.pages_at())
    }

    /// The same over this client, where servers have their pages at the usual places.
    pub(crate) fn over(client: Client, name: &str, revision: Revision, origins: &[&str]) -> Self {
        Self::with_pages(client, name, revision, origins, BTreeMap::new())
    }

    fn with_pages(
        client: Client,
        name: &str,
        revision: Revision,
        origins: &[&str],
        pages_at: BTreeMap<Text, PagesAt>,
    ) -> Self {
        let login = |origin: &&str| (Text::from(*origin), (Text::from(name), Password::new(PASSWORD)));
        let config = PersonConfig {
            name: name.into(),
            logins: origins.iter().map(login).collect(),
            approves: true,
            gives_claims: true,
            pages_at,
            patience: 40,
            second_factors: Default::default(),
        };
        let (tell, saw) = mpsc::unbounded_channel();
        let secrets = Rc::default();
        let live = Live::new(Setting {
            clock: Clock::of_machine(),
            client,
            revision,
            peers: BTreeMap::new(),
            by_path: BTreeMap::new(),
            crypto: Rc::new(NodeCrypto),
            passwords: Rc::new(Blocking(passwords::check)),
            watch: Rc::new(Eyes { numbers: Nobody::default(), secrets: Rc::clone(&secrets), tell }),
            inbox: None,
        });
        let role = Role::Person(Box::new(Person::new(config)));
        let journal = Box::new(MemoryStore::new().journal(&Realm::new(name)));
        let surroundings = Rc::new(live.clone());
        let node = Node::open(Config { role, rules_off: RuleSet::default(), journal, surroundings }).unwrap();
        live.inhabit(node.start(), None);
        Self { live, secrets, saw }
    }

    /// Every secret that it sent or got, with its kind.
    pub(crate) fn secrets(&self) -> BTreeMap<String, String> {
        self.secrets.borrow().clone()
    }

    /// Does something and says what there is to see in the end.
    pub(crate) async fn does(&mut self, act: Act) -> (u16, Text) {
        self.live.deliver(LIVE, Input::Act(act));
        tokio::time::timeout(PATIENCE, self.saw.recv()).await.unwrap().unwrap()
    }
}

struct Eyes {
    numbers: Nobody,
    secrets: Rc<RefCell<BTreeMap<String, String>>>,
    tell: UnboundedSender<(u16, Text)>,
}

impl Onlooker for Eyes {
    fn sees(&self, what: &Seen<'_>) {
        if let Seen::Said(Effect::Note(Note::PersonSaw { status, text, .. })) = what {
            self.tell.send((*status, text.clone())).unwrap();
        }
        match what {
            Seen::Sent { call, .. } => self.secrets.borrow_mut().extend(secrets_of(call)),
            Seen::Returned { answer: Ok(answer), .. } => self.secrets.borrow_mut().extend(secrets_of(answer)),
            _ => {}
        }
    }

    fn numbers(&self) -> &Nobody {
        &self.numbers
    }
}
