//! Browser sessions at the client. They are anonymous: a person at a client is whoever has the cookie.

use crate::role::client::Client;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::SessionHash;
use crate::wire::{Duration, SessionCookie, Timestamp};
use std::collections::BTreeMap;

/// How long a browser session at a client is good.
const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long one that is over is remembered, so that it is refused by rule.
const TOMBSTONE: Duration = Duration::from_secs(24 * 3600);
/// The least time between two looks at what is over.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

/// The sessions, with the first instant at which each is over.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    expiry: BTreeMap<SessionHash, Timestamp>,
    swept_at: Timestamp,
}

impl Sessions {
    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Fact::SessionOpened { session, expires_at, .. } = fact {
            self.expiry.insert(*session, *expires_at);
        }
    }

    pub(super) fn is_known(&self, session: &SessionHash) -> bool {
        self.expiry.contains_key(session)
    }
}

impl Client {
    /// The session that a cookie names, if it is one of ours and not over.
    pub(super) fn session(&mut self, cx: &mut Context<'_>, cookie: Option<&SessionCookie>) -> Option<SessionHash> {
        let session = cookie?.hashed();
        let expires_at = *self.sessions.expiry.get(&session)?;
        cx.require(Rule::SessionFresh, cx.at < expires_at).ok()?;
        Some(session)
    }

    /// Opens a session; the cookie goes out with the first answer to that browser.
    pub(super) fn open_session(&mut self, cx: &mut Context<'_>) -> SessionCookie {
        if cx.at.since(self.sessions.swept_at) >= SWEEP_INTERVAL {
            self.forget_sessions(cx.at);
        }
        let cookie: SessionCookie = cx.mint();
        let expires_at = cx.at + SESSION_LIFETIME;
        self.record(cx, Fact::SessionOpened { session: cookie.hashed(), person: None, expires_at });
        cookie
    }

    /// Forgets sessions that have been over for a day, and what was got under them, which nobody can use any more.
    pub(super) fn forget_sessions(&mut self, now: Timestamp) {
        let Self { sessions, tokens, .. } = self;
        sessions.swept_at = now;
        sessions.expiry.retain(|_, expires_at| *expires_at > now - TOMBSTONE);
        tokens.forget_sessions(|session| sessions.is_known(session));
    }
}
