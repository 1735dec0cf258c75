//! What every store promises, asked of any store: `src/transport/journal/mod.rs`.

use crate::sample::{append, entry, fact, later, number, read};
use std::sync::{Arc, mpsc};
use umaverse::transport::journal::{
    AppendError, Entry, Extent, Journal, JournalError, Mark, Position, Realm, Retention,
};
use umaverse::wire::Timestamp;

/// A store under test.
pub(crate) trait Store {
    /// A handle of its own to the stream of a realm.
    fn journal(&self, realm: &Realm) -> Arc<dyn Journal>;

    /// Closes the store and opens it again, if it is one that survives that.
    fn reopened(self: Box<Self>) -> Option<Box<dyn Store>>;

    /// From now on no append can be written, or every one.
    fn refuse(&self, refusing: bool);
}

/// Asks a store for everything that is promised; each promise gets a new store.
pub(crate) fn promises(store: &mut dyn FnMut() -> Box<dyn Store>) {
    an_entry_is_read_where_it_was_put(&*store());
    the_facts_of_an_input_stay_together(&*store());
    a_stream_that_grew_meanwhile_is_a_conflict(&*store());
    appends_are_answered_in_order_and_fail_together(&*store());
    an_append_of_nothing_waits_in_line(&*store());
    realms_know_nothing_of_each_other(&*store());
    a_refused_append_leaves_nothing(&*store());
    a_snapshot_takes_the_place_of_what_it_stands_for(&*store());
    a_snapshot_loses_nothing(&*store());
    retention_says_what_goes(&*store());
    many_writers_make_one_order(&*store());
    what_was_acknowledged_is_there_later(store());
}

fn realm() -> Realm {
    Realm::new("as")
}

fn an_entry_is_read_where_it_was_put(store: &dyn Store) {
    let journal = store.journal(&realm());
    assert_eq!(journal.extent(), Ok(Extent::default()));
    for at in 0..5 {
        assert_eq!(append(&*journal, at, entry([at])), Ok(Position(at + 1)));
    }
    assert_eq!(read(&*journal, 0), [[0], [1], [2], [3], [4]]);
    assert_eq!(read(&*journal, 3), [[3], [4]]);
    assert_eq!(read(&*journal, 5), Vec::<Vec<u64>>::new());
    let page = journal.read(Position(1), 2).unwrap();
    assert_eq!(page, [entry([1]), entry([2])], "an entry is read as it was written, secrets and all");
}

fn the_facts_of_an_input_stay_together(store: &dyn Store) {
    let journal = store.journal(&realm());
    append(&*journal, 0, entry([1, 2, 3])).unwrap();
    append(&*journal, 1, entry([4, 5])).unwrap();
    assert_eq!(read(&*journal, 0), [vec![1, 2, 3], vec![4, 5]]);
}

fn a_stream_that_grew_meanwhile_is_a_conflict(store: &dyn Store) {
    let (one, other) = (store.journal(&realm()), store.journal(&realm()));
    append(&*one, 0, entry([1])).unwrap();
    assert_eq!(append(&*other, 0, entry([2])), Err(AppendError::Conflict { end: Position(1) }));
    assert_eq!(append(&*one, 5, entry([3])), Err(AppendError::Conflict { end: Position(1) }), "nor ahead of the end");
    assert_eq!(read(&*one, 0), [[1]], "a conflict leaves nothing");
    assert_eq!(other.resume(), Ok(Position(1)));
    assert_eq!(append(&*other, 1, entry([2])), Ok(Position(2)));
}

