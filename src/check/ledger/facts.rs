//! The part of the ledger that follows facts.

use crate::check::ledger::exchanges::{Secret, short};
use crate::check::ledger::places::{Asked, Client, Established, Interaction, Mapping, Process, Registered, Ruling};
use crate::check::ledger::tokens::{Assertion, Code, Death, IdToken, Pct, Ticket};
use crate::check::ledger::{Ledger, places};
use crate::message::NodeId;
use crate::trace::fact::{
    AssertionIssued, AssertionRedeemed, ClaimsSource, CodeIssued, InteractionStarted, PctIssued, RequestDenied,
    ResourceKey, SignIn, TicketReason,
};
use crate::trace::{Fact, Record, Truth};
use crate::wire::oauth::{AuthenticationMethod, ClientMetadata};
use crate::wire::{ClientId, ETag, PersonId, ResourceDescription, ScopeSet, Text, Timestamp, Uri};

impl Ledger {
    /// Follows one fact.
    pub(super) fn fact(&mut self, truth: &Truth, node: NodeId, fact: &Fact, record: &Record) {
        match fact {
            Fact::PolicySet { .. }
            | Fact::PolicyRemoved { .. }
            | Fact::ResourceRegistered { .. }
            | Fact::ResourceUpdated { .. }
            | Fact::ResourceDeregistered { .. } => self.registry_fact(node, fact, record),
            Fact::TicketIssued { .. }
            | Fact::TicketRedeemed { .. }
            | Fact::InteractionStarted(_)
            | Fact::PersonAgreed { .. }
            | Fact::ClaimsEstablished { .. }
            | Fact::OwnerAsked { .. }
            | Fact::OwnerAnswered { .. }
            | Fact::RequestDenied { .. } => self.process_fact(node, fact, record),
            Fact::RptIssued { .. } | Fact::AuthorizationDataAdded { .. } | Fact::PermissionsWithdrawn { .. } => {
                self.rpt_fact(truth, node, fact, record);
            }
            Fact::CredentialsStored { as_uri, client, .. } => {
                if let Some(server) = self.names.at(as_uri) {
                    self.names.learn_client(server, client, node, true);
                }
            }
            Fact::ClientRegistered { client, metadata, secret, .. } => {
                self.client_registered(node, client, metadata, secret.map(|secret| secret.short()));
            }
            Fact::ClientIntroduced(_)
            | Fact::ClientRemoved(_)
            | Fact::IssuerTrusted(_)
            | Fact::IssuerDistrusted(_)
            | Fact::AccountAdded(_)
            | Fact::AccountRemoved(_) => self.operator_fact(node, fact),
            Fact::ResourceMapped { .. } | Fact::ResourceUnmapped { .. } | Fact::ProtectionEnded { .. } => {
                self.mapping_fact(node, fact, record);
            }
            Fact::PatObtained { owner, as_uri, .. } => self.pat_held(node, owner, as_uri, true),
            Fact::PatLost { owner, as_uri } => self.pat_held(node, owner, as_uri, false),
            Fact::ResourceReleased { exchange, rpt: Some(_), .. } => {
                if let Some(exchange) = self.exchanges.get_mut(*exchange) {
                    exchange.released = true;
                }
            }
            Fact::RptObtained(obtained) => self.rpt_obtained(obtained),
            Fact::CodeIssued(_)
            | Fact::AccessTokenIssued { .. }
            | Fact::IdTokenIssued { .. }
            | Fact::SignedInWith { .. }
            | Fact::PctIssued(_)
            | Fact::TokenRevoked { .. } => self.token_fact(truth, node, fact, record),
            Fact::AssertionIssued(_) | Fact::AssertionRedeemed(_) => self.assertion_fact(node, fact),
            Fact::ClientAssertionUsed { assertion, expires_at, .. } => {
                self.tokens.client_assertions.insert((node, assertion.short()), *expires_at);
            }
            Fact::SessionOpened { .. } | Fact::SessionEnded { .. } => self.session_fact(node, fact, record),
            Fact::ApprovalGiven { .. } | Fact::ApprovalWithdrawn { .. } => self.approval_fact(node, fact),
            // The presentation itself tells.
            Fact::TicketDecided { .. }
            | Fact::RevisionChanged { .. }
            | Fact::ApprovalRefused { .. }
            | Fact::CodeRedeemed { .. }
            | Fact::ResourceReleased { .. }
            | Fact::AatObtained(_)
            | Fact::OwnerTokenObtained { .. }
            | Fact::OwnerTokenDropped { .. }
            | Fact::AatDropped { .. }
            | Fact::RptDropped { .. }
            | Fact::PctObtained { .. }
            | Fact::CookieStored { .. } => {}
        }
    }

