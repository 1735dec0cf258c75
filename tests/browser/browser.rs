//! Pages in a real browser: headless Chromium, driven over WebDriver, at real nodes. Fails where Chromium or its driver
//! is missing. Not part of `cargo test`, because it needs them:
//! `cargo build && cargo test -p umaverse-browser-tests`.
//!
//! What is looked at goes to `target/gallery`, and with `UMAVERSE_BLESS=1` to `reports/gallery`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod accounts;
mod browsers;
mod checks;
mod early;
#[path = "../serve/ecosystem.rs"]
#[allow(dead_code, reason = "the nodes of another test, which needs more of them")]
mod ecosystem;
mod gallery;
mod guards;
mod keyboard;
mod policies;
mod stay;
mod story;
mod world;
