//! The longer steps: giving claims, fetching, releasing.

use super::*;
use crate::trace::fact::InteractionStarted;

impl Run {
    pub(in crate::check) fn obtained(&mut self, server: NodeId, rpt: &str) {
        let obtained = Fact::RptObtained(RptObtained {
            as_uri: uri(AS, ""),
            resource_server: uri(server, "").as_str().into(),
            session: Some(hash("bobs-session")),
            resource: uri(server, "/a"),
            rpt: Rpt::new(rpt),
            refresh: None,
            replaces: None,
            carries: None,
        });
        self.fact(CLIENT, obtained);
    }

    /// Registers a client anew, with a key instead of a secret.
    pub(in crate::check) fn signing_client(&mut self, server: NodeId, client: NodeId) {
        let key = jws::Jwk::ed25519("k", "ideal", "eA");
        let metadata = ClientMetadata {
            name: None,
            redirect_uris: vec![uri(client, "/return")],
            claims_redirect_uris: Vec::new(),
            scope: ScopeSet::new(),
            grant_types: Vec::new(),
            authentication: AuthenticationMethod::PrivateKeyJwt,
            keys: Some(Box::new(ClientKeys { source: KeySource::Here(vec![key]), algorithm: None })),
        };
        self.fact(server, Fact::ClientRegistered { client: id(client), metadata, secret: None, dynamic: true });
    }

    // ---- claims

    pub(in crate::check) fn claims_fact(process: u64, person: &str, how: ClaimsSource) -> Fact {
        let (client, claims) = (id(CLIENT), vec![email()]);
        Fact::ClaimsEstablished {
            process: ProcessId(process),
            client,
            subject: subject(person),
            claims,
            how,
            established_at: Timestamp::default(),
        }
    }

    /// A person gives claims at the authorization server and comes back.
    pub(in crate::check) fn gather(&mut self, person: NodeId, ticket: &str, new: &str, process: u64) {
        let name = NAMES[usize::from(person.0)];
        let (session, state) = (format!("session-{name}"), format!("state-{ticket}"));
        let away = Note::PersonSentAway { session: hash("bobs-session"), state: hash(&state), to: uri(AS, "/claims") };
        self.note(CLIENT, away);
        let interaction = request::ClaimsInteraction {
            client_id: Some(id(CLIENT)),
            ticket: Some(PermissionTicket::new(ticket)),
            redirect_uri: Some(uri(CLIENT, "/claims-return")),
            state: Some(State::new(state.clone())),
        };
        let fetch = self.send(person, uri(CLIENT, "/continue"), Credentials::None, Request::GetAccount);
        let redirect = Request::ClaimsInteraction(interaction.clone());
        let redirect = Response::Redirect { to: uri(AS, "/claims"), message: Box::new(redirect) };
        self.answer(CLIENT, person, fetch, 302, redirect);
        self.send(person, uri(AS, "/claims"), Credentials::None, Request::ClaimsInteraction(interaction));
        self.redeemed(ticket, process, false);
        let (session_hash, redirect_uri) = (hash::<kind::SessionKind>(&session), uri(CLIENT, "/claims-return"));
        let (process_id, client) = (ProcessId(process), id(CLIENT));
        let started = Fact::InteractionStarted(InteractionStarted {
            process: process_id,
            session: session_hash,
            client: client.clone(),
            redirect_uri: redirect_uri.clone(),
            state: Some(State::new(state.clone())),
            ticket: hash(ticket),
        });
        self.fact(AS, started);
        let agree = Request::Form(Form::GiveClaims { form: FormKey::new("key"), agree: true });
        let form = self.send_with(person, uri(AS, "/form"), Credentials::None, Some(&session), agree);
        let agreed = Fact::PersonAgreed { process: process_id, session: session_hash, client, subject: subject(name) };
        self.fact(AS, agreed);
        self.now += 1;
        self.fact(AS, Self::claims_fact(process, name, ClaimsSource::Gathered(session_hash)));
        self.successor(ticket, new, process, TicketReason::ClaimsReturn);
        self.now += 1;
        let ticket = self.v2().then(|| PermissionTicket::new(new));
        let back = request::ClaimsReturn {
            ticket,
            state: Some(State::new(state.clone())),
            error: None,
            authorization_state: self.v1().then_some(request::AuthorizationState::ClaimsSubmitted),
        };
        let message = Box::new(Request::ClaimsReturn(back.clone()));
        self.answer(AS, person, form, 302, Response::Redirect { to: redirect_uri.clone(), message });
        self.send(person, redirect_uri, Credentials::None, Request::ClaimsReturn(back));
        self.note(CLIENT, Note::ReturnAccepted { session: Some(hash("bobs-session")), state: Some(hash(&state)) });
    }

