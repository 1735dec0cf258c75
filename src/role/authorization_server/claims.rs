//! Claims established in processes, and in draft-06 for the pair of client and requesting party (Grant §3.3.4; D6
//! §3.4.1). What a claim is good for is not known here.

use super::AuthorizationServer;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{AccountRemoved, ClaimsSource, IssuerDistrusted, ProcessId, Subject};
use crate::wire::token::kind::AatKind;
use crate::wire::{Claim, ClientId, Duration, PersonId, Timestamp, TokenHash};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// What was established about one person at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Established {
    /// About whom.
    pub(super) subject: Subject,
    /// Which claims.
    pub(super) claims: Vec<Claim>,
    /// How.
    pub(super) how: ClaimsSource,
    /// When, at first.
    pub(super) at: Timestamp,
}

impl Established {
    /// True when the issuer was asked in this very process, so that it has nothing more to say.
    pub(super) fn is_first_hand(&self) -> bool {
        match self.how {
            ClaimsSource::Pushed(_) | ClaimsSource::Gathered(_) => true,
            ClaimsSource::Pct(_) | ClaimsSource::Aat(_) => false,
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.subject == other.subject && self.claims == other.claims
    }
}

/// A client and the person it acts for, by their account here (D6 §3.4.1).
pub(super) type Pair = (ClientId, PersonId);

/// Claims established in processes, and in draft-06 for the pair of client and requesting party.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    processes: BTreeMap<ProcessId, Vec<Established>>,
    pairs: BTreeMap<Pair, Vec<Established>>,
    pair_of_aat: FxHashMap<TokenHash<AatKind>, Pair>,
    /// The AATs that brought claims which are remembered, and perhaps some that brought what no longer is.
    brought: FxHashSet<TokenHash<AatKind>>,
    parties: FxHashMap<ProcessId, Pair>,
    swept_at: Timestamp,
}

/// The least time between two looks at what nothing needs any more.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

