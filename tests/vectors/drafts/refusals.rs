//! Errors of resource set registration that the texts ask for and show no example of.

use super::Draft;
use crate::support::failure;
use umaverse::wire::Request;

fn refused(draft: &Draft, status: u16, code: &str) {
    let read = Request::ReadResource { id: "112210f47de98100".into() };
    let example = format!(
        "HTTP/1.1 {status} No\nContent-Type: application/uma-status+json\n...\n\n\
         {{\"status\": \"error\", \"error\": \"{code}\"}}"
    );
    draft.response(&read, &example, failure(status, code));
}

pub(super) fn unknown_resource_set(draft: &Draft) {
    refused(draft, 404, "not_found");
}

pub(super) fn unknown_method(draft: &Draft) {
    refused(draft, 405, "unsupported_method_type");
}

pub(super) fn stale_entity_tag(draft: &Draft) {
    refused(draft, 412, "precondition_failed");
}
