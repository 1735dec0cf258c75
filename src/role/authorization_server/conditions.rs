//! Policy conditions in four values: one holds, or claims are missing, or the owner has to say, or it fails for good
//! (Grant §3.3.4 step 4, §5.6: default deny). Knows no tickets, tokens or answers.

use super::claims::Established;
use super::owner_requests::OwnerRequests;
use crate::role::{Context, Rule};
use crate::trace::fact::{ProcessId, ResourceKey, Subject};
use crate::wire::claims::ID_TOKEN_FORMAT;
use crate::wire::{
    Claim, ClaimName, ClientId, Duration, PersonId, PolicyCondition, RequiredClaim, Scope, Text, Timestamp, Uri,
};
use std::collections::BTreeSet;

/// How a condition stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It permits.
    Holds,
    /// It may permit once this is there.
    Needs(Needs),
    /// It does not permit, whatever comes.
    Fails,
}

/// What a condition waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Claims that can still be had.
    pub(super) claims: BTreeSet<RequiredClaim>,
    /// A sign-in with one of these authentication context classes; none when it is strong enough.
    pub(super) acr: BTreeSet<Text>,
    /// The owner's decision.
    pub(super) owner: bool,
}

impl Needs {
    fn claim(claim: RequiredClaim) -> Standing {
        Standing::Needs(Self { claims: BTreeSet::from([claim]), ..Self::default() })
    }

    /// Adds what something else waits for.
    pub(super) fn join(&mut self, other: Self) {
        self.claims.extend(other.claims);
        self.acr = common(std::mem::take(&mut self.acr), other.acr);
        self.owner |= other.owner;
    }
}

/// The classes that satisfy both of two lists, where an empty one is satisfied; without a common one the first list: the
/// other is asked for when the person comes again.
pub(super) fn common(one: BTreeSet<Text>, other: BTreeSet<Text>) -> BTreeSet<Text> {
    let both: BTreeSet<Text> = one.intersection(&other).cloned().collect();
    match (one.is_empty(), both.is_empty()) {
        (true, _) => other,
        (false, true) => one,
        (false, false) => both,
    }
}

/// Where claims can come from in this process.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// The issuers whose claim tokens may be pushed.
    pub(super) pushed: Vec<Uri>,
    /// The issuer that the person is asked at.
    pub(super) gathered: Option<Uri>,
}

impl Sources {
    fn all(&self) -> BTreeSet<&Uri> {
        self.pushed.iter().chain(&self.gathered).collect()
    }
}

/// What a condition is evaluated on: one resource and scope in one process.
pub(super) struct Case<'a> {
    /// The process.
    pub(super) process: ProcessId,
    /// The client.
    pub(super) client: &'a ClientId,
    /// The resource.
    pub(super) resource: &'a ResourceKey,
    /// The scope; `None` for the resource itself.
    pub(super) scope: Option<&'a Scope>,
    /// What was established in the process.
    pub(super) known: &'a [Established],
    /// Where more could come from.
    pub(super) sources: &'a Sources,
    /// How the person of the AAT signed in, where there is one who can be asked to do it again.
    pub(super) acr: Option<&'a Text>,
    /// What owners were asked.
    pub(super) owner_requests: &'a OwnerRequests,
}

/// How the condition stands in this case.
pub(super) fn evaluate(cx: &mut Context<'_>, case: &Case<'_>, condition: &PolicyCondition) -> Standing {
    match condition {
        PolicyCondition::Anyone => Standing::Holds,
        PolicyCondition::All(parts) => all(cx, case, parts),
        PolicyCondition::Any(parts) => any(cx, case, parts),
        PolicyCondition::RequestingParty { issuer, subject } => requesting_party(case, issuer, subject),
        PolicyCondition::Client(client) => holds(client == case.client),
        PolicyCondition::Claim { name, value, issuer, max_age_secs } => {
            let wanted =
                Wanted { name, value, issuer: issuer.as_ref(), max_age: max_age_secs.map(Duration::from_secs) };
            claim(cx, case, &wanted)
        }
        PolicyCondition::Between { from, until } => holds(*from <= cx.at && cx.at < *until),
        PolicyCondition::SignedInWith(accepted) => signed_in_with(cx, case, accepted),
        PolicyCondition::OwnerApproves => owner_approves(cx, case),
    }
}

fn holds(it_does: bool) -> Standing {
    if it_does { Standing::Holds } else { Standing::Fails }
}

// Grant §5.6: an empty list permits nobody.
fn all(cx: &mut Context<'_>, case: &Case<'_>, parts: &[PolicyCondition]) -> Standing {
    let standings: Vec<_> = parts.iter().map(|part| evaluate(cx, case, part)).collect();
    if standings.is_empty() || standings.contains(&Standing::Fails) {
        return Standing::Fails;
    }
    joined(standings).map_or(Standing::Holds, Standing::Needs)
}

