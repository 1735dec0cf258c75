//! The role of each kind of node.

use super::Kind;
use super::checked::{Built, Checker, Result};
use super::folder::{self, Files};
use super::format::{AuthorizationServerTable, CredentialsTable, FolderTable, KnownClientTable, NodeFile};
use super::keeping::Declared;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;
use umaverse::role::authorization_server::{RptFormat, RptReissue, Upgrade, V1_0_1Choices};
use umaverse::role::resource_server::{SCOPES, ServedResource};
use umaverse::role::{
    AuthorizationServer, AuthorizationServerConfig, Client, ClientConfig, IdentityProvider, IdentityProviderConfig,
    ResourceServer, ResourceServerConfig, Role,
};
use umaverse::trace::told::ResourceTold;
use umaverse::wire::oauth::{ClientInformation, ClientMetadata};
use umaverse::wire::registration::ScopeDescription;
use umaverse::wire::{
    ClientAuthentication, ClientId, ClientSecret, Duration, PersonId, Revision, Scope, ScopeSet, Served, Text, Uri,
};

const CODE_LIFETIME: Duration = Duration::from_secs(60);
const SESSION_LIFETIME: Duration = Duration::from_secs(8 * 3600);

impl Checker<'_> {
    pub(super) fn role(&self, file: &NodeFile, origin: &Uri, served: Served) -> Result<Built> {
        let revision = served.newest();
        match self.kind {
            Kind::As => self.authorization_server(file, origin, served),
            Kind::Rs => self.resource_server(file, origin, revision),
            Kind::Client => self.client(file, origin, revision),
            Kind::Idp => self.identity_provider(file, origin),
        }
    }

    fn authorization_server(&self, file: &NodeFile, issuer: &Uri, served: Served) -> Result<Built> {
        let usual = AuthorizationServerTable::default();
        let table = file.authorization_server.as_ref().map_or(&usual, Spanned::get_ref);
        let span = |text: &Option<Spanned<String>>, secs| self.span_or(text.as_ref(), Duration::from_secs(secs));
        let clients = table.clients.iter().map(|client| self.known_client(client)).collect::<Result<Vec<_>>>()?;
        let trusted_issuers = self.trusted_issuers(table)?;
        let claims_from = table.claims_from.as_ref().map(|uri| self.origin(uri)).transpose()?;
        let rpt_format = self.one_of(&table.rpt_format, &[("opaque", RptFormat::Opaque), ("jwt", RptFormat::Jwt)])?;
        let keys = self.key(file)?;
        let config = AuthorizationServerConfig {
            issuer: issuer.clone(),
            served,
            places: self.places(&table.paths, issuer, served)?,
            accounts: self.accounts(&file.accounts)?,
            clients,
            dynamic_registration: table.dynamic_registration.unwrap_or(true),
            trusted_issuers,
            assertion_issuers: table
                .takes_assertions_of
                .iter()
                .map(|uri| self.origin(uri))
                .collect::<Result<Vec<_>>>()?,
            claims_from: claims_from.clone(),
            key: keys.newest,
            retiring_keys: keys.older,
            ticket_lifetime: span(&table.ticket_lifetime, 300)?,
            rpt_lifetime: span(&table.rpt_lifetime, 3600)?,
            permission_lifetime: span(&table.permission_lifetime, 1800)?,
            access_token_lifetime: span(&table.access_token_lifetime, 12 * 3600)?,
            refresh_token_lifetime: span(&table.refresh_token_lifetime, 30 * 24 * 3600)?,
            code_lifetime: CODE_LIFETIME,
            session_lifetime: self.span_or(table.session_lifetime.as_ref(), SESSION_LIFETIME)?,
            pct_lifetime: span(&table.pct_lifetime, 24 * 3600)?,
            poll_interval_secs: table.poll_interval_secs.unwrap_or(5),
            refresh_tokens: table.refresh_tokens,
            pcts: table.pcts,
            rpt_format,
            partial_grants: table.partial_grants,
            upgrade: self.one_of(&table.upgrade, &[("new-string", Upgrade::NewString), ("never", Upgrade::Never)])?,
            rpt_reissue: RptReissue::PerRs,
            introspection_cache_secs: table.introspection_cache_secs,
            v1_0_1: V1_0_1Choices::default(),
        };
        let trusted = config.trusted_issuers.iter().map(|trusted| &trusted.issuer);
        let identity_providers = trusted.chain(&config.assertion_issuers).chain(&claims_from);
        let identity_providers = identity_providers.cloned().collect();
        let cache = Duration::from_secs(config.introspection_cache_secs.unwrap_or_default());
        let trusts = config.trusted_issuers.iter().map(|trusted| trusted.issuer.clone()).collect();
        let declared = Declared { trusts, cache, ..Declared::default() };
        let role = Role::AuthorizationServer(Box::new(AuthorizationServer::new(config)));
        Ok(Built { role, contents: None, identity_providers, declared })
    }

    fn known_client(&self, table: &KnownClientTable) -> Result<ClientInformation> {
        let uris = |uris: &[Spanned<String>]| uris.iter().map(|uri| self.uri(uri)).collect::<Result<Vec<_>>>();
        let (authentication, keys) = self.authentication(table)?;
        Ok(ClientInformation {
            client_id: ClientId::from(table.id.get_ref().as_str()),
            client_secret: table.secret.as_deref().map(ClientSecret::new),
            metadata: ClientMetadata {
                name: Some(table.name.as_deref().unwrap_or(table.id.get_ref()).into()),
                redirect_uris: uris(&table.redirect_uris)?,
                claims_redirect_uris: uris(&table.claims_redirect_uris)?,
                scope: scopes(&table.scopes),
                grant_types: Vec::new(),
                authentication,
                keys,
            },
        })
    }

    fn resource_server(&self, file: &NodeFile, origin: &Uri, revision: Revision) -> Result<Built> {
        let table = self.table_of(file.resource_server.as_ref())?;
        self.without_path(file, origin)?;
        let accounts = self.accounts(&file.accounts)?;
        let (mut resources, mut files) = (BTreeMap::new(), BTreeMap::new());
        let assertions_from = table.assertions_from.as_ref().map(|uri| self.origin(uri)).transpose()?;
        let own = OwnScopes { origin, revision };
        for folder in &table.folders {
            if !accounts.contains_key(folder.owner.get_ref().as_str()) && !has_operator(file) {
                let found = format!("`owner` is `{}`", folder.owner.get_ref());
                let expected =
                    "the `name` of an `[[account]]`, or `token-file` in `[operations]` to register them later";
                return Err(self.error(&folder.owner, found, expected));
            }
            self.take_folder(folder, own, &mut resources, &mut files)?;
        }
        let config = ResourceServerConfig {
            origin: origin.clone(),
            name: table.name.as_str().into(),
            revision,
            accounts,
            resources,
            scope_descriptions: own.described(&table.folders),
            key: self.own_key(file, table.authentication.as_ref())?,
            credentials: self.credentials(&table.credentials)?,
            client_credentials_owners: BTreeMap::new(),
            assertions_from: assertions_from.clone(),
            cache_entries_max: 10_000,
            cache_lifetime: self.span_or(table.cache.as_ref(), Duration::ZERO)?,
            leeway: self.span_or(table.leeway.as_ref(), Duration::ZERO)?,
            session_lifetime: SESSION_LIFETIME,
        };
        let declared = declared(&config);
        let role = Role::ResourceServer(Box::new(ResourceServer::new(config)));
        Ok(Built {
            role,
            declared,
            contents: Some(Arc::new(Files(files))),
            identity_providers: assertions_from.into_iter().collect(),
        })
    }

    fn take_folder(
        &self,
        table: &FolderTable,
        own: OwnScopes<'_>,
        resources: &mut BTreeMap<Text, ServedResource>,
        files: &mut BTreeMap<String, std::path::PathBuf>,
    ) -> Result<()> {
        let at = table.at.get_ref();
        if !at.starts_with('/') || RESERVED.iter().any(|path| at == path) {
            return Err(self.error(&table.at, format!("`at` is `{at}`"), "a path such as `/photos`"));
        }
        let folder = self.path(&table.path);
        let found = folder::files(&folder, at).map_err(|error| {
            self.error(&table.path, format!("`path`: `{}`: {error}", folder.display()), "a folder that can be read")
        })?;
        for (path, file) in found {
            let served = self.served(table, own, &path)?;
            if files.insert(path.clone(), file).is_some() {
                return Err(self.error(&table.at, format!("a second resource `{path}`"), "every path once"));
            }
            resources.insert(path.as_str().into(), served);
        }
        Ok(())
    }

    fn served(&self, table: &FolderTable, own: OwnScopes<'_>, path: &str) -> Result<ServedResource> {
        let needed = words_of(table).map(|word| own.scope(word)).collect();
        Ok(ServedResource {
            owner: PersonId::from(table.owner.get_ref().as_str()),
            as_uri: self.origin(&table.protected_by)?,
            name: path.trim_start_matches('/').into(),
            type_: table.type_.as_deref().map(Text::from),
            content: path.into(),
            need: BTreeMap::from([("GET".into(), needed)]),
            exists: true,
        })
    }

    fn client(&self, file: &NodeFile, origin: &Uri, revision: Revision) -> Result<Built> {
        let table = self.table_of(file.client.as_ref())?;
        self.without_path(file, origin)?;
        let push_claims_from = table.pushes_claims_from.as_ref().map(|uri| self.origin(uri)).transpose()?;
        let assertions_from = table.assertions_from.as_ref().map(|uri| self.origin(uri)).transpose()?;
        let key = self.own_key(file, table.authentication.as_ref())?;
        if let (Some(word), true) = (table.authentication.as_ref().filter(|_| key.is_some()), table.public) {
            return Err(self.error(word, "`public = true` beside it", "one of them: a public client proves nothing"));
        }
        let config = ClientConfig {
            origin: origin.clone(),
            name: table.name.as_str().into(),
            revision,
            key,
            credentials: self.credentials(&table.credentials)?,
            registered_scopes: scopes(&table.registered_scopes),
            requested_scopes: scopes(&table.requested_scopes),
            aat_scopes: ScopeSet::new(),
            push_claims_from: push_claims_from.clone(),
            claim_token: None,
            assertions_from: assertions_from.clone(),
            assertion: None,
            upgrades: table.upgrades,
            public: table.public,
            polls_max: table.polls_max.unwrap_or(60),
            attempts_max: table.attempts_max.unwrap_or(4),
            retry_after: Duration::from_secs(2),
        };
        let role = Role::Client(Box::new(Client::new(config)));
        Ok(Built {
            role,
            declared: Declared::default(),
            contents: None,
            identity_providers: push_claims_from.into_iter().chain(assertions_from).collect(),
        })
    }

    fn identity_provider(&self, file: &NodeFile, issuer: &Uri) -> Result<Built> {
        let usual = super::format::IdentityProviderTable::default();
        let table = file.identity_provider.as_ref().map_or(&usual, Spanned::get_ref);
        let keys = self.key(file)?;
        let recipients = table.assertion_recipients.iter();
        let recipients = recipients.map(|table| Ok((self.origin(&table.issuer)?, self.uri(&table.token_endpoint)?)));
        let config = IdentityProviderConfig {
            issuer: issuer.clone(),
            accounts: self.accounts(&file.accounts)?,
            key: keys.newest,
            retiring_keys: keys.older,
            next_key: None,
            assertion_recipients: recipients.collect::<Result<_>>()?,
            assertion_lifetime: self.span_or(table.assertion_lifetime.as_ref(), Duration::from_secs(300))?,
            id_token_lifetime: self.span_or(table.id_token_lifetime.as_ref(), Duration::from_secs(600))?,
            code_lifetime: CODE_LIFETIME,
            session_lifetime: self.span_or(table.session_lifetime.as_ref(), SESSION_LIFETIME)?,
        };
        let role = Role::IdentityProvider(Box::new(IdentityProvider::new(config)));
        Ok(Built { role, contents: None, identity_providers: Vec::new(), declared: Declared::default() })
    }

    // ---- single members

    fn table_of<'a, T>(&self, table: Option<&'a Spanned<T>>) -> Result<&'a T> {
        table.map(Spanned::get_ref).ok_or_else(|| {
            let found = format!("no `[{}]`", self.kind.table());
            self.source.error(0..1, found, format!("one, as in simulations/nodes/{}.toml", self.kind.word()))
        })
    }

    fn without_path(&self, file: &NodeFile, origin: &Uri) -> Result<()> {
        if origin.path() == "/" {
            return Ok(());
        }
        Err(self.error(&file.node.origin, format!("`origin` is `{origin}`"), "an origin without a path for this kind"))
    }

    fn credentials(&self, tables: &[CredentialsTable]) -> Result<BTreeMap<Uri, ClientAuthentication>> {
        let one = |table: &CredentialsTable| {
            let id = ClientId::from(table.id.as_str());
            let authentication = match &table.secret {
                Some(secret) => ClientAuthentication::Basic(id, ClientSecret::new(secret.as_str())),
                None => ClientAuthentication::Public(id),
            };
            Ok((self.origin(&table.at)?, authentication))
        };
        tables.iter().map(one).collect()
    }

    fn uri(&self, text: &Spanned<String>) -> Result<Uri> {
        let found = || self.error(text, format!("`{}` is no URI", text.get_ref()), "an absolute URI");
        url::Url::parse(text.get_ref()).map_err(|_| found())?;
        Ok(Uri::from(text.get_ref().as_str()))
    }

    fn one_of<T: Copy + Default>(&self, text: &Option<Spanned<String>>, known: &[(&str, T)]) -> Result<T> {
        let Some(text) = text else { return Ok(T::default()) };
        let value = known.iter().find(|(word, _)| word == text.get_ref()).map(|(_, value)| *value);
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        value.ok_or_else(|| self.error(text, format!("`{}` is not known here", text.get_ref()), words.join(" or ")))
    }
}

