//! Access tokens that are no RPTs (PATs, AATs and those of an identity provider), the refresh tokens that come with
//! them, and how a guarded endpoint checks them (RFC 6750). Tokens of one approval or code are a family: they are revoked
//! together. Revoked and expired ones stay as tombstones until a day after their end.

use crate::role::index::unindex;
use crate::role::oauth::OAuth;
use crate::role::oauth::codes::CodeHash;
use crate::role::rule::Proof;
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::{BearerHash, RefreshHash, SignIn, TokenWhat};
use crate::wire::claims::ACR_PASSWORD;
use crate::wire::token::TokenKind;
use crate::wire::{Bearer, ClientId, Duration, ErrorCode, Failure, PersonId, ScopeSet, Text, Timestamp, TokenHash};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What a good access token stands for. Only [`check`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessGrant {
    /// The token.
    pub token: BearerHash,
    /// To whom it was issued.
    pub client: ClientId,
    /// On whose behalf; `None` for the client itself.
    pub person: Option<PersonId>,
    /// For what.
    pub scope: ScopeSet,
    /// How the person signed in; `None` for the client itself.
    pub acr: Option<Text>,
    _scope_checked: Proof,
}

/// Checks the bearer token of a request: known, in time, not revoked, and of a scope that `required` accepts.
///
/// # Errors
/// As RFC 6750 §3.1 says: a challenge without a code when no token came, `invalid_token`, or `insufficient_scope`.
pub fn check(
    oauth: &OAuth,
    cx: &mut Context<'_>,
    bearer: Option<&Bearer>,
    required: impl Fn(&ScopeSet) -> bool,
    scope_rule: Rule,
) -> Result<AccessGrant, Failure> {
    let token = bearer.ok_or_else(|| Failure::bearer(401, None))?.hashed();
    let invalid = || Failure::bearer(401, Some(ErrorCode::InvalidToken));
    let (known, family) = oauth.access_tokens.get(&token).ok_or_else(invalid)?;
    cx.require(Rule::AccessTokenFresh, cx.at < known.expires_at).map_err(|_| invalid())?;
    cx.require(Rule::AccessTokenUnrevoked, !known.revoked).map_err(|_| invalid())?;
    let proof = cx
        .require(scope_rule, required(&known.scope))
        .map_err(|_| Failure::bearer(403, Some(ErrorCode::InsufficientScope)))?;
    Ok(AccessGrant {
        token,
        client: family.client.clone(),
        person: family.person.clone(),
        scope: known.scope.clone(),
        acr: family.person.is_some().then(|| family.acr.clone().unwrap_or_else(|| ACR_PASSWORD.into())),
        _scope_checked: proof,
    })
}

/// Whose an access token is that is good by time and revocation; what it is good for is the caller's question.
pub fn live(oauth: &OAuth, cx: &mut Context<'_>, token: &Bearer) -> Option<LiveToken> {
    let (known, family) = oauth.access_tokens.get(&token.hashed())?;
    cx.require(Rule::AccessTokenFresh, cx.at < known.expires_at).ok()?;
    cx.require(Rule::AccessTokenUnrevoked, !known.revoked).ok()?;
    Some(LiveToken { client: family.client.clone(), person: family.person.clone(), scope: known.scope.clone() })
}

/// True as long as an access token is known, also when it is void.
pub fn is_remembered<K: TokenKind>(oauth: &OAuth, token: &TokenHash<K>) -> bool {
    oauth.access_tokens.get(&token.as_kind()).is_some()
}

/// What a good access token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// To whom it was issued.
    pub client: ClientId,
    /// On whose behalf; `None` for the client itself.
    pub person: Option<PersonId>,
    /// For what.
    pub scope: ScopeSet,
}

/// How long a refresh token lives of which the journal does not say it, counted from the end of the newest token it gave.
pub const UNTOLD_REFRESH_LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);

/// The table of access tokens and refresh tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AccessTokens {
    tokens: FxHashMap<BearerHash, AccessToken>,
    refresh_tokens: FxHashMap<RefreshHash, RefreshToken>,
    families: BTreeMap<FamilyId, Family>,
    of_code: FxHashMap<CodeHash, FamilyId>,
    of_person: BTreeMap<PersonId, BTreeSet<FamilyId>>,
    issued: FamilyId,
}