impl Claims {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ClaimsEstablished { process, subject, claims, how, established_at, .. } => {
                let new =
                    Established { subject: subject.clone(), claims: claims.clone(), how: *how, at: *established_at };
                self.remember_for_pair(*process, &new);
                remember(self.processes.entry(*process).or_default(), new);
            }
            Fact::AccessTokenIssued { token, client, person: Some(person), .. } => {
                self.pair_of_aat.insert(token.as_kind(), (client.clone(), person.clone()));
            }
            // What was given for a client's AAT ends with the approval of the client.
            Fact::ApprovalWithdrawn { person, client } => {
                let pair = (client.clone(), person.clone());
                self.pair_of_aat.retain(|_, candidate| *candidate != pair);
                self.pairs.remove(&pair);
            }
            Fact::IssuerDistrusted(IssuerDistrusted { issuer }) => self.disbelieve(|said| said.issuer == *issuer),
            Fact::AccountRemoved(AccountRemoved { person, issuer, .. }) => {
                self.disbelieve(|said| said.issuer == *issuer && said.person == *person);
            }
            _ => {}
        }
    }

    // Whoever said it, or whom it was said of, does not count any more.
    fn disbelieve(&mut self, about: impl Fn(&Subject) -> bool) {
        for known in self.processes.values_mut().chain(self.pairs.values_mut()) {
            known.retain(|established| !about(&established.subject));
        }
    }

    fn remember_for_pair(&mut self, process: ProcessId, new: &Established) {
        let Some(aat) = new.how.aat() else { return };
        let Some(pair) = self.pair_of_aat.get(&aat) else { return };
        self.brought.insert(aat);
        self.parties.entry(process).or_insert_with(|| pair.clone());
        let known = self.pairs.entry(pair.clone()).or_default();
        // What is said anew goes to the end, so that the order is that of the facts which are still needed.
        match known.iter().position(|old| old.says_the_same(new)) {
            Some(at) if known.get(at).is_some_and(|old| old.at <= new.at) => {
                known.remove(at);
                known.push(new.clone());
            }
            Some(_) => {}
            None => known.push(new.clone()),
        }
    }

    /// What was established in a process.
    pub(super) fn of(&self, process: ProcessId) -> &[Established] {
        self.processes.get(&process).map_or(&[], Vec::as_slice)
    }

    /// True when this AAT brought claims that may be remembered.
    pub(super) fn came_by(&self, aat: &TokenHash<AatKind>) -> bool {
        self.brought.contains(aat)
    }

    /// True when this is remembered of the pair whose AAT brought it.
    pub(super) fn remembers(&self, new: &Established) -> bool {
        let Some(aat) = new.how.aat() else { return false };
        let of_pair = self.pair_of_aat.get(&aat).and_then(|pair| self.pairs.get(pair));
        of_pair.is_some_and(|known| known.contains(new))
    }

    /// Forgets whose AATs were that can bring nothing more, and processes that are over.
    pub(super) fn forget_ended(
        &mut self,
        aat_lives: impl Fn(&TokenHash<AatKind>) -> bool,
        is_open: impl Fn(ProcessId) -> bool,
    ) {
        self.processes.retain(|process, _| is_open(*process));
        self.parties.retain(|process, _| is_open(*process));
        let known = self.pairs.values().chain(self.processes.values()).flatten();
        self.brought = known.filter_map(|known| known.how.aat()).collect();
        let brought = &self.brought;
        self.pair_of_aat.retain(|aat, _| brought.contains(aat) || aat_lives(aat));
    }

    /// True when it is time for [`Claims::forget_ended`], once an hour.
    pub(super) fn is_due(&mut self, now: Timestamp) -> bool {
        let due = now.since(self.swept_at) >= SWEEP_INTERVAL;
        if due {
            self.swept_at = now;
        }
        due
    }

    /// What is remembered of a pair.
    pub(super) fn of_pair(&self, pair: &Pair) -> &[Established] {
        self.pairs.get(pair).map_or(&[], Vec::as_slice)
    }

    /// The pair whose AAT first came with a ticket of this process (D6 §3.4.3).
    pub(super) fn party_of(&self, process: ProcessId) -> Option<&Pair> {
        self.parties.get(&process)
    }

    /// Who the requesting party of a process is, as far as claims tell, each once.
    pub(super) fn subjects(&self, process: ProcessId) -> Vec<Subject> {
        let subjects: std::collections::BTreeSet<_> = self.of(process).iter().map(|known| &known.subject).collect();
        subjects.into_iter().cloned().collect()
    }

    /// True when the same issuer has already said that the requesting party is somebody else.
    pub(super) fn contradicts(&self, process: ProcessId, subject: &Subject) -> bool {
        self.of(process).iter().any(|known| known.subject.issuer == subject.issuer && known.subject != *subject)
    }

    /// A process is over.
    pub(super) fn end(&mut self, process: ProcessId) {
        self.processes.remove(&process);
        self.parties.remove(&process);
    }
}

/// Establishes claims in a process of which the requesting party is one person: what is said of another one by the same
/// issuer does not count.
pub(super) fn establish(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    process: ProcessId,
    client: &ClientId,
    new: Established,
) {
    let Established { subject, claims, how, at } = new;
    if server.claims.contradicts(process, &subject) {
        return cx.our_choice("one-person-per-process");
    }
    let client = client.clone();
    server.record(cx, Fact::ClaimsEstablished { process, client, subject, claims, how, established_at: at });
}

// The same said twice is remembered once, with the later time.
fn remember(known: &mut Vec<Established>, new: Established) {
    match known.iter_mut().find(|old| old.says_the_same(&new)) {
        Some(old) if old.at > new.at || (old.is_first_hand() && !new.is_first_hand()) => {}
        Some(old) => *old = new,
        None => known.push(new),
    }
}
