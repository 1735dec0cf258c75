//! What a replayer took, and how it spends it: one message for every kind of loot at every endpoint where it makes any
//! sense.

use crate::role::act::{Loot, Replay};
use crate::role::client::ClientConfig;
use crate::wire::oauth::{AuthorizationReturn, IntrospectionRequest, RevocationRequest, TokenRequest, UmaTicketGrant};
use crate::wire::request::{ClaimsInteraction, ClaimsReturn, TicketPresentation};
use crate::wire::saml::Envelope;
use crate::wire::{
    Bearer, Call, Challenge, ChallengeReason, ClientAuthentication, Credentials, Endpoint, OwnerCall,
    PermissionRequest, PermissionTicket, Request, Response, Revision, SamlAssertion, ScopeSet, Uri, text::scope_set,
};

/// How a client of a revision speaks.
#[derive(Clone, Copy, Debug)]
struct Forms {
    revision: Revision,
    /// Grant §3.3.5: RPTs come from the token endpoint; the earlier revisions have an endpoint of their own for them.
    rpts_at_token_endpoint: bool,
    /// Core 1.0.1 §3.5.1: the RPT endpoint takes the ticket itself; there is none in 2.0, but beside it.
    ticket_at_rpt_endpoint: bool,
    /// Where resources are registered.
    registration: &'static str,
    /// The scope of the API that a client has no business with (D5 §2.3; D6 §2.1; Core 1.0.1 §1.3.1; FedAuthz §1.3).
    protection_scope: &'static str,
    /// FedAuthz §4.1: permissions are requested in an array; those before have one (D6 §3.2; Core 1.0.1 §3.2.1).
    permissions_in_array: bool,
}

impl Forms {
    const fn of(revision: Revision) -> Self {
        let rest = Self {
            revision,
            rpts_at_token_endpoint: false,
            ticket_at_rpt_endpoint: false,
            registration: "/rreg/",
            protection_scope: "uma_protection",
            permissions_in_array: false,
        };
        match revision {
            Revision::Draft05 | Revision::Draft06 => {
                Self { protection_scope: "http://docs.kantarainitiative.org/uma/scopes/prot.json", ..rest }
            }
            Revision::V1_0_1 => Self { ticket_at_rpt_endpoint: true, ..rest },
            Revision::V2_0 => {
                Self { rpts_at_token_endpoint: true, ticket_at_rpt_endpoint: true, permissions_in_array: true, ..rest }
            }
        }
    }
}

/// The newest of each kind comes last.
#[derive(Clone, Debug)]
pub(super) struct Pockets {
    origin: Uri,
    forms: Forms,
    tickets: Vec<PermissionTicket>,
    rpts: Vec<Bearer>,
    aats: Vec<Bearer>,
    pcts: Vec<Bearer>,
    refresh_tokens: Vec<Bearer>,
    codes: Vec<Bearer>,
    assertions: Vec<SamlAssertion>,
    weak_tokens: Vec<Bearer>,
}

impl Pockets {
    pub(super) fn of(config: &ClientConfig) -> Self {
        Self {
            origin: config.origin.clone(),
            forms: Forms::of(config.revision),
            tickets: Vec::new(),
            rpts: Vec::new(),
            aats: Vec::new(),
            pcts: Vec::new(),
            refresh_tokens: Vec::new(),
            codes: Vec::new(),
            assertions: Vec::new(),
            weak_tokens: Vec::new(),
        }
    }

    pub(super) fn forget(&mut self) {
        self.tickets.clear();
        let (of_uma, of_oauth) =
            ([&mut self.rpts, &mut self.aats, &mut self.pcts], [&mut self.refresh_tokens, &mut self.codes]);
        of_uma.into_iter().chain(of_oauth).for_each(Vec::clear);
        self.weak_tokens.clear();
        self.assertions.clear();
    }

    /// Takes what an answer brings.
    pub(super) fn take_from_answer(&mut self, message: &Response) {
        match message {
            Response::Challenge(Challenge {
                reason:
                    ChallengeReason::TicketGiven(ticket)
                    | ChallengeReason::AuthorizationDataNeeded(ticket)
                    | ChallengeReason::MoreNeeded(ticket),
                ..
            }) => self.tickets.push(ticket.clone()),
            Response::NeedInfo { ticket, .. } | Response::RequestSubmitted { ticket, .. } => {
                self.tickets.extend(ticket.clone());
            }
            Response::AssertionIssued(issued) => self.assertions.push(issued.assertion.clone()),
            Response::RptIssued(rpt) | Response::RptGranted(rpt) => self.rpts.push(rpt.as_kind()),
            Response::Token(tokens) => {
                if tokens.id_token.is_none() {
                    let weak = tokens.scope.as_ref() == Some(&scope_set([self.forms.protection_scope]));
                    let pocket = match (self.forms.rpts_at_token_endpoint, weak) {
                        (true, _) => &mut self.rpts,
                        (false, true) => &mut self.weak_tokens,
                        (false, false) => &mut self.aats,
                    };
                    pocket.push(tokens.access_token.clone());
                }
                self.pcts.extend(tokens.pct.as_ref().map(crate::wire::Token::as_kind));
                self.refresh_tokens.extend(tokens.refresh_token.as_ref().map(crate::wire::Token::as_kind));
            }
            _ => {}
        }
    }

