//! A node's file, checked: every member in the type that the node needs.

use super::Kind;
use super::format::{AccountTable, LimitsTable, NodeFile, NodeTable, OperationsTable};
use super::keeping::{Declared, TracePlan};
use super::key::{self, Keys};
use super::operator::OperatorToken;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;
use umaverse::node::Site;
use umaverse::node::snapshots::Policy;
use umaverse::role::oauth::accounts::{Account, Accounts};
use umaverse::role::{Role, Rule, RuleSet};
use umaverse::sim::script::revisions::SERVED_TOGETHER;
use umaverse::sim::script::{Revisions, ScriptError, Source, span};
use umaverse::transport::http::tls::{self, TlsError};
use umaverse::transport::http::{Contents, Limits};
use umaverse::transport::passwords::is_acceptable;
use umaverse::wire::{ClaimName, Duration, PersonId, Revision, Served, Text, Uri};

pub(super) type Result<T> = std::result::Result<T, ScriptError>;

/// A node that can be started.
pub(crate) struct Checked {
    /// The role as it is before anything happened.
    pub(crate) role: Role,
    /// Everything about the process around it.
    pub(crate) plan: Plan,
}

/// The process around a role.
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) site: Site,
    pub(crate) listen: SocketAddr,
    pub(crate) journal: PathBuf,
    pub(crate) tls: Option<rustls::ServerConfig>,
    pub(crate) trusted: Arc<rustls::ClientConfig>,
    pub(crate) limits: Limits,
    pub(crate) stop_within_secs: u64,
    pub(crate) operations: Option<Operations>,
    pub(crate) snapshots: Policy,
    pub(crate) trace: TracePlan,
    /// What it may tell of itself in a trace.
    pub(crate) declared: Declared,
    pub(crate) peers: BTreeMap<Text, Revision>,
    pub(crate) contents: Option<Arc<dyn Contents>>,
    /// Where a client keeps what comes until it is shown.
    pub(crate) inbox: Option<PathBuf>,
    /// The one rule that a node on plain HTTP cannot obey; none for any other.
    pub(crate) rules_off: RuleSet,
    /// What is insecure about it, for the log and for whoever starts it.
    pub(crate) insecure: Option<String>,
}

/// Where health and figures are served.
#[derive(Clone, Debug)]
pub(crate) struct Operations {
    pub(crate) listen: SocketAddr,
    /// Who may register people, identity providers and clients there; nobody where there is none.
    pub(crate) operator: Option<OperatorToken>,
}

/// What a role comes with.
pub(super) struct Built {
    pub(super) role: Role,
    pub(super) contents: Option<Arc<dyn Contents>>,
    /// Servers that speak OpenID Connect, whose messages are those of 2.0.
    pub(super) identity_providers: Vec<Uri>,
    /// What it may tell of itself in a trace.
    pub(super) declared: Declared,
}

/// Checks a file.
pub(super) struct Checker<'a> {
    pub(super) source: &'a Source<'a>,
    /// What relative paths are relative to: the folder of the file.
    pub(super) base: &'a Path,
    pub(super) kind: Kind,
}

const STOP_WITHIN: Duration = Duration::from_secs(10);

