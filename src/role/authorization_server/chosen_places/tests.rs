#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use super::*;
use crate::role::AuthorizationServerConfig;
use crate::role::authorization_server::AuthorizationServer;
use crate::role::authorization_server::testing::{Bench, config};
use crate::wire::page::{AccountView, Page};
use crate::wire::{Request, Response};

const ISSUER: &str = "https://as.example/realms/family";

fn wish(revision: Option<Revision>, endpoint: &str, path: &str) -> Wish {
    Wish { revision, endpoint: endpoint.into(), path: path.into() }
}

fn chosen(served: Served, wishes: &[Wish]) -> Result<ChosenPlaces, Misplaced> {
    ChosenPlaces::new(served, &ISSUER.into(), wishes)
}

fn refused(served: Served, wishes: &[Wish]) -> Misplaced {
    chosen(served, wishes).expect_err("this should be refused")
}

/// Every endpoint of a server at `/own/WORD`, those of one revision below its name.
fn everything(served: Served) -> Vec<Wish> {
    let usual = dialect::of(served).routes();
    let mut wishes: Vec<Wish> = Vec::new();
    for revision in [None, Some(Revision::V1_0_1), Some(Revision::V2_0)] {
        let below = revision.map_or("own", |revision| revision.name());
        let words = known(&usual, revision).into_iter().filter_map(word);
        wishes.extend(words.map(|word| wish(revision, word, &format!("/{below}/{word}"))));
    }
    wishes
}

const ALL: [Served; 5] = [
    Served::One(Revision::Draft05),
    Served::One(Revision::Draft06),
    Served::One(Revision::V1_0_1),
    Served::One(Revision::V2_0),
    Served::SideBySide,
];

#[test]
fn every_endpoint_can_be_moved_and_is_then_nowhere_else() {
    for served in ALL {
        let wishes = everything(served);
        let places = chosen(served, &wishes).unwrap();
        let usual = routes_at(served, &ISSUER.into(), &ChosenPlaces::default());
        let config = AuthorizationServerConfig { issuer: ISSUER.into(), served, places, ..config(served.newest()) };
        let routes = AuthorizationServer::new(config).routes();
        for Wish { revision, path, endpoint } in &wishes {
            let uri = Uri::from("https://as.example").with_path(&format!("/realms/family{path}"));
            assert_eq!(word(routes.endpoint(&uri)), Some(&**endpoint), "{uri}");
            assert_eq!(routes.revision(&uri), *revision, "{uri}");
        }
        for gone in usual.entries().filter(|route| word(route.endpoint).is_some()) {
            let uri = Uri::from("https://as.example").with_path(gone.path);
            assert_eq!(routes.endpoint(&uri), Endpoint::Unknown, "{uri}");
        }
        let documents = |routes: &Routes| -> Vec<String> {
            let all = routes.entries().filter(|route| route.endpoint == Endpoint::Configuration);
            all.map(|route| route.path.to_owned()).collect()
        };
        assert_eq!(documents(&routes), documents(&usual));
    }
}

#[test]
fn what_is_not_chosen_stays() {
    let served = Served::One(Revision::V2_0);
    let places = chosen(served, &[wish(None, "token", "/oauth/token")]).unwrap();
    let routes = routes_at(served, &ISSUER.into(), &places);
    assert_eq!(routes.path(Endpoint::Token), Some("/realms/family/oauth/token"));
    assert_eq!(routes.path(Endpoint::Jwks), Some("/realms/family/jwks"));
    // Learned while 1.0.1 was served beside.
    assert_eq!(routes.endpoint(&"https://as.example/realms/family/uma2/permission".into()), Endpoint::Permission);
}

#[test]
fn only_a_path_that_means_one_thing_is_a_place() {
    for (path, why) in [
        ("token", "begin with `/`"),
        ("", "begin with `/`"),
        ("https://as.example/token", "begin with `/`"),
        ("/", "the root"),
        ("//", "the root"),
        ("/a//b", "may be empty"),
        ("//a", "may be empty"),
        ("/a?x=1", "no query"),
        ("/a#x", "no fragment"),
        ("/a/../b", "directions"),
        ("/a/.", "directions"),
        ("/./a", "directions"),
        ("/%2e%2e/a", "percent-encoded"),
        ("/a%2Fb", "percent-encoded"),
        ("/a b", "letters, digits"),
        ("/a\\b", "letters, digits"),
        ("/ä", "letters, digits"),
        ("/a/{id}", "letters, digits"),
        ("/.well-known/token", "documents"),
        ("/.well-known/uma2-configuration", "documents"),
        ("/oauth/token/", "at its end"),
    ] {
        let Misplaced { wish: 0, why: Fault::BadPath(said) } =
            refused(Served::One(Revision::V2_0), &[wish(None, "token", path)])
        else {
            panic!("{path} is no path")
        };
        assert!(said.contains(why), "{path}: {said}");
    }
    for path in ["/a", "/rs/rsrc_uri", "/a.b/~c/@d", "/...", "/Token"] {
        assert!(chosen(Served::One(Revision::V2_0), &[wish(None, "token", path)]).is_ok(), "{path}");
    }
    let sets = [wish(None, "resource-registration", "/am/resource_set/")];
    for revision in [Revision::Draft05, Revision::Draft06, Revision::V1_0_1] {
        assert!(matches!(refused(Served::One(revision), &sets).why, Fault::BadPath(why) if why.contains("by itself")));
    }
    assert!(chosen(Served::One(Revision::V2_0), &sets).is_ok());
    for path in ["/rs", "/rs/"] {
        let served = Served::One(Revision::V2_0);
        let places = chosen(served, &[wish(None, "resource-registration", path)]).unwrap();
        let routes = routes_at(served, &"https://as.example".into(), &places);
        assert_eq!(routes.path(Endpoint::ResourceRegistration), Some("/rs/"));
    }
}

