//! What `umaverse get` is told becomes a client node on a loopback port.

use super::narrator::Narrator;
use crate::cli::arguments::Get;
use crate::cli::config::key::read_or_make;
use crate::cli::inbox::Folder;
use crate::cli::{InputError, read};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::path::PathBuf;
use std::rc::Rc;
use umaverse::node::Site;
use umaverse::node::passwords::Blocking;
use umaverse::node::process::Setup;
use umaverse::role::{self, ClientConfig, Role, RuleSet, SigningKey};
use umaverse::transport::crypto::NodeCrypto;
use umaverse::transport::http::{self, Limits, Names, tls};
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::journal::{Journal, Realm};
use umaverse::transport::passwords;
use umaverse::wire::{
    ClaimToken, ClientAuthentication, ClientId, ClientSecret, Duration, Revision, SamlAssertion, Scope, ScopeSet, Text,
    Uri,
};

pub(super) struct Prepared {
    pub(super) setup: Setup,
    /// The origin of the loopback port.
    pub(super) client: Uri,
    /// True where nobody need approve a client before it can ask.
    pub(super) asks_nobody_first: bool,
}

pub(super) fn prepare(command: &Get, inbox: Folder, narrator: Narrator) -> Result<Prepared, InputError> {
    let revision = revision(&command.revision)?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port(command)?));
    // RFC 8252 §7.3: the address and not a name, which could lead elsewhere.
    let client = Uri::new(format!("http://{listen}"));
    let config = config(command, revision, client.clone())?;
    let mut peers = BTreeMap::new();
    if let Some(issuer) = &config.push_claims_from {
        peers.insert(Text::from(issuer.origin()), Revision::V2_0);
    }
    let role = Role::Client(Box::new(role::Client::new(config)));
    let setup = Setup {
        site: Site { origin: client.clone(), routes: role.routes(), revision },
        role,
        rules_off: RuleSet::default(),
        listen,
        tls: None,
        limits: Limits::default(),
        stop_within_secs: 5,
        journal: journal(command)?,
        client: http_client(&command.trust, !command.no_system_trust)?,
        peers,
        crypto: Rc::new(NodeCrypto),
        passwords: Rc::new(Blocking(passwords::check)),
        watch: Rc::new(narrator),
        contents: None,
        inbox: Some(Rc::new(inbox)),
        counts: None,
    };
    Ok(Prepared { setup, client, asks_nobody_first: !revision.has_aats() || command.assertion.is_some() })
}

fn config(command: &Get, revision: Revision, origin: Uri) -> Result<ClientConfig, InputError> {
    Ok(ClientConfig {
        origin,
        name: command.name.as_str().into(),
        revision,
        key: command.key.as_deref().map(key).transpose()?,
        credentials: credentials(command)?,
        registered_scopes: command.scope.iter().map(|scope| Scope::from(scope.as_str())).collect(),
        requested_scopes: command.scope.iter().map(|scope| Scope::from(scope.as_str())).collect(),
        aat_scopes: ScopeSet::new(),
        push_claims_from: command.push_claims_from.as_deref().map(resource).transpose()?,
        claim_token: command.claims.as_deref().map(read).transpose()?.map(|text| ClaimToken::new(text.trim())),
        assertions_from: None,
        assertion: assertion(command, revision)?,
        upgrades: false,
        public: false,
        polls_max: u32::MAX,
        attempts_max: 4,
        retry_after: Duration::from_secs(1),
    })
}

// The file holds what the grant takes (RFC 7522 §2.1), or the XML that this is the base64url of.
fn assertion(command: &Get, revision: Revision) -> Result<Option<SamlAssertion>, InputError> {
    let Some(file) = &command.assertion else { return Ok(None) };
    if !revision.has_aats() {
        let expected = "expected a revision with AATs, such as draft-06";
        return Err(InputError::new(format!("--assertion: {revision} has no AATs; {expected}")));
    }
    let text = read(file)?;
    let text = text.trim();
    let encoded = if text.starts_with('<') { URL_SAFE_NO_PAD.encode(text) } else { text.to_owned() };
    Ok(Some(SamlAssertion::new(encoded)))
}

fn key(file: &Path) -> Result<SigningKey, InputError> {
    let keys = read_or_make(file);
    keys.map(|keys| keys.newest).map_err(|error| InputError::new(format!("key file `{}`: {error}", file.display())))
}

fn credentials(command: &Get) -> Result<BTreeMap<Uri, ClientAuthentication>, InputError> {
    let (Some(server), Some(id)) = (&command.authorization_server, &command.client_id) else {
        return Ok(BTreeMap::new());
    };
    let id = ClientId::from(id.as_str());
    let authentication = match &command.client_secret_file {
        Some(file) => ClientAuthentication::Basic(id, ClientSecret::new(read(file)?.trim())),
        None => ClientAuthentication::Public(id),
    };
    Ok(BTreeMap::from([(resource(server)?, authentication)]))
}

/// An address as the command line has it.
pub(crate) fn resource(text: &str) -> Result<Uri, InputError> {
    let parsed = url::Url::parse(text);
    if parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return Ok(Uri::from(text.trim_end_matches('/')));
    }
    Err(InputError::new(format!("`{text}` is no address; expected a URI such as `https://rs.example/photos/a.jpg`")))
}

/// A revision as the command line has it.
pub(crate) fn revision(name: &str) -> Result<Revision, InputError> {
    let known: Vec<&str> = Revision::ALL.iter().map(|revision| revision.name()).collect();
    let unknown = || InputError::new(format!("`{name}` is no revision; expected one of {}", known.join(", ")));
    Revision::parse(name).ok_or_else(unknown)
}

// Whoever keeps registrations comes back to the same port, as registered.
fn port(command: &Get) -> Result<u16, InputError> {
    match (command.port, &command.state) {
        (Some(port), _) => Ok(port),
        (None, Some(_)) => Ok(USUAL_PORT),
        (None, None) => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port()),
    }
}

const USUAL_PORT: u16 = 7190;

fn journal(command: &Get) -> Result<Box<dyn Journal>, InputError> {
    let realm = Realm::new("get");
    match &command.state {
        Some(file) => {
            let store = EmbeddedStore::open(file).map_err(|error| InputError::new(error.to_string()))?;
            Ok(Box::new(store.journal(&realm)))
        }
        None => Ok(Box::new(MemoryStore::new().journal(&realm))),
    }
}

/// A client that trusts the authorities of these files, and those of the system if it may.
pub(crate) fn http_client(trust: &[PathBuf], of_system: bool) -> Result<http::Client, InputError> {
    let tls = if of_system { tls::client_of_system(trust) } else { tls::client(trust) };
    let tls = tls.map_err(|error| InputError::new(error.to_string()))?;
    Ok(http::Client::over_tls(Names::new(), tls))
}
