//! The words of the wire that are plain strings, each with a type of its own so that none is taken for another.

use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Any other piece of text (a name, a description): cheap to clone.
pub type Text = Arc<str>;

/// A set of scopes: order and repetition carry no meaning on the wire.
pub type ScopeSet = BTreeSet<Scope>;

macro_rules! string_newtypes {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// Takes the string as it is.
            pub fn new(text: impl Into<Text>) -> Self {
                Self(text.into())
            }

            /// The string as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

string_newtypes! {
    /// A scope of access to a resource: a plain string or a URI (FedAuthz §3.1.1; in the drafts a "scope type" URI).
    Scope
    /// The identifier of a registered resource: `_id` / `resource_id` (FedAuthz §3.2), in the drafts `resource_set_id`.
    ResourceId
    /// An OAuth client identifier (RFC 6749 §2.2).
    ClientId
    /// The subject identifier of a person at whoever authenticated them.
    PersonId
    /// The name of a claim, such as `email`.
    ClaimName
    /// The identifier of one policy of an owner at an authorization server.
    PolicyId
    /// The revision of a resource set description (`_rev` and `ETag`, RSR draft-00 §2.3).
    ETag
}

/// Collects scopes from anything that yields strings.
pub fn scope_set<'a>(scopes: impl IntoIterator<Item = &'a str>) -> ScopeSet {
    scopes.into_iter().map(Scope::from).collect()
}
