//! What an operator registers: who may, and which request is which order.

use super::{reading, writing};
use crate::cli::config::operator::OperatorToken;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use actix_web::web::{Bytes, Data, PayloadConfig, ServiceConfig, to};
use actix_web::{HttpRequest, HttpResponse};
use umaverse::node::orders::Desk;
use umaverse::role::operation::{OnClients, OnIssuers, OnPeople, Operation};
use umaverse::wire::{Bearer, ClientId, Text, Uri};

/// The most that a body may be, in bytes. A key set is the largest of them.
const BODY_MAX: usize = 65_536;

/// Where orders are taken, and from whom.
#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) operator: OperatorToken,
    pub(crate) desk: Desk,
}

/// What is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Register {
    People,
    Issuers,
    Clients,
}

/// Why something is no order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The body, or the name in the path, is not what it should be: what came and what was expected.
    Malformed(String),
    /// There is nothing at the path.
    Nothing,
    /// Something else can be done there.
    Method(&'static str),
    /// The body is no JSON by its type.
    MediaType,
}

/// Serves the registers.
pub(super) fn serve(app: &mut ServiceConfig, office: Office) {
    app.app_data(Data::new(office)).app_data(PayloadConfig::new(BODY_MAX));
    for (path, register) in
        [("/people", Register::People), ("/identity-providers", Register::Issuers), ("/clients", Register::Clients)]
    {
        let one = format!("{path}/{{name}}");
        let answer = move |request: HttpRequest, office: Data<Office>, body: Result<Bytes, actix_web::Error>| async move {
            answer(register, &request, &office, body).await
        };
        app.route(path, to(answer)).route(&one, to(answer));
    }
}

async fn answer(
    register: Register,
    request: &HttpRequest,
    office: &Office,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    if !presented(request).is_some_and(|token| office.operator.is(&token)) {
        let challenge = (WWW_AUTHENTICATE, "Bearer realm=\"operations\"");
        return HttpResponse::Unauthorized().insert_header(challenge).json(writing::error("invalid_token", EXPECTED));
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => return writing::unreadable(error.as_response_error().status_code(), BODY_MAX),
    };
    match order(register, request, &body) {
        Ok(operation) => writing::report(&operation, office.desk.order(operation.clone()).await),
        Err(refusal) => writing::refusal(&refusal),
    }
}

const EXPECTED: &str = "expected the token of the operator as Authorization: Bearer";

fn presented(request: &HttpRequest) -> Option<Bearer> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Bearer::new(token.trim()))
}

fn order(register: Register, request: &HttpRequest, body: &[u8]) -> Result<Operation, Refusal> {
    let (method, name) = (request.method(), named(request.uri().path())?);
    let is_json = || {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Refusal::MediaType) }
    };
    match (method.clone(), name) {
        (Method::GET, None) => Ok(list(register)),
        (Method::PUT, Some(name)) => is_json().and_then(|()| put(register, &name, body)),
        (Method::POST, None) if register == Register::Clients => {
            is_json()?;
            Ok(Operation::Clients(OnClients::Put(None, reading::client(body)?)))
        }
        (Method::DELETE, Some(name)) => remove(register, &name),
        (_, None) if register == Register::Clients => Err(Refusal::Method("GET, POST")),
        (_, None) => Err(Refusal::Method("GET")),
        (_, Some(_)) => Err(Refusal::Method("PUT, DELETE")),
    }
}

const fn list(register: Register) -> Operation {
    match register {
        Register::People => Operation::People(OnPeople::List),
        Register::Issuers => Operation::Issuers(OnIssuers::List),
        Register::Clients => Operation::Clients(OnClients::List),
    }
}

fn put(register: Register, name: &str, body: &[u8]) -> Result<Operation, Refusal> {
    Ok(match register {
        Register::People => Operation::People(OnPeople::Put(reading::person(name, body)?)),
        Register::Issuers => Operation::Issuers(OnIssuers::Put(reading::issuer(name, body)?)),
        Register::Clients => {
            let client = ClientId::from(reading::client_id(name)?);
            Operation::Clients(OnClients::Put(Some(client), reading::client(body)?))
        }
    })
}

fn remove(register: Register, name: &str) -> Result<Operation, Refusal> {
    Ok(match register {
        Register::People => Operation::People(OnPeople::Remove(Text::from(name))),
        Register::Issuers => Operation::Issuers(OnIssuers::Remove(Uri::from(name.trim_end_matches('/')))),
        Register::Clients => Operation::Clients(OnClients::Remove(ClientId::from(reading::client_id(name)?))),
    })
}

// The last segment of the path; an issuer is one segment as well, percent-encoded.
fn named(path: &str) -> Result<Option<String>, Refusal> {
    let mut segments = path.split('/').skip(2);
    let Some(segment) = segments.next() else { return Ok(None) };
    if segment.is_empty() || segments.next().is_some() {
        return Err(Refusal::Nothing);
    }
    let wrong = || Refusal::Malformed("the name in the path is no UTF-8; expected it percent-encoded".to_owned());
    percent_decoded(segment).ok_or_else(wrong).map(Some)
}

fn percent_decoded(segment: &str) -> Option<String> {
    // `+` is itself in a path.
    let pair = format!("x={}", segment.replace('+', "%2B").replace('&', "%26"));
    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next()?.1.into_owned();
    (!decoded.contains('\u{fffd}')).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_of_the_path() {
        let name = |path: &str| named(path);
        assert_eq!(name("/people"), Ok(None));
        assert_eq!(name("/people/alice"), Ok(Some("alice".to_owned())));
        assert_eq!(name("/people/a%20b+c%26d=e"), Ok(Some("a b+c&d=e".to_owned())));
        let issuer = "/identity-providers/https%3A%2F%2Fidp.example%2Frealm";
        assert_eq!(name(issuer), Ok(Some("https://idp.example/realm".to_owned())));
        assert_eq!(name("/people/"), Err(Refusal::Nothing));
        assert_eq!(name("/people/a/b"), Err(Refusal::Nothing));
        assert!(matches!(name("/people/%ff"), Err(Refusal::Malformed(_))));
    }
}