#[test]
fn a_place_is_of_one_endpoint() {
    let served = Served::One(Revision::V2_0);
    let taken = |wishes: &[Wish]| match refused(served, wishes) {
        Misplaced { wish, why: Fault::Taken(by) } => (wish, by),
        other => panic!("{other:?}"),
    };
    let token = |path| wish(None, "token", path);
    assert_eq!(taken(&[token("/jwks")]), (0, "jwks"), "where another one usually is");
    assert_eq!(taken(&[wish(None, "jwks", "/a"), token("/a")]), (0, "token"));
    assert_eq!(taken(&[token("/owner/token")]), (0, "owner"), "below one that takes all below it");
    assert_eq!(taken(&[token("/account")]), (0, "account"), "it needs no `/` itself");
    assert_eq!(taken(&[wish(None, "owner", "/uma"), token("/uma/token")]), (0, "token"));
    assert_eq!(taken(&[wish(None, "owner", "/a/b"), wish(None, "account", "/a")]), (0, "account"));
    assert_eq!(taken(&[token("/uma2/permission")]), (0, "permission"), "good, and in no document");
    // Places can be exchanged.
    assert!(chosen(served, &[token("/jwks"), wish(None, "jwks", "/token")]).is_ok());
    assert!(chosen(served, &[token("/own"), wish(None, "jwks", "/owner2")]).is_ok(), "no segment of it");
    let both = [wish(Some(Revision::V1_0_1), "permission", "/p"), wish(Some(Revision::V2_0), "permission", "/p")];
    assert!(matches!(refused(Served::SideBySide, &both).why, Fault::Taken("permission")));
}

#[test]
fn an_endpoint_that_is_not_there_has_no_place() {
    let known = |served, wish: Wish| match refused(served, &[wish]).why {
        Fault::NoEndpoint(known) => known,
        other => panic!("{other:?}"),
    };
    let of_2_0 = known(Served::One(Revision::V2_0), wish(None, "rpt", "/rpt"));
    assert!(of_2_0.contains(&"permission") && !of_2_0.contains(&"rpt"));
    assert!(known(Served::One(Revision::V1_0_1), wish(None, "authorization-data", "/a")).contains(&"rpt"));
    assert!(known(Served::SideBySide, wish(Some(Revision::V2_0), "rpt", "/p")).contains(&"permission"));
    assert!(!known(Served::SideBySide, wish(Some(Revision::V2_0), "token", "/t")).contains(&"token"));
    assert!(!known(Served::SideBySide, wish(None, "nothing", "/n")).contains(&"permission"));
    assert!(known(Served::One(Revision::V2_0), wish(None, "configuration", "/c")).contains(&"token"));
    let both = vec![Revision::V1_0_1, Revision::V2_0];
    assert_eq!(refused(Served::SideBySide, &[wish(None, "permission", "/p")]).why, Fault::OfRevisions(both));
    let of_one = wish(Some(Revision::V2_0), "token", "/t");
    assert_eq!(refused(Served::One(Revision::V2_0), &[of_one]).why, Fault::OneRevision);
}

// `policy_uri` and `user_access_policy_uri` lead to the part of the page that they name, wherever it is.
#[test]
fn the_page_of_a_resource_is_where_its_server_is_told() {
    let issuers = [
        ("https://as.example", None),
        (ISSUER, None),
        (ISSUER, Some("/mine")),
        ("https://as.example", Some("/my/own")),
    ];
    for (issuer, account) in issuers {
        let served = Served::One(Revision::V2_0);
        let wishes: Vec<Wish> = account.map(|path| wish(None, "account", path)).into_iter().collect();
        let places = ChosenPlaces::new(served, &issuer.into(), &wishes).unwrap();
        let mut bench =
            Bench::with(AuthorizationServerConfig { issuer: issuer.into(), places, ..config(Revision::V2_0) });
        bench.pat("alice@1", "alice", "rs1");
        bench.session("hers", "alice");
        let id = bench.register("alice@1", "photo", &["view"]);
        let Response::Resource(found) = bench.with_bearer("alice@1", Request::ReadResource { id: id.clone() }) else {
            panic!("not read")
        };
        let uri = found.policy_uri.unwrap();
        assert!(uri.as_str().starts_with(&format!("{issuer}{}/", account.unwrap_or("/account"))), "{uri}");
        let Response::Page(Page::Account(page)) = bench.browse_at("hers", uri, Request::GetAccount) else {
            panic!("no page")
        };
        assert_eq!(page.view, AccountView::Resource { resource_server: "rs1".into(), id });
    }
}
