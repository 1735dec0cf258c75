//! Pages as HTML, for browsers. Programs get the same pages as JSON ([`super::pages`]); what a request accepts decides.
//! Templates stand in `templates/` and are checked when this compiles; everything that they show is escaped. There are
//! no scripts: forms are posted as they are, and decode into the same [`crate::wire::page::Form`]s.

mod account;
mod frame;
mod parts;
mod policy_edit;
pub(super) mod policy_form;
mod single;
mod words;

use super::http::{HttpRequest, HttpResponse, essence, header};
use super::{Routes, credentials, encode_answer};
use crate::wire::page::{AccountChange, AccountPage, AccountView, Page};
use crate::wire::{Answer, Endpoint, Response, Revision, Text};
use askama::Template;
use frame::Frame;

/// The media type of HTML.
const HTML: &str = "text/html; charset=utf-8";

/// Writes the answer of a server to a request that came over HTTP, in the revision of its path or else in the server's:
/// as HTML where a browser asked and there is something to look at, with the cookie as the server's origin wants it.
pub fn encode_for(
    revision: Revision,
    routes: &Routes,
    request: &HttpRequest,
    asked: Endpoint,
    answer: &Answer,
) -> HttpResponse {
    let page = accepts_html(request).then(|| html(&Frame::new(routes, request), request, asked, &answer.message));
    let mut response = page
        .flatten()
        .unwrap_or_else(|| encode_answer(routes.revision(&request.uri).unwrap_or(revision), asked, answer));
    if let Some(session) = &answer.set_cookie {
        response.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Set-Cookie"));
        response = response.with("Set-Cookie", credentials::set_cookie_at(&request.uri, session));
    }
    if matches!(answer.message, Response::Page(_)) { response.with("Vary", "Accept") } else { response }
}

// RFC 9110 §12.5.1, as far as it tells browsers from programs: only who names HTML gets it.
fn accepts_html(request: &HttpRequest) -> bool {
    let Some(accepted) = header(&request.headers, "Accept") else { return false };
    let refused = |range: &str| range.split(';').skip(1).any(|parameter| matches!(parameter.trim(), "q=0" | "q=0.0"));
    accepted.split(',').any(|range| essence(range).eq_ignore_ascii_case("text/html") && !refused(range))
}

fn html(frame: &Frame, request: &HttpRequest, asked: Endpoint, answer: &Response) -> Option<HttpResponse> {
    match answer {
        Response::Page(Page::Account(account)) if &*request.method == "POST" => Some(see_other(frame, account)),
        // A person who comes without saying what for is asked.
        Response::Page(Page::Notice { .. }) if has_no_query(request) && asked == Endpoint::Fetch => {
            respond(200, &single::Fetch { frame, path: request.uri.path() })
        }
        Response::Page(Page::Notice { .. }) if has_no_query(request) && asked == Endpoint::Connect => {
            respond(200, &single::Connect { frame, path: request.uri.path() })
        }
        Response::Page(page) => show(frame, request, page),
        Response::Refused { status } => notice(frame, *status, ""),
        _ => None,
    }
}

fn has_no_query(request: &HttpRequest) -> bool {
    &*request.method == "GET" && request.uri.query().is_none_or(str::is_empty)
}

// RFC 9110 §15.4.4: so that loading the page again does not send the form again.
fn see_other(frame: &Frame, account: &AccountPage) -> HttpResponse {
    let path = frame.path(&account.view);
    let to = account.changed.map_or_else(|| path.clone(), |changed| format!("{path}?{DONE}={}", changed.name()));
    HttpResponse::new(303).with("Location", to).with("Cache-Control", "no-store")
}

/// The parameter that says what a form has changed. It only chooses among sentences of ours.
const DONE: &str = "done";

fn done(request: &HttpRequest) -> Option<AccountChange> {
    AccountChange::parse(super::parameters::Parameters::of_query(&request.uri).first(DONE)?)
}

