//! Which stories tell one intent, revision by revision. Those that differ in nothing but the revision find each other by
//! their names; where a revision tells an intent under another name, or has no meaning for it, `requirements/stories.csv`
//! says so. `tests/stories_twins.rs` sees to it that nothing is left out.

use super::requirements::records;
use crate::wire::Revision;
use std::sync::LazyLock;

/// An intent that names alone do not bring together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The name that its stories have in common.
    pub name: String,
    /// What each of [`Revision::ALL`] has for it.
    entries: [Entry; 4],
}

/// What a revision has for an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A story of that name and revision: nothing more is to be said.
    ByName,
    /// This story, whose name is another.
    Story(String),
    /// None, because the intent has no meaning there.
    None(String),
}

impl Entry {
    // A name has no blanks, and a reason has.
    fn parse(text: String) -> Self {
        match text.as_str() {
            "" => Self::ByName,
            text if text.contains(' ') => Self::None(text.to_owned()),
            name => Self::Story(name.to_owned()),
        }
    }
}

impl Intent {
    /// What a revision has for it.
    pub fn entry(&self, revision: Revision) -> &Entry {
        let at = Revision::ALL.iter().position(|other| *other == revision).unwrap_or_default();
        &self.entries[at]
    }

    /// Why a revision has no story for it, where it has none.
    pub fn reason(&self, revision: Revision) -> Option<&str> {
        let entry = self.entry(revision);
        match entry {
            Entry::None(reason) => Some(reason),
            Entry::ByName | Entry::Story(_) => None,
        }
    }

    /// The stories of other names that tell it.
    pub fn elsewhere(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Story(name) => Some(name.as_str()),
            Entry::ByName | Entry::None(_) => None,
        })
    }
}

static INTENTS: LazyLock<Vec<Intent>> = LazyLock::new(|| {
    records(include_str!("../../requirements/stories.csv")).into_iter().skip(1).filter_map(intent).collect()
});

/// Every intent that names alone do not bring together.
pub fn intents() -> &'static [Intent] {
    &INTENTS
}

/// What is said of an intent; `None` where every revision has a story of its name.
pub fn told_elsewhere(intent: &str) -> Option<&'static Intent> {
    INTENTS.iter().find(|other| other.name == intent)
}

/// The intent that a story tells: its name without the revision before or behind it.
pub fn intent_of(story: &str) -> &str {
    let without = |revision: &Revision| {
        let word = revision.name();
        let behind = story.strip_suffix(word).and_then(|rest| rest.strip_suffix('-'));
        behind.or_else(|| story.strip_prefix(word).and_then(|rest| rest.strip_prefix('-')))
    };
    Revision::ALL.iter().find_map(without).unwrap_or(story)
}

fn intent(fields: Vec<String>) -> Option<Intent> {
    let [name, draft_05, draft_06, v1_0_1, v2_0] = <[String; 5]>::try_from(fields).ok()?;
    Some(Intent { name, entries: [draft_05, draft_06, v1_0_1, v2_0].map(Entry::parse) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_a_name_without_its_revision() {
        for name in ["photo-sharing", "photo-sharing-2.0", "photo-sharing-draft-06", "draft-06-photo-sharing"] {
            assert_eq!(intent_of(name), "photo-sharing");
        }
        assert_eq!(intent_of("2.0"), "2.0");
        assert_eq!(intent_of("photo-sharing-3.0"), "photo-sharing-3.0");
        assert_eq!(intent_of("grant-of-2.0-1.0.1"), "grant-of-2.0");
    }

    #[test]
    fn an_entry_is_a_story_or_a_reason() {
        assert_eq!(Entry::parse(String::new()), Entry::ByName);
        assert_eq!(Entry::parse("a-story-2.0".to_owned()), Entry::Story("a-story-2.0".to_owned()));
        assert_eq!(Entry::parse("no AAT".to_owned()), Entry::None("no AAT".to_owned()));
        assert_eq!(intent(vec![String::new(); 4]), None);
        let status = told_elsewhere("status-cache").unwrap();
        assert_eq!(status.elsewhere().collect::<Vec<_>>(), ["cached-introspection-1.0.1", "cached-introspection-2.0"]);
        assert_eq!(status.entry(Revision::Draft06), &Entry::ByName);
        assert_eq!(told_elsewhere("photo-sharing"), None);
    }
}
