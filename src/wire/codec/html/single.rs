//! Pages that stand for themselves.

use super::frame::Frame;
use crate::wire::Request;
use crate::wire::page::{ConsentPurpose, Page};
use askama::Template;

/// "Who are you?"
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignIn<'a> {
    pub(super) frame: &'a Frame,
    pub(super) form: &'a str,
    pub(super) resume: &'a str,
    pub(super) reason: &'a str,
    pub(super) wrong_password: bool,
    pub(super) second_factor: bool,
}

/// "May this client ... on your behalf?"
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct Consent<'a> {
    pub(super) frame: &'a Frame,
    pub(super) form: &'a str,
    pub(super) client: &'a str,
    pub(super) client_id: &'a str,
    pub(super) scope: Vec<&'a str>,
    pub(super) purpose: ConsentPurpose,
}

/// "May these claims be used?"
#[derive(Template)]
#[template(path = "claims.html")]
pub(super) struct Claims<'a> {
    pub(super) frame: &'a Frame,
    pub(super) form: &'a str,
    pub(super) client: &'a str,
    pub(super) client_id: &'a str,
    pub(super) claims: Vec<&'a str>,
}

/// A message, with its status.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice<'a> {
    pub(super) frame: &'a Frame,
    pub(super) status: u16,
    pub(super) heading: &'a str,
    pub(super) text: &'a str,
    pub(super) advice: &'a str,
}

/// What a client waits for. It is the person who looks again: a page that loads itself takes place and time from whoever
/// reads slowly or by a screen reader (WCAG 2.2.1; failure F41).
#[derive(Template)]
#[template(path = "waiting.html")]
pub(super) struct Waiting<'a> {
    pub(super) frame: &'a Frame,
    pub(super) heading: &'a str,
    pub(super) again: &'a str,
}

/// What a client got.
#[derive(Template)]
#[template(path = "shown.html")]
pub(super) struct Shown<'a> {
    pub(super) frame: &'a Frame,
    pub(super) resource: &'a str,
    pub(super) content: &'a str,
}

/// "You are signed out."
#[derive(Template)]
#[template(path = "signed_out.html")]
pub(super) struct SignedOut<'a> {
    pub(super) frame: &'a Frame,
    pub(super) account: &'a str,
}

/// "What is this client to fetch?"
#[derive(Template)]
#[template(path = "fetch.html")]
pub(super) struct Fetch<'a> {
    pub(super) frame: &'a Frame,
    pub(super) path: &'a str,
}

/// "Which authorization server is to protect what you have here?"
#[derive(Template)]
#[template(path = "connect.html")]
pub(super) struct Connect<'a> {
    pub(super) frame: &'a Frame,
    pub(super) path: &'a str,
}

/// Why somebody is asked to sign in.
pub(super) fn reason(page: &Page) -> &'static str {
    let Page::SignIn { resume, .. } = page else { return "" };
    match &**resume {
        Request::Authorize(_) => "An application sent you here to ask for your approval.",
        Request::ClaimsInteraction(_) => "An application sent you here because a resource is shared under conditions.",
        Request::GetAccount => "To see and change what you share.",
        Request::Connect { .. } => "To have your resources here protected.",
        _ => "To go on with what you began.",
    }
}

/// Heading and advice for a status.
pub(super) fn words_for(status: u16) -> (&'static str, &'static str) {
    match status {
        202 => ("Please wait", "You can close this page. Ask again later, and what was decided meanwhile holds."),
        200..=299 => ("Done", "You can close this page, or go back with your browser."),
        400 => ("That cannot be understood", "Go back to where you came from and try again from there."),
        401 => ("Not signed in", "Sign in and try again."),
        403 => ("Not allowed", "If that surprises you, go back to where you came from and begin again there."),
        404 => ("There is no such page", "The address may be old, or it is not yours to see."),
        405 => ("Not like this", "Open the page again from its beginning."),
        408 | 504 => ("That took too long", "Try again in a while."),
        413 | 414 | 431 => ("That is too large", "Try again with less."),
        429 => ("Too many attempts", "Wait a while before you try again."),
        500..=599 => ("Something went wrong here", "It is not your fault. Try again in a while."),
        _ => ("Please note", "You can go back with your browser."),
    }
}
