//! Authorization assessment (Grant §3.3.4; D6 §3.4.3): which of the requested scopes the owner's policies in force now
//! permit, resource by resource. Only here a permission becomes a granted one. What is answered is not known here.

use super::AuthorizationServer;
use super::conditions::{Case, Needs, Sources, Standing, common, evaluate};
use super::oauth_calls;
use super::tickets::TicketRecord;
use super::trusted_issuers;
use crate::role::{Context, Rule};
use crate::trace::Note;
use crate::trace::fact::{GrantedPermission, ResourceKey, Subject, TicketHash};
use crate::trace::note::{Assessed, AssessedResource};
use crate::wire::{
    ClientId, Permission, Policy, PolicyId, PolicyTarget, RequiredClaim, ResourceDescription, ResourceId, Scope,
    ScopeSet, Text,
};
use std::collections::{BTreeMap, BTreeSet};

/// Permissions that an assessment granted. Nothing else makes them, and no RPT is issued on a ticket without them.
#[derive(Debug)]
pub(super) struct GrantedPermissions(Vec<GrantedPermission>);

impl GrantedPermissions {
    /// True when nothing was granted.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Uses them up.
    pub(super) fn into_inner(self) -> Vec<GrantedPermission> {
        self.0
    }
}

/// What is assessed.
pub(super) struct Question<'a> {
    /// The ticket that was presented.
    pub(super) ticket: TicketHash,
    /// Its record.
    pub(super) record: &'a TicketRecord,
    /// The client.
    pub(super) client: &'a ClientId,
    /// How the person of the AAT signed in, in a revision that can ask for more.
    pub(super) acr: Option<&'a Text>,
    /// RequestedScopes: what the client named in this request.
    pub(super) requested_scopes: &'a ScopeSet,
}

/// How an assessment came out.
#[derive(Debug)]
pub(super) struct Assessment {
    /// What passed.
    pub(super) granted: GrantedPermissions,
    /// True when everything that was requested passed.
    pub(super) complete: bool,
    /// True when something failed for good.
    pub(super) hopeless: bool,
    /// Claims that can still be had and would help.
    pub(super) missing: BTreeSet<RequiredClaim>,
    /// Authentication context classes of which one would help; none when the sign-in is strong enough.
    pub(super) required_acr: BTreeSet<Text>,
    /// What waits for the owner and for nothing else.
    pub(super) pending: Vec<(ResourceKey, ScopeSet)>,
    assessed: Assessed,
}

/// What an assessment leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// An RPT that carries what passed.
    Granted,
    /// The client can get more that would help.
    NeedInfo,
    /// The owner has to say.
    Submitted,
    /// No.
    Denied,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::NeedInfo => "need-info",
            Self::Submitted => "submitted",
            Self::Denied => "denied",
        }
    }
}

impl Assessment {
    /// What it leads to; `partial` when something is granted also where not everything passed.
    pub(super) fn verdict(&self, partial: bool) -> Verdict {
        // Asking for more makes sense only while an RPT can come of it.
        let hopeless = self.hopeless && !partial;
        if !self.granted.is_empty() && (self.complete || partial) {
            Verdict::Granted
        } else if self.needs_the_client() && !hopeless {
            Verdict::NeedInfo
        } else if !self.pending.is_empty() && !hopeless {
            Verdict::Submitted
        } else {
            Verdict::Denied
        }
    }

    // Claims or a stronger sign-in would help.
    fn needs_the_client(&self) -> bool {
        !self.missing.is_empty() || !self.required_acr.is_empty()
    }

    /// True when something passed, or still may.
    pub(super) fn is_hopeful_in_part(&self) -> bool {
        !(self.granted.is_empty() && self.missing.is_empty() && self.required_acr.is_empty() && self.pending.is_empty())
    }

    /// Says in the trace how it came out.
    pub(super) fn note(&self, cx: &mut Context<'_>, verdict: Verdict) {
        cx.note(Note::Assessed(Box::new(Assessed { result: verdict.name(), ..self.assessed.clone() })));
    }

    /// Who the requesting party is.
    pub(super) fn subjects(&self) -> &[Subject] {
        &self.assessed.subjects
    }
}

/// Assesses a process.
pub(super) fn assess(server: &AuthorizationServer, cx: &mut Context<'_>, question: &Question<'_>) -> Assessment {
    let Question { ticket, record, client, .. } = *question;
    let registered_scopes = oauth_calls::registered_scopes(server, client);
    let mut assessment = Assessment {
        granted: GrantedPermissions(Vec::new()),
        complete: true,
        hopeless: false,
        missing: BTreeSet::new(),
        required_acr: BTreeSet::new(),
        pending: Vec::new(),
        assessed: Assessed {
            process: record.process,
            ticket,
            client: client.clone(),
            subjects: server.claims.subjects(record.process),
            registered_scopes: registered_scopes.clone(),
            requested_scopes: question.requested_scopes.clone(),
            resources: Vec::new(),
            result: "",
        },
    };
    let named = pre_registered(cx, &registered_scopes, question.requested_scopes);
    let sources = sources(server);
    for (resource_id, ticket_scopes) in by_resource(record) {
        let resource = key(record, &resource_id);
        let about = AboutResource { server, question, resource: &resource, sources: &sources };
        let requested = about.requested_scopes(cx, ticket_scopes, &named);
        assess_resource(cx, &about, requested, &mut assessment);
    }
    assessment
}

