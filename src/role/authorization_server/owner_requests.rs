//! Questions to owners, and their answers (Grant §3.3.6 `request_submitted`). One question is about one process, one
//! resource and some scopes, and its answer settles nothing else.

use crate::trace::Fact;
use crate::trace::fact::{ProcessId, ResourceKey, Subject};
use crate::wire::{ClientId, PersonId, Scope, ScopeSet, Text};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnerRequest {
    /// The owner.
    pub(super) owner: PersonId,
    /// The client.
    pub(super) client: ClientId,
    /// Who the claims say it is.
    pub(super) subjects: Vec<Subject>,
    /// The resource.
    pub(super) resource: ResourceKey,
    /// The scopes.
    pub(super) scopes: ScopeSet,
    /// What the owner said, once they did.
    pub(super) answer: Option<bool>,
}

/// Questions to owners, and their answers.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnerRequests {
    requests: BTreeMap<Text, OwnerRequest>,
    by_process: FxHashMap<ProcessId, Vec<Text>>,
    pending: BTreeMap<PersonId, BTreeSet<Text>>,
}

impl OwnerRequests {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::OwnerAsked { request, process, owner, client, subjects, resource, scopes } => {
                let asked = OwnerRequest {
                    owner: owner.clone(),
                    client: client.clone(),
                    subjects: subjects.clone(),
                    resource: resource.clone(),
                    scopes: scopes.clone(),
                    answer: None,
                };
                self.by_process.entry(*process).or_default().push(request.clone());
                self.pending.entry(owner.clone()).or_default().insert(request.clone());
                self.requests.insert(request.clone(), asked);
            }
            Fact::OwnerAnswered { request, approved, .. } => self.answer(request, *approved),
            _ => {}
        }
    }

    fn answer(&mut self, request: &Text, approved: bool) {
        let Some(asked) = self.requests.get_mut(request) else { return };
        asked.answer = Some(approved);
        let owner = asked.owner.clone();
        self.settle(&owner, request);
    }

    fn settle(&mut self, owner: &PersonId, request: &Text) {
        let Some(waiting) = self.pending.get_mut(owner) else { return };
        waiting.remove(request);
        if waiting.is_empty() {
            self.pending.remove(owner);
        }
    }

    /// True while the question is remembered.
    pub(super) fn knows(&self, request: &Text) -> bool {
        self.requests.contains_key(request)
    }

    /// The questions that wait for an owner.
    pub(super) fn pending(&self, owner: &PersonId) -> impl Iterator<Item = (&Text, &OwnerRequest)> {
        let waiting = self.pending.get(owner).into_iter().flatten();
        waiting.filter_map(|request| self.requests.get_key_value(request))
    }

    /// A question, also one that was answered.
    pub(super) fn get(&self, request: &str) -> Option<&OwnerRequest> {
        self.requests.get(request)
    }

    /// True when the owner said no to something in this process.
    pub(super) fn refused(&self, process: ProcessId) -> bool {
        let asked = self.by_process.get(&process).map_or(&[][..], Vec::as_slice);
        asked.iter().filter_map(|request| self.requests.get(request)).any(|asked| asked.answer == Some(false))
    }

    /// What the owner said about this very process, resource and scope; `None` when nobody asked or answered. No scope
    /// stands for the resource itself.
    pub(super) fn answer_to(&self, process: ProcessId, resource: &ResourceKey, scope: Option<&Scope>) -> Option<bool> {
        self.about(process, resource).rfind(|asked| covers(asked, scope)).and_then(|asked| asked.answer)
    }

    /// True when the owner was asked about all of these scopes, or about the resource when there are none.
    pub(super) fn was_asked(&self, process: ProcessId, resource: &ResourceKey, scopes: &ScopeSet) -> bool {
        self.about(process, resource).any(|asked| scopes.is_subset(&asked.scopes))
    }

    fn about(&self, process: ProcessId, resource: &ResourceKey) -> impl DoubleEndedIterator<Item = &OwnerRequest> {
        let asked = self.by_process.get(&process).map_or(&[][..], Vec::as_slice);
        asked.iter().filter_map(|request| self.requests.get(request)).filter(move |asked| asked.resource == *resource)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.by_process.is_empty()
    }

    /// Ends all questions of processes that are over.
    pub(super) fn forget_ended(&mut self, is_open: impl Fn(ProcessId) -> bool) {
        #[expect(clippy::disallowed_methods, reason = "each is ended apart from the others")]
        let ended: Vec<ProcessId> = self.by_process.keys().filter(|process| !is_open(**process)).copied().collect();
        ended.into_iter().for_each(|process| self.end(process));
    }

    /// A process is over; nobody can use an answer any more.
    pub(super) fn end(&mut self, process: ProcessId) {
        for request in self.by_process.remove(&process).unwrap_or_default() {
            if let Some(asked) = self.requests.remove(&request) {
                self.settle(&asked.owner, &request);
            }
        }
    }
}

fn covers(asked: &OwnerRequest, scope: Option<&Scope>) -> bool {
    scope.is_none_or(|scope| asked.scopes.contains(scope))
}
