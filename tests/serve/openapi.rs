//! The OpenAPI description against a running authorization server: every operation of it is asked, well and badly, and
//! every answer is one that it promises. Schemas are read strictly: a member that is not described is a fault.

use crate::ecosystem::{Ecosystem, PASSWORD};
use boon::{Compiler, Draft, Schemas};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use umaverse::transport::http::{Client, Names};
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Text, Uri};
use url::form_urlencoded::Serializer;

const SECONDS: u64 = 30;
const WHERE: &str = "https://as.example/schema.json";
const BACK: &str = "http://127.0.0.1:9/return";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn field<'a>(response: &'a HttpResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

fn body(response: &HttpResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

/// A server, its description, and somebody who asks.
struct Api {
    client: Client,
    issuer: Uri,
    document: Value,
    /// The revision in which it is asked, at a server of two.
    family: Option<&'static str>,
    /// What was answered with success.
    done: BTreeSet<String>,
}

/// One operation as it is described.
struct Described {
    method: String,
    path: String,
    takes: Option<String>,
    /// Of what it takes.
    schema: Option<Value>,
    responses: Value,
    guard: Option<String>,
}

impl Api {
    async fn of(ecosystem: &Ecosystem) -> Self {
        let (client, issuer) = (Client::new(Names::new()), ecosystem.issuer());
        let mut api = Self { client, issuer, document: Value::Null, family: None, done: BTreeSet::new() };
        let answer = api.send("GET", "/openapi.json", &[], "").await;
        assert_eq!(answer.status, 200);
        api.document = body(&answer);
        api
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> HttpResponse {
        let request = HttpRequest {
            method: method.into(),
            uri: self.issuer.with_path(path),
            headers: headers.iter().map(|(name, value)| (Text::from(*name), Text::from(value.as_str()))).collect(),
            body: body.as_bytes().to_vec(),
        };
        let deadline = umaverse::wire::Duration::from_secs(SECONDS);
        let answered = tokio::time::timeout(Duration::from_secs(SECONDS), self.client.exchange(request, deadline));
        answered.await.unwrap().unwrap_or_else(|why| panic!("{method} {path}: {why:?}"))
    }

    fn operations(&self) -> Vec<String> {
        let paths = self.document["paths"].as_object().unwrap().values();
        let all = paths.flat_map(|item| item.as_object().unwrap().values());
        all.map(|operation| operation["operationId"].as_str().unwrap().to_owned()).collect()
    }

    // The name of an operation, which says whose it is where two revisions have one.
    fn name(&self, id: &str) -> String {
        let of_family = |family: &str| format!("{id}_{}", family.replace('.', "_"));
        self.family.map(of_family).filter(|name| self.operations().contains(name)).unwrap_or_else(|| id.to_owned())
    }

    fn described(&self, id: &str) -> Described {
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation["operationId"] == id {
                    let takes = operation["requestBody"]["content"].as_object();
                    let guard = operation["security"][0].as_object();
                    return Described {
                        method: method.to_uppercase(),
                        path: path.clone(),
                        takes: takes.and_then(|content| content.keys().next().cloned()),
                        schema: takes.and_then(|content| content.values().next()).map(|it| it["schema"].clone()),
                        responses: operation["responses"].clone(),
                        guard: guard.and_then(|guard| guard.keys().next().cloned()),
                    };
                }
            }
        }
        panic!("no operation {id}")
    }

    /// Asks for an operation; what comes has to be described.
    async fn ask(
        &mut self,
        id: &str,
        named: &str,
        credentials: &str,
        more: &[(&str, &str)],
        sent: &str,
    ) -> HttpResponse {
        let id = &self.name(id);
        let described = self.described(id);
        let path: Vec<&str> = described.path.split(['{', '}']).collect();
        let path = path.first().copied().unwrap().to_owned() + if path.len() > 1 { named } else { "" };
        let mut headers: Vec<(&str, String)> = more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        if !credentials.is_empty() {
            headers.push(("Authorization", credentials.to_owned()));
        }
        headers.extend(described.takes.iter().map(|media_type| ("Content-Type", media_type.clone())));
        let answer = self.send(&described.method, &path, &headers, sent).await;
        self.judge(id, &described, &answer);
        if answer.status < 300 {
            let sent_json: Option<Value> = serde_json::from_str(sent).ok();
            if let Some((schema, sent)) = described.schema.as_ref().zip(sent_json) {
                let fault = self.fault(schema, &sent);
                assert!(fault.is_none(), "{id} took what is not described: {fault:?} in {sent}");
            }
            self.done.insert(id.to_owned());
        }
        answer
    }

    /// The same, which has to end so.
    async fn gets(&mut self, id: &str, named: &str, credentials: &str, sent: &str, status: u16) -> Value {
        let answer = self.ask(id, named, credentials, &[], sent).await;
        assert_eq!(answer.status, status, "{id}: {}", String::from_utf8_lossy(&answer.body));
        body(&answer)
    }

    fn judge(&self, id: &str, described: &Described, answer: &HttpResponse) {
        let shown = String::from_utf8_lossy(&answer.body);
        let promised = &described.responses[answer.status.to_string()];
        assert!(promised.is_object(), "{id} answers {}, which is not described: {shown}", answer.status);
        // RFC 6750 §3: a token that does not do is said in the header field alone.
        let challenged = field(answer, "WWW-Authenticate").is_some_and(|it| it.starts_with("Bearer"));
        if challenged && answer.body.is_empty() && matches!(answer.status, 401 | 403) {
            return;
        }
        let Some(content) = promised["content"].as_object() else {
            assert!(answer.body.is_empty(), "{id} {}: a body that is not described: {shown}", answer.status);
            return;
        };
        let (media_type, content) = content.iter().next().unwrap();
        assert_eq!(field(answer, "Content-Type"), Some(media_type.as_str()), "{id} {}", answer.status);
        let fault = self.fault(&content["schema"], &body(answer));
        assert!(fault.is_none(), "{id} {}: {fault:?} in {shown}", answer.status);
    }

    fn fault(&self, schema: &Value, value: &Value) -> Option<String> {
        let mut components = self.document["components"].clone();
        close(&mut components["schemas"]);
        let whole = json!({ "$ref": schema["$ref"], "components": components });
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource(WHERE, whole).unwrap();
        let compiled = compiler.compile(WHERE, &mut schemas).unwrap_or_else(|why| panic!("{schema}: {why}"));
        schemas.validate(value, compiled).err().map(|fault| format!("{fault:#}"))
    }

    // ---- tokens

    async fn registered(&mut self) -> String {
        let metadata = json!({
            "client_name": "a tester",
            "redirect_uris": [BACK],
            "grant_types": [
                "authorization_code",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:uma-ticket",
            ],
        });
        let client = self.gets("registerClient", "", "", &metadata.to_string(), 201).await;
        let pair = format!("{}:{}", client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
        use base64::Engine;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    }

    /// An access token that Alice approves.
    async fn token(&mut self, client: &str, scope: &str) -> String {
        use base64::Engine;
        let pair = base64::engine::general_purpose::STANDARD.decode(client.trim_start_matches("Basic ")).unwrap();
        let client_id = String::from_utf8(pair).unwrap().split(':').next().unwrap().to_owned();
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", BACK),
            ("scope", scope),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        let code = self.code(&format!("/authorize?{query}")).await;
        let grant = form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ]);
        let tokens = self.gets("token", "", client, &grant, 200).await;
        format!("Bearer {}", tokens["access_token"].as_str().unwrap())
    }

    // Alice signs in and approves.
    async fn code(&self, path: &str) -> String {
        let page = self.send("GET", path, &[], "").await;
        let sign_in = [
            ("form_kind", "sign-in"),
            ("form_key", body(&page)["form_key"].as_str().unwrap()),
            ("username", "alice"),
            ("password", PASSWORD),
            ("resume", body(&page)["resume"].as_str().unwrap()),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let sent = self.submit(&sign_in.each_ref().map(|(name, value)| (*name, value.as_str())), cookie(&page)).await;
        let cookie = cookie(&sent);
        let page = self.send("GET", path, &[("Cookie", cookie.clone())], "").await;
        let key = body(&page)["form_key"].as_str().unwrap().to_owned();
        let sent = self.submit(&[("form_kind", "consent"), ("form_key", &key), ("approve", "yes")], cookie).await;
        let back = url::Url::parse(field(&sent, "Location").unwrap()).unwrap();
        back.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()).unwrap()
    }

    async fn submit(&self, pairs: &[(&str, &str)], cookie: String) -> HttpResponse {
        let headers = [("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded".to_owned())];
        self.send("POST", "/form", &headers, &form(pairs)).await
    }
}

