//! Issuing RPTs: what an assessment granted, or what an RPT already carries, becomes a token (Grant §3.3.5). Decides
//! nothing.

use super::assessment::GrantedPermissions;
use super::rpts::merged;
use super::upgrade::Carried;
use super::{AuthorizationServer, RptFormat};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{GrantedPermission, RptHash, RptOrigin, Subject};
use crate::wire::oauth::TokenResponse;
use crate::wire::{ClientId, Pct, PersonId, RefreshToken, Rpt, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What a new RPT carries. There is no other way to put something into one.
#[derive(Debug)]
pub(super) enum Content {
    /// What was granted now, and what an upgrade brings along.
    Granted(GrantedPermissions, Option<Carried>),
    /// What a refreshed RPT carried.
    Renewed(Carried),
    /// Nothing yet (D6 §3.4.2).
    Empty,
}

impl Content {
    fn into_permissions(self) -> Vec<GrantedPermission> {
        match self {
            Self::Granted(granted, carried) => {
                merged(granted.into_inner(), carried.map(Carried::into_inner).unwrap_or_default())
            }
            Self::Renewed(carried) => carried.into_inner(),
            Self::Empty => Vec::new(),
        }
    }
}

/// A new RPT, but for its value.
#[derive(Debug)]
pub(super) struct NewRpt {
    /// To whom.
    pub(super) client: ClientId,
    /// The requesting party, as far as known.
    pub(super) subjects: Vec<Subject>,
    /// The owner (2.0).
    pub(super) owner: Option<PersonId>,
    /// The resource server it is good at (2.0).
    pub(super) resource_server: Option<ClientId>,
    /// What it carries.
    pub(super) content: Content,
    /// Where it comes from.
    pub(super) origin: RptOrigin,
}

/// An RPT that was issued.
#[derive(Debug)]
pub(super) struct Issued {
    /// The RPT.
    pub(super) rpt: Rpt,
    /// The refresh token that goes with it.
    pub(super) refresh: Option<RefreshToken>,
    expires_in_secs: u64,
}

impl Issued {
    /// The answer of the token endpoint (Grant §3.3.5: `scope` is not returned).
    pub(super) fn into_response(self, pct: Option<Pct>, upgraded: bool) -> TokenResponse {
        TokenResponse {
            access_token: self.rpt.as_kind(),
            expires_in_secs: Some(self.expires_in_secs),
            refresh_token: self.refresh,
            scope: None,
            id_token: None,
            pct,
            upgraded,
        }
    }
}

/// Issues an RPT.
pub(super) fn issue(server: &mut AuthorizationServer, cx: &mut Context<'_>, new: NewRpt) -> Issued {
    let expires_at = (cx.at + server.config.rpt_lifetime).whole_secs();
    let NewRpt { client, subjects, owner, resource_server, content, origin } = new;
    // An RPT that was got with an AAT lives on it, and the AAT has a refresh token of its own.
    let refreshable = server.config.refresh_tokens && origin.aat().is_none();
    let permissions = content.into_permissions();
    let rpt = match server.config.rpt_format {
        RptFormat::Opaque => cx.mint(),
        RptFormat::Jwt => signed(server, cx, &client, &permissions, expires_at),
    };
    let refresh: Option<RefreshToken> = refreshable.then(|| cx.mint());
    let refresh_expires_at = refresh.as_ref().map(|_| {
        cx.our_choice("refresh-token-ends-unused");
        expires_at.max((cx.at + server.config.refresh_token_lifetime).whole_secs())
    });
    let fact = Fact::RptIssued {
        rpt: rpt.hashed(),
        client,
        subjects,
        owner,
        resource_server,
        permissions,
        expires_at,
        origin,
        refresh: refresh.as_ref().map(RefreshToken::hashed),
        refresh_expires_at,
    };
    server.record(cx, fact);
    Issued { rpt, refresh, expires_in_secs: expires_at.since(cx.at).secs() }
}

// A JSON Web Token (RFC 7519); `jti` makes it as unguessable as an opaque one even to whoever holds the key's public
// half. The requesting party is not named in it: resource servers need not know (FedAuthz §7.1).
fn signed(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    client: &ClientId,
    permissions: &[GrantedPermission],
    expires_at: Timestamp,
) -> Rpt {
    let key = &server.config.key;
    let public = cx.crypto().public(key);
    let header = json!({"alg": &*public.alg, "kid": &*public.kid, "typ": "JWT"});
    let payload = json!({
        "iss": server.config.issuer.as_str(),
        "client_id": client.as_str(),
        "exp": expires_at.secs(),
        "iat": cx.at.secs(),
        "jti": cx.mint_id("jti"),
        "permissions": permissions.iter().map(permission).collect::<Vec<_>>(),
    });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let input = format!("{}.{}", encode(&header), encode(&payload));
    let signature = URL_SAFE_NO_PAD.encode(cx.crypto().sign(key, input.as_bytes()));
    Rpt::new(format!("{input}.{signature}"))
}

// FedAuthz §5.1.1.
fn permission(granted: &GrantedPermission) -> Value {
    let permission = &granted.permission;
    let scopes: Vec<_> = permission.scopes.iter().map(crate::wire::Scope::as_str).collect();
    let mut members = json!({"resource_id": permission.resource_id.as_str(), "resource_scopes": scopes});
    if let Some(expires_at) = permission.expires_at {
        members["exp"] = json!(expires_at.secs());
    }
    members
}

/// The RPT that a new one was upgraded from, if any.
pub(super) fn upgraded_from(carried: Option<&Carried>) -> Option<RptHash> {
    carried.map(Carried::from)
}
