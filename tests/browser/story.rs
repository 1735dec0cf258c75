//! The whole story in 2.0: an owner shares under conditions, the requesting party shows who they are at an identity
//! provider, the owner agrees, and the photo comes out; until the owner takes it back.

use crate::browsers::{Browsers, Person, block_on};
use crate::ecosystem::PASSWORD;
use crate::world::World;

#[test]
fn an_owner_shares_and_a_photo_comes_out() {
    let world = World::start("2.0", true);
    let browsers = Browsers::start();
    block_on(async {
        let (alice, bob) = tokio::join!(browsers.person(), browsers.person());
        connects(&alice, &world).await;
        shares(&alice, &world).await;
        asks(&bob, &world).await;
        agrees(&alice, &world).await;
        prints(&bob, &world).await;
        looks_back(&alice, &world).await;
        takes_back(&alice, &world).await;
        asks_in_vain(&bob, &world).await;
        alice.open(&world.account("/history")).await;
        alice.sees("No policy of yours permits it.").await;
        alice.looks("history").await;
        alice.looks_on_a_telephone("history-telephone").await;
        tokio::join!(alice.quit(), bob.quit());
    });
}

/// Alice has her photos protected.
pub(crate) async fn connects(alice: &Person, world: &World) {
    alice.open(&format!("{}/connect", world.photos())).await;
    alice.sees("Protect your resources").await;
    alice.looks("connect").await;
    alice.fills("Address of your authorization server", &world.server()).await;
    alice.presses("Connect").await;
    alice.sees("User name").await;
    alice.signs_in("alice", PASSWORD).await;
    alice.sees(&format!("Your password goes to {}", world.server_host())).await;
    alice.looks("sign-in").await;
    alice.signs_in("alice", "a wrong password").await;
    alice.sees("Name or password is wrong.").await;
    alice.looks("sign-in-wrong").await;
    alice.signs_in("alice", PASSWORD).await;
    alice.sees(&format!("Let {} protect what you have at Photo box?", world.server_host())).await;
    alice.looks("consent-resource-server").await;
    alice.presses("Approve").await;
    alice.sees("Connected").await;
    alice.looks("connected").await;
}

async fn shares(alice: &Person, world: &World) {
    alice.open(&world.account("/resources")).await;
    alice.sees("photos/beach.svg").await;
    alice.looks("resources").await;
    alice.follows("photos/beach.svg").await;
    alice.sees("None. Only you reach it.").await;
    alice.looks("resource").await;
    alice.fills("Name A name you use", "work").await;
    alice.chooses("view").await;
    alice.chooses("Whoever has this claim").await;
    alice.fills("Claim", "email").await;
    alice.fills("Value", "bob@work.example").await;
    alice.chooses("I agree each time").await;
    alice.presses("Share").await;
    alice.sees("The policy is set.").await;
    alice.sees("Permitted to whoever has email = bob@work.example and if you agree each time.").await;
    alice.looks("policies").await;
    alice.follows("work").await;
    alice.sees("Saving takes back").await;
    alice.looks("policy").await;
}

/// Bob wants the photo, and shows who he is.
async fn asks(bob: &Person, world: &World) {
    bob.open(&format!("{}/fetch", world.shop())).await;
    bob.sees("Fetch a resource").await;
    bob.looks("fetch").await;
    bob.fills("Address of the resource", &world.photo("beach.svg")).await;
    bob.presses("Fetch").await;
    bob.sees("User name").await;
    assert!(bob.address().await.starts_with(&world.provider()), "{}", bob.address().await);
    bob.looks("identity-provider").await;
    bob.signs_in("bob", PASSWORD).await;
    bob.sees("know who you are?").await;
    bob.looks("consent-identity").await;
    bob.presses("Approve").await;
    bob.sees("Use what is known about you for Print shop?").await;
    bob.sees("email").await;
    bob.looks("claims").await;
    bob.presses("Agree").await;
    bob.sees("Waiting for the owner.").await;
    bob.looks("waiting").await;
}

/// Alice has agreed meanwhile: the photo itself, an SVG document of the client's origin.
async fn prints(bob: &Person, world: &World) {
    let fetch = format!("{}/fetch?resource={}&method=GET", world.shop(), world.photo("beach.svg"));
    let end = std::time::Instant::now() + crate::browsers::PATIENCE;
    bob.open(&fetch).await;
    // Until the client has asked again, which it does every second, there is a new process instead.
    while bob.page().await.contains("Use what is known about you") && std::time::Instant::now() < end {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        bob.open(&fetch).await;
    }
    shows_the_photo(bob, world).await;
    crate::gallery::keep("photo", &bob.driver.screenshot_as_png().await.unwrap());
}

/// Waits until what the client got is there.
pub(crate) async fn shows_the_photo(bob: &Person, world: &World) {
    let end = std::time::Instant::now() + crate::browsers::PATIENCE;
    loop {
        let root = bob.evaluates("document.documentElement.tagName").await;
        if root == "svg" && bob.address().await.starts_with(&world.shop()) {
            return;
        }
        assert!(std::time::Instant::now() < end, "no photo at {}:\n{}", bob.address().await, bob.page().await);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Waits until something waits for Alice, loading the page again as she would.
pub(crate) async fn waits_for(alice: &Person, world: &World) {
    let end = std::time::Instant::now() + crate::browsers::PATIENCE;
    alice.open(&world.account("")).await;
    while !alice.page().await.contains("Waiting for you") {
        assert!(std::time::Instant::now() < end, "nothing waits:\n{}", alice.page().await);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        alice.open(&world.account("")).await;
    }
}

async fn agrees(alice: &Person, world: &World) {
    waits_for(alice, world).await;
    alice.looks("overview").await;
    alice.looks_in_the_dark("overview-dark").await;
    alice.looks_on_a_telephone("overview-telephone").await;
    alice.follows("Requests").await;
    alice.sees("through Print shop").await;
    alice.looks("requests").await;
    alice.presses("Approve").await;
    alice.sees("You approved the request.").await;
    alice.looks("request-approved").await;
}

async fn looks_back(alice: &Person, world: &World) {
    alice.open(&world.account("/shares")).await;
    alice.sees("through Print shop").await;
    alice.looks("shares").await;
    alice.open(&world.account("/history")).await;
    alice.sees("You agreed").await;
    alice.sees("Granted").await;
}

async fn takes_back(alice: &Person, world: &World) {
    alice.open(&world.account("/policies")).await;
    alice.presses_at("Policy work", "Withdraw").await;
    alice.sees("The policy is withdrawn").await;
    alice.looks("policy-withdrawn").await;
    alice.open(&world.account("/shares")).await;
    alice.sees("Nobody holds a permission at the moment.").await;
}

async fn asks_in_vain(bob: &Person, world: &World) {
    bob.open(&format!("{}/fetch?resource={}&method=GET", world.shop(), world.photo("beach.svg"))).await;
    bob.sees("Not allowed").await;
    bob.looks("refused").await;
}
