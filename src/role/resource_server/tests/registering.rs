//! What authorization servers know about resources, also after losses and restarts.

use super::*;
use crate::role::resource_server::dialect;
use crate::role::resource_server::protection::Standing;

fn create_id(call: &Call) -> Option<&str> {
    match &call.message {
        Request::CreateResource { id, .. } => id.as_ref().map(ResourceId::as_str),
        other => panic!("{} instead of create", other.word()),
    }
}

fn id_of<'a>(bench: &'a Bench, path: &str) -> Option<&'a str> {
    bench.server.protection.mapping(path)?.id.as_ref().map(ResourceId::as_str)
}

fn act(bench: &mut Bench, act: Act) {
    bench.input(Input::Act(act));
}

fn listed(ids: &[&str]) -> Response {
    Response::ResourceList(ids.iter().copied().map(ResourceId::from).collect())
}

fn own_credentials(revision: Revision) -> Bench {
    let mut config = config(revision);
    config.client_credentials_owners = BTreeMap::from([(Uri::from(AS), PersonId::from("alice"))]);
    Bench::with(config, &[])
}

#[test]
fn a_first_use_gets_a_pat_with_own_credentials_and_registers() {
    let mut bench = own_credentials(Revision::V2_0);
    let exchange = bench.access("GET", PHOTO, None);
    let call = bench.reply("token", tokens("pat"));
    assert!(matches!(call.message, Request::Token(crate::wire::oauth::TokenRequest::ClientCredentials { .. })));
    // Whatever was there before is found.
    bench.reply("list", listed(&[]));
    for id in ["7", "8"] {
        let paths = [ALBUM, PHOTO];
        assert!(paths.iter().all(|path| bench.server.protection.mapping(path).is_some()), "closed before it is sent");
        assert_eq!(create_id(&bench.reply("create", Response::ResourceCreated(registered(id, None)))), None);
    }
    assert_eq!((id_of(&bench, ALBUM), id_of(&bench, PHOTO)), (Some("7"), Some("8")));
    assert_eq!(bench.reply("permission", ticket("t")).message, asked_for("8", &["view"]));
    assert!(bench.reason(exchange).is_some());
    assert!(bench.calls.is_empty() && bench.server.open.registrars.is_empty());
}

#[test]
fn draft_06_chooses_identifiers_and_keeps_revisions() {
    let mut bench = Bench::with(config(Revision::Draft06), &[]);
    bench.pat("alice", AS, "pat", None);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    let album = create_id(&bench.next().1).unwrap_or_default().to_owned();
    assert_eq!(dialect::of(Revision::Draft06).chosen_id(ALBUM, 0), Some(ResourceId::from(album.as_str())));
    assert_ne!(dialect::of(Revision::Draft06).chosen_id(PHOTO, 0), Some(ResourceId::from(album.as_str())));
    assert_ne!(dialect::of(Revision::Draft06).chosen_id(ALBUM, 1), Some(ResourceId::from(album.as_str())));
    assert!(bench.answered(exchange).is_none());
}

