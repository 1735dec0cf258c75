//! Where a text is silent or contradicts itself: what was chosen, and where in the text. Roles mark each use with
//! `Note::OurChoice` and the id.

use crate::wire::Revision;

/// One choice of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its id in traces: `[our choice: <id>]`.
    pub id: &'static str,
    /// What was chosen.
    pub sentence: &'static str,
    /// The place in the text.
    pub place: &'static str,
}

const fn gap(id: &'static str, place: &'static str, sentence: &'static str) -> Gap {
    Gap { id, sentence, place }
}

/// The choices made for a revision, those about the OAuth parts that all revisions share first.
pub fn gaps(revision: Revision) -> impl Iterator<Item = &'static Gap> {
    let (shared, own) = match revision {
        Revision::Draft05 => (DRAFTS, DRAFT05),
        Revision::Draft06 => (DRAFTS, DRAFT06),
        Revision::V1_0_1 => (V1_0_1, SIDE_BY_SIDE),
        Revision::V2_0 => (V2_0, SIDE_BY_SIDE),
    };
    OAUTH.iter().chain(shared).chain(own)
}

/// The choice of that id, in any revision.
pub fn find(id: &str) -> Option<&'static Gap> {
    Revision::ALL.into_iter().flat_map(gaps).find(|gap| gap.id == id)
}

/// At a server of 1.0.1 and 2.0: neither text knows of the other.
const SIDE_BY_SIDE: &[Gap] = &[
    gap(
        "ticket-decided-when-first-presented",
        "Core 1.0.1 §3.2.2; Grant §5.5",
        "one challenge serves clients of both revisions: where its ticket is first presented (RPT endpoint, token endpoint, \
         either claims endpoint) decides whose rules it follows from then on; in the other revision it is `invalid_ticket` or \
         `invalid_grant`, with a message that names both",
    ),
    gap(
        "crossed-ticket-shown-to-the-person",
        "Core 1.0.1 §3.6.3; Grant §3.3.3",
        "who comes to the claims endpoint of the other revision is told so on a page, as a redirect has no words for people",
    ),
];

const OAUTH: &[Gap] = &[
    gap(
        "refresh-token-ends-unused",
        "RFC 6749 §1.5; RFC 9700 §4.14.2 (at the discretion of the server)",
        "a refresh token ends when it was not used for its lifetime, 30 days by default; each use begins that anew, and it \
         never ends before the token that it came with",
    ),
    gap(
        "sign-in-lockout",
        "RFC 6749 §10.12, Grant §5",
        "after five failed sign-ins in a row, per account and per peer, the next has to wait: 1 s, doubled by each up to 15 min",
    ),
    gap(
        "client-lockout",
        "RFC 6749 §2.3.1",
        "the text asks for protection against brute force: after five failures in a row, per client and per peer, the token \
         endpoint answers 429 for 1 s, doubled by each up to 15 min",
    ),
    gap(
        "failed-exchange-voids-code",
        "RFC 6749 §4.1.3",
        "a code is void once its own client presented it with a wrong redirect_uri or code_verifier",
    ),
    gap(
        "closed-registration-answer",
        "RFC 7591 §3.2.2",
        "a server without dynamic registration answers 403 `access_denied`",
    ),
    gap(
        "owners-api",
        "Grant §1.3, FedAuthz §1.4",
        "owners also manage policies and answer requests by a program: JSON below /owner/ of the issuer, guarded by an access \
         token with the scope `umaverse_owner`, which a person approves, which stands alone and is not renewed",
    ),
    gap(
        "plain-link-answer",
        "RFC 6749 §3.1, §3.2; FedAuthz §1.3; Core 1.0.1 §1.3.1",
        "where TLS is a MUST, a plain request is answered 400 `invalid_request`, and nothing in it is looked at",
    ),
    gap(
        "foreign-revocation-error",
        "RFC 7009 §2.1",
        "a client that revokes another one's token is refused with an error, and nothing changes",
    ),
    gap(
        "pat-without-person-is-the-servers-own",
        "FedAuthz §1.3; D6 §2.1",
        "with a PAT for its own credentials a resource server owns what it registers",
    ),
    gap(
        "registered-scope-is-the-default",
        "RFC 6749 §3.3; RFC 7591 §2 `scope`",
        "a client that asks for no scope, or for none that there is, gets those that it registered for, if any",
    ),
    gap(
        "client-assertion-audience",
        "RFC 7523 §3 item 3; OpenID Connect Core §9; draft-ietf-oauth-rfc7523bis §4",
        "what a client signs is for the issuer, which own clients name, or for the token endpoint, which older libraries \
         name; a name that is not this server's beside them makes it good for nothing",
    ),
    gap(
        "client-assertion-needs-jti",
        "RFC 7523 §3 item 7; OpenID Connect Core §9",
        "what a client signs has a `jti` and counts once, at whatever endpoint, for an hour at most",
    ),
    gap(
        "client-keys-by-value",
        "RFC 7591 §2 `jwks_uri`",
        "a client that registers itself brings its keys in `jwks`; `jwks_uri` is refused with `invalid_client_metadata`, as \
         a server that fetches what anybody names reaches for them what only it can reach",
    ),
    gap(
        "assertion-by-token-exchange",
        "RFC 7522 §1; RFC 8693 §2",
        "a client gets a SAML assertion from the identity provider for the access token of a person's sign-in there",
    ),
    gap(
        "assertion-names-an-account",
        "RFC 7522 §3 item 3",
        "the NameID of an assertion is the person of an account at the server that takes it",
    ),
    gap(
        "refresh-token-after-assertion",
        "RFC 7521 §4.1",
        "a refresh token comes with a token for an assertion where the server issues refresh tokens at all",
    ),
    gap(
        "resource-twice-in-permission-request",
        "FedAuthz §4.1",
        "a resource that is named twice stands for the union of its scopes",
    ),
];

