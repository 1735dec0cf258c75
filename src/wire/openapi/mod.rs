//! The OpenAPI description (3.1) of what an authorization server serves as JSON, made of its routes: an endpoint without
//! a route is not in it, and every endpoint says here what it takes and gives. Pages for people are not part of it.

mod drafts;
mod owner;
mod shared;
mod v1_0_1;
mod v2_0;

use crate::wire::codec::{Route, Routes};
use crate::wire::{Endpoint, Revision, Served, Text, Uri};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What can be asked at one path.
pub(crate) struct Operation {
    method: &'static str,
    /// The part of the path below the endpoint's own; parameters in braces.
    below: &'static str,
    id: &'static str,
    summary: &'static str,
    guard: Guard,
    takes: Option<Content>,
    /// Header fields that may come along.
    fields: &'static [&'static str],
    gives: Vec<(u16, Option<Content>)>,
}

/// A media type and the name of a schema.
type Content = (&'static str, &'static str);

/// Who may ask.
#[derive(Clone, Copy)]
enum Guard {
    /// Anybody.
    Nobody,
    /// A client that authenticates.
    Client,
    /// The holder of a token of this kind.
    Token(&'static str),
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const ERROR: Content = (JSON, "Error");
const REFERENCE: &str = "#/components/schemas/";

/// The document, as JSON. At a server of two revisions, what belongs to one of them is called after it.
pub fn describe(served: Served, issuer: &Uri, routes: &Routes) -> Text {
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "umaverse authorization server",
            "summary": format!("The JSON endpoints of an authorization server that speaks UMA {}", spoken(served)),
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": issuer.origin() }],
        "paths": paths(served, routes),
        "components": { "schemas": schemas(served), "securitySchemes": security() },
    });
    Text::from(document.to_string())
}

fn spoken(served: Served) -> String {
    let newest = served.newest();
    served.beside().map_or_else(|| newest.to_string(), |older| format!("{older} and {newest}"))
}

fn paths(served: Served, routes: &Routes) -> Map<String, Value> {
    let mut paths = Map::new();
    for Route { path, endpoint, revision, .. } in routes.entries().filter(|route| route.published) {
        for operation in operations(revision.unwrap_or(served.newest()), endpoint) {
            let at = [path.trim_end_matches('/'), operation.below].concat();
            let at = if operation.below.is_empty() { path.to_owned() } else { at };
            let written = write(&operation, &at);
            let item = paths.entry(at).or_insert_with(|| json!({}));
            item[operation.method] = revision.map_or(written.clone(), |revision| called_after(revision, written));
        }
    }
    paths
}

/// What is asked at an endpoint; nothing for pages and for what an authorization server does not serve.
pub(crate) fn operations(revision: Revision, endpoint: Endpoint) -> Vec<Operation> {
    match endpoint {
        Endpoint::Jwks
        | Endpoint::ClientRegistration
        | Endpoint::Token
        | Endpoint::Revocation
        | Endpoint::Description => shared::operations(endpoint),
        Endpoint::Owner => owner::operations(),
        Endpoint::Configuration
        | Endpoint::ResourceRegistration
        | Endpoint::Permission
        | Endpoint::Introspection
        | Endpoint::Rpt
        | Endpoint::AuthorizationData => match revision {
            Revision::Draft05 => drafts::operations(&drafts::DRAFT05, endpoint),
            Revision::Draft06 => drafts::operations(&drafts::DRAFT06, endpoint),
            Revision::V1_0_1 => v1_0_1::operations(endpoint),
            Revision::V2_0 => v2_0::operations(endpoint),
        },
        Endpoint::Authorization
        | Endpoint::AuthorizationRedirect
        | Endpoint::ClaimsInteraction
        | Endpoint::ClaimsRedirect
        | Endpoint::Form
        | Endpoint::Account
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::ScopeDescription
        | Endpoint::Resource
        | Endpoint::Unknown => Vec::new(),
    }
}

fn schemas(served: Served) -> Value {
    let mut all = read(shared::SCHEMAS);
    all.extend(read(owner::SCHEMAS));
    match served {
        Served::One(revision) => all.extend(own_schemas(revision)),
        Served::SideBySide => all.extend([Revision::V1_0_1, Revision::V2_0].into_iter().flat_map(renamed)),
    }
    Value::Object(all)
}

