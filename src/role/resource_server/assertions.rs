//! A PAT for a SAML assertion (RFC 7522; D6 §2.1): the owner signs in at the identity provider, the access token of that
//! sign-in is exchanged for an assertion (RFC 8693), and the assertion is the grant at the authorization server.

use crate::message::ExchangeId;
use crate::role::Context;
use crate::role::link::Ready;
use crate::role::resource_server::access::Answering;
use crate::role::resource_server::{Pending, ResourceServer, connect, dialect, pats};
use crate::wire::configuration::openid_well_known;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, ClientMetadata, TOKEN_EXCHANGE_GRANT, TokenRequest,
};
use crate::wire::text::scope_set;
use crate::wire::{Answer, Bearer, Call, Request, Response, SamlAssertion, Uri};

/// What is needed to talk to the identity provider that owners sign in at, or `None` while it is being asked for.
pub(super) fn link(server: &mut ResourceServer, cx: &mut Context<'_>, provider: &Uri) -> Option<Ready> {
    let metadata = ClientMetadata {
        name: Some(server.config.name.clone()),
        redirect_uris: vec![server.redirect_uri()],
        claims_redirect_uris: Vec::new(),
        scope: scope_set(["openid"]),
        grant_types: vec![AUTHORIZATION_CODE_GRANT.into(), TOKEN_EXCHANGE_GRANT.into()],
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    };
    server.links.ready(cx, provider, &openid_well_known(provider), &metadata)
}

/// Has the access token of an owner's sign-in exchanged for an assertion for `audience`. False when the identity provider
/// cannot be asked now.
pub(super) fn exchange(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    connect: ExchangeId,
    subject_token: Bearer,
    audience: Uri,
) -> bool {
    let provider = server.config.assertions_from.clone();
    let Some(link) = provider.and_then(|provider| server.links.at_hand(&provider)) else { return false };
    let request = TokenRequest::ExchangeForAssertion { subject_token, audience };
    let call = token_call(cx, &link, request);
    pats::send(server, cx, call, || Pending::AwaitingAssertion { connect });
    true
}

/// Takes the answer to the exchange, or `None` when none came.
pub(super) fn on_answer(server: &mut ResourceServer, cx: &mut Context<'_>, connect: ExchangeId, answer: Answering) {
    let assertion = match answer {
        Some(Ok(Answer { message: Response::AssertionIssued(issued), .. })) => Some(issued.assertion),
        Some(Ok(_) | Err(_)) | None => None,
    };
    let redeemed = assertion.is_some_and(|assertion| redeem(server, cx, connect, assertion));
    if !redeemed {
        connect::not_connected(server, cx, connect);
    }
}

fn redeem(server: &mut ResourceServer, cx: &mut Context<'_>, connect: ExchangeId, assertion: SamlAssertion) -> bool {
    let Some(as_uri) = connect::authorization_server_of(server, connect) else { return true };
    // The link was there when the owner was sent away; a server that is gone since then is connected another time.
    let Some(link) = server.links.at_hand(&as_uri) else { return false };
    let scope = dialect::of(server.config.revision).pat_scope();
    let request = TokenRequest::Saml2Bearer { assertion, scope };
    let call = token_call(cx, &link, request);
    pats::send(server, cx, call, || Pending::AwaitingPatForAssertion { connect });
    true
}

fn token_call(cx: &mut Context<'_>, link: &Ready, request: TokenRequest) -> Call {
    Call {
        to: link.configuration.token_endpoint.clone(),
        credentials: link.proven(cx),
        cookie: None,
        message: Request::Token(request),
    }
}
