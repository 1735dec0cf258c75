//! Messages for people: every secret replaced by its reference ([`secret_reference`]), which a recorder turns into a label
//! such as `ticket#7`. [`request`] and [`response`] write such a message with the references in clear, where the wire
//! would have them percent-encoded or in base64.

use super::{HttpRequest, HttpResponse, encode_request, encode_response};
use crate::wire::oauth::{ClientInformation, TokenRequest, TokenResponse, UmaTicketGrant};
use crate::wire::page::{Form, Page};
use crate::wire::token::{REFERENCE_CLOSE, REFERENCE_OPEN, secret_reference};
use crate::wire::{
    Answer, Call, Challenge, ChallengeReason, ClientAuthentication, Credentials, Request, Response, Revision, Text,
    Token, TokenKind,
};

/// The request as a revision writes it, with references in the place of secrets.
pub fn request(revision: Revision, call: &Call) -> HttpRequest {
    let mut request = encode_request(revision, &redacted(call));
    request.uri = crate::wire::Uri::new(in_clear(request.uri.as_str()));
    request.body = body_in_clear(request.body);
    if let Credentials::Client(ClientAuthentication::Basic(id, secret)) = &call.credentials {
        let shown = format!("Basic {id}:{}", reference(secret));
        let fields = request.headers.iter_mut().filter(|(name, _)| &**name == "Authorization");
        fields.for_each(|(_, value)| *value = shown.as_str().into());
    }
    request
}

/// The answer as a revision writes it, with references in the place of secrets.
pub fn response(revision: Revision, asked: &Request, answer: &Answer) -> HttpResponse {
    let mut response = encode_response(revision, asked, &redacted_answer(answer));
    for (_, value) in &mut response.headers {
        *value = in_clear(value).into();
    }
    response.body = body_in_clear(response.body);
    response
}

fn body_in_clear(body: Vec<u8>) -> Vec<u8> {
    in_clear(&String::from_utf8_lossy(&body)).into_bytes()
}

// A reference that was percent-encoded once (in a query or form), twice (in a URL in a form), and so on.
fn in_clear(text: &str) -> String {
    let mut text = text.to_owned();
    for depth in 0..3 {
        let percent = format!("%{}", "25".repeat(depth));
        let encoded = |c: char| {
            let mut octets = [0; 4];
            c.encode_utf8(&mut octets).bytes().map(|octet| format!("{percent}{octet:02X}")).collect::<String>()
        };
        text = restored(&text, &encoded(REFERENCE_OPEN), &encoded(':'), &encoded(REFERENCE_CLOSE));
    }
    text
}

fn restored(text: &str, open: &str, colon: &str, close: &str) -> String {
    let mut rest = text;
    let mut shown = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once(open) {
        let Some((inside, after)) = after.split_once(close) else { break };
        shown.push_str(before);
        shown.push(REFERENCE_OPEN);
        shown.push_str(&inside.replace(colon, ":"));
        shown.push(REFERENCE_CLOSE);
        rest = after;
    }
    shown.push_str(rest);
    shown
}

fn reference<K: TokenKind>(token: &Token<K>) -> String {
    secret_reference(K::NAME, token.hashed().short())
}

/// A secret as its reference.
fn hide<K: TokenKind>(token: &mut Token<K>) {
    *token = Token::new(reference(token));
}

fn hide_some<K: TokenKind>(token: &mut Option<Token<K>>) {
    token.iter_mut().for_each(hide);
}

/// The same call with every secret replaced by its reference.
#[must_use]
pub fn redacted(call: &Call) -> Call {
    let mut call = call.clone();
    hide_credentials(&mut call.credentials);
    hide_some(&mut call.cookie);
    hide_request(&mut call.message);
    call
}

/// The same answer with every secret replaced by its reference.
#[must_use]
pub fn redacted_answer(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    hide_some(&mut answer.set_cookie);
    hide_response(&mut answer.message);
    answer
}

fn hide_credentials(credentials: &mut Credentials) {
    match credentials {
        Credentials::None | Credentials::Client(ClientAuthentication::Public(_)) => {}
        Credentials::Bearer(token) => hide(token),
        Credentials::Client(ClientAuthentication::Basic(_, secret) | ClientAuthentication::Post(_, secret)) => {
            hide(secret);
        }
        Credentials::Client(ClientAuthentication::Assertion(_, assertion)) => hide(assertion),
    }
}

