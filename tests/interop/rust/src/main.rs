//! The crate `oauth2`: code with PKCE, refresh, client credentials, introspection, revocation. Who signs in, and what the
//! server answers to the browser, is the business of `sign_in.py`, which this calls.

use oauth2::basic::BasicClient;
use oauth2::ureq;
use oauth2::{
    AccessToken, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IntrospectionUrl,
    PkceCodeChallenge, RedirectUrl, RevocationUrl, Scope, StandardRevocableToken, TokenIntrospectionResponse,
    TokenResponse, TokenUrl,
};
use std::error::Error;
use std::process::Command;

const RETURN: &str = "http://127.0.0.1:1/return";

fn drove(what: &str) {
    println!("{{\"drove\": \"{what}\"}}");
}

fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("no {name}"))
}

fn signed_in(uri: &str) -> Result<(String, String), Box<dyn Error>> {
    let script = environment("SIGN_IN");
    let out = Command::new(environment("PYTHON")).args([&script, uri, RETURN]).output()?;
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let said: serde_json::Value = serde_json::from_slice(&out.stdout)?;
    let part = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    Ok((part("code"), part("state")))
}

fn main() -> Result<(), Box<dyn Error>> {
    let issuer = environment("ISSUER");
    let at = |path: &str| format!("{issuer}{path}");
    let http = ureq::AgentBuilder::new().redirects(0).build();
    for how in [AuthType::BasicAuth, AuthType::RequestBody] {
        let client = BasicClient::new(ClientId::new("known".into()))
            .set_client_secret(ClientSecret::new("the secret of known".into()))
            .set_auth_type(how)
            .set_auth_uri(AuthUrl::new(at("/authorize"))?)
            .set_token_uri(TokenUrl::new(at("/token"))?)
            .set_redirect_uri(RedirectUrl::new(RETURN.into())?)
            .set_introspection_url(IntrospectionUrl::new(at("/introspect"))?)
            .set_revocation_url(RevocationUrl::new(at("/revoke"))?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let asked = client.authorize_url(CsrfToken::new_random).add_scope(Scope::new("uma_protection".into()));
        let (uri, csrf) = asked.set_pkce_challenge(challenge).url();
        let (code, state) = signed_in(uri.as_str())?;
        assert_eq!(&state, csrf.secret());
        let token = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier).request(&http)?;
        assert_eq!(token.scopes().map(Vec::len), Some(1));
        drove("code+pkce");
        let refresh = token.refresh_token().ok_or("no refresh token")?;
        let renewed = client.exchange_refresh_token(refresh).request(&http)?;
        assert_ne!(renewed.access_token().secret(), token.access_token().secret());
        drove("refresh");
        let own = client.exchange_client_credentials().add_scope(Scope::new("uma_protection".into())).request(&http)?;
        assert!(own.expires_in().is_some());
        drove("client credentials");
        // Whoever asks is somebody who protects something, by PAT: the crate sends what it is told to.
        let by_pat = BasicClient::new(ClientId::new("known".into()))
            .set_introspection_url(IntrospectionUrl::new(at("/introspect"))?);
        let unknown = AccessToken::new("unknown".into());
        let bearer = format!("Bearer {}", own.access_token().secret());
        let asking = |request: oauth2::HttpRequest| {
            let mut request = request;
            request.headers_mut().insert("authorization", bearer.parse().expect("a header"));
            oauth2::SyncHttpClient::call(&http, request)
        };
        assert!(!by_pat.introspect(&unknown).request(&asking)?.active());
        drove("introspection");
        let ended = StandardRevocableToken::from(own.access_token());
        // The crate refuses to revoke over plain HTTP, also on the loopback interface; so it says what it would send.
        match client.revoke_token(ended) {
            Ok(request) => request.request(&http)?,
            Err(error) => assert!(format!("{error:?}").contains("InsecureUrl"), "{error:?}"),
        }
    }
    Ok(())
}
