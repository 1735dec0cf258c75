//! Secrets of the wire. A [`Token`] never prints its value: `Debug` and `Display` say `[redacted]`, and serde writes
//! the value only to a format that is not meant for people (a journal); everything else gets a reference that a
//! recorder can turn into a label such as `ticket#7`.
//!
//! Whoever *verifies* a token keeps a [`TokenHash`] (SHA-256); only whoever *presents* it keeps the [`Token`].

use crate::wire::text::Text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use subtle::ConstantTimeEq;

/// What a token is good for: a marker type with a name for labels.
pub trait TokenKind: Clone + Copy + fmt::Debug + PartialEq + Eq + PartialOrd + Ord + Hash + 'static {
    /// The word used in labels: `ticket` in `ticket#7`.
    const NAME: &'static str;
}

macro_rules! token_kinds {
    ($($(#[$doc:meta])* $alias:ident = $kind:ident $name:literal)*) => {
        /// Marker types, one per kind of secret.
        pub mod kind {
            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
                pub struct $kind;
                impl super::TokenKind for $kind {
                    const NAME: &'static str = $name;
                }
            )*
        }
        $(
            $(#[$doc])*
            pub type $alias = Token<kind::$kind>;
        )*
    };
}

token_kinds! {
    /// A bearer string as it arrived, before anyone has looked up what kind of token it is (RFC 6750).
    Bearer = BearerKind "token"
    /// A requesting party token (Grant §1.3; D6 §3.3.1).
    Rpt = RptKind "rpt"
    /// A protection API access token (FedAuthz §1.3; D6 §2.1).
    Pat = PatKind "pat"
    /// An authorization API token of the early revisions (D6 §3.4.1).
    Aat = AatKind "aat"
    /// A permission ticket (Grant §1.3; D6 §3.2).
    PermissionTicket = TicketKind "ticket"
    /// A persisted claims token (Grant §1.3).
    Pct = PctKind "pct"
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken = RefreshKind "refresh"
    /// An authorization code (RFC 6749 §1.3.1).
    AuthorizationCode = CodeKind "code"
    /// A PKCE code verifier (RFC 7636).
    CodeVerifier = VerifierKind "verifier"
    /// A client's secret at an authorization server (RFC 6749 §2.3.1).
    ClientSecret = SecretKind "secret"
    /// A pushed claim token: a signed ID token (Grant §3.3.1).
    ClaimToken = ClaimTokenKind "claim-token"
    /// A signed SAML assertion as a grant (RFC 7522 §2.1): base64url of the XML.
    SamlAssertion = AssertionKind "assertion"
    /// A signed statement with which a client proves who it is (RFC 7523 §2.2).
    ClientAssertion = ClientAssertionKind "client-assertion"
    /// The cookie that names a browser session.
    SessionCookie = SessionKind "session"
    /// An unguessable `state` value (RFC 6749 §10.12; Grant §3.3.2).
    State = StateKind "state"
    /// The anti-forgery key of one form in one session.
    FormKey = FormKind "form"
    /// A person's password at a server with accounts.
    Password = PasswordKind "password"
    /// What such a server has on file to check a password against. It can be guessed at, so it is a secret as well.
    PasswordVerifier = PasswordVerifierKind "password-verifier"
}

/// A secret value of kind `K`.
#[derive(Clone)]
pub struct Token<K> {
    value: Text,
    hash: TokenHash<K>,
}

/// The SHA-256 of a secret of kind `K`: names it without giving it away. Comparison takes constant time.
#[derive(Clone, Copy)]
pub struct TokenHash<K> {
    sha256: [u8; 32],
    kind: PhantomData<K>,
}

impl<K: TokenKind> Token<K> {
    /// Wraps a value; hashes it once.
    pub fn new(value: impl Into<Text>) -> Self {
        let value = value.into();
        let hash = TokenHash::of(value.as_bytes());
        Self { value, hash }
    }

    /// The secret itself. For codecs and whoever presents it, never for logs.
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// What a verifier stores of it.
    pub fn hashed(&self) -> TokenHash<K> {
        self.hash
    }

    /// The same bytes seen as another kind of token, as when a bearer string is looked up among the PATs.
    pub fn as_kind<L: TokenKind>(&self) -> Token<L> {
        Token { value: self.value.clone(), hash: self.hash.as_kind() }
    }
}

impl<K: TokenKind> TokenHash<K> {
    /// The hash of a value's bytes.
    pub fn of(value: &[u8]) -> Self {
        Self { sha256: Sha256::digest(value).into(), kind: PhantomData }
    }

    /// The same value seen as another kind.
    pub fn as_kind<L: TokenKind>(&self) -> TokenHash<L> {
        TokenHash { sha256: self.sha256, kind: PhantomData }
    }

    /// The whole hash.
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    // What a reference says: half of the hash, under any kind.
    fn of_reference(text: &str) -> Option<Self> {
        let inner = text.strip_prefix(REFERENCE_OPEN)?.strip_suffix(REFERENCE_CLOSE)?;
        let (_kind, hex) = inner.split_once(':')?;
        let half = u128::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 32)?;
        let mut sha256 = [0; 32];
        sha256[..16].copy_from_slice(&half.to_be_bytes());
        Some(Self { sha256, kind: PhantomData })
    }

    /// The first half of the hash: enough to tell values apart in a table of labels.
    pub fn short(&self) -> u128 {
        let mut half = [0; 16];
        half.copy_from_slice(&self.sha256[..16]);
        u128::from_be_bytes(half)
    }
}

impl<K> PartialEq for TokenHash<K> {
    fn eq(&self, other: &Self) -> bool {
        self.sha256.ct_eq(&other.sha256).into()
    }
}
impl<K> Eq for TokenHash<K> {}
impl<K> PartialOrd for TokenHash<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for TokenHash<K> {
    // Orders hashes of secrets, not secrets: how long it takes says nothing about the value.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.sha256.cmp(&other.sha256)
    }
}
impl<K> Hash for TokenHash<K> {
    // `write_u128` is reserved for secrets, so that a recorder's hasher can replace the value by its label.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut half = [0; 16];
        half.copy_from_slice(&self.sha256[..16]);
        state.write_u128(u128::from_be_bytes(half));
    }
}
impl<K: TokenKind> fmt::Debug for TokenHash<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[redacted]", K::NAME)
    }
}

