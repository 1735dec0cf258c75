//! The authorization server (Grant §1.2, FedAuthz §1.2; D6 §1.2): configuration and durable tables. `dispatch` says
//! which input goes where; `drafts` and `v2_0` hold what only some revisions have.

mod aat_party;
mod account;
mod account_page;
mod assessment;
mod chosen_places;
mod claim_tokens;
mod claims;
mod conditions;
mod dialect;
mod dispatch;
mod draft05;
mod draft06;
mod drafts;
mod drafts_rpt;
mod expiry;
#[cfg(test)]
mod flows;
mod gathering;
mod gathering_idp;
mod history;
mod introspection;
mod issuance;
mod needs;
mod oauth_calls;
mod oauth_side;
mod operator;
mod owner_api;
mod owner_requests;
mod pcts;
mod permission;
mod places;
mod policies;
mod refresh;
mod registration;
mod resources;
mod revocation;
mod rpts;
mod scope_descriptions;
mod side_by_side;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_uma;
#[cfg(test)]
mod tests_drafts;
#[cfg(test)]
mod tests_gathering;
#[cfg(test)]
mod tests_history;
#[cfg(test)]
mod tests_keys;
#[cfg(test)]
mod tests_long_runs;
#[cfg(test)]
mod tests_operator;
#[cfg(test)]
mod tests_owner_api;
#[cfg(test)]
mod tests_rpts;
#[cfg(test)]
mod tests_side_by_side;
#[cfg(test)]
mod tests_v1_0_1;
#[cfg(test)]
mod tests_v1_0_1_api;
#[cfg(test)]
mod tests_v1_0_1_claims;
#[cfg(test)]
mod tests_v2;
mod tickets;
mod tls;
mod trusted_issuers;
mod upgrade;
mod v1_0_1;
mod v1_0_1_choices;
mod v1_0_1_claims;
mod v1_0_1_rpt;
mod v2_0;
mod v2_grant;
mod v2_results;
mod withdrawal;

use crate::role::link::Links;
use crate::role::oauth::OAuth;
use crate::role::{Context, Input, Machine, SigningKey};
use crate::trace::Fact;
use crate::trace::fact::ProcessId;
use crate::wire::codec::Routes;
use crate::wire::configuration::oauth_well_known;
use crate::wire::oauth::ClientInformation;
use crate::wire::{Duration, Endpoint, Revision, Served, Timestamp, Uri};

use crate::role::oauth::accounts::Accounts;
use claims::Claims;
use dialect::{Dialect, Ways};
use gathering::Gathering;
use history::History;
use owner_requests::OwnerRequests;
use pcts::Pcts;
use places::Places;
use policies::Policies;
use resources::Resources;
use rpts::Rpts;
use scope_descriptions::ScopeDescriptions;
use tickets::Tickets;
use trusted_issuers::AddedIssuers;

pub use chosen_places::{ChosenPlaces, Fault, Misplaced, Wish};
pub use trusted_issuers::TrustedIssuer;
pub use v1_0_1_choices::{V1_0_1Choices, WeakAat};

const OAUTH_DOCUMENT: &str = "/.well-known/oauth-authorization-server";

/// How an authorization server is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationServerConfig {
    /// Its issuer URI.
    pub issuer: Uri,
    /// The revisions it serves.
    pub served: Served,
    /// Where its endpoints are, as far as not at their usual places.
    pub places: ChosenPlaces,
    /// The people with accounts here.
    pub accounts: Accounts,
    /// Clients and resource servers that are configured instead of registering themselves.
    pub clients: Vec<ClientInformation>,
    /// True when clients may register themselves (RFC 7591).
    pub dynamic_registration: bool,
    /// Identity providers whose ID tokens are believed.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Identity providers whose SAML assertions are taken as a grant (RFC 7522); with none the grant does not exist.
    pub assertion_issuers: Vec<Uri>,
    /// The identity provider that people are sent to for claims; without one, claims come from the own accounts.
    pub claims_from: Option<Uri>,
    /// The key that signs JWT RPTs: the newest.
    pub key: SigningKey,
    /// Older keys, which sign nothing any more and stay in the key set until what they signed has expired.
    pub retiring_keys: Vec<SigningKey>,
    /// How long a ticket is good.
    pub ticket_lifetime: Duration,
    /// How long an RPT is good.
    pub rpt_lifetime: Duration,
    /// How long a permission is good; never longer than its RPT.
    pub permission_lifetime: Duration,
    /// How long a PAT or AAT is good.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is good that is not used; never less than the token that it came with.
    pub refresh_token_lifetime: Duration,
    /// How long an authorization code is good.
    pub code_lifetime: Duration,
    /// How long a browser session is good.
    pub session_lifetime: Duration,
    /// How long a PCT is good.
    pub pct_lifetime: Duration,
    /// `interval` of `request_submitted`.
    pub poll_interval_secs: u64,
    /// True when refresh tokens come with PATs, AATs and RPTs.
    pub refresh_tokens: bool,
    /// True when PCTs come with RPTs (2.0).
    pub pcts: bool,
    /// Opaque RPTs or signed ones (2.0).
    pub rpt_format: RptFormat,
    /// True when a process that cannot get everything still gets what passed (Grant §3.3.4 step 5).
    pub partial_grants: bool,
    /// How an upgrade is done (Grant §3.3.5.1).
    pub upgrade: Upgrade,
    /// What ends when an RPT is re-issued (D6 §3.4.2; reading A3).
    pub rpt_reissue: RptReissue,
    /// The cache period that goes with introspection answers, seconds.
    pub introspection_cache_secs: Option<u64>,
    /// What only 1.0.1 leaves open.
    pub v1_0_1: V1_0_1Choices,
}

