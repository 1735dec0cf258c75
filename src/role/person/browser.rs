//! The browser: cookies by origin, tabs, redirects. It follows what it is told as a real one does and knows nothing of
//! what the messages mean.

use crate::message::ExchangeId;
use crate::role::person::owner::Errand;
use crate::role::person::{Person, call};
use crate::role::{Context, Machine};
use crate::trace::{Fact, Note};
use crate::wire::page::Form;
use crate::wire::{Answer, Call, DecodeError, Duration, Request, Response, SessionCookie, Text, Uri};
use std::collections::{BTreeMap, VecDeque};

/// How long a person looks at a page that does not come. Longer than servers wait for each other, so that a client can
/// try again meanwhile.
const DEADLINE: Duration = Duration::from_secs(120);

/// Cookies, which are durable, and what is open now.
#[derive(Clone, Debug, Default)]
pub(super) struct Browser {
    jar: BTreeMap<Text, SessionCookie>,
    open: Open,
}

#[derive(Clone, Debug, Default)]
struct Open {
    loading: BTreeMap<ExchangeId, Loading>,
    held_back: VecDeque<(Tab, Call)>,
}

/// A tab that waits for an answer.
#[derive(Clone, Debug)]
struct Loading {
    tab: Tab,
    origin: Text,
    /// True when the request went out without a cookie, so that the answer may bring the first one.
    without_cookie: bool,
}

/// One tab: what it was opened for, and how far the person's patience goes.
#[derive(Clone, Debug)]
pub(super) struct Tab {
    pub(super) errand: Errand,
    /// The forms of the errand that are still to be sent, one after the other; `None` before they are filled in.
    pub(super) forms: Option<VecDeque<Form>>,
    /// The page that can be loaded again when a form on it turns out to be stale.
    pub(super) reload: Option<(Uri, Request)>,
    /// True when a form was sent last.
    pub(super) form_sent: bool,
    /// True once a page was loaded again.
    reloaded: bool,
    /// True after a sign-in that failed.
    pub(super) password_tried: bool,
    pages_left: u32,
}

impl Browser {
    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Fact::CookieStored { origin, cookie } = fact {
            self.jar.insert(origin.clone(), cookie.clone());
        }
    }

    /// Of the cookies of an origin only the last.
    pub(super) fn needs(&self, fact: &Fact) -> bool {
        match fact {
            Fact::CookieStored { origin, cookie } => self.jar.get(origin) == Some(cookie),
            _ => true,
        }
    }

    pub(super) fn close_tabs(&mut self) {
        self.open = Open::default();
    }

    pub(super) fn forget(&mut self) {
        self.open = Open::default();
    }
}

impl Person {
    /// Opens a tab and goes somewhere.
    pub(super) fn open_tab(&mut self, cx: &mut Context<'_>, errand: Errand, to: Uri, message: Request) {
        let pages_left = self.config.patience;
        let tab = Tab {
            errand,
            forms: None,
            reload: None,
            form_sent: false,
            reloaded: false,
            password_tried: false,
            pages_left,
        };
        self.go(cx, tab, to, message);
    }

    /// Goes somewhere with a tab, as long as the person's patience lasts.
    pub(super) fn go(&mut self, cx: &mut Context<'_>, mut tab: Tab, to: Uri, message: Request) {
        if tab.pages_left == 0 {
            return saw(cx, &to, 408, "too many pages");
        }
        tab.pages_left -= 1;
        tab.form_sent = !is_navigation(&message);
        if !tab.form_sent {
            tab.reload = Some((to.clone(), message.clone()));
        }
        self.load(cx, tab, call(to, message));
    }

    /// Loads a page again, which happens once in a tab.
    pub(super) fn reload(&mut self, cx: &mut Context<'_>, mut tab: Tab, to: Uri, message: Request) {
        if tab.reloaded {
            return saw(cx, &to, 403, "the form is not good");
        }
        tab.reloaded = true;
        self.go(cx, tab, to, message);
    }

    // A second tab at a server that has not yet given its cookie would get another session, and its cookie would take
    // the place of the first: people open it when the first page is there.
    fn load(&mut self, cx: &mut Context<'_>, tab: Tab, mut call: Call) {
        let origin: Text = call.to.origin().into();
        call.cookie = self.browser.jar.get(&origin).cloned();
        let without_cookie = call.cookie.is_none();
        let first = self.browser.open.loading.values().any(|other| other.without_cookie && other.origin == origin);
        if without_cookie && first {
            return self.browser.open.held_back.push_back((tab, call));
        }
        let exchange = cx.send_within(call, DEADLINE);
        self.browser.open.loading.insert(exchange, Loading { tab, origin, without_cookie });
    }

    fn release_held_back(&mut self, cx: &mut Context<'_>) {
        for (tab, call) in std::mem::take(&mut self.browser.open.held_back) {
            self.load(cx, tab, call);
        }
    }

    /// An answer for a tab that is still open.
    pub(super) fn on_response(
        &mut self,
        cx: &mut Context<'_>,
        exchange: ExchangeId,
        answer: Result<Answer, DecodeError>,
    ) {
        let Some(Loading { tab, origin, .. }) = self.browser.open.loading.remove(&exchange) else { return };
        let at = Uri::new(origin.clone());
        match answer {
            Ok(Answer { set_cookie, message }) => {
                if let Some(cookie) = set_cookie {
                    self.record(cx, Fact::CookieStored { origin, cookie });
                }
                self.show(cx, tab, &at, message);
            }
            Err(_) => saw(cx, &at, 502, "an answer that cannot be shown"),
        }
        self.release_held_back(cx);
    }

    /// No answer for a tab.
    pub(super) fn on_failure(&mut self, cx: &mut Context<'_>, exchange: ExchangeId) {
        let Some(Loading { origin, .. }) = self.browser.open.loading.remove(&exchange) else { return };
        saw(cx, &Uri::new(origin), 504, "no answer");
        self.release_held_back(cx);
    }

    fn show(&mut self, cx: &mut Context<'_>, tab: Tab, at: &Uri, message: Response) {
        match message {
            Response::Redirect { to, message } if is_navigation(&message) => self.go(cx, tab, to, *message),
            Response::Page(page) => self.read(cx, tab, at, page),
            Response::Refused { status } => saw(cx, at, status, "refused"),
            Response::Failure(failure) => {
                let text = failure.code.map_or_else(|| "an error".into(), |code| code.to_string());
                saw(cx, at, failure.status, text);
            }
            other => saw(cx, at, 502, format!("an unexpected {}", other.word())),
        }
    }

    /// Sends a form to the server that showed the page.
    pub(super) fn submit(&mut self, cx: &mut Context<'_>, tab: Tab, at: &Uri, form: Form) {
        let to = at.with_path(&self.pages_at(at).form);
        self.go(cx, tab, to, Request::Form(form));
    }
}

/// The person has seen how it ended.
pub(super) fn saw(cx: &mut Context<'_>, at: &Uri, status: u16, text: impl Into<Text>) {
    cx.note(Note::PersonSaw { origin: at.origin().into(), status, text: text.into() });
}

// RFC 9110 §15.4.4: after a 303 (or a 302, as browsers do it) the method is GET.
fn is_navigation(message: &Request) -> bool {
    matches!(
        message,
        Request::Authorize(_)
            | Request::AuthorizationReturn(_)
            | Request::ClaimsInteraction(_)
            | Request::ClaimsReturn(_)
            | Request::GetAccount
            | Request::Connect { .. }
            | Request::Fetch { .. }
    )
}
