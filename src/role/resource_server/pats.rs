//! PATs: one per owner and authorization server (FedAuthz §1.3; D6 §2.1). Held durably; renewed by refresh token, or by
//! the server's own credentials where it is configured so; given up when neither works.

use crate::message::ExchangeId;
use crate::role::link::Ready;
use crate::role::resource_server::{Pending, ResourceServer, access, connect, dialect, registration};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::wire::oauth::{TokenRequest, TokenResponse};
use crate::wire::token::kind::PatKind;
use crate::wire::{
    Answer, Bearer, Call, Configuration, Credentials, DecodeError, Duration, Pat, PersonId, RefreshToken, Request,
    Response, Timestamp, TokenHash, Uri,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long an authorization server may take: less than clients wait, so that they learn why they get nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hash of a PAT.
pub(super) type PatHash = TokenHash<PatKind>;

/// For whom and where a PAT is good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PatKey {
    /// The owner, by account at the resource server.
    pub owner: PersonId,
    /// The issuer.
    pub as_uri: Uri,
}

/// The durable table of PATs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pats {
    held: BTreeMap<PatKey, HeldPat>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct HeldPat {
    pat: Pat,
    refresh: Option<RefreshToken>,
    expires_at: Option<Timestamp>,
}

impl Pats {
    /// Changes the table by a fact.
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::PatObtained { owner, as_uri, pat, refresh, expires_at } => {
                let key = PatKey { owner: owner.clone(), as_uri: as_uri.clone() };
                let held = HeldPat { pat: pat.clone(), refresh: refresh.clone(), expires_at: *expires_at };
                self.held.insert(key, held);
            }
            Fact::PatLost { owner, as_uri } => {
                self.held.remove(&PatKey { owner: owner.clone(), as_uri: as_uri.clone() });
            }
            _ => {}
        }
    }

    /// Of the PATs for a key only the one that is held.
    pub(super) fn needs(&self, fact: &Fact) -> bool {
        let Fact::PatObtained { owner, as_uri, pat, refresh, expires_at } = fact else { return false };
        let held = self.held.get(&PatKey { owner: owner.clone(), as_uri: as_uri.clone() });
        held.is_some_and(|held| held.pat == *pat && held.refresh == *refresh && held.expires_at == *expires_at)
    }

    /// True when there is one, in whatever state.
    pub(super) fn holds(&self, key: &PatKey) -> bool {
        self.held.contains_key(key)
    }

    /// For whom and where there are some.
    pub(super) fn keys(&self) -> impl Iterator<Item = &PatKey> {
        self.held.keys()
    }
}

/// What happens to PATs now; a crash forgets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Renewals {
    awaited: BTreeSet<PatKey>,
    rejected: BTreeMap<PatKey, PatHash>,
}

/// What a call to the protection API is made with.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// The PAT.
    pub pat: Pat,
    /// The authorization server's endpoints.
    pub configuration: Arc<Configuration>,
}

/// Why there is no PAT at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotReady {
    /// The link to the authorization server is being made.
    AwaitingLink,
    /// A PAT is being got.
    AwaitingPat,
    /// There is none and no way to get one without the owner.
    NoPat,
}

impl Access {
    /// A call of the protection API.
    pub(super) fn call(&self, to: Uri, message: Request) -> Call {
        Call { to, credentials: Credentials::Bearer(self.pat.as_kind()), cookie: None, message }
    }
}

/// A PAT for `key` that may work and the endpoints to use it at; begins to get what is missing.
pub(super) fn ready(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey) -> Result<Access, NotReady> {
    if !server.pats.holds(key) && !has_own_credentials_for(server, key) {
        return Err(NotReady::NoPat);
    }
    let link = server.link(cx, &key.as_uri).ok_or(NotReady::AwaitingLink)?;
    match usable(server, cx.at, key) {
        Some(pat) => Ok(Access { pat, configuration: link.configuration }),
        None => Err(obtain(server, cx, key, &link)),
    }
}

/// True when the server gets this owner's PAT with its own credentials.
pub(super) fn has_own_credentials_for(server: &ResourceServer, key: &PatKey) -> bool {
    server.config.client_credentials_owners.get(&key.as_uri) == Some(&key.owner)
}

fn usable(server: &ResourceServer, at: Timestamp, key: &PatKey) -> Option<Pat> {
    let held = server.pats.held.get(key)?;
    let unexpired = held.expires_at.is_none_or(|end| at < end);
    let rejected = server.open.renewals.rejected.get(key) == Some(&held.pat.hashed());
    (unexpired && !rejected).then(|| held.pat.clone())
}

