//! The parts of a person's own page and their paths.

use crate::wire::{ClientId, PolicyId, ResourceId};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// One part of a person's own page. The URI of the request names it, as it names a resource at a resource server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountView {
    /// What waits for the person, and the way to everything else.
    #[default]
    Overview,
    /// The resources they own.
    Resources,
    /// One resource: who may reach it and who did (`user_access_policy_uri`, `policy_uri`).
    Resource {
        /// The resource server that registered it.
        resource_server: ClientId,
        /// Its identifier.
        id: ResourceId,
    },
    /// Their policies.
    Policies,
    /// One policy, to be changed.
    Policy {
        /// Which.
        id: PolicyId,
    },
    /// Who has access now.
    Shares,
    /// Requests that wait for them.
    Requests,
    /// Clients that they approved.
    Clients,
    /// Who asked for what, and what they got or why not.
    History,
}

impl AccountView {
    /// The parts that are about no single thing, in the order in which they are offered.
    pub const LISTS: [Self; 7] =
        [Self::Overview, Self::Resources, Self::Policies, Self::Shares, Self::Requests, Self::Clients, Self::History];

    /// Where this part is below the page as a whole: nothing, or a path that begins with `/`.
    pub fn below(&self) -> String {
        let word = match self {
            Self::Overview => return String::new(),
            Self::Resources => "resources".to_owned(),
            Self::Resource { resource_server, id } => {
                format!("resources/{}/{}", segment(resource_server.as_str()), segment(id.as_str()))
            }
            Self::Policies => "policies".to_owned(),
            Self::Policy { id } => format!("policies/{}", segment(id.as_str())),
            Self::Shares => "shares".to_owned(),
            Self::Requests => "requests".to_owned(),
            Self::Clients => "clients".to_owned(),
            Self::History => "history".to_owned(),
        };
        format!("/{word}")
    }

    /// The part at that path below the page as a whole, if there is one.
    pub fn at(below: &str) -> Option<Self> {
        let segments: Vec<&str> = below.trim_matches('/').split('/').filter(|segment| !segment.is_empty()).collect();
        Some(match segments.as_slice() {
            [] => Self::Overview,
            ["resources"] => Self::Resources,
            ["resources", server, id] => {
                Self::Resource { resource_server: text(server).as_str().into(), id: text(id).as_str().into() }
            }
            ["policies"] => Self::Policies,
            ["policies", id] => Self::Policy { id: text(id).as_str().into() },
            ["shares"] => Self::Shares,
            ["requests"] => Self::Requests,
            ["clients"] => Self::Clients,
            ["history"] => Self::History,
            _ => return None,
        })
    }
}

// A browser takes segments of dots, escaped or not, for directions; empty ones get lost. Both get a mark in front.
const MARK: char = '~';

fn segment(text: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let escaped = escaped.replace('+', "%20");
    if text.bytes().all(|byte| byte == b'.') { format!("{MARK}{escaped}") } else { escaped }
}

fn text(segment: &str) -> String {
    let escaped = segment.strip_prefix(MARK).unwrap_or(segment).replace('+', "%2B").replace('=', "%3D");
    let escaped = escaped.replace('&', "%26");
    form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_path_of_its_own() {
        for view in AccountView::LISTS {
            assert_eq!(AccountView::at(&view.below()), Some(view));
        }
        for odd in ["a", "a/b", "..", ".", "", "~", "a b+c%2F", "é&=?#", "resources"] {
            let view = AccountView::Resource { resource_server: odd.into(), id: odd.into() };
            assert_eq!(AccountView::at(&view.below()), Some(view));
            let view = AccountView::Policy { id: odd.into() };
            assert_eq!(AccountView::at(&view.below()), Some(view));
        }
    }

    #[test]
    fn other_paths_are_no_part_of_it() {
        for path in ["nothing", "resources/a", "resources/a/b/c", "/x"] {
            assert_eq!(AccountView::at(path), None, "{path}");
        }
        assert_eq!(AccountView::at("/"), Some(AccountView::Overview));
    }
}
