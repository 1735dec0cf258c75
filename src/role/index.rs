//! Tables that find things by what they are about.

use std::collections::{BTreeMap, BTreeSet};

/// Takes a thing out, and its key with the last of them, so that no index grows with what is gone.
pub(super) fn unindex<K: Ord, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: &K, thing: &V) {
    let Some(things) = index.get_mut(key) else { return };
    things.remove(thing);
    if things.is_empty() {
        index.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_with_the_last_that_it_leads_to() {
        let mut index = BTreeMap::from([("a", BTreeSet::from([1, 2]))]);
        unindex(&mut index, &"a", &1);
        unindex(&mut index, &"b", &2);
        assert_eq!(index, BTreeMap::from([("a", BTreeSet::from([2]))]));
        unindex(&mut index, &"a", &2);
        assert!(index.is_empty());
    }
}