fn hide_request(request: &mut Request) {
    match request {
        Request::Authorize(request) => hide_some(&mut request.state),
        Request::AuthorizationReturn(answer) => {
            answer.outcome.iter_mut().for_each(hide);
            hide_some(&mut answer.state);
        }
        Request::Token(request) => hide_token_request(request),
        Request::Revoke(request) => hide(&mut request.token),
        Request::Introspect(question) => hide(&mut question.token),
        Request::RequestAuthorizationData { rpt, ticket } => {
            hide(rpt);
            hide(ticket);
        }
        Request::RequestRptForTicket(presented) => {
            hide(&mut presented.ticket);
            hide_some(&mut presented.rpt);
            presented.claim_tokens.iter_mut().for_each(|pushed| hide(&mut pushed.token));
        }
        Request::ClaimsInteraction(interaction) => {
            hide_some(&mut interaction.ticket);
            hide_some(&mut interaction.state);
        }
        Request::ClaimsReturn(answer) => {
            hide_some(&mut answer.ticket);
            hide_some(&mut answer.state);
        }
        Request::Form(form) => hide_form(form),
        Request::GetConfiguration
        | Request::GetJwks
        | Request::GetScopeDescription
        | Request::RegisterClient(_)
        | Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::RequestRpt
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => {}
    }
}

fn hide_token_request(request: &mut TokenRequest) {
    match request {
        TokenRequest::AuthorizationCode { code, redirect_uri: _, code_verifier } => {
            hide(code);
            hide_some(code_verifier);
        }
        TokenRequest::Refresh { refresh_token, scope: _ } => hide(refresh_token),
        TokenRequest::UmaTicket(UmaTicketGrant { ticket, claim_token, pct, rpt, scope: _ }) => {
            hide(ticket);
            claim_token.iter_mut().for_each(|pushed| hide(&mut pushed.token));
            hide_some(pct);
            hide_some(rpt);
        }
        TokenRequest::Saml2Bearer { assertion, scope: _ } => hide(assertion),
        TokenRequest::ExchangeForAssertion { subject_token, audience: _ } => hide(subject_token),
        TokenRequest::ClientCredentials { .. } | TokenRequest::Other(_) => {}
    }
}

fn hide_form(form: &mut Form) {
    match form {
        Form::SignIn { form, username: _, password, second_factor, resume, resume_at: _ } => {
            hide(form);
            hide(password);
            hide_some(second_factor);
            hide_request(resume);
        }
        Form::Consent { form, .. }
        | Form::GiveClaims { form, .. }
        | Form::SetPolicy { form, .. }
        | Form::RemovePolicy { form, .. }
        | Form::AnswerRequest { form, .. }
        | Form::WithdrawApproval { form, .. }
        | Form::SignOut { form } => hide(form),
    }
}

fn hide_response(response: &mut Response) {
    match response {
        Response::ClientRegistered(ClientInformation { client_secret, .. }) => hide_some(client_secret),
        Response::Redirect { to: _, message } => hide_request(message),
        Response::Page(page) => hide_page(page),
        Response::Token(tokens) => hide_tokens(tokens),
        Response::AssertionIssued(issued) => hide(&mut issued.assertion),
        Response::PermissionTicket { ticket, location: _ } => hide(ticket),
        Response::RptIssued(rpt) | Response::RptGranted(rpt) => hide(rpt),
        Response::InfoNeeded(details) => {
            details.requesting_party_claims.iter_mut().for_each(|claims| hide_some(&mut claims.ticket));
        }
        Response::NeedInfo { ticket, .. } | Response::RequestSubmitted { ticket, .. } => hide_some(ticket),
        Response::Challenge(challenge) => hide_challenge(challenge),
        Response::Configuration(_)
        | Response::Jwks(_)
        | Response::ScopeDescription(_)
        | Response::Revoked
        | Response::Owner(_)
        | Response::Description(_)
        | Response::ResourceCreated(_)
        | Response::Resource(_)
        | Response::ResourceUpdated(_)
        | Response::ResourceDeleted
        | Response::ResourceList(_)
        | Response::Introspection(_)
        | Response::AuthorizationDataAdded
        | Response::Failure(_)
        | Response::Content { .. }
        | Response::AuthorizationServerUnreachable { .. }
        | Response::Refused { .. } => {}
    }
}