impl<K> PartialEq for Token<K> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}
impl<K> Eq for Token<K> {}
impl<K> PartialOrd for Token<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Token<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.hash.cmp(&other.hash)
    }
}
impl<K> Hash for Token<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}
impl<K: TokenKind> fmt::Debug for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.hash, f)
    }
}
impl<K: TokenKind> fmt::Display for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.hash, f)
    }
}

/// The start of a reference to a secret in text meant for people; see [`secret_reference`].
pub const REFERENCE_OPEN: char = '\u{27e6}';
/// The end of such a reference.
pub const REFERENCE_CLOSE: char = '\u{27e7}';

/// How a secret is written in text: its kind and half of its hash between brackets that occur nowhere else. A recorder
/// replaces the whole by a label.
pub fn secret_reference(kind: &str, short: u128) -> String {
    format!("{REFERENCE_OPEN}{kind}:{short:032x}{REFERENCE_CLOSE}")
}

impl<K: TokenKind> Serialize for TokenHash<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&secret_reference(K::NAME, self.short()))
        } else {
            self.sha256.serialize(serializer)
        }
    }
}
impl<'de, K: TokenKind> Deserialize<'de> for TokenHash<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = Text::deserialize(deserializer)?;
            return Self::of_reference(&text)
                .ok_or_else(|| serde::de::Error::custom("expected a reference to a secret"));
        }
        let sha256 = <[u8; 32]>::deserialize(deserializer)?;
        Ok(Self { sha256, kind: PhantomData })
    }
}
impl<K: TokenKind> Serialize for Token<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.hash.serialize(serializer)
        } else {
            serializer.serialize_str(&self.value)
        }
    }
}
impl<'de, K: TokenKind> Deserialize<'de> for Token<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            // Text never has the value; what is left is enough to tell secrets apart.
            let hash = TokenHash::deserialize(deserializer)?;
            return Ok(Self { value: Text::default(), hash });
        }
        Text::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn no_text_form_of_a_token_holds_its_value() {
        let rpt = Rpt::new("sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv");
        let json = serde_json::to_string(&rpt).unwrap_or_default();
        for text in [format!("{rpt:?}"), rpt.to_string(), json] {
            assert!(!text.contains("sbjsbhs"), "`{text}` gives the secret away");
        }
    }

    #[test]
    fn a_secret_read_from_text_is_told_apart_by_what_the_text_says_of_it() {
        let json = |rpt: &Rpt| serde_json::to_string(rpt).unwrap();
        let read = |json: &str| serde_json::from_str::<Rpt>(json).unwrap();
        let (one, other) = (read(&json(&Rpt::new("a"))), read(&json(&Rpt::new("b"))));
        assert_eq!(one.hashed().short(), Rpt::new("a").hashed().short());
        assert_eq!(serde_json::from_str::<TokenHash<kind::RptKind>>(&json(&one)).unwrap(), one.hashed());
        assert_ne!(one, other);
        assert_eq!(one.expose(), "");
        assert!(serde_json::from_str::<Rpt>("\"sbjsbhs\"").is_err());
    }

    #[test]
    fn the_same_bytes_are_the_same_secret_under_any_kind() {
        let bearer = Bearer::new("x");
        assert_eq!(bearer.as_kind::<kind::RptKind>(), Rpt::new("x"));
        assert_ne!(Rpt::new("x"), Rpt::new("y"));
    }
}