fn any(cx: &mut Context<'_>, case: &Case<'_>, parts: &[PolicyCondition]) -> Standing {
    let standings: Vec<_> = parts.iter().map(|part| evaluate(cx, case, part)).collect();
    if standings.contains(&Standing::Holds) {
        return Standing::Holds;
    }
    joined(standings).map_or(Standing::Fails, Standing::Needs)
}

fn joined(standings: Vec<Standing>) -> Option<Needs> {
    standings.into_iter().fold(None, |sum: Option<Needs>, standing| match standing {
        Standing::Needs(needs) => {
            let mut sum = sum.unwrap_or_default();
            sum.join(needs);
            Some(sum)
        }
        Standing::Holds | Standing::Fails => sum,
    })
}

fn requesting_party(case: &Case<'_>, issuer: &Uri, person: &PersonId) -> Standing {
    let wanted = Subject { issuer: issuer.clone(), person: person.clone() };
    if case.known.iter().any(|known| known.subject == wanted) {
        return Standing::Holds;
    }
    obtainable(case, &ClaimName::from("sub"), Some(issuer), |_| true)
}

/// A claim that a policy asks for.
struct Wanted<'a> {
    name: &'a ClaimName,
    value: &'a Text,
    issuer: Option<&'a Uri>,
    max_age: Option<Duration>,
}

impl Wanted<'_> {
    fn is_about(&self, claim: &Claim) -> bool {
        claim.name == *self.name && self.issuer.is_none_or(|issuer| claim.issuer == *issuer)
    }

    fn is_fresh(&self, established_at: Timestamp, now: Timestamp) -> bool {
        self.max_age.is_none_or(|max_age| now.since(established_at) <= max_age)
    }
}

fn claim(cx: &mut Context<'_>, case: &Case<'_>, wanted: &Wanted<'_>) -> Standing {
    let mut has_other_value = false;
    for known in case.known {
        for claim in known.claims.iter().filter(|claim| wanted.is_about(claim)) {
            let fresh = wanted.is_fresh(known.at, cx.at);
            if claim.value != *wanted.value {
                has_other_value |= fresh && known.is_first_hand();
            } else if wanted.max_age.is_none() || cx.require(Rule::ClaimFresh, fresh).is_ok() {
                return Standing::Holds;
            }
        }
    }
    if has_other_value {
        // A hint at it would lead nowhere: its issuer has spoken in this process.
        return Standing::Fails;
    }
    let now = cx.at;
    obtainable(case, wanted.name, wanted.issuer, |known| wanted.is_fresh(known.at, now))
}

// An issuer that spoke in this process, recently enough, has nothing more to say.
fn obtainable(
    case: &Case<'_>,
    name: &ClaimName,
    issuer: Option<&Uri>,
    counts: impl Fn(&Established) -> bool,
) -> Standing {
    let has_spoken = |candidate: &Uri| {
        let spoke = |known: &&Established| known.is_first_hand() && known.subject.issuer == *candidate;
        case.known.iter().filter(spoke).any(&counts)
    };
    let wanted = |candidate: &Uri| issuer.is_none_or(|issuer| candidate == issuer);
    let all = case.sources.all().into_iter();
    let issuers: Vec<Uri> = all.filter(|uri| wanted(uri) && !has_spoken(uri)).cloned().collect();
    if issuers.is_empty() { Standing::Fails } else { Needs::claim(hint(case.sources, name, issuers)) }
}

// Grant §3.3.6 `required_claims`.
fn hint(sources: &Sources, name: &ClaimName, issuer: Vec<Uri>) -> RequiredClaim {
    let can_be_pushed = issuer.iter().any(|issuer| sources.pushed.contains(issuer));
    RequiredClaim {
        name: Some(name.clone()),
        friendly_name: None,
        claim_type: None,
        claim_token_format: if can_be_pushed { vec![ID_TOKEN_FORMAT.into()] } else { Vec::new() },
        issuer,
    }
}

// Core 1.0.1 §3.5.4.1: any one of the classes satisfies.
fn signed_in_with(cx: &mut Context<'_>, case: &Case<'_>, accepted: &[Text]) -> Standing {
    let Some(acr) = case.acr.filter(|_| !accepted.is_empty()) else { return Standing::Fails };
    match cx.require(Rule::SignInStrongEnough, accepted.contains(acr)) {
        Ok(_) => Standing::Holds,
        Err(_) => Standing::Needs(Needs { acr: accepted.iter().cloned().collect(), ..Needs::default() }),
    }
}

fn owner_approves(cx: &mut Context<'_>, case: &Case<'_>) -> Standing {
    let answer = case.owner_requests.answer_to(case.process, case.resource, case.scope);
    match (cx.require(Rule::OwnerApprovedThisProcess, answer == Some(true)), answer) {
        (Ok(_), _) => Standing::Holds,
        (Err(_), Some(_)) => Standing::Fails,
        (Err(_), None) => Standing::Needs(Needs { owner: true, ..Needs::default() }),
    }
}
