//! The pages themselves: as they are on file, well formed, usable with a keyboard, and deaf to markup in what they show.

use super::support::{html, pages};
use std::path::PathBuf;

fn same(plain: &str) -> String {
    plain.to_owned()
}

#[test]
fn pages_are_as_on_file() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pages");
    let bless = std::env::var_os("UMAVERSE_BLESS").is_some();
    for (name, page) in pages(&same) {
        let (path, shown) = (folder.join(format!("{name}.html")), html(page));
        // The style sheet has a file of its own.
        let (head, rest) = shown.split_once("<style>").unwrap();
        let shown = format!("{head}<style>{}", &rest[rest.find("</style>").unwrap()..]);
        if bless {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &shown).unwrap();
        }
        let on_file = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(on_file == shown, "{name}: UMAVERSE_BLESS=1 cargo test --test pages writes it anew");
    }
}

// What an attacker would write into every text that a page can show.
const ATTACKS: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</textarea></title><svg/onload=alert(1)>",
];

#[test]
fn nothing_that_is_shown_is_taken_for_markup() {
    let plain: Vec<(&str, Vec<String>)> =
        pages(&same).into_iter().map(|(name, page)| (name, tags(&html(page)))).collect();
    for attack in ATTACKS {
        let say = |text: &str| format!("{text}{attack}");
        for ((name, page), (_, expected)) in pages(&say).into_iter().zip(&plain) {
            let shown = html(page);
            assert!(!shown.contains(attack), "{name} shows {attack} as it is");
            assert_eq!(&tags(&shown), expected, "{name} has other elements with {attack}");
        }
    }
}

// The names of elements and of their attributes, in order.
fn tags(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page.split_once("</style>").unwrap().1;
    while let Some((_, after)) = rest.split_once('<') {
        let mut quoted = false;
        let end = after.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let tag = &after[..end.unwrap()];
        let outside: String = tag.split('"').step_by(2).collect();
        found.push(outside.split_whitespace().collect::<Vec<_>>().join(" "));
        rest = &after[end.unwrap()..];
    }
    found
}

#[test]
fn pages_have_language_landmarks_headings_and_labels() {
    for (name, page) in pages(&same) {
        let shown = html(page);
        assert!(shown.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{name}");
        for part in ["name=\"viewport\"", "<main id=\"main\"", "<header", "class=\"skip\""] {
            assert!(shown.contains(part), "{name}: {part}");
        }
        assert_eq!(shown.matches("<h1").count(), 1, "{name}");
        let active = |tag: &String| tag.starts_with("script") || tag.contains(" on") || tag.contains(" style=");
        assert!(!tags(&shown).iter().any(active), "{name}");
        let ids: Vec<&str> = attributes(&shown, "id=\"");
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{name}: {ids:?}");
        labelled(name, &shown);
    }
}

fn attributes<'a>(shown: &'a str, open: &str) -> Vec<&'a str> {
    let with_space = format!(" {open}");
    shown.split(with_space.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn labelled(name: &str, shown: &str) {
    let labels = attributes(shown, "for=\"");
    for field in ["<input", "<select", "<textarea"] {
        for rest in shown.split(field).skip(1) {
            let tag = &rest[..rest.find('>').unwrap()];
            let id = attributes(tag, "id=\"").first().copied();
            let hidden = tag.contains("type=\"hidden\"");
            assert!(hidden || id.is_some_and(|id| labels.contains(&id)), "{name}: {field}{tag} has no label");
        }
    }
}