    /// Takes what a browser brings.
    pub(super) fn take_from_request(&mut self, message: Option<&Request>) {
        match message {
            Some(Request::AuthorizationReturn(AuthorizationReturn { outcome: Ok(code), .. })) => {
                self.codes.push(code.as_kind());
            }
            Some(Request::ClaimsReturn(ClaimsReturn { ticket: Some(ticket), .. })) => {
                self.tickets.push(ticket.clone());
            }
            _ => {}
        }
    }

    /// The call for a replay, if the pockets have what it takes.
    pub(super) fn spend(&self, replay: &Replay, identity: Option<ClientAuthentication>) -> Option<Call> {
        let value = match (replay.what, replay.at) {
            (Loot::Nothing, _) | (Loot::WeakToken | Loot::OwnToken, Endpoint::Token) => Bearer::new("nothing"),
            (what, _) => self.value(what)?,
        };
        let (path, guarded, message) = self.message(Forms::of(replay.speaks), replay, &value, identity.as_ref())?;
        let credentials = match (guarded, identity) {
            _ if replay.what == Loot::Nothing => Credentials::None,
            (Some(bearer), _) => Credentials::Bearer(bearer),
            (None, Some(identity)) => Credentials::Client(identity),
            (None, None) => Credentials::None,
        };
        // At a resource server the URI says which resource.
        let to = if replay.at == Endpoint::Resource { replay.to.clone() } else { replay.to.with_path(path) };
        Some(Call { to, credentials, cookie: None, message })
    }

    fn value(&self, what: Loot) -> Option<Bearer> {
        match what {
            Loot::Ticket => self.tickets.last().map(PermissionTicket::as_kind),
            Loot::OlderTicket => self.tickets.iter().rev().nth(1).map(PermissionTicket::as_kind),
            Loot::Rpt => self.rpts.last().cloned(),
            Loot::Aat | Loot::OwnToken => self.aats.last().cloned(),
            Loot::Pct => self.pcts.last().cloned(),
            Loot::RefreshToken => self.refresh_tokens.last().cloned(),
            Loot::Code => self.codes.last().cloned(),
            Loot::Assertion => self.assertions.last().map(SamlAssertion::as_kind),
            Loot::WrappedAssertion => Some(Envelope::decode(self.assertions.last()?)?.wrapped().encode().as_kind()),
            Loot::WeakToken => self.weak_tokens.last().cloned(),
            Loot::ClientAssertion(_) | Loot::Nothing => None,
        }
    }

    // The path, the bearer where the endpoint is guarded by one, and the message.
    fn message(
        &self,
        forms: Forms,
        replay: &Replay,
        value: &Bearer,
        identity: Option<&ClientAuthentication>,
    ) -> Option<(&'static str, Option<Bearer>, Request)> {
        let bearer = Some(value.clone());
        Some(match replay.at {
            Endpoint::Token => ("/token", None, Request::Token(self.token_request(forms, replay.what, value)?)),
            Endpoint::Revocation => {
                ("/revoke", None, Request::Revoke(RevocationRequest { token: value.clone(), hint: None }))
            }
            Endpoint::Resource => ("", bearer, Request::Access { method: "GET".into() }),
            Endpoint::Rpt if forms.ticket_at_rpt_endpoint => self.ticket_presentation(replay.what, value)?,
            Endpoint::Rpt => ("/rpt", bearer, Request::RequestRpt),
            Endpoint::AuthorizationData => self.authorization_data(replay.what, value)?,
            Endpoint::Introspection => {
                let question = IntrospectionRequest { token: value.clone(), resource_id: None, host_id: None };
                ("/introspect", bearer, Request::Introspect(question))
            }
            Endpoint::ResourceRegistration => (forms.registration, bearer, Request::ListResources),
            Endpoint::Owner => ("/owner/", bearer, Request::Owner(OwnerCall::ListRequests)),
            Endpoint::Permission => ("/permission", bearer, permission_request(forms)),
            Endpoint::ClaimsInteraction => {
                let ticket = Some(value.as_kind());
                let client_id = identity.map(|identity| identity.client_id().clone());
                let redirect_uri = Some(self.origin.with_path("/claims-return"));
                let visit = ClaimsInteraction { client_id, ticket, redirect_uri, state: None };
                ("/claims", None, Request::ClaimsInteraction(visit))
            }
            Endpoint::AuthorizationRedirect => {
                let back = AuthorizationReturn { outcome: Ok(value.as_kind()), state: None, issuer: None };
                ("/return", None, Request::AuthorizationReturn(back))
            }
            Endpoint::ClaimsRedirect => {
                let back =
                    ClaimsReturn { ticket: Some(value.as_kind()), state: None, error: None, authorization_state: None };
                ("/claims-return", None, Request::ClaimsReturn(back))
            }
            Endpoint::Configuration
            | Endpoint::Jwks
            | Endpoint::ClientRegistration
            | Endpoint::Authorization
            | Endpoint::Form
            | Endpoint::Account
            | Endpoint::Description
            | Endpoint::Connect
            | Endpoint::Fetch
            | Endpoint::ScopeDescription
            | Endpoint::Unknown => return None,
        })
    }

