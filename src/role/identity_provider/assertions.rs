//! SAML assertions about people, for servers that take them as a grant (RFC 7522): a client that has an access token of
//! a person's sign-in here exchanges it (RFC 8693). The provider knows its service providers, as SAML metadata has it: a
//! client names an audience and has no say in where the assertion may be presented.

use super::{IdentityProvider, OPENID};
use crate::message::Arrival;
use crate::role::oauth::clients::{self, AuthenticatedClient};
use crate::role::oauth::{OAuthServer, access_tokens};
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::AssertionIssued;
use crate::wire::oauth::IssuedAssertion;
use crate::wire::saml::Assertion;
use crate::wire::{Bearer, ErrorCode, Failure, PersonId, Response, Uri};
use std::collections::BTreeSet;

pub(super) fn exchange(
    provider: &mut IdentityProvider,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    subject_token: &Bearer,
    audience: &Uri,
) {
    cx.our_choice("assertion-by-token-exchange");
    match exchanged(provider, cx, arrival, subject_token, audience) {
        Ok(issued) => cx.reply(arrival.exchange, Response::AssertionIssued(issued)),
        Err(failure) => cx.reply(arrival.exchange, failure),
    }
}

fn exchanged(
    provider: &mut IdentityProvider,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    subject_token: &Bearer,
    audience: &Uri,
) -> Result<IssuedAssertion, Failure> {
    let client = clients::authenticate(provider, cx, &arrival.credentials)?;
    let person = subject(provider, cx, &client, subject_token)?;
    // RFC 8693 §2.2.2: "unwilling or unable to issue a token for any target service".
    let recipient = provider.config.assertion_recipients.get(audience).cloned();
    let recipient = recipient.ok_or_else(|| Failure::body(400, ErrorCode::Other("invalid_target".into())))?;
    Ok(issue(provider, cx, &client, person, audience, recipient))
}

// RFC 8693 §2.2.2: a subject token that does not count is `invalid_request`.
fn subject(
    provider: &IdentityProvider,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    token: &Bearer,
) -> Result<PersonId, Failure> {
    let invalid = || Failure::body(400, ErrorCode::InvalidRequest);
    let held = access_tokens::live(provider.oauth(), cx, token).ok_or_else(invalid)?;
    let of_client = held.client == *client.id();
    cx.require(Rule::SubjectTokenOfClient, of_client).map_err(|_| invalid())?;
    held.person.filter(|_| held.scope.contains(OPENID)).ok_or_else(invalid)
}

fn issue(
    provider: &mut IdentityProvider,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    person: PersonId,
    audience: &Uri,
    recipient: Uri,
) -> IssuedAssertion {
    let issued_at = cx.at.whole_secs();
    let expires_at = (cx.at + provider.config.assertion_lifetime).whole_secs();
    let assertion = Assertion {
        // SAML core §1.3.4: an XML name, so it does not begin with a digit.
        id: cx.mint_id("assertion").into(),
        issuer: provider.config.issuer.clone(),
        issued_at,
        subject: person.clone(),
        recipient: Some(recipient.clone()),
        confirmed_until: Some(expires_at),
        audience: BTreeSet::from([audience.clone()]),
        not_before: Some(issued_at),
        not_on_or_after: Some(expires_at),
    };
    let signed = cx.crypto().sign_assertion(provider.keys_at(cx.at).0, &assertion);
    let issued = Fact::AssertionIssued(AssertionIssued {
        assertion: signed.hashed(),
        id: assertion.id,
        person,
        client: client.id().clone(),
        audience: audience.clone(),
        recipient,
        expires_at,
    });
    provider.record(cx, issued);
    IssuedAssertion { assertion: signed, expires_in_secs: Some(expires_at.since(cx.at).secs()) }
}
