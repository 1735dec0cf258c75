//! What keeps pages from being used against people: frames, cookies, other sites' forms, addresses that lead elsewhere.

use crate::browsers::{Browsers, Person, block_on};
use crate::early::shares_everything;
use crate::ecosystem::PASSWORD;
use crate::world::World;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Another site: every request gets this page.
fn site(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            let _some = stream.read(&mut asked);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                page.len()
            );
            let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(page.as_bytes()));
        }
    });
    format!("http://elsewhere.localhost:{port}/")
}

async fn signed_in(browsers: &Browsers, world: &World) -> Person {
    let alice = browsers.person().await;
    alice.open(&world.account("")).await;
    alice.signs_in("alice", PASSWORD).await;
    alice.sees("Your account").await;
    alice
}

#[test]
fn no_page_is_shown_in_a_frame() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let alice = signed_in(&browsers, &world).await;
        let frame = |src: &str| format!("<title>x</title><iframe src=\"{src}\"></iframe>");
        for (at, framed) in [(world.account(""), false), (site("<p id=bait>x</p>".into()), true)] {
            alice.open(&site(frame(&at))).await;
            alice.driver.enter_frame(0).await.unwrap();
            let text = alice.page().await;
            assert_eq!(text.contains('x') && !text.contains("refused"), framed, "{at}: {text}");
            assert!(!text.contains("Your account"), "{at} is framed");
            alice.driver.enter_default_frame().await.unwrap();
        }
        alice.quit().await;
    });
}

#[test]
fn a_form_of_another_site_changes_nothing() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let alice = browsers.person().await;
        shares_everything(&alice, &world, false).await;
        let form = format!(
            "<title>x</title><form method=post action=\"{}/form\"><input name=form_kind value=remove-policy>\
             <input name=form_key value=guessed><input name=policy_id value=open><button>Win</button></form>",
            world.server()
        );
        alice.open(&site(form)).await;
        alice.presses("Win").await;
        // `SameSite=Lax`: the session does not even come along.
        alice.sees("This form is not good any more.").await;
        alice.open(&world.account("/policies")).await;
        alice.sees("Everything you have").await;
        alice.quit().await;
    });
}

#[test]
fn cookies_are_for_the_server_alone_and_pages_forbid_scripts() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let alice = signed_in(&browsers, &world).await;
        let all = alice.tool("Network.getCookies", json!({})).await;
        let cookies = all["cookies"].as_array().unwrap();
        assert_eq!(cookies.len(), 1, "{all}");
        assert_eq!((&cookies[0]["httpOnly"], &cookies[0]["sameSite"]), (&json!(true), &json!("Lax")));
        assert_eq!(cookies[0]["session"], json!(true));
        // The policy of the page binds what is put into it as well.
        let added = "document.body.append(Object.assign(document.createElement('script'), \
                     { textContent: 'document.title = \"taken\"' })); document.title";
        assert_ne!(alice.evaluates(added).await, "taken");
        let image = "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title = 1\">'); 0";
        alice.evaluates(image).await;
        assert_ne!(alice.driver.title().await.unwrap(), "1");
        alice.quit().await;
    });
}
