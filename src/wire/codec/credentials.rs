//! Who sends a request: `Authorization` (RFC 6750 §2.1, RFC 6749 §2.3.1), client credentials in a form body, cookies.

use super::http::header;
use super::json::malformed;
use super::parameters::{Pairs, Parameters};
use crate::wire::client_assertion::{self, JWT_BEARER};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{ClientAssertion, ClientAuthentication, ClientId, Credentials, SessionCookie, Text, Token, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

/// RFC 7521 §4.2.
const ASSERTION: &str = "client_assertion";
const ASSERTION_TYPE: &str = "client_assertion_type";
const COOKIE: &str = "session";
/// The prefix of a cookie that no other host and no link without TLS can have set (RFC 6265bis §4.1.3.2).
const HOST_ONLY: &str = "__Host-";

// Cookies know hosts and no ports, and nodes on one machine differ in nothing else.
fn cookie_name(at: &Uri) -> String {
    let prefix = if at.is_https() { HOST_ONLY } else { "" };
    let port = at.authority().rsplit_once(':').map(|(_, port)| port);
    let port = port.filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    port.map_or_else(|| format!("{prefix}{COOKIE}"), |port| format!("{prefix}{COOKIE}-{port}"))
}

/// The value of the `Authorization` field, if the credentials go there.
pub(super) fn authorization(credentials: &Credentials) -> Option<String> {
    match credentials {
        Credentials::Bearer(token) => Some(format!("Bearer {}", token.expose())),
        Credentials::Client(ClientAuthentication::Basic(id, secret)) => {
            // RFC 6749 §2.3.1: both are form-encoded before they are joined.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encoded(id.as_str()), encoded(secret.expose()));
            Some(format!("Basic {}", STANDARD.encode(pair)))
        }
        Credentials::None
        | Credentials::Client(
            ClientAuthentication::Public(_) | ClientAuthentication::Post(_, _) | ClientAuthentication::Assertion(..),
        ) => None,
    }
}

/// What `Authorization` says. A field that does not parse counts as none.
pub(super) fn read(headers: &[(Text, Text)]) -> Credentials {
    let Some((scheme, value)) = header(headers, "Authorization").and_then(|field| field.trim().split_once(' ')) else {
        return Credentials::None;
    };
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("Bearer") && !value.is_empty() {
        Credentials::Bearer(Token::new(value))
    } else if scheme.eq_ignore_ascii_case("Basic") {
        basic(value).map_or(Credentials::None, Credentials::Client)
    } else {
        Credentials::None
    }
}

fn basic(value: &str) -> Option<ClientAuthentication> {
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some(ClientAuthentication::Basic(ClientId::new(form_decoded(id)), Token::new(form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    // A plus is a space, a percent sign starts an octet: one pair without a name or a sign of equality.
    let escaped = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

/// A form body with the credentials that go there.
pub(super) fn in_form(pairs: Pairs, credentials: &Credentials) -> Pairs {
    match credentials {
        Credentials::Client(ClientAuthentication::Public(id)) => pairs.put("client_id", id.as_str()),
        Credentials::Client(ClientAuthentication::Post(id, secret)) => {
            pairs.put("client_id", id.as_str()).put("client_secret", secret.expose())
        }
        Credentials::Client(ClientAuthentication::Assertion(id, assertion)) => {
            pairs.put("client_id", id.as_str()).put(ASSERTION_TYPE, JWT_BEARER).put(ASSERTION, assertion.expose())
        }
        Credentials::None | Credentials::Bearer(_) | Credentials::Client(ClientAuthentication::Basic(_, _)) => pairs,
    }
}

/// What `Authorization` and the form body say together, as far as they say anything. A bearer token is nobody's
/// authentication as a client (RFC 6749 §2.3), so the body has the word beside one too: there are clients that send their
/// newest token with everything.
pub(super) fn read_with_form(headers: &[(Text, Text)], form: &Parameters<'_>) -> Credentials {
    match read(headers) {
        found @ Credentials::Client(_) => found,
        found @ (Credentials::None | Credentials::Bearer(_)) => {
            if form.first(ASSERTION_TYPE).or(form.first(ASSERTION)).is_some() {
                return assertion(form).map_or(Credentials::None, Credentials::Client);
            }
            form.first("client_id").map_or(found, |id| Credentials::Client(in_body(id, form)))
        }
    }
}

fn in_body(id: &str, form: &Parameters<'_>) -> ClientAuthentication {
    match form.field("client_secret") {
        Ok(Some(secret)) => ClientAuthentication::Post(id.into(), Token::new(secret)),
        Ok(None) | Err(_) => ClientAuthentication::Public(id.into()),
    }
}

// RFC 7521 §4.2: `client_id` is "unnecessary", as the assertion names the client.
fn assertion(form: &Parameters<'_>) -> Option<ClientAuthentication> {
    if form.text(ASSERTION_TYPE) != Ok(Some(JWT_BEARER)) {
        return None;
    }
    let assertion: ClientAssertion = form.token(ASSERTION).ok()??;
    let said = form.first("client_id").map(ClientId::from);
    let client = said.or_else(|| client_assertion::read(&assertion).map(|read| read.claims.subject))?;
    Some(ClientAuthentication::Assertion(client, assertion))
}

/// RFC 6749 §2.3: "The client MUST NOT use more than one authentication method in each request."
pub(super) fn check_single(headers: &[(Text, Text)], form: &Parameters<'_>) -> Result<(), Kind> {
    let (id, secret) = (form.text("client_id")?, form.field("client_secret")?);
    let asserted = form.text(ASSERTION)?.or(form.text(ASSERTION_TYPE)?).is_some();
    match read(headers) {
        Credentials::Client(client)
            if secret.is_some() || asserted || id.is_some_and(|id| id != client.client_id().as_str()) =>
        {
            Err(malformed("client authentication"))
        }
        _ if asserted && secret.is_some() => Err(malformed("client authentication")),
        Credentials::None | Credentials::Bearer(_) | Credentials::Client(_) => Ok(()),
    }
}

/// The value of a `Cookie` field.
pub(super) fn cookie(at: &Uri, session: &SessionCookie) -> String {
    format!("{}={}", cookie_name(at), session.expose())
}

/// The session of a `Cookie` field at the server of that origin.
pub(super) fn read_cookie(at: &Uri, headers: &[(Text, Text)]) -> Option<SessionCookie> {
    let cookies = header(headers, "Cookie")?;
    let name = cookie_name(at);
    cookies.split(';').find_map(|pair| session(pair, |candidate| candidate == name))
}

/// The value of a `Set-Cookie` field of the server at that origin: `Secure` and the prefix need TLS.
pub(super) fn set_cookie_at(at: &Uri, session: &SessionCookie) -> String {
    let secure = if at.is_https() { " Secure;" } else { "" };
    format!("{}={}; Path=/; HttpOnly;{secure} SameSite=Lax", cookie_name(at), session.expose())
}

/// The value of a `Set-Cookie` field by which a browser forgets the session of the server at that origin.
pub(super) fn forget_cookie_at(at: &Uri) -> String {
    format!("{}; Max-Age=0", set_cookie_at(at, &Token::new("")))
}

/// The value of a `Set-Cookie` field of a server at an origin with TLS and without a port, as those of simulations are.
pub(super) fn set_cookie(session: &SessionCookie) -> String {
    format!("{HOST_ONLY}{COOKIE}={}; Path=/; HttpOnly; Secure; SameSite=Lax", session.expose())
}

/// The session that an answer sets.
pub(super) fn read_set_cookie(headers: &[(Text, Text)]) -> Option<SessionCookie> {
    let fields = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
    fields.filter_map(|(_, value)| value.split(';').next()).find_map(|pair| session(pair, is_session))
}

fn is_session(name: &str) -> bool {
    let name = name.strip_prefix(HOST_ONLY).unwrap_or(name);
    name.strip_prefix(COOKIE).is_some_and(|port| port.is_empty() || port.starts_with('-'))
}

fn session(pair: &str, is_name: impl Fn(&str) -> bool) -> Option<SessionCookie> {
    let (name, value) = pair.trim().split_once('=')?;
    is_name(name).then(|| Token::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization_field(value: &str) -> Vec<(Text, Text)> {
        vec![("authorization".into(), value.into())]
    }

    #[test]
    fn basic_credentials_are_form_encoded_inside() {
        let client = ClientAuthentication::Basic(ClientId::from("a b:c"), Token::new("100%&x=+é"));
        let field = authorization(&Credentials::Client(client.clone())).unwrap_or_default();
        assert_eq!(read(&authorization_field(&field)), Credentials::Client(client));
    }

    #[test]
    fn what_does_not_parse_is_no_credential() {
        for value in ["Basic jwfLG53^sad$#f", "Basic", "Bearer ", "Digest x", "Basic bm9jb2xvbg==", ""] {
            assert_eq!(read(&authorization_field(value)), Credentials::None, "{value}");
        }
        assert_eq!(read(&authorization_field("bearer  t")), Credentials::Bearer(Token::new("t")));
    }

    #[test]
    fn two_ways_of_authentication_are_one_too_many() {
        let basic = authorization_field("Basic YTpi");
        assert!(check_single(&basic, &Parameters::parse(b"client_id=a")).is_ok());
        assert!(check_single(&basic, &Parameters::parse(b"client_id=x")).is_err());
        assert!(check_single(&basic, &Parameters::parse(b"client_secret=b")).is_err());
        assert!(check_single(&[], &Parameters::parse(b"client_id=a&client_secret=b")).is_ok());
    }

    #[test]
    fn an_assertion_is_one_way_and_names_the_client() {
        let claims = "eyJpc3MiOiJhcHAiLCJzdWIiOiJhcHAiLCJhdWQiOiJ4IiwiZXhwIjoxfQ";
        let jwt = format!("eyJhbGciOiJFZERTQSJ9.{claims}.eA");
        let body = |rest: &str| format!("client_assertion={jwt}&client_assertion_type={JWT_BEARER}{rest}");
        let read = |body: &str| read_with_form(&[], &Parameters::parse(body.as_bytes()));
        let as_client =
            |id: &str| Credentials::Client(ClientAuthentication::Assertion(id.into(), Token::new(jwt.as_str())));
        assert_eq!(read(&body("")), as_client("app"));
        assert_eq!(read(&body("&client_id=other")), as_client("other"), "what it says is judged elsewhere");
        // What cannot be read is never taken for a public client's silence.
        for bad in ["client_assertion=x.y.z", &format!("client_assertion={jwt}"), "client_assertion_type=saml"] {
            assert_eq!(read(&format!("{bad}&client_id=app")), Credentials::None, "{bad}");
        }
        let single = |headers: &[(Text, Text)], body: &str| check_single(headers, &Parameters::parse(body.as_bytes()));
        assert!(single(&[], &body("&client_id=app")).is_ok());
        assert!(single(&[], &body("&client_id=app&client_secret=s")).is_err());
        assert!(single(&authorization_field("Basic YTpi"), &body("")).is_err());
    }

    #[test]
    fn a_bearer_token_says_nothing_about_the_client() {
        let bearer = authorization_field("Bearer t");
        let read = |body: &[u8]| read_with_form(&bearer, &Parameters::parse(body));
        let client = ClientAuthentication::Post("a".into(), Token::new("b"));
        assert_eq!(read(b"client_id=a&client_secret=b"), Credentials::Client(client));
        assert_eq!(read(b"ticket=t"), Credentials::Bearer(Token::new("t")));
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let headers = [("Cookie".into(), "theme=dark; session-8=s=0; __Host-session=s=1; session=s=2".into())];
        let read = |at: &str| read_cookie(&Uri::from(at), &headers);
        assert_eq!(read("https://as.example/x"), Some(Token::new("s=1")));
        assert_eq!(
            (read("http://as.example"), read("http://[::1]:8/")),
            (Some(Token::new("s=2")), Some(Token::new("s=0")))
        );
        assert_eq!((read("http://as.example:9"), read("https://as.example:8")), (None, None));
        let headers = [("set-cookie".into(), "a=b".into()), ("Set-Cookie".into(), set_cookie(&Token::new("x")).into())];
        assert_eq!(read_set_cookie(&headers), Some(Token::new("x")));
    }

    #[test]
    fn a_cookie_is_secure_and_host_only_where_the_link_is() {
        let set = |at: &str| set_cookie_at(&Uri::from(at), &Token::new("x"));
        assert_eq!(set("https://as.example"), "__Host-session=x; Path=/; HttpOnly; Secure; SameSite=Lax");
        assert_eq!(set("http://127.0.0.1:8001"), "session-8001=x; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(
            forget_cookie_at(&Uri::from("http://127.0.0.1:8001")),
            "session-8001=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
        for at in ["https://as.example", "http://127.0.0.1:8001", "https://as.example:8443"] {
            let headers = [("Set-Cookie".into(), set(at).into())];
            assert_eq!(read_set_cookie(&headers), Some(Token::new("x")));
            let headers = [("Cookie".into(), cookie(&Uri::from(at), &Token::new("x")).into())];
            assert_eq!(read_cookie(&Uri::from(at), &headers), Some(Token::new("x")));
        }
    }
}