fn has_operator(file: &NodeFile) -> bool {
    file.operations.as_ref().is_some_and(|table| table.token_file.is_some())
}

/// What a resource server serves itself.
const RESERVED: [&str; 3] = ["/connect", "/return", "/form"];
/// The scopes of a resource server: the drafts ask for URIs (D5 §2.4.1; RSR draft-00 §2.1), so a plain word becomes one
/// there, which the server describes.
#[derive(Clone, Copy)]
struct OwnScopes<'a> {
    origin: &'a Uri,
    revision: Revision,
}

impl OwnScopes<'_> {
    fn is_own(self, word: &str) -> bool {
        self.revision.has_scope_uris() && !word.contains("://")
    }

    fn scope(self, word: &str) -> Scope {
        if self.is_own(word) { Scope::new(format!("{}{SCOPES}{word}", self.origin)) } else { Scope::from(word) }
    }

    fn described(self, folders: &[FolderTable]) -> BTreeMap<Text, ScopeDescription> {
        let words = folders.iter().flat_map(words_of).filter(|word| self.is_own(word));
        let described = |word: &str| ScopeDescription { name: word.into(), icon_uri: None, cache_secs: Some(3600) };
        words.map(|word| (format!("{SCOPES}{word}").into(), described(word))).collect()
    }
}

fn declared(config: &ResourceServerConfig) -> Declared {
    let told = |(path, served): (&Text, &ServedResource)| ResourceTold {
        path: path.clone(),
        owner: served.owner.clone(),
        as_uri: served.as_uri.clone(),
        content: served.content.clone(),
        need: served.need.clone(),
    };
    let resources = config.resources.iter().map(told).collect();
    Declared { resources, trusts: Vec::new(), cache: config.cache_lifetime }
}

fn words_of(table: &FolderTable) -> impl Iterator<Item = &str> {
    let usual = table.scopes.is_empty().then_some("view");
    table.scopes.iter().map(String::as_str).chain(usual)
}

fn scopes(names: &[String]) -> ScopeSet {
    names.iter().map(|name| Scope::from(name.as_str())).collect()
}
