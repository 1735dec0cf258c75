//! Clients and resource servers that are known beforehand, by configuration on both sides.

use super::names::Names;
use crate::role::crypto::StandInCrypto;
use crate::role::{Crypto, SigningKey};
use crate::sim::script::format::{ClientTable, ScriptFile};
use crate::sim::script::{ScriptError, Source};
use crate::trace::truth::RoleKind;
use crate::wire::oauth::{AuthenticationMethod, ClientInformation, ClientKeys, ClientMetadata, KeySource};
use crate::wire::{ClientAuthentication, ClientId, ClientSecret, ScopeSet, Uri};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use toml::Spanned;

type Result<T> = std::result::Result<T, ScriptError>;

pub(super) fn secret_of(client: &str, server: &str) -> ClientSecret {
    ClientSecret::new(format!("secret of {client} at {server}"))
}

pub(super) fn credentials_at(
    client: &str,
    servers: &[Spanned<String>],
    signs: bool,
    names: &Names,
) -> BTreeMap<Uri, ClientAuthentication> {
    let credentials = |server: &Spanned<String>| {
        let (server, id) = (server.get_ref(), ClientId::from(client));
        let authentication = if signs {
            ClientAuthentication::Public(id)
        } else {
            ClientAuthentication::Basic(id, secret_of(client, server))
        };
        (names.origin(server), authentication)
    };
    servers.iter().map(credentials).collect()
}

// A party that is resource server and client has one registration, and two tokens by it.
pub(super) fn client_credentials(
    table: &ClientTable,
    script: &ScriptFile,
    names: &Names,
    source: &Source<'_>,
) -> Result<BTreeMap<Uri, ClientAuthentication>> {
    let own = credentials_at(table.name.get_ref(), &table.introduced_at, table.signs, names);
    let Some(party) = &table.registered_as else { return Ok(own) };
    names.node(party, &[RoleKind::ResourceServer], source)?;
    let same = script.resource_servers.iter().find(|other| other.name.get_ref() == party.get_ref());
    let introduced = same.map_or(&[][..], |other| &other.introduced_at);
    if introduced.is_empty() || !own.is_empty() || table.replays || table.public {
        let found = format!("`{}` cannot be registered as `{}`", table.name.get_ref(), party.get_ref());
        let expected =
            "a resource server with `introduced-at`, and a client without `introduced-at`, `replays` and `public`";
        return Err(source.error(party.span(), found, expected));
    }
    let signs = same.is_some_and(|other| other.signs);
    Ok(credentials_at(party.get_ref(), introduced, signs, names))
}

pub(super) fn introduced_at(server: &str, script: &ScriptFile, names: &Names) -> Vec<ClientInformation> {
    let here = |servers: &[Spanned<String>]| servers.iter().any(|name| name.get_ref() == server);
    let clients = script.clients.iter().filter(|client| here(&client.introduced_at)).map(|client| {
        let scope = names.scopes(&client.registered_scopes);
        let known = information(client.name.get_ref(), server, scope, &["/return"], &["/claims-return"], names);
        if client.signs { signing(known) } else { known }
    });
    let servers = script.resource_servers.iter().filter(|other| here(&other.introduced_at)).map(|other| {
        let known = party(other.name.get_ref(), server, script, names);
        if other.signs { signing(known) } else { known }
    });
    // An accomplice is another registration of the same party, so people return to the same place.
    let accomplices = script.clients.iter().filter(|client| client.replays).map(|client| {
        let (replayer, scope) = (client.name.get_ref(), ScopeSet::new());
        let accomplice = information(&accomplice_of(replayer), server, scope.clone(), &[], &[], names);
        let ClientInformation { metadata, .. } =
            information(replayer, server, scope, &["/return"], &["/claims-return"], names);
        ClientInformation { metadata, ..accomplice }
    });
    clients.chain(servers).chain(accomplices).collect()
}

// The registration of a resource server, and of the clients that are the same party.
fn party(resource_server: &str, server: &str, script: &ScriptFile, names: &Names) -> ClientInformation {
    let mut shared = information(resource_server, server, ScopeSet::new(), &["/return"], &[], names);
    let same =
        |client: &&ClientTable| client.registered_as.as_ref().is_some_and(|party| party.get_ref() == resource_server);
    for client in script.clients.iter().filter(same) {
        let at = names.origin(client.name.get_ref());
        shared.metadata.redirect_uris.push(at.with_path("/return"));
        shared.metadata.claims_redirect_uris.push(at.with_path("/claims-return"));
        shared.metadata.scope.extend(names.scopes(&client.registered_scopes));
    }
    shared
}

/// The second registration of a party that replays, at every authorization server.
pub(super) fn accomplice_of(replayer: &str) -> String {
    format!("{replayer}-accomplice")
}

fn information(
    client: &str,
    server: &str,
    scope: ScopeSet,
    redirects: &[&str],
    claims_redirects: &[&str],
    names: &Names,
) -> ClientInformation {
    let uris = |paths: &[&str]| paths.iter().map(|path| names.origin(client).join(path)).collect();
    ClientInformation {
        client_id: ClientId::from(client),
        client_secret: Some(secret_of(client, server)),
        metadata: ClientMetadata {
            name: Some(client.into()),
            redirect_uris: uris(redirects),
            claims_redirect_uris: uris(claims_redirects),
            scope,
            grant_types: Vec::new(),
            authentication: AuthenticationMethod::SecretBasic,
            keys: None,
        },
    }
}

// The same for a party that signs instead.
fn signing(known: ClientInformation) -> ClientInformation {
    let key = StandInCrypto.public(&key_of(known.client_id.as_str()));
    let keys = Some(Box::new(ClientKeys { source: KeySource::Here(vec![key]), algorithm: None }));
    let metadata =
        ClientMetadata { authentication: AuthenticationMethod::PrivateKeyJwt, keys, ..known.metadata.clone() };
    ClientInformation { client_secret: None, metadata, ..known }
}

/// The key of a party.
pub(super) fn key_of(name: &str) -> SigningKey {
    SigningKey { kid: format!("{name}-key-1").into(), secret: Sha256::digest(format!("signing key of {name}")).into() }
}