    pub(super) fn client_registered(
        &mut self,
        node: NodeId,
        client: &ClientId,
        metadata: &ClientMetadata,
        secret: Option<Secret>,
    ) {
        let uris = metadata.redirect_uris.iter().chain(&metadata.claims_redirect_uris);
        if let Some(known) = uris.into_iter().find_map(|uri| self.names.at(uri)) {
            self.names.learn_client(node, client, known, false);
        }
        let entry = Client {
            scope: metadata.scope.clone(),
            claims_redirect_uris: metadata.claims_redirect_uris.clone(),
            redirect_uris: metadata.redirect_uris.clone(),
            secret,
            signs: metadata.authentication == AuthenticationMethod::PrivateKeyJwt,
        };
        self.registry.clients.insert((node, client.clone()), entry);
    }

    fn pat_held(&mut self, node: NodeId, owner: &PersonId, as_uri: &Uri, held: bool) {
        let Some(server) = self.names.at(as_uri) else { return };
        let key = (node, owner.clone(), server);
        if held {
            self.mappings.pats.insert(key);
        } else {
            self.mappings.pats.remove(&key);
        }
    }

    fn mapping_fact(&mut self, node: NodeId, fact: &Fact, record: &Record) {
        match fact {
            Fact::ResourceMapped { path, owner, as_uri, id, .. } => {
                let server = self.names.at(as_uri);
                if let (Some(server), Some(id)) = (server, id) {
                    let key = (node, server, owner.clone(), id.clone());
                    self.mappings.path_of_id.entry(key).or_insert_with(|| path.clone());
                }
                let entry = self.mappings.by_path.entry((node, path.clone()));
                let protected = entry.or_insert(Mapping { server, id: None, mapped: true, protected: None });
                protected.server = server;
                protected.id.clone_from(id);
                protected.mapped = true;
                protected.protected.get_or_insert(record.step);
            }
            Fact::ResourceUnmapped { path } => {
                if let Some(mapping) = self.mappings.by_path.get_mut(&(node, path.clone())) {
                    mapping.mapped = false;
                    mapping.id = None;
                }
            }
            Fact::ProtectionEnded { path } => {
                if let Some(mapping) = self.mappings.by_path.get_mut(&(node, path.clone())) {
                    mapping.protected = None;
                    mapping.mapped = false;
                }
            }
            _ => {}
        }
    }

    fn registry_fact(&mut self, node: NodeId, fact: &Fact, record: &Record) {
        self.registry.changed = record.step;
        match fact {
            Fact::PolicySet { owner, policy, version } => {
                let ruling =
                    Ruling { policy: policy.clone(), version: *version, changed_at: record.at, removed: false };
                let policies = self.registry.policies.entry((node, owner.clone())).or_default();
                policies.insert(policy.id.clone(), ruling);
            }
            Fact::PolicyRemoved { owner, policy, version } => {
                let policies = self.registry.policies.entry((node, owner.clone())).or_default();
                if let Some(ruling) = policies.get_mut(policy) {
                    (ruling.version, ruling.changed_at, ruling.removed) = (*version, record.at, true);
                }
            }
            Fact::ResourceRegistered { resource, description, etag } => {
                self.registered(node, resource, description, etag.as_ref(), record.step);
            }
            Fact::ResourceUpdated { resource, description, etag } => {
                self.updated(node, resource, description, etag.as_ref(), record.step);
            }
            Fact::ResourceDeregistered { resource } => self.deregistered(node, resource, record.step),
            _ => {}
        }
    }

    fn registered(
        &mut self,
        node: NodeId,
        key: &ResourceKey,
        description: &ResourceDescription,
        etag: Option<&ETag>,
        step: u64,
    ) {
        let entry = Registered {
            scopes: description.scopes.clone(),
            before: ScopeSet::new(),
            changed: step,
            type_: description.type_.clone(),
            etag: etag.cloned(),
            replaced: Vec::new(),
            gone: None,
            reduced: false,
        };
        self.registry.resources.insert((node, key.clone()), entry);
        let owners = self.registry.owners.entry((node, key.id.clone())).or_default();
        if !owners.contains(&key.owner) {
            owners.push(key.owner.clone());
        }
        let holding = self.holding(node, key);
        holding.ids.insert(key.id.clone());
        holding.changed = step;
    }

    fn holding(&mut self, node: NodeId, key: &ResourceKey) -> &mut places::Holding {
        self.registry.holdings.entry((node, key.owner.clone(), key.resource_server.clone())).or_default()
    }

