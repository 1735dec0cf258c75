//! The requesting party of an AAT (D6 §3.4.1; Core 1.0.1 §1.3.2): who it is, which tickets it presented, and the claims
//! that are known of it with this client, whichever resource server they were gathered for.

use super::AuthorizationServer;
use super::claims::Established;
use super::tickets::TicketRecord;
use crate::role::oauth::access_tokens::AccessGrant;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, ProcessId, Subject};

/// The person of an AAT; for an organisation there is nobody to name.
pub(super) fn requesting_party(server: &AuthorizationServer, aat: &AccessGrant) -> Option<Subject> {
    let person = aat.person.clone()?;
    Some(Subject { issuer: server.config.issuer.clone(), person })
}

/// True unless the ticket was presented for another requesting party before. An organisation leaves nothing but its
/// client behind.
pub(super) fn is_ticket_of(server: &AuthorizationServer, aat: &AccessGrant, record: &TicketRecord) -> bool {
    match server.claims.party_of(record.process) {
        Some((_, person)) => aat.person.as_ref() == Some(person),
        None => server.tickets.client_of(record.process).is_none() || aat.person.is_none(),
    }
}

/// The AAT names the requesting party of the process, and brings along what was gathered for this client and person
/// before (D6 §3.5.1.1; Core 1.0.1 §1.3.2); what was gathered in this process is remembered in turn.
pub(super) fn bring_claims(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    aat: &AccessGrant,
    process: ProcessId,
    how: ClaimsSource,
) {
    let mut facts = Vec::new();
    let mut know = |subject: Subject, claims, established_at| {
        let client = aat.client.clone();
        facts.push(Fact::ClaimsEstablished { process, client, subject, claims, how, established_at });
    };
    let in_process = server.claims.of(process);
    let party = requesting_party(server, aat);
    if let Some(subject) = party.clone().filter(|_| server.claims.party_of(process).is_none()) {
        know(subject, Vec::new(), cx.at);
    }
    if let Some(person) = &aat.person {
        let of_pair = server.claims.of_pair(&(aat.client.clone(), person.clone()));
        let says_something = |known: &Established| !known.claims.is_empty() || Some(&known.subject) != party.as_ref();
        let new_here = of_pair.iter().filter(|known| says_something(known) && !says(in_process, known));
        let new_to_pair = in_process.iter().filter(|known| known.is_first_hand() && !says(of_pair, known));
        for known in new_here.chain(new_to_pair) {
            know(known.subject.clone(), known.claims.clone(), known.at);
        }
    }
    for fact in facts {
        server.record(cx, fact);
    }
}

fn says(known: &[Established], new: &Established) -> bool {
    known.iter().any(|old| old.subject == new.subject && old.claims == new.claims && old.at >= new.at)
}
