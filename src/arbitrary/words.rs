//! The words that messages are made of.

use crate::wire::{ClientId, ETag, Permission, ResourceDescription, ResourceId, Revision, Scope, ScopeSet, Text};
use crate::wire::{Timestamp, Token, TokenKind, Uri};
use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;

/// Every secret of these strategies has this in it, so that a test can look for secrets where none may be.
pub const SECRET: &str = "S3CR3T";

/// A secret that may hold anything but control characters.
pub fn secret<K: TokenKind>() -> impl Strategy<Value = Token<K>> {
    "\\PC{0,12}".prop_map(|rest| Token::new(format!("{SECRET}{rest}")))
}

/// A secret that can stand in a header field: visible ASCII without quotes, commas and semicolons.
pub fn header_secret<K: TokenKind>() -> impl Strategy<Value = Token<K>> {
    "[a-zA-Z0-9._~+/=()^$#-]{0,12}".prop_map(|rest| Token::new(format!("{SECRET}{rest}")))
}

/// Any text without control characters, not empty.
pub fn text() -> impl Strategy<Value = Text> {
    "\\PC{1,12}".prop_map(Text::from)
}

/// Visible ASCII, as in a header field or an error code.
pub fn plain_text() -> impl Strategy<Value = Text> {
    "[!-~]([ -~]{0,12}[!-~])?".prop_map(Text::from)
}

/// An absolute URI, perhaps with a query of its own.
pub fn uri() -> impl Strategy<Value = Uri> {
    "https://[a-z]{1,8}\\.example(/[a-zA-Z0-9._~-]{1,5}){0,2}(\\?[a-m]=[a-z0-9%2]{1,3}(&[a-m]=1)?)?".prop_map(Uri::new)
}

/// A scope: in most places a word without spaces (RFC 6749 §3.3).
pub fn scope() -> impl Strategy<Value = Scope> {
    "[!#-\\[\\]-~]{1,12}".prop_map(Scope::new)
}

/// A set of scopes, perhaps empty.
pub fn scope_set() -> impl Strategy<Value = ScopeSet> {
    btree_set(scope(), 0..4)
}

/// An instant that travels: whole seconds.
pub fn time() -> impl Strategy<Value = Timestamp> {
    (0..u64::from(u32::MAX)).prop_map(Timestamp::from_secs)
}

/// A client identifier.
pub fn client_id() -> impl Strategy<Value = ClientId> {
    text().prop_map(ClientId::new)
}

/// A resource identifier, with every character that a path must escape.
pub fn resource_id() -> impl Strategy<Value = ResourceId> {
    text().prop_map(ResourceId::new)
}

/// The revision of a resource set description.
pub fn etag() -> impl Strategy<Value = ETag> {
    "[a-zA-Z0-9.:-]{1,8}".prop_map(ETag::new)
}

/// A permission that a token carries, with the members that the revision has.
pub fn permission(revision: Revision) -> BoxedStrategy<Permission> {
    let times = match revision {
        Revision::Draft05 | Revision::Draft06 => time().prop_map(|at| (Some(at), None, None)).boxed(),
        Revision::V1_0_1 | Revision::V2_0 => (option::of(time()), option::of(time()), option::of(time())).boxed(),
    };
    (resource_id(), scope_set(), times)
        .prop_map(|(resource_id, scopes, (expires_at, issued_at, not_before))| Permission {
            resource_id,
            scopes,
            expires_at,
            issued_at,
            not_before,
        })
        .boxed()
}

/// A resource description with the members that the revision has, and some that no text names.
pub fn description(revision: Revision) -> impl Strategy<Value = ResourceDescription> {
    let extra = btree_map(
        "x-[a-z#]{1,6}".prop_map(Text::from),
        prop_oneof![
            Just(Text::from("null")),
            Just(Text::from("[1,-2.5,{\"a\":\"\\n\",\"b\":true}]")),
            Just(Text::from("\"text\"")),
        ],
        0..3,
    );
    let maybe = || option::of(text());
    (text(), maybe(), maybe(), maybe(), scope_set(), option::of(uri()), extra).prop_map(
        move |(required, name, type_, description, scopes, icon_uri, extra)| {
            let (name, type_, description) = match revision {
                // D5 §2.4.2 has no `type`.
                Revision::Draft05 => (Some(required), None, None),
                Revision::Draft06 | Revision::V1_0_1 => (Some(required), type_, None),
                Revision::V2_0 => (name, type_, description),
            };
            ResourceDescription { name, scopes, type_, description, icon_uri, extra }
        },
    )
}