/// Where both drafts are silent alike.
const DRAFTS: &[Gap] = &[
    gap(
        "aat-scope-spelling",
        "D5 §1.3, §1.5 against §3.4.3; D6 §1.3, §1.5 against §3.4.1",
        "clients ask for authz.json; both spellings make a token an AAT",
    ),
    gap(
        "update-answer-status",
        "D5 §2.4.3.3; RSR §2.3.3",
        "an update is answered 201 with `_id` and `_rev`; any 2xx with an ETag is accepted",
    ),
    gap(
        "create-of-existing-id",
        "D5 §2.4.3.1, §4.2; RSR §2.3, D6 §4.2",
        "PUT without If-Match on an existing id is an error with no effect",
    ),
    gap(
        "if-match-of-list-and-delete",
        "D5 §2.4.3 against §2.4.3.4, §2.4.3.5; RSR §2.3 against §2.3.4, §2.3.5",
        "delete needs If-Match, list ignores it",
    ),
    gap(
        "invalid-rpt-challenge",
        "§3, §3.1.2 against §3.2",
        "an invalid RPT is answered 401 without a ticket, and no permission is registered",
    ),
    gap(
        "permission-body-unwrapped",
        "§3.2",
        "the permission is the body itself, without a `requested_permission` around it",
    ),
    gap(
        "permission-request-path",
        "D5 §3.4.5; D6 §3.4.3",
        "the path of the example is a slip; permission_request_endpoint is used",
    ),
    gap(
        "authorization-data-answer",
        "D5 §3.4.5; D6 §3.4.3",
        "success is 200 with {\"status\":\"ok\"}; clients accept any 2xx",
    ),
    gap(
        "rpt-binding",
        "D5 §3.4.4; D6 §3.4.2",
        "one live RPT per AAT; it is bound to a resource server when authorization data is first added",
    ),
    gap(
        "status-request-hints",
        "§3.3.1",
        "resource_set_id and host_id of a status request are optional; the PAT says who asks",
    ),
    gap(
        "claims-endpoint",
        "§3.5.1",
        "the configuration names a claims interaction endpoint; its parameters are ticket, redirect_uri and state",
    ),
    gap("configuration-location", "D5 §2.1, §3.4.1; D6 §1.5, §3.4", "the configuration is at the authority of as_uri"),
    gap("host-id", "§3.1.1", "host_id is the resource server's own identifier"),
    gap("cache-of-status", "§3.3.1", "a status answer is used again only if it came with a cache lifetime"),
    gap(
        "ticket-spent-when-granted",
        "§3.2",
        "a ticket is good until authorization data was added for it; the first commit wins",
    ),
    gap(
        "request-submitted-in-a-draft",
        "D5 §3.4.5, §3.5; D6 §3.4.3, §3.5",
        "where the owner must decide, 403 `request_submitted`; the ticket stays good and the client polls with it",
    ),
    gap(
        "authorization-server-unreachable",
        "§3.1",
        "a resource server that cannot ask answers 503 and releases nothing",
    ),
    gap(
        "pat-renewal",
        "D5 §2.3; D6 §2.1",
        "resource servers get a refresh token with the PAT, so that protection outlives it",
    ),
    gap(
        "deregistered-id-stays-taken",
        "D5 §2.4.3.1, §2.4.3.4; RSR §2.3.1, §2.3.4",
        "an id that was deregistered is as taken as one that exists",
    ),
    gap(
        "change-without-if-match-fails",
        "D5 §2.4.3.3, §2.4.3.4; RSR §2.3.3, §2.3.4",
        "a change without If-Match fails like one with a stale tag: 412",
    ),
    gap("location-of-permission", "§3.2", "`Location` names the permission, never the ticket"),
    gap(
        "permission-for-a-scope-less-operation",
        "§3.2",
        "for an operation that needs no scope one registered scope is asked for, as the text wants at least one",
    ),
    gap(
        "unreachable-scope-description",
        "D5 §2.4.2; RSR §2.2",
        "the fetch of a scope description is an attempt: the registration does not wait for it, and where it fails people see the URI",
    ),
];

