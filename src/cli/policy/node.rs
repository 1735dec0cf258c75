//! What `umaverse policy` is told becomes a node on a loopback port.

use super::arguments::Policy;
use crate::cli::InputError;
use crate::cli::get::plan;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::rc::Rc;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use umaverse::message::ExchangeId;
use umaverse::node::Site;
use umaverse::node::passwords::Blocking;
use umaverse::node::process::Setup;
use umaverse::node::watch::{Nobody, Onlooker, Seen};
use umaverse::role::{Effect, Manager, ManagerConfig, Role, RuleSet};
use umaverse::trace::Note;
use umaverse::trace::note::OwnerSession;
use umaverse::transport::crypto::NodeCrypto;
use umaverse::transport::http::Limits;
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::journal::{Journal, Realm};
use umaverse::transport::passwords;
use umaverse::wire::{ClientAuthentication, ClientId, Request, Response, Revision, Uri};

pub(super) struct Prepared {
    pub(super) setup: Setup,
    /// The origin of the loopback port.
    pub(super) origin: Uri,
}

pub(super) fn issuer(command: &Policy) -> Result<Uri, InputError> {
    if command.authorization_server.is_empty() {
        return Err(InputError::new("no authorization server; expected --as URL, such as --as https://as.example"));
    }
    plan::resource(&command.authorization_server)
}

pub(super) fn revision(command: &Policy) -> Result<Revision, InputError> {
    plan::revision(&command.revision)
}

pub(super) fn prepare(
    command: &Policy,
    as_uri: &Uri,
    revision: Revision,
    listener: Listener,
) -> Result<Prepared, InputError> {
    let journal = journal(command.state.as_deref())?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port(command)?));
    // RFC 8252 §7.3: the address and not a name, which could lead elsewhere.
    let origin = Uri::new(format!("http://{listen}"));
    let known = command.client_id.as_deref().map(|id| ClientAuthentication::Public(ClientId::from(id)));
    let role = Role::Manager(Box::new(Manager::new(ManagerConfig {
        origin: origin.clone(),
        name: "umaverse policy".into(),
        revision,
        credentials: known.map(|known| (as_uri.clone(), known)).into_iter().collect(),
    })));
    let setup = Setup {
        site: Site { origin: origin.clone(), routes: role.routes(), revision },
        role,
        rules_off: RuleSet::default(),
        listen,
        tls: None,
        limits: Limits::default(),
        stop_within_secs: 5,
        journal,
        client: plan::http_client(&command.trust, !command.no_system_trust)?,
        peers: BTreeMap::new(),
        crypto: Rc::new(NodeCrypto),
        passwords: Rc::new(Blocking(passwords::check)),
        watch: Rc::new(listener),
        contents: None,
        inbox: None,
        counts: None,
    };
    Ok(Prepared { setup, origin })
}

// Whoever keeps registrations comes back to the same port, as registered.
fn port(command: &Policy) -> Result<u16, InputError> {
    match (command.port, &command.state, &command.client_id) {
        (Some(port), ..) => Ok(port),
        (None, None, None) => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port()),
        (None, ..) => Ok(USUAL_PORT),
    }
}

const USUAL_PORT: u16 = 7191;

fn journal(state: Option<&Path>) -> Result<Box<dyn Journal>, InputError> {
    let realm = Realm::new("policy");
    let Some(file) = state else { return Ok(Box::new(MemoryStore::new().journal(&realm))) };
    for_owner_alone(file)?;
    let store = EmbeddedStore::open(file).map_err(|error| InputError::new(error.to_string()))?;
    Ok(Box::new(store.journal(&realm)))
}

// Whoever reads the file speaks for the owner.
fn for_owner_alone(file: &Path) -> Result<(), InputError> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let named = |what: String| InputError::new(format!("`{}`: {what}", file.display()));
    let opened = options.open(file).map_err(|error| named(error.to_string()))?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&opened.metadata()?.permissions());
        if mode & 0o077 != 0 {
            return Err(named(format!("others can read it (mode {:o}); expected mode 600", mode & 0o777)));
        }
    }
    Ok(())
}

/// What is heard of the machine.
pub(super) enum Heard {
    /// How it stands with the token.
    Session(OwnerSession),
    /// The answer to a request of the API.
    Answered(Box<Response>),
    /// None came, or none that can be read.
    Nothing(String),
}

/// Tells what the machine says and gets.
pub(super) struct Listener {
    numbers: Nobody,
    asked: RefCell<BTreeSet<ExchangeId>>,
    tells: UnboundedSender<Heard>,
}

impl Listener {
    pub(super) fn new() -> (Self, UnboundedReceiver<Heard>) {
        let (tells, heard) = mpsc::unbounded_channel();
        (Self { numbers: Nobody::default(), asked: RefCell::default(), tells }, heard)
    }

    fn tell(&self, heard: Heard) {
        // Nobody listens any more once it is over.
        let _over = self.tells.send(heard);
    }

    fn is_asked(&self, exchange: ExchangeId) -> bool {
        self.asked.borrow_mut().remove(&exchange)
    }
}

impl Onlooker for Listener {
    fn sees(&self, what: &Seen<'_>) {
        match what {
            Seen::Sent { exchange, call } if matches!(call.message, Request::Owner(_)) => {
                self.asked.borrow_mut().insert(*exchange);
            }
            Seen::Returned { exchange, answer } if self.is_asked(*exchange) => match answer {
                Ok(answer) => self.tell(Heard::Answered(Box::new(answer.message.clone()))),
                Err(error) => self.tell(Heard::Nothing(format!("the answer cannot be read: {error}"))),
            },
            Seen::Failed { exchange, .. } if self.is_asked(*exchange) => {
                self.tell(Heard::Nothing("no answer from the authorization server".to_owned()));
            }
            Seen::Said(Effect::Note(Note::OwnerSession { outcome, .. })) => self.tell(Heard::Session(outcome.clone())),
            _ => {}
        }
    }

    fn numbers(&self) -> &Nobody {
        &self.numbers
    }
}
