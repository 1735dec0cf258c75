//! The messages that every revision writes alike, and the frame around reading a message.

use super::front_channel::{self, Names};
use super::http::{FORM, HttpRequest, HttpResponse, JSON, check_media_type, header};
use super::json::{malformed, missing, parse};
use super::oauth::{registration, token};
use super::parameters::Parameters;
use super::{Routes, credentials, forms, oauth, owner, pages};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::TokenRequest;
use crate::wire::{
    Answer, Call, Credentials, DecodeError, Endpoint, Received, Request, Response, Scope, ScopeSet, Text, Uri,
};
use serde_json::Value;

/// Scopes of a string with spaces between them (RFC 6749 §3.3).
pub(super) fn scopes_of(text: &str) -> ScopeSet {
    text.split(' ').filter(|scope| !scope.is_empty()).map(Scope::from).collect()
}

/// Scopes as a string with spaces between them.
pub(super) fn spaced(scopes: &ScopeSet) -> String {
    let mut text = String::new();
    for scope in scopes {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(scope.as_str());
    }
    text
}

/// Writes a request that all revisions write alike; of any other only its address.
pub(super) fn encode_request(names: &Names, call: &Call) -> HttpRequest {
    let open = |method: &str| HttpRequest::open(call, method, call.to.clone());
    match &call.message {
        Request::GetConfiguration
        | Request::GetJwks
        | Request::GetAccount
        | Request::GetScopeDescription
        | Request::GetDescription => open("GET"),
        Request::Owner(asked) => owner::encode_request(call, asked),
        Request::RegisterClient(metadata) => open("POST").json(JSON, &registration::write_metadata(names, metadata)),
        Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Connect { .. }
        | Request::Fetch { .. } => HttpRequest::open(call, "GET", front_channel::url(names, &call.to, &call.message)),
        Request::Token(request) => {
            open("POST").form(credentials::in_form(token::write_request(request), &call.credentials).finish())
        }
        Request::Revoke(request) => open("POST").form(oauth::write_revocation(request, &call.credentials)),
        Request::Form(form) => open("POST").form(forms::write(names, form)),
        Request::Access { method } => open(method),
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_)
        | Request::RequestRpt
        | Request::RequestRptForTicket(_)
        | Request::RequestAuthorizationData { .. } => open("POST"),
    }
}

/// The frame around reading a request: address, credentials, cookie, and the message or why it is none.
pub(super) fn received(
    routes: &Routes,
    request: &HttpRequest,
    read: impl FnOnce(Endpoint) -> Result<Request, Kind>,
) -> Received {
    let endpoint = routes.endpoint(&request.uri);
    let uri = match endpoint {
        Endpoint::ResourceRegistration | Endpoint::Owner => super::path::published(routes, &request.uri),
        _ => address(endpoint, &request.uri),
    };
    let message = read(endpoint);
    Received {
        cookie: credentials::read_cookie(&uri, &request.headers),
        // A message that does not parse may have secrets in its query; none of them belongs into a record.
        uri: if message.is_ok() { uri } else { uri.base() },
        credentials: read_credentials(endpoint, request),
        message: message.map_err(|kind| DecodeError { endpoint, kind }),
    }
}

// RFC 6749 §2.3.1: clients authenticate in the body of a form at the token endpoint; RFC 7009 and RFC 7662 follow it.
fn read_credentials(endpoint: Endpoint, request: &HttpRequest) -> Credentials {
    let clients_post = matches!(endpoint, Endpoint::Token | Endpoint::Revocation);
    if clients_post && check_media_type(&request.headers, &[FORM]).is_ok() {
        credentials::read_with_form(&request.headers, &Parameters::parse(&request.body))
    } else {
        credentials::read(&request.headers)
    }
}

/// The address that a request was sent to, without what its message added to it.
fn address(endpoint: Endpoint, uri: &Uri) -> Uri {
    match endpoint {
        Endpoint::Authorization
        | Endpoint::AuthorizationRedirect
        | Endpoint::ClaimsInteraction
        | Endpoint::ClaimsRedirect
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::Account => front_channel::address(uri),
        Endpoint::Configuration
        | Endpoint::Jwks
        | Endpoint::ClientRegistration
        | Endpoint::Token
        | Endpoint::Revocation
        | Endpoint::ResourceRegistration
        | Endpoint::Permission
        | Endpoint::Introspection
        | Endpoint::Rpt
        | Endpoint::AuthorizationData
        | Endpoint::Owner
        | Endpoint::Description
        | Endpoint::Form
        | Endpoint::ScopeDescription
        | Endpoint::Resource
        | Endpoint::Unknown => uri.clone(),
    }
}

