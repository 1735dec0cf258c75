//! What a person does with a page: signs in, approves, gives claims, or has seen enough.

use crate::role::Context;
use crate::role::person::Person;
use crate::role::person::browser::{Tab, saw};
use crate::role::person::owner::Errand;
use crate::wire::page::{Form, Page};
use crate::wire::token::Password;
use crate::wire::{FormKey, Request, Text, Uri};
use std::collections::VecDeque;

impl Person {
    /// Reads a page and does what it asks for.
    pub(super) fn read(&mut self, cx: &mut Context<'_>, tab: Tab, at: &Uri, page: Page) {
        match page {
            Page::SignIn { form, resume, resume_at, wrong_password, second_factor } => {
                self.sign_in(cx, tab, at, form, (*resume, resume_at), (wrong_password, second_factor));
            }
            Page::Consent { form, .. } => {
                let approve = self.config.approves;
                self.submit(cx, tab, at, Form::Consent { form, approve });
            }
            Page::GiveClaims { form, .. } => {
                let agree = self.config.gives_claims;
                self.submit(cx, tab, at, Form::GiveClaims { form, agree });
            }
            Page::Account(account) => self.at_account(cx, tab, at, &account),
            Page::Notice { status, text } => self.notice(cx, tab, at, status, text),
            waiting @ Page::Waiting { .. } => {
                let status = waiting.status();
                let Page::Waiting { text, .. } = waiting else { return };
                self.notice(cx, tab, at, status, text);
            }
            Page::Shown { content, .. } => saw(cx, at, 200, content),
            Page::SignedOut => saw(cx, at, 200, "signed out"),
        }
    }

    fn sign_in(
        &mut self,
        cx: &mut Context<'_>,
        mut tab: Tab,
        at: &Uri,
        form: FormKey,
        (resume, resume_at): (Request, Uri),
        (wrong_password, asks_second_factor): (bool, bool),
    ) {
        if let Errand::Guess { username, left } = &mut tab.errand {
            let Some(less) = left.checked_sub(1) else { return saw(cx, at, 401, "wrong password") };
            *left = less;
            let (username, password) = (username.clone(), Password::new(format!("guess number {less}")));
            let (resume, second_factor) = (Box::new(resume), None);
            return self.submit(
                cx,
                tab,
                at,
                Form::SignIn { form, username, password, second_factor, resume, resume_at },
            );
        }
        let Some((username, password)) = self.config.logins.get(at.origin()).cloned() else {
            return saw(cx, at, 401, "no account here");
        };
        // A typing error happens once.
        if wrong_password && tab.password_tried {
            return saw(cx, at, 401, "wrong password");
        }
        tab.password_tried |= wrong_password;
        tab.reload = tab.reload.map(|_| (resume_at.clone(), resume.clone()));
        let resume = Box::new(resume);
        let second_factor = self.config.second_factors.get(at.origin()).filter(|_| asks_second_factor).cloned();
        self.submit(cx, tab, at, Form::SignIn { form, username, password, second_factor, resume, resume_at });
    }

    fn notice(&mut self, cx: &mut Context<'_>, mut tab: Tab, at: &Uri, status: u16, text: Text) {
        // Another tab signed in meanwhile, and the form of this one belongs to the session before: once more.
        if status == 403
            && tab.form_sent
            && let Some((to, message)) = tab.reload.take()
        {
            tab.forms = None;
            return self.reload(cx, tab, to, message);
        }
        match tab.forms.as_mut().and_then(VecDeque::pop_front) {
            Some(next) => self.submit(cx, tab, at, next),
            None => saw(cx, at, status, text),
        }
    }
}