    fn updated(
        &mut self,
        node: NodeId,
        key: &ResourceKey,
        description: &ResourceDescription,
        etag: Option<&ETag>,
        step: u64,
    ) {
        let Some(entry) = self.registry.resources.get_mut(&(node, key.clone())) else { return };
        entry.reduced |= !entry.scopes.is_subset(&description.scopes);
        entry.before = std::mem::replace(&mut entry.scopes, description.scopes.clone());
        entry.changed = step;
        entry.type_.clone_from(&description.type_);
        if let Some(old) = std::mem::replace(&mut entry.etag, etag.cloned()) {
            if entry.replaced.len() >= 8 {
                entry.replaced.remove(0);
            }
            entry.replaced.push(old);
        }
        self.holding(node, key).changed = step;
    }

    fn deregistered(&mut self, node: NodeId, key: &ResourceKey, step: u64) {
        if let Some(entry) = self.registry.resources.get_mut(&(node, key.clone())) {
            entry.gone = Some(step);
            entry.reduced = true;
        }
        let holding = self.holding(node, key);
        holding.ids.remove(&key.id);
        holding.changed = step;
    }

    fn approval_fact(&mut self, node: NodeId, fact: &Fact) {
        match fact {
            Fact::ApprovalGiven { person, client, scope } => {
                let approved = self.registry.approvals.entry((node, person.clone(), client.clone())).or_default();
                approved.extend(scope.iter().cloned());
            }
            Fact::ApprovalWithdrawn { person, client } => {
                self.registry.approvals.remove(&(node, person.clone(), client.clone()));
            }
            _ => {}
        }
    }

    fn assertion_fact(&mut self, node: NodeId, fact: &Fact) {
        match fact {
            Fact::AssertionIssued(AssertionIssued { assertion, person, audience, recipient, expires_at, .. }) => {
                let entry = Assertion {
                    issuer: node,
                    person: person.clone(),
                    audience: audience.clone(),
                    recipient: recipient.clone(),
                    expires_at: *expires_at,
                    redeemed: 0,
                };
                self.tokens.assertions.insert(assertion.short(), entry);
            }
            Fact::AssertionRedeemed(AssertionRedeemed { assertion, .. }) => {
                if let Some(known) = self.tokens.assertions.get_mut(&assertion.short()) {
                    known.redeemed += 1;
                }
            }
            _ => {}
        }
    }

    fn token_fact(&mut self, truth: &Truth, node: NodeId, fact: &Fact, record: &Record) {
        match fact {
            Fact::CodeIssued(CodeIssued { code, client, redirect_uri, code_challenge, expires_at, .. }) => {
                let code = code.short();
                self.tokens.issued.insert(code);
                let entry = Code {
                    server: node,
                    client: client.clone(),
                    redirect_uri: redirect_uri.clone(),
                    challenge: code_challenge.clone(),
                    expires_at: *expires_at,
                    issued_tokens: 0,
                };
                self.tokens.codes.insert(code, entry);
            }
            Fact::AccessTokenIssued { .. } => self.access_token_issued(truth, node, fact),
            Fact::SignedInWith { of: SignIn::Token(token), acr } => {
                let Some(token) = self.tokens.access.get(&token.short()) else { return };
                let Some(person) = token.person.clone() else { return };
                let pair = (token.server, token.client.clone(), person);
                self.tokens.sign_ins.entry(pair).or_default().insert(acr.clone());
            }
            Fact::IdTokenIssued { token, person, client, expires_at } => {
                let entry =
                    IdToken { server: node, person: person.clone(), client: client.clone(), expires_at: *expires_at };
                self.tokens.id_tokens.insert(token.short(), entry);
            }
            Fact::PctIssued(PctIssued { pct, client, subjects, claims, established_at, expires_at }) => {
                let entry = Pct {
                    server: node,
                    client: client.clone(),
                    subjects: subjects.clone(),
                    claims: claims.clone(),
                    established_at: *established_at,
                    expires_at: *expires_at,
                    dead: None,
                };
                self.tokens.issued.insert(pct.short());
                self.tokens.pcts.insert(pct.short(), entry);
            }
            Fact::TokenRevoked { token, why, .. } => {
                let death = Death { step: record.step, at: record.at, why: *why };
                self.died(token.short(), death);
            }
            _ => {}
        }
    }

    fn died(&mut self, token: Secret, death: Death) {
        let tokens = &mut self.tokens;
        let dead = (tokens.rpts.get_mut(&token).map(|rpt| &mut rpt.dead))
            .or_else(|| tokens.access.get_mut(&token).map(|token| &mut token.dead))
            .or_else(|| tokens.refresh.get_mut(&token).map(|refresh| &mut refresh.dead))
            .or_else(|| tokens.pcts.get_mut(&token).map(|pct| &mut pct.dead));
        if let Some(dead) = dead {
            dead.get_or_insert(death);
        }
    }

