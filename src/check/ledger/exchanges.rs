//! Exchanges: who really asked whom what, when it arrived, and when it was answered.

use crate::check::ledger::tokens::ClientProof;
use crate::message::{ExchangeId, NodeId};
use crate::trace::Record;
use crate::wire::client_assertion;
use crate::wire::oauth::TokenRequest;
use crate::wire::page::Form;
use crate::wire::token::{Token, TokenKind};
use crate::wire::{
    Call, ClientAuthentication, ClientId, CodeVerifier, Credentials, ETag, OwnerCall, PermissionRequest, Request,
    ResourceId, ScopeSet, Text, Timestamp, Uri,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// How many closed exchanges are remembered, for duplicates that come late.
const CLOSED_KEPT: usize = 4096;

/// Half of a secret's hash: what the ledger knows a secret by.
pub(crate) type Secret = u128;

/// The place of a record in the run, with both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The record.
    pub(crate) step: u64,
    /// True time.
    pub(crate) at: Timestamp,
    /// The clock of the node.
    pub(crate) node_time: Timestamp,
}

impl Moment {
    /// When a record was.
    pub(crate) const fn of(record: &Record) -> Self {
        Self { step: record.step, at: record.at, node_time: record.node_time }
    }
}

/// What was asked, as far as an invariant wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Access {
        method: Text,
    },
    UmaTicket {
        ticket: Secret,
        rpt: Option<Secret>,
        pct: Option<Secret>,
        scope: ScopeSet,
    },
    AuthorizationData {
        rpt: Secret,
        ticket: Secret,
    },
    RequestRpt,
    RptForTicket {
        ticket: Secret,
        rpt: Option<Secret>,
    },
    Code {
        code: Secret,
        redirect_uri: Option<Uri>,
        challenge: Option<Text>,
    },
    Refresh(Secret),
    /// The token endpoint with a SAML assertion.
    Assertion(Secret),
    Revoke(Secret),
    Introspect(Secret),
    Permissions(Vec<PermissionRequest>),
    Create,
    Read(ResourceId),
    Update {
        id: ResourceId,
        if_match: Option<ETag>,
    },
    Delete(ResourceId),
    List,
    Interaction {
        client: Option<ClientId>,
        ticket: Option<Secret>,
        redirect_uri: Option<Uri>,
        state: Option<Secret>,
    },
    ClaimsReturn {
        ticket: Option<Secret>,
        state: Option<Secret>,
    },
    GiveClaims {
        agree: bool,
    },
    Consent {
        approve: bool,
    },
    Fetch(Uri),
    /// The owners' API.
    Owner(OwnerCall),
    Configuration,
    Other,
}

impl Ask {
    /// The ticket with which authorization is sought; none for any other request.
    pub(crate) const fn presented(&self) -> Option<Secret> {
        match self {
            Self::UmaTicket { ticket, .. }
            | Self::AuthorizationData { ticket, .. }
            | Self::RptForTicket { ticket, .. } => Some(*ticket),
            Self::Access { .. }
            | Self::RequestRpt
            | Self::Code { .. }
            | Self::Refresh(_)
            | Self::Assertion(_)
            | Self::Revoke(_)
            | Self::Introspect(_)
            | Self::Permissions(_)
            | Self::Create
            | Self::Read(_)
            | Self::Update { .. }
            | Self::Delete(_)
            | Self::List
            | Self::Interaction { .. }
            | Self::ClaimsReturn { .. }
            | Self::GiveClaims { .. }
            | Self::Consent { .. }
            | Self::Fetch(_)
            | Self::Owner(_)
            | Self::Configuration
            | Self::Other => None,
        }
    }
}