    fn token_request(&self, forms: Forms, what: Loot, value: &Bearer) -> Option<TokenRequest> {
        let grant = |ticket: PermissionTicket| UmaTicketGrant {
            ticket,
            claim_token: None,
            pct: None,
            rpt: None,
            scope: ScopeSet::new(),
        };
        Some(match what {
            Loot::Ticket | Loot::OlderTicket => TokenRequest::UmaTicket(grant(value.as_kind())),
            Loot::Rpt => {
                let rpt = Some(value.clone());
                TokenRequest::UmaTicket(UmaTicketGrant { rpt, ..grant(self.tickets.last()?.clone()) })
            }
            Loot::Pct | Loot::Aat => {
                let pct = Some(value.as_kind());
                TokenRequest::UmaTicket(UmaTicketGrant { pct, ..grant(self.tickets.last()?.clone()) })
            }
            Loot::RefreshToken => TokenRequest::Refresh { refresh_token: value.as_kind(), scope: ScopeSet::new() },
            Loot::Assertion | Loot::WrappedAssertion => TokenRequest::Saml2Bearer {
                assertion: value.as_kind(),
                scope: crate::role::client::own_scopes(forms.revision),
            },
            Loot::Code => TokenRequest::AuthorizationCode {
                code: value.as_kind(),
                redirect_uri: Some(self.origin.with_path("/return")),
                code_verifier: None,
            },
            Loot::WeakToken => TokenRequest::ClientCredentials { scope: scope_set([forms.protection_scope]) },
            Loot::OwnToken => {
                TokenRequest::ClientCredentials { scope: crate::role::client::own_scopes(forms.revision) }
            }
            Loot::ClientAssertion(_) | Loot::Nothing => return None,
        })
    }

    /// The scope of an access token for another API than that of clients.
    pub(super) fn protection_scope(&self) -> ScopeSet {
        scope_set([self.forms.protection_scope])
    }

    // Where a revision has no AATs, an RPT is what comes next to one.
    fn as_aat(&self) -> Option<&Bearer> {
        self.aats.last().or_else(|| self.rpts.last())
    }

    fn authorization_data(&self, what: Loot, value: &Bearer) -> Option<(&'static str, Option<Bearer>, Request)> {
        let ticket = match what {
            Loot::Ticket | Loot::OlderTicket => value.as_kind(),
            Loot::Rpt
            | Loot::Aat
            | Loot::Pct
            | Loot::RefreshToken
            | Loot::Code
            | Loot::Assertion
            | Loot::WrappedAssertion
            | Loot::WeakToken
            | Loot::OwnToken
            | Loot::ClientAssertion(_)
            | Loot::Nothing => self.tickets.last()?.clone(),
        };
        let rpt = if what == Loot::Rpt { value.clone() } else { self.rpts.last()?.clone() };
        let as_aat = matches!(what, Loot::Aat | Loot::WeakToken | Loot::OwnToken);
        let aat = if as_aat { value.clone() } else { self.as_aat()?.clone() };
        Some(("/permission_request", Some(aat), Request::RequestAuthorizationData { rpt, ticket }))
    }

    // Core 1.0.1 §3.5.1: what is no ticket is shown where the AAT belongs, with the newest ticket.
    fn ticket_presentation(&self, what: Loot, value: &Bearer) -> Option<(&'static str, Option<Bearer>, Request)> {
        let newest = || self.tickets.last().cloned();
        let (aat, ticket) = match what {
            Loot::Ticket | Loot::OlderTicket => (self.as_aat()?.clone(), value.as_kind()),
            Loot::ClientAssertion(_)
            | Loot::Nothing
            | Loot::Rpt
            | Loot::Aat
            | Loot::Pct
            | Loot::RefreshToken
            | Loot::Code
            | Loot::Assertion
            | Loot::WrappedAssertion
            | Loot::OwnToken
            | Loot::WeakToken => (value.clone(), newest()?),
        };
        let presented = TicketPresentation { ticket, rpt: None, claim_tokens: Vec::new() };
        Some(("/rpt", Some(aat), Request::RequestRptForTicket(presented)))
    }
}

// It knows no identifiers; what it sends is a request of the revision all the same (D6 §3.2 has one permission).
fn permission_request(forms: Forms) -> Request {
    let anything = PermissionRequest { resource_id: "anything".into(), scopes: scope_set(["anything"]) };
    Request::RequestPermissions { permissions: vec![anything], array: forms.permissions_in_array }
}
