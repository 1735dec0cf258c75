//! What keeps an owner's resources from being registered, and how the owner is told.

use crate::wire::Uri;

/// Why registration stops for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing came, or nothing that helps: it is tried again.
    Unsettled,
    /// A PAT is refused that was issued a moment ago (RFC 6750 §3.1): another one would be no better.
    PatRefused,
    /// The next step after a refusal is refused as well, with this status: what was read does not fit what is refused.
    Contradiction(u16),
}

impl Trouble {
    /// What is wrong with the server, in words for the owner; none where nobody can say.
    pub(super) fn why(self, as_uri: &Uri) -> Option<String> {
        match self {
            Self::Unsettled => None,
            Self::PatRefused => {
                Some(format!("{as_uri} does not accept the access tokens that it issues for this itself (401)"))
            }
            Self::Contradiction(status) => {
                Some(format!("{as_uri} refuses what follows from its own answers ({status}), again and again"))
            }
        }
    }

    /// The same as the end of connecting.
    pub(super) fn after_connecting(self, as_uri: &Uri) -> String {
        match self.why(as_uri) {
            Some(why) => format!("Connected; not everything is registered: {why}."),
            None => "Connected; not everything is registered yet.".to_owned(),
        }
    }
}
