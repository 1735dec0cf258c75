//! A person's own page: one template for each of its parts.

use super::frame::Frame;
use super::parts::{self, ClientCard, HistoryCard, NavItem, PolicyCard, RequestCard, ResourceCard, ShareCard, Tile};
use super::policy_edit::{self, Edit};
use super::words;
use crate::wire::page::{AccountChange, AccountPage, AccountView};
use askama::Template;

/// Writes the part that the page is about.
pub(super) fn render(frame: &Frame, account: &AccountPage, done: Option<AccountChange>) -> askama::Result<String> {
    let around = Around {
        frame,
        nav: nav(frame, account),
        done: done.map(words::done),
        form: account.form.as_ref().map_or("", |form| form.expose()),
        account,
    };
    match &account.view {
        AccountView::Overview => around.overview().render(),
        AccountView::Resources => around.resources().render(),
        AccountView::Resource { .. } => around.resource(),
        AccountView::Policies => around.policies().render(),
        AccountView::Policy { .. } => around.policy(),
        AccountView::Shares => around.shares().render(),
        AccountView::Requests => around.requests().render(),
        AccountView::Clients => around.clients().render(),
        AccountView::History => around.history().render(),
    }
}

fn label(view: &AccountView) -> &'static str {
    match view {
        AccountView::Overview => "Overview",
        AccountView::Resources | AccountView::Resource { .. } => "Resources",
        AccountView::Policies | AccountView::Policy { .. } => "Policies",
        AccountView::Shares => "Shares",
        AccountView::Requests => "Requests",
        AccountView::Clients => "Applications",
        AccountView::History => "History",
    }
}

fn nav(frame: &Frame, account: &AccountPage) -> Vec<NavItem> {
    let item = |view: AccountView| NavItem {
        path: frame.path(&view),
        label: label(&view),
        current: label(&view) == label(&account.view),
        count: if view == AccountView::Requests { account.requests.len() } else { 0 },
    };
    AccountView::LISTS.into_iter().map(item).collect()
}

/// What every part has, and what it is made of.
struct Around<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    form: &'a str,
    account: &'a AccountPage,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    form: &'a str,
    requests: Vec<RequestCard>,
    tiles: Vec<Tile>,
}

#[derive(Template)]
#[template(path = "resources.html")]
struct Resources<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    resources: Vec<ResourceCard>,
}

#[derive(Template)]
#[template(path = "resource.html")]
struct Resource<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    form: &'a str,
    resource: ResourceCard,
    policies: Vec<PolicyCard>,
    edit: Edit,
    shares: Vec<ShareCard>,
    history: Vec<HistoryCard>,
}

#[derive(Template)]
#[template(path = "policies.html")]
struct Policies<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    form: &'a str,
    policies: Vec<PolicyCard>,
    edit: Edit,
}

#[derive(Template)]
#[template(path = "policy.html")]
struct Policy<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    form: &'a str,
    policy: PolicyCard,
    edit: Edit,
    back: String,
}

#[derive(Template)]
#[template(path = "shares.html")]
struct Shares<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    shares: Vec<ShareCard>,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct Requests<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    form: &'a str,
    requests: Vec<RequestCard>,
}

#[derive(Template)]
#[template(path = "clients.html")]
struct Clients<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    form: &'a str,
    clients: Vec<ClientCard>,
}

#[derive(Template)]
#[template(path = "history.html")]
struct History<'a> {
    frame: &'a Frame,
    nav: Vec<NavItem>,
    done: Option<&'static str>,
    history: Vec<HistoryCard>,
}

impl<'a> Around<'a> {
    fn origin(&self) -> String {
        self.frame.origin.clone()
    }

    fn request_cards(&self) -> Vec<RequestCard> {
        self.account.requests.iter().map(|one| parts::request(self.frame, self.account, one)).collect()
    }

    fn overview(self) -> Overview<'a> {
        let tile = |view: AccountView, count| Tile { path: self.frame.path(&view), label: label(&view), count };
        let account = self.account;
        let tiles = vec![
            tile(AccountView::Resources, account.resources.len()),
            tile(AccountView::Policies, account.policies.len()),
            tile(AccountView::Requests, account.requests.len()),
            tile(AccountView::Clients, account.clients.len()),
        ];
        let requests = self.request_cards();
        Overview { frame: self.frame, nav: self.nav, done: self.done, form: self.form, requests, tiles }
    }

    fn resources(self) -> Resources<'a> {
        let resources = self.account.resources.iter().map(|one| parts::resource(self.frame, one)).collect();
        Resources { frame: self.frame, nav: self.nav, done: self.done, resources }
    }

    // A page about something that is not on it is a fault of whoever made it.
    fn resource(self) -> askama::Result<String> {
        let account = self.account;
        let shown =
            account.resources.iter().find(|one| policy_edit::is_shown(account, one)).ok_or(askama::Error::Fmt)?;
        let about = account.policies.iter().filter(|policy| parts::is_about(policy, shown));
        Resource {
            resource: parts::resource(self.frame, shown),
            policies: about.map(|policy| parts::policy(self.frame, account, policy)).collect(),
            edit: policy_edit::new(account, &self.origin()),
            shares: account.shares.iter().map(|one| parts::share(self.frame, one)).collect(),
            history: account.history.iter().map(|one| parts::history(self.frame, one)).collect(),
            frame: self.frame,
            nav: self.nav,
            done: self.done,
            form: self.form,
        }
        .render()
    }

    fn policies(self) -> Policies<'a> {
        let policies =
            self.account.policies.iter().map(|policy| parts::policy(self.frame, self.account, policy)).collect();
        let edit = policy_edit::new(self.account, &self.origin());
        Policies { frame: self.frame, nav: self.nav, done: self.done, form: self.form, policies, edit }
    }

    fn policy(self) -> askama::Result<String> {
        let account = self.account;
        let is_shown =
            |id: &crate::wire::PolicyId| matches!(&account.view, AccountView::Policy { id: shown } if shown == id);
        let shown = account.policies.iter().find(|policy| is_shown(&policy.id)).ok_or(askama::Error::Fmt)?;
        Policy {
            policy: parts::policy(self.frame, account, shown),
            edit: policy_edit::of(account, shown, &self.origin()),
            back: self.frame.path(&AccountView::Policies),
            frame: self.frame,
            nav: self.nav,
            done: self.done,
            form: self.form,
        }
        .render()
    }

    fn shares(self) -> Shares<'a> {
        let shares = self.account.shares.iter().map(|one| parts::share(self.frame, one)).collect();
        Shares { frame: self.frame, nav: self.nav, done: self.done, shares }
    }

    fn requests(self) -> Requests<'a> {
        let requests = self.request_cards();
        Requests { frame: self.frame, nav: self.nav, done: self.done, form: self.form, requests }
    }

    fn clients(self) -> Clients<'a> {
        let clients = self.account.clients.iter().map(parts::client).collect();
        Clients { frame: self.frame, nav: self.nav, done: self.done, form: self.form, clients }
    }

    fn history(self) -> History<'a> {
        let history = self.account.history.iter().map(|one| parts::history(self.frame, one)).collect();
        History { frame: self.frame, nav: self.nav, done: self.done, history }
    }
}
