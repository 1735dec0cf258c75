//! Every HTTP example of the texts, read to a typed message and written from it again. A vector that repairs a slip of its
//! text says so. What is written equals the example after this normalisation: folded lines are joined; header fields that
//! the example elides with `...` are not compared; JSON and form bodies, queries and challenges are compared by their
//! members; the realm of a bearer challenge is ours; `Location` is resolved; `error_uri`, which has no typed form, is left
//! out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "vectors/core_1_0_1.rs"]
mod core_1_0_1;
#[path = "vectors/drafts/mod.rs"]
mod drafts;
#[path = "vectors/fedauthz.rs"]
mod fedauthz;
#[path = "vectors/grant.rs"]
mod grant;
#[path = "vectors/planted.rs"]
mod planted;
#[path = "vectors/planted_1_0_1.rs"]
mod planted_1_0_1;
#[path = "vectors/planted_2_0.rs"]
mod planted_2_0;
#[path = "vectors/prose.rs"]
mod prose;
#[path = "vectors/rsr_1_0_1.rs"]
mod rsr_1_0_1;
#[path = "vectors/support.rs"]
mod support;
#[path = "vectors/wire_draft06.rs"]
mod wire_draft06;
