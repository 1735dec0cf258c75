//! Clients that an operator introduces while the server runs, and the removal of any that is not configured.

use crate::role::oauth::registration::SaidBy;
use crate::role::oauth::{OAuthServer, clients, registration, revoke};
use crate::role::operation::{ClientOrigin, Report};
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ClientIntroduced, ClientRemoved, RevocationCause};
use crate::wire::oauth::{ClientInformation, ClientMetadata};
use crate::wire::{ClientId, Text};

/// Introduces a client, or replaces one that was introduced; its secret, if it has one, is always a new one.
pub(super) fn introduce<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: Option<ClientId>,
    metadata: &ClientMetadata,
) -> Report {
    let known = client.as_ref().and_then(|client| clients::origin(server.oauth(), client));
    match known {
        Some(ClientOrigin::Configured) => return Report::Configured,
        Some(ClientOrigin::Registered) => return Report::RegisteredItself,
        Some(ClientOrigin::Introduced) | None => {}
    }
    let metadata = match registration::served(cx, &server.settings(), metadata, SaidBy::Operator) {
        Ok(metadata) => metadata,
        Err(failure) => {
            let code = || failure.code.as_ref().map(|code| Text::from(code.as_str()));
            return Report::Unacceptable(failure.description.clone().or_else(code).unwrap_or_default());
        }
    };
    let information = registration::with_credentials(cx, client, metadata);
    let ClientInformation { client_id, client_secret, metadata } = information.clone();
    let secret = client_secret.map(|secret| secret.hashed());
    server.record(cx, Fact::ClientIntroduced(ClientIntroduced { client: client_id, metadata, secret }));
    Report::Introduced { information: Box::new(information), created: known.is_none() }
}

/// Removes a client: what people approved it for, its codes and its tokens end with it, so that another one of that
/// name begins with nothing.
pub(super) fn remove<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, client: &ClientId) -> Report {
    match clients::origin(server.oauth(), client) {
        None => return Report::Unknown,
        Some(ClientOrigin::Configured) => return Report::Configured,
        Some(ClientOrigin::Introduced | ClientOrigin::Registered) => {}
    }
    server.record(cx, Fact::ClientRemoved(ClientRemoved { client: client.clone() }));
    server.oauth_mut().open.consents.drop_of(client);
    for person in server.oauth().approvals.of_client(client) {
        server.withdraw_approval(cx, &person, client);
    }
    end_tokens(server, cx, client);
    server.on_client_removed(cx, client);
    Report::Done { created: false }
}

// What is left: codes and tokens without an approval behind them.
fn end_tokens<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, client: &ClientId) {
    let (codes, families) =
        (server.oauth().codes.unspent_at(client), server.oauth().access_tokens.families_at(client, cx.at));
    if cx.require(Rule::WithdrawalReachesTokens, codes.is_empty() && families.is_empty()).is_ok() {
        return;
    }
    for code in codes {
        server.record(cx, Fact::CodeRedeemed { code });
    }
    for family in families {
        revoke::family(server, cx, family, RevocationCause::Operator);
    }
}