impl Checker<'_> {
    pub(super) fn check(&self, file: &NodeFile) -> Result<Checked> {
        let node = &file.node;
        let origin = self.origin(&node.origin)?;
        let served = node.revision.as_ref().map_or(Ok(Served::One(Revision::V2_0)), |names| self.revisions(names))?;
        let revision = served.newest();
        let (listen, insecure) = self.listen(file, &origin)?;
        let Built { role, contents, identity_providers, declared } = self.role(file, &origin, served)?;
        let mut peers = BTreeMap::new();
        for provider in &identity_providers {
            peers.insert(provider.origin().into(), Revision::V2_0);
        }
        for peer in &file.peers {
            peers.insert(self.origin(&peer.origin)?.origin().into(), self.revision(&peer.revision)?);
        }
        // An identity provider speaks OpenID Connect whatever the others speak.
        let spoken = if self.kind == Kind::Idp { Revision::V2_0 } else { revision };
        let (limits, stop_within) = self.limits(&file.limits)?;
        // FedAuthz §1.3, Core 1.0.1 §1.3.1: over TLS alone. Who runs a node without has said so, and what the node does is
        // recorded as not by that rule.
        let rules_off = (!origin.is_https()).then_some(Rule::LinkIsTls).into_iter().collect();
        let plan = Plan {
            rules_off,
            kind: self.kind,
            listen,
            journal: self.path(&node.journal),
            tls: self.tls(file)?,
            trusted: self.trusted(file)?,
            limits,
            stop_within_secs: stop_within.secs(),
            operations: self.operations(file)?,
            snapshots: self.snapshots(&file.snapshots)?,
            trace: self.trace(file, &origin)?,
            declared,
            peers,
            contents,
            site: Site { origin, routes: role.routes(), revision: spoken },
            inbox: (self.kind == Kind::Client).then(|| self.path(&node.journal).with_extension("inbox")),
            insecure,
        };
        Ok(Checked { role, plan })
    }

    fn limits(&self, table: &LimitsTable) -> Result<(Limits, Duration)> {
        let usual = Limits::default();
        let span = |text: &Spanned<String>| self.span(text).map(|span| std::time::Duration::from_micros(span.0));
        let head_within = table.head_within.as_ref().map_or(Ok(usual.head_within), span)?;
        let body_within = table.body_within.as_ref().map(span).transpose()?.or(usual.body_within);
        let limits = Limits {
            target_bytes: table.target_bytes.unwrap_or(usual.target_bytes),
            header_bytes: table.header_bytes.unwrap_or(usual.header_bytes),
            body_bytes: table.body_bytes.unwrap_or(usual.body_bytes),
            head_within,
            body_within,
            open_exchanges: table.open_exchanges.unwrap_or(usual.open_exchanges),
        };
        Ok((limits, self.span_or(table.stop_within.as_ref(), STOP_WITHIN)?))
    }

    // ---- where it is

    // Plain HTTP stays on this machine, unless somebody says that it may not.
    fn listen(&self, file: &NodeFile, origin: &Uri) -> Result<(SocketAddr, Option<String>)> {
        let NodeTable { listen, insecure, .. } = &file.node;
        let address = self.address(listen)?;
        match (&file.tls, address.ip().is_loopback() || *insecure) {
            (Some(_), _) if origin.is_https() => Ok((address, None)),
            (Some(_), _) => {
                let found = format!("`origin` is `{origin}`, and `[tls]` is there");
                Err(self.error(&file.node.origin, found, "an origin with `https`"))
            }
            (None, true) => {
                let what = if *insecure { ", which `insecure = true` allows" } else { " on the loopback interface" };
                Ok((address, Some(format!("plain HTTP at {address}{what}"))))
            }
            (None, false) => {
                let found = format!("`listen` is `{address}`, and there is no `[tls]`");
                Err(self.error(listen, found, "a loopback address, `[tls]`, or `insecure = true`"))
            }
        }
    }

    pub(super) fn address(&self, text: &Spanned<String>) -> Result<SocketAddr> {
        let expected = "an address and a port such as `127.0.0.1:7101`";
        text.get_ref().parse().map_err(|_| self.error(text, format!("`listen` is `{}`", text.get_ref()), expected))
    }

    fn operations(&self, file: &NodeFile) -> Result<Option<Operations>> {
        let Some(table) = &file.operations else { return Ok(None) };
        let listen = self.address(&table.listen)?;
        if listen.ip().is_loopback() || file.node.insecure {
            return Ok(Some(Operations { listen, operator: self.operator(table)? }));
        }
        let found = format!("`listen` of `[operations]` is `{listen}`, which is plain HTTP");
        Err(self.error(&table.listen, found, "a loopback address, or `insecure = true`"))
    }

    fn operator(&self, table: &OperationsTable) -> Result<Option<OperatorToken>> {
        let Some(file) = &table.token_file else { return Ok(None) };
        if self.kind == Kind::Client {
            let found = "`token-file` of a client, which has nothing to register";
            return Err(self.error(file, found, "a node of another kind, or none"));
        }
        let path = self.path(file);
        let token = OperatorToken::read_or_make(&path);
        token.map(Some).map_err(|error| {
            let found = format!("token file `{}`: {error}", path.display());
            self.error(file, found, "a file that only its owner can read, or a place to make one")
        })
    }

    fn tls(&self, file: &NodeFile) -> Result<Option<rustls::ServerConfig>> {
        let Some(table) = &file.tls else { return Ok(None) };
        let (certificate, key) = (self.path(&table.get_ref().certificate), self.path(&table.get_ref().key));
        tls::server(&certificate, &key).map(Some).map_err(|error| match &error {
            TlsError::File { file, .. } if *file == certificate => {
                self.tls_error(&table.get_ref().certificate, "certificate", &error)
            }
            TlsError::File { .. } | TlsError::Pair(_) => self.tls_error(&table.get_ref().key, "key", &error),
        })
    }

    // What the file is not, by the member that names it.
    fn tls_error(&self, at: &Spanned<String>, member: &str, error: &TlsError) -> ScriptError {
        match error {
            TlsError::File { file, what, expected } => {
                self.error(at, format!("`{member}`: `{}`: {what}", file.display()), *expected)
            }
            TlsError::Pair(why) => self.error(at, format!("`{member}`: {why}"), "the key of `certificate`"),
        }
    }

    fn trusted(&self, file: &NodeFile) -> Result<Arc<rustls::ClientConfig>> {
        let files: Vec<PathBuf> = file.trust.authorities.iter().map(|file| self.path(file)).collect();
        let of_system = file.trust.system.unwrap_or(true);
        let trusted = if of_system { tls::client_of_system(&files) } else { tls::client(&files) };
        trusted.map_err(|error| {
            let wrong = |path: &PathBuf| matches!(&error, TlsError::File { file, .. } if file == path);
            let at = files.iter().position(wrong).and_then(|at| file.trust.authorities.get(at));
            at.map_or_else(
                || self.source.error(0..1, error.to_string(), "certification authorities"),
                |at| self.tls_error(at, "authorities", &error),
            )
        })
    }

    // ---- what every kind has

    pub(super) fn accounts(&self, tables: &[AccountTable]) -> Result<Accounts> {
        let mut accounts = Accounts::new();
        for AccountTable { name, password, second_factor, claims } in tables {
            for verifier in [Some(password), second_factor.as_ref()].into_iter().flatten() {
                self.verifier(name, verifier)?;
            }
            let claims = claims.iter().map(|(claim, value)| (ClaimName::from(claim.as_str()), value.as_str().into()));
            let account = Account {
                person: PersonId::from(name.get_ref().as_str()),
                verifier: password.get_ref().as_str().into(),
                second_factor: second_factor.as_ref().map(|verifier| verifier.get_ref().as_str().into()),
                claims: claims.collect(),
            };
            if accounts.insert(name.get_ref().as_str().into(), account).is_some() {
                let found = format!("a second account `{}`", name.get_ref());
                return Err(self.error(name, found, "every `name` once"));
            }
        }
        Ok(accounts)
    }

    fn verifier(&self, name: &Spanned<String>, verifier: &Spanned<String>) -> Result<()> {
        if is_acceptable(verifier.get_ref()) {
            return Ok(());
        }
        // What came may be a password, so it is not shown.
        let found = format!("`password` of `{}` is no argon2 hash", name.get_ref());
        Err(self.error(verifier, found, "what `umaverse password` prints, such as `$argon2id$v=19$...`"))
    }

    pub(super) fn key(&self, file: &NodeFile) -> Result<Keys> {
        let journal = self.path(&file.node.journal);
        let path = file.node.key.as_ref().map_or_else(|| journal.with_extension("key"), |path| self.path(path));
        let at = file.node.key.as_ref().unwrap_or(&file.node.journal);
        key::read_or_make(&path).map_err(|error| {
            self.error(at, format!("key file `{}`: {error}", path.display()), "a key file, or a place to make one")
        })
    }

    // ---- single members

    pub(super) fn origin(&self, text: &Spanned<String>) -> Result<Uri> {
        let uri = Uri::from(text.get_ref().as_str());
        if is_address(text.get_ref(), false) {
            return Ok(Uri::from(text.get_ref().trim_end_matches('/')));
        }
        Err(self.error(text, format!("`{uri}` is no origin or issuer"), "a URI such as `https://as.example`"))
    }

    pub(super) fn revision(&self, text: &Spanned<String>) -> Result<Revision> {
        let names: Vec<&str> = Revision::ALL.iter().map(|revision| revision.name()).collect();
        let found = || self.error(text, format!("`revision` is `{}`", text.get_ref()), names.join(", "));
        Revision::parse(text.get_ref()).ok_or_else(found)
    }

    fn revisions(&self, names: &Spanned<Revisions>) -> Result<Served> {
        let found = format!("`revision` is `{}`", names.get_ref());
        if names.get_ref().unknown().is_some() {
            return self.revision(&Spanned::new(names.span(), names.get_ref().to_string())).map(Served::One);
        }
        match (names.get_ref().served(), self.kind) {
            (Some(served), _) if served.beside().is_none() => Ok(served),
            (Some(served), Kind::As) => Ok(served),
            (Some(_), _) => Err(self.error(names, found, "one revision; only an authorization server has two")),
            (None, _) => Err(self.error(names, found, SERVED_TOGETHER)),
        }
    }

    pub(super) fn span(&self, text: &Spanned<String>) -> Result<Duration> {
        span::parse(text.get_ref())
            .ok_or_else(|| self.error(text, format!("`{}` is no span of time", text.get_ref()), span::EXPECTED))
    }

    pub(super) fn span_or(&self, text: Option<&Spanned<String>>, usual: Duration) -> Result<Duration> {
        text.map_or(Ok(usual), |text| self.span(text))
    }

    pub(super) fn path(&self, text: &Spanned<String>) -> PathBuf {
        self.base.join(text.get_ref())
    }

    pub(super) fn error<T>(
        &self,
        at: &Spanned<T>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ScriptError {
        self.source.error(at.span(), found, expected)
    }
}

/// True for an address of HTTP that names nobody and no part of what is there; `query`: whether it may have one.
pub(crate) fn is_address(text: &str, query: bool) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && (query || url.query().is_none())
    })
}