fn obtain(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, link: &Ready) -> NotReady {
    if server.open.renewals.awaited.contains(key) {
        return NotReady::AwaitingPat;
    }
    let Some(grant) = grant_for(server, key) else {
        lose(server, cx, key);
        return NotReady::NoPat;
    };
    let credentials = link.proven(cx);
    let to = link.configuration.token_endpoint.clone();
    let call = Call { to, credentials, cookie: None, message: Request::Token(grant) };
    send(server, cx, call, || Pending::AwaitingPat { key: key.clone() });
    server.open.renewals.awaited.insert(key.clone());
    NotReady::AwaitingPat
}

// RFC 6749 §6 and §4.4.2: by refresh token, or by own credentials where they stand for this owner.
fn grant_for(server: &ResourceServer, key: &PatKey) -> Option<TokenRequest> {
    let scope = dialect::of(server.config.revision).pat_scope();
    if has_own_credentials_for(server, key) {
        return Some(TokenRequest::ClientCredentials { scope });
    }
    let refresh_token = server.pats.held.get(key)?.refresh.clone()?;
    Some(TokenRequest::Refresh { refresh_token, scope })
}

/// Takes the news that an authorization server did not accept a PAT (RFC 6750 §3.1): it is not used again.
pub(super) fn rejected(server: &mut ResourceServer, key: &PatKey, pat: PatHash) {
    server.open.renewals.rejected.insert(key.clone(), pat);
}

/// Takes the answer to a token request, or `None` when none came.
pub(super) fn on_answer(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    key: &PatKey,
    answer: Option<Result<Answer, DecodeError>>,
) {
    server.open.renewals.awaited.remove(key);
    let first = !server.pats.holds(key);
    let obtained = match answer {
        Some(Ok(Answer { message: Response::Token(tokens), .. })) => store(server, cx, key, &tokens),
        Some(Ok(Answer { message: Response::Failure(failure), .. })) if (400..500).contains(&failure.status) => {
            lose(server, cx, key);
            false
        }
        // No news about the PAT: it is tried again when it is needed next.
        Some(Ok(_) | Err(_)) | None => false,
    };
    moved(server, cx, key, obtained);
    if obtained && first {
        registration::reconcile(server, cx, key);
    }
}

/// Stores a PAT, if that is what came.
pub(super) fn store(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, tokens: &TokenResponse) -> bool {
    let wanted = dialect::of(server.config.revision).pat_scope();
    // RFC 6749 §5.1: an absent scope is the one that was asked for.
    if tokens.scope.as_ref().is_some_and(|granted| !wanted.is_subset(granted)) {
        return false;
    }
    let former = server.pats.held.get(key).and_then(|held| held.refresh.clone());
    let expires_at = tokens.expires_in_secs.map(|secs| cx.at + Duration::from_secs(secs));
    server.record(
        cx,
        Fact::PatObtained {
            owner: key.owner.clone(),
            as_uri: key.as_uri.clone(),
            pat: Bearer::as_kind(&tokens.access_token),
            refresh: tokens.refresh_token.clone().or(former),
            expires_at,
        },
    );
    server.open.renewals.rejected.remove(key);
    true
}

fn lose(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey) {
    server.open.renewals.rejected.remove(key);
    if server.pats.holds(key) {
        server.record(cx, Fact::PatLost { owner: key.owner.clone(), as_uri: key.as_uri.clone() });
    }
}

/// Goes on with everything that waited for a PAT.
pub(super) fn moved(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, obtained: bool) {
    registration::on_pat(server, cx, key, obtained);
    access::on_pat(server, cx, key, obtained);
    connect::on_pat(server, cx, key, obtained);
}

/// True for the answer that a protected endpoint gives to a PAT it does not accept.
pub(super) fn is_rejection(answer: Option<&Result<Answer, DecodeError>>) -> bool {
    matches!(answer, Some(Ok(Answer { message: Response::Failure(failure), .. })) if failure.status == 401)
}

/// Sends a call and notes what its answer is awaited for.
pub(super) fn send(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    call: Call,
    pending: impl FnOnce() -> Pending,
) -> ExchangeId {
    let exchange = cx.send_within(call, PATIENCE);
    server.open.pending.insert(exchange, pending());
    exchange
}
