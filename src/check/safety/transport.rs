//! TLS-1: an authorization server gives nothing over a link that is not TLS, and publishes no address that leads to one.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::safety::{honest, name};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Record, Truth};
use crate::wire::{Configuration, Response, Uri};

/// Watches what authorization servers answer over which link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transport;

impl Family for Transport {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        let Event::Answered { from, exchange, status, answer, .. } = &record.event else { return };
        let serves = truth.get(*from).is_some_and(|node| node.role == RoleKind::AuthorizationServer);
        if !serves || !honest(truth, *from) {
            return;
        }
        let Some(asked) = ledger.exchanges.get(*exchange) else { return };
        tally.check(Id::Tls1, asked.uri.is_https() || *status >= 400, || {
            format!("{} served {} over a link that is not TLS", name(truth, *from), asked.uri.base())
        });
        if let Response::Configuration(document) = &answer.message
            && let Some(plain) = addresses(document).find(|address| !address.is_https())
        {
            tally.check(Id::Tls1, false, || format!("{} publishes {plain}, which is not TLS", name(truth, *from)));
        }
    }
}

fn addresses(document: &Configuration) -> impl Iterator<Item = &Uri> {
    let optional = [
        &document.authorization_endpoint,
        &document.registration_endpoint,
        &document.revocation_endpoint,
        &document.jwks_uri,
        &document.resource_registration_endpoint,
        &document.permission_endpoint,
        &document.introspection_endpoint,
        &document.claims_interaction_endpoint,
        &document.rpt_endpoint,
        &document.permission_request_endpoint,
        &document.security_enhanced_claims_endpoint,
        &document.owner_endpoint,
        &document.openapi_uri,
    ];
    [&document.issuer, &document.token_endpoint].into_iter().chain(optional.into_iter().flatten())
}
