//! An authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.6).

use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::oauth::codes::{Code, CodeHash};
use crate::role::oauth::token::{Issue, Origin, issue};
use crate::role::oauth::{IdTokenRequest, OAuthServer, clients, pkce, revoke};
use crate::role::rule::Broken;
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::RevocationCause;
use crate::wire::oauth::{REFRESH_TOKEN_GRANT, TokenResponse};
use crate::wire::{AuthorizationCode, CodeVerifier, ErrorCode, Failure, Uri};

/// What came with the code.
pub(super) struct Presented<'a> {
    pub(super) redirect_uri: Option<&'a Uri>,
    pub(super) verifier: Option<&'a CodeVerifier>,
}

pub(super) fn exchange<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    code: &AuthorizationCode,
    presented: &Presented<'_>,
) -> Result<TokenResponse, Failure> {
    let hash = code.hashed();
    let invalid = || Failure::body(400, ErrorCode::InvalidGrant);
    let known = server.oauth().codes.get(&hash).ok_or_else(invalid)?;
    cx.require(Rule::CodeBoundToClient, known.client == *client.id()).map_err(|_| invalid())?;
    let known = known.clone();
    if cx.require(Rule::CodeUnspent, !known.spent).is_err() {
        end_family(server, cx, &hash);
        return Err(invalid());
    }
    cx.require(Rule::CodeFresh, cx.at < known.expires_at).map_err(|_| invalid())?;
    let proven = proven(server, cx, &known, presented);
    server.record(cx, Fact::CodeRedeemed { code: hash });
    if proven.is_err() {
        cx.our_choice("failed-exchange-voids-code");
        return Err(invalid());
    }
    Ok(tokens(server, cx, hash, known))
}

// RFC 6749 §4.1.2: a code that comes a second time has leaked, so what came of it ends.
fn end_family<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, code: &CodeHash) {
    if let Some(family) = server.oauth().access_tokens.family_of_code(code) {
        revoke::family(server, cx, family, RevocationCause::Replay);
    }
}

fn proven<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    code: &Code,
    presented: &Presented<'_>,
) -> Result<(), Broken> {
    let same_uri = match presented.redirect_uri {
        Some(uri) => *uri == code.redirect_uri,
        // RFC 6749 §4.1.3: it may be missing where the authorization request could leave it out.
        None => clients::get(server.oauth(), &code.client)
            .is_some_and(|known| known.metadata.redirect_uris.as_slice() == [code.redirect_uri.clone()]),
    };
    cx.require(Rule::CodeRedirectUriMatches, same_uri)?;
    cx.require(Rule::CodeVerifierMatches, pkce::fits(code.code_challenge.as_ref(), presented.verifier))?;
    Ok(())
}

fn tokens<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, hash: CodeHash, code: Code) -> TokenResponse {
    let Code { client, person, scope, nonce, acr, .. } = code;
    let renewable =
        server.settings().refresh_tokens && scope.iter().all(|scope| server.grants(REFRESH_TOKEN_GRANT, scope));
    let about = IdTokenRequest { client, person, scope, nonce };
    let response = issue(
        server,
        cx,
        Issue {
            client: &about.client,
            person: Some(about.person.clone()),
            acr,
            scope: about.scope.clone(),
            from: Origin::Code(hash),
            renewable,
        },
    );
    TokenResponse { id_token: server.id_token(cx, &about), ..response }
}
