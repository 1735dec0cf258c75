//! Authorization codes (RFC 6749 §4.1.2). Used ones stay as tombstones until a day after they expire.

use crate::trace::Fact;
use crate::trace::fact::{CodeIssued, SignIn};
use crate::wire::token::kind;
use crate::wire::{ClientId, PersonId, ScopeSet, Text, Timestamp, TokenHash, Uri};
use std::collections::BTreeMap;

pub(super) type CodeHash = TokenHash<kind::CodeKind>;

/// The table of codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Codes {
    codes: BTreeMap<CodeHash, Code>,
    issued: u64,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    nth: u64,
    pub(super) client: ClientId,
    pub(super) person: PersonId,
    pub(super) scope: ScopeSet,
    pub(super) redirect_uri: Uri,
    pub(super) code_challenge: Option<Text>,
    pub(super) nonce: Option<Text>,
    /// How the person signed in, if it was more than a password.
    pub(super) acr: Option<Text>,
    pub(super) expires_at: Timestamp,
    pub(super) spent: bool,
}

impl Codes {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::CodeIssued(CodeIssued {
                code,
                client,
                person,
                scope,
                redirect_uri,
                code_challenge,
                nonce,
                expires_at,
            }) => {
                self.issued += 1;
                let issued = Code {
                    nth: self.issued,
                    client: client.clone(),
                    person: person.clone(),
                    scope: scope.clone(),
                    redirect_uri: redirect_uri.clone(),
                    code_challenge: code_challenge.clone(),
                    nonce: nonce.clone(),
                    acr: None,
                    expires_at: *expires_at,
                    spent: false,
                };
                self.codes.insert(*code, issued);
            }
            Fact::SignedInWith { of: SignIn::Code(code), acr } => {
                if let Some(code) = self.codes.get_mut(code) {
                    code.acr = Some(acr.clone());
                }
            }
            Fact::CodeRedeemed { code } => {
                if let Some(code) = self.codes.get_mut(code) {
                    code.spent = true;
                }
            }
            _ => {}
        }
    }

    pub(super) fn get(&self, code: &CodeHash) -> Option<&Code> {
        self.codes.get(code)
    }

    /// In the order of issue.
    pub(super) fn unspent_of(&self, person: &PersonId, client: &ClientId) -> Vec<CodeHash> {
        self.unspent(|code| code.person == *person && code.client == *client)
    }

    /// The same of all people.
    pub(super) fn unspent_at(&self, client: &ClientId) -> Vec<CodeHash> {
        self.unspent(|code| code.client == *client)
    }

    fn unspent(&self, wanted: impl Fn(&Code) -> bool) -> Vec<CodeHash> {
        let unspent = self.codes.iter().filter(|(_, code)| !code.spent && wanted(code));
        let mut found: Vec<(u64, CodeHash)> = unspent.map(|(hash, code)| (code.nth, *hash)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, hash)| hash).collect()
    }

    pub(super) fn expire(&mut self, before: Timestamp) {
        self.codes.retain(|_, code| code.expires_at > before);
    }
}