fn revisions(etag: &str) -> Bench {
    let mut bench = Bench::with(config(Revision::Draft06), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    let (question, call) = bench.next();
    let id = create_id(&call).unwrap_or_default().to_owned();
    bench.answer(question, Response::ResourceCreated(registered(&id, Some(etag))));
    assert_eq!(id_of(&bench, PHOTO), Some(id.as_str()));
    bench
}

#[test]
fn changed_scopes_replace_the_description() {
    let mut bench = revisions("1");
    let id = id_of(&bench, PHOTO).unwrap_or_default().to_owned();
    let scopes = scope_set(["view"]);
    act(&mut bench, Act::ScopesChanged { path: PHOTO.into(), scopes: scopes.clone() });
    assert_eq!(id_of(&bench, PHOTO), None);
    let (question, call) = bench.next();
    let Request::UpdateResource { id: updated, if_match, description } = call.message else { panic!("no update") };
    assert_eq!((updated.as_str(), if_match, description.scopes), (&*id, Some(ETag::from("1")), scopes));
    bench.answer(question, Response::ResourceUpdated(registered(&id, Some("2"))));
    let mapping = bench.server.protection.mapping(PHOTO).unwrap();
    assert_eq!((mapping.id.as_ref().map(ResourceId::as_str), &mapping.etag), (Some(&*id), &Some(ETag::from("2"))));
}

#[test]
fn a_stale_revision_is_read_again() {
    let mut bench = revisions("1");
    let id = id_of(&bench, PHOTO).unwrap_or_default().to_owned();
    act(&mut bench, Act::ScopesChanged { path: PHOTO.into(), scopes: scope_set(["view"]) });
    bench.reply("update", Response::Failure(Failure::body(412, ErrorCode::PreconditionFailed)));
    bench.reply("read", Response::Resource(registered(&id, Some("5"))));
    let call = bench.reply("update", Response::ResourceUpdated(registered(&id, Some("6"))));
    assert!(matches!(call.message, Request::UpdateResource { if_match: Some(etag), .. } if etag == ETag::from("5")));
    assert_eq!(id_of(&bench, PHOTO), Some(&*id));
}

#[test]
fn scopes_that_change_while_a_request_is_under_way_are_sent_afterwards() {
    let mut bench = Bench::with(config(Revision::V2_0), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    let (question, _) = bench.next();
    act(&mut bench, Act::ScopesChanged { path: PHOTO.into(), scopes: scope_set(["print"]) });
    bench.answer(question, Response::ResourceCreated(registered("1", None)));
    let call = bench.reply("update", Response::ResourceUpdated(registered("1", None)));
    let Request::UpdateResource { description, .. } = call.message else { panic!("no update") };
    assert_eq!(description.scopes, scope_set(["print"]));
    assert_eq!(id_of(&bench, PHOTO), Some("1"));
    assert!(bench.calls.is_empty() && bench.server.open.registrars.is_empty());
}

#[test]
fn what_vanishes_is_deregistered_and_comes_back_as_another() {
    let mut bench = revisions("1");
    let id = id_of(&bench, PHOTO).unwrap_or_default().to_owned();
    act(&mut bench, Act::ContentVanished { path: PHOTO.into() });
    let call = bench.reply("delete", Response::ResourceDeleted);
    assert!(matches!(&call.message, Request::DeleteResource { id: gone, if_match: Some(etag) }
        if gone.as_str() == id && *etag == ETag::from("1")));
    act(&mut bench, Act::ContentVanished { path: PHOTO.into() });
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    assert_ne!(create_id(&bench.next().1), Some(&*id));
}

#[test]
fn what_vanishes_while_it_is_registered_is_deregistered_afterwards() {
    let mut bench = Bench::with(config(Revision::V2_0), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    let (question, _) = bench.next();
    act(&mut bench, Act::ContentVanished { path: PHOTO.into() });
    bench.answer(question, Response::ResourceCreated(registered("1", None)));
    bench.reply("list", listed(&["1"]));
    let call = bench.reply("delete", Response::ResourceDeleted);
    assert!(matches!(call.message, Request::DeleteResource { id, .. } if id.as_str() == "1"));
    bench.reply("create", Response::ResourceCreated(registered("2", None)));
    bench.reply("delete", Response::Failure(Failure::body(404, ErrorCode::NotFound)));
    assert_eq!((id_of(&bench, PHOTO), id_of(&bench, ALBUM)), (None, Some("2")));
    assert!(bench.calls.is_empty() && bench.timers.is_empty());
}

#[test]
fn changed_scopes_that_were_not_acknowledged_are_sent_again_after_a_restart() {
    let mut bench = Bench::connected(config(Revision::V2_0), &[]);
    act(&mut bench, Act::ScopesChanged { path: PHOTO.into(), scopes: scope_set(["view"]) });
    bench.restart();
    bench.reply("list", listed(&["1", "2"]));
    bench.calls.retain(|(_, call)| call.message.word() != "list");
    assert_eq!(id_of(&bench, PHOTO), None);
    let call = bench.reply("update", Response::ResourceUpdated(registered("1", None)));
    assert!(matches!(call.message, Request::UpdateResource { id, .. } if id.as_str() == "1"));
    assert_eq!((id_of(&bench, PHOTO), id_of(&bench, ALBUM)), (Some("1"), Some("2")));
}

#[test]
fn ended_protection_opens_and_deregisters() {
    let mut bench = Bench::connected(config(Revision::V2_0), &[]);
    act(&mut bench, Act::EndProtection { path: PHOTO.into() });
    assert_eq!(bench.server.protection.standing(PHOTO), Some(&Standing::Open));
    assert!(matches!(bench.reply("delete", Response::ResourceDeleted).message,
        Request::DeleteResource { id, .. } if id.as_str() == "1"));
    bench.restart();
    bench.reply("list", listed(&["2"]));
    assert_eq!(bench.next().1.to.origin(), OTHER_AS, "nothing to mend here");
    assert_eq!(bench.server.protection.standing(PHOTO), Some(&Standing::Open));
}

#[test]
fn after_a_restart_both_sides_are_compared() {
    let mut bench = Bench::with(config(Revision::V2_0), &[]);
    bench.pat("alice", AS, "pat", None);
    bench.mapped(PHOTO, "alice", AS, Some("1"));
    bench.mapped(ALBUM, "alice", AS, None);
    bench.restart();
    bench.reply("list", listed(&["stray"]));
    assert_eq!((id_of(&bench, PHOTO), id_of(&bench, ALBUM)), (None, None));
    bench.reply("create", Response::ResourceCreated(registered("2", None)));
    bench.reply("create", Response::ResourceCreated(registered("3", None)));
    let call = bench.reply("delete", Response::ResourceDeleted);
    assert!(matches!(call.message, Request::DeleteResource { id, .. } if id.as_str() == "stray"));
    assert_eq!((id_of(&bench, ALBUM), id_of(&bench, PHOTO)), (Some("2"), Some("3")));
    assert!(bench.calls.is_empty());
}

#[test]
fn what_draft_06_half_registered_is_adopted() {
    let bench = revisions("1");
    let id = id_of(&bench, PHOTO).unwrap_or_default().to_owned();
    let mut bench = Bench::with(config(Revision::Draft06), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    bench.restart();
    bench.reply("list", listed(&[&id]));
    let words: Vec<&'static str> = bench.calls.iter().map(|(_, call)| call.message.word()).collect();
    assert_eq!(words, ["create"], "the album comes first");
    bench.lose("create");
    bench.input(Input::Timer(bench.timers[0].0));
    bench.reply("list", listed(&[&id]));
    let (question, call) = bench.next();
    let album = create_id(&call).unwrap_or_default().to_owned();
    bench.answer(question, Response::ResourceCreated(registered(&album, Some("1"))));
    bench.reply("read", Response::Resource(registered(&id, Some("4"))));
    bench.reply("update", Response::ResourceUpdated(registered(&id, Some("5"))));
    assert_eq!(id_of(&bench, PHOTO), Some(&*id));
    assert!(bench.timers.is_empty());
}

#[test]
fn creating_what_is_there_already_adopts_it_in_draft_06() {
    let mut bench = Bench::with(config(Revision::Draft06), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    let (question, call) = bench.next();
    let id = create_id(&call).unwrap_or_default().to_owned();
    bench.answer(question, Response::Failure(Failure::body(400, ErrorCode::InvalidRequest)));
    bench.reply("read", Response::Resource(registered(&id, Some("1"))));
    bench.reply("update", Response::ResourceUpdated(registered(&id, Some("2"))));
    assert_eq!(id_of(&bench, PHOTO), Some(&*id));
}

#[test]
fn an_identifier_that_was_not_chosen_is_not_accepted_in_draft_06() {
    let mut bench = Bench::with(config(Revision::Draft06), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    bench.reply("create", Response::ResourceCreated(registered("other", None)));
    assert_eq!(id_of(&bench, PHOTO), None);
}

#[test]
fn a_lost_answer_is_followed_by_a_comparison_and_tries_end() {
    let mut bench = Bench::with(config(Revision::V2_0), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    bench.lose("create");
    let mut waits = Vec::new();
    while let Some((timer, after)) = bench.timers.pop() {
        waits.push(after.secs());
        bench.input(Input::Timer(timer));
        bench.lose("list");
    }
    let (first, rest) = waits.split_at(6);
    assert_eq!(first, [10, 20, 40, 80, 160, 320]);
    assert_eq!(rest, [320; 18]);
    // A new need tries again.
    let exchange = bench.access("GET", PHOTO, None);
    bench.reply("list", listed(&["1"]));
    bench.reply("create", Response::ResourceCreated(registered("2", None)));
    bench.reply("create", Response::ResourceCreated(registered("3", None)));
    bench.reply("delete", Response::ResourceDeleted);
    bench.reply("permission", ticket("t"));
    assert!(bench.reason(exchange).is_some());
}

#[test]
fn a_rejected_pat_is_renewed_for_registration_once() {
    let mut bench = Bench::with(config(Revision::V2_0), &[]);
    bench.pat("alice", AS, "pat", None);
    act(&mut bench, Act::ContentAppeared { path: PHOTO.into() });
    bench.reply("create", invalid_token());
    bench.reply("token", tokens("pat-2"));
    let (question, call) = bench.next();
    assert_eq!((call.message.word(), bearer(&call)), ("create", Some("pat-2")));
    bench.answer(question, invalid_token());
    assert!(bench.calls.iter().all(|(_, call)| call.message.word() != "create"));
}

#[test]
fn registration_needs_no_credentials_beforehand() {
    let mut config = config(Revision::V2_0);
    config.credentials.clear();
    config.client_credentials_owners = BTreeMap::from([(Uri::from(AS), PersonId::from("alice"))]);
    let mut bench = Bench::with(config, &[]);
    bench.access("GET", PHOTO, None);
    let (question, call) = bench.next();
    let Request::RegisterClient(metadata) = call.message else { panic!("no registration") };
    assert_eq!(metadata.redirect_uris, [Uri::from("https://rs.example/return")]);
    let information = crate::wire::oauth::ClientInformation {
        client_id: ClientId::from("given"),
        client_secret: Some(ClientSecret::new("s")),
        metadata,
    };
    bench.answer(question, Response::ClientRegistered(information));
    assert!(matches!(bench.facts.last(), Some(Fact::CredentialsStored { client, .. }) if client.as_str() == "given"));
    let (_, call) = bench.next();
    assert!(matches!(&call.credentials,
        Credentials::Client(ClientAuthentication::Basic(id, _)) if id.as_str() == "given"));
    bench.restart();
    bench.access("GET", PHOTO, None);
    assert_eq!(bench.next().1.message.word(), "token", "credentials survive");
}

#[test]
fn an_identifier_says_nothing_of_its_resource() {
    for path in [PHOTO, ALBUM, "/alice/cancer-scan-2012"] {
        let id = dialect::of(Revision::Draft06).chosen_id(path, 0).unwrap();
        let words = path.split(['/', '-', '.']).filter(|word| word.len() > 1);
        for word in words {
            assert!(!id.as_str().contains(word), "{path} is named {}", id.as_str());
        }
        assert!(id.as_str().len() == 12 && id.as_str().chars().all(|each| each.is_ascii_hexdigit()));
    }
}
