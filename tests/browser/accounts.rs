//! Sessions: guessing has to wait, signing out ends it, and what does not exist says so.

use crate::browsers::{Browsers, PATIENCE, Person, block_on};
use crate::early::shares_everything;
use crate::ecosystem::PASSWORD;
use crate::world::World;
use thirtyfour::prelude::*;

#[test]
fn wrong_passwords_lock_an_account_for_a_while() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let mallory = browsers.person().await;
        mallory.open(&world.account("")).await;
        for guess in 0..5 {
            mallory.signs_in("alice", &format!("guess {guess}")).await;
            mallory.sees("Name or password is wrong.").await;
        }
        // Each further failure doubles the wait, which a slow machine may sit through in the beginning.
        for guess in 5..14 {
            mallory.signs_in("alice", &format!("guess {guess}")).await;
            mallory.sees("attempts").await;
            if mallory.page().await.contains("Too many attempts") {
                break;
            }
        }
        mallory.sees("Too many attempts").await;
        mallory.looks("sign-in-locked").await;
        gets_in_at_last(&mallory, &world).await;
        mallory.quit().await;
    });
}

async fn gets_in_at_last(person: &Person, world: &World) {
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        person.open(&world.account("")).await;
        if person.page().await.contains("Sign out") {
            return;
        }
        assert!(std::time::Instant::now() < end, "still locked:\n{}", person.page().await);
        person.signs_in("alice", PASSWORD).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
}

#[test]
fn signing_out_ends_the_session_in_every_tab() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let alice = browsers.person().await;
        shares_everything(&alice, &world, false).await;
        let cookie = session(&alice.driver).await;
        alice.open(&world.account("/policies")).await;
        let here = alice.driver.window().await.unwrap();
        let other = alice.driver.new_tab().await.unwrap();
        alice.driver.switch_to_window(other).await.unwrap();
        alice.open(&world.account("/history")).await;
        alice.presses("Sign out").await;
        alice.sees("You are signed out").await;
        alice.looks("signed-out").await;
        assert!(alice.driver.get_all_cookies().await.unwrap().is_empty(), "the cookie is gone");
        // Whoever kept the cookie has nothing.
        alice.driver.add_cookie(cookie).await.unwrap();
        alice.open(&world.account("")).await;
        alice.sees("User name").await;
        alice.driver.switch_to_window(here).await.unwrap();
        alice.presses_at("Policy open", "Withdraw").await;
        alice.sees("User name").await;
        alice.signs_in("alice", PASSWORD).await;
        alice.sees("Your account").await;
        alice.open(&world.account("/policies")).await;
        alice.sees("Everything you have").await;
        alice.quit().await;
    });
}

// As it was set: for this host and no other.
async fn session(driver: &WebDriver) -> Cookie {
    let cookie = driver.get_all_cookies().await.unwrap().into_iter().next().expect("a session");
    Cookie { domain: None, ..cookie }
}

#[test]
fn what_does_not_exist_and_what_is_old_says_so() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let alice = browsers.person().await;
        shares_everything(&alice, &world, false).await;
        alice.open(&format!("{}/nothing-here", world.server())).await;
        alice.sees("There is no such page").await;
        alice.looks("not-found").await;
        alice.open(&world.account("/policies")).await;
        // The form of another session.
        alice
            .evaluates("document.querySelectorAll('[name=form_key]').forEach((key) => key.value = 'of another')")
            .await;
        alice.presses_at("Policy open", "Withdraw").await;
        alice.sees("Not allowed").await;
        alice.looks("stale-form").await;
        alice.open(&world.account("/policies")).await;
        alice.sees("Everything you have").await;
        alice.quit().await;
    });
}
