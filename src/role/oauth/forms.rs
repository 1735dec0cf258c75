//! Anti-forgery keys: a form counts only in the session that its page was made for (Grant §5.1; RFC 6749 §10.12).

use crate::role::oauth::OAuthServer;
use crate::role::rule::{Broken, Proof};
use crate::role::{Context, Rule};
use crate::trace::fact::SessionHash;
use crate::wire::page::Page;
use crate::wire::token::kind;
use crate::wire::{Answer, FormKey, Response, TokenHash};
use std::collections::BTreeMap;

pub(super) type FormHash = TokenHash<kind::FormKind>;

/// Makes the key of a form on a page for this session.
pub fn issue<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, session: SessionHash) -> FormKey {
    let form: FormKey = cx.mint();
    server.oauth_mut().open.forms.issued.insert(form.hashed(), session);
    form
}

/// Checks that a form that came in this session comes from a page made for it. The key is good once, or with `keep` as
/// long as the session.
///
/// # Errors
/// When the key is unknown, used up, or another session's.
pub fn redeem<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    session: SessionHash,
    form: &FormKey,
    keep: bool,
) -> Result<Proof, Broken> {
    let hash = form.hashed();
    let issued = &mut server.oauth_mut().open.forms.issued;
    let proof = cx.require(Rule::FormKeyMatches, issued.get(&hash) == Some(&session))?;
    if !keep {
        issued.remove(&hash);
    }
    Ok(proof)
}

/// What a person sees whose form does not count: from another session, sent before, or from before a restart. Also the
/// answer to a form without a cookie, which may be from another site's page (`SameSite`): it gets no session, as the
/// cookie of a new one would take the place of the person's own.
pub fn stale() -> Answer {
    Response::Page(Page::Notice { status: 403, text: "This form is not good any more.".into() }).into()
}

/// The keys that are out.
#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    issued: BTreeMap<FormHash, SessionHash>,
}

impl Forms {
    pub(super) fn contains(&self, form: &FormHash) -> bool {
        self.issued.contains_key(form)
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&SessionHash) -> bool) {
        self.issued.retain(|_, session| keep(session));
    }
}
