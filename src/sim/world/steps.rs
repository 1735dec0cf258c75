//! The steps of a script as actions of the run.

use super::introductions::accomplice_of;
use super::names::Names;
use super::{list, revision_named, span_or, v1_0_1};
use crate::message::NodeId;
use crate::role::Act;
use crate::role::act::{DraftTarget, Flaw, Loot, PolicyDraft, Replay};
use crate::sim::scheduler::{Action, Deed, Settings, When};
use crate::sim::script::condition::ConditionTable;
use crate::sim::script::format::{ScriptFile, StepTable};
use crate::sim::script::{ScriptError, Source, span};
use crate::trace::truth::RoleKind;
use crate::wire::{
    ClaimName, ClientId, Duration, Endpoint, OwnerCall, PersonId, PolicyCondition, PolicyId, Revision, ScopeSet,
    Served, Text, Timestamp, Uri,
};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

type Result<T> = std::result::Result<T, ScriptError>;

const SERVERS: [RoleKind; 4] =
    [RoleKind::IdentityProvider, RoleKind::AuthorizationServer, RoleKind::ResourceServer, RoleKind::Client];

pub(super) fn build(script: &ScriptFile, names: &Names, source: &Source<'_>) -> Result<Vec<Action>> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut taken = std::collections::BTreeSet::new();
    let mut actions = Vec::with_capacity(script.steps.len());
    for step in &script.steps {
        let reader = Reader { script, names, source, step };
        let action = reader.action(&mut counts)?;
        if !taken.insert(action.name.clone()) {
            let span = step.who.as_ref().map_or(0..0, Spanned::span);
            return Err(source.error(span, format!("a second step named `{}`", action.name), "every name once"));
        }
        actions.push(action);
    }
    Ok(actions)
}

/// Reads one step.
struct Reader<'a> {
    script: &'a ScriptFile,
    names: &'a Names,
    source: &'a Source<'a>,
    step: &'a StepTable,
}