fn own_schemas(revision: Revision) -> Map<String, Value> {
    read(match revision {
        Revision::Draft05 | Revision::Draft06 => drafts::SCHEMAS,
        Revision::V1_0_1 => v1_0_1::SCHEMAS,
        Revision::V2_0 => v2_0::SCHEMAS,
    })
}

// That each is JSON a test says.
fn read(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn renamed(revision: Revision) -> Map<String, Value> {
    let own = own_schemas(revision);
    let names: BTreeSet<String> = own.keys().cloned().collect();
    own.into_iter()
        .map(|(name, mut schema)| {
            rename_references(revision, &names, &mut schema);
            (name_in(revision, &name), schema)
        })
        .collect()
}

/// A name that only one revision gives, among those of two: `PermissionTicket_1_0_1`.
fn name_in(revision: Revision, name: &str) -> String {
    format!("{name}_{}", revision.name().replace('.', "_"))
}

// An operation of one revision at a server of two.
fn called_after(revision: Revision, mut operation: Value) -> Value {
    rename_references(revision, &own_schemas(revision).into_iter().map(|(name, _)| name).collect(), &mut operation);
    if let Some(Value::String(id)) = operation.get_mut("operationId") {
        *id = name_in(revision, id);
    }
    operation
}

fn rename_references(revision: Revision, own: &BTreeSet<String>, value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(to) if name == "$ref" => rename_reference(revision, own, to),
                    member => rename_references(revision, own, member),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename_references(revision, own, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rename_reference(revision: Revision, own: &BTreeSet<String>, to: &mut String) {
    if let Some(name) = to.strip_prefix(REFERENCE).filter(|name| own.contains(*name)) {
        *to = [REFERENCE, &name_in(revision, name)].concat();
    }
}

fn security() -> Value {
    let token = |description: &str| json!({ "type": "http", "scheme": "bearer", "description": description });
    json!({
        "client": { "type": "http", "scheme": "basic", "description": "The client's identifier and secret; they may stand in the form as well, where a public client has its `client_id` alone" },
        "pat": token("A protection API token"),
        "aat": token("An authorization API token"),
        "owner": token("An owner's token: by authorization code with PKCE, scope `umaverse_owner` and no other"),
    })
}

fn write(operation: &Operation, at: &str) -> Value {
    let mut written = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "security": security_of(operation.guard),
        "responses": responses(operation),
    });
    let parameters = parameters(at, operation.fields);
    if !parameters.is_empty() {
        written["parameters"] = Value::Array(parameters);
    }
    if let Some(takes) = operation.takes {
        written["requestBody"] = json!({ "required": true, "content": content(takes) });
    }
    written
}

fn security_of(guard: Guard) -> Value {
    match guard {
        Guard::Nobody => json!([]),
        Guard::Client => json!([{ "client": [] }, {}]),
        Guard::Token(kind) => {
            let mut scheme = Map::new();
            scheme.insert(kind.to_owned(), json!([]));
            json!([scheme])
        }
    }
}

fn parameters(at: &str, fields: &[&str]) -> Vec<Value> {
    let text = || json!({ "type": "string" });
    let in_path = at.split(['{', '}']).skip(1).step_by(2);
    let in_path = in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text() }));
    in_path.chain(fields.iter().map(|name| json!({ "name": name, "in": "header", "schema": text() }))).collect()
}

fn content((media_type, schema): Content) -> Value {
    let mut content = Map::new();
    let reference = [REFERENCE, schema].concat();
    content.insert(media_type.to_owned(), json!({ "schema": { "$ref": reference } }));
    Value::Object(content)
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    if let Guard::Token(_) = operation.guard {
        // RFC 6750 §3: what is wrong stands in the header field.
        for (status, what) in [("401", "No token, or a void one"), ("403", "A token of another kind")] {
            responses.insert(status.to_owned(), json!({ "description": what }));
        }
    }
    for (status, given) in &operation.gives {
        let mut response = json!({ "description": crate::wire::codec::http::reason_phrase(*status) });
        if let Some(given) = given {
            response["content"] = content(*given);
        }
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

#[cfg(test)]
mod tests;
