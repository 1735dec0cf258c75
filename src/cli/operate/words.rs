//! What the node says, for people: a line for each thing.

use super::arguments::{Clients, IdentityProviders, People, Register};
use serde_json::Value;

/// What was done, or what there is.
pub(super) fn told(register: &Register, body: &Value) -> String {
    match register {
        Register::People { does: People::List } => lines(body, "people", person),
        Register::People { does: People::Add { name, .. } } => format!("has an account: {name}"),
        Register::People { does: People::Remove { name } } => format!("removed: {name}"),
        Register::IdentityProviders { does: IdentityProviders::List } => lines(body, "identity_providers", issuer),
        Register::IdentityProviders { does: IdentityProviders::Add { issuer, .. } } => format!("believed: {issuer}"),
        Register::IdentityProviders { does: IdentityProviders::Remove { issuer } } => {
            format!("not believed any more: {issuer}")
        }
        Register::Clients { does: Clients::List } => lines(body, "clients", client),
        Register::Clients { does: Clients::Add(_) } => introduced(body),
        Register::Clients { does: Clients::Remove { id } } => format!("removed: {id}"),
    }
}

/// Why it was refused.
pub(super) fn refusal(status: u16, body: &Value) -> String {
    let why = text(body, "error_description");
    let code = text(body, "error");
    format!("the node answers {status} {code}{}{why}", if why.is_empty() { "" } else { ": " })
}

fn lines(body: &Value, member: &str, line: impl Fn(&Value) -> String) -> String {
    let all = body[member].as_array().map_or(&[][..], Vec::as_slice);
    if all.is_empty() {
        return format!("no {}", member.replace('_', " "));
    }
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn person(known: &Value) -> String {
    let factor = if known["second_factor"] == true { "  with a second factor" } else { "" };
    format!("{}{factor}  {}{}", text(known, "name"), known["claims"], of_file(known))
}

fn issuer(known: &Value) -> String {
    let keys = match (text(known, "jwks_uri"), known.get("jwks")) {
        ("", None) => "keys by discovery".to_owned(),
        ("", Some(_)) => "keys as registered".to_owned(),
        (place, _) => format!("keys at {place}"),
    };
    let audience = match text(known, "audience") {
        "" => String::new(),
        name => format!("  knows the server as {name}"),
    };
    format!("{}  {keys}{audience}{}", text(known, "issuer"), of_file(known))
}

fn client(known: &Value) -> String {
    let name = Some(text(known, "client_name")).filter(|name| !name.is_empty()).unwrap_or("-");
    let method = text(known, "token_endpoint_auth_method");
    format!("{}  {name}  {method}  {}", text(known, "client_id"), text(known, "origin"))
}

fn introduced(body: &Value) -> String {
    let id = text(body, "client_id");
    match text(body, "client_secret") {
        "" => format!("introduced: {id}"),
        secret => format!("introduced: {id}\nits secret, which is shown only now: {secret}"),
    }
}

fn of_file(known: &Value) -> &'static str {
    if known["configured"] == true { "  in the node's file" } else { "" }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}