impl Reader<'_> {
    fn action(&self, counts: &mut BTreeMap<String, u32>) -> Result<Action> {
        let who = self.needed(self.step.who.as_ref(), "who")?;
        let does = self.needed(self.step.does.as_ref(), "does")?;
        let count = counts.entry(format!("{}.{}", who.get_ref(), does.get_ref())).or_default();
        *count += 1;
        let name = match &self.step.name {
            Some(name) => name.clone(),
            None => format!("{}.{}#{count}", who.get_ref(), does.get_ref()),
        };
        let when = match &self.step.after {
            Some(_) => When::After(span_or(self.step.after.as_ref(), Duration::ZERO, self.source)?),
            None => When::AtRest,
        };
        let note = self.step.note.as_deref().unwrap_or_default().into();
        Ok(Action { name: name.into(), note, when, what: self.deed(who, does)? })
    }

    fn deed(&self, who: &Spanned<String>, does: &Spanned<String>) -> Result<Deed> {
        if who.get_ref() == "world" {
            return self.world(does);
        }
        let all = [&SERVERS[..], &[RoleKind::Person]].concat();
        let node = self.names.node(who, &all, self.source)?;
        let role = self.names.role(who.get_ref()).unwrap_or(RoleKind::Person);
        let act = match role {
            RoleKind::Person => self.person(does)?,
            RoleKind::Client => self.client(does)?,
            RoleKind::ResourceServer => self.resource_server(does)?,
            RoleKind::AuthorizationServer | RoleKind::IdentityProvider => return Err(self.unknown(does, &[])),
        };
        Ok(Deed::Act(node, act))
    }

    fn world(&self, does: &Spanned<String>) -> Result<Deed> {
        let words = ["wait", "crash", "cut", "strip-tls", "mend", "step-clock", "heal"];
        Ok(match does.get_ref().as_str() {
            "wait" => Deed::Wait(self.span()?),
            "crash" => {
                let downtime = span_or(self.step.for_.as_ref(), Settings::default().downtime, self.source)?;
                Deed::Crash(self.server(self.step.node.as_ref(), "node")?, downtime)
            }
            "cut" => self.link(Deed::Cut)?,
            "strip-tls" => self.link(Deed::StripTls)?,
            "mend" => self.link(Deed::Mend)?,
            "step-clock" => {
                let by = self.step.by_millis.ok_or_else(|| self.missing("by-millis"))?;
                Deed::StepClock(self.server(self.step.node.as_ref(), "node")?, by.saturating_mul(1000))
            }
            "heal" => Deed::Heal,
            _ => return Err(self.unknown(does, &words)),
        })
    }

    fn link(&self, deed: fn(NodeId, NodeId) -> Deed) -> Result<Deed> {
        Ok(deed(self.any(self.step.from.as_ref(), "from")?, self.any(self.step.node.as_ref(), "node")?))
    }

    fn person(&self, does: &Spanned<String>) -> Result<Act> {
        let words = [
            "fetch",
            "connect",
            "set-policy",
            "remove-policy",
            "answer-requests",
            "withdraw-approval",
            "sign-out",
            "guess-password",
            "decide-consents",
            "decide-claims",
            "close-tabs",
        ];
        Ok(match does.get_ref().as_str() {
            "fetch" => Act::Fetch {
                client: self.origin(self.step.with.as_ref(), "with", RoleKind::Client)?,
                resource: self.resource()?,
                method: self.method(),
            },
            "connect" => Act::Connect { resource_server: self.connected()?, as_uri: self.issuer()? },
            "set-policy" => Act::SetPolicy { as_uri: self.issuer()?, policy: self.policy()? },
            "remove-policy" => Act::RemovePolicy { as_uri: self.issuer()?, policy: self.policy_id()? },
            "answer-requests" => Act::AnswerRequests { as_uri: self.issuer()?, approve: self.yes_or_no()? },
            "withdraw-approval" => {
                let client = self.needed(self.step.with.as_ref(), "with")?;
                self.names.node(client, &[RoleKind::Client, RoleKind::ResourceServer], self.source)?;
                Act::WithdrawApproval { as_uri: self.issuer()?, client_name: client.get_ref().as_str().into() }
            }
            "sign-out" => Act::SignOut { as_uri: self.issuer()? },
            "guess-password" => self.guesses()?,
            "decide-consents" => Act::DecideConsents { approve: self.yes_or_no()? },
            "decide-claims" => Act::DecideClaims { agree: self.yes_or_no()? },
            "close-tabs" => Act::CloseTabs,
            _ => return Err(self.unknown(does, &words)),
        })
    }

    fn guesses(&self) -> Result<Act> {
        let account = self.needed(self.step.account.as_ref(), "account")?;
        self.names.node(account, &[RoleKind::Person], self.source)?;
        let (username, times) = (account.get_ref().as_str().into(), self.step.times.unwrap_or(1));
        Ok(Act::GuessPassword { as_uri: self.issuer()?, username, times })
    }

    // An owner connects a resource server, or signs in to a program that manages policies.
    fn connected(&self) -> Result<Uri> {
        match &self.step.with {
            Some(_) => self.origin(self.step.with.as_ref(), "with", RoleKind::Client),
            None => self.origin(self.step.resource_server.as_ref(), "resource-server", RoleKind::ResourceServer),
        }
    }

    // What an owner does by a program is called as in the browser.
    fn manager(&self, does: &Spanned<String>) -> Result<Act> {
        let words = ["set-policy", "remove-policy", "list-requests", "answer-requests", "withdraw-approval"];
        match does.get_ref().as_str() {
            "list-requests" => Ok(Act::Manage { as_uri: self.issuer()?, call: OwnerCall::ListRequests }),
            word if words.contains(&word) => self.person(does),
            _ => Err(self.unknown(does, &words)),
        }
    }

    fn client(&self, does: &Spanned<String>) -> Result<Act> {
        let who = self.step.who.as_ref().map(Spanned::get_ref);
        if self.script.clients.iter().any(|table| table.manages && Some(table.name.get_ref()) == who) {
            return self.manager(does);
        }
        Ok(match does.get_ref().as_str() {
            "fetch" => Act::FetchForOrganisation { resource: self.resource()?, method: self.method() },
            "refresh" => Act::RefreshRpt { resource: self.resource()? },
            "revoke" => Act::RevokeRpt { resource: self.resource()? },
            "forget-rpts" => Act::ForgetRpts,
            "replay" => Act::Replay(self.replay()?),
            "move-to" => Act::MoveTo { revision: self.moves_to()? },
            _ => return Err(self.unknown(does, &["fetch", "refresh", "revoke", "forget-rpts", "replay", "move-to"])),
        })
    }

    fn resource_server(&self, does: &Spanned<String>) -> Result<Act> {
        let words = ["content-appears", "content-vanishes", "change-scopes", "end-protection", "move-to"];
        let path = || -> Result<Text> { Ok(self.needed(self.step.path.as_ref(), "path")?.get_ref().as_str().into()) };
        Ok(match does.get_ref().as_str() {
            "content-appears" => Act::ContentAppeared { path: path()? },
            "content-vanishes" => Act::ContentVanished { path: path()? },
            "change-scopes" => Act::ScopesChanged { path: path()?, scopes: self.scopes_at(self.step.who.as_ref()) },
            "end-protection" => Act::EndProtection { path: path()? },
            "move-to" => Act::MoveTo { revision: self.moves_to()? },
            _ => return Err(self.unknown(does, &words)),
        })
    }

    // Between 1.0.1 and 2.0 what one speaks means something to the other.
    fn moves_to(&self) -> Result<Revision> {
        let name = self.needed(self.step.revision.as_ref(), "revision")?;
        let to = revision_named(name, self.source)?;
        let from =
            self.step.who.as_ref().map_or(self.names.revision, |who| self.names.spoken_by(who.get_ref()).revision);
        Served::of(&[from, to]).filter(|served| served.beside().is_some()).map(|_| to).ok_or_else(|| {
            self.source.error(name.span(), format!("a move from `{from}` to `{to}`"), "one between `1.0.1` and `2.0`")
        })
    }

    fn replay(&self) -> Result<Replay> {
        let loot = [
            ("ticket", Loot::Ticket),
            ("older-ticket", Loot::OlderTicket),
            ("rpt", Loot::Rpt),
            ("aat", Loot::Aat),
            ("pct", Loot::Pct),
            ("refresh-token", Loot::RefreshToken),
            ("code", Loot::Code),
            ("assertion", Loot::Assertion),
            ("wrapped-assertion", Loot::WrappedAssertion),
            ("weak-token", Loot::WeakToken),
            ("own-token", Loot::OwnToken),
            ("nothing", Loot::Nothing),
            ("client-assertion", Loot::ClientAssertion(Flaw::None)),
            ("used-client-assertion", Loot::ClientAssertion(Flaw::Used)),
            ("late-client-assertion", Loot::ClientAssertion(Flaw::Late)),
            ("early-client-assertion", Loot::ClientAssertion(Flaw::Early)),
            ("endless-client-assertion", Loot::ClientAssertion(Flaw::Endless)),
            ("client-assertion-for-another-server", Loot::ClientAssertion(Flaw::OtherServer)),
            ("client-assertion-for-two-servers", Loot::ClientAssertion(Flaw::TwoServers)),
            ("client-assertion-of-another-key", Loot::ClientAssertion(Flaw::OtherKey)),
            ("client-assertion-about-another-client", Loot::ClientAssertion(Flaw::OtherClient)),
        ];
        let endpoints = [
            ("token", Endpoint::Token),
            ("introspection", Endpoint::Introspection),
            ("permission", Endpoint::Permission),
            ("resource-registration", Endpoint::ResourceRegistration),
            ("claims-interaction", Endpoint::ClaimsInteraction),
            ("rpt", Endpoint::Rpt),
            ("authorization-data", Endpoint::AuthorizationData),
            ("revocation", Endpoint::Revocation),
            ("owner", Endpoint::Owner),
            ("resource", Endpoint::Resource),
        ];
        let to = self.needed(self.step.at.as_ref(), "at")?;
        self.names.node(to, &SERVERS, self.source)?;
        let as_client = self.step.as_client.as_ref().map(|client| self.identity(client));
        Ok(Replay {
            what: self.one_of(self.step.what.as_ref(), "what", &loot)?,
            to: match &self.step.resource {
                Some(_) => self.resource()?,
                None => self.names.origin(to.get_ref()),
            },
            at: self.one_of(self.step.endpoint.as_ref(), "endpoint", &endpoints)?,
            speaks: self.names.spoken_by(to.get_ref()).revision,
            as_client: as_client.transpose()?,
            times: self.step.times.unwrap_or(1),
        })
    }

    // A client's name as its identifier, or `accomplice` for the replayer's own second registration.
    fn identity(&self, client: &Spanned<String>) -> Result<ClientId> {
        if client.get_ref() == "accomplice" {
            let who = self.needed(self.step.who.as_ref(), "who")?;
            return Ok(ClientId::new(accomplice_of(who.get_ref())));
        }
        self.names.node(client, &[RoleKind::Client], self.source)?;
        Ok(ClientId::from(client.get_ref().as_str()))
    }

    // ---- policies

    fn policy(&self) -> Result<PolicyDraft> {
        let step = self.step;
        let target = match (step.resources.is_empty(), &step.type_, step.all) {
            (false, None, false) => {
                DraftTarget::Named(step.resources.iter().map(|name| Text::from(name.as_str())).collect())
            }
            (true, Some(type_), false) => DraftTarget::Type(type_.as_str().into()),
            (true, None, true) => DraftTarget::AllResources,
            _ => return Err(self.missing("resources`, `type` or `all")),
        };
        Ok(PolicyDraft {
            id: self.policy_id()?,
            target,
            scopes: self.scopes_of_policy()?,
            condition: self.condition()?,
        })
    }

    fn policy_id(&self) -> Result<PolicyId> {
        Ok(PolicyId::from(self.needed(self.step.policy.as_ref(), "policy")?.get_ref().as_str()))
    }

    // A scope that no resource has would make a policy that can never permit: a slip of the pen.
    fn scopes_of_policy(&self) -> Result<ScopeSet> {
        if self.step.scopes.is_empty() {
            return Err(self.missing("scopes"));
        }
        let mut known: std::collections::BTreeSet<&str> = std::collections::BTreeSet::from(["view"]);
        for server in &self.script.resource_servers {
            for resource in &server.resources {
                known.extend(resource.need.values().flatten().map(String::as_str));
            }
        }
        known.extend(
            self.script
                .steps
                .iter()
                .filter(|step| step.path.is_some())
                .flat_map(|step| &step.scopes)
                .map(String::as_str),
        );
        for scope in &self.step.scopes {
            if !known.contains(scope.as_str()) {
                let known: Vec<&str> = known.into_iter().collect();
                let expected = format!("one of {}", list(&known));
                return Err(self.source.error(self.place(), format!("unknown scope `{scope}`"), expected));
            }
        }
        Ok(self.scopes_at(self.step.at.as_ref()))
    }

    // As they travel to or from that node.
    fn scopes_at(&self, node: Option<&Spanned<String>>) -> ScopeSet {
        let spoken = node.map(|name| self.names.spoken_by(name.get_ref()));
        spoken.as_ref().unwrap_or(self.names).scopes(&self.step.scopes)
    }

    fn condition(&self) -> Result<PolicyCondition> {
        let table = self.needed(self.step.permit.as_ref(), "permit")?;
        self.condition_of(table.get_ref(), table.span())
    }

    fn condition_of(&self, table: &ConditionTable, at: Range<usize>) -> Result<PolicyCondition> {
        let several = |parts: &Vec<ConditionTable>| -> Result<Vec<PolicyCondition>> {
            parts.iter().map(|part| self.condition_of(part, at.clone())).collect()
        };
        if let Some(parts) = &table.all {
            return Ok(PolicyCondition::All(several(parts)?));
        }
        if let Some(parts) = &table.any {
            return Ok(PolicyCondition::Any(several(parts)?));
        }
        if let Some(person) = &table.person {
            return self.person_condition(person, table, at);
        }
        if let Some(client) = &table.client {
            return self.client_condition(client, at);
        }
        if let Some(name) = &table.claim {
            return self.claim_condition(name, table, at);
        }
        if let Some((from, until)) = &table.between {
            return self.between(from, until, at);
        }
        if let Some(ways) = &table.signed_in_with {
            return Ok(PolicyCondition::SignedInWith(ways.iter().map(|way| v1_0_1::acr(way)).collect()));
        }
        match (table.anyone, table.owner_approves) {
            (true, false) => Ok(PolicyCondition::Anyone),
            (false, true) => Ok(PolicyCondition::OwnerApproves),
            _ => Err(self.source.error(at, "a condition that says nothing", CONDITIONS)),
        }
    }

    fn person_condition(&self, person: &str, table: &ConditionTable, at: Range<usize>) -> Result<PolicyCondition> {
        self.names.node_named(person, at.clone(), &[RoleKind::Person], self.source)?;
        let voucher = table.at.as_deref().ok_or_else(|| self.missing("at"))?;
        let vouchers = [RoleKind::IdentityProvider, RoleKind::AuthorizationServer];
        self.names.node_named(voucher, at, &vouchers, self.source)?;
        Ok(PolicyCondition::RequestingParty { issuer: self.names.origin(voucher), subject: PersonId::from(person) })
    }

    fn client_condition(&self, client: &str, at: Range<usize>) -> Result<PolicyCondition> {
        self.names.node_named(client, at.clone(), &[RoleKind::Client], self.source)?;
        let server = self.step.at.as_ref().map(Spanned::get_ref);
        let introduced = self.script.clients.iter().any(|table| {
            table.name.get_ref() == client && table.introduced_at.iter().any(|name| Some(name.get_ref()) == server)
        });
        if !introduced {
            let found = format!("client `{client}` registers itself, so nobody knows its identifier beforehand");
            return Err(self.source.error(at, found, "a client that is `introduced-at` this authorization server"));
        }
        Ok(PolicyCondition::Client(ClientId::from(client)))
    }

    fn claim_condition(&self, name: &str, table: &ConditionTable, at: Range<usize>) -> Result<PolicyCondition> {
        let value = table.value.as_deref().ok_or_else(|| self.missing("value"))?;
        let vouchers = [RoleKind::IdentityProvider, RoleKind::AuthorizationServer];
        if let Some(from) = &table.from {
            self.names.node_named(from, at, &vouchers, self.source)?;
        }
        Ok(PolicyCondition::Claim {
            name: ClaimName::from(name),
            value: value.into(),
            issuer: table.from.as_deref().map(|name| self.names.origin(name)),
            max_age_secs: table.max_age_secs,
        })
    }

    fn between(&self, from: &str, until: &str, at: Range<usize>) -> Result<PolicyCondition> {
        let instant = |text: &str| -> Result<Timestamp> {
            let span = span::parse(text)
                .ok_or_else(|| self.source.error(at.clone(), format!("`{text}` is no span of time"), span::EXPECTED))?;
            Ok(Settings::default().start + span)
        };
        Ok(PolicyCondition::Between { from: instant(from)?, until: instant(until)? })
    }

    // ---- members

    fn place(&self) -> Range<usize> {
        self.step.does.as_ref().or(self.step.who.as_ref()).map_or(0..0, Spanned::span)
    }

    fn missing(&self, member: &str) -> ScriptError {
        let does = self.step.does.as_ref().map_or("a step", |does| does.get_ref().as_str());
        self.source.error(
            self.place(),
            format!("`{does}` without `{member}`"),
            format!("`{member} = ...` in this step"),
        )
    }

    fn needed<'b, T>(&self, value: Option<&'b Spanned<T>>, member: &str) -> Result<&'b Spanned<T>> {
        value.ok_or_else(|| self.missing(member))
    }

    fn unknown(&self, does: &Spanned<String>, known: &[&str]) -> ScriptError {
        let expected = if known.is_empty() {
            "somebody who acts of their own accord: a person, a client or a resource server".to_owned()
        } else {
            format!("one of {}", list(known))
        };
        self.source.error(does.span(), format!("unknown deed `{}`", does.get_ref()), expected)
    }

    fn server(&self, name: Option<&Spanned<String>>, member: &str) -> Result<NodeId> {
        self.names.node(self.needed(name, member)?, &SERVERS, self.source)
    }

    fn any(&self, name: Option<&Spanned<String>>, member: &str) -> Result<NodeId> {
        let all = [&SERVERS[..], &[RoleKind::Person]].concat();
        self.names.node(self.needed(name, member)?, &all, self.source)
    }

    fn origin(&self, name: Option<&Spanned<String>>, member: &str, role: RoleKind) -> Result<Uri> {
        let name = self.needed(name, member)?;
        self.names.node(name, &[role], self.source)?;
        Ok(self.names.origin(name.get_ref()))
    }

    fn issuer(&self) -> Result<Uri> {
        self.origin(self.step.at.as_ref(), "at", RoleKind::AuthorizationServer)
    }

    fn span(&self) -> Result<Duration> {
        self.needed(self.step.for_.as_ref(), "for")?;
        span_or(self.step.for_.as_ref(), Duration::ZERO, self.source)
    }

    fn yes_or_no(&self) -> Result<bool> {
        self.step.approve.ok_or_else(|| self.missing("approve"))
    }

    fn method(&self) -> Text {
        self.step.method.as_deref().unwrap_or("GET").into()
    }

    // `photoz/album/photo.jpg`: a resource server and a path. A path that it does not serve is a legal thing to ask.
    fn resource(&self) -> Result<Uri> {
        let resource = self.needed(self.step.resource.as_ref(), "resource")?;
        let (server, path) = resource.get_ref().split_once('/').ok_or_else(|| {
            let found = format!("`{}` is no resource", resource.get_ref());
            self.source.error(resource.span(), found, "`SERVER/path`, such as `photoz/album/photo.jpg`")
        })?;
        self.names.node_named(server, resource.span(), &[RoleKind::ResourceServer], self.source)?;
        Ok(self.names.origin(server).join(path))
    }

    fn one_of<T: Copy>(&self, found: Option<&Spanned<String>>, member: &str, known: &[(&str, T)]) -> Result<T> {
        let found = self.needed(found, member)?;
        let value = known.iter().find(|(word, _)| word == found.get_ref()).map(|(_, value)| *value);
        value.ok_or_else(|| {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let expected = format!("one of {}", list(&words));
            self.source.error(found.span(), format!("unknown {member} `{}`", found.get_ref()), expected)
        })
    }
}

const CONDITIONS: &str = "one of `anyone = true`, `person = ..., at = ...`, `client = ...`, `claim = ..., value = ...`, \
                          `between = [..., ...]`, `signed-in-with = [...]`, `owner-approves = true`, `all = [...]`, \
                          `any = [...]`";
