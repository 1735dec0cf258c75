//! What a revision calls the parties and what they ask each other for (D5 §1.2; D6 §1.2; Grant §1.2).

use crate::wire::Revision;

/// The words of one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whether they are those of a draft: RPT status, permission registration, claims gathering.
    pub of_a_draft: bool,
    /// Who decides.
    pub authorization_server: &'static str,
    /// Who has the resources.
    pub resource_server: &'static str,
    /// Whose application it is.
    pub client: &'static str,
    /// Whose resources they are.
    pub resource_owner: &'static str,
    /// What an RPT carries.
    pub granted: &'static str,
    /// The request for it with a ticket.
    pub request: &'static str,
}

/// The words of a revision.
pub const fn of(revision: Revision) -> Terms {
    match revision {
        Revision::Draft05 => Terms {
            of_a_draft: true,
            authorization_server: "authorization manager",
            resource_server: "host",
            client: "requester",
            resource_owner: "authorizing user",
            granted: "permission",
            request: "permission request",
        },
        Revision::Draft06 => Terms { of_a_draft: true, ..LATER },
        Revision::V1_0_1 | Revision::V2_0 => LATER,
    }
}

const LATER: Terms = Terms {
    of_a_draft: false,
    authorization_server: "authorization server",
    resource_server: "resource server",
    client: "client",
    resource_owner: "resource owner",
    granted: "authorization data",
    request: "authorization data request",
};
