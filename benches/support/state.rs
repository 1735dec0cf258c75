//! An authorization server with a state of any size, for every benchmark that needs one.

use std::collections::BTreeMap;
use umaverse::role::authorization_server::{ChosenPlaces, RptFormat, RptReissue, Upgrade, V1_0_1Choices};
use umaverse::role::{AuthorizationServerConfig, SigningKey};
use umaverse::trace::Fact;
use umaverse::trace::fact::{GrantedPermission, ProcessId, ResourceKey, RptOrigin, Subject, TicketReason};
use umaverse::wire::oauth::{AuthenticationMethod, ClientMetadata};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Bearer, ClientId, ClientSecret, Duration, Permission, PermissionRequest, PermissionTicket, PersonId, Policy,
    PolicyCondition, PolicyTarget, ResourceDescription, Revision, Rpt, ScopeSet, Served, Timestamp, Uri,
};

/// Resources and PATs belong to so many owners, in turn.
pub(crate) const OWNERS: u64 = 1000;

/// Facts by number; names are shared as a server shares them.
pub(crate) struct Facts {
    now: Timestamp,
    later: Timestamp,
    owners: Vec<PersonId>,
    photoz: ClientId,
    printer: ClientId,
    idp: Uri,
    bob: PersonId,
}

impl Facts {
    /// Everything was issued at one instant and is void from another on.
    pub(crate) fn new(now: Timestamp, later: Timestamp) -> Self {
        Self {
            now,
            later,
            owners: (0..OWNERS).map(|number| PersonId::new(format!("owner-{number}"))).collect(),
            photoz: "photoz".into(),
            printer: "printer".into(),
            idp: "https://idp.example".into(),
            bob: "bob".into(),
        }
    }

    fn owner(&self, number: u64) -> PersonId {
        self.owners[(number % OWNERS) as usize].clone()
    }

    /// A resource of its owner.
    pub(crate) fn key(&self, number: u64) -> ResourceKey {
        let id = format!("resource-{number:08}").as_str().into();
        ResourceKey { owner: self.owner(number), resource_server: self.photoz.clone(), id }
    }

    /// It is registered.
    pub(crate) fn resource(&self, number: u64) -> Fact {
        let description = ResourceDescription {
            name: Some(format!("photo {number}").into()),
            scopes: scope_set(["view", "edit"]),
            ..ResourceDescription::default()
        };
        Fact::ResourceRegistered { resource: self.key(number), description, etag: None }
    }

    /// The PAT of an owner.
    pub(crate) fn pat(&self, number: u64) -> Fact {
        Fact::AccessTokenIssued {
            token: pat(number).hashed(),
            client: self.photoz.clone(),
            person: Some(self.owner(number)),
            scope: scope_set(["uma_protection"]),
            expires_at: self.later,
            refresh: None,
            code: None,
            refreshed_from: None,
            refresh_expires_at: None,
        }
    }

    /// The resource server and the client, with secrets of their own.
    pub(crate) fn parties(&self) -> Vec<Fact> {
        let known = |client: &ClientId| Fact::ClientRegistered {
            client: client.clone(),
            metadata: ClientMetadata {
                name: Some(client.as_str().into()),
                redirect_uris: Vec::new(),
                claims_redirect_uris: Vec::new(),
                scope: ScopeSet::new(),
                grant_types: Vec::new(),
                authentication: AuthenticationMethod::SecretBasic,
                keys: None,
            },
            secret: Some(secret().hashed()),
            dynamic: true,
        };
        vec![known(&self.photoz), known(&self.printer)]
    }

    /// An owner lets anybody in.
    pub(crate) fn policy(&self, number: u64) -> Fact {
        let policy = Policy {
            id: "everybody".into(),
            target: PolicyTarget::AllResources,
            scopes: view(),
            condition: PolicyCondition::Anyone,
        };
        Fact::PolicySet { owner: self.owner(number), policy, version: number + 1 }
    }

