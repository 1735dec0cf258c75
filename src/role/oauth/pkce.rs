//! Proof Key for Code Exchange (RFC 7636) with the method `S256`: pure, for servers and clients alike.

use crate::wire::{CodeVerifier, Text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// `code_challenge` of a verifier (RFC 7636 §4.2).
pub fn challenge(verifier: &CodeVerifier) -> Text {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes())).into()
}

/// True when an exchange without or with a verifier fits a request without or with a challenge. A verifier without a
/// challenge does not: somebody took the challenge away (RFC 9700 §2.1.1).
pub fn fits(expected: Option<&Text>, verifier: Option<&CodeVerifier>) -> bool {
    match (expected, verifier) {
        (Some(expected), Some(verifier)) => challenge(verifier) == *expected,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(&*challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_fits_its_own_challenge_only() {
        let (verifier, other) = (CodeVerifier::new("v"), CodeVerifier::new("w"));
        let expected = challenge(&verifier);
        assert!(fits(Some(&expected), Some(&verifier)));
        assert!(fits(None, None));
        assert!(!fits(Some(&expected), Some(&other)));
        assert!(!fits(Some(&expected), None));
        assert!(!fits(None, Some(&verifier)));
    }
}
