//! placeholder
use crate::wire::codec::Routes;
use crate::wire::{Revision, Text, Uri};
/// x
pub fn describe(_: Revision, _: &Uri, _: &Routes, _: bool) -> Text { "{}".into() }