/// The form of an RPT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RptFormat {
    /// A random string.
    #[default]
    Opaque,
    /// A signed JSON Web Token.
    Jwt,
}

/// What an upgrade does to the string of the RPT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Upgrade {
    /// A new string; the old one dies.
    #[default]
    NewString,
    /// The same string, which then carries more (Core 1.0.1 §3.5.3; in 2.0 as [`Self::NewString`]).
    SameString,
    /// No upgrades: the new RPT has only what was granted now.
    Never,
}

/// What ends when an RPT is re-issued under the same AAT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RptReissue {
    /// Unbound older RPTs at once, and the older one of the same resource server when the new one binds.
    #[default]
    PerRs,
    /// Every older RPT of the AAT, as the text reads literally: two resource servers evict each other.
    Literal,
}

/// An authorization server: configuration, one table per durable thing, and what a crash forgets.
#[derive(Clone, Debug)]
pub struct AuthorizationServer {
    config: AuthorizationServerConfig,
    oauth: OAuth,
    added_issuers: AddedIssuers,
    resources: Resources,
    policies: Policies,
    tickets: Tickets,
    claims: Claims,
    owner_requests: OwnerRequests,
    rpts: Rpts,
    pcts: Pcts,
    history: History,
    links: Links,
    gathering: Gathering,
    scope_descriptions: ScopeDescriptions,
    routes: Routes,
    token_endpoint: Uri,
}

impl AuthorizationServer {
    /// A server that has not yet run.
    pub fn new(config: AuthorizationServerConfig) -> Self {
        let routes = routes_at(config.served, &config.issuer, &config.places);
        Self {
            oauth: OAuth::with_clients(&config.clients),
            added_issuers: AddedIssuers::default(),
            resources: Resources::default(),
            policies: Policies::default(),
            tickets: Tickets::default(),
            claims: Claims::default(),
            owner_requests: OwnerRequests::default(),
            rpts: Rpts::default(),
            pcts: Pcts::default(),
            history: History::default(),
            links: Links::default(),
            gathering: Gathering::default(),
            scope_descriptions: ScopeDescriptions::default(),
            token_endpoint: config.issuer.with_path(routes.path(Endpoint::Token).unwrap_or_default()),
            routes,
            config,
        }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// The revisions it serves.
    pub fn served(&self) -> Served {
        self.config.served
    }

    fn dialect(&self) -> &'static dyn Dialect {
        dialect::of(self.config.served)
    }

    // The ways with a request at that address.
    fn ways_at(&self, uri: &Uri) -> &'static dyn Ways {
        self.dialect().ways(self.routes.revision(uri))
    }

    // The ways with a process, once it has begun to be one of a revision.
    fn ways_of(&self, process: ProcessId) -> &'static dyn Ways {
        self.dialect().ways(self.tickets.revision_of(process))
    }

    // The addresses as whoever speaks that revision learns them.
    fn places(&self, revision: Revision) -> Places<'_> {
        let takes_claim_tokens = trusted_issuers::all(self).next().is_some();
        Places { server: self, revision, takes_claim_tokens }
    }
}

fn routes_at(served: Served, issuer: &Uri, places: &ChosenPlaces) -> Routes {
    let dialect = dialect::of(served);
    let routes = places.applied(dialect.routes().below_issuer(issuer), issuer);
    if !dialect.document_is_of_oauth() {
        return routes;
    }
    // Clients that know nothing of UMA look there; some put the name behind the path of the issuer all the same.
    let (right, behind) = (oauth_well_known(issuer), issuer.join(OAUTH_DOCUMENT));
    routes.also_at(Endpoint::Configuration, right.path()).also_at(Endpoint::Configuration, behind.path())
}

impl Machine for AuthorizationServer {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        dispatch::handle(self, cx, input);
    }

    fn apply(&mut self, fact: &Fact) {
        // It looks up what the fact is about in the other tables as they were before.
        self.history.apply(fact, &self.tickets, &self.owner_requests, &self.rpts);
        self.oauth.apply(fact);
        self.added_issuers.apply(fact);
        self.resources.apply(fact);
        self.policies.apply(fact);
        self.tickets.apply(fact);
        self.claims.apply(fact);
        self.owner_requests.apply(fact);
        self.rpts.apply(fact);
        self.pcts.apply(fact);
        self.links.apply(fact);
    }

    fn forget(&mut self) {
        self.oauth.forget();
        self.links.forget();
        self.gathering = Gathering::default();
        self.scope_descriptions = ScopeDescriptions::default();
    }

    fn needs(&self, fact: &Fact) -> bool {
        self.still_needs(fact)
    }

    fn forget_ended(&mut self, now: Timestamp) {
        self.clear_ended(now);
    }
}
