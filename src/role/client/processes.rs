//! The open processes: one per thing that somebody wants, volatile. A process is owned by whoever works on it and comes
//! back here when it waits, so that it cannot go on in two ways or end twice.

use crate::message::ExchangeId;
use crate::role::Timer;
use crate::role::client::tokens::AatHash;
use crate::trace::fact::{RptHash, SessionHash};
use crate::wire::token::State;
use crate::wire::{
    AuthorizationCode, Bearer, ClaimToken, CodeVerifier, PermissionTicket, Rpt, SamlAssertion, SessionCookie, Text, Uri,
};
use std::collections::{BTreeMap, BTreeSet};

/// The timer before another attempt.
pub(super) const RETRY: &str = "retry";
/// The timer before another poll.
pub(super) const POLL: &str = "poll";
/// The timer after which a person who was sent away counts as gone.
pub(super) const RETURN: &str = "return";

/// One person, or the organisation, wants one thing.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) id: u64,
    /// Whose browser; `None` for the organisation.
    pub(super) session: Option<SessionHash>,
    /// The cookie of a new session, until the first answer takes it along.
    pub(super) set_cookie: Option<SessionCookie>,
    /// The browser's open request, if it waits.
    pub(super) browser: Option<ExchangeId>,
    pub(super) resource: Uri,
    pub(super) method: Text,
    pub(super) attempts: u32,
    pub(super) polls: u32,
    /// The RPT that this process obtained last.
    pub(super) obtained: Option<RptHash>,
    /// RPTs that did not open the resource.
    pub(super) tried: BTreeSet<RptHash>,
    /// True once an RPT was renewed with its refresh token.
    pub(super) refreshed: bool,
    /// True once the authorization server refused the additional scopes.
    pub(super) ticket_scopes_only: bool,
    /// The ID token got from the identity provider.
    pub(super) id_token: Option<ClaimToken>,
    /// What belongs to the present authorization process.
    pub(super) chain: Chain,
}

/// One authorization process at one authorization server, as its client sees it (Grant §1.3.1): from a challenge to an
/// RPT or to the way back to the resource server.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) as_uri: Uri,
    /// The newest ticket.
    pub(super) ticket: Option<PermissionTicket>,
    /// The RPT that is to carry the authorization data: of the attempt that failed (draft-06, 1.0.1).
    pub(super) rpt: Option<Rpt>,
    /// True when the ID token goes along with the next request.
    pub(super) push: bool,
    /// True once a claim token was pushed.
    pub(super) pushed: bool,
    /// True once the person was sent to give claims.
    pub(super) gathered: bool,
    /// True once an AAT was renewed (draft-06, 1.0.1).
    pub(super) renewed: bool,
    /// How strongly the person is to sign in for the AAT (1.0.1).
    pub(super) acr_values: Vec<Text>,
    /// True where the ticket changes with every claims gathering (1.0.1 with the claims-security extension).
    pub(super) rotates: bool,
}

impl Chain {
    pub(super) fn new(as_uri: Uri, ticket: Option<PermissionTicket>, rpt: Option<Rpt>) -> Self {
        Self {
            as_uri,
            ticket,
            rpt,
            push: false,
            pushed: false,
            gathered: false,
            renewed: false,
            acr_values: Vec::new(),
            rotates: false,
        }
    }
}

/// What a process waits for.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// An answer.
    Awaiting(ExchangeId, Pending),
    /// A link to an authorization server or identity provider, to go on with the goal.
    Link(Uri, Goal),
    /// The person's return.
    Away(Away),
    /// The next attempt.
    Retry,
    /// The next poll.
    Poll,
}

/// The request whose answer a process waits for.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    /// An access attempt, with this RPT.
    Access { sent: Option<Rpt> },
    /// The exchange of an authorization code.
    Code(Purpose),
    /// The UMA grant (2.0), with this RPT to upgrade.
    UmaToken { submitted: Option<RptHash> },
    /// A new RPT for this one's refresh token (2.0).
    RefreshedRpt { old: RptHash },
    /// A new AAT for this one's refresh token (draft-06).
    RefreshedAat { old: AatHash },
    /// An AAT without the person's browser: for the organisation, or for an assertion (draft-06).
    OwnAat,
    /// A SAML assertion for an access token of the identity provider.
    Assertion,
    /// An RPT (draft-06), asked for with this AAT.
    Rpt { aat: AatHash },
    /// Authorization data (draft-06), asked for with this AAT.
    AuthorizationData { aat: AatHash },
    /// An RPT for a ticket (1.0.1), asked for with this AAT and this RPT.
    RptForTicket { aat: AatHash, submitted: Option<RptHash> },
}

