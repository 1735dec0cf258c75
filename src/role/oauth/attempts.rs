//! Attempts to guess: passwords of accounts, secrets of clients. After some failures in a row the next attempt has to
//! wait, each time twice as long. Counted per account, per client and per peer; a restart forgets it, so that guessing
//! fills no journal.

use crate::message::Arrival;
use crate::role::Context;
use crate::role::oauth::{OAuthServer, clients};
use crate::role::rule::{Broken, Rule};
use crate::wire::{ClientId, Credentials, Duration, ErrorCode, Failure, Text, Timestamp};
use std::collections::BTreeMap;

/// How many failures in a row cost nothing but the time they take.
const FREE: u32 = 5;
/// The first wait; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait. Short enough that nobody is locked out of an account for long by somebody else's guesses.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// After so long without another failure all is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);
/// How many guessers and targets are remembered; beyond, those whose last failure is the longest ago are forgotten.
const REMEMBERED: usize = 10_000;

/// Whose attempts are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Everybody who tries this user name, whether there is such an account or not.
    Account(Text),
    /// Everybody who tries to be this client.
    Client(ClientId),
    /// Whoever is at this network address.
    Peer(Text),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Failures {
    in_a_row: u32,
    last: Timestamp,
}

impl Failures {
    fn waits_until(&self) -> Timestamp {
        let Some(more) = self.in_a_row.checked_sub(FREE) else { return Timestamp::default() };
        let wait = FIRST_WAIT.0.saturating_mul(1_u64.checked_shl(more).unwrap_or(u64::MAX));
        self.last + Duration(wait).min(LONGEST_WAIT)
    }
}

/// Failures in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts {
    failures: BTreeMap<Who, Failures>,
}

impl Attempts {
    fn are_open(&self, who: &[Who], at: Timestamp) -> bool {
        who.iter().filter_map(|one| self.failures.get(one)).all(|failures| failures.waits_until() <= at)
    }

    fn failed(&mut self, who: &[Who], at: Timestamp) {
        self.make_room(who.len(), at);
        for one in who {
            let failures = self.failures.entry(one.clone()).or_default();
            *failures = Failures { in_a_row: failures.in_a_row.saturating_add(1), last: at };
        }
    }

    fn succeeded(&mut self, who: &[Who]) {
        for one in who {
            self.failures.remove(one);
        }
    }

    fn make_room(&mut self, needed: usize, at: Timestamp) {
        if self.failures.len() + needed <= REMEMBERED {
            return;
        }
        self.failures.retain(|_, failures| at.since(failures.last) < FORGOTTEN_AFTER);
        if self.failures.len() + needed > REMEMBERED {
            let mut ages: Vec<Timestamp> = self.failures.values().map(|failures| failures.last).collect();
            ages.sort_unstable();
            let older = ages[ages.len() / 2];
            self.failures.retain(|_, failures| failures.last > older);
        }
    }
}

fn of_account(arrival: &Arrival, username: &Text) -> Vec<Who> {
    let peer = arrival.peer.clone().map(Who::Peer);
    std::iter::once(Who::Account(username.clone())).chain(peer).collect()
}

/// An attempt to sign in begins. It counts as failed until it succeeded, so that attempts beside each other do not get
/// around the count.
///
/// # Errors
/// When there were too many failures before.
pub(super) fn begin_sign_in<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    username: &Text,
) -> Result<Vec<Who>, Broken> {
    let who = of_account(arrival, username);
    let open = server.oauth().open.attempts.are_open(&who, cx.at);
    if !open {
        cx.our_choice("sign-in-lockout");
    }
    cx.require(Rule::SignInNotLocked, open)?;
    server.oauth_mut().open.attempts.failed(&who, cx.at);
    Ok(who)
}

/// An attempt succeeded: the failures before it were no guesses.
pub(super) fn succeeded<S: OAuthServer>(server: &mut S, who: &[Who]) {
    server.oauth_mut().open.attempts.succeeded(who);
}

/// Looks at the client credentials of a request to the token endpoint before anything else does. True when it was
/// answered: this client, or this peer, failed too often.
pub fn refuse_guesser<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, arrival: &Arrival) -> bool {
    let Credentials::Client(claimed) = &arrival.credentials else { return false };
    let peer = arrival.peer.clone().map(Who::Peer);
    let who: Vec<Who> = std::iter::once(Who::Client(claimed.client_id().clone())).chain(peer).collect();
    let open = server.oauth().open.attempts.are_open(&who, cx.at);
    if !open {
        cx.our_choice("client-lockout");
    }
    if cx.require(Rule::ClientNotLocked, open).is_err() {
        cx.reply(arrival.exchange, Failure::body(429, ErrorCode::TemporarilyUnavailable));
        return true;
    }
    if clients::proves_itself(server.oauth(), cx.crypto(), claimed) {
        server.oauth_mut().open.attempts.succeeded(&who[..1]);
    } else {
        server.oauth_mut().open.attempts.failed(&who, cx.at);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> [Who; 1] {
        [Who::Account("bob".into())]
    }

    fn secs(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_a_limit() {
        let mut attempts = Attempts::default();
        for _ in 0..FREE - 1 {
            attempts.failed(&bob(), secs(100));
            assert!(attempts.are_open(&bob(), secs(100)));
        }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            attempts.failed(&bob(), secs(100));
            assert!(!attempts.are_open(&bob(), secs(100 + wait - 1)) && attempts.are_open(&bob(), secs(100 + wait)));
        }
        attempts.succeeded(&bob());
        assert!(attempts.are_open(&bob(), secs(100)));
    }

    #[test]
    fn one_that_waits_is_enough() {
        let mut attempts = Attempts::default();
        (0..FREE).for_each(|_| attempts.failed(&bob(), secs(100)));
        let both = [Who::Peer("10.0.0.1".into()), bob()[0].clone()];
        assert!(!attempts.are_open(&both, secs(100)) && attempts.are_open(&both[..1], secs(100)));
    }

    #[test]
    fn the_table_is_bounded_and_the_oldest_go_first() {
        let mut attempts = Attempts::default();
        for number in 0..3 * REMEMBERED {
            attempts.failed(&[Who::Peer(format!("{number}").into())], Timestamp(number as u64));
            assert!(attempts.failures.len() <= REMEMBERED);
        }
        let newest = Who::Peer(format!("{}", 3 * REMEMBERED - 1).into());
        assert!(attempts.failures.contains_key(&newest));
        assert!(!attempts.failures.contains_key(&Who::Peer("0".into())));
    }
}