/// Names a family; counts in the order of issue.
pub(super) type FamilyId = u64;

/// All tokens that go back to one code, or to one use of a client's own credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) client: ClientId,
    pub(super) person: Option<PersonId>,
    /// How the person signed in, if it was more than a password.
    pub(super) acr: Option<Text>,
    code: Option<CodeHash>,
    tokens: Vec<BearerHash>,
    refresh_tokens: Vec<RefreshHash>,
}

/// One access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AccessToken {
    pub(super) family: FamilyId,
    scope: ScopeSet,
    expires_at: Timestamp,
    revoked: bool,
}

/// One refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RefreshToken {
    pub(super) family: FamilyId,
    pub(super) scope: ScopeSet,
    /// The first instant at which it is void.
    pub(super) expires_at: Timestamp,
    pub(super) revoked: bool,
    /// The access token whose issue says so.
    lives_by: BearerHash,
}

/// The members of a family that are still good, in the order of issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) tokens: Vec<BearerHash>,
    pub(super) refresh_tokens: Vec<RefreshHash>,
}

impl Live {
    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.refresh_tokens.is_empty()
    }
}

impl AccessTokens {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::AccessTokenIssued {
                token,
                client,
                person,
                scope,
                expires_at,
                refresh,
                code,
                refreshed_from,
                refresh_expires_at,
            } => {
                let family = refreshed_from.and_then(|from| self.refresh_tokens.get(&from)).map(|from| from.family);
                let family = family.unwrap_or_else(|| self.found(client, person.as_ref(), *code));
                self.add(family, *token, scope, *expires_at);
                let until = refresh_expires_at.unwrap_or(*expires_at + UNTOLD_REFRESH_LIFETIME);
                match (refresh, refreshed_from) {
                    (Some(refresh), _) => self.add_refresh_token(family, *refresh, scope, (*token, until)),
                    (None, Some(used)) => self.prolong(used, (*token, until)),
                    (None, None) => {}
                }
            }
            Fact::SignedInWith { of: SignIn::Token(token), acr } => {
                let family = self.tokens.get(token).and_then(|token| self.families.get_mut(&token.family));
                if let Some(family) = family {
                    family.acr = Some(acr.clone());
                }
            }
            Fact::TokenRevoked { token, what: TokenWhat::AccessToken, .. } => {
                if let Some(token) = self.tokens.get_mut(token) {
                    token.revoked = true;
                }
            }
            Fact::TokenRevoked { token, what: TokenWhat::RefreshToken, .. } => {
                if let Some(token) = self.refresh_tokens.get_mut(&token.as_kind()) {
                    token.revoked = true;
                }
            }
            _ => {}
        }
    }

    fn found(&mut self, client: &ClientId, person: Option<&PersonId>, code: Option<CodeHash>) -> FamilyId {
        if let Some(family) = code.and_then(|code| self.of_code.get(&code)) {
            return *family;
        }
        self.issued += 1;
        let family = Family {
            client: client.clone(),
            person: person.cloned(),
            acr: None,
            code,
            tokens: Vec::new(),
            refresh_tokens: Vec::new(),
        };
        self.families.insert(self.issued, family);
        if let Some(person) = person {
            self.of_person.entry(person.clone()).or_default().insert(self.issued);
        }
        self.of_code.extend(code.map(|code| (code, self.issued)));
        self.issued
    }

    fn add(&mut self, id: FamilyId, token: BearerHash, scope: &ScopeSet, expires_at: Timestamp) {
        let Some(family) = self.families.get_mut(&id) else { return };
        family.tokens.push(token);
        self.tokens.insert(token, AccessToken { family: id, scope: scope.clone(), expires_at, revoked: false });
    }

    fn add_refresh_token(
        &mut self,
        id: FamilyId,
        token: RefreshHash,
        scope: &ScopeSet,
        (lives_by, expires_at): (BearerHash, Timestamp),
    ) {
        let Some(family) = self.families.get_mut(&id) else { return };
        family.refresh_tokens.push(token);
        let token_of_family = RefreshToken { family: id, scope: scope.clone(), expires_at, revoked: false, lives_by };
        self.refresh_tokens.insert(token, token_of_family);
    }

    // A use that does not replace it begins its time anew.
    fn prolong(&mut self, used: &RefreshHash, (by, until): (BearerHash, Timestamp)) {
        if let Some(used) = self.refresh_tokens.get_mut(used).filter(|used| used.expires_at < until) {
            (used.lives_by, used.expires_at) = (by, until);
        }
    }

    pub(super) fn get(&self, token: &BearerHash) -> Option<(&AccessToken, &Family)> {
        let found = self.tokens.get(token)?;
        Some((found, self.families.get(&found.family)?))
    }

    pub(super) fn refresh_token(&self, token: &RefreshHash) -> Option<(&RefreshToken, &Family)> {
        let found = self.refresh_tokens.get(token)?;
        Some((found, self.families.get(&found.family)?))
    }

    /// True when the issue of that access token says how long a refresh token lives.
    pub(super) fn lives_by(&self, refresh: &RefreshHash, token: &BearerHash) -> bool {
        self.refresh_tokens.get(refresh).is_some_and(|refresh| refresh.lives_by == *token)
    }

    pub(super) fn family_of_code(&self, code: &CodeHash) -> Option<FamilyId> {
        self.of_code.get(code).copied()
    }

    /// The families of a person's approval of a client that still have a good token.
    pub(super) fn families_of(&self, person: &PersonId, client: &ClientId, at: Timestamp) -> Vec<FamilyId> {
        let theirs = self.of_person(person).filter(|(_, family)| family.client == *client);
        theirs.map(|(id, _)| id).filter(|id| !self.live(*id, at).is_empty()).collect()
    }

    fn of_person(&self, person: &PersonId) -> impl Iterator<Item = (FamilyId, &Family)> {
        let ids = self.of_person.get(person).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.families.get(id)?)))
    }

    /// The families of a client that still have a good token, on whosever behalf.
    pub(super) fn families_at(&self, client: &ClientId, at: Timestamp) -> Vec<FamilyId> {
        let its = self.families.iter().filter(|(_, family)| family.client == *client);
        its.map(|(id, _)| *id).filter(|id| !self.live(*id, at).is_empty()).collect()
    }

    /// Who holds a good token for a person, and for what.
    pub(super) fn held_for(&self, person: &PersonId, at: Timestamp) -> BTreeMap<ClientId, ScopeSet> {
        let mut held: BTreeMap<ClientId, ScopeSet> = BTreeMap::new();
        for (id, family) in self.of_person(person) {
            let live = self.live(id, at);
            let scopes = live.tokens.iter().filter_map(|token| Some(&self.tokens.get(token)?.scope));
            let renewable = live.refresh_tokens.iter().filter_map(|token| Some(&self.refresh_tokens.get(token)?.scope));
            for scope in scopes.chain(renewable) {
                held.entry(family.client.clone()).or_default().extend(scope.iter().cloned());
            }
        }
        held
    }

    pub(super) fn live(&self, family: FamilyId, at: Timestamp) -> Live {
        let Some(family) = self.families.get(&family) else { return Live::default() };
        let good = |hash: &&BearerHash| self.tokens.get(hash).is_some_and(|it| !it.revoked && at < it.expires_at);
        let good_refresh =
            |hash: &&RefreshHash| self.refresh_tokens.get(hash).is_some_and(|it| !it.revoked && at < it.expires_at);
        Live {
            tokens: family.tokens.iter().filter(good).copied().collect(),
            refresh_tokens: family.refresh_tokens.iter().filter(good_refresh).copied().collect(),
        }
    }

    pub(super) fn expire(&mut self, before: Timestamp) {
        let Self { tokens, refresh_tokens, families, of_code, of_person, issued: _ } = self;
        tokens.retain(|_, token| token.expires_at > before);
        refresh_tokens.retain(|_, token| token.expires_at > before);
        families.retain(|id, family| {
            family.tokens.retain(|token| tokens.contains_key(token));
            family.refresh_tokens.retain(|token| refresh_tokens.contains_key(token));
            let renewable = family.refresh_tokens.iter().any(|it| refresh_tokens.get(it).is_some_and(|it| !it.revoked));
            let stays = renewable || !family.tokens.is_empty();
            if !stays {
                family.code.map(|code| of_code.remove(&code));
                if let Some(person) = &family.person {
                    unindex(of_person, person, id);
                }
            }
            stays
        });
        refresh_tokens.retain(|_, token| families.contains_key(&token.family));
    }
}
