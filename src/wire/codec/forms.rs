//! What a person's browser posts: `form_kind` says which form it is, `form_key` is the anti-forgery key.

use super::front_channel::{self, Names};
use super::json::malformed;
use super::parameters::{Pairs, Parameters};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::page::Form;
use crate::wire::{FormKey, PolicyId, Request, Text, Uri};

pub(super) fn write(names: &Names, form: &Form) -> String {
    let open = |kind: &str, key: &FormKey| Pairs::new().put("form_kind", kind).put("form_key", key.expose());
    let pairs = match form {
        Form::SignIn { form, username, password, second_factor, resume, resume_at } => open("sign-in", form)
            .put("username", username)
            .put("password", password.expose())
            .token("second_factor", second_factor.as_ref())
            .put("resume", front_channel::url(names, resume_at, resume).as_str()),
        Form::Consent { form, approve } => open("consent", form).put("approve", word(*approve)),
        Form::GiveClaims { form, agree } => open("give-claims", form).put("agree", word(*agree)),
        Form::SetPolicy { form, policy } => {
            // A policy has no map with keys that are not text, so it always has a JSON form.
            open("set-policy", form).put("policy", &serde_json::to_string(policy).unwrap_or_default())
        }
        Form::RemovePolicy { form, policy } => open("remove-policy", form).put("policy_id", policy.as_str()),
        Form::AnswerRequest { form, request, approve } => {
            open("answer-request", form).put("request", request).put("approve", word(*approve))
        }
        Form::WithdrawApproval { form, client_id } => open("withdraw-approval", form).put("client", client_id.as_str()),
        Form::SignOut { form } => open("sign-out", form),
    };
    pairs.finish()
}

const fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

pub(super) fn read(fields: &Parameters<'_>) -> Result<Form, Kind> {
    let form = fields.required_token("form_key")?;
    Ok(match fields.required("form_kind")? {
        "sign-in" => read_sign_in(form, fields)?,
        "consent" => Form::Consent { form, approve: yes(fields, "approve")? },
        "give-claims" => Form::GiveClaims { form, agree: yes(fields, "agree")? },
        "set-policy" => {
            let policy = match fields.text("policy")? {
                Some(json) => serde_json::from_str(json).map_err(|_| malformed("policy"))?,
                None => super::html::policy_form::read(fields)?,
            };
            Form::SetPolicy { form, policy }
        }
        "remove-policy" => Form::RemovePolicy { form, policy: PolicyId::from(field(fields, "policy_id")?) },
        "answer-request" => Form::AnswerRequest {
            form,
            request: Text::from(field(fields, "request")?),
            approve: yes(fields, "approve")?,
        },
        "withdraw-approval" => Form::WithdrawApproval { form, client_id: field(fields, "client")?.into() },
        "sign-out" => Form::SignOut { form },
        _ => return Err(malformed("form_kind")),
    })
}

fn read_sign_in(form: FormKey, fields: &Parameters<'_>) -> Result<Form, Kind> {
    let (resume_at, resume) = read_resume(fields.required("resume")?)?;
    Ok(Form::SignIn {
        form,
        username: field(fields, "username")?.into(),
        password: crate::wire::Token::new(field(fields, "password")?),
        second_factor: fields.token("second_factor")?,
        resume: Box::new(resume),
        resume_at,
    })
}

/// What the browser wanted before it was asked, as one URL.
pub(super) fn read_resume(url: &str) -> Result<(Uri, Request), Kind> {
    front_channel::from_url(&Uri::from(url)).map_err(|_| malformed("resume"))
}

// A person may leave a field empty; that is not the same as a field that is missing.
fn field<'a>(fields: &'a Parameters<'_>, name: &str) -> Result<&'a str, Kind> {
    fields.field(name)?.ok_or_else(|| super::json::missing(name))
}

fn yes(fields: &Parameters<'_>, name: &str) -> Result<bool, Kind> {
    match fields.required(name)? {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(malformed(name)),
    }
}
