//! Pictures of pages: what was looked at, under the name it always has.

use std::fs;
use std::path::{Path, PathBuf};

/// Every picture, in the order of the story, with what it shows.
pub(crate) const PICTURES: &[(&str, &str)] = &[
    ("connect", "A resource server asks which authorization server is to protect what somebody keeps there."),
    ("sign-in", "Signing in."),
    ("sign-in-wrong", "A wrong password."),
    ("sign-in-locked", "Too many wrong ones."),
    ("consent-resource-server", "The owner is asked whether a resource server may have its resources protected here."),
    ("connected", "It may."),
    ("resources", "What the owner has."),
    ("resource", "One resource, nobody has access, and the form that shares it."),
    ("policies", "A policy is set."),
    ("policy", "Changing it."),
    ("fetch", "A client asks what it is to fetch."),
    ("identity-provider", "The requesting party signs in at an identity provider."),
    ("consent-identity", "It asks whether the authorization server may know who they are."),
    ("claims", "The authorization server asks whether it may use that for this client."),
    ("waiting", "The client waits for the owner."),
    ("overview", "A request waits for the owner."),
    ("overview-dark", "The same in the dark."),
    ("overview-telephone", "The same on a telephone."),
    ("requests", "Pending requests."),
    ("request-approved", "The owner agrees."),
    ("photo", "The client has the photo."),
    ("shares", "Who has access now."),
    ("history", "Who asked for what, and what they got or why not."),
    ("history-telephone", "The same on a telephone."),
    ("policy-withdrawn", "The owner withdraws the policy."),
    ("refused", "The client is refused."),
    ("signed-out", "The owner signs out."),
    ("consent-authorization", "1.0.1: the requesting party is asked whether a client may act for them (AAT)."),
    ("consent-authorization-telephone", "The same on a telephone."),
    ("consent-authorization-draft", "The same in draft-06."),
    ("applications", "The clients that somebody approved."),
    (
        "application-asserted",
        "A client that came with a SAML assertion: nobody asked, and it can be withdrawn all the same.",
    ),
    ("application-withdrawn", "One of them is withdrawn."),
    ("not-found", "A page that does not exist."),
    ("stale-form", "A form that is not good any more."),
];

const EXTENSION: &str = "png";

fn on_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/gallery")
}

fn blesses() -> bool {
    std::env::var_os("UMAVERSE_BLESS").is_some()
}

/// Keeps a picture.
pub(crate) fn keep(name: &str, picture: &[u8]) {
    assert!(PICTURES.iter().any(|(known, _)| *known == name), "`{name}` is not in the list of pictures");
    let folder = match blesses() {
        true => on_file(),
        false => Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery"),
    };
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name).with_extension(EXTENSION), picture).unwrap();
}

fn index() -> String {
    let mut text = String::from(
        "# Pages\n\nTaken by `UMAVERSE_BLESS=1 cargo test -p umaverse-browser-tests` in headless Chromium, at real nodes.\n",
    );
    for (name, shows) in PICTURES {
        text.push_str(&format!("\n## {name}\n\n{shows}\n\n![{name}]({name}.{EXTENSION})\n"));
    }
    text
}

#[test]
fn the_gallery_shows_every_page_once() {
    let index_file = on_file().join("README.md");
    if blesses() {
        fs::create_dir_all(on_file()).unwrap();
        fs::write(&index_file, index()).unwrap();
        return;
    }
    assert_eq!(fs::read_to_string(&index_file).unwrap(), index());
    let mut found: Vec<String> = fs::read_dir(on_file())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort_unstable();
    let mut listed: Vec<&str> = PICTURES.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(found, listed);
}
