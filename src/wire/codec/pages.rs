//! What a browser shows, as JSON of a private media type. The member `page` says which page it is.

use super::forms::read_resume;
use super::front_channel::{self, Names};
use super::http::{HttpResponse, essence, header};
use super::json::{Members, Object, malformed, missing, parse};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::page::{AccountPage, Page};
use crate::wire::{FormKey, Request, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The media type of pages between programs.
pub(super) const PAGE: &str = "application/vnd.umaverse.page+json";

/// Whether an answer is a page, whatever its status.
pub(super) fn is_page(response: &HttpResponse) -> bool {
    header(&response.headers, "Content-Type").is_some_and(|media_type| essence(media_type).eq_ignore_ascii_case(PAGE))
}

pub(super) fn write(names: &Names, page: &Page) -> HttpResponse {
    HttpResponse::new(page.status()).secret_json(PAGE, &body(names, page))
}

fn body(names: &Names, page: &Page) -> Value {
    let open = |kind: &str| Members::default().put("page", kind);
    let members = match page {
        Page::SignIn { form, resume, resume_at, wrong_password, second_factor } => open("sign-in")
            .put("form_key", form.expose())
            .put("resume", resume_url(names, resume_at, resume))
            .put("wrong_password", *wrong_password)
            .maybe("second_factor", second_factor.then_some(true)),
        Page::Consent { form, client_id, client_name, scope, purpose } => open("consent")
            .put("form_key", form.expose())
            .put("client_id", client_id.as_str())
            .maybe("client_name", client_name.as_deref())
            .texts("scope", scope.iter().map(|scope| scope.as_str()))
            .put("purpose", plain(purpose)),
        Page::GiveClaims { form, client_id, client_name, claims } => open("give-claims")
            .put("form_key", form.expose())
            .put("client_id", client_id.as_str())
            .maybe("client_name", client_name.as_deref())
            .texts("claims", claims.iter().map(|claim| claim.as_str())),
        Page::Account(account) => account_members(open("account"), account),
        Page::Notice { text, .. } => open("notice").put("text", &**text),
        Page::Waiting { text, again, again_at } => {
            open("waiting").put("text", &**text).put("again", resume_url(names, again_at, again))
        }
        Page::Shown { resource, content } => {
            open("shown").put("resource", resource.as_str()).put("content", &**content)
        }
        Page::SignedOut => open("signed-out"),
    };
    members.into_value()
}

fn resume_url(names: &Names, resume_at: &Uri, resume: &Request) -> String {
    front_channel::url(names, resume_at, resume).as_str().to_owned()
}

fn account_members(members: Members, account: &AccountPage) -> Members {
    members
        .token("form_key", account.form.as_ref())
        .put("person", plain(&account.person))
        .put("view", plain(&account.view))
        .put("changed", plain(&account.changed))
        .put("resources", plain(&account.resources))
        .put("scopes", plain(&account.scopes))
        .put("policies", plain(&account.policies))
        .put("requests", plain(&account.requests))
        .put("clients", plain(&account.clients))
        .put("shares", plain(&account.shares))
        .put("history", plain(&account.history))
}

// Parts without secrets and without maps: their own serde form is exact.
fn plain(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

pub(super) fn read(response: &HttpResponse) -> Result<Page, Kind> {
    let body = parse(&response.body)?;
    let object = Object::of(&body)?;
    let form = || object.required_token("form_key");
    Ok(match object.required("page")? {
        "sign-in" => read_sign_in(form()?, object)?,
        "consent" => Page::Consent {
            form: form()?,
            client_id: object.required("client_id")?.into(),
            client_name: object.word("client_name")?,
            scope: object.required_words("scope")?,
            purpose: part(object, "purpose")?,
        },
        "give-claims" => Page::GiveClaims {
            form: form()?,
            client_id: object.required("client_id")?.into(),
            client_name: object.word("client_name")?,
            claims: object.required_words("claims")?,
        },
        "account" => Page::Account(read_account(object)?),
        "notice" => Page::Notice { status: response.status, text: object.required("text")?.into() },
        "waiting" => {
            let (again_at, again) = read_resume(object.required("again")?)?;
            Page::Waiting { text: object.required("text")?.into(), again: Box::new(again), again_at }
        }
        "shown" => {
            Page::Shown { resource: object.required_uri("resource")?, content: object.required("content")?.into() }
        }
        "signed-out" => Page::SignedOut,
        _ => return Err(malformed("page")),
    })
}

fn read_sign_in(form: FormKey, object: Object<'_>) -> Result<Page, Kind> {
    let (resume_at, resume) = read_resume(object.required("resume")?)?;
    let wrong_password = object.flag("wrong_password")?.unwrap_or_default();
    let second_factor = object.flag("second_factor")?.unwrap_or_default();
    Ok(Page::SignIn { form, resume: Box::new(resume), resume_at, wrong_password, second_factor })
}

fn read_account(object: Object<'_>) -> Result<AccountPage, Kind> {
    Ok(AccountPage {
        form: object.token("form_key")?,
        person: optional(object, "person")?,
        view: part(object, "view")?,
        changed: optional(object, "changed")?,
        resources: part(object, "resources")?,
        scopes: part(object, "scopes")?,
        policies: part(object, "policies")?,
        requests: part(object, "requests")?,
        clients: part(object, "clients")?,
        shares: part(object, "shares")?,
        history: part(object, "history")?,
    })
}

fn optional<T: DeserializeOwned>(object: Object<'_>, name: &str) -> Result<Option<T>, Kind> {
    object.get(name).map(|value| T::deserialize(value).map_err(|_| malformed(name))).transpose()
}

fn part<T: DeserializeOwned>(object: Object<'_>, name: &str) -> Result<T, Kind> {
    T::deserialize(object.get(name).ok_or_else(|| missing(name))?).map_err(|_| malformed(name))
}
