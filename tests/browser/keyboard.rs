//! With a keyboard and nothing else, in a browser that runs no scripts.

use crate::browsers::{Browsers, Person, block_on};
use crate::ecosystem::PASSWORD;
use crate::story::shows_the_photo;
use crate::world::World;
use thirtyfour::prelude::*;

/// More stops than any page has.
const STOPS: usize = 60;

struct Keyboard(Person);

impl Keyboard {
    async fn types(&self, keys: impl Into<TypingData>) {
        self.0.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// What has the focus says of itself: its label, or its text.
    async fn focus(&self) -> String {
        let name = "(() => { const one = document.activeElement; \
                    const text = one.labels?.length ? one.labels[0].textContent : one.textContent; \
                    return text.trim().replace(/\\s+/g, ' '); })()";
        self.0.evaluates(name).await.as_str().unwrap_or_default().to_owned()
    }

    /// Goes on with Tab until what has the focus begins with this, and sees where it is.
    async fn reaches(&self, text: &str) {
        for _ in 0..STOPS {
            self.types(Key::Tab).await;
            if self.focus().await.starts_with(text) {
                return self.has_a_ring(text).await;
            }
        }
        panic!("Tab does not lead to `{text}` at {}:\n{}", self.0.address().await, self.0.page().await);
    }

    async fn has_a_ring(&self, text: &str) {
        let ring = self.0.evaluates("getComputedStyle(document.activeElement).outlineWidth").await;
        let width: f64 = ring.as_str().unwrap_or_default().trim_end_matches("px").parse().unwrap();
        assert!(width >= 2.0, "`{text}` has the focus, and nobody sees it");
    }

    async fn fills(&self, label: &str, text: &str) {
        self.reaches(label).await;
        self.types(text).await;
    }

    async fn presses(&self, text: &str) {
        self.reaches(text).await;
        self.types(Key::Enter).await;
    }

    async fn signs_in(&self, name: &str) {
        self.0.sees("User name").await;
        self.fills("User name", name).await;
        self.fills("Password", PASSWORD).await;
        self.types(Key::Enter).await;
    }
}

#[test]
fn everything_can_be_done_with_a_keyboard_and_without_scripts() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let alice = Keyboard(browsers.person_without_scripts().await);
        runs_no_scripts(&alice.0).await;
        alice.0.open(&format!("{}/connect", world.photos())).await;
        alice.fills("Address of your authorization server", &world.server()).await;
        alice.types(Key::Enter).await;
        alice.signs_in("alice").await;
        alice.0.sees("Your password goes to sharing").await;
        alice.signs_in("alice").await;
        alice.0.sees("protect what you have").await;
        alice.presses("Approve").await;
        alice.0.sees("Connected").await;
        alice.0.open(&world.account("")).await;
        alice.presses("Resources").await;
        alice.presses("photos/beach.svg").await;
        alice.0.sees("Only you reach it").await;
        alice.fills("Name A name you use", "by-keyboard").await;
        alice.reaches("view").await;
        alice.types(" ").await;
        // Arrows move within radio buttons: one person, whoever has a claim, anybody.
        alice.reaches("One person").await;
        alice.types(Key::Down).await;
        alice.types(Key::Down).await;
        assert_eq!(alice.focus().await, "Anybody at all");
        alice.presses("Share").await;
        alice.0.sees("The policy is set.").await;
        alice.0.open(&format!("{}/fetch", world.shop())).await;
        alice.fills("Address of the resource", &world.photo("beach.svg")).await;
        alice.types(Key::Enter).await;
        shows_the_photo(&alice.0, &world).await;
        alice.0.open(&world.account("")).await;
        alice.presses("Sign out").await;
        alice.0.sees("You are signed out").await;
        alice.0.quit().await;
    });
}

// Otherwise this test would show nothing.
async fn runs_no_scripts(person: &Person) {
    person.open("data:text/html,<title>off</title><script>document.title='on'</script>").await;
    assert_eq!(person.driver.title().await.unwrap(), "off");
}

#[test]
fn the_first_stop_leads_past_the_navigation() {
    let world = World::start("2.0", false);
    let browsers = Browsers::start();
    block_on(async {
        let alice = Keyboard(browsers.person_without_scripts().await);
        alice.0.open(&world.account("")).await;
        alice.signs_in("alice").await;
        alice.0.sees("Your account").await;
        alice.types(Key::Tab).await;
        assert_eq!(alice.focus().await, "Skip to content");
        alice.types(Key::Enter).await;
        alice.types(Key::Tab).await;
        let inside = alice.0.evaluates("document.querySelector('main').contains(document.activeElement)").await;
        assert_eq!(inside, true);
        alice.0.quit().await;
    });
}
