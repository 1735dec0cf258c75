//! What a message is for, in words that fit every revision.

use crate::wire::Request;
use crate::wire::oauth::TokenRequest;
use crate::wire::page::Form;
use serde::Serialize;

/// The parts of an intent, in the order in which they come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Parties get to know a server: configuration, keys, registration.
    Introduction,
    /// People sign in and approve, and PATs and AATs come of it.
    Approval,
    /// Resources are put under protection.
    Protection,
    /// The owner says who may, and decides requests.
    Policy,
    /// The client, and the person behind it, ask for the resource.
    Access,
    /// The resource server asks for tickets and about RPTs.
    Permission,
    /// The client asks for RPTs and for what they are to be good for.
    Authorization,
    /// The requesting party gives claims.
    Claims,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 8] = [
        Self::Introduction,
        Self::Approval,
        Self::Protection,
        Self::Policy,
        Self::Access,
        Self::Permission,
        Self::Authorization,
        Self::Claims,
    ];

    /// Its name for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Introduction => "introduction",
            Self::Approval => "sign-in and approval",
            Self::Protection => "protection",
            Self::Policy => "policies",
            Self::Access => "access",
            Self::Permission => "tickets and RPT status",
            Self::Authorization => "authorization",
            Self::Claims => "claims",
        }
    }

    /// The phase of a request.
    pub const fn of(request: &Request) -> Self {
        match request {
            Request::GetConfiguration
            | Request::GetJwks
            | Request::RegisterClient(_)
            | Request::GetScopeDescription
            | Request::GetDescription => Self::Introduction,
            Request::Authorize(_) | Request::AuthorizationReturn(_) => Self::Approval,
            Request::Token(TokenRequest::UmaTicket(_)) => Self::Authorization,
            Request::Token(_) | Request::Revoke(_) => Self::Approval,
            Request::CreateResource { .. }
            | Request::ReadResource { .. }
            | Request::UpdateResource { .. }
            | Request::DeleteResource { .. }
            | Request::ListResources
            | Request::Connect { .. } => Self::Protection,
            Request::RequestPermissions { .. } | Request::Introspect(_) => Self::Permission,
            Request::RequestRpt | Request::RequestRptForTicket(_) | Request::RequestAuthorizationData { .. } => {
                Self::Authorization
            }
            Request::ClaimsInteraction(_) | Request::ClaimsReturn(_) => Self::Claims,
            Request::Form(form) => Self::of_form(form),
            Request::GetAccount | Request::Owner(_) => Self::Policy,
            Request::Fetch { .. } | Request::Access { .. } => Self::Access,
        }
    }

    const fn of_form(form: &Form) -> Self {
        match form {
            Form::SignIn { .. } | Form::Consent { .. } | Form::WithdrawApproval { .. } | Form::SignOut { .. } => {
                Self::Approval
            }
            Form::GiveClaims { .. } => Self::Claims,
            Form::SetPolicy { .. } | Form::RemovePolicy { .. } | Form::AnswerRequest { .. } => Self::Policy,
        }
    }
}
