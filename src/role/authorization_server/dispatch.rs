//! Which input goes where.

use super::AuthorizationServer;
use crate::role::{Context, Input};

pub(super) fn handle(_server: &mut AuthorizationServer, _cx: &mut Context<'_>, _input: Input) {}
