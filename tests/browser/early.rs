//! Revisions with an AAT: the requesting party is asked, says yes, and takes it back.

use crate::browsers::{Browsers, Person, block_on};
use crate::ecosystem::PASSWORD;
use crate::story::{shows_the_photo, waits_for};
use crate::world::World;

/// Alice connects her photos and lets anybody have them, if she agrees each time where `asked`.
pub(crate) async fn shares_everything(alice: &Person, world: &World, asked: bool) {
    alice.open(&format!("{}/connect?as_uri={}", world.photos(), world.server())).await;
    alice.signs_in("alice", PASSWORD).await;
    alice.sees("Your password goes to sharing").await;
    alice.signs_in("alice", PASSWORD).await;
    alice.sees("protect what you have").await;
    alice.presses("Approve").await;
    alice.sees("Connected").await;
    alice.open(&world.account("/policies")).await;
    alice.fills("Name A name you use", "open").await;
    alice.chooses("Everything you have").await;
    // A draft has URIs for scopes.
    alice.driver.find(thirtyfour::By::Css("input[name=scope]")).await.unwrap().click().await.unwrap();
    alice.chooses("Anybody at all").await;
    if asked {
        alice.chooses("I agree each time").await;
    }
    alice.presses("Share").await;
    alice.sees("The policy is set.").await;
}

async fn fetches(bob: &Person, world: &World) {
    bob.open(&format!("{}/fetch?resource={}&method=GET", world.shop(), world.photo("beach.svg"))).await;
}

/// Bob is asked what the revisions say that he has to be asked (D6 §3.4.1; V1 §1.3.2).
async fn is_asked(bob: &Person, world: &World) {
    bob.sees("Let Print shop ask for access in your name?").await;
    bob.sees(&format!("Print shop may use {} as you", world.server_host())).await;
    bob.sees("all resource servers of this server").await;
}

#[test]
fn in_1_0_1_a_client_is_approved_and_withdrawn_and_an_owner_denies() {
    let world = World::start("1.0.1", false);
    let browsers = Browsers::start();
    block_on(async {
        let (alice, bob) = tokio::join!(browsers.person(), browsers.person());
        shares_everything(&alice, &world, true).await;
        fetches(&bob, &world).await;
        bob.signs_in("bob", PASSWORD).await;
        is_asked(&bob, &world).await;
        bob.looks("consent-authorization").await;
        bob.looks_on_a_telephone("consent-authorization-telephone").await;
        bob.presses("Approve").await;
        bob.sees("Waiting for the owner.").await;
        denies(&alice, &world).await;
        withdraws(&bob, &world).await;
        fetches(&bob, &world).await;
        is_asked(&bob, &world).await;
        bob.presses("Refuse").await;
        bob.sees("Not without your approval.").await;
        tokio::join!(alice.quit(), bob.quit());
    });
}

async fn denies(alice: &Person, world: &World) {
    waits_for(alice, world).await;
    alice.sees("bob through Print shop").await;
    alice.presses("Deny").await;
    alice.sees("You denied the request.").await;
    alice.open(&world.account("/history")).await;
    alice.sees("You refused").await;
}

async fn withdraws(bob: &Person, world: &World) {
    bob.open(&world.account("")).await;
    bob.follows("Applications").await;
    bob.sees("Print shop").await;
    bob.looks("applications").await;
    bob.presses_at("Approval of Print shop", "Withdraw").await;
    bob.sees("The approval is withdrawn.").await;
    bob.sees("There are none.").await;
    bob.looks("application-withdrawn").await;
}

#[test]
fn in_draft_06_a_client_is_approved_and_the_photo_comes_out() {
    let world = World::start("draft-06", false);
    let browsers = Browsers::start();
    block_on(async {
        let (alice, bob) = tokio::join!(browsers.person(), browsers.person());
        shares_everything(&alice, &world, false).await;
        fetches(&bob, &world).await;
        bob.signs_in("bob", PASSWORD).await;
        is_asked(&bob, &world).await;
        bob.looks("consent-authorization-draft").await;
        bob.presses("Approve").await;
        shows_the_photo(&bob, &world).await;
        tokio::join!(alice.quit(), bob.quit());
    });
}
