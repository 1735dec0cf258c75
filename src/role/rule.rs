//! Every normative check as a named rule.
//!
//! A role says which rule it enforces at the line that decides: `cx.require(Rule::TicketUnspent, holds)?`. A script can
//! switch any rule off for one node (`without_rules = ["ticket-unspent"]`), which makes that node a mutant; an
//! invariant must then notice. Failed look-ups and parsing are not rules: there is nothing to go on with.

use std::collections::BTreeSet;
use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// A normative check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $variant,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name used in scripts and traces.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

rules! {
    // ---- OAuth, at every server with accounts
    /// The client's secret is right, or its signature, or the client is public and has none (RFC 6749 §2.3; RFC 7523 §3
    /// item 9).
    ClientAuthenticated = "client-authenticated";
    /// What a client signed to prove who it is names it, twice (RFC 7523 §3 items 1 and 2; OpenID Connect Core §9).
    ClientAssertionNamesClient = "client-assertion-names-client";
    /// It is for this server and no other (RFC 7523 §3 item 3).
    ClientAssertionAudience = "client-assertion-audience";
    /// Its end has not come (RFC 7523 §3 item 4).
    ClientAssertionFresh = "client-assertion-fresh";
    /// Its end is not unreasonably far away (RFC 7523 §3 item 4).
    ClientAssertionBounded = "client-assertion-bounded";
    /// Its time has begun (RFC 7523 §3 item 5).
    ClientAssertionBegun = "client-assertion-begun";
    /// It was not used before (RFC 7523 §3 item 7; OpenID Connect Core §9 `jti`).
    ClientAssertionUnused = "client-assertion-unused";
    /// `redirect_uri` is one that the client registered, compared as a string (RFC 6749 §3.1.2.3).
    RedirectUriRegistered = "redirect-uri-registered";
    /// The browser session is not over.
    SessionFresh = "session-fresh";
    /// Nobody has signed out of the browser session.
    SessionNotEnded = "session-not-ended";
    /// The form's anti-forgery key belongs to this session (Grant §5.1).
    FormKeyMatches = "form-key-matches";
    /// The password is right.
    PasswordCorrect = "password-correct";
    /// Neither the account nor the peer has failed to sign in too often just now (our choice).
    SignInNotLocked = "sign-in-not-locked";
    /// Neither the client nor the peer has failed to authenticate too often just now (our choice).
    ClientNotLocked = "client-not-locked";
    /// The second factor is right, where one is asked for.
    SecondFactorCorrect = "second-factor-correct";
    /// The person approved this client for this scope.
    PersonApproved = "person-approved";
    /// The code was not used before (RFC 6749 §4.1.2).
    CodeUnspent = "code-unspent";
    /// The code has not expired.
    CodeFresh = "code-fresh";
    /// The code was issued to this client.
    CodeBoundToClient = "code-bound-to-client";
    /// `redirect_uri` is the one of the authorization request (RFC 6749 §4.1.3).
    CodeRedirectUriMatches = "code-redirect-uri-matches";
    /// `code_verifier` fits `code_challenge` (RFC 7636 §4.6).
    CodeVerifierMatches = "code-verifier-matches";
    /// The refresh token was issued to this client.
    RefreshBoundToClient = "refresh-bound-to-client";
    /// The refresh token has not expired: it was used lately enough (RFC 9700 §4.14.2).
    RefreshFresh = "refresh-fresh";
    /// The refresh token was not revoked.
    RefreshUnrevoked = "refresh-unrevoked";
    /// The access token was not revoked.
    AccessTokenUnrevoked = "access-token-unrevoked";
    /// The access token has not expired.
    AccessTokenFresh = "access-token-fresh";
    /// A token is revoked only by the client it was issued to (RFC 7009 §2.1).
    RevocationByHolder = "revocation-by-holder";
    /// The grant type is one that the server offers.
    GrantTypeOffered = "grant-type-offered";
    /// The link is TLS (FedAuthz §1.3; Core 1.0.1 §1.3.1, §1.3.2; RFC 6749 §3.1, §3.2).
    LinkIsTls = "link-is-tls";
    /// Tokens of this scope are given for this grant type (Core 1.0.1 §1.4).
    GrantTypeOfferedForScope = "grant-type-offered-for-scope";
    // ---- SAML assertions as a grant (RFC 7522), at every server that takes them
    /// The assertion's issuer is trusted (RFC 7522 §3 item 1).
    AssertionIssuerTrusted = "assertion-issuer-trusted";
    /// The assertion's signature holds (RFC 7522 §3 item 9).
    AssertionSigned = "assertion-signed";
    /// What is believed is what was signed, and there is no second assertion (SAML core §5.4; signature wrapping).
    AssertionCovered = "assertion-covered";
    /// The assertion is for this server (RFC 7522 §3 item 2).
    AssertionAudience = "assertion-audience";
    /// The assertion may be presented at this token endpoint (RFC 7522 §3 item 5).
    AssertionRecipient = "assertion-recipient";
    /// The assertion's time has begun (RFC 7522 §3 item 6).
    AssertionBegun = "assertion-begun";
    /// The assertion has an end, and it has not come (RFC 7522 §3 items 4 and 5).
    AssertionFresh = "assertion-fresh";
    /// The assertion was not used before (RFC 7522 §3 item 5 d).
    AssertionUnused = "assertion-unused";
    /// The assertion's subject has an account here (RFC 7522 §3 item 3).
    AssertionSubjectKnown = "assertion-subject-known";
    /// The token that is exchanged was issued to the client that exchanges it (RFC 8693 §5).
    SubjectTokenOfClient = "subject-token-of-client";
    // ---- protection API
    /// The token has the scope of a PAT (FedAuthz §1.3; D6 §2.1).
    PatScope = "pat-scope";
    /// The resource belongs to the PAT's owner (FedAuthz §1.3).
    ResourceOfPatOwner = "resource-of-pat-owner";
    /// The resource was registered by the PAT's resource server (FedAuthz §1.3).
    ResourceOfPatServer = "resource-of-pat-server";
    /// Creating does not overwrite (D6 §4.2 example; reading A2), at the owners' API where `If-None-Match` says so.
    CreateDoesNotOverwrite = "create-does-not-overwrite";
    /// `If-Match` is the current revision (RSR draft-00 §2.3), of a policy at the owners' API its current version.
    IfMatchCurrent = "if-match-current";
    /// Every scope of a permission request is registered for its resource (FedAuthz §4.1; D6 §3.2).
    PermissionScopesRegistered = "permission-scopes-registered";
    // ---- tickets and processes
    /// The ticket was not spent before (Grant §5.5; for draft-06 reading A6).
    TicketUnspent = "ticket-unspent";
    /// The ticket has not expired.
    TicketFresh = "ticket-fresh";
    /// The ticket's process is this client's (Grant §5.5).
    TicketOfClient = "ticket-of-client";
    /// The ticket's process goes on in this revision, at a server of two.
    TicketOfRevision = "ticket-of-revision";
    /// A poll does not come before the interval is over (Grant §3.3.6).
    PollNotTooEarly = "poll-not-too-early";
    // ---- assessment
    /// A scope that the client asks for is registered for some resource of the ticket (Grant §3.3.6 `invalid_scope`).
    RequestedScopeAvailable = "requested-scope-available";
    /// A scope that the client asks for counts only if the client is pre-registered for it (Grant §3.3.1, §3.3.4).
    RequestedScopePreRegistered = "requested-scope-pre-registered";
    /// A scope counts for a resource only if it is registered there (FedAuthz §5.1.1; reading A16).
    ScopeRegisteredForResource = "scope-registered-for-resource";
    /// The owner's policy permits (Grant §3.3.4 step 4, §5.6: default deny; D6 §3.4.3).
    PolicyPermits = "policy-permits";
    /// The AAT's sign-in is as strong as the policy, or the RPT endpoint, wants (Core 1.0.1 §3.5.4.1).
    SignInStrongEnough = "sign-in-strong-enough";
    /// The owner approved this very process.
    OwnerApprovedThisProcess = "owner-approved-this-process";
    // ---- claims
    /// The claim token's issuer is trusted.
    ClaimTokenIssuerTrusted = "claim-token-issuer-trusted";
    /// The claim token's signature holds.
    ClaimTokenSigned = "claim-token-signed";
    /// The claim token is for this server, or for this client at its issuer (Grant §5.7).
    ClaimTokenAudience = "claim-token-audience";
    /// The claim token has not expired.
    ClaimTokenFresh = "claim-token-fresh";
    /// The PCT was issued to this client (Grant §5.2).
    PctOfClient = "pct-of-client";
    /// The PCT is neither expired nor revoked.
    PctFresh = "pct-fresh";
    /// A claim is not older than the policy allows.
    ClaimFresh = "claim-fresh";
    /// `claims_redirect_uri` is registered for the client, compared as a string (Grant §3.3.2).
    ClaimsRedirectUriRegistered = "claims-redirect-uri-registered";
    /// The person agreed to give claims for this client's process, in this session (Grant §5.1, §5.7).
    PersonAgreedToGiveClaims = "person-agreed-to-give-claims";
    // ---- RPTs
    /// The RPT to upgrade belongs to this client (Grant §3.3.5.1).
    UpgradeOfClient = "upgrade-of-client";
    /// The RPT to upgrade is for the same requesting party, owner and resource server (Grant §3.3.5.1; reading A8).
    UpgradeOfSameParties = "upgrade-of-same-parties";
    /// Only live permissions are carried into an upgrade.
    UpgradeCarriesLive = "upgrade-carries-live";
    /// The RPT was issued for the asking resource server (FedAuthz §5.1.1; D6 §3 step 1).
    RptOfServer = "rpt-of-server";
    /// The RPT was not revoked.
    RptUnrevoked = "rpt-unrevoked";
    /// The RPT has not expired.
    RptFresh = "rpt-fresh";
    /// A permission has not expired.
    PermissionFresh = "permission-fresh";
    /// A permission's resource and scopes are still registered (FedAuthz §5.1.1).
    PermissionStillRegistered = "permission-still-registered";
    /// What an owner withdraws is taken from RPTs, refresh tokens and PCTs at once (Grant §6.1; reading A10).
    WithdrawalReachesTokens = "withdrawal-reaches-tokens";
    /// Revoking reaches what was derived (RFC 7009 §2.1).
    RevocationReachesDerived = "revocation-reaches-derived";
    /// Re-issuing an RPT ends the older one (D6 §3.4.2).
    ReissueEndsOlder = "reissue-ends-older";
    /// The token has the scope of an AAT (D6 §3.4.1).
    AatScope = "aat-scope";
    /// The RPT belongs to the AAT's client and requesting party (D6 §3.4.3).
    RptOfAat = "rpt-of-aat";
    /// The ticket was not presented for another requesting party before (D6 §3.4.1, §3.4.3).
    TicketOfRequestingParty = "ticket-of-requesting-party";
    /// No RPT is left that was granted on a ticket which a second client presents (Core 1.0.1 §3.2.2).
    SecondClientEndsRpts = "second-client-ends-rpts";
    /// After the return of a person the ticket that was sent is of no further use (claims-security extension §2.3).
    ReturnRotatesTicket = "return-rotates-ticket";
    /// The ticket is for the resource server that the RPT is bound to (D6 §3.4.3).
    TicketOfRptServer = "ticket-of-rpt-server";
    // ---- owners
    /// The token has the scope of an owner's token and no other (our API).
    OwnerScope = "owner-scope";
    /// The scope of an owner's token is given alone: what a person approves for it, they approve for nothing else.
    OwnerScopeAlone = "owner-scope-alone";
    /// A policy speaks only about its author's resources.
    PolicyOfOwner = "policy-of-owner";
    /// A pending request is answered by its owner.
    AnswerOfOwner = "answer-of-owner";
    // ---- resource servers
    /// The authorization server calls the RPT good (D6 §3 step 1; FedAuthz §5).
    RptActive = "rpt-active";
    /// One permission entry names exactly this resource (Grant §3.5).
    PermissionNamesResource = "permission-names-resource";
    /// That same entry has every scope that the operation needs (Grant §3.5).
    PermissionHasScopes = "permission-has-scopes";
    /// The permission has not expired by the resource server's clock.
    EvidenceUnexpired = "evidence-unexpired";
    /// A remembered answer is used again only within its cache period (D6 §3.3.1; RFC 7662 §4).
    EvidenceRecent = "evidence-recent";
    /// Only the authorization server that protects the resource is believed (FedAuthz §1.3).
    EvidenceOfProtector = "evidence-of-protector";
    /// Without an answer from the authorization server nothing is released (Grant §3.5).
    FailClosed = "fail-closed";
    /// The path is in canonical form.
    PathCanonical = "path-canonical";
    // ---- clients of authorization servers: clients, and resource servers for PATs
    /// The discovery document names the issuer it was fetched from (RFC 8414 §3.3).
    IssuerMatches = "issuer-matches";
    /// `state` is the one that this browser session was sent away with (Grant §5.1; RFC 6749 §10.12).
    StateMatches = "state-matches";
    /// `iss` of an authorization response is the server that was asked (RFC 9207).
    ResponseIssuerMatches = "response-issuer-matches";
    /// The ticket that comes back differs from the one sent (Grant §3.3.3).
    TicketRotated = "ticket-rotated";
    /// An RPT goes only to the resource server it was obtained for.
    RptToItsServer = "rpt-to-its-server";
    /// The old RPT is dropped after an upgrade (Grant §3.3.5.1).
    UpgradedRptDropped = "upgraded-rpt-dropped";
}

impl Rule {
    /// The rule of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules that a node does not obey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSet(BTreeSet<Rule>);

impl RuleSet {
    /// True when the rule is in it.
    pub fn contains(&self, rule: Rule) -> bool {
        !self.0.is_empty() && self.0.contains(&rule)
    }

    /// The rules in it.
    pub fn iter(&self) -> impl Iterator<Item = Rule> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<T: IntoIterator<Item = Rule>>(rules: T) -> Self {
        Self(rules.into_iter().collect())
    }
}

/// Evidence that a rule was checked. Only [`crate::role::Context::require`] makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof(Rule);

impl Proof {
    pub(in crate::role) const fn of(rule: Rule) -> Self {
        Self(rule)
    }

    /// Which rule.
    pub const fn rule(self) -> Rule {
        self.0
    }
}

/// A rule that is broken and enforced: the input is refused as the text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken(pub Rule);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::parse(rule.name()), Some(*rule));
        }
    }
}
