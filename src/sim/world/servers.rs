//! The servers and clients of a world.

use super::introductions::{accomplice_of, client_credentials, credentials_at, introduced_at, key_of, secret_of};
use super::names::{Names, served_by};
use super::people::accounts_at;
use super::{Built, Seat, list, rules_of, span_or, v1_0_1};
use crate::role::authorization_server::{ChosenPlaces, RptFormat, RptReissue, Upgrade};
use crate::role::resource_server::{SCOPES, ServedResource};
use crate::role::{
    AuthorizationServer, AuthorizationServerConfig, Client, ClientConfig, IdentityProvider, IdentityProviderConfig,
    Manager, ManagerConfig, Replayer, ReplayerConfig, ResourceServer, ResourceServerConfig, Role, RuleSet, SigningKey,
};
use crate::sim::script::format::{
    AuthorizationServerTable, ClientTable, IdentityProviderTable, ResourceServerTable, ResourceTable, ScriptFile,
};
use crate::sim::script::{ScriptError, Source};
use crate::trace::truth::{NodeTruth, ResourceTruth, RoleKind};
use crate::wire::text::scope_set;
use crate::wire::{
    ClientAuthentication, ClientId, Duration, PersonId, Revision, ScopeDescription, ScopeSet, Served, Text, Timestamp,
    Uri,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use toml::Spanned;

type Result<T> = std::result::Result<T, ScriptError>;

pub(super) fn build(script: &ScriptFile, names: &Names, source: &Source<'_>) -> Result<Vec<Built>> {
    let mut built = Vec::new();
    for table in &script.identity_providers {
        built.push(identity_provider(table, script, names, source)?);
    }
    for table in &script.authorization_servers {
        built.push(authorization_server(table, script, names, source)?);
    }
    for table in &script.resource_servers {
        built.push(resource_server(table, script, names, source)?);
    }
    for table in &script.clients {
        built.push(client(table, script, names, source)?);
    }
    Ok(built)
}

fn identity_provider(
    table: &IdentityProviderTable,
    script: &ScriptFile,
    names: &Names,
    source: &Source<'_>,
) -> Result<Built> {
    let name = table.name.get_ref();
    let config = IdentityProviderConfig {
        issuer: names.origin(name),
        accounts: accounts_at(name, script),
        key: key_of(name),
        retiring_keys: Vec::new(),
        next_key: table.rotates_key_after.as_ref().map(|after| rotated(name, after, source)).transpose()?,
        id_token_lifetime: span_or(table.id_token_lifetime.as_ref(), Duration::from_secs(600), source)?,
        assertion_recipients: recipients(name, script, names),
        assertion_lifetime: span_or(table.assertion_lifetime.as_ref(), Duration::from_secs(300), source)?,
        code_lifetime: Duration::from_secs(60),
        session_lifetime: Duration::from_secs(8 * 3600),
    };
    let role = Role::IdentityProvider(Box::new(IdentityProvider::new(config)));
    let rules_off = rules_of(&table.without_rules, source)?;
    // An identity provider speaks OpenID Connect in every world; its messages are those of 2.0's OAuth part.
    Ok(seated(name, RoleKind::IdentityProvider, role, Revision::V2_0, rules_off, None, names))
}

// The authorization servers that take a provider's assertions, with their token endpoints, as SAML metadata would say.
fn recipients(provider: &str, script: &ScriptFile, names: &Names) -> BTreeMap<Uri, Uri> {
    let takes =
        |server: &&AuthorizationServerTable| server.takes_assertions_of.iter().any(|it| it.get_ref() == provider);
    let servers = script.authorization_servers.iter().filter(takes).map(|server| names.origin(server.name.get_ref()));
    servers.map(|issuer| (issuer.clone(), token_endpoint(&issuer))).collect()
}

fn token_endpoint(issuer: &Uri) -> Uri {
    issuer.with_path("/token")
}

fn authorization_server(
    table: &AuthorizationServerTable,
    script: &ScriptFile,
    names: &Names,
    source: &Source<'_>,
) -> Result<Built> {
    let name = table.name.get_ref();
    let names = &names.spoken_by(name);
    let providers = |name: &Spanned<String>| {
        names.node(name, &[RoleKind::IdentityProvider], source).map(|_| names.origin(name.get_ref()))
    };
    let span = |text: &Option<Spanned<String>>, secs: u64| span_or(text.as_ref(), Duration::from_secs(secs), source);
    let own = table.revision.as_ref().map(|revisions| served_by(revisions, source)).transpose()?;
    let served = own.unwrap_or(Served::One(names.revision));
    let config = AuthorizationServerConfig {
        issuer: names.origin(name),
        served,
        places: ChosenPlaces::default(),
        accounts: accounts_at(name, script),
        clients: introduced_at(name, script, names),
        dynamic_registration: table.dynamic_registration,
        trusted_issuers: table.trusts.iter().map(|name| Ok(providers(name)?.into())).collect::<Result<_>>()?,
        assertion_issuers: table.takes_assertions_of.iter().map(providers).collect::<Result<_>>()?,
        claims_from: table.claims_from.as_ref().map(providers).transpose()?,
        key: key_of(name),
        retiring_keys: Vec::new(),
        ticket_lifetime: span(&table.ticket_lifetime, 300)?,
        rpt_lifetime: span(&table.rpt_lifetime, 3600)?,
        permission_lifetime: span(&table.permission_lifetime, 1800)?,
        access_token_lifetime: span(&table.access_token_lifetime, 12 * 3600)?,
        refresh_token_lifetime: span(&table.refresh_token_lifetime, 30 * 24 * 3600)?,
        code_lifetime: Duration::from_secs(60),
        session_lifetime: Duration::from_secs(8 * 3600),
        pct_lifetime: span(&table.pct_lifetime, 24 * 3600)?,
        poll_interval_secs: table.poll_interval_secs.unwrap_or(5),
        refresh_tokens: table.refresh_tokens,
        pcts: table.pcts,
        rpt_format: one_of(&table.rpt_format, &[("opaque", RptFormat::Opaque), ("jwt", RptFormat::Jwt)], source)?,
        partial_grants: table.partial_grants,
        upgrade: one_of(
            &table.upgrade,
            &[("new-string", Upgrade::NewString), ("same-string", Upgrade::SameString), ("never", Upgrade::Never)],
            source,
        )?,
        rpt_reissue: one_of(
            &table.rpt_reissue,
            &[("per-rs", RptReissue::PerRs), ("literal", RptReissue::Literal)],
            source,
        )?,
        introspection_cache_secs: table.introspection_cache_secs,
        v1_0_1: v1_0_1::choices(table, source)?,
    };
    let trusts = config.trusted_issuers.iter().map(|trusted| trusted.issuer.clone()).collect();
    let role = Role::AuthorizationServer(Box::new(AuthorizationServer::new(config)));
    let rules_off = rules_of(&table.without_rules, source)?;
    let offset = table.clock_offset_millis;
    let mut built = seated(name, RoleKind::AuthorizationServer, role, names.revision, rules_off, offset, names);
    built.truth.trusts = trusts;
    built.truth.beside = served.beside();
    built.truth.spoken_at = built.seat.routes.spoken_at();
    Ok(built)
}

fn resource_server(
    table: &ResourceServerTable,
    script: &ScriptFile,
    names: &Names,
    source: &Source<'_>,
) -> Result<Built> {
    let name = table.name.get_ref();
    let names = &names.spoken_by(name);
    let mut resources = BTreeMap::new();
    for resource in &table.resources {
        let path = path_of(resource, source)?;
        let found = format!("a second resource `{path}` at `{name}`");
        if resources.insert(path, served(resource, names, source)?).is_some() {
            return Err(source.error(resource.path.span(), found, "every path once"));
        }
    }
    for server in &table.introduced_at {
        names.node(server, &[RoleKind::AuthorizationServer], source)?;
    }
    let config = ResourceServerConfig {
        origin: names.origin(name),
        name: name.as_str().into(),
        revision: names.revision,
        accounts: accounts_at(name, script),
        resources,
        scope_descriptions: scope_descriptions(table, script, names),
        key: table.signs.then(|| key_of(name)),
        credentials: credentials_at(name, &table.introduced_at, table.signs, names),
        client_credentials_owners: BTreeMap::new(),
        assertions_from: provider_of(table.assertions_from.as_ref(), names, source)?,
        cache_entries_max: 1000,
        cache_lifetime: span_or(table.cache.as_ref(), Duration::ZERO, source)?,
        leeway: Duration::ZERO,
        session_lifetime: Duration::from_secs(8 * 3600),
    };
    let role = Role::ResourceServer(Box::new(ResourceServer::new(config)));
    let rules_off = rules_of(&table.without_rules, source)?;
    let offset = table.clock_offset_millis;
    Ok(seated(name, RoleKind::ResourceServer, role, names.revision, rules_off, offset, names))
}

fn served(resource: &ResourceTable, names: &Names, source: &Source<'_>) -> Result<ServedResource> {
    names.node(&resource.owner, &[RoleKind::Person], source)?;
    names.node(&resource.protected_by, &[RoleKind::AuthorizationServer], source)?;
    Ok(ServedResource {
        owner: PersonId::from(resource.owner.get_ref().as_str()),
        as_uri: names.origin(resource.protected_by.get_ref()),
        name: name_of(resource),
        type_: resource.type_.as_deref().map(Text::from),
        content: content_of(resource),
        need: need_of(resource, names),
        exists: resource.exists,
    })
}

// What the script says of scopes; at the server that describes them also every word that the script uses elsewhere.
fn scope_descriptions(
    table: &ResourceServerTable,
    script: &ScriptFile,
    names: &Names,
) -> BTreeMap<Text, ScopeDescription> {
    let mut described = BTreeMap::new();
    if names.describes_scopes(table.name.get_ref()) {
        let resources = script.resource_servers.iter().flat_map(|server| &server.resources);
        let needed = resources.flat_map(|resource| resource.need.values().flatten()).map(String::as_str);
        let changed = script.steps.iter().flat_map(|step| &step.scopes).map(String::as_str);
        for word in needed.chain(changed).chain(["view"]).filter(|word| !word.contains("://")) {
            described.insert(scope_path(word), described_as(word, None, Some(3600)));
        }
    }
    for scope in &table.scopes {
        let icon = scope.icon.as_deref().map(Uri::from);
        described.insert(scope_path(&scope.word), described_as(&scope.name, icon, scope.cache_secs));
    }
    described
}

fn scope_path(word: &str) -> Text {
    format!("{SCOPES}{word}").into()
}

fn described_as(name: &str, icon_uri: Option<Uri>, cache_secs: Option<u64>) -> ScopeDescription {
    ScopeDescription { name: name.into(), icon_uri, cache_secs }
}

fn path_of(resource: &ResourceTable, source: &Source<'_>) -> Result<Text> {
    let path = resource.path.get_ref();
    if path.starts_with('/') && path.len() > 1 {
        return Ok(path.as_str().into());
    }
    Err(source.error(resource.path.span(), format!("`{path}` is no path"), "a path such as `/album/photo.jpg`"))
}

fn name_of(resource: &ResourceTable) -> Text {
    resource.name.as_deref().unwrap_or(resource.path.get_ref()).into()
}

fn content_of(resource: &ResourceTable) -> Text {
    resource.content.as_deref().map_or_else(|| name_of(resource), Text::from)
}

fn need_of(resource: &ResourceTable, names: &Names) -> BTreeMap<Text, ScopeSet> {
    if resource.need.is_empty() {
        return BTreeMap::from([("GET".into(), ScopeSet::from([names.scope("view")]))]);
    }
    resource.need.iter().map(|(method, scopes)| (Text::from(method.as_str()), names.scopes(scopes))).collect()
}

/// The ground truth about every resource.
pub(super) fn resources(script: &ScriptFile, names: &Names, source: &Source<'_>) -> Result<Vec<ResourceTruth>> {
    let mut resources = Vec::new();
    for server in &script.resource_servers {
        for resource in &server.resources {
            let names = &names.spoken_by(server.name.get_ref());
            resources.push(ResourceTruth {
                server: names.node(&server.name, &[RoleKind::ResourceServer], source)?,
                path: path_of(resource, source)?,
                owner: names.node(&resource.owner, &[RoleKind::Person], source)?,
                authorization_server: names.node(&resource.protected_by, &[RoleKind::AuthorizationServer], source)?,
                content: content_of(resource),
                need: need_of(resource, names),
            });
        }
    }
    Ok(resources)
}

fn client(table: &ClientTable, script: &ScriptFile, names: &Names, source: &Source<'_>) -> Result<Built> {
    let name = table.name.get_ref();
    let names = &names.spoken_by(name);
    let provider = |name: &Spanned<String>| {
        names.node(name, &[RoleKind::IdentityProvider], source).map(|_| names.origin(name.get_ref()))
    };
    for server in &table.introduced_at {
        names.node(server, &[RoleKind::AuthorizationServer], source)?;
    }
    let config = ClientConfig {
        origin: names.origin(name),
        name: name.as_str().into(),
        revision: names.revision,
        key: table.signs.then(|| key_of(name)),
        credentials: client_credentials(table, script, names, source)?,
        registered_scopes: names.scopes(&table.registered_scopes),
        requested_scopes: names.scopes(&table.requested_scopes),
        aat_scopes: aat_scopes(table),
        push_claims_from: table.pushes_claims_from.as_ref().map(provider).transpose()?,
        claim_token: None,
        assertions_from: provider_of(table.assertions_from.as_ref(), names, source)?,
        assertion: None,
        upgrades: table.upgrades,
        public: table.public,
        polls_max: table.polls_max.unwrap_or(20),
        attempts_max: table.attempts_max.unwrap_or(4),
        retry_after: Duration::from_secs(2),
    };
    let role = if table.manages {
        Role::Manager(Box::new(Manager::new(managed(config))))
    } else if table.replays {
        let accomplice = accomplice_of(name);
        let identity = |server: &AuthorizationServerTable| {
            let server = server.name.get_ref();
            let secret = secret_of(&accomplice, server);
            (names.origin(server), ClientAuthentication::Basic(ClientId::from(accomplice.as_str()), secret))
        };
        let accomplice = script.authorization_servers.iter().map(identity).collect();
        Role::Replayer(Box::new(Replayer::new(ReplayerConfig { client: config, accomplice })))
    } else {
        Role::Client(Box::new(Client::new(config)))
    };
    let rules_off = rules_of(&table.without_rules, source)?;
    let mut built = seated(name, RoleKind::Client, role, names.revision, rules_off, table.clock_offset_millis, names);
    built.truth.honest = !table.replays;
    Ok(built)
}

fn managed(config: ClientConfig) -> ManagerConfig {
    let ClientConfig { origin, name, revision, credentials, .. } = config;
    ManagerConfig { origin, name, revision, credentials }
}

fn provider_of(name: Option<&Spanned<String>>, names: &Names, source: &Source<'_>) -> Result<Option<Uri>> {
    let Some(name) = name else { return Ok(None) };
    names.node(name, &[RoleKind::IdentityProvider], source)?;
    Ok(Some(names.origin(name.get_ref())))
}

// None: the revision's own. D5 and D6 spell it otherwise in §1.3 and §1.5.
fn aat_scopes(table: &ClientTable) -> ScopeSet {
    scope_set(table.aat_scopes.iter().map(String::as_str))
}

fn seated(
    name: &str,
    kind: RoleKind,
    role: Role,
    revision: Revision,
    rules_off: RuleSet,
    clock_offset_millis: Option<i64>,
    names: &Names,
) -> Built {
    let truth = NodeTruth {
        name: name.into(),
        role: kind,
        origin: Some(names.origin(name)),
        revision: Some(names.revision),
        beside: None,
        spoken_at: Default::default(),
        honest: true,
        accounts: BTreeMap::new(),
        rules_off: rules_off.iter().map(|rule| Text::from(rule.name())).collect(),
        trusts: Vec::new(),
    };
    let clock_offset_micros = clock_offset_millis.unwrap_or_default().saturating_mul(1000);
    let seat = Seat { routes: role.routes(), revision, rules_off, clock_offset_micros };
    Built { truth, role, seat }
}

// The key that follows the first, and when.
fn rotated(name: &str, after: &Spanned<String>, source: &Source<'_>) -> Result<(Timestamp, SigningKey)> {
    let start = crate::sim::scheduler::Settings::default().start;
    let secret = Sha256::digest(format!("second signing key of {name}")).into();
    Ok((
        start + span_or(Some(after), Duration::ZERO, source)?,
        SigningKey { kid: format!("{name}-key-2").into(), secret },
    ))
}

/// The value of a word, or the default where nothing is said.
pub(super) fn one_of<T: Copy + Default>(
    found: &Option<Spanned<String>>,
    known: &[(&str, T)],
    source: &Source<'_>,
) -> Result<T> {
    found.as_ref().map_or(Ok(T::default()), |found| value_of(found, known, source))
}

/// The value of a word.
pub(super) fn value_of<T: Copy>(found: &Spanned<String>, known: &[(&str, T)], source: &Source<'_>) -> Result<T> {
    let value = known.iter().find(|(word, _)| word == found.get_ref()).map(|(_, value)| *value);
    value.ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        source.error(found.span(), format!("unknown value `{}`", found.get_ref()), format!("one of {}", list(&words)))
    })
}
