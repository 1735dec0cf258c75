//! A SAML assertion for an access token (RFC 7522 §2.1, §3; D6 §1.5 `oauth_grant_types_supported`). Who signed it, and
//! whether what is believed is what was signed, [`crate::role::Crypto`] finds out; everything that it says is judged here.

use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::oauth::token::{Issue, Origin, Refused, issue};
use crate::role::oauth::{OAuthServer, OAuthSettings, accounts, grantable};
use crate::role::rule::Broken;
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::AssertionRedeemed;
use crate::wire::oauth::{SAML2_BEARER_GRANT, TokenResponse};
use crate::wire::saml::{Assertion, ReadAssertion};
use crate::wire::{Duration, ErrorCode, PersonId, SamlAssertion, ScopeSet, Text, Timestamp, Uri};
use std::collections::BTreeMap;

/// What an assertion must be like at a server that takes some.
#[derive(Clone, Copy, Debug)]
pub struct SamlSettings<'a> {
    /// Whose assertions are believed.
    pub issuers: &'a [Uri],
    /// The token endpoint: `Recipient`, and one of the two names of the server as an audience.
    pub token_endpoint: &'a Uri,
}

/// By how much the clock of an issuer may be ahead (RFC 7522 §3 item 6 has this for `NotBefore` "subject to allowable
/// clock skew"); the end of an assertion is never stretched.
const SKEW: Duration = Duration::from_secs(5);

pub(super) fn redeem<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    encoded: &SamlAssertion,
    scope: &ScopeSet,
) -> Result<TokenResponse, Refused> {
    // RFC 7522 §3.1: every fault of the assertion is `invalid_grant`.
    let (assertion, person) = believed(server, cx, encoded).ok_or(ErrorCode::InvalidGrant)?;
    let scope = grantable(server, cx, client.id(), SAML2_BEARER_GRANT, scope).ok_or(ErrorCode::InvalidScope)?;
    let redeemed = Fact::AssertionRedeemed(AssertionRedeemed {
        assertion: encoded.hashed(),
        expires_at: assertion.ends_at().unwrap_or(cx.at),
        issuer: assertion.issuer,
        id: assertion.id,
        person: person.clone(),
        client: client.id().clone(),
    });
    server.record(cx, redeemed);
    // RFC 7521 §4.1: refresh tokens are "not typically issued".
    cx.our_choice("refresh-token-after-assertion");
    let renewable = server.settings().refresh_tokens;
    let from = Origin::Nothing;
    Ok(issue(server, cx, Issue { client: client.id(), person: Some(person), acr: None, scope, from, renewable }))
}

fn believed<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    encoded: &SamlAssertion,
) -> Option<(Assertion, PersonId)> {
    let issuer = cx.crypto().issuer_of_assertion(encoded)?;
    let trusted = server.settings().saml.is_some_and(|saml| saml.issuers.contains(&issuer));
    cx.require(Rule::AssertionIssuerTrusted, trusted).ok()?;
    let keys = server.keys_of_issuer(cx, &issuer)?;
    let ReadAssertion { assertion, signed, covered } = cx.crypto().read_assertion(&keys, encoded)?;
    cx.require(Rule::AssertionSigned, signed).ok()?;
    cx.require(Rule::AssertionCovered, covered && assertion.issuer == issuer).ok()?;
    is_meant_for(cx, &server.settings(), &assertion).ok()?;
    is_in_time(cx, &assertion).ok()?;
    let known = server.oauth().assertions.knows(&assertion);
    cx.require(Rule::AssertionUnused, !known).ok()?;
    let known = accounts::of(server, &assertion.subject).is_some();
    let person = account_of(cx, known, &assertion)?;
    Some((assertion, person))
}

// RFC 7522 §3 items 2 and 5: the issuer or the token endpoint of this server as an audience, the endpoint as recipient.
fn is_meant_for(cx: &mut Context<'_>, settings: &OAuthSettings<'_>, assertion: &Assertion) -> Result<(), Broken> {
    let endpoint = settings.saml.map(|saml| saml.token_endpoint);
    let named = assertion.audience.contains(settings.issuer)
        || endpoint.is_some_and(|endpoint| assertion.audience.contains(endpoint));
    cx.require(Rule::AssertionAudience, named)?;
    cx.require(Rule::AssertionRecipient, assertion.recipient.as_ref() == endpoint)?;
    Ok(())
}

// RFC 7522 §3 items 4 to 6: an assertion without an end is none.
fn is_in_time(cx: &mut Context<'_>, assertion: &Assertion) -> Result<(), Broken> {
    let begun = assertion.not_before.is_none_or(|from| from <= cx.at + SKEW);
    cx.require(Rule::AssertionBegun, begun)?;
    cx.require(Rule::AssertionFresh, assertion.ends_at().is_some_and(|end| cx.at < end))?;
    Ok(())
}

// RFC 7522 §3 item 3 leaves how a subject is matched to an account to the server.
fn account_of(cx: &mut Context<'_>, known: bool, assertion: &Assertion) -> Option<PersonId> {
    cx.our_choice("assertion-names-an-account");
    cx.require(Rule::AssertionSubjectKnown, known).ok()?;
    Some(assertion.subject.clone())
}

/// Assertions that were redeemed: tombstones until they are void anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Assertions {
    redeemed: BTreeMap<(Uri, Text), Timestamp>,
}

impl Assertions {
    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Fact::AssertionRedeemed(AssertionRedeemed { issuer, id, expires_at, .. }) = fact {
            self.redeemed.insert((issuer.clone(), id.clone()), *expires_at);
        }
    }

    pub(super) fn knows(&self, assertion: &Assertion) -> bool {
        self.remembers(&assertion.issuer, &assertion.id)
    }

    pub(super) fn remembers(&self, issuer: &Uri, id: &Text) -> bool {
        self.redeemed.contains_key(&(issuer.clone(), id.clone()))
    }

    pub(super) fn expire(&mut self, before: Timestamp) {
        self.redeemed.retain(|_, end| *end > before);
    }
}