/// True when every scope that the client names is registered for some resource of the ticket (Grant §3.3.6
/// `invalid_scope`).
pub(super) fn scopes_available(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    record: &TicketRecord,
    requested_scopes: &ScopeSet,
) -> bool {
    let available = |scope: &Scope| {
        let mut registered = record.permissions.iter().map(|asked| key(record, &asked.resource_id));
        registered.any(|key| server.resources.get(&key).is_some_and(|found| found.description.scopes.contains(scope)))
    };
    let all_available = requested_scopes.iter().all(available);
    cx.require(Rule::RequestedScopeAvailable, all_available).is_ok()
}

// Grant §3.3.4 steps 1-2: RegisteredScopes ∩ RequestedScopes.
fn pre_registered(cx: &mut Context<'_>, registered_scopes: &ScopeSet, requested_scopes: &ScopeSet) -> ScopeSet {
    let mut counts =
        |scope: &&Scope| cx.require(Rule::RequestedScopePreRegistered, registered_scopes.contains(*scope)).is_ok();
    requested_scopes.iter().filter(|scope| counts(scope)).cloned().collect()
}

fn by_resource(record: &TicketRecord) -> BTreeMap<ResourceId, ScopeSet> {
    let mut merged: BTreeMap<ResourceId, ScopeSet> = BTreeMap::new();
    for asked in &record.permissions {
        merged.entry(asked.resource_id.clone()).or_default().extend(asked.scopes.iter().cloned());
    }
    merged
}

fn key(record: &TicketRecord, resource_id: &ResourceId) -> ResourceKey {
    ResourceKey {
        owner: record.owner.clone(),
        resource_server: record.resource_server.clone(),
        id: resource_id.clone(),
    }
}

fn sources(server: &AuthorizationServer) -> Sources {
    let config = &server.config;
    let gathered = config.claims_from.clone().unwrap_or_else(|| config.issuer.clone());
    let pushed = if server.dialect().takes_claim_tokens() {
        trusted_issuers::all(server).cloned().collect()
    } else {
        Vec::new()
    };
    Sources { pushed, gathered: Some(gathered) }
}

struct AboutResource<'a> {
    server: &'a AuthorizationServer,
    question: &'a Question<'a>,
    resource: &'a ResourceKey,
    sources: &'a Sources,
}

impl<'a> AboutResource<'a> {
    fn description(&self) -> Option<&'a ResourceDescription> {
        self.server.resources.get(self.resource).map(|found| &found.description)
    }

    fn is_registered(&self, scope: &Scope) -> bool {
        self.description().is_some_and(|description| description.scopes.contains(scope))
    }

    // Grant §3.3.4 step 3: TicketScopes ∪ (RegisteredScopes ∩ RequestedScopes), the latter where registered (A16).
    fn requested_scopes(&self, cx: &mut Context<'_>, ticket_scopes: ScopeSet, named: &ScopeSet) -> ScopeSet {
        let mut counts =
            |scope: &&Scope| cx.require(Rule::ScopeRegisteredForResource, self.is_registered(scope)).is_ok();
        let extra: Vec<Scope> = named
            .iter()
            .filter(|scope| !ticket_scopes.contains(*scope))
            .filter(|scope| counts(scope))
            .cloned()
            .collect();
        ticket_scopes.into_iter().chain(extra).collect()
    }

    fn policies(&self) -> impl Iterator<Item = (&'a Policy, u64)> {
        let policies = self.server.policies.of_owner(&self.resource.owner);
        policies.filter(|(policy, _)| self.is_target(&policy.target))
    }

    fn is_target(&self, target: &PolicyTarget) -> bool {
        match target {
            PolicyTarget::Resources(ids) => ids.contains(&self.resource.id),
            PolicyTarget::Type(type_) => {
                self.description().is_some_and(|description| description.type_.as_ref() == Some(type_))
            }
            PolicyTarget::AllResources => self.description().is_some(),
        }
    }
}

/// How one scope of one resource came out.
struct ScopeOutcome {
    passed: bool,
    needs: Option<Needs>,
    policies: BTreeSet<(PolicyId, u64)>,
}

