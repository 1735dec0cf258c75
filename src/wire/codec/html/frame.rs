//! What stands around every page.

use crate::wire::Endpoint;
use crate::wire::codec::front_channel::{CLAIMS_REDIRECT_URIS, Names};
use crate::wire::codec::{HttpRequest, Routes};
use crate::wire::page::AccountView;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A page comes back to the server that made it, which reads either name.
pub(super) const NAMES: Names =
    Names { claims_redirect_uri: "claims_redirect_uri", claims_redirect_uris: CLAIMS_REDIRECT_URIS };

const STYLE: &str = include_str!("../../../../templates/style.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| format!("sha256-{}", STANDARD.encode(Sha256::digest(STYLE))));

/// The hash by which the policy of a page allows its one style sheet.
pub(super) fn style_hash() -> &'static str {
    &STYLE_HASH
}

/// What stands around every page.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The server as the address bar names it.
    pub(super) host: String,
    /// Its origin, which vouches for its own accounts.
    pub(super) origin: String,
    /// Where forms go.
    pub(super) form_path: String,
    /// Where a person's own page is.
    account_path: String,
    /// Who is signed in.
    pub(super) person: Option<String>,
    /// The anti-forgery key with which they sign out.
    pub(super) sign_out_key: Option<String>,
}

impl Frame {
    /// The frame of a server's pages.
    pub(super) fn new(routes: &Routes, request: &HttpRequest) -> Self {
        let form_path = routes.path(Endpoint::Form).unwrap_or("/form").to_owned();
        Self {
            host: request.uri.authority().to_owned(),
            origin: request.uri.origin().to_owned(),
            form_path,
            account_path: routes.path(Endpoint::Account).unwrap_or_default().trim_end_matches('/').to_owned(),
            person: None,
            sign_out_key: None,
        }
    }

    /// Where a part of a person's own page is.
    pub(super) fn path(&self, view: &AccountView) -> String {
        [&*self.account_path, &view.below()].concat()
    }

    /// The same with somebody signed in.
    pub(super) fn signed_in(&self, person: Option<&str>, form: Option<&str>) -> Self {
        Self { person: person.map(str::to_owned), sign_out_key: form.map(str::to_owned), ..self.clone() }
    }

    /// The one style sheet.
    pub(super) fn style(&self) -> &'static str {
        STYLE
    }
}