/// One request and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) from: NodeId,
    pub(crate) to: Option<NodeId>,
    pub(crate) root: u32,
    pub(crate) sent: Moment,
    pub(crate) uri: Uri,
    pub(crate) ask: Ask,
    pub(crate) bearer: Option<Secret>,
    pub(crate) client: Option<ClientId>,
    /// With what the client proves that it is that one.
    pub(crate) secret: Option<Secret>,
    /// The same, where it signs.
    pub(crate) proof: Option<ClientProof>,
    pub(crate) cookie: Option<Secret>,
    /// For a second delivery the exchange in which the request left. Nobody reads the answer of a copy.
    pub(crate) copy_of: Option<ExchangeId>,
    /// Its first arrival: what was true before that, the server had to know.
    pub(crate) arrived: Option<Moment>,
    /// How often it arrived, with its copies.
    pub(crate) arrivals: u32,
    pub(crate) answered: Option<Moment>,
    /// The main secret of the first successful answer, to the request or to a copy of it: a ticket or an access token.
    pub(crate) given: Option<Secret>,
    /// True when the answer called a token active.
    pub(crate) active: bool,
    /// True when the access was released on an RPT.
    pub(crate) released: bool,
    pub(crate) returned: Option<Moment>,
    pub(crate) failed: bool,
    pub(crate) lost: bool,
}

impl Exchange {
    /// A request that leaves now.
    pub(crate) fn new(from: NodeId, to: Option<NodeId>, call: &Call, record: &Record) -> Self {
        let (client, secret) = match &call.credentials {
            Credentials::Client(credentials) => {
                (Some(credentials.client_id().clone()), credentials.secret().map(short))
            }
            Credentials::None | Credentials::Bearer(_) => (None, None),
        };
        let proof = match &call.credentials {
            Credentials::Client(ClientAuthentication::Assertion(_, assertion)) => {
                Some(ClientProof { says: client_assertion::read(assertion).map(|read| read.claims) })
            }
            Credentials::None | Credentials::Bearer(_) | Credentials::Client(_) => None,
        };
        Self {
            from,
            to,
            root: record.cause.root,
            sent: Moment::of(record),
            uri: call.to.clone(),
            ask: ask_of(&call.message),
            bearer: call.credentials.bearer().map(short),
            client,
            secret,
            proof,
            cookie: call.cookie.as_ref().map(short),
            copy_of: None,
            arrived: None,
            arrivals: 0,
            answered: None,
            given: None,
            active: false,
            released: false,
            returned: None,
            failed: false,
            lost: false,
        }
    }

    /// The same request, delivered once more: an exchange of its own for its server.
    fn copy(&self, original: ExchangeId) -> Self {
        Self {
            copy_of: Some(original),
            arrived: None,
            arrivals: 0,
            answered: None,
            given: None,
            active: false,
            released: false,
            returned: None,
            failed: false,
            lost: false,
            ..self.clone()
        }
    }

    /// The step of the first arrival; nothing is known before that.
    pub(crate) fn since(&self) -> u64 {
        self.arrived.map_or(u64::MAX, |moment| moment.step)
    }
}

/// The name of a secret in the ledger.
pub(crate) fn short<K: TokenKind>(token: &Token<K>) -> Secret {
    token.hashed().short()
}

fn ask_of(request: &Request) -> Ask {
    match request {
        Request::Access { method } => Ask::Access { method: method.clone() },
        Request::Token(request) => token_ask(request),
        Request::Revoke(request) => Ask::Revoke(short(&request.token)),
        Request::RequestAuthorizationData { rpt, ticket } => {
            Ask::AuthorizationData { rpt: short(rpt), ticket: short(ticket) }
        }
        Request::RequestRpt => Ask::RequestRpt,
        Request::RequestRptForTicket(presented) => {
            Ask::RptForTicket { ticket: short(&presented.ticket), rpt: presented.rpt.as_ref().map(short) }
        }
        Request::Introspect(request) => Ask::Introspect(short(&request.token)),
        Request::RequestPermissions { permissions, .. } => Ask::Permissions(permissions.clone()),
        Request::CreateResource { .. } => Ask::Create,
        Request::ReadResource { id } => Ask::Read(id.clone()),
        Request::UpdateResource { id, if_match, .. } => Ask::Update { id: id.clone(), if_match: if_match.clone() },
        Request::DeleteResource { id, .. } => Ask::Delete(id.clone()),
        Request::ListResources => Ask::List,
        Request::ClaimsInteraction(claims) => Ask::Interaction {
            client: claims.client_id.clone(),
            ticket: claims.ticket.as_ref().map(short),
            redirect_uri: claims.redirect_uri.clone(),
            state: claims.state.as_ref().map(short),
        },
        Request::ClaimsReturn(back) => {
            Ask::ClaimsReturn { ticket: back.ticket.as_ref().map(short), state: back.state.as_ref().map(short) }
        }
        Request::Form(Form::GiveClaims { agree, .. }) => Ask::GiveClaims { agree: *agree },
        Request::Form(Form::Consent { approve, .. }) => Ask::Consent { approve: *approve },
        Request::Fetch { resource, .. } => Ask::Fetch(resource.clone()),
        Request::Owner(asked) => Ask::Owner(asked.clone()),
        Request::GetConfiguration => Ask::Configuration,
        Request::AuthorizationReturn(_)
        | Request::Authorize(_)
        | Request::Form(_)
        | Request::GetJwks
        | Request::GetScopeDescription
        | Request::RegisterClient(_)
        | Request::GetAccount
        | Request::GetDescription
        | Request::Connect { .. } => Ask::Other,
    }
}