    /// A ticket for viewing a resource.
    pub(crate) fn ticket(&self, number: u64) -> Fact {
        let ResourceKey { owner, resource_server, id } = self.key(number);
        Fact::TicketIssued {
            ticket: ticket(number).hashed(),
            process: ProcessId(number),
            permissions: vec![PermissionRequest { resource_id: id, scopes: view() }],
            owner,
            resource_server,
            expires_at: self.later,
            predecessor: None,
            reason: TicketReason::PermissionRequest,
        }
    }

    /// An RPT for viewing a resource.
    pub(crate) fn rpt(&self, number: u64) -> Fact {
        let (resource, process) = (self.key(number), ProcessId(number));
        let permission = Permission {
            resource_id: resource.id.clone(),
            scopes: view(),
            expires_at: Some(self.later),
            issued_at: Some(self.now),
            not_before: None,
        };
        let subjects = vec![Subject { issuer: self.idp.clone(), person: self.bob.clone() }];
        let granted = GrantedPermission {
            resource,
            permission,
            process,
            granted_at: self.now,
            policies: vec![("family".into(), 1)],
            subjects: subjects.clone(),
        };
        let ticket = ticket(number).hashed();
        Fact::RptIssued {
            rpt: rpt(number).hashed(),
            client: self.printer.clone(),
            subjects,
            owner: Some(self.owner(number)),
            resource_server: Some(self.photoz.clone()),
            permissions: vec![granted],
            expires_at: self.later,
            origin: RptOrigin::Ticket { ticket, process, upgraded_from: None },
            refresh: None,
            refresh_expires_at: None,
        }
    }
}

/// What the tickets and RPTs are for.
pub(crate) fn view() -> ScopeSet {
    scope_set(["view"])
}

/// The PAT of an owner.
pub(crate) fn pat(number: u64) -> Bearer {
    Bearer::new(format!("pat-{number}"))
}

/// The secret of every client.
pub(crate) fn secret() -> ClientSecret {
    ClientSecret::new("the secret of a client")
}

/// A ticket.
pub(crate) fn ticket(number: u64) -> PermissionTicket {
    PermissionTicket::new(format!("ticket-{number}"))
}

/// An RPT.
pub(crate) fn rpt(number: u64) -> Rpt {
    Rpt::new(format!("rpt-{number}"))
}

/// A server of that issuer.
pub(crate) fn config(issuer: Uri) -> AuthorizationServerConfig {
    let day = Duration::from_secs(24 * 3600);
    AuthorizationServerConfig {
        issuer,
        places: ChosenPlaces::default(),
        served: Served::One(Revision::V2_0),
        accounts: BTreeMap::new(),
        clients: Vec::new(),
        dynamic_registration: true,
        trusted_issuers: Vec::new(),
        assertion_issuers: Vec::new(),
        claims_from: None,
        key: SigningKey { kid: "key".into(), secret: [7; 32] },
        retiring_keys: Vec::new(),
        ticket_lifetime: day,
        rpt_lifetime: day,
        permission_lifetime: day,
        access_token_lifetime: day,
        code_lifetime: day,
        session_lifetime: day,
        refresh_token_lifetime: day,
        pct_lifetime: day,
        poll_interval_secs: 5,
        refresh_tokens: true,
        pcts: true,
        rpt_format: RptFormat::Opaque,
        partial_grants: false,
        upgrade: Upgrade::NewString,
        rpt_reissue: RptReissue::PerRs,
        introspection_cache_secs: None,
        v1_0_1: V1_0_1Choices::default(),
    }
}

/// What the operating system gave; where it does not say, there is no figure.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// What this process took of a processor so far, in microseconds, where the system says it in clock ticks of 10 ms.
pub(crate) fn cpu_micros() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in parentheses and may have spaces; user and system time are the 14th and 15th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(ticks * 10_000)
}
