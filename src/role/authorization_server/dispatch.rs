//! Which input goes where. Guarded endpoints look at the token before they look at the message, also when the message
//! is none.

use super::{AuthorizationServer, account, draft06, oauth_side, v2_0};
use crate::message::Arrival;
use crate::role::{Context, Input};
use crate::wire::error::DecodeErrorKind;
use crate::wire::page::{Form, Page};
use crate::wire::{Answer, DecodeError, Endpoint, ErrorCode, Failure, Request, Response, Revision};

pub(super) fn handle(server: &mut AuthorizationServer, cx: &mut Context<'_>, input: Input) {
    match input {
        Input::Request(arrival) => {
            let exchange = arrival.exchange;
            if let Some(answer) = request(server, cx, arrival) {
                cx.reply(exchange, answer);
            }
        }
        Input::Response { .. } | Input::Failed { .. } => {}
        Input::PasswordChecked { .. } => {}
        // It sets no timer, nobody acts at it, and after a crash the durable tables are all it needs.
        Input::Timer(_) | Input::Act(_) | Input::Restarted => {}
    }
}

// `None` when the answer comes later.
fn request(server: &mut AuthorizationServer, cx: &mut Context<'_>, mut arrival: Arrival) -> Option<Answer> {
    let unread = || DecodeError { endpoint: Endpoint::Unknown, kind: DecodeErrorKind::Malformed("request".into()) };
    match std::mem::replace(&mut arrival.message, Err(unread())) {
        Err(error) => Some(undecodable(server, cx, &arrival, &error)),
        Ok(message) => understood(server, cx, &arrival, message),
    }
}

fn understood(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    message: Request,
) -> Option<Answer> {
    match message {
        Request::GetConfiguration => Some(configuration(server).into()),
        Request::GetJwks => Some(Response::Jwks(vec![cx.crypto().public(&server.config.key)]).into()),
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_) => {
            Some(protection(server, cx, arrival, message).map_or_else(Answer::from, Answer::from))
        }
        Request::GetAccount => Some(account::show(server, cx, arrival)),
        Request::Form(form) => submit(server, cx, arrival, form),
        Request::RegisterClient(_)
        | Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::Token(_)
        | Request::Revoke(_)
        | Request::RequestRpt
        | Request::RequestAuthorizationData { .. }
        | Request::ClaimsInteraction(_) => Some(not_here()),
        Request::ClaimsReturn(_) | Request::Connect { .. } | Request::Fetch { .. } | Request::Access { .. } => {
            Some(not_here())
        }
    }
}

fn submit(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, form: Form) -> Option<Answer> {
    match form {
        Form::SignIn { .. } | Form::Consent { .. } | Form::GiveClaims { .. } => Some(not_here()),
        Form::SetPolicy { .. }
        | Form::RemovePolicy { .. }
        | Form::AnswerRequest { .. }
        | Form::WithdrawApproval { .. } => Some(account::submit(server, cx, arrival, form)),
    }
}

fn configuration(server: &AuthorizationServer) -> Response {
    let configuration = match server.config.revision {
        Revision::Draft06 => draft06::configuration(&server.config),
        Revision::V2_0 => v2_0::configuration(&server.config),
    };
    Response::Configuration(Box::new(configuration))
}

fn protection(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    message: Request,
) -> Result<Response, Failure> {
    let pat = oauth_side::check_pat(server, cx, &arrival.credentials)?;
    match server.config.revision {
        Revision::Draft06 => draft06::protection(server, cx, &pat, message),
        Revision::V2_0 => v2_0::protection(server, cx, &pat, message),
    }
}

fn undecodable(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    error: &DecodeError,
) -> Answer {
    match guard(server, cx, arrival, error.endpoint) {
        Ok(()) => complaint(error),
        Err(failure) => failure.into(),
    }
}

// FedAuthz §6, D6 §4.1: who is not authorized gets the OAuth error and learns nothing else.
fn guard(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    endpoint: Endpoint,
) -> Result<(), Failure> {
    match endpoint {
        Endpoint::ResourceRegistration | Endpoint::Permission | Endpoint::Introspection => {
            oauth_side::check_pat(server, cx, &arrival.credentials).map(|_| ())
        }
        Endpoint::Rpt | Endpoint::AuthorizationData => oauth_side::check_aat(server, cx, &arrival.credentials),
        _ => Ok(()),
    }
}

// What is wrong with bytes that are no message, as the endpoint says it.
fn complaint(error: &DecodeError) -> Answer {
    match (&error.kind, error.endpoint) {
        (DecodeErrorKind::UnknownPath(_), _) => not_here(),
        // FedAuthz §3.2, RSR draft-00 §3: 405, and the code that they give to it.
        (DecodeErrorKind::MethodNotAllowed(_), Endpoint::ResourceRegistration) => {
            Failure::body(405, ErrorCode::UnsupportedMethodType).into()
        }
        (DecodeErrorKind::MethodNotAllowed(_), _) => Response::Refused { status: 405 }.into(),
        // D6 §3.4.2, §3.4.3: an unknown content type is an HTTP error.
        (DecodeErrorKind::UnsupportedMediaType { .. }, Endpoint::Rpt | Endpoint::AuthorizationData) => {
            Failure::body(415, ErrorCode::InvalidRequest).into()
        }
        (_, Endpoint::ClientRegistration) => Failure::body(400, ErrorCode::InvalidClientMetadata).into(),
        (_, endpoint) if is_for_people(endpoint) => {
            Response::Page(Page::Notice { status: 400, text: "this request cannot be understood".into() }).into()
        }
        _ => Failure::body(400, ErrorCode::InvalidRequest).because(error.to_string()).into(),
    }
}

fn is_for_people(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Authorization
            | Endpoint::AuthorizationRedirect
            | Endpoint::ClaimsInteraction
            | Endpoint::Form
            | Endpoint::Account
    )
}

fn not_here() -> Answer {
    Response::Refused { status: 404 }.into()
}
