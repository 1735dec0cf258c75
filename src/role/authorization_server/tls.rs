//! Over which links the authorization server serves: TLS alone, where the text says MUST (FedAuthz §1.3 for the
//! protection API, Core 1.0.1 §1.3.1 and §1.3.2 for both APIs, RFC 6749 §3.1, §3.2 for the OAuth endpoints). The drafts
//! say SHOULD (D6 §1.5, §6) and are served over either.

use super::AuthorizationServer;
use crate::message::Arrival;
use crate::role::oauth::undecodable::meets_people;
use crate::role::{Context, Rule};
use crate::wire::page::Page;
use crate::wire::{Endpoint, ErrorCode, Failure, Response};

/// Looks at the link before anything else, and so at no secret that came in the clear. The refusal, where the link has
/// to be TLS and is not.
pub(super) fn refused(server: &AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) -> Option<Response> {
    if !server.dialect().tls_only() || cx.require(Rule::LinkIsTls, arrival.tls).is_ok() {
        return None;
    }
    cx.our_choice("plain-link-answer");
    Some(refusal(match &arrival.message {
        Ok(message) => message.endpoint(),
        Err(error) => error.endpoint,
    }))
}

fn refusal(endpoint: Endpoint) -> Response {
    let text = "this server is reached over TLS only";
    if meets_people(endpoint) {
        return Response::Page(Page::Notice { status: 400, text: text.into() });
    }
    Response::Failure(Failure::body(400, ErrorCode::InvalidRequest).because(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::{Bench, failed};
    use super::*;
    use crate::wire::{Request, Revision};

    fn list(bench: &mut Bench, tls: bool) -> Response {
        bench.tls = tls;
        bench.with_bearer("pat", Request::ListResources)
    }

    #[test]
    fn a_plain_link_is_served_only_by_drafts() {
        for revision in Revision::ALL {
            let mut bench = Bench::new(revision);
            bench.pat("pat", "alice", "rs1");
            assert_eq!(failed(&list(&mut bench, true)), (0, None));
            assert!(revision.is_draft() || bench.ruled(Rule::LinkIsTls, true));
            let plain = failed(&list(&mut bench, false));
            if revision.is_draft() {
                assert_eq!(plain, (0, None));
                continue;
            }
            assert_eq!(plain, (400, Some(ErrorCode::InvalidRequest)));
            assert!(bench.ruled(Rule::LinkIsTls, false));
            assert_eq!(failed(&list(&mut bench.without(&[Rule::LinkIsTls]), false)), (0, None));
        }
    }

    #[test]
    fn people_get_a_page() {
        assert!(matches!(refusal(Endpoint::Authorization), Response::Page(Page::Notice { status: 400, .. })));
        assert!(matches!(refusal(Endpoint::Token), Response::Failure(_)));
    }
}