fn assess_resource(cx: &mut Context<'_>, about: &AboutResource<'_>, requested: ScopeSet, assessment: &mut Assessment) {
    let mut tally = Tally::default();
    for scope in &requested {
        let outcome = assess_scope(cx, about, Some(scope));
        tally.count(Some(scope), outcome);
    }
    if requested.is_empty() {
        // Reading A9: without scopes there must still be a policy that covers the resource.
        cx.our_choice("zero-scope-permission");
        let outcome = assess_scope(cx, about, None);
        tally.count(None, outcome);
    }
    if tally.passed_any {
        assessment.granted.0.push(granted(cx, about, &tally));
    }
    assessment.complete &= tally.passed_all();
    assessment.hopeless |= tally.failed;
    assessment.missing.extend(tally.missing);
    assessment.required_acr = common(std::mem::take(&mut assessment.required_acr), tally.required_acr);
    if tally.waits_for_owner {
        assessment.pending.push((about.resource.clone(), tally.waiting));
    }
    assessment.assessed.resources.push(AssessedResource {
        resource: about.resource.clone(),
        requested,
        candidate_granted: tally.candidate_granted,
        policies: tally.policies.into_iter().collect(),
        reasons: tally.reasons,
    });
}

#[derive(Default)]
struct Tally {
    candidate_granted: ScopeSet,
    passed_any: bool,
    failed: bool,
    waits_for_owner: bool,
    waiting: ScopeSet,
    missing: BTreeSet<RequiredClaim>,
    required_acr: BTreeSet<Text>,
    policies: BTreeSet<(PolicyId, u64)>,
    reasons: Vec<Text>,
}

impl Tally {
    fn passed_all(&self) -> bool {
        self.reasons.is_empty()
    }

    fn count(&mut self, scope: Option<&Scope>, outcome: ScopeOutcome) {
        let what = scope.map_or("the resource", Scope::as_str);
        self.policies.extend(outcome.policies);
        match outcome.needs {
            _ if outcome.passed => {
                self.passed_any = true;
                self.candidate_granted.extend(scope.cloned());
            }
            Some(needs) if !(needs.claims.is_empty() && needs.acr.is_empty()) => {
                let lacks = if needs.claims.is_empty() { "the sign-in is too weak" } else { "claims are missing" };
                self.reasons.push(format!("{what}: {lacks}").into());
                self.missing.extend(needs.claims);
                self.required_acr = common(std::mem::take(&mut self.required_acr), needs.acr);
            }
            Some(_) => {
                self.reasons.push(format!("{what}: the owner has to decide").into());
                self.waits_for_owner = true;
                self.waiting.extend(scope.cloned());
            }
            None => {
                self.reasons.push(format!("{what}: no policy permits").into());
                self.failed = true;
            }
        }
    }
}

// Grant §3.3.4 step 4, §5.6: what no policy permits is denied.
fn assess_scope(cx: &mut Context<'_>, about: &AboutResource<'_>, scope: Option<&Scope>) -> ScopeOutcome {
    let registered = scope.map_or(about.description().is_some(), |scope| about.is_registered(scope));
    if cx.require(Rule::ScopeRegisteredForResource, registered).is_err() {
        return ScopeOutcome { passed: false, needs: None, policies: BTreeSet::new() };
    }
    let (mut policies, mut needs) = (BTreeSet::new(), None::<Vec<Needs>>);
    for (policy, version) in about.policies() {
        if scope.is_some_and(|scope| !policy.scopes.contains(scope)) {
            continue;
        }
        match evaluate(cx, &case(about, scope), &policy.condition) {
            Standing::Holds => {
                policies.insert((policy.id.clone(), version));
            }
            Standing::Needs(these) => needs.get_or_insert_default().push(these),
            Standing::Fails => {}
        }
    }
    let passed = cx.require(Rule::PolicyPermits, !policies.is_empty()).is_ok();
    ScopeOutcome { passed, needs: needs.map(union), policies }
}

fn union(all: Vec<Needs>) -> Needs {
    all.into_iter().fold(Needs::default(), |mut sum, needs| {
        sum.join(needs);
        sum
    })
}

fn case<'a>(about: &AboutResource<'a>, scope: Option<&'a Scope>) -> Case<'a> {
    let process = about.question.record.process;
    Case {
        process,
        client: about.question.client,
        resource: about.resource,
        scope,
        known: about.server.claims.of(process),
        sources: about.sources,
        acr: about.question.acr,
        owner_requests: &about.server.owner_requests,
    }
}

fn granted(cx: &Context<'_>, about: &AboutResource<'_>, tally: &Tally) -> GrantedPermission {
    let config = &about.server.config;
    let lifetime = config.permission_lifetime.min(config.rpt_lifetime);
    GrantedPermission {
        resource: about.resource.clone(),
        permission: Permission {
            resource_id: about.resource.id.clone(),
            scopes: tally.candidate_granted.clone(),
            expires_at: Some((cx.at + lifetime).whole_secs()),
            issued_at: None,
            not_before: None,
        },
        process: about.question.record.process,
        granted_at: cx.at,
        policies: tally.policies.iter().cloned().collect(),
        subjects: about.server.claims.subjects(about.question.record.process),
    }
}