// RFC 7636 §4.6: the challenge that fits a verifier.
fn challenge(verifier: &CodeVerifier) -> Text {
    URL_SAFE_NO_PAD.encode(verifier.hashed().sha256()).into()
}

fn token_ask(request: &TokenRequest) -> Ask {
    match request {
        TokenRequest::UmaTicket(grant) => Ask::UmaTicket {
            ticket: short(&grant.ticket),
            rpt: grant.rpt.as_ref().map(short),
            pct: grant.pct.as_ref().map(short),
            scope: grant.scope.clone(),
        },
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => Ask::Code {
            code: short(code),
            redirect_uri: redirect_uri.clone(),
            challenge: code_verifier.as_ref().map(challenge),
        },
        TokenRequest::Refresh { refresh_token, .. } => Ask::Refresh(short(refresh_token)),
        TokenRequest::Saml2Bearer { assertion, .. } => Ask::Assertion(short(assertion)),
        TokenRequest::ClientCredentials { .. } | TokenRequest::ExchangeForAssertion { .. } | TokenRequest::Other(_) => {
            Ask::Other
        }
    }
}

/// Every open exchange and the latest closed ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchanges {
    open: FxHashMap<ExchangeId, Exchange>,
    closed: VecDeque<ExchangeId>,
}

impl Exchanges {
    /// Looks an exchange up.
    pub(crate) fn get(&self, exchange: ExchangeId) -> Option<&Exchange> {
        self.open.get(&exchange)
    }

    /// The same, unless nobody waits for its answer because it is a copy.
    pub(crate) fn awaited(&self, exchange: ExchangeId) -> Option<&Exchange> {
        self.get(exchange).filter(|exchange| exchange.copy_of.is_none())
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, exchange: ExchangeId) -> Option<&mut Exchange> {
        self.open.get_mut(&exchange)
    }

    /// A request has left.
    pub(crate) fn open(&mut self, id: ExchangeId, exchange: Exchange) {
        self.open.insert(id, exchange);
    }

    /// A request arrives once more. Nobody waits for the answer, so the copy is closed from the start.
    pub(crate) fn copied(&mut self, original: ExchangeId, copy: ExchangeId) {
        let Some(first) = self.open.get_mut(&original) else { return };
        first.arrivals += 1;
        let again = first.copy(original);
        self.open.insert(copy, again);
        self.close(copy);
    }

    /// The exchange in which a request left: itself, or what it is a copy of.
    pub(crate) fn original<'a>(&'a self, exchange: &'a Exchange) -> &'a Exchange {
        exchange.copy_of.and_then(|original| self.get(original)).unwrap_or(exchange)
    }

    /// The exchange is over for whoever asked; the oldest closed one is forgotten.
    pub(crate) fn close(&mut self, id: ExchangeId) {
        self.closed.push_back(id);
        if self.closed.len() > CLOSED_KEPT
            && let Some(oldest) = self.closed.pop_front()
        {
            self.open.remove(&oldest);
        }
    }
}
