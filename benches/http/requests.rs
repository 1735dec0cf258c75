//! The requests that are measured, as bytes.

use crate::state::{Facts, OWNERS, pat, rpt, secret, ticket, view};
use std::fmt::Write;
use std::net::SocketAddr;
use umaverse::wire::codec::encode_request;
use umaverse::wire::oauth::{IntrospectionRequest, TokenRequest, UmaTicketGrant};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Bearer, Call, ClientAuthentication, Credentials, PermissionRequest, PermissionTicket, Request, ResourceDescription,
    Revision, Rpt, ScopeSet, Timestamp, Uri,
};

/// What is asked, over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that an empty handler answers.
    Empty,
    Introspection,
    Permission,
    Grant,
    ResourceCreate,
}

impl Kind {
    pub(crate) const MEASURED: [Self; 4] = [Self::Introspection, Self::Permission, Self::Grant, Self::ResourceCreate];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty-handler",
            Self::Introspection => "introspection",
            Self::Permission => "permission",
            Self::Grant => "grant",
            Self::ResourceCreate => "resource-create",
        }
    }

    /// The status of a good answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Empty | Self::Introspection | Self::Grant => 200,
            Self::Permission | Self::ResourceCreate => 201,
        }
    }
}

/// Makes requests to one server that holds so many things.
pub(crate) struct Maker {
    pub(crate) address: SocketAddr,
    size: u64,
    facts: Facts,
}

impl Maker {
    pub(crate) fn new(address: SocketAddr, size: u64) -> Self {
        Self { address, size, facts: Facts::new(Timestamp(0), Timestamp(0)) }
    }

    /// Which resource, RPT and owner a request of that number is about.
    pub(crate) fn scattered(&self, number: u64) -> u64 {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % self.size.max(1)
    }

    /// The bytes of one request. A grant takes the ticket of its number, everything else goes all over the place.
    pub(crate) fn request(&self, kind: Kind, number: u64) -> Vec<u8> {
        let at = self.scattered(number);
        let pat = Credentials::Bearer(pat(at % OWNERS));
        let permission = || {
            let permissions = vec![PermissionRequest { resource_id: self.facts.key(at).id, scopes: view() }];
            Request::RequestPermissions { permissions, array: false }
        };
        let (path, credentials, message) = match kind {
            Kind::Empty => ("/empty", pat, permission()),
            Kind::Permission => ("/permission", pat, permission()),
            Kind::Introspection => {
                let asked =
                    IntrospectionRequest { token: Bearer::new(rpt(at).expose()), resource_id: None, host_id: None };
                ("/introspect", pat, Request::Introspect(asked))
            }
            Kind::Grant => return self.grant(ticket(number)),
            Kind::ResourceCreate => {
                let name = Some(format!("photo {number}").into());
                let scopes = scope_set(["view", "edit"]);
                let description = ResourceDescription { name, scopes, ..ResourceDescription::default() };
                ("/rreg/", pat, Request::CreateResource { id: None, description })
            }
        };
        self.bytes(path, credentials, message)
    }

    /// Redeems a ticket.
    pub(crate) fn grant(&self, ticket: PermissionTicket) -> Vec<u8> {
        let asked = UmaTicketGrant { ticket, claim_token: None, pct: None, rpt: None, scope: ScopeSet::new() };
        let client = ClientAuthentication::Basic("printer".into(), secret());
        self.bytes("/token", Credentials::Client(client), Request::Token(TokenRequest::UmaTicket(asked)))
    }

    /// Asks what an RPT for a resource of that number is good for.
    pub(crate) fn introspection(&self, number: u64, rpt: Rpt) -> Vec<u8> {
        let asked = IntrospectionRequest { token: Bearer::new(rpt.expose()), resource_id: None, host_id: None };
        self.bytes("/introspect", Credentials::Bearer(pat(number % OWNERS)), Request::Introspect(asked))
    }

    fn bytes(&self, path: &str, credentials: Credentials, message: Request) -> Vec<u8> {
        let to = Uri::new(format!("http://{}{path}", self.address));
        let request = encode_request(Revision::V2_0, &Call { to, credentials, cookie: None, message });
        let mut head = format!("{} {path} HTTP/1.1\r\nhost: {}\r\n", request.method, self.address);
        for (name, value) in &request.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        write!(head, "content-length: {}\r\n\r\n", request.body.len()).unwrap();
        [head.into_bytes(), request.body].concat()
    }
}