const DRAFT05: &[Gap] = &[
    gap(
        "registration-endpoint-member",
        "§1.5, §2.2, §3.4.2",
        "an extension member, `dynamic_client_endpoint`, says where clients register when dynamic_client_registration_supported is \"yes\"",
    ),
    gap(
        "client-credentials-required",
        "§8 against the document history",
        "the client_credentials grant is offered, as §8 asks; the history says that the requirement was dropped",
    ),
    gap(
        "error-media-type",
        "§4.2",
        "UMA errors have the media type and the status member of the examples; the text has application/json",
    ),
];

const DRAFT06: &[Gap] = &[
    gap("status-format", "§3.3.1", "the UMA forms are used, not those of the cited introspection draft"),
    gap(
        "resource-set-registration-member",
        "§1.5",
        "resource_set_registration_endpoint is published although the list of members leaves it out",
    ),
    gap(
        "challenge-comma",
        "§3.1.2",
        "a comma stands before error=\"insufficient_scope\"; its absence is read all the same",
    ),
    gap(
        "resource-set-type-name",
        "RSR §2.2",
        "the member `type` is sent; `resource_set_type` is kept as an extension member",
    ),
];

const V1_0_1: &[Gap] = &[
    gap(
        "request-submitted-status",
        "Core §3.5.4",
        "`request_submitted` is answered 403, as 2.0 says; the ticket stays good",
    ),
    gap(
        "refused-ticket-stays-good",
        "Core §3.2.2, §3.5.4",
        "`not_authorized` leaves the ticket good until it expires: a changed policy or more claims may still lead to an RPT",
    ),
    gap(
        "used-ticket-is-invalid",
        "Core §3.2.2, §3.5.4",
        "a ticket that led to an RPT, or is another client's or person's, is answered `invalid_ticket`",
    ),
    gap(
        "second-client-ends-rpts",
        "Core §3.2.2",
        "a second client that presents a ticket is refused, and RPTs granted on the ticket are revoked",
    ),
    gap(
        "useless-rpt-is-ignored",
        "Core §3.5.1, §3.5.3",
        "an `rpt` in the request that is unknown or another party's is no error: a new RPT is issued",
    ),
    gap(
        "one-person-per-process",
        "Core §3.6.2",
        "what a pushed token says of a second person of the same issuer does not count in a process",
    ),
    gap(
        "declined-claims-are-not-authorized",
        "Core §3.6.3",
        "a person who declines to give claims returns with `authorization_state=not_authorized`",
    ),
    gap(
        "enhanced-return-always-has-a-ticket",
        "claims-security extension §2.3 against Core §3.6.3",
        "with the extension every return without an error brings a new ticket, also with `claims_submitted`",
    ),
    gap(
        "one-bad-permission-spoils-all",
        "multi-permission extension",
        "an array of permissions is granted a ticket whole or not at all",
    ),
    gap(
        "introspection-shows-the-pats-owner-only",
        "Core §3.4.2",
        "of an RPT with permissions of several owners a PAT shows those of its own owner and resource server",
    ),
    gap("zero-scope-permission", "Core §3.2", "no scope means no scoped operation, never all"),
    gap("1.0.1-request-submitted", "§3.5.4", "the client asks again with the same ticket after a pause of its own"),
    gap(
        "1.0.1-challenge-status",
        "§3.3.1",
        "401 without an RPT or with an invalid one, 403 with one that is not enough",
    ),
    gap(
        "1.0.1-need-info-without-details",
        "§3.5.4, §3.6.3",
        "without hints the person is sent to the claims endpoint, if there is one",
    ),
    gap(
        "1.0.1-permission-for-a-scope-less-operation",
        "§3.2.1",
        "for an operation that needs no scope one registered scope is asked for, as the text wants at least one",
    ),
    gap(
        "endpoint-wants-a-stronger-sign-in",
        "§1.3.2, §3.5.4.1",
        "an AAT too weak for the RPT endpoint itself gets 403 `insufficient_scope`, or `need_info` where so configured",
    ),
    gap("1.0.1-delete-has-no-body", "RSR §2.2", "the answer to a delete is 204 and has no `_id`"),
    gap("1.0.1-update-status", "RSR §2.2.3 against §7", "an update answers 200; 201 is read as well"),
    gap(
        "1.0.1-bad-claims-redirect-uri",
        "§3.6.3",
        "the person at the browser is told; the text says the resource owner",
    ),
];

