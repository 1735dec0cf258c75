//! What becomes of records: digest always, invariants and storage when wanted.

use crate::check::Judge;
use crate::message::Name;
use crate::trace::{Event, Record, TraceDigest, Truth};
use crate::wire::Timestamp;

/// Takes every record of a run.
#[derive(Clone, Debug)]
pub struct Recorder {
    digest: TraceDigest,
    judge: Option<Judge>,
    stored: Option<Vec<Record>>,
    steps: u64,
}

impl Recorder {
    /// A recorder. `judge`: whether invariants look on; `store`: whether records are kept.
    pub fn new(truth: &Truth, judge: bool, store: bool) -> Self {
        Self {
            digest: TraceDigest::new(),
            judge: judge.then(|| Judge::new(truth)),
            stored: store.then(Vec::new),
            steps: 0,
        }
    }

    /// Takes one event in, and gives it back so that nothing has to be copied for the record alone.
    #[inline]
    pub fn emit(&mut self, truth: &Truth, at: Timestamp, node_time: Timestamp, cause: Name, event: Event) -> Event {
        let record = Record { step: self.steps, at, node_time, cause, event };
        self.take(truth, &record);
        record.event
    }

    fn take(&mut self, truth: &Truth, record: &Record) {
        self.steps += 1;
        self.digest.add(record);
        if let Some(judge) = &mut self.judge {
            judge.observe(truth, record);
        }
        if let Some(stored) = &mut self.stored {
            stored.push(record.clone());
        }
    }

    /// Lets the invariants judge what can only be judged at the end.
    pub fn finish(&mut self, truth: &Truth) {
        if let Some(judge) = &mut self.judge {
            judge.finish(truth);
        }
    }

    /// The digest so far.
    pub fn digest(&self) -> String {
        self.digest.value()
    }

    /// The judge, when invariants look on.
    pub const fn judge(&self) -> Option<&Judge> {
        self.judge.as_ref()
    }

    /// The records, when they are kept.
    pub fn records(&self) -> &[Record] {
        self.stored.as_deref().unwrap_or_default()
    }

    /// The judge, when invariants looked on, and the records, when they were kept.
    pub fn into_parts(self) -> (Option<Judge>, Vec<Record>) {
        (self.judge, self.stored.unwrap_or_default())
    }

    /// How many records there were.
    pub const fn steps(&self) -> u64 {
        self.steps
    }
}
