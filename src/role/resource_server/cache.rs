//! Answers of authorization servers that may be used again (D6 §3.3.1; FedAuthz §5; RFC 7662 §4). Bounded; an answer to
//! an earlier question never replaces the answer to a later one; "void" is never used again.

use crate::message::ExchangeId;
use crate::role::resource_server::pats::PatKey;
use crate::trace::fact::RptHash;
use crate::trace::note::Evidence;
use crate::wire::Timestamp;
use std::collections::BTreeMap;

/// The newest answer for each of the RPTs that were asked about last.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    answers: BTreeMap<RptHash, Remembered>,
    // Questions are numbered in the order in which they were asked.
    by_age: BTreeMap<ExchangeId, RptHash>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    /// Who was asked, with whose PAT.
    pub key: PatKey,
    /// The question.
    pub exchange: ExchangeId,
    /// The answer; `None` when it was "void", which only keeps earlier answers out.
    pub evidence: Option<Evidence>,
    /// The first instant at which it may no longer be used.
    pub good_until: Timestamp,
}

impl Cache {
    /// The newest answer about an RPT.
    pub(super) fn get(&self, rpt: &RptHash) -> Option<&Remembered> {
        self.answers.get(rpt)
    }

    /// Remembers an answer, and forgets the oldest ones beyond `entries_max`.
    pub(super) fn insert(&mut self, entries_max: usize, rpt: RptHash, answer: Remembered) {
        if self.answers.get(&rpt).is_some_and(|known| known.exchange >= answer.exchange) {
            return;
        }
        self.by_age.insert(answer.exchange, rpt);
        if let Some(older) = self.answers.insert(rpt, answer) {
            self.by_age.remove(&older.exchange);
        }
        while self.answers.len() > entries_max {
            let Some((_, oldest)) = self.by_age.pop_first() else { return };
            self.answers.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{PersonId, Rpt, Uri};

    fn answer(exchange: u64) -> Remembered {
        let key = PatKey { owner: PersonId::from("alice"), as_uri: Uri::from("https://as.example") };
        Remembered { key, exchange: ExchangeId(exchange), evidence: None, good_until: Timestamp(0) }
    }

    #[test]
    fn an_answer_to_an_earlier_question_does_not_replace_a_later_one() {
        let mut cache = Cache::default();
        let rpt = Rpt::new("r").hashed();
        cache.insert(9, rpt, answer(2));
        cache.insert(9, rpt, answer(1));
        assert_eq!(cache.get(&rpt), Some(&answer(2)));
        cache.insert(9, rpt, answer(3));
        assert_eq!(cache.get(&rpt), Some(&answer(3)));
    }

    #[test]
    fn the_oldest_answers_go_first() {
        let mut cache = Cache::default();
        let rpts = ["a", "b", "c"].map(|value| Rpt::new(value).hashed());
        for (at, rpt) in (0..).zip(rpts) {
            cache.insert(2, rpt, answer(at));
        }
        assert_eq!(rpts.map(|rpt| cache.get(&rpt).is_some()), [false, true, true]);
        cache.insert(0, rpts[0], answer(7));
        assert!(rpts.iter().all(|rpt| cache.get(rpt).is_none()));
    }
}