fn cookie(response: &HttpResponse) -> String {
    field(response, "Set-Cookie").unwrap().split(';').next().unwrap().to_owned()
}

// What is described is all there is, unless the description says that there may be more.
fn close(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        let described = members.get("properties").is_some_and(Value::is_object);
        if described && members.get("type").is_some_and(|it| it == "object") {
            members.entry("additionalProperties").or_insert(Value::Bool(false));
        }
        members.values_mut().for_each(close);
    } else if let Some(values) = schema.as_array_mut() {
        values.iter_mut().for_each(close);
    }
}

// ---- what is asked

struct Tokens {
    client: String,
    pat: String,
    aat: String,
    owner: String,
}

impl Tokens {
    async fn of(api: &mut Api, revision: &str) -> Self {
        let client = api.registered().await;
        let uma = "http://docs.kantarainitiative.org/uma/scopes";
        let (pat, aat) = match revision {
            "2.0" => ("uma_protection".to_owned(), None),
            "1.0.1" => ("uma_protection".to_owned(), Some("uma_authorization".to_owned())),
            _ => (format!("{uma}/prot.json"), Some(format!("{uma}/authz.json"))),
        };
        let aat = match aat {
            Some(scope) => api.token(&client, &scope).await,
            None => String::new(),
        };
        let pat = api.token(&client, &pat).await;
        let owner = api.token(&client, "umaverse_owner").await;
        Self { client, pat, aat, owner }
    }

