//! `umaverse up STORY --stay`: a person goes on with a story by hand, with what the command has said.

use crate::browsers::{Browsers, Person, block_on};
use crate::ecosystem::{Running, umaverse};

/// A story that is over, and goes on.
struct Stage {
    running: Running,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn of(story: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = umaverse();
        command.args(["up", story, "--stay", "--no-report", "--show", "verdict"]);
        let running = Running::start(command, folder.path(), "up");
        running.wait_for("passed:");
        running.wait_for("The same without that client:");
        running.wait_for("umaverse get");
        Self { running, _folder: folder }
    }

    /// What was said, from the first word that begins like this up to the next space.
    fn said(&self, beginning: &str, ending: &str) -> String {
        let log = self.running.log();
        let fits = |word: &&str| word.starts_with(beginning) && word.ends_with(ending);
        log.split_whitespace().find(fits).unwrap_or_else(|| panic!("no {beginning}...{ending}:\n{log}")).to_owned()
    }

    fn password(&self, person: &str, server: &str) -> String {
        let password = format!("password of {person} at {server}");
        assert!(self.running.log().contains(&format!("`{password}`")));
        password
    }

    async fn fetches(&self, person: &Person, resource: &str) {
        person.open(&self.said("http://printer.localhost:", &format!("{resource}&method=GET"))).await;
    }
}

#[test]
fn a_story_of_2_0_can_be_gone_on_with() {
    let stage = Stage::of("photo-sharing-2.0");
    let browsers = Browsers::start();
    block_on(async {
        let (bob, alice) = tokio::join!(browsers.person(), browsers.person());
        stage.fetches(&bob, "/album/beach.jpg").await;
        bob.signs_in("bob", &stage.password("bob", "copmonkey")).await;
        bob.sees("Use what is known about you for printer?").await;
        bob.presses("Agree").await;
        bob.sees("the beach at dawn").await;
        alice.open(&stage.said("http://copmonkey.localhost:", "/account")).await;
        alice.signs_in("alice", &stage.password("alice", "copmonkey")).await;
        alice.sees("Your account").await;
        alice.follows("Policies").await;
        alice.presses_at("Policy family", "Withdraw").await;
        alice.sees("The policy is withdrawn").await;
        stage.fetches(&bob, "/album/beach.jpg").await;
        bob.sees("Not allowed").await;
        tokio::join!(bob.quit(), alice.quit());
    });
}

#[test]
fn the_printed_command_gets_what_the_story_shares() {
    for story in ["photo-sharing-2.0", "photo-sharing"] {
        let stage = Stage::of(story);
        let browsers = Browsers::start();
        let log = stage.running.log();
        let line = log.lines().find(|line| line.contains("umaverse get")).unwrap();
        let mut command = umaverse();
        command.args(line.split_whitespace().skip(1));
        let folder = tempfile::tempdir().unwrap();
        let mut getting = Running::start(command, folder.path(), "get");
        let here = getting.wait_for("Open this in a browser: ").replace("Open this in a browser: ", "");
        block_on(async {
            let bob = browsers.person().await;
            bob.open(&here).await;
            bob.signs_in("bob", &stage.password("bob", "copmonkey")).await;
            if story == "photo-sharing" {
                // A draft has the client approved first.
                bob.sees("ask for access in your name?").await;
                bob.presses("Approve").await;
            }
            bob.sees("Use what is known about you").await;
            bob.presses("Agree").await;
            getting.wait_for("the beach at dawn");
            bob.quit().await;
        });
        assert_eq!(getting.code(), Some(0), "{}", getting.log());
    }
}

#[test]
fn an_aat_that_came_by_assertion_is_withdrawn_on_the_account_page() {
    let stage = Stage::of("saml-aat-and-pat");
    let browsers = Browsers::start();
    block_on(async {
        let bob = browsers.person().await;
        bob.open(&stage.said("http://copmonkey.localhost:", "/account")).await;
        bob.signs_in("bob", &stage.password("bob", "copmonkey")).await;
        bob.sees("Your account").await;
        bob.follows("Applications").await;
        bob.sees("You were not asked: your identity provider vouches for you.").await;
        bob.looks("application-asserted").await;
        bob.presses_at("Approval of printer", "Withdraw").await;
        bob.sees("There are none.").await;
        bob.quit().await;
    });
}