fn show(frame: &Frame, request: &HttpRequest, page: &Page) -> Option<HttpResponse> {
    match page {
        Page::SignIn { form, resume, resume_at, wrong_password, second_factor } => {
            let resume = super::front_channel::url(&frame::NAMES, resume_at, resume);
            let reason = single::reason(page);
            let (form, resume, wrong_password) = (form.expose(), resume.as_str(), *wrong_password);
            respond(200, &single::SignIn { frame, form, resume, reason, wrong_password, second_factor: *second_factor })
        }
        Page::Consent { form, client_id, client_name, scope, purpose } => {
            let (client, client_id) = (words::client(client_name.as_deref(), client_id), client_id.as_str());
            let scope = words::scopes(scope);
            respond(200, &single::Consent { frame, form: form.expose(), client, client_id, scope, purpose: *purpose })
        }
        Page::GiveClaims { form, client_id, client_name, claims } => {
            let (client, client_id) = (words::client(client_name.as_deref(), client_id), client_id.as_str());
            let claims = claims.iter().map(|claim| claim.as_str()).collect();
            respond(200, &single::Claims { frame, form: form.expose(), client, client_id, claims })
        }
        Page::Account(account) => {
            let done = account.changed.or_else(|| done(request));
            let form = account.form.as_ref().map(|form| form.expose());
            let frame = frame.signed_in(account.person.as_ref().map(|person| person.as_str()), form);
            finish(200, account::render(&frame, account, done), FORMS_STAY)
        }
        Page::Notice { status, text } => notice(frame, *status, text),
        Page::Waiting { text, again, again_at } => {
            let again = super::front_channel::url(&frame::NAMES, again_at, again);
            respond(page.status(), &single::Waiting { frame, heading: &words::sentence(text), again: again.as_str() })
        }
        Page::Shown { resource, content } => {
            respond(200, &single::Shown { frame, resource: resource.as_str(), content })
        }
        Page::SignedOut => {
            let forgotten = credentials::forget_cookie_at(&request.uri);
            let page = respond(200, &single::SignedOut { frame, account: &frame.path(&AccountView::Overview) })?;
            Some(page.with("Set-Cookie", forgotten))
        }
    }
}

fn notice(frame: &Frame, status: u16, text: &str) -> Option<HttpResponse> {
    let (heading, advice) = single::words_for(status);
    let text = &words::sentence(text);
    // Good news needs no other heading.
    let heading = if status < 300 { text } else { heading };
    respond(status, &single::Notice { frame, status, heading, text, advice })
}

fn respond(status: u16, page: &impl Template) -> Option<HttpResponse> {
    finish(status, page.render(), "")
}

/// Forms of the account page lead nowhere else. Those of sign-in, consent and claims do: browsers hold the redirects
/// after a form to this directive as well, and where a client sends a person next is not known here.
const FORMS_STAY: &str = "; form-action 'self'";

// A template that cannot be rendered is a fault of ours, and the caller falls back to JSON.
fn finish(status: u16, rendered: askama::Result<String>, more_policy: &str) -> Option<HttpResponse> {
    let mut response = HttpResponse::new(status);
    response.body = rendered.ok()?.into_bytes();
    let policy = format!(
        "default-src 'none'; style-src '{}'; base-uri 'none'; frame-ancestors 'none'{more_policy}",
        frame::style_hash()
    );
    let fields: [(&str, Text); 7] = [
        ("Content-Type", HTML.into()),
        ("Content-Security-Policy", policy.into()),
        ("X-Frame-Options", "DENY".into()),
        ("X-Content-Type-Options", "nosniff".into()),
        ("Referrer-Policy", "no-referrer".into()),
        ("Cross-Origin-Opener-Policy", "same-origin".into()),
        ("Cache-Control", "no-store".into()),
    ];
    Some(fields.into_iter().fold(response, |response, (name, value)| response.with(name, value)))
}