    fn of_guard(&self, guard: &str) -> &str {
        match guard {
            "client" => &self.client,
            "pat" => &self.pat,
            "aat" => &self.aat,
            "owner" => &self.owner,
            other => panic!("unknown guard {other}"),
        }
    }
}

// Nobody, somebody else, and the right one with nonsense.
async fn ask_badly(api: &mut Api, tokens: &Tokens) {
    for id in api.operations() {
        let guard = api.described(&id).guard;
        let right = guard.as_deref().map(|guard| tokens.of_guard(guard)).unwrap_or_default().to_owned();
        let wrong = if guard.as_deref() == Some("owner") { &tokens.pat } else { &tokens.owner };
        for (credentials, sent) in
            [("", "{"), (wrong.as_str(), "{"), ("Bearer nonsense", ""), (&right, "{"), (&right, "{}"), (&right, "[]")]
        {
            let answer = api.ask(&id, "nothing", credentials, &[], sent).await;
            let guarded = guard.as_deref().is_some_and(|guard| guard != "client");
            assert!(!guarded || credentials == right || matches!(answer.status, 401 | 403), "{id} {}", answer.status);
        }
    }
}

const ANYONE: &str = r#"{"id":"p","all_resources":true,"scopes":["SCOPE"],"permit":{"anyone":true}}"#;
const ASK_ME: &str = r#"{"all_resources":true,"scopes":["SCOPE"],"permit":{"owner_approves":true}}"#;

