//! Questions to owners, and their answers.

use crate::trace::Fact;
use crate::wire::page::PendingRequest;
use crate::wire::{PersonId, Text};
use std::collections::BTreeMap;

/// Questions to owners, and their answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnerRequests {
    asked: BTreeMap<Text, (PersonId, PendingRequest, Option<bool>)>,
}

impl OwnerRequests {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::OwnerAsked { request, owner, client, subjects, resource, scopes, .. } => {
                let pending = PendingRequest {
                    id: request.clone(),
                    client_id: client.clone(),
                    requesting_party: subjects.first().map(|subject| Text::from(subject.person.as_str())),
                    resource_id: resource.id.clone(),
                    scopes: scopes.clone(),
                };
                self.asked.insert(request.clone(), (owner.clone(), pending, None));
            }
            Fact::OwnerAnswered { request, approved, .. } => {
                if let Some((_, _, answer)) = self.asked.get_mut(request) {
                    *answer = Some(*approved);
                }
            }
            _ => {}
        }
    }

    /// Whose question it is, while it waits.
    pub(super) fn owner(&self, request: &str) -> Option<&PersonId> {
        self.asked.get(request).filter(|(_, _, answer)| answer.is_none()).map(|(owner, _, _)| owner)
    }

    /// The questions that wait for an owner.
    pub(super) fn pending(&self, owner: &PersonId) -> Vec<PendingRequest> {
        let waiting = self.asked.values().filter(|(of, _, answer)| of == owner && answer.is_none());
        waiting.map(|(_, pending, _)| pending.clone()).collect()
    }
}