/// What a process does as soon as it has a link.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// Presents the newest ticket (2.0).
    Redeem,
    /// Renews an RPT (2.0).
    RefreshRpt(RptHash),
    /// Sends the person to the identity provider (1.0.1, 2.0).
    SignInForClaims,
    /// Sends the person to sign in more strongly (1.0.1).
    SignInAgain,
    /// Sends the person to give claims, to the place that the authorization server named, if it named one.
    Gather(Option<Uri>),
    /// Goes on with whatever is missing (draft-06, 1.0.1).
    Proceed,
    /// Sends the person to the identity provider that issues assertions.
    SignInForAssertion(Uri),
    /// Has the access token of that sign-in exchanged.
    ExchangeForAssertion(Bearer),
    /// Presents an assertion.
    RedeemAssertion(SamlAssertion),
    /// Exchanges a code.
    Exchange(Purpose, AuthorizationCode, CodeVerifier),
}

/// What an authorization code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An AAT (D6 §3.4.1).
    Aat,
    /// An ID token to push (Grant §3.3.1).
    IdToken,
    /// An access token to exchange for an assertion (RFC 8693).
    Assertion,
}

/// A person who was sent away.
#[derive(Clone, Debug)]
pub(super) struct Away {
    pub(super) state: State,
    pub(super) errand: Errand,
}

/// What for.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    /// To approve at the authorization endpoint of this issuer.
    Authorize { issuer: Uri, purpose: Purpose, verifier: CodeVerifier },
    /// To give claims.
    GiveClaims,
}

impl Errand {
    fn is_like(&self, other: &ReturnTo) -> bool {
        match self {
            Self::Authorize { .. } => *other == ReturnTo::Authorization,
            Self::GiveClaims => *other == ReturnTo::Claims,
        }
    }
}

/// The two redirection endpoints of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReturnTo {
    /// For codes.
    Authorization,
    /// For claims.
    Claims,
}

/// The processes that wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    waiting: BTreeMap<u64, (Process, Phase)>,
    by_exchange: BTreeMap<ExchangeId, u64>,
    started: u64,
}

impl Processes {
    pub(super) fn next_id(&mut self) -> u64 {
        self.started += 1;
        self.started
    }

    pub(super) fn park(&mut self, process: Process, phase: Phase) {
        if let Phase::Awaiting(exchange, _) = &phase {
            self.by_exchange.insert(*exchange, process.id);
        }
        self.waiting.insert(process.id, (process, phase));
    }

    /// Takes the process that waits for this answer.
    pub(super) fn answered(&mut self, exchange: ExchangeId) -> Option<(Process, Pending)> {
        let id = self.by_exchange.remove(&exchange)?;
        match self.waiting.remove(&id)? {
            (process, Phase::Awaiting(_, pending)) => Some((process, pending)),
            (process, phase) => {
                self.park(process, phase);
                None
            }
        }
    }

    /// Takes the process that waits for this timer.
    pub(super) fn fired(&mut self, timer: Timer) -> Option<Process> {
        let word = match self.waiting.get(&timer.id)?.1 {
            Phase::Retry => RETRY,
            Phase::Poll => POLL,
            Phase::Away(_) => RETURN,
            Phase::Awaiting(..) | Phase::Link(..) => return None,
        };
        if word == timer.word { self.waiting.remove(&timer.id).map(|(process, _)| process) } else { None }
    }

    /// Takes the processes that wait for a link.
    pub(super) fn linked(&mut self, issuer: &Uri) -> Vec<(Process, Goal)> {
        let waits = |phase: &Phase| matches!(phase, Phase::Link(wanted, _) if wanted == issuer);
        let ids: Vec<u64> = self.waiting.iter().filter(|(_, (_, phase))| waits(phase)).map(|(id, _)| *id).collect();
        let taken = ids.into_iter().filter_map(|id| self.waiting.remove(&id));
        taken
            .filter_map(|(process, phase)| if let Phase::Link(_, goal) = phase { Some((process, goal)) } else { None })
            .collect()
    }

    /// The process that sent somebody away with this `state`, with its session.
    pub(super) fn away_with(&self, state: &State, to: ReturnTo) -> Option<(u64, Option<SessionHash>)> {
        self.away(to).find(|(_, away)| away.state == *state).map(|(process, _)| (process.id, process.session))
    }

    /// The newest process that has this browser session away.
    pub(super) fn away_of(&self, session: SessionHash, to: ReturnTo) -> Option<u64> {
        self.away(to).filter(|(process, _)| process.session == Some(session)).map(|(process, _)| process.id).last()
    }

    fn away(&self, to: ReturnTo) -> impl Iterator<Item = (&Process, &Away)> {
        self.waiting.values().filter_map(move |(process, phase)| match phase {
            Phase::Away(away) if away.errand.is_like(&to) => Some((process, away)),
            Phase::Away(_) | Phase::Awaiting(..) | Phase::Link(..) | Phase::Retry | Phase::Poll => None,
        })
    }

    /// Takes a process whose person is back.
    pub(super) fn returned(&mut self, id: u64) -> Option<(Process, Away)> {
        match self.waiting.remove(&id)? {
            (process, Phase::Away(away)) => Some((process, away)),
            (process, phase) => {
                self.park(process, phase);
                None
            }
        }
    }
}
