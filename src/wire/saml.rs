//! SAML 2.0 assertions as a bearer grant takes them (RFC 7522 §3): what one says, as plain data. How it is written in XML
//! and signed is the business of whoever signs (`crate::role::Crypto`); conditions and times are rules of the roles.

use crate::wire::{PersonId, SamlAssertion, Text, Timestamp, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a bearer assertion says (SAML core §2.3.3; RFC 7522 §3). Times are whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Assertion {
    /// `ID`: never used twice by its issuer (SAML core §1.3.4).
    pub id: Text,
    /// `Issuer`.
    pub issuer: Uri,
    /// `IssueInstant`.
    pub issued_at: Timestamp,
    /// `Subject/NameID`.
    pub subject: PersonId,
    /// `SubjectConfirmationData/@Recipient`: the token endpoint that it may be presented at.
    pub recipient: Option<Uri>,
    /// `SubjectConfirmationData/@NotOnOrAfter`: the first instant at which it may not be presented any more.
    pub confirmed_until: Option<Timestamp>,
    /// `AudienceRestriction/Audience`: empty when it restricts nothing, which no server accepts.
    pub audience: BTreeSet<Uri>,
    /// `Conditions/@NotBefore`.
    pub not_before: Option<Timestamp>,
    /// `Conditions/@NotOnOrAfter`.
    pub not_on_or_after: Option<Timestamp>,
}

impl Assertion {
    /// The first instant at which it is void, by whichever member ends first; `None` when it would be good for ever.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.confirmed_until.into_iter().chain(self.not_on_or_after).min()
    }
}

/// An assertion as it was read, with what its signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAssertion {
    /// What would be believed.
    pub assertion: Assertion,
    /// True when the signature is by one of the keys that were given.
    pub signed: bool,
    /// True when the assertion is the one that the signature is about, and there is no other.
    pub covered: bool,
}

/// What stands for a signed XML document in simulations: some assertions, and a signature about one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The assertions in the order of the document; an honest one has one.
    pub assertions: Vec<Assertion>,
    /// The identifier of the assertion that was signed.
    pub reference: Text,
    /// `kid` of the key.
    pub kid: Text,
    /// The signature over the signed assertion's [`canonical`] bytes.
    pub signature: Vec<u8>,
}

/// The bytes of an assertion that a stand-in signs.
pub fn canonical(assertion: &Assertion) -> Vec<u8> {
    // Plain values in the order of the members: this can not fail.
    serde_json::to_vec(assertion).unwrap_or_default()
}

impl Envelope {
    /// The value of the parameter `assertion`.
    pub fn encode(&self) -> SamlAssertion {
        SamlAssertion::new(URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// Reads the value of the parameter `assertion`. `None` when it is no envelope, or an empty one.
    pub fn decode(encoded: &SamlAssertion) -> Option<Self> {
        let envelope: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded.expose()).ok()?).ok()?;
        (!envelope.assertions.is_empty()).then_some(envelope)
    }

    /// The assertion that the signature is about.
    pub fn signed(&self) -> Option<&Assertion> {
        self.assertions.iter().find(|assertion| assertion.id == self.reference)
    }

    /// The signature as it was, and before what it is about an assertion that nobody signed: it has another identifier
    /// and hardly ends (signature wrapping).
    #[must_use]
    pub fn wrapped(&self) -> Self {
        let forged = self.signed().cloned().map(|genuine| Assertion {
            id: format!("{}-forged", genuine.id).into(),
            confirmed_until: genuine.confirmed_until.map(|end| end + crate::wire::Duration::from_secs(3600)),
            not_on_or_after: genuine.not_on_or_after.map(|end| end + crate::wire::Duration::from_secs(3600)),
            ..genuine
        });
        let assertions = forged.into_iter().chain(self.assertions.iter().cloned()).collect();
        Self { assertions, ..self.clone() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    pub(crate) fn assertion() -> Assertion {
        Assertion {
            id: "_a1".into(),
            issuer: "https://idp.example".into(),
            issued_at: Timestamp::from_secs(1000),
            subject: "bob".into(),
            recipient: Some("https://as.example/token".into()),
            confirmed_until: Some(Timestamp::from_secs(1300)),
            audience: BTreeSet::from(["https://as.example".into()]),
            not_before: Some(Timestamp::from_secs(1000)),
            not_on_or_after: Some(Timestamp::from_secs(1200)),
        }
    }

    fn envelope() -> Envelope {
        Envelope { assertions: vec![assertion()], reference: "_a1".into(), kid: "k".into(), signature: vec![1, 2] }
    }

    #[test]
    fn an_assertion_ends_when_its_first_limit_is_reached() {
        assert_eq!(assertion().ends_at(), Some(Timestamp::from_secs(1200)));
        let open = Assertion { confirmed_until: None, not_on_or_after: None, ..assertion() };
        assert_eq!(open.ends_at(), None);
    }

    #[test]
    fn an_envelope_survives_the_round_trip_and_nothing_else_is_one() {
        assert_eq!(Envelope::decode(&envelope().encode()), Some(envelope()));
        for text in ["", "e30", "not base64 at all", "PHhtbC8-"] {
            assert_eq!(Envelope::decode(&SamlAssertion::new(text)), None, "{text}");
        }
        let empty = Envelope { assertions: Vec::new(), ..envelope() };
        assert_eq!(Envelope::decode(&empty.encode()), None);
    }

    #[test]
    fn a_wrapped_envelope_keeps_what_is_signed_and_shows_something_else_first() {
        let wrapped = envelope().wrapped();
        assert_eq!(wrapped.signed(), Some(&assertion()));
        assert_ne!(wrapped.assertions.first(), Some(&assertion()));
        assert_eq!(wrapped.signature, envelope().signature);
    }
}