fn hide_page(page: &mut Page) {
    match page {
        Page::SignIn { form, resume, .. } => {
            hide(form);
            hide_request(resume);
        }
        Page::Consent { form, .. } | Page::GiveClaims { form, .. } => hide(form),
        Page::Account(account) => hide_some(&mut account.form),
        Page::Waiting { again, .. } => hide_request(again),
        Page::Notice { .. } | Page::Shown { .. } | Page::SignedOut => {}
    }
}

fn hide_tokens(tokens: &mut TokenResponse) {
    let TokenResponse { access_token, refresh_token, id_token, pct, expires_in_secs: _, scope: _, upgraded: _ } =
        tokens;
    hide(access_token);
    hide_some(refresh_token);
    hide_some(id_token);
    hide_some(pct);
}

fn hide_challenge(challenge: &mut Challenge) {
    match &mut challenge.reason {
        ChallengeReason::RptNeeded => {}
        ChallengeReason::AuthorizationDataNeeded(ticket)
        | ChallengeReason::TicketGiven(ticket)
        | ChallengeReason::MoreNeeded(ticket) => hide(ticket),
    }
}

/// Puts labels in the place of references: `label` gets the kind and half of the hash, and says what to write.
pub fn relabelled(text: &str, mut label: impl FnMut(&str, u128) -> String) -> Text {
    let mut rest = text;
    let mut shown = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once(REFERENCE_OPEN) {
        shown.push_str(before);
        rest = after;
        let Some((inside, after)) = after.split_once(REFERENCE_CLOSE) else { continue };
        let parsed = inside.split_once(':').and_then(|(kind, hex)| Some((kind, u128::from_str_radix(hex, 16).ok()?)));
        if let Some((kind, short)) = parsed {
            shown.push_str(&label(kind, short));
            rest = after;
        }
    }
    shown.push_str(rest);
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::message::{Exchange, exchange};
    use crate::arbitrary::words::SECRET;
    use crate::wire::request::ClaimsReturn;
    use proptest::prelude::*;

    fn shown(revision: Revision, call: &Call, answer: &Answer) -> String {
        request(revision, call).to_text() + &response(revision, &call.message, answer).to_text()
    }

    proptest! {
        // Every secret of the strategies is marked, so what is looked for does not depend on a list of members.
        #[test]
        fn no_secret_survives(exchange in prop_oneof![
            exchange(Revision::Draft06),
            exchange(Revision::V1_0_1),
            exchange(Revision::V2_0),
        ]) {
            let Exchange { revision, call, answer } = exchange;
            let text = shown(revision, &call, &answer);
            prop_assert!(!text.contains(SECRET), "{text}");
            prop_assert!(!text.contains("E2%9F%A6"), "a reference is not in clear: {text}");
            prop_assert!(!text.contains("E2%259F%25A6"), "a reference is not in clear: {text}");
        }
    }

    #[test]
    fn basic_credentials_and_a_query_show_their_references() {
        let credentials = Credentials::Client(ClientAuthentication::Basic("app".into(), Token::new(SECRET)));
        let message = Request::ClaimsReturn(ClaimsReturn {
            ticket: Some(Token::new("t")),
            state: None,
            error: None,
            authorization_state: None,
        });
        let call = Call { to: "https://c.example/claims-return".into(), credentials, cookie: None, message };
        let text = shown(Revision::V2_0, &call, &Answer::from(Response::Revoked));
        assert!(text.contains(&format!("Basic app:{REFERENCE_OPEN}secret:")), "{text}");
        assert!(text.contains(&format!("?ticket={REFERENCE_OPEN}ticket:")), "{text}");
    }

    #[test]
    fn a_reference_becomes_its_label() {
        let text = format!("ticket={}&x={REFERENCE_OPEN}", secret_reference("ticket", 7));
        let shown = relabelled(&text, |kind, short| format!("{kind}#{short}"));
        assert_eq!(&*shown, "ticket=ticket#7&x=");
    }
}