const V2_0: &[Gap] = &[
    gap(
        "discovery-by-suffix",
        "Grant §2",
        "the well-known path is put behind the issuer, not between authority and path",
    ),
    gap("challenge-required", "Grant §3.2.1", "the challenge, told in the indicative, is required"),
    gap(
        "requested-scopes-intersected",
        "Grant §3.3.4",
        "a scope the client asks for counts for a resource only if it is registered there",
    ),
    gap(
        "unregistered-scope-ignored",
        "Grant §3.3.6",
        "a scope for which the client is not pre-registered is ignored instead of refused",
    ),
    gap("poll-ticket-single-use", "Grant §3.3.6, §5.5", "each pending answer carries a new ticket for the next poll"),
    gap(
        "ticket-spent-after-authentication",
        "Grant §5.5",
        "a ticket is spent once an identified client's request reaches assessment or interaction",
    ),
    gap("registration-slash", "FedAuthz §3.2", "exactly one slash stands between the registration endpoint and an id"),
    gap("pat-at-introspection", "FedAuthz §5", "introspection answers only to a PAT"),
    gap("error-member", "FedAuthz §6", "`error` is always sent, also where the status alone would do"),
    gap(
        "claim-token-format-sent",
        "Grant §7.4",
        "claim_token_format is sent although the list of parameters leaves it out",
    ),
    gap("rpt-of-other-owner", "FedAuthz §5.1", "an RPT that holds nothing of the PAT's owner is answered as inactive"),
    gap("upgrade-within-one-owner", "Grant §1.3 against §3.3.5.1", "an upgrade carries no permission of another owner"),
    gap("zero-scope-permission", "FedAuthz §4, Grant §3.3.4", "no scope means no scoped operation, never all"),
    gap(
        "withdrawal-reaches-refresh",
        "Grant §3.6 against §6.1",
        "withdrawal revokes the refresh tokens of the grants concerned",
    ),
    gap(
        "permission-array-all-or-nothing",
        "FedAuthz §4.3",
        "an array of permissions is granted a ticket whole or not at all",
    ),
    gap("permission-times-absent", "FedAuthz §5.1.1", "where a permission has no exp, iat or nbf, the token's decide"),
    gap("resource-server-may-stay-silent", "Grant §3.2", "every resource server of this build answers"),
    gap(
        "pat-renewal",
        "FedAuthz §1.4",
        "resource servers get a refresh token with the PAT, so that protection outlives it",
    ),
    gap("refresh-renews-permissions", "Grant §3.6", "a refreshed permission lives as long as a new one"),
    gap(
        "replayed-ticket",
        "Grant §5.5",
        "a ticket that comes a second time is refused, and what came of it stays: a retransmission must not cost an RPT",
    ),
    gap(
        "early-poll",
        "Grant §3.3.6",
        "a poll before its interval is over spends its ticket and is answered `request_submitted` with a new one",
    ),
    gap("one-person-per-process", "Grant §1.3", "what is said of a second person does not count in a process"),
    gap(
        "without-additional-scopes-after-invalid-scope",
        "Grant §3.3.6",
        "after `invalid_scope` the client starts again at the resource server without the additional scopes",
    ),
    gap(
        "without-additional-scopes-after-denial",
        "Grant §3.3.4, §3.3.6",
        "after `request_denied` to a request with additional scopes the client starts again without them",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_within_a_revision() {
        for revision in Revision::ALL {
            let ids: BTreeSet<_> = gaps(revision).map(|gap| gap.id).collect();
            assert_eq!(ids.len(), gaps(revision).count());
        }
    }
}
