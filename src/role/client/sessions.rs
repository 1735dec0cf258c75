//! Browser sessions at the client. They are anonymous: a person at a client is whoever has the cookie.

use crate::role::client::Client;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::SessionHash;
use crate::wire::{Duration, SessionCookie, Timestamp};
use std::collections::BTreeMap;

/// How long a browser session at a client is good.
const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// The sessions, with the first instant at which each is over.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    expiry: BTreeMap<SessionHash, Timestamp>,
}

impl Sessions {
    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Fact::SessionOpened { session, expires_at, .. } = fact {
            self.expiry.insert(*session, *expires_at);
        }
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
        let cookie: SessionCookie = cx.mint();
        let expires_at = cx.at + SESSION_LIFETIME;
        self.record(cx, Fact::SessionOpened { session: cookie.hashed(), person: None, expires_at });
        cookie
    }
}
