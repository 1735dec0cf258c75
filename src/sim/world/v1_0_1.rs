//! What only an authorization server of 1.0.1 is told in a script.

use super::servers::{one_of, value_of};
use crate::role::authorization_server::{V1_0_1Choices, WeakAat};
use crate::sim::script::format::AuthorizationServerTable;
use crate::sim::script::{ScriptError, Source};
use crate::wire::Text;
use crate::wire::claims::{ACR_MULTI_FACTOR, ACR_PASSWORD};
use crate::wire::configuration::MultiPermission;
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT};
use toml::Spanned;

const GRANT_TYPES: [(&str, &str); 3] = [
    (AUTHORIZATION_CODE_GRANT, AUTHORIZATION_CODE_GRANT),
    (CLIENT_CREDENTIALS_GRANT, CLIENT_CREDENTIALS_GRANT),
    (REFRESH_TOKEN_GRANT, REFRESH_TOKEN_GRANT),
];

pub(super) fn choices(table: &AuthorizationServerTable, source: &Source<'_>) -> Result<V1_0_1Choices, ScriptError> {
    let usual = V1_0_1Choices::default();
    let spoken = [("supported", MultiPermission::Supported), ("extension-only", MultiPermission::ExtensionOnly)];
    let readings = [("insufficient-scope", WeakAat::InsufficientScope), ("need-info", WeakAat::NeedInfo)];
    Ok(V1_0_1Choices {
        pat_grant_types: grant_types(table.pat_grant_types.as_deref(), usual.pat_grant_types, source)?,
        aat_grant_types: grant_types(table.aat_grant_types.as_deref(), usual.aat_grant_types, source)?,
        security_enhanced_claims: table.security_enhanced_claims,
        multi_permission: table.multi_permission.as_ref().map(|found| value_of(found, &spoken, source)).transpose()?,
        rpt_endpoint_acr: table.rpt_endpoint_acr.iter().map(|way| acr(way)).collect(),
        weak_aat: one_of(&table.weak_aat, &readings, source)?,
        second_client_ends_rpts: table.second_client_ends_rpts,
    })
}

fn grant_types(
    found: Option<&[Spanned<String>]>,
    usual: Vec<Text>,
    source: &Source<'_>,
) -> Result<Vec<Text>, ScriptError> {
    let Some(found) = found else { return Ok(usual) };
    found.iter().map(|name| value_of(name, &GRANT_TYPES, source).map(Text::from)).collect()
}

/// The authentication context class of a word, or the URI itself.
pub(super) fn acr(word: &str) -> Text {
    match word {
        "password" => ACR_PASSWORD,
        "multi-factor" => ACR_MULTI_FACTOR,
        uri => uri,
    }
    .into()
}
