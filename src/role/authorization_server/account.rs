//! A signed-in person's own page: resources, policies, pending requests, approved clients, and the forms on it (Grant
//! §1.2, the resource owner; the texts leave all of it open). Every change needs a session and the page's form key.

use super::{AuthorizationServer, account_page, oauth_side, policies, withdrawal};
use crate::message::Arrival;
use crate::role::oauth::forms;
use crate::role::rule::Broken;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::SessionHash;
use crate::wire::page::{AccountChange, AccountPage, AccountView, Form, Page};
use crate::wire::{Endpoint, FormKey, PersonId, Response, Text, Uri};

/// A person who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) person: PersonId,
    pub(super) session: SessionHash,
}

/// Why a form changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It speaks of something that does not exist.
    Unknown,
    /// It is not for this person, or not from this person's page.
    Broken(Broken),
    /// It was decided before, in this way.
    Settled(bool),
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// Where a part of the page is: for a resource also the place to set its policies (`policy_uri`,
/// `user_access_policy_uri`).
pub(super) fn uri(server: &AuthorizationServer, view: &AccountView) -> Uri {
    let path = server.routes.path(Endpoint::Account).unwrap_or_default().trim_end_matches('/');
    server.config.issuer.with_path(&[path, &view.below()].concat())
}

/// Shows the page, after signing in.
pub(super) fn show(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) {
    // The URI names the part. One that names none shows the page from its beginning.
    let view = AccountView::at(server.routes.below(&arrival.uri)).unwrap_or_default();
    match oauth_side::signed_in(server, cx, arrival.cookie.as_ref()) {
        Some(owner) => {
            let answer =
                account_page::make(server, cx, &owner, view, None).map_or_else(|refusal| notice(&refusal), shown);
            cx.reply(arrival.exchange, answer);
        }
        None => oauth_side::ask_sign_in(server, cx, arrival, &view),
    }
}

/// Takes a form of the page.
pub(super) fn submit(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, form: Form) {
    if arrival.cookie.is_none() {
        return cx.reply(arrival.exchange, forms::stale());
    }
    let Some(owner) = oauth_side::signed_in(server, cx, arrival.cookie.as_ref()) else {
        // What a form without a session asks for is dropped: it may not be this person's wish.
        return oauth_side::ask_sign_in(server, cx, arrival, &AccountView::Overview);
    };
    if let Form::SignOut { form } = form {
        let answer = sign_out(server, cx, &owner, &form).unwrap_or_else(|refusal| notice(&refusal));
        return cx.reply(arrival.exchange, answer);
    }
    let shown_next = after(&form);
    let page = change(server, cx, &owner, form).and_then(|()| {
        let (view, changed) = shown_next.ok_or(Refusal::Unknown)?;
        account_page::make(server, cx, &owner, view, Some(changed))
    });
    cx.reply(arrival.exchange, page.map_or_else(|refusal| notice(&refusal), shown));
}

fn sign_out(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &Owner,
    key: &FormKey,
) -> Result<Response, Refusal> {
    oauth_side::require_account_key(server, cx, owner, key)?;
    oauth_side::sign_out(server, cx, owner);
    Ok(Response::Page(Page::SignedOut))
}

fn shown(page: AccountPage) -> Response {
    Response::Page(Page::Account(page))
}

// What a person sees after a form of the page.
fn after(form: &Form) -> Option<(AccountView, AccountChange)> {
    match form {
        Form::SetPolicy { .. } => Some((AccountView::Policies, AccountChange::PolicySet)),
        Form::RemovePolicy { .. } => Some((AccountView::Policies, AccountChange::PolicyRemoved)),
        Form::AnswerRequest { approve: true, .. } => Some((AccountView::Requests, AccountChange::RequestApproved)),
        Form::AnswerRequest { approve: false, .. } => Some((AccountView::Requests, AccountChange::RequestDenied)),
        Form::WithdrawApproval { .. } => Some((AccountView::Clients, AccountChange::ApprovalWithdrawn)),
        Form::SignIn { .. } | Form::Consent { .. } | Form::GiveClaims { .. } | Form::SignOut { .. } => None,
    }
}

fn change(server: &mut AuthorizationServer, cx: &mut Context<'_>, owner: &Owner, form: Form) -> Result<(), Refusal> {
    match form {
        Form::SetPolicy { form, policy } => {
            oauth_side::require_account_key(server, cx, owner, &form)?;
            policies::set(server, cx, &owner.person, policy)
        }
        Form::RemovePolicy { form, policy } => {
            oauth_side::require_account_key(server, cx, owner, &form)?;
            policies::remove(server, cx, &owner.person, policy)
        }
        Form::AnswerRequest { form, request, approve } => {
            oauth_side::require_account_key(server, cx, owner, &form)?;
            answer_request(server, cx, &owner.person, request, approve)
        }
        Form::WithdrawApproval { form, client_id } => {
            oauth_side::require_account_key(server, cx, owner, &form)?;
            withdrawal::of_approval(server, cx, &owner.person, &client_id);
            Ok(())
        }
        Form::SignIn { .. } | Form::Consent { .. } | Form::GiveClaims { .. } | Form::SignOut { .. } => {
            Err(Refusal::Unknown)
        }
    }
}

