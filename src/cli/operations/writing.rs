//! What is answered to an operator.

use super::registry::Refusal;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL};
use serde_json::{Map, Value, json};
use umaverse::role::operation::{
    ClientOrigin, KnownClient, KnownIssuer, KnownPerson, OnClients, OnIssuers, OnPeople, Operation, Report,
};
use umaverse::trace::fact::IssuerTrusted;
use umaverse::wire::codec::{write_client, write_key_set};
use umaverse::wire::oauth::{ClientInformation, KeySource};

/// An error as all of them look.
pub(super) fn error(code: &str, description: &str) -> Value {
    json!({ "error": code, "error_description": description })
}

/// What is no order.
pub(super) fn refusal(refusal: &Refusal) -> HttpResponse {
    match refusal {
        Refusal::Malformed(why) => HttpResponse::BadRequest().json(error("invalid_request", why)),
        Refusal::Nothing => HttpResponse::NotFound().json(error("not_found", "nothing is here")),
        Refusal::Method(allowed) => {
            let told = error("method_not_allowed", &format!("expected {allowed}"));
            HttpResponse::MethodNotAllowed().insert_header((ALLOW, *allowed)).json(told)
        }
        Refusal::MediaType => {
            HttpResponse::UnsupportedMediaType().json(error("invalid_request", "expected application/json"))
        }
    }
}

/// A body that cannot be read.
pub(super) fn unreadable(status: StatusCode, bytes_max: usize) -> HttpResponse {
    let why = format!("the body cannot be read; expected at most {bytes_max} bytes");
    HttpResponse::build(status).json(error("invalid_request", &why))
}

/// What came of an order.
pub(super) fn report(operation: &Operation, report: Option<Report>) -> HttpResponse {
    let (status, body) = told(operation, report);
    tracing::info!(order = word(operation), status = status.as_u16(), "an order of the operator");
    let mut answer = HttpResponse::build(status);
    answer.insert_header((CACHE_CONTROL, "no-store"));
    match body {
        Some(body) => answer.json(body),
        None => answer.finish(),
    }
}

fn told(operation: &Operation, report: Option<Report>) -> (StatusCode, Option<Value>) {
    let failed = |status, code, why: &str| (status, Some(error(code, why)));
    let Some(report) = report else {
        return failed(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "the node did not say what came of it",
        );
    };
    let done = |created| if created { StatusCode::CREATED } else { StatusCode::OK };
    match report {
        Report::People(all) => (StatusCode::OK, Some(json!({ "people": all.iter().map(person).collect::<Vec<_>>() }))),
        Report::Issuers(all) => {
            (StatusCode::OK, Some(json!({ "identity_providers": all.iter().map(issuer).collect::<Vec<_>>() })))
        }
        Report::Clients(all) => {
            (StatusCode::OK, Some(json!({ "clients": all.iter().map(client).collect::<Vec<_>>() })))
        }
        Report::Introduced { information, created } => {
            (done(created), Some(with_origin(write_client(&information), ClientOrigin::Introduced)))
        }
        Report::Done { created } => match put(operation) {
            Some(body) => (done(created), Some(body)),
            None => (StatusCode::NO_CONTENT, None),
        },
        Report::Unknown => failed(StatusCode::NOT_FOUND, "not_found", "nothing is registered under that name"),
        Report::Configured => {
            failed(StatusCode::CONFLICT, "configured", "it stands in the node's file, and is changed there")
        }
        Report::RegisteredItself => {
            let why = "the client registered itself; it can be removed, and not be changed here";
            failed(StatusCode::CONFLICT, "registered", why)
        }
        Report::Unacceptable(why) => failed(StatusCode::BAD_REQUEST, "invalid_client_metadata", &why),
        Report::NotHere => failed(StatusCode::NOT_FOUND, "not_found", "a node of this kind has none"),
    }
}

// As the list would show it.
fn put(operation: &Operation) -> Option<Value> {
    match operation {
        Operation::People(OnPeople::Put(new)) => Some(person(&KnownPerson {
            name: new.name.clone(),
            second_factor: new.second_factor.is_some(),
            claims: new.claims.clone(),
            configured: false,
        })),
        Operation::Issuers(OnIssuers::Put(trusted)) => {
            Some(issuer(&KnownIssuer { trusted: trusted.clone(), configured: false }))
        }
        Operation::People(_) | Operation::Issuers(_) | Operation::Clients(_) => None,
    }
}

fn person(known: &KnownPerson) -> Value {
    let claims: Map<String, Value> =
        known.claims.iter().map(|(name, value)| (name.to_string(), Value::from(&**value))).collect();
    json!({
        "name": &*known.name,
        "second_factor": known.second_factor,
        "claims": claims,
        "configured": known.configured,
    })
}

fn issuer(known: &KnownIssuer) -> Value {
    let IssuerTrusted { issuer, keys, audience } = &known.trusted;
    let mut told = json!({ "issuer": issuer.as_str(), "configured": known.configured });
    match keys {
        None => {}
        Some(KeySource::At(place)) => told["jwks_uri"] = place.as_str().into(),
        Some(KeySource::Here(keys)) => {
            told["jwks"] = serde_json::from_str(&write_key_set(keys)).unwrap_or_default();
        }
    }
    if let Some(audience) = audience {
        told["audience"] = Value::from(&**audience);
    }
    told
}

fn client(known: &KnownClient) -> Value {
    let KnownClient { client, metadata, origin } = known.clone();
    with_origin(write_client(&ClientInformation { client_id: client, client_secret: None, metadata }), origin)
}

fn with_origin(mut told: Value, origin: ClientOrigin) -> Value {
    let word = match origin {
        ClientOrigin::Configured => "configured",
        ClientOrigin::Introduced => "introduced",
        ClientOrigin::Registered => "registered",
    };
    told["origin"] = word.into();
    told
}

// For the log, which says nothing of whom it is about.
const fn word(operation: &Operation) -> &'static str {
    match operation {
        Operation::People(OnPeople::List) => "people list",
        Operation::People(OnPeople::Put(_)) => "people put",
        Operation::People(OnPeople::Remove(_)) => "people remove",
        Operation::Issuers(OnIssuers::List) => "identity-providers list",
        Operation::Issuers(OnIssuers::Put(_)) => "identity-providers put",
        Operation::Issuers(OnIssuers::Remove(_)) => "identity-providers remove",
        Operation::Clients(OnClients::List) => "clients list",
        Operation::Clients(OnClients::Put(..)) => "clients put",
        Operation::Clients(OnClients::Remove(_)) => "clients remove",
    }
}
