//! The authorization server: what scopes are called, looked up at their URIs and shown to the owner.

use crate::messages::{Exchange, json};
use crate::support::{Change, DRAFTS, FeatureTest, Verdict, feature_tests, must_fail_when, same, that};
use crate::worlds::{CONNECT, PERMIT_BOB, Seen, World};
use std::collections::BTreeSet;
use umaverse::wire::{Endpoint, Revision};

feature_tests! {
    ft_as_rset_reg_scopes = SCOPES;
    ft_as_rset_reg_scope_display = DISPLAY;
}

const DESCRIBED: &str = r#"name = "photoz"
[[resource-server.scope]]
word = "view"
name = "View photo and related info"
icon = "https://photoz.example/icons/reading-glasses.png"
cache-secs = 600
[[resource-server.scope]]
word = "edit"
name = "Change everything"
cache-secs = 600
[[resource-server.scope]]
word = "print"
name = "Print"
cache-secs = 600
"#;

const CHANGE: &str = r#"
[[step]]
who = "photoz"
does = "change-scopes"
path = "/album/beach.jpg"
scopes = ["view", "edit", "print"]
"#;

/// A session has ended, and the descriptions are too old.
const LATER: &str = "\n[[step]]\nwho = \"world\"\ndoes = \"wait\"\nfor = \"9h\"\n";

fn described(revision: Revision) -> World {
    let again = PERMIT_BOB.replace("family", "friends");
    World::new(revision, &[CONNECT, CHANGE, LATER, &again]).edited("name = \"photoz\"\n", DESCRIBED)
}

const SCOPES: FeatureTest = FeatureTest {
    id: "FT-as-rset-reg-scopes",
    revisions: DRAFTS,
    world: described,
    holds: scopes,
    fails: &[
        must_fail_when(&[Change::Script("does = \"change-scopes\"", "does = \"content-appears\"")], "update"),
        must_fail_when(&[Change::Request(Endpoint::ScopeDescription, "GET", "POST")], "method"),
        must_fail_when(&[Change::Script("does = \"connect\"", "does = \"close-tabs\"\n#")], "registration"),
    ],
};

// What the authorization server looked up after each registration, up to the next, and after that.
fn scopes(seen: &Seen) -> Verdict {
    let fetched = |one: &Exchange| one.from == "copmonkey" && one.endpoint == Endpoint::ScopeDescription;
    let mut of: Vec<(BTreeSet<String>, BTreeSet<String>)> = Vec::new();
    let mut again = 0;
    let mut signed_in_again = false;
    for one in seen.all() {
        if one.from == "photoz" && &*one.request.method == "PUT" {
            let named = json(&one.request.body)["scopes"].as_array().cloned().unwrap_or_default();
            of.push((named.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect(), BTreeSet::new()));
        } else if fetched(one) {
            same(one.request.method.as_ref(), "GET", "method")?;
            again += usize::from(signed_in_again);
            if let (false, Some((_, fetched))) = (signed_in_again, of.last_mut()) {
                fetched.insert(one.request.uri.as_str().to_owned());
            }
        } else if one.from == "alice" && one.endpoint == Endpoint::Form && of.len() > 1 {
            signed_in_again = true;
        }
    }
    let (first, second) = (of.first().ok_or("no registration")?, of.get(1).ok_or("no update")?);
    that(!first.0.is_empty(), || "a registration without scopes".to_owned())?;
    same(&first.1, &first.0, "what is looked up at the registration")?;
    same(&second.1, &second.0, "what is looked up at the update")?;
    // D5 §2.4.2 alone asks for it when the owner comes back.
    same(again, if seen.revision() == Revision::Draft05 { second.0.len() } else { 0 }, "looked up when Alice is back")
}

const DISPLAY: FeatureTest = FeatureTest {
    id: "FT-as-rset-reg-scope-display",
    revisions: DRAFTS,
    world: |revision| World::new(revision, &[CONNECT, PERMIT_BOB]).edited("name = \"photoz\"\n", DESCRIBED),
    holds: display,
    fails: &[
        must_fail_when(&[Change::Answer(Endpoint::ScopeDescription, "View photo", "Look at")], "name"),
        must_fail_when(&[Change::Answer(Endpoint::ScopeDescription, "reading-glasses", "sunglasses")], "icon"),
        must_fail_when(&[Change::Request(Endpoint::ScopeDescription, "/scopes/", "/nowhere/")], "name"),
    ],
};

fn display(seen: &Seen) -> Verdict {
    let pages = seen.all().iter().filter(|one| one.from == "alice" && one.to == "copmonkey");
    let pages: String = pages.map(|one| String::from_utf8_lossy(&one.answer().body).into_owned()).collect();
    that(pages.contains("View photo and related info"), || "no page for Alice has the name of a scope".to_owned())?;
    that(pages.contains("Change everything"), || "no page for Alice has the name of the other scope".to_owned())?;
    let icon = "https://photoz.example/icons/reading-glasses.png";
    that(pages.contains(icon), || "no page for Alice has the icon of a scope".to_owned())
}
