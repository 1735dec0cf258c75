//! Reads a trace record by record and remembers what a view needs later: which request an answer belongs to, what an
//! opaque token turned out to be, and the labels of secrets.

use crate::message::{ExchangeId, NodeId};
use crate::trace::fact::CodeIssued;
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Fact, Labels, Record, Truth};
use crate::wire::oauth::{AuthorizationReturn, TokenRequest};
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::token::{REFERENCE_CLOSE, REFERENCE_OPEN};
use crate::wire::{Answer, Call, ClientId, Duration, Request, Response, Revision, ScopeSet, Text, Timestamp, Uri};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a token, or the approval behind it, is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A protection API token (FedAuthz §1.3; D6 §2.1).
    Pat,
    /// An authorization API token (D6 §3.4.1).
    Aat,
    /// A requesting party token (Grant §1.3; D6 §3.4.2).
    Rpt,
    /// An owner's token, for the owners' API.
    Owner,
    /// An access token of OpenID Connect.
    OpenId,
    /// Anything else.
    Other,
}

impl Purpose {
    /// A token is what its scope says.
    pub fn of_scope(scope: &ScopeSet) -> Self {
        let has = |end: &str| scope.iter().any(|scope| scope.as_str().ends_with(end));
        match () {
            () if has("uma_protection") || has("scopes/prot.json") => Self::Pat,
            () if has("uma_authorization") || has("scopes/authz.json") || has("scopes/authorization") => Self::Aat,
            () if has(OWNER_SCOPE) => Self::Owner,
            () if has("openid") => Self::OpenId,
            () => Self::Other,
        }
    }

    /// The word of a label.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pat => "pat",
            Self::Aat => "aat",
            Self::Rpt => "rpt",
            Self::Owner => "owner-token",
            Self::OpenId | Self::Other => "token",
        }
    }
}

/// A request with everything that a view says about it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The sender, by ground truth.
    pub from: NodeId,
    /// The server; `None` where the name leads nowhere.
    pub to: Option<NodeId>,
    /// What kind of party asks.
    pub asker: Option<RoleKind>,
    /// What kind of party is asked.
    pub server: Option<RoleKind>,
    /// The revision in which they speak.
    pub revision: Revision,
    /// The request.
    pub call: &'a Call,
    /// What the bearer token is, when one was sent.
    pub bearer: Option<Purpose>,
    /// What an authorization or a code is about.
    pub purpose: Option<Purpose>,
}

/// The names that clients registered with: identifiers of dynamic registration say nothing to a reader.
#[derive(Clone, Debug, Default)]
pub struct ClientNames(BTreeMap<ClientId, Text>);

impl ClientNames {
    /// The name of a client, or its identifier where it has none.
    pub fn of<'a>(&'a self, client: &'a ClientId) -> &'a str {
        match self.0.get(client) {
            Some(name) => name,
            None => client.as_str(),
        }
    }
}

/// The labels of a whole run, for text that speaks of it from outside, such as verdicts.
pub fn labels(truth: &Truth, records: &[Record]) -> Labels {
    let mut reader = Reader::new(truth);
    records.iter().for_each(|record| reader.read(record));
    reader.labels
}

/// A reader of one trace.
#[derive(Debug)]
pub struct Reader<'a> {
    truth: &'a Truth,
    asked: BTreeMap<ExchangeId, Asked<'a>>,
    purposes: BTreeMap<u128, Purpose>,
    /// The labels so far.
    pub labels: Labels,
    /// The clients that registered so far.
    pub clients: ClientNames,
    start: Option<Timestamp>,
}

impl<'a> Reader<'a> {
    /// Nothing read yet.
    pub fn new(truth: &'a Truth) -> Self {
        let (asked, purposes) = (BTreeMap::new(), BTreeMap::new());
        Self { truth, asked, purposes, labels: Labels::new(), clients: ClientNames::default(), start: None }
    }

    /// Takes one record in. To be called before the record is shown.
    pub fn read(&mut self, record: &'a Record) {
        self.start.get_or_insert(record.at);
        match &record.event {
            Event::Fact { fact, .. } => self.read_fact(fact),
            Event::Sent { from, to, exchange, call } => {
                let asked = self.ask(*from, *to, call);
                self.asked.insert(*exchange, asked);
            }
            Event::Acted { .. }
            | Event::Arrived { .. }
            | Event::Answered { .. }
            | Event::Returned { .. }
            | Event::Failed { .. }
            | Event::Lost { .. }
            | Event::TimerFired { .. }
            | Event::Noted { .. }
            | Event::Ruled { .. }
            | Event::Crashed { .. }
            | Event::Restarted { .. }
            | Event::Panicked { .. }
            | Event::WriteRefused { .. }
            | Event::Link { .. }
            | Event::ClockStepped { .. }
            | Event::Healed
            | Event::Ended { .. } => {}
        }
        // Every secret of the record gets its label now, shown or not, so that a label means the same in all views.
        let _labelled = self.labels.to_json(record);
    }