// A resource; an RPT while anybody may; then the owner is asked, and answers.
async fn ask_well(api: &mut Api, tokens: &Tokens, revision: &str) {
    let (client, pat, owner) = (&tokens.client, &tokens.pat, &tokens.owner);
    let draft = revision.starts_with("draft");
    let scope = if draft { "http://127.0.0.1:9/scopes/view" } else { "view" };
    let resource = ask_about_resources(api, pat, revision, scope).await;
    let (id_name, scopes) =
        if revision == "2.0" { ("resource_id", "resource_scopes") } else { ("resource_set_id", "scopes") };
    let wanted = json!({ id_name: resource, scopes: [scope] }).to_string();
    let permission = if revision == "2.0" { "requestPermissions" } else { "registerPermission" };
    api.gets("setPolicy", "p", owner, &ANYONE.replace("SCOPE", scope), 201).await;
    let ticket = api.gets(permission, "", pat, &wanted, 201).await;
    let rpt = present(api, tokens, revision, ticket["ticket"].as_str().unwrap(), 200).await;
    if draft {
        api.gets("rptStatus", "", pat, &json!({ "rpt": rpt }).to_string(), 200).await;
    } else {
        let status = api.gets("introspect", "", pat, &form(&[("token", &rpt)]), 200).await;
        assert_eq!(status["active"], true);
    }
    api.gets("listShares", "", owner, "", 200).await;
    api.gets("setPolicy", "p", owner, &ASK_ME.replace("SCOPE", scope), 200).await;
    let ticket = api.gets(permission, "", pat, &wanted, 201).await;
    present(api, tokens, revision, ticket["ticket"].as_str().unwrap(), 403).await;
    let waiting = api.gets("listRequests", "", owner, "", 200).await;
    let request = waiting["requests"][0]["id"].as_str().unwrap().to_owned();
    api.gets("answerRequest", &request, owner, r#"{"approve":true}"#, 204).await;
    api.gets("answerRequest", &request, owner, r#"{"approve":false}"#, 409).await;
    for list in ["listOwnResources", "listPolicies", "listClients", "readHistory"] {
        let told = api.gets(list, "", owner, "", 200).await;
        let all = told.as_object().unwrap().values().next().unwrap().as_array().unwrap().len();
        assert!(all > 0, "{list} is empty");
    }
    api.gets("readPolicy", "p", owner, "", 200).await;
    let stale = api.ask("withdrawPolicy", "p", owner, &[("If-Match", "\"0\"")], "").await;
    assert_eq!(stale.status, 412);
    api.gets("withdrawPolicy", "p", owner, "", 204).await;
    api.gets("withdrawApproval", "nobody", owner, "", 204).await;
    api.gets("revoke", "", client, &form(&[("token", "unknown")]), 200).await;
    for open in ["getKeys", "getConfiguration", "getDescription"] {
        api.gets(open, "", "", "", 200).await;
    }
}

async fn ask_about_resources(api: &mut Api, pat: &str, revision: &str, scope: &str) -> String {
    let scopes = if revision == "2.0" { "resource_scopes" } else { "scopes" };
    let described = json!({ "name": "album", scopes: [scope] }).to_string();
    let mut made = Vec::new();
    for name in ["r1", "r2"] {
        let (create, named) =
            if revision.starts_with("draft") { ("putResource", name) } else { ("createResource", "") };
        let created = api.gets(create, named, pat, &described, 201).await;
        made.push(created["_id"].as_str().unwrap().to_owned());
    }
    let [kept, gone] = made.as_slice() else { panic!("two resources") };
    let read = api.ask("readResource", kept, pat, &[], "").await;
    assert_eq!(read.status, 200);
    if let Some(etag) = field(&read, "ETag") {
        let updated = api.ask("putResource", kept, pat, &[("If-Match", etag)], &described).await;
        assert_eq!(updated.status, 201);
        let removed = api.ask("deleteResource", gone, pat, &[("If-Match", "\"nothing\"")], "").await;
        assert_eq!(removed.status, 412);
        let of_gone = api.ask("readResource", gone, pat, &[], "").await;
        let current = field(&of_gone, "ETag").unwrap().to_owned();
        assert_eq!(api.ask("deleteResource", gone, pat, &[("If-Match", &current)], "").await.status, 204);
    } else {
        api.gets("updateResource", kept, pat, &described, 200).await;
        api.gets("deleteResource", gone, pat, "", 204).await;
    }
    let all = api.gets("listResources", "", pat, "", 200).await;
    // Beside another revision, what was registered in that one is there as well.
    let all = all.as_array().unwrap();
    assert!(all.contains(&json!(kept)) && !all.contains(&json!(gone)), "{all:?}");
    kept.clone()
}

// The ticket where the revision has it presented; gives the RPT.
async fn present(api: &mut Api, tokens: &Tokens, revision: &str, ticket: &str, status: u16) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match revision {
        "2.0" => {
            let grant = form(&[("grant_type", "urn:ietf:params:oauth:grant-type:uma-ticket"), ("ticket", ticket)]);
            text(&api.gets("token", "", &tokens.client, &grant, status).await["access_token"])
        }
        "1.0.1" => {
            let sent = json!({ "ticket": ticket }).to_string();
            text(&api.gets("requestRpt", "", &tokens.aat, &sent, status).await["rpt"])
        }
        _ => {
            let rpt = text(&api.gets("requestRpt", "", &tokens.aat, "", 201).await["rpt"]);
            let sent = json!({ "rpt": rpt, "ticket": ticket }).to_string();
            api.gets("requestAuthorizationData", "", &tokens.aat, &sent, status).await;
            rpt
        }
    }
}

fn keeps_its_promises(revision: &'static str) {
    keeps_them(&Ecosystem::new(revision), &[revision]);
}

// Every operation, of each of the revisions with tokens of its own.
fn keeps_them(ecosystem: &Ecosystem, revisions: &[&'static str]) {
    let _as = ecosystem.start("as");
    actix_rt::System::new().block_on(async {
        let mut api = Api::of(ecosystem).await;
        let mut tokens = None;
        for revision in revisions {
            api.family = (revisions.len() > 1).then_some(revision);
            let own = Tokens::of(&mut api, revision).await;
            ask_well(&mut api, &own, revision).await;
            tokens.get_or_insert(own);
        }
        let tokens = tokens.unwrap();
        let all: BTreeSet<String> = api.operations().into_iter().collect();
        assert_eq!(api.done, all, "asked with success");
        ask_badly(&mut api, &tokens).await;
    });
}

#[test]
fn a_server_of_2_0_answers_as_it_says() {
    keeps_its_promises("2.0");
}

#[test]
fn a_server_of_1_0_1_answers_as_it_says() {
    keeps_its_promises("1.0.1");
}

#[test]
fn a_server_of_two_revisions_answers_as_it_says_in_both() {
    keeps_them(&Ecosystem::new("2.0").side_by_side(), &["1.0.1", "2.0"]);
}

#[test]
fn a_server_of_draft_06_answers_as_it_says() {
    keeps_its_promises("draft-06");
}

#[test]
fn a_server_of_draft_05_answers_as_it_says() {
    keeps_its_promises("draft-05");
}
