//! The way back from claims gathering in 1.0.1 (Core 1.0.1 §3.6.3): `authorization_state`, the ticket that was sent if
//! more is needed, and with the claims-security extension a new ticket each time.

use super::AuthorizationServer;
use super::assessment::{Assessment, Question, assess};
use super::dialect::Brought;
use super::gathering::Interaction;
use super::tickets::{self, TicketRecord};
use super::v2_results::ask_owner_once;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::TicketReason;
use crate::wire::request::AuthorizationState;
use crate::wire::{Endpoint, ErrorCode, PermissionTicket, ScopeSet};

// Nobody brings an AAT here: whether its sign-in is strong enough is said at the RPT endpoint.
const UNKNOWN_SIGN_IN: &str = "";

/// The person gave claims: says whether they may suffice.
pub(super) fn given(server: &mut AuthorizationServer, cx: &mut Context<'_>, interaction: &Interaction) -> Brought {
    let Some(record) = usable(server, cx, interaction) else { return Brought::error(ErrorCode::InvalidRequest) };
    let question = Question {
        ticket: interaction.ticket,
        record: &record,
        client: &interaction.client,
        acr: Some(&UNKNOWN_SIGN_IN.into()),
        requested_scopes: &ScopeSet::new(),
    };
    let assessment = assess(server, cx, &question);
    let state = state(&assessment, server.config.partial_grants);
    if state == AuthorizationState::RequestSubmitted {
        let (process, client) = (record.process, &interaction.client);
        ask_owner_once(server, cx, process, client, &assessment.pending, assessment.subjects());
    }
    let ticket = ticket(server, cx, interaction, &record, state);
    Brought { ticket, error: None, authorization_state: Some(state) }
}

/// The person went without having given claims.
pub(super) fn refused(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    interaction: &Interaction,
    error: ErrorCode,
) -> Brought {
    if error != ErrorCode::AccessDenied {
        return Brought::error(error);
    }
    let Some(record) = usable(server, cx, interaction) else { return Brought::error(ErrorCode::InvalidRequest) };
    // Core 1.0.1 §3.6.3 has no error for a person who declines.
    cx.our_choice("declined-claims-are-not-authorized");
    let state = AuthorizationState::NotAuthorized;
    let ticket = ticket(server, cx, interaction, &record, state);
    Brought { ticket, error: None, authorization_state: Some(state) }
}

// With the extension two people may be under way with one ticket, of whom the first to return uses it up.
fn usable(server: &AuthorizationServer, cx: &mut Context<'_>, interaction: &Interaction) -> Option<TicketRecord> {
    let record = server.tickets.get(&interaction.ticket)?;
    if server.config.v1_0_1.security_enhanced_claims {
        cx.require(Rule::TicketUnspent, !record.spent).ok()?;
    }
    Some(record.clone())
}

fn state(assessment: &Assessment, partial: bool) -> AuthorizationState {
    if assessment.hopeless && !(partial && assessment.is_hopeful_in_part()) {
        AuthorizationState::NotAuthorized
    } else if !assessment.missing.is_empty() {
        AuthorizationState::NeedInfo
    } else if !assessment.pending.is_empty() && assessment.granted.is_empty() {
        AuthorizationState::RequestSubmitted
    } else {
        AuthorizationState::ClaimsSubmitted
    }
}

fn ticket(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    interaction: &Interaction,
    record: &TicketRecord,
    state: AuthorizationState,
) -> Option<PermissionTicket> {
    if !server.config.v1_0_1.security_enhanced_claims {
        // Core 1.0.1 §3.6.3: "MUST be present if and only if the authorization_state is need_info".
        return (state == AuthorizationState::NeedInfo).then(|| interaction.presented.clone());
    }
    if state != AuthorizationState::NeedInfo {
        // Claims-security extension §2.3 against Core 1.0.1 §3.6.3: without a new ticket here the attack goes on.
        cx.our_choice("enhanced-return-always-has-a-ticket");
    }
    rotated(server, cx, interaction, record)
}

// Claims-security extension §2.3: "select a new unguessable value ... and invalidate the permission ticket previously
// received". The rule is that the ticket sent is of no further use; where it is obeyed, that is done here.
fn rotated(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    interaction: &Interaction,
    record: &TicketRecord,
) -> Option<PermissionTicket> {
    let Interaction { process, client, ticket, .. } = interaction.clone();
    if cx.require(Rule::ReturnRotatesTicket, record.spent).is_ok() {
        return Some(interaction.presented.clone());
    }
    let at = Endpoint::ClaimsInteraction;
    server.record(cx, Fact::TicketRedeemed { ticket, process, client, at, spent: true });
    Some(tickets::succeed(server, cx, ticket, record, TicketReason::ClaimsReturn))
}
