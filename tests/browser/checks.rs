//! What every page has to be, whoever looks at it: structure, names of everything that can be used, contrast, width.

use crate::browsers::{NARROW, Person};
use serde_json::Value;

/// Fails when a page is not fit for everybody.
pub(crate) async fn page(person: &Person, name: &str) {
    let mut faults = found(person, STRUCTURE).await;
    for scheme in ["light", "dark"] {
        person.colours(scheme).await;
        let weak = found(person, CONTRAST).await;
        faults.extend(weak.into_iter().map(|fault| format!("{scheme}: {fault}")));
    }
    person.colours("light").await;
    person.width(NARROW).await;
    faults.extend(found(person, WIDTH).await);
    person.width(880).await;
    assert!(faults.is_empty(), "{name} at {}:\n{}", person.address().await, faults.join("\n"));
}

async fn found(person: &Person, expression: &str) -> Vec<String> {
    let Value::Array(faults) = person.evaluates(expression).await else { panic!("no list of faults") };
    faults.iter().map(|fault| fault.as_str().unwrap_or_default().to_owned()).collect()
}

/// Language, title, landmarks, headings, labels, names, order of focus, no scripts.
const STRUCTURE: &str = r#"(() => {
    const faults = [], all = (selector) => [...document.querySelectorAll(selector)];
    const must = (holds, fault) => { if (!holds) faults.push(fault); };
    must(document.documentElement.lang === "en", "no language");
    must(document.title.trim() !== "", "no title");
    must(all("main").length === 1, "not one main part");
    must(all("h1").length === 1, "not one first heading");
    must(all("header").length === 1 && all("footer").length === 1, "no header or footer");
    must(all("script, [onclick], [onload], [style], iframe, object").length === 0, "scripts, frames or inline style");
    let level = 0;
    for (const heading of all("h1, h2, h3, h4, h5, h6")) {
        const next = Number(heading.tagName[1]);
        must(next <= level + 1, `heading "${heading.textContent}" skips a level`);
        level = next;
    }
    const ids = all("[id]").map((one) => one.id);
    must(new Set(ids).size === ids.length, "an identifier twice");
    for (const field of all("input:not([type=hidden]), select, textarea")) {
        must(field.labels.length > 0 && field.labels[0].textContent.trim() !== "", `no label for ${field.name}`);
    }
    for (const one of all("a, button, summary")) must(one.textContent.trim() !== "", `no name: ${one.outerHTML}`);
    for (const one of all("nav, form[aria-label]")) must(one.ariaLabel !== "", "an empty label");
    must(all("[tabindex]").every((one) => one.tabIndex <= 0), "an order of focus of its own");
    const first = all("a[href], button, input:not([type=hidden])")[0];
    must(first && first.classList.contains("skip"), "the first thing to reach is not the way past the navigation");
    const posts = all("form").filter((form) => form.method === "post");
    must(posts.every((form) => form.querySelector("[name=form_key]")), "a form without an anti-forgery key");
    return faults;
})()"#;

/// WCAG 2.2 §1.4.3: 4.5 to 1 for text, 3 to 1 for large text.
const CONTRAST: &str = r#"(() => {
    const faults = [];
    const parse = (text) => {
        const parts = text.match(/[\d.]+/g).map(Number);
        return parts.length > 3 ? parts : [...parts, 1];
    };
    const light = ([r, g, b]) => {
        const linear = (value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        };
        return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = parse(getComputedStyle(one).backgroundColor);
            if (colour[3] === 1) return colour;
        }
        return [255, 255, 255, 1];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() === "" || element.closest("style, option, .vh, .skip")) continue;
        const style = getComputedStyle(element), size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const [a, b] = [light(parse(style.color)), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < (large ? 3 : 4.5)) {
            faults.push(`contrast ${ratio.toFixed(2)} of "${walker.currentNode.data.trim().slice(0, 40)}"`);
        }
    }
    return faults;
})()"#;

/// Nothing is wider than the window, and what is pressed is large enough (WCAG 2.2 §2.5.8: 24 pixels).
const WIDTH: &str = r#"(() => {
    const faults = [], room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > room) {
        for (const one of document.querySelectorAll("body *")) {
            const { right } = one.getBoundingClientRect();
            if (right > room + 0.5 && !one.closest(".skip, .vh")) {
                faults.push(`${one.tagName} "${one.textContent.trim().slice(0, 30)}" ends at ${right} of ${room}`);
            }
        }
        if (faults.length === 0) faults.push(`the page is ${document.documentElement.scrollWidth} of ${room} wide`);
    }
    for (const one of document.querySelectorAll("button, nav a, summary, input[type=text], select")) {
        const { height } = one.getBoundingClientRect();
        if (height > 0 && height < 24) faults.push(`${one.tagName} "${one.textContent.trim()}" is ${height} high`);
    }
    return faults;
})()"#;