    /// Bob approves a client at the authorization server, or it only says so.
    pub(in crate::check) fn approval(&mut self, approve: bool) {
        let form = Request::Form(Form::Consent { form: FormKey::new("consent"), approve });
        self.send_with(BOB, uri(AS, "/form"), Credentials::None, Some("session-bob"), form);
        let given = Fact::ApprovalGiven { person: "bob".into(), client: id(CLIENT), scope: scope_set(["x"]) };
        self.fact(AS, given);
    }

    // ---- fetches and releases

    pub(in crate::check) fn fetch(&mut self, person: NodeId, fetch: u64, server: NodeId) {
        self.act(person);
        let message = Request::Fetch { resource: uri(server, "/a"), method: "GET".into() };
        let exchange = self.send(person, uri(CLIENT, "/fetch"), Credentials::None, message);
        let session = (person == BOB).then(|| hash("bobs-session"));
        self.note(CLIENT, Note::FetchStarted { fetch, session, resource: uri(server, "/a") });
        let text = "wait".into();
        let page = Response::Page(page::Page::Notice { status: 202, text });
        let set_cookie = Some(SessionCookie::new("bobs-session")).filter(|_| person == BOB);
        self.answer_with(CLIENT, person, exchange, 202, Answer { set_cookie, message: page });
    }

    pub(in crate::check) fn fetched(&mut self, fetch: u64, server: NodeId, outcome: FetchOutcome) {
        self.note(CLIENT, Note::FetchEnded { fetch, resource: uri(server, "/a"), outcome });
    }

    pub(in crate::check) fn got() -> FetchOutcome {
        FetchOutcome::Got { content: "content".into() }
    }

    pub(in crate::check) fn introspect(&mut self, server: NodeId, rpt: &str, entry: Option<Permission>) -> ExchangeId {
        let token = Bearer::new(rpt);
        let ask = Request::Introspect(IntrospectionRequest { token, resource_id: None, host_id: None });
        let exchange = self.with_pat(server, ask);
        let told = entry.map_or(IntrospectionResponse::Inactive, |entry| {
            let permissions = vec![entry];
            IntrospectionResponse::Active(ActiveToken { permissions, ..ActiveToken::default() })
        });
        self.answer(AS, server, exchange, 200, Response::Introspection(told));
        exchange
    }

    pub(in crate::check) fn entry(&self, server: NodeId) -> Permission {
        self.granted(server, 1).permission
    }

    pub(in crate::check) fn evidence(&self, server: NodeId, exchange: ExchangeId) -> Evidence {
        Evidence {
            as_uri: uri(AS, ""),
            pat: hash(&format!("pat{}", server.0)),
            exchange,
            fetched_at: self.at(),
            active: true,
            permissions: vec![self.entry(server)],
            expires_at: None,
        }
    }

    pub(in crate::check) fn release(
        &mut self,
        server: NodeId,
        access: ExchangeId,
        rpt: &str,
        evidence: Option<Evidence>,
    ) {
        let (path, method) = ("/a".into(), "GET".into());
        let released = Fact::ResourceReleased { exchange: access, path, method, rpt: Some(hash(rpt)), evidence };
        self.fact(server, released);
    }

    /// An access with an RPT that is good.
    pub(in crate::check) fn access(&mut self, server: NodeId, rpt: &str) {
        let access = self.try_access(CLIENT, server, Some(rpt));
        let entry = self.entry(server);
        let question = self.introspect(server, rpt, Some(entry));
        let evidence = self.evidence(server, question);
        self.release(server, access, rpt, Some(evidence));
        self.content(server, access);
    }

    pub(in crate::check) fn content(&mut self, server: NodeId, access: ExchangeId) {
        let content = format!("content of {}", server.0).into();
        self.answer(server, CLIENT, access, 200, Response::Content { content });
    }

    pub(in crate::check) fn revoke(&mut self, token: &str, what: TokenWhat, why: RevocationCause) {
        self.fact(AS, Fact::TokenRevoked { token: hash(token), what, why });
    }

    pub(in crate::check) fn aat(&mut self) {
        let scope = if self.v1() { "uma_authorization" } else { AAT_SCOPE };
        self.access_token("aat", CLIENT, "bob", scope);
    }

    /// An RPT of the RPT endpoint (draft-06).
    pub(in crate::check) fn bare_rpt(&mut self, rpt: &str, server: NodeId) {
        let aat = Credentials::Bearer(Bearer::new("aat"));
        let exchange = self.send(CLIENT, uri(AS, "/rpt"), aat, Request::RequestRpt);
        let issued = self.rpt_fact(rpt, RptOrigin::Aat(hash("aat")), Vec::new());
        self.fact(AS, issued);
        self.answer(AS, CLIENT, exchange, 201, Response::RptIssued(Rpt::new(rpt)));
        self.obtained(server, rpt);
    }

    pub(in crate::check) fn refused(&mut self, exchange: ExchangeId, to: NodeId, status: u16, code: ErrorCode) {
        self.answer(AS, to, exchange, status, Response::Failure(Failure::body(status, code)));
    }
}
