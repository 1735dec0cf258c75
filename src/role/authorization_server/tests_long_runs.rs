//! A server that runs for long keeps what lives and not what has been: in memory, and in its snapshots.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::history::{History, KEPT};
use super::testing::Bench;
use super::testing_uma::*;
use super::{AuthorizationServer, AuthorizationServerConfig, drafts, v1_0_1};
use crate::role::Machine;
use crate::trace::Fact;
use crate::wire::oauth::{TokenRequest, TokenResponse};
use crate::wire::request::TicketPresentation;
use crate::wire::text::scope_set;
use crate::wire::{Duration, PolicyCondition, RefreshToken, Request, Response, Revision, ScopeSet, Timestamp};

/// How many grants a long run has.
const GRANTS: u64 = 10_000;
/// From grant to grant.
const BETWEEN: Duration = Duration::from_secs(60);

fn short_lives(config: &mut AuthorizationServerConfig) {
    config.rpt_lifetime = Duration::from_secs(600);
    config.permission_lifetime = Duration::from_secs(600);
    config.access_token_lifetime = Duration::from_secs(600);
    config.refresh_token_lifetime = Duration::from_secs(3600);
    config.pct_lifetime = Duration::from_secs(600);
}

/// One process after the other, each with an AAT of its own where there are AATs, and every tenth RPT renewed where that is
/// possible.
struct Runner {
    bench: Bench,
    revision: Revision,
    granted: u64,
    renewal: Option<RefreshToken>,
}

impl Runner {
    fn new(revision: Revision) -> Self {
        let condition = PolicyCondition::All(vec![PolicyCondition::Anyone, email("bob@idp")]);
        let condition = if revision == Revision::V2_0 { condition } else { PolicyCondition::Anyone };
        Self { bench: protected_with(revision, condition, short_lives), revision, granted: 0, renewal: None }
    }

    fn run(&mut self, grants: u64) {
        for _ in 0..grants {
            self.bench.now = self.bench.now + BETWEEN;
            self.granted += 1;
            match self.revision {
                Revision::Draft05 | Revision::Draft06 => self.fill_one(),
                Revision::V1_0_1 => self.grant_one(),
                Revision::V2_0 => self.push_one(),
            }
        }
    }

    fn aat(&mut self, scope: &str) -> String {
        let aat = format!("aat {}", self.granted);
        // As whoever issues an access token does.
        self.bench.server.oauth.expire(self.bench.now);
        self.bench.access_token(&aat, Some("bob"), "app", scope_set([scope]));
        aat
    }

    fn fill_one(&mut self) {
        let aat = self.aat(drafts::AAT_SCOPES[usize::from(self.revision == Revision::Draft06)]);
        let rpt = match self.bench.with_bearer(&aat, Request::RequestRpt) {
            Response::RptIssued(rpt) => rpt,
            other => panic!("no RPT: {other:?}"),
        };
        let ticket = view(&mut self.bench);
        let request = Request::RequestAuthorizationData { rpt: rpt.as_kind(), ticket };
        assert_eq!(self.bench.with_bearer(&aat, request), Response::AuthorizationDataAdded);
    }

    fn grant_one(&mut self) {
        let aat = self.aat(v1_0_1::AAT_SCOPE);
        let asked = TicketPresentation { ticket: view(&mut self.bench), rpt: None, claim_tokens: Vec::new() };
        let answer = self.bench.with_bearer(&aat, Request::RequestRptForTicket(asked));
        assert!(matches!(answer, Response::RptGranted(_)), "{answer:?}");
    }

    fn push_one(&mut self) {
        let in_time = self.bench.now;
        let token = id_token(|it| {
            it.issued_at = in_time;
            it.expires_at = in_time + Duration::from_secs(300);
        });
        let ticket = view(&mut self.bench);
        let answer = push(&mut self.bench, &ticket, token);
        let Response::Token(tokens) = answer else { panic!("no RPT: {answer:?}") };
        if self.granted.is_multiple_of(10) {
            self.renew(tokens);
        }
    }