/// Reads a request at an endpoint where all revisions read alike.
pub(super) fn read_request(endpoint: Endpoint, request: &HttpRequest) -> Result<Request, Kind> {
    match endpoint {
        Endpoint::Configuration => only("GET", request).map(|()| Request::GetConfiguration),
        Endpoint::Jwks => only("GET", request).map(|()| Request::GetJwks),
        Endpoint::ClientRegistration => {
            registration::read_metadata(&posted_json(request)?).map(Request::RegisterClient)
        }
        Endpoint::Authorization
        | Endpoint::AuthorizationRedirect
        | Endpoint::ClaimsInteraction
        | Endpoint::ClaimsRedirect
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::Account => {
            only("GET", request)?;
            front_channel::read(endpoint, &request.uri)
        }
        Endpoint::Token => token::read_request(&client_form(request)?).map(Request::Token),
        Endpoint::Revocation => oauth::read_revocation(&client_form(request)?).map(Request::Revoke),
        Endpoint::Form => forms::read(&posted_form(request)?).map(Request::Form),
        Endpoint::Description => only("GET", request).map(|()| Request::GetDescription),
        Endpoint::ScopeDescription => only("GET", request).map(|()| Request::GetScopeDescription),
        Endpoint::Resource => Ok(Request::Access { method: request.method.clone() }),
        Endpoint::ResourceRegistration
        | Endpoint::Permission
        | Endpoint::Introspection
        | Endpoint::Rpt
        | Endpoint::AuthorizationData
        | Endpoint::Owner
        | Endpoint::Unknown => Err(Kind::UnknownPath(request.uri.base())),
    }
}

/// Refuses every other method.
pub(super) fn only(method: &str, request: &HttpRequest) -> Result<(), Kind> {
    if &*request.method == method { Ok(()) } else { Err(Kind::MethodNotAllowed(request.method.clone())) }
}

/// The body of a `POST` of JSON.
pub(super) fn posted_json(request: &HttpRequest) -> Result<Value, Kind> {
    only("POST", request)?;
    check_media_type(&request.headers, &[JSON])?;
    parse(&request.body)
}

/// The fields of a `POST` of a form.
pub(super) fn posted_form(request: &HttpRequest) -> Result<Parameters<'_>, Kind> {
    only("POST", request)?;
    check_media_type(&request.headers, &[FORM])?;
    Ok(Parameters::parse(&request.body))
}

/// The same where a client authenticates.
pub(super) fn client_form(request: &HttpRequest) -> Result<Parameters<'_>, Kind> {
    let form = posted_form(request)?;
    credentials::check_single(&request.headers, &form)?;
    Ok(form)
}

/// Writes an answer that all revisions write alike; of any other only its status.
pub(super) fn encode_response(names: &Names, message: &Response) -> HttpResponse {
    match message {
        Response::Jwks(keys) => HttpResponse::new(200).json(JSON, &oauth::write_jwks(keys)),
        Response::ClientRegistered(information) => {
            HttpResponse::new(201).secret_json(JSON, &registration::write_information(names, information))
        }
        Response::Redirect { to, message } => {
            HttpResponse::new(302).with("Location", front_channel::url(names, to, message).as_str())
        }
        Response::Page(page) => pages::write(names, page),
        Response::Token(tokens) => HttpResponse::new(200).secret_json(JSON, &token::write_response(tokens)),
        Response::AssertionIssued(issued) => HttpResponse::new(200).secret_json(JSON, &token::write_assertion(issued)),
        Response::Owner(answer) => owner::write_answer(answer),
        Response::Description(document) => {
            let mut response = HttpResponse::new(200).with("Content-Type", JSON);
            response.body = document.as_bytes().to_vec();
            response
        }
        Response::Content { content } => {
            let mut response = HttpResponse::new(200).with("Content-Type", "text/plain; charset=utf-8");
            response.body = content.as_bytes().to_vec();
            response
        }
        Response::Challenge(challenge) => super::challenge::write(&super::challenge::USUAL, challenge),
        Response::AuthorizationServerUnreachable { status, warning } => {
            super::failure::write_unreachable(*status, *warning)
        }
        Response::Failure(failure) => HttpResponse::new(failure.status),
        Response::Refused { status } => HttpResponse::new(*status),
        Response::ResourceDeleted => HttpResponse::new(204),
        // RFC 7009 §2.2: the body "is ignored by the client"; there are libraries that want one that they can parse.
        Response::Revoked => HttpResponse::new(200).json(JSON, &super::json::Members::default().into_value()),
        Response::Configuration(_)
        | Response::ScopeDescription(_)
        | Response::ResourceCreated(_)
        | Response::Resource(_)
        | Response::ResourceUpdated(_)
        | Response::ResourceList(_)
        | Response::PermissionTicket { .. }
        | Response::Introspection(_)
        | Response::RptIssued(_)
        | Response::AuthorizationDataAdded
        | Response::RptGranted(_)
        | Response::InfoNeeded(_)
        | Response::NeedInfo { .. }
        | Response::RequestSubmitted { .. } => HttpResponse::new(200),
    }
}

