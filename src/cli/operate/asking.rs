//! What is asked of the node.

use super::arguments::{Clients, IdentityProviders, Introduced, People, Register};
use crate::cli::password::read_verifier;
use crate::cli::{InputError, read};
use serde_json::{Map, Value, json};
use std::path::Path;

/// One request.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// The request for what was asked for.
pub(super) fn ask(register: &Register) -> Result<Ask, InputError> {
    match register {
        Register::People { does } => people(does),
        Register::IdentityProviders { does } => identity_providers(does),
        Register::Clients { does } => clients(does),
    }
}

fn list(path: &str) -> Ask {
    Ask { method: "GET", path: path.to_owned(), body: None }
}

fn put(path: &str, name: &str, body: Value) -> Ask {
    Ask { method: "PUT", path: below(path, name), body: Some(body) }
}

fn remove(path: &str, name: &str) -> Ask {
    Ask { method: "DELETE", path: below(path, name), body: None }
}

fn below(path: &str, name: &str) -> String {
    let segment: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("{path}/{}", segment.replace('+', "%20"))
}

fn people(does: &People) -> Result<Ask, InputError> {
    const PATH: &str = "/people";
    Ok(match does {
        People::List => list(PATH),
        People::Remove { name } => remove(PATH, &named(name)?),
        People::Add { name, claim, second_factor } => {
            let claims = claim.iter().map(|claim| self::claim(claim)).collect::<Result<Map<_, _>, _>>()?;
            let mut body = json!({ "claims": claims, "password_hash": read_verifier("password")?.expose() });
            if *second_factor {
                body["second_factor_hash"] = read_verifier("second factor")?.expose().into();
            }
            put(PATH, &named(name)?, body)
        }
    })
}

fn named(name: &str) -> Result<String, InputError> {
    if name.is_empty() { Err(InputError::new("an empty name; expected one")) } else { Ok(name.to_owned()) }
}

fn claim(text: &str) -> Result<(String, Value), InputError> {
    let wrong = || InputError::new(format!("--claim {text}; expected NAME=VALUE such as email=carol@family.example"));
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
    Ok((name.to_owned(), value.into()))
}

fn identity_providers(does: &IdentityProviders) -> Result<Ask, InputError> {
    const PATH: &str = "/identity-providers";
    Ok(match does {
        IdentityProviders::List => list(PATH),
        IdentityProviders::Remove { issuer } => remove(PATH, &named(issuer)?),
        IdentityProviders::Add { issuer, jwks_uri, jwks_file, audience } => {
            let mut body = Map::new();
            body.extend(jwks_uri.as_ref().map(|place| ("jwks_uri".to_owned(), Value::from(place.as_str()))));
            body.extend(audience.as_ref().map(|name| ("audience".to_owned(), Value::from(name.as_str()))));
            if let Some(file) = jwks_file {
                body.insert("jwks".to_owned(), key_set(file)?);
            }
            put(PATH, &named(issuer)?, body.into())
        }
    })
}

fn clients(does: &Clients) -> Result<Ask, InputError> {
    const PATH: &str = "/clients";
    Ok(match does {
        Clients::List => list(PATH),
        Clients::Remove { id } => remove(PATH, &named(id)?),
        Clients::Add(client) => {
            let body = metadata(client)?;
            match &client.id {
                Some(id) => put(PATH, &named(id)?, body),
                None => Ask { method: "POST", path: PATH.to_owned(), body: Some(body) },
            }
        }
    })
}

// As RFC 7591 §2 has it.
fn metadata(client: &Introduced) -> Result<Value, InputError> {
    let Introduced { id: _, name, redirect_uri, claims_redirect_uri, scope, grant_type, public, jwks_file, jwks_uri } =
        client;
    let mut body = json!({ "redirect_uris": redirect_uri, "claims_redirect_uris": claims_redirect_uri });
    if let Some(name) = name {
        body["client_name"] = name.as_str().into();
    }
    if !scope.is_empty() {
        body["scope"] = scope.join(" ").into();
    }
    if !grant_type.is_empty() {
        body["grant_types"] = grant_type.clone().into();
    }
    if *public {
        body["token_endpoint_auth_method"] = "none".into();
    }
    if jwks_file.is_some() || jwks_uri.is_some() {
        body["token_endpoint_auth_method"] = "private_key_jwt".into();
    }
    if let Some(file) = jwks_file {
        body["jwks"] = key_set(file)?;
    }
    if let Some(place) = jwks_uri {
        body["jwks_uri"] = place.as_str().into();
    }
    Ok(body)
}

fn key_set(file: &Path) -> Result<Value, InputError> {
    let named = |why: &str| {
        InputError::new(format!("key set `{}`: {why}; expected JSON as `umaverse jwks` prints", file.display()))
    };
    serde_json::from_str(&read(file)?).map_err(|_| named("no JSON"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    #[test]
    fn names_stay_one_segment() {
        assert_eq!(below("/people", "a b/c+d"), "/people/a%20b%2Fc%2Bd");
        let asked = ask(&Register::IdentityProviders {
            does: IdentityProviders::Remove { issuer: "https://idp.example".into() },
        });
        assert_eq!(asked.unwrap().path, "/identity-providers/https%3A%2F%2Fidp.example");
        assert!(remove("/people", "x").body.is_none() && named("").is_err());
    }

    #[test]
    fn a_claim_has_a_name() {
        assert_eq!(claim("email=a=b").unwrap(), ("email".to_owned(), "a=b".into()));
        assert!(claim("email").is_err() && claim("=a").is_err());
    }
}