/// Decides a request that waits for its owner, once.
pub(super) fn answer_request(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    request: Text,
    approved: bool,
) -> Result<(), Refusal> {
    let asked = server.owner_requests.get(&request).ok_or(Refusal::Unknown)?;
    let answer = asked.answer;
    cx.require(Rule::AnswerOfOwner, asked.owner == *owner)?;
    if let Some(answer) = answer {
        return Err(Refusal::Settled(answer));
    }
    server.record(cx, Fact::OwnerAnswered { request, owner: owner.clone(), approved, at: Some(cx.at) });
    Ok(())
}

fn notice(refusal: &Refusal) -> Response {
    let (status, text) = match refusal {
        Refusal::Unknown | Refusal::Settled(_) => (404, "there is no such thing"),
        Refusal::Broken(Broken(Rule::FormKeyMatches)) => return forms::stale().message,
        Refusal::Broken(_) => (403, "that is not yours to change"),
    };
    Response::Page(Page::Notice { status, text: text.into() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::Bench;
    use super::*;
    use crate::trace::fact::{ProcessId, ResourceKey};
    use crate::wire::text::scope_set;
    use crate::wire::{Credentials, FormKey, Policy, PolicyCondition, PolicyTarget, Request, ResourceId, Revision};

    fn bench() -> Bench {
        let mut bench = Bench::new(Revision::V2_0);
        bench.session("alice's browser", "alice");
        bench.session("bob's browser", "bob");
        bench.pat("alice@1", "alice", "rs1");
        bench.pat("alice@2", "alice", "rs2");
        bench.pat("bob@1", "bob", "rs1");
        bench
    }

    fn account(bench: &mut Bench, cookie: &str) -> AccountPage {
        match bench.browse(cookie, Request::GetAccount) {
            Response::Page(Page::Account(page)) => page,
            other => panic!("no account page: {other:?}"),
        }
    }

    fn policy(id: &str, target: PolicyTarget) -> Policy {
        Policy { id: id.into(), target, scopes: scope_set(["view"]), condition: PolicyCondition::Anyone }
    }

    fn send(bench: &mut Bench, cookie: &str, form: impl FnOnce(FormKey) -> Form) -> Response {
        let key = account(bench, cookie).form.unwrap_or_else(|| FormKey::new(""));
        bench.browse(cookie, Request::Form(form(key)))
    }

    fn set(bench: &mut Bench, cookie: &str, policy: Policy) -> Response {
        send(bench, cookie, |form| Form::SetPolicy { form, policy })
    }

    fn status(response: &Response) -> u16 {
        match response {
            Response::Page(Page::Account(_)) => 200,
            Response::Page(Page::Notice { status, .. }) => *status,
            _ => 0,
        }
    }

    fn asked(bench: &mut Bench, owner: &str) {
        bench.given(Fact::OwnerAsked {
            request: "q".into(),
            process: ProcessId(1),
            owner: owner.into(),
            client: "app".into(),
            subjects: Vec::new(),
            resource: ResourceKey { owner: owner.into(), resource_server: "rs1".into(), id: "r".into() },
            scopes: scope_set(["view"]),
            at: None,
        });
    }

    #[test]
    fn the_page_shows_what_is_the_persons_and_nothing_else() {
        let mut bench = bench();
        bench.register("alice@1", "", &["view"]);
        bench.register("alice@2", "", &["view"]);
        bench.register("bob@1", "", &["view"]);
        bench.given(Fact::ApprovalGiven { person: "alice".into(), client: "app".into(), scope: scope_set(["s"]) });
        asked(&mut bench, "alice");
        assert_eq!(status(&set(&mut bench, "alice's browser", policy("p", PolicyTarget::AllResources))), 200);
        let page = account(&mut bench, "alice's browser");
        let counts = (page.resources.len(), page.policies.len(), page.requests.len(), page.clients.len());
        // The PATs of the two resource servers came without an approval here.
        assert_eq!(counts, (2, 1, 1, 3));
        let page = account(&mut bench, "bob's browser");
        let counts = (page.resources.len(), page.policies.len(), page.requests.len(), page.clients.len());
        assert_eq!(counts, (1, 0, 0, 1));
    }

    #[test]
    fn nobody_sees_or_changes_anything_without_signing_in() {
        let mut bench = bench();
        let form = Form::RemovePolicy { form: FormKey::new("x"), policy: "p".into() };
        for request in [Request::GetAccount, Request::Form(form)] {
            for cookie in ["", "unknown"] {
                let Response::Page(Page::SignIn { resume, resume_at, .. }) = bench.browse(cookie, request.clone())
                else {
                    panic!("not asked to sign in")
                };
                assert_eq!((*resume, resume_at.as_str()), (Request::GetAccount, "https://as.example/account"));
            }
        }
    }

    #[test]
    fn a_form_without_a_cookie_opens_no_session() {
        let mut bench = bench();
        let form = Form::RemovePolicy { form: FormKey::new("x"), policy: "p".into() };
        assert_eq!(status(&bench.ask(Credentials::None, None, Request::Form(form)).message), 403);
        assert!(bench.last_facts().is_empty());
    }

    #[test]
    fn a_form_counts_only_with_the_key_of_its_session() {
        let mut bench = bench();
        let of_bob = account(&mut bench, "bob's browser").form.unwrap_or_else(|| FormKey::new(""));
        for form in [of_bob, FormKey::new("guessed")] {
            let policy = policy("p", PolicyTarget::AllResources);
            let forged = Request::Form(Form::SetPolicy { form, policy });
            assert_eq!(status(&bench.browse("alice's browser", forged.clone())), 403);
            assert!(bench.ruled(Rule::FormKeyMatches, false) && bench.last_facts().is_empty());
            let mut mutant = self::bench().without(&[Rule::FormKeyMatches]);
            assert_eq!(status(&mutant.browse("alice's browser", forged)), 200);
        }
        assert_eq!(status(&set(&mut bench, "alice's browser", policy("p", PolicyTarget::AllResources))), 200);
    }

    #[test]
    fn a_policy_speaks_only_about_its_authors_resources() {
        let mut bench = bench();
        let own: Vec<ResourceId> =
            vec![bench.register("alice@1", "", &["view"]), bench.register("alice@2", "", &["view"])];
        let of_bob = bench.register("bob@1", "", &["view"]);
        let about = |ids: &[&ResourceId]| policy("p", PolicyTarget::Resources(ids.iter().copied().cloned().collect()));
        assert_eq!(status(&set(&mut bench, "alice's browser", about(&[&own[0], &of_bob]))), 403);
        assert!(bench.ruled(Rule::PolicyOfOwner, false) && bench.last_facts().is_empty());
        assert_eq!(status(&set(&mut bench, "alice's browser", about(&[&own[0], &"nope".into()]))), 404);
        assert!(bench.last_facts().is_empty());
        assert_eq!(status(&set(&mut bench, "alice's browser", about(&[&own[0], &own[1]]))), 200);
        let mut mutant = bench.without(&[Rule::PolicyOfOwner]);
        assert_eq!(status(&set(&mut mutant, "alice's browser", about(&[&of_bob]))), 200);
        assert!(matches!(mutant.last_facts(), [Fact::PolicySet { owner, .. }, ..] if owner.as_str() == "alice"));
    }

    #[test]
    fn policies_are_counted_replaced_and_removed() {
        let mut bench = bench();
        let all = policy("p", PolicyTarget::AllResources);
        set(&mut bench, "alice's browser", all.clone());
        set(&mut bench, "bob's browser", all.clone());
        assert_eq!(bench.server.policies.version(), 2);
        assert_eq!(status(&set(&mut bench, "alice's browser", all.clone())), 200);
        assert!(bench.last_facts().is_empty(), "the same again changes nothing");
        let other = policy("p", PolicyTarget::Type("t".into()));
        set(&mut bench, "alice's browser", other.clone());
        let of = |bench: &Bench, owner: &str| -> Vec<(Policy, u64)> {
            bench.server.policies.of_owner(&owner.into()).map(|(policy, version)| (policy.clone(), version)).collect()
        };
        assert_eq!(of(&bench, "alice"), [(other, 3)]);
        let remove = |form| Form::RemovePolicy { form, policy: "p".into() };
        assert_eq!(status(&send(&mut bench, "alice's browser", remove)), 200);
        assert_eq!(status(&send(&mut bench, "alice's browser", remove)), 404);
        assert_eq!((of(&bench, "alice").len(), of(&bench, "bob").len(), bench.server.policies.version()), (0, 1, 4));
        assert_eq!(bench.rebuilt().policies, bench.server.policies);
    }

    #[test]
    fn only_the_owner_answers_and_only_once() {
        let mut bench = bench();
        asked(&mut bench, "alice");
        let answer = |form| Form::AnswerRequest { form, request: "q".into(), approve: true };
        assert_eq!(status(&send(&mut bench, "bob's browser", answer)), 403);
        assert!(bench.ruled(Rule::AnswerOfOwner, false) && bench.last_facts().is_empty());
        assert_eq!(status(&send(&mut bench, "alice's browser", answer)), 200);
        assert!(matches!(bench.last_facts(), [Fact::OwnerAnswered { approved: true, .. }]));
        assert_eq!(status(&send(&mut bench, "alice's browser", answer)), 404);
        let mut mutant = self::bench().without(&[Rule::AnswerOfOwner]);
        asked(&mut mutant, "alice");
        assert_eq!(status(&send(&mut mutant, "bob's browser", answer)), 200);
    }
}