/// An answer with its cookie.
pub(super) fn with_cookie(answer: &Answer, response: HttpResponse) -> HttpResponse {
    match &answer.set_cookie {
        Some(session) => response.with("Set-Cookie", credentials::set_cookie(session)),
        None => response,
    }
}

/// The frame around reading an answer: its cookie, and the message or why it is none. A revision has its own way to read
/// a success and an error.
pub(super) fn read_answer(
    asked: &Request,
    response: &HttpResponse,
    read_success: impl FnOnce(&Request, &HttpResponse) -> Result<Response, Kind>,
    read_error: impl FnOnce(&Request, &HttpResponse) -> Result<Response, Kind>,
) -> Result<Answer, DecodeError> {
    let message = match shape(response) {
        Shape::Page => pages::read(response).map(Response::Page),
        Shape::Redirect => read_redirect(response),
        Shape::Success => read_success(asked, response),
        Shape::Error => read_error(asked, response),
        Shape::Other => Err(malformed("status")),
    };
    let message = message.map_err(|kind| DecodeError { endpoint: asked.endpoint(), kind })?;
    Ok(Answer { set_cookie: credentials::read_set_cookie(&response.headers), message })
}

/// What kind of answer it is, before its content is looked at.
enum Shape {
    Page,
    Success,
    Redirect,
    Error,
    Other,
}

fn shape(response: &HttpResponse) -> Shape {
    match response.status {
        _ if pages::is_page(response) => Shape::Page,
        200..=299 => Shape::Success,
        301..=303 | 307 | 308 => Shape::Redirect,
        400..=599 => Shape::Error,
        _ => Shape::Other,
    }
}

fn read_redirect(response: &HttpResponse) -> Result<Response, Kind> {
    let location = Uri::from(header(&response.headers, "Location").ok_or_else(|| missing("Location"))?);
    if !location.is_absolute() {
        return Err(malformed("Location"));
    }
    let (to, message) = front_channel::from_url(&location)?;
    Ok(Response::Redirect { to, message: Box::new(message) })
}

/// Reads a success that all revisions read alike.
pub(super) fn read_success(asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    match asked {
        Request::GetJwks => oauth::read_jwks(&json_of(response, &[JSON])?).map(Response::Jwks),
        Request::RegisterClient(_) => {
            registration::read_information(&json_of(response, &[JSON])?).map(Response::ClientRegistered)
        }
        Request::Token(TokenRequest::ExchangeForAssertion { .. }) => {
            token::read_assertion(&json_of(response, &[JSON])?).map(Response::AssertionIssued)
        }
        Request::Token(_) => token::read_response(&json_of(response, &[JSON])?).map(Response::Token),
        Request::Revoke(_) => Ok(Response::Revoked),
        Request::Owner(asked) => owner::read_answer(asked, response).map(Response::Owner),
        Request::GetDescription => {
            json_of(response, &[JSON])?;
            let document = std::str::from_utf8(&response.body).map_err(|_| malformed("JSON body"))?;
            Ok(Response::Description(document.into()))
        }
        Request::Access { .. } => {
            let content = std::str::from_utf8(&response.body).map_err(|_| malformed("content"))?;
            Ok(Response::Content { content: content.into() })
        }
        Request::DeleteResource { .. } => Ok(Response::ResourceDeleted),
        Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Connect { .. }
        | Request::Fetch { .. } => Err(no_page(response)),
        Request::GetConfiguration
        | Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_)
        | Request::RequestRpt
        | Request::GetScopeDescription
        | Request::RequestRptForTicket(_)
        | Request::RequestAuthorizationData { .. } => Err(malformed("status")),
    }
}

fn no_page(response: &HttpResponse) -> Kind {
    let came = header(&response.headers, "Content-Type").unwrap_or_default();
    Kind::UnsupportedMediaType { expected: Text::from(pages::PAGE), came: came.into() }
}

/// The JSON body of an answer.
pub(super) fn json_of(response: &HttpResponse, expected: &[&str]) -> Result<Value, Kind> {
    check_media_type(&response.headers, expected)?;
    parse(&response.body)
}