fn appends_are_answered_in_order_and_fail_together(store: &dyn Store) {
    let (journal, other) = (store.journal(&realm()), store.journal(&realm()));
    let (told, hear) = mpsc::channel();
    // The third stands where nothing ends; the fourth to sixth rest on it, and the sixth by accident fits.
    for (nth, expected) in [0, 1, 7, 8, 9, 2].into_iter().enumerate() {
        let told = told.clone();
        journal.append(Position(expected), entry([nth as u64]), Box::new(move |it| told.send((nth, it)).unwrap()));
    }
    let answers: Vec<_> = (0..6).map(|_| hear.recv().unwrap()).collect();
    assert_eq!(answers.iter().map(|(nth, _)| *nth).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(answers.iter().map(|(_, it)| it.is_ok()).collect::<Vec<_>>(), [true, true, false, false, false, false]);
    assert_eq!(append(&*journal, 2, Entry { at: Timestamp(0), facts: vec![] }).ok(), None, "it has not resumed yet");
    assert_eq!(append(&*other, 2, entry([9])), Ok(Position(3)), "a handle that failed stops no other");
    assert_eq!(journal.resume(), Ok(Position(3)));
    assert_eq!(append(&*journal, 3, entry([10])), Ok(Position(4)));
    assert_eq!(read(&*journal, 0), [[0], [1], [9], [10]]);
}

fn an_append_of_nothing_waits_in_line(store: &dyn Store) {
    let journal = store.journal(&realm());
    let (told, hear) = mpsc::channel();
    for (nth, expected, numbers) in [(0, 0, vec![1]), (1, 1, vec![]), (2, 1, vec![2]), (3, 2, vec![])] {
        let told = told.clone();
        journal.append(Position(expected), entry(numbers), Box::new(move |it| told.send((nth, it)).unwrap()));
    }
    let answers: Vec<_> = (0..4).map(|_| hear.recv().unwrap()).collect();
    let ends = [1, 1, 2, 2].map(|end| Ok(Position(end)));
    assert_eq!(answers, (0..4).zip(ends).collect::<Vec<_>>());
    assert_eq!(read(&*journal, 0), [[1], [2]]);
}

fn realms_know_nothing_of_each_other(store: &dyn Store) {
    // One name begins with the other, and sorts right after it.
    let (a, b) = (store.journal(&Realm::new("as")), store.journal(&Realm::new("as-2")));
    append(&*a, 0, entry([1])).unwrap();
    append(&*b, 0, entry([2])).unwrap();
    append(&*a, 1, entry([3])).unwrap();
    let mark = Mark { position: Position(2), at: Timestamp(3) };
    a.write_snapshot(mark, &mut [fact(3)].into_iter().map(Ok)).unwrap();
    a.compact(Retention::None).unwrap();
    assert_eq!(read(&*b, 0), [[2]]);
    assert_eq!(b.extent(), Ok(Extent { first: Position(0), end: Position(1), snapshot: None }));
}

fn a_refused_append_leaves_nothing(store: &dyn Store) {
    let journal = store.journal(&realm());
    append(&*journal, 0, entry([1])).unwrap();
    store.refuse(true);
    let answers = [later(&*journal, 1, entry(2..60)), later(&*journal, 2, entry([60]))].map(|it| it.recv().unwrap());
    assert!(matches!(answers[0], Err(AppendError::Refused(_))), "{answers:?}");
    assert!(answers[1].is_err(), "what rests on a refused append must not be written");
    store.refuse(false);
    assert_eq!(journal.resume(), Ok(Position(1)), "the store is up");
    assert_eq!(read(&*journal, 0), [[1]], "nothing is half done");
    assert_eq!(append(&*journal, 1, entry([2])), Ok(Position(2)), "and it goes on");
    assert_eq!(read(&*journal, 0), [[1], [2]]);
}

fn a_snapshot_takes_the_place_of_what_it_stands_for(store: &dyn Store) {
    let journal = store.journal(&realm());
    (0..6).for_each(|at| assert!(append(&*journal, at, entry([at])).unwrap() == Position(at + 1)));
    let mut seen = Vec::new();
    assert_eq!(journal.read_snapshot(&mut |it| seen.push(it)), Ok(None));
    let mark = Mark { position: Position(4), at: Timestamp(3) };
    // More facts than fit in any chunk.
    journal.write_snapshot(mark, &mut (0..10_000).map(fact).map(Ok)).unwrap();
    assert_eq!(journal.read_snapshot(&mut |it| seen.push(it)), Ok(Some(mark)));
    assert!(seen.iter().map(number).eq(0..10_000), "in order, all of them");
    assert_eq!(read(&*journal, 0).len(), 6, "nothing goes before it is told to");
    assert_eq!(journal.compact(Retention::None), Ok(4));
    assert_eq!(journal.read(Position(3), 1), Err(JournalError::Gone { first: Position(4) }));
    assert_eq!(read(&*journal, 4), [[4], [5]]);
    let next = Mark { position: Position(6), at: Timestamp(5) };
    journal.write_snapshot(next, &mut [fact(5)].into_iter().map(Ok)).unwrap();
    seen.clear();
    assert_eq!(journal.read_snapshot(&mut |it| seen.push(it)), Ok(Some(next)));
    assert_eq!(seen.iter().map(number).collect::<Vec<_>>(), [5], "nothing is left of the one before");
    assert_eq!(journal.compact(Retention::None), Ok(2));
    assert_eq!(journal.extent(), Ok(Extent { first: Position(6), end: Position(6), snapshot: Some(next) }));
    assert_eq!(append(&*journal, 6, entry([6])), Ok(Position(7)), "positions go on");
}

fn a_snapshot_loses_nothing(store: &dyn Store) {
    let journal = store.journal(&realm());
    (0..3).for_each(|at| assert!(append(&*journal, at, entry([at])).unwrap() == Position(at + 1)));
    let at = |position| Mark { position: Position(position), at: Timestamp(0) };
    assert!(matches!(journal.write_snapshot(at(4), &mut std::iter::empty()), Err(JournalError::Mark { .. })));
    journal.write_snapshot(at(2), &mut [fact(1)].into_iter().map(Ok)).unwrap();
    assert!(matches!(journal.write_snapshot(at(1), &mut std::iter::empty()), Err(JournalError::Mark { .. })));
    let broken = [Ok(fact(0)), Err(JournalError::Io("broken".to_owned()))];
    assert!(journal.write_snapshot(at(3), &mut broken.into_iter()).is_err());
    assert_eq!(journal.extent().unwrap().snapshot, Some(at(2)), "a refused snapshot leaves the one before");
}

fn retention_says_what_goes(store: &dyn Store) {
    let journal = store.journal(&realm());
    (0..6).for_each(|at| assert!(append(&*journal, at, entry([at])).unwrap() == Position(at + 1)));
    assert_eq!(journal.compact(Retention::None), Ok(0), "without a snapshot nothing may go");
    journal.write_snapshot(Mark { position: Position(4), at: Timestamp(3) }, &mut std::iter::empty()).unwrap();
    assert_eq!(journal.compact(Retention::Forever), Ok(0));
    assert_eq!(journal.compact(Retention::Since(Timestamp(2))), Ok(2));
    assert_eq!(read(&*journal, 2), [[2], [3], [4], [5]]);
    assert_eq!(journal.compact(Retention::None), Ok(2));
    assert_eq!(read(&*journal, 4), [[4], [5]]);
}

fn many_writers_make_one_order(store: &dyn Store) {
    const WRITERS: u64 = 4;
    const EACH: u64 = 10;
    let journals: Vec<_> = (0..WRITERS).map(|_| store.journal(&realm())).collect();
    std::thread::scope(|scope| {
        for (writer, journal) in (0..).zip(&journals) {
            scope.spawn(move || write_all(&**journal, (0..EACH).map(|nth| writer * EACH + nth)));
        }
    });
    let all = read(&*journals[0], 0);
    assert_eq!(all.len() as u64, WRITERS * EACH, "every append happened once");
    for writer in 0..WRITERS {
        let own: Vec<u64> = all.iter().map(|it| it[0]).filter(|it| it / EACH == writer).collect();
        assert!(own.is_sorted() && own.len() as u64 == EACH, "{own:?}");
    }
}

// As a node with others beside it does: after a conflict it looks where the stream ends and tries again.
fn write_all(journal: &dyn Journal, numbers: impl Iterator<Item = u64>) {
    let mut end = journal.resume().unwrap().0;
    for number in numbers {
        end = loop {
            match append(journal, end, entry([number])) {
                Ok(after) => break after.0,
                Err(AppendError::Conflict { .. }) => end = journal.resume().unwrap().0,
                Err(refused) => panic!("{refused}"),
            }
        };
    }
}

fn what_was_acknowledged_is_there_later(store: Box<dyn Store>) {
    let journal = store.journal(&realm());
    (0..4).for_each(|at| assert!(append(&*journal, at, entry([at, at + 100])).unwrap() == Position(at + 1)));
    let mark = Mark { position: Position(2), at: Timestamp(1) };
    journal.write_snapshot(mark, &mut [fact(7)].into_iter().map(Ok)).unwrap();
    journal.compact(Retention::None).unwrap();
    drop(journal);
    let Some(store) = store.reopened() else { return };
    let journal = store.journal(&realm());
    assert_eq!(journal.extent(), Ok(Extent { first: Position(2), end: Position(4), snapshot: Some(mark) }));
    assert_eq!(read(&*journal, 2), [[2, 102], [3, 103]]);
    assert_eq!(append(&*journal, 4, entry([4])), Ok(Position(5)));
}
