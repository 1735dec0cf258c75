//! A person with a browser: resource owner, requesting party, or both. Configuration and dispatch. What the person wants
//! are acts; each opens a tab of the browser.

mod browser;
mod forms;
mod owner;
#[cfg(test)]
mod tests;

use crate::role::{Act, Context, Input, Machine};
use crate::trace::Fact;
use crate::wire::token::Password;
use crate::wire::{Call, Credentials, Request, Response, Text, Uri};
use browser::Browser;
use owner::Errand;
use std::collections::BTreeMap;

/// How a person is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonConfig {
    /// The name in scripts.
    pub name: Text,
    /// User name and password by origin.
    pub logins: BTreeMap<Text, (Text, Password)>,
    /// Second factor by origin, where they have one.
    pub second_factors: BTreeMap<Text, Password>,
    /// Whether they approve clients that ask.
    pub approves: bool,
    /// Whether they agree to give claims.
    pub gives_claims: bool,
    /// Where the forms and the own pages of servers are that have them elsewhere than others, by origin.
    pub pages_at: BTreeMap<Text, PagesAt>,
    /// How many redirects and pages they follow before they give up.
    pub patience: u32,
}

/// Where a server has what a person uses: the paths that a browser reads from its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagesAt {
    /// Where its forms go.
    pub form: Text,
    /// Where a person's own page is.
    pub account: Text,
}

impl PagesAt {
    fn usual() -> Self {
        Self { form: "/form".into(), account: "/account".into() }
    }
}

/// A person. What they are willing to do is in their head and outlives a crash of the browser.
#[derive(Clone, Debug)]
pub struct Person {
    config: PersonConfig,
    browser: Browser,
}

impl Person {
    /// A person with a fresh browser.
    pub fn new(config: PersonConfig) -> Self {
        Self { config, browser: Browser::default() }
    }

    /// The name in scripts.
    pub fn name(&self) -> &Text {
        &self.config.name
    }

    fn on_act(&mut self, cx: &mut Context<'_>, act: Act) {
        match act {
            Act::Fetch { client, resource, method } => {
                self.open_tab(cx, Errand::Look, client.with_path("/fetch"), Request::Fetch { resource, method });
            }
            Act::Connect { resource_server, as_uri } => {
                let to = resource_server.with_path("/connect");
                self.open_tab(cx, Errand::Look, to, Request::Connect { as_uri });
            }
            Act::SetPolicy { as_uri, policy } => self.open_account(cx, &as_uri, Errand::SetPolicy(policy)),
            Act::RemovePolicy { as_uri, policy } => self.open_account(cx, &as_uri, Errand::RemovePolicy(policy)),
            Act::AnswerRequests { as_uri, approve } => {
                self.open_account(cx, &as_uri, Errand::AnswerRequests { approve });
            }
            Act::WithdrawApproval { as_uri, client_name } => {
                self.open_account(cx, &as_uri, Errand::WithdrawApproval { client_name });
            }
            Act::SignOut { as_uri } => self.open_account(cx, &as_uri, Errand::SignOut),
            Act::GuessPassword { as_uri, username, times } => {
                self.open_account(cx, &as_uri, Errand::Guess { username, left: times });
            }
            Act::DecideConsents { approve } => self.config.approves = approve,
            Act::DecideClaims { agree } => self.config.gives_claims = agree,
            Act::CloseTabs => self.browser.close_tabs(),
            Act::Manage { .. }
            | Act::FetchForOrganisation { .. }
            | Act::RefreshRpt { .. }
            | Act::RevokeRpt { .. }
            | Act::ForgetRpts
            | Act::Operate { .. }
            | Act::ContentAppeared { .. }
            | Act::ContentVanished { .. }
            | Act::ScopesChanged { .. }
            | Act::EndProtection { .. }
            | Act::MoveTo { .. }
            | Act::Replay(_) => {}
        }
    }

    fn open_account(&mut self, cx: &mut Context<'_>, as_uri: &Uri, errand: Errand) {
        let to = as_uri.with_path(&self.pages_at(as_uri).account);
        self.open_tab(cx, errand, to, Request::GetAccount);
    }

    fn pages_at(&self, server: &Uri) -> PagesAt {
        self.config.pages_at.get(server.origin()).cloned().unwrap_or_else(PagesAt::usual)
    }
}

impl Machine for Person {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        match input {
            Input::Act(act) => self.on_act(cx, act),
            Input::Response { exchange, answer } => self.on_response(cx, exchange, answer),
            Input::Failed { exchange, .. } => self.on_failure(cx, exchange),
            // A browser serves nothing.
            Input::Request(arrival) => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
            Input::Timer(_) | Input::PasswordChecked { .. } | Input::Restarted => {}
        }
    }

    fn apply(&mut self, fact: &Fact) {
        self.browser.apply(fact);
    }

    fn forget(&mut self) {
        self.browser.forget();
    }

    fn needs(&self, fact: &Fact) -> bool {
        self.browser.needs(fact)
    }
}

fn call(to: Uri, message: Request) -> Call {
    Call { to, credentials: Credentials::None, cookie: None, message }
}