    /// The request of an exchange.
    pub fn asked(&self, exchange: ExchangeId) -> Option<Asked<'a>> {
        self.asked.get(&exchange).copied()
    }

    /// Virtual time since the first record.
    pub fn since_start(&self, at: Timestamp) -> Duration {
        at.since(self.start.unwrap_or(at))
    }

    /// What the script says about a root.
    pub fn note(&self, root: u32) -> &'a str {
        self.truth.note(root)
    }

    /// The name of a node.
    pub fn name(&self, node: NodeId) -> &'a str {
        self.truth.get(node).map_or("?", |node| &*node.name)
    }

    /// What the token or code in an answer is for, as far as the trace tells.
    pub fn purpose_of_answer(&self, answer: &Answer) -> Option<Purpose> {
        match &answer.message {
            Response::Token(tokens) => {
                let scope = || tokens.scope.as_ref().map(Purpose::of_scope);
                self.purposes.get(&tokens.access_token.hashed().short()).copied().or_else(scope)
            }
            Response::Redirect { message, .. } => self.purpose_of(message),
            _ => None,
        }
    }

    /// The labels of the tokens in a message that a reader follows through a run, in order of appearance.
    pub fn labels_in(&mut self, message: &impl Serialize) -> Vec<String> {
        let json = serde_json::to_string(message).unwrap_or_default();
        let mut labels = Vec::new();
        for reference in json.split(REFERENCE_OPEN).skip(1) {
            let Some((reference, _)) = reference.split_once(REFERENCE_CLOSE) else { continue };
            let kind = reference.split(':').next().unwrap_or_default();
            if !FOLLOWED.contains(&kind) {
                continue;
            }
            let label = self.labels.relabel(&format!("{REFERENCE_OPEN}{reference}{REFERENCE_CLOSE}"));
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }

    fn read_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::ClientRegistered { client, metadata, .. } => {
                self.clients.0.extend(metadata.name.clone().map(|name| (client.clone(), name)));
            }
            Fact::AccessTokenIssued { token, scope, .. } => self.know(token.short(), Purpose::of_scope(scope)),
            Fact::RptIssued { rpt, .. } => self.know(rpt.short(), Purpose::Rpt),
            Fact::CodeIssued(CodeIssued { code, scope, .. }) => {
                self.purposes.insert(code.short(), Purpose::of_scope(scope));
            }
            _ => {}
        }
    }

    fn know(&mut self, short: u128, purpose: Purpose) {
        self.purposes.insert(short, purpose);
        self.labels.label(purpose.word(), short);
    }

    fn ask(&self, from: NodeId, to: Option<NodeId>, call: &'a Call) -> Asked<'a> {
        let role = |node: Option<NodeId>| self.truth.get(node?).map(|node| node.role);
        let bearer = call.credentials.bearer().map(|token| token.hashed().short());
        Asked {
            from,
            to,
            asker: role(Some(from)),
            server: role(to),
            revision: self.revision_of_call(from, to, call),
            call,
            bearer: bearer.map(|short| self.purposes.get(&short).copied().unwrap_or(Purpose::Other)),
            purpose: self.purpose_of(&call.message),
        }
    }

    /// The revision that a node speaks.
    pub fn revision_of(&self, node: NodeId) -> Revision {
        self.revision(node, None)
    }

    // What only one revision has says whose it is, at a server of two.
    fn revision_of_call(&self, from: NodeId, to: Option<NodeId>, call: &Call) -> Revision {
        let two = to.and_then(|to| self.truth.get(to)).is_some_and(|to| to.beside.is_some());
        match &call.message {
            Request::Token(TokenRequest::UmaTicket(_)) if two => Revision::V2_0,
            Request::RequestRptForTicket(_) if two => Revision::V1_0_1,
            _ => self.at_own_path(to, &call.to).unwrap_or_else(|| self.revision(from, to)),
        }
    }

    fn at_own_path(&self, to: Option<NodeId>, uri: &Uri) -> Option<Revision> {
        self.truth.get(to?)?.revision_at(uri)
    }

    // The server's revision decides; no server at all leaves it to the sender. Identity providers speak plain OAuth,
    // which is the same everywhere and written as in 2.0.
    fn revision(&self, from: NodeId, to: Option<NodeId>) -> Revision {
        if to.and_then(|to| self.truth.get(to)).is_some_and(|node| node.role == RoleKind::IdentityProvider) {
            return Revision::V2_0;
        }
        let of = |node: NodeId| self.truth.get(node).and_then(|node| node.revision);
        // A server of two speaks as whoever asks.
        let beside = |to: NodeId| of(from).filter(|own| self.truth.get(to).is_some_and(|to| to.beside == Some(*own)));
        to.and_then(beside).or_else(|| to.and_then(of)).or_else(|| of(from)).unwrap_or(Revision::V2_0)
    }

    fn purpose_of(&self, request: &Request) -> Option<Purpose> {
        let known = |short: u128| self.purposes.get(&short).copied();
        match request {
            Request::Authorize(authorization) => Some(Purpose::of_scope(&authorization.scope)),
            Request::AuthorizationReturn(AuthorizationReturn { outcome: Ok(code), .. })
            | Request::Token(TokenRequest::AuthorizationCode { code, .. }) => known(code.hashed().short()),
            Request::Token(TokenRequest::ClientCredentials { scope } | TokenRequest::Saml2Bearer { scope, .. }) => {
                Some(Purpose::of_scope(scope))
            }
            Request::Token(TokenRequest::UmaTicket(_)) => Some(Purpose::Rpt),
            Request::RequestRpt | Request::RequestRptForTicket(_) => Some(Purpose::Rpt),
            _ => None,
        }
    }
}

/// The kinds of secrets that a view follows; cookies, form keys and the like only clutter it.
const FOLLOWED: [&str; 10] =
    ["ticket", "rpt", "pat", "aat", "pct", "refresh", "code", "claim-token", "assertion", "token"];
