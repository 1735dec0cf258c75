//! Browser sessions: a cookie names one, and a person is in it once they signed in. Signing in opens another one, so
//! that a session that somebody fixed beforehand never becomes the person's.

use crate::role::oauth::OAuthServer;
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::{SessionHash, SignIn};
use crate::wire::{PersonId, SessionCookie, Text, Timestamp};
use std::collections::BTreeMap;

/// The session that a browser is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentSession {
    /// Which.
    pub hash: SessionHash,
    /// Who, once signed in.
    pub person: Option<PersonId>,
    /// How, if it was more than a password.
    pub acr: Option<Text>,
}

/// The session of a cookie, unless there is none or it is over.
pub fn current<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    cookie: Option<&SessionCookie>,
) -> Option<CurrentSession> {
    let hash = cookie?.hashed();
    let session = server.oauth().sessions.opened.get(&hash)?;
    cx.require(Rule::SessionFresh, cx.at < session.expires_at).ok()?;
    cx.require(Rule::SessionNotEnded, !session.ended).ok()?;
    Some(CurrentSession { hash, person: session.person.clone(), acr: session.acr.clone() })
}

/// Opens a session and gives the cookie that names it.
pub fn open<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, person: Option<PersonId>) -> SessionCookie {
    server.oauth_mut().expire(cx.at);
    let cookie: SessionCookie = cx.mint();
    let expires_at = cx.at + server.settings().session_lifetime;
    server.record(cx, Fact::SessionOpened { session: cookie.hashed(), person, expires_at });
    cookie
}

/// Ends a session: whoever has its cookie is nobody from now on.
pub fn end<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, session: SessionHash) {
    server.record(cx, Fact::SessionEnded { session });
}

/// Ends every session that a person is signed in to.
pub(super) fn end_all<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, person: &PersonId) {
    for session in server.oauth().sessions.of(person, cx.at) {
        end(server, cx, session);
    }
}

/// The session of a cookie, or a new one in which nobody is signed in, with the cookie to set for it.
pub fn current_or_open<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    cookie: Option<&SessionCookie>,
) -> (CurrentSession, Option<SessionCookie>) {
    if let Some(session) = current(server, cx, cookie) {
        return (session, None);
    }
    let cookie = open(server, cx, None);
    (CurrentSession { hash: cookie.hashed(), person: None, acr: None }, Some(cookie))
}

/// The table of sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sessions {
    opened: BTreeMap<SessionHash, Session>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Session {
    person: Option<PersonId>,
    acr: Option<Text>,
    expires_at: Timestamp,
    ended: bool,
}

impl Sessions {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::SessionOpened { session, person, expires_at } => {
                let opened = Session { person: person.clone(), acr: None, expires_at: *expires_at, ended: false };
                self.opened.insert(*session, opened);
            }
            Fact::SessionEnded { session } => {
                if let Some(session) = self.opened.get_mut(session) {
                    session.ended = true;
                }
            }
            Fact::SignedInWith { of: SignIn::Session(session), acr } => {
                if let Some(session) = self.opened.get_mut(session) {
                    session.acr = Some(acr.clone());
                }
            }
            _ => {}
        }
    }

    fn of(&self, person: &PersonId, at: Timestamp) -> Vec<SessionHash> {
        let theirs = |session: &Session| session.person.as_ref() == Some(person);
        let live = |session: &Session| !session.ended && at < session.expires_at;
        self.opened.iter().filter(|(_, it)| theirs(it) && live(it)).map(|(hash, _)| *hash).collect()
    }

    pub(super) fn contains(&self, session: &SessionHash) -> bool {
        self.opened.contains_key(session)
    }

    pub(super) fn expire(&mut self, before: Timestamp) {
        self.opened.retain(|_, session| session.expires_at > before);
    }
}
