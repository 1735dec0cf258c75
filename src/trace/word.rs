//! Words that a build knows by heart: names of rules, of choices, of results. In memory they are `&'static str`; read from
//! a file they become one again here.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// A word that lives as long as the program.
pub type Word = &'static str;

/// The longest word, in bytes.
const LONGEST: usize = 64;
/// How many different words are read at most: a file cannot fill the memory with them.
const MOST: usize = 4096;

static READ: Mutex<BTreeSet<Word>> = Mutex::new(BTreeSet::new());

/// The word of that text; `None` when it is too long, or too many were read already.
pub fn keep(text: &str) -> Option<Word> {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.get(text) {
        return Some(*known);
    }
    if text.len() > LONGEST || read.len() >= MOST {
        return None;
    }
    let kept: Word = Box::leak(text.to_owned().into_boxed_str());
    read.insert(kept);
    Some(kept)
}

/// For members of type [`Word`].
///
/// # Errors
/// When what stands there is no text, or [`keep`] does not take it.
pub fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    let text = String::deserialize(deserializer)?;
    keep(&text).ok_or_else(|| serde::de::Error::custom(format!("expected a word of at most {LONGEST} bytes")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once_and_a_long_one_not_at_all() {
        let (one, again) = (keep("ticket-unspent").unwrap(), keep("ticket-unspent").unwrap());
        assert!(std::ptr::eq(one, again));
        assert_eq!(keep(&"x".repeat(65)), None);
    }
}
