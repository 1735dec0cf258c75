//! Pages as browsers get them: what they look like, that nothing in them is taken for markup, what stands around them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod forms;
mod headers;
mod markup;
mod support;