    // The line of the first goes on for ever; the others end.
    fn renew(&mut self, new: TokenResponse) {
        let refresh_token = self.renewal.take().or(new.refresh_token);
        let Some(refresh_token) = refresh_token else { panic!("no refresh token") };
        let request = Request::Token(TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() });
        match self.bench.ask(credentials("app"), None, request).message {
            Response::Token(tokens) => self.renewal = tokens.refresh_token,
            other => panic!("not renewed: {other:?}"),
        }
    }

    fn size(&self) -> usize {
        size_at(self.bench.server.clone(), self.bench.now)
    }

    /// The facts that a snapshot holds now.
    fn snapshot(&self) -> Vec<Fact> {
        self.needed(|_| {})
    }

    /// Those that more than the history rests on.
    fn lasting(&self) -> Vec<Fact> {
        self.needed(|server| server.history = History::default())
    }

    fn needed(&self, change: impl FnOnce(&mut AuthorizationServer)) -> Vec<Fact> {
        let mut server = self.bench.rebuilt();
        server.forget_ended(self.bench.now);
        change(&mut server);
        self.bench.facts.iter().filter(|fact| server.needs(fact)).cloned().collect()
    }
}

/// Everything that a server has in memory, in characters, but for what waits to be cleaned up, and the histories, which have
/// a bound of their own.
fn size_at(mut server: AuthorizationServer, now: Timestamp) -> usize {
    server.forget_ended(now);
    server.history = History::default();
    format!("{server:?}").len()
}

fn size_from(snapshot: &[Fact], config: &AuthorizationServerConfig, now: Timestamp) -> usize {
    size_at(server_from(snapshot, config), now)
}

fn server_from(snapshot: &[Fact], config: &AuthorizationServerConfig) -> AuthorizationServer {
    let mut server = AuthorizationServer::new(config.clone());
    snapshot.iter().for_each(|fact| server.apply(fact));
    server
}

fn within_a_tenth(one: usize, other: usize) -> bool {
    one.abs_diff(other) * 10 <= one.max(other)
}

fn stays_bounded(revision: Revision) {
    let mut runner = Runner::new(revision);
    // Tombstones stay a day, so it takes two days until as much ends as begins.
    runner.run(GRANTS / 2);
    let (size, facts) = (runner.size(), runner.snapshot().len());
    runner.run(GRANTS / 2);
    let later = runner.snapshot();
    assert!(within_a_tenth(size, runner.size()), "{revision}: memory went from {size} to {}", runner.size());
    assert!(within_a_tenth(facts, later.len()), "{revision}: a snapshot went from {facts} to {} facts", later.len());
    let again = size_from(&later, &runner.bench.server.config, runner.bench.now);
    assert!(within_a_tenth(again, runner.size()), "{revision}: {} from a snapshot became {again}", runner.size());
    // A day and a half later nobody can do anything with any of it.
    runner.bench.now = runner.bench.now + Duration::from_secs(36 * 3600);
    let (left, told) = (runner.lasting(), runner.snapshot());
    assert!(left.len() < 40, "{revision}: {} facts are left", left.len());
    assert!(!left.iter().any(|fact| matches!(fact, Fact::RptIssued { .. })), "{revision}");
    // But the owner may still read of it, at two facts an entry, and nothing else rests on those.
    assert!(told.len() <= left.len() + 2 * KEPT, "{revision}: {} facts for the history", told.len() - left.len());
    let restarted = server_from(&told, &runner.bench.server.config);
    assert_eq!(restarted.history, runner.bench.server.history, "{revision}");
    let without = server_from(&left, &runner.bench.server.config);
    let [with, without] = [restarted, without].map(|server| size_at(server, runner.bench.now));
    assert!(within_a_tenth(with, without), "{revision}: {with} with the facts of the history, {without} without");
}

#[test]
fn a_long_run_stays_bounded_in_draft_05() {
    stays_bounded(Revision::Draft05);
}

#[test]
fn a_long_run_stays_bounded_in_draft_06() {
    stays_bounded(Revision::Draft06);
}

#[test]
fn a_long_run_stays_bounded_in_1_0_1() {
    stays_bounded(Revision::V1_0_1);
}

#[test]
fn a_long_run_stays_bounded_in_2_0() {
    stays_bounded(Revision::V2_0);
}
