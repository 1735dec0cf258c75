//! Keys of others in a node's file, and whether the node signs with its own.

use super::checked::{Checker, Result};
use super::format::{AuthorizationServerTable, KnownClientTable, NodeFile, TrustedTable};
use std::fs;
use toml::Spanned;
use umaverse::role::SigningKey;
use umaverse::role::authorization_server::TrustedIssuer;
use umaverse::role::link::KeysFrom;
use umaverse::wire::codec::read_key_set;
use umaverse::wire::jws::Jwk;
use umaverse::wire::oauth::{AuthenticationMethod, ClientKeys, KeySource};

const KEY_SET: &str = "a key set with a public signing key, such as `umaverse jwks` prints";

impl Checker<'_> {
    /// Whose ID tokens are believed: by name alone, or with keys and an audience.
    pub(super) fn trusted_issuers(&self, table: &AuthorizationServerTable) -> Result<Vec<TrustedIssuer>> {
        let by_name = table.trusts.iter().map(|issuer| Ok(self.origin(issuer)?.into()));
        let in_full = table.identity_providers.iter().map(|provider| self.trusted_issuer(provider));
        by_name.chain(in_full).collect()
    }

    fn trusted_issuer(&self, table: &TrustedTable) -> Result<TrustedIssuer> {
        let keys = match (&table.jwks_uri, &table.jwks_file) {
            (None, None) => KeysFrom::Discovery,
            (Some(uri), None) => KeysFrom::At(self.origin(uri)?),
            (None, Some(file)) => KeysFrom::Here(self.key_set_file(file)?),
            (Some(uri), Some(_)) => {
                return Err(self.error(uri, "`jwks-uri` and `jwks-file`", "one of them"));
            }
        };
        let audience = table.audience.as_deref().map(Into::into);
        Ok(TrustedIssuer { issuer: self.origin(&table.issuer)?, keys, audience })
    }

    /// How a client that is known beforehand proves who it is.
    pub(super) fn authentication(
        &self,
        table: &KnownClientTable,
    ) -> Result<(AuthenticationMethod, Option<Box<ClientKeys>>)> {
        let source = match (&table.jwks, &table.jwks_file, &table.jwks_uri) {
            (Some(inline), None, None) => {
                KeySource::Here(self.key_set(inline, inline.get_ref().to_string().as_bytes(), "jwks")?)
            }
            (None, Some(file), None) => KeySource::Here(self.key_set_file(file)?),
            (None, None, Some(uri)) => KeySource::At(self.origin(uri)?),
            (None, None, None) => {
                let secret = table.secret.as_ref().map(|_| AuthenticationMethod::SecretBasic);
                return Ok((secret.unwrap_or(AuthenticationMethod::None), None));
            }
            (Some(inline), Some(_), _) => return Err(self.error(inline, "`jwks` and `jwks-file`", "one of them")),
            (Some(_), None, Some(uri)) => return Err(self.error(uri, "`jwks` and `jwks-uri`", "one of them")),
            (None, Some(_), Some(uri)) => return Err(self.error(uri, "`jwks-file` and `jwks-uri`", "one of them")),
        };
        if table.secret.is_some() {
            return Err(self.error(&table.id, "`secret` and keys", "one of them: who signs needs no secret"));
        }
        let algorithm = table.signing_algorithm.as_deref().map(Into::into);
        let keys = Box::new(ClientKeys { source, algorithm });
        Ok((AuthenticationMethod::PrivateKeyJwt, Some(keys)))
    }

    /// The node's own key, where it signs to prove who it is.
    pub(super) fn own_key(&self, file: &NodeFile, word: Option<&Spanned<String>>) -> Result<Option<SigningKey>> {
        match word.map(|word| (word, word.get_ref().as_str())) {
            None | Some((_, "secret")) => Ok(None),
            Some((_, "private-key-jwt")) => Ok(Some(self.key(file)?.newest)),
            Some((word, other)) => {
                Err(self.error(word, format!("`authentication` is `{other}`"), "`secret` or `private-key-jwt`"))
            }
        }
    }

    fn key_set_file(&self, file: &Spanned<String>) -> Result<Vec<Jwk>> {
        let path = self.path(file);
        let text = fs::read(&path)
            .map_err(|error| self.error(file, format!("key set `{}`: {error}", path.display()), KEY_SET))?;
        self.key_set(file, &text, file.get_ref())
    }

    fn key_set<T>(&self, at: &Spanned<T>, text: &[u8], what: &str) -> Result<Vec<Jwk>> {
        let wrong = |why: &str| self.error(at, format!("`{what}` {why}"), KEY_SET);
        let keys = read_key_set(text).map_err(|_| wrong("is no key set"))?;
        if keys.is_empty() { Err(wrong("has no key that signs")) } else { Ok(keys) }
    }
}
