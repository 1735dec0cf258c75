//! The revisions of User-Managed Access that this build speaks.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A revision of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Revision {
    /// draft-hardjono-oauth-umacore-05 (1 October 2012).
    #[serde(rename = "draft-05")]
    Draft05,
    /// draft-hardjono-oauth-umacore-06 with resource set registration draft-00 (27 December 2012).
    #[serde(rename = "draft-06")]
    Draft06,
    /// UMA 1.0.1: core, resource set registration (28 December 2015), and their two extensions.
    #[serde(rename = "1.0.1")]
    V1_0_1,
    /// UMA 2.0 Grant and Federated Authorization for UMA 2.0 (7 January 2018).
    #[serde(rename = "2.0")]
    V2_0,
}

impl Revision {
    /// Every revision of this build, oldest first.
    pub const ALL: [Self; 4] = [Self::Draft05, Self::Draft06, Self::V1_0_1, Self::V2_0];

    /// Whether it is one of the drafts, which do most things alike.
    pub const fn is_draft(self) -> bool {
        match self {
            Self::Draft05 | Self::Draft06 => true,
            Self::V1_0_1 | Self::V2_0 => false,
        }
    }

    /// Whether a scope is the URI of its description (D5 §2.4.1; RSR draft-00 §2.1).
    pub const fn has_scope_uris(self) -> bool {
        self.is_draft()
    }

    /// Whether a person approves a client before it may ask for anything (the AAT of D6 §3.4.1, Core 1.0.1 §3.4.1).
    pub const fn has_aats(self) -> bool {
        match self {
            Self::Draft05 | Self::Draft06 | Self::V1_0_1 => true,
            Self::V2_0 => false,
        }
    }

    /// The name used in scripts and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft05 => "draft-05",
            Self::Draft06 => "draft-06",
            Self::V1_0_1 => "1.0.1",
            Self::V2_0 => "2.0",
        }
    }

    /// True where what is registered is called a resource set: until 1.0.1.
    pub const fn has_resource_sets(self) -> bool {
        match self {
            Self::Draft05 | Self::Draft06 | Self::V1_0_1 => true,
            Self::V2_0 => false,
        }
    }

    /// The revision of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.name() == name)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an authorization server serves: one revision, or 1.0.1 and 2.0 side by side for a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// One revision.
    One(Revision),
    /// 1.0.1 and 2.0, in one realm.
    SideBySide,
}

impl Served {
    /// What these revisions are together: one alone, or 1.0.1 with 2.0. Nothing else can be served.
    pub fn of(revisions: &[Revision]) -> Option<Self> {
        match revisions {
            [one] => Some(Self::One(*one)),
            [Revision::V1_0_1, Revision::V2_0] | [Revision::V2_0, Revision::V1_0_1] => Some(Self::SideBySide),
            _ => None,
        }
    }

    /// The newest revision that is served.
    pub const fn newest(self) -> Revision {
        match self {
            Self::One(revision) => revision,
            Self::SideBySide => Revision::V2_0,
        }
    }

    /// The older revision that is served beside it.
    pub const fn beside(self) -> Option<Revision> {
        match self {
            Self::One(_) => None,
            Self::SideBySide => Some(Revision::V1_0_1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_revision_is_served_or_1_0_1_with_2_0() {
        for revision in Revision::ALL {
            assert_eq!(Served::of(&[revision]), Some(Served::One(revision)));
            for other in Revision::ALL {
                let both = [revision, other].contains(&Revision::V1_0_1) && [revision, other].contains(&Revision::V2_0);
                assert_eq!(Served::of(&[revision, other]), both.then_some(Served::SideBySide), "{revision}, {other}");
            }
        }
        assert_eq!(Served::of(&[]), None);
        assert_eq!(Served::of(&Revision::ALL), None);
    }
}
