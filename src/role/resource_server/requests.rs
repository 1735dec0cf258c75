//! What an access attempt asks an authorization server: about the RPT (FedAuthz §5.1; D6 §3.3.1), and for a ticket
//! (FedAuthz §4.1; D6 §3.2).

use crate::message::ExchangeId;
use crate::role::Context;
use crate::role::resource_server::access::{self, Attempt, State};
use crate::role::resource_server::pats::{self, Access, PatHash, PatKey};
use crate::role::resource_server::protection::Mapping;
use crate::role::resource_server::{Pending, ResourceServer, decision};
use crate::wire::oauth::IntrospectionRequest;
use crate::wire::{Call, PermissionRequest, Request, Rpt, Timestamp};

/// How a question was asked.
#[derive(Clone, Debug)]
pub(super) struct AskedAs {
    /// On behalf of which attempt.
    pub attempt: ExchangeId,
    /// Whom, for which owner.
    pub key: PatKey,
    /// With which PAT.
    pub pat: PatHash,
    /// When.
    pub sent_at: Timestamp,
}

/// Asks whether the RPT is good and what for.
pub(super) fn introspect(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    attempt: &Attempt,
    mapping: &Mapping,
    access: &Access,
) {
    let endpoint = access.configuration.introspection_endpoint.clone();
    let (Some(to), Some(rpt)) = (endpoint, &attempt.rpt) else {
        return decision::fail_closed(server, cx, attempt);
    };
    // D6 §3.3.1 shows both in one example; 2.0 has neither (FedAuthz §5.1).
    let host_id = server.dialect().host_id(&server.config);
    let resource_id = host_id.as_ref().and(mapping.id.clone());
    let message = Request::Introspect(IntrospectionRequest { token: Rpt::as_kind(rpt), resource_id, host_id });
    let key = attempt.believed.clone();
    let call = access.call(to, message);
    ask(server, cx, attempt, key, access, call, (State::AwaitingIntrospection, Pending::AwaitingIntrospection));
}

/// Asks for a ticket for exactly what the attempt needs, for this attempt alone.
pub(super) fn ask_for_ticket(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    attempt: &Attempt,
    mapping: &Mapping,
    access: &Access,
) {
    let endpoint = access.configuration.permission_endpoint.clone();
    let (Some(to), Some(resource_id)) = (endpoint, mapping.id.clone()) else {
        return decision::fail_closed(server, cx, attempt);
    };
    let dialect = server.dialect();
    let scopes = dialect.permission_scopes(cx, &attempt.need, &mapping.scopes);
    let permissions = vec![PermissionRequest { resource_id, scopes }];
    let key = attempt.protector.clone();
    let array = dialect.asks_with_array(&access.configuration);
    let call = access.call(to, Request::RequestPermissions { permissions, array });
    ask(server, cx, attempt, key, access, call, (State::AwaitingTicket, Pending::AwaitingTicket));
}

fn ask(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    attempt: &Attempt,
    key: PatKey,
    access: &Access,
    call: Call,
    (state, pending): (State, fn(AskedAs) -> Pending),
) {
    let exchange = attempt.asked.exchange;
    let asked_as = AskedAs { attempt: exchange, key, pat: access.pat.hashed(), sent_at: cx.at };
    access::wait(server, exchange, state);
    pats::send(server, cx, call, || pending(asked_as));
}