    fn process_fact(&mut self, node: NodeId, fact: &Fact, record: &Record) {
        match fact {
            Fact::TicketIssued { .. } => self.ticket_issued(node, fact),
            Fact::TicketRedeemed { ticket, process, client, spent, .. } => {
                if let Some(ticket) = self.tokens.tickets.get_mut(&ticket.short()) {
                    ticket.redeemed.get_or_insert(record.step);
                    if *spent {
                        ticket.spent.get_or_insert(record.step);
                    }
                }
                let process = self.processes.entry((node, *process)).or_default();
                process.client.get_or_insert_with(|| client.clone());
            }
            Fact::InteractionStarted(InteractionStarted { process, session, client, redirect_uri, state, ticket }) => {
                self.settled(ticket.short());
                let interaction = Interaction {
                    client: client.clone(),
                    redirect_uri: redirect_uri.clone(),
                    state: state.as_ref().map(short),
                };
                self.browsers.visited(session.short(), interaction.clone());
                self.processes.entry((node, *process)).or_default().interactions.push(interaction);
            }
            Fact::PersonAgreed { process, session, client, subject } => {
                let agreed = (session.short(), client.clone(), subject.clone());
                self.processes.entry((node, *process)).or_default().agreed.push(agreed);
            }
            Fact::ClaimsEstablished { process, subject, claims, how, .. } => {
                let since = self.known_since(*how, record.node_time);
                let (subject, claims) = (subject.clone(), claims.clone());
                let established = Established { subject, claims, how: *how, since, at: record.at };
                self.processes.entry((node, *process)).or_default().claims.push(established);
            }
            Fact::OwnerAsked { request, process, owner, resource, scopes, .. } => {
                let asked = Asked {
                    request: request.clone(),
                    owner: owner.clone(),
                    resource: resource.clone(),
                    scopes: scopes.clone(),
                    answered: None,
                };
                self.processes.entry((node, *process)).or_default().asked.push(asked);
                self.questions.insert((node, request.clone()), *process);
            }
            Fact::OwnerAnswered { request, approved, .. } => self.owner_answered(node, request, *approved, record),
            Fact::RequestDenied(RequestDenied { ticket, .. }) => self.settled(ticket.short()),
            _ => {}
        }
    }

    fn owner_answered(&mut self, node: NodeId, request: &Text, approved: bool, record: &Record) {
        self.registry.changed = record.step;
        let Some(process) = self.questions.get(&(node, request.clone())) else { return };
        let Some(process) = self.processes.get_mut(&(node, *process)) else { return };
        for asked in process.asked.iter_mut().filter(|asked| asked.request == *request) {
            asked.answered = Some((approved, record.step));
        }
    }

    fn settled(&mut self, ticket: Secret) {
        if let Some(ticket) = self.tokens.tickets.get_mut(&ticket) {
            ticket.settled = true;
        }
    }

    // A claim behind a PCT is as old as it was when the PCT was issued (Grant §3.3.4 note).
    fn known_since(&self, how: ClaimsSource, now: Timestamp) -> Timestamp {
        match how {
            ClaimsSource::Pct(pct) => self.tokens.pcts.get(&pct.short()).map_or(now, |pct| pct.established_at),
            ClaimsSource::Pushed(_) | ClaimsSource::Gathered(_) | ClaimsSource::Aat(_) => now,
        }
    }

    fn ticket_issued(&mut self, node: NodeId, fact: &Fact) {
        let Fact::TicketIssued {
            ticket,
            process,
            permissions,
            owner,
            resource_server,
            expires_at,
            predecessor,
            reason,
        } = fact
        else {
            return;
        };
        let secret = ticket.short();
        self.tokens.issued.insert(secret);
        if let Some(old) = predecessor.and_then(|old| self.tokens.tickets.get_mut(&old.short())) {
            old.successor.get_or_insert(secret);
            old.settled = true;
        }
        let root = self.processes.entry((node, *process)).or_default();
        if *reason == TicketReason::PermissionRequest {
            *root = Process { root: secret, ..Process::default() };
        }
        root.expires_at = root.expires_at.max(*expires_at);
        let entry = Ticket {
            server: node,
            process: *process,
            permissions: permissions.clone(),
            owner: owner.clone(),
            resource_server: resource_server.clone(),
            expires_at: *expires_at,
            reason: *reason,
            successor: None,
            redeemed: None,
            spent: None,
            granted: false,
            settled: false,
            poll: None,
            presented: None,
            sent: 0,
            challenged: None,
            starters: Vec::new(),
            delivered: None,
        };
        self.tokens.tickets.insert(secret, entry);
    }
}
