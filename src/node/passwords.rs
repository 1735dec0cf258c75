//! Checking people's passwords, which takes time on purpose and therefore happens beside the node.

use crate::wire::Text;
use crate::wire::token::Password;
use std::future::Future;
use std::pin::Pin;

/// The outcome of a check.
pub type Checking = Pin<Box<dyn Future<Output = bool>>>;

/// How passwords are checked against what an account has on file.
pub trait Passwords {
    /// True when the password is the one of the verifier.
    fn check(&self, verifier: Text, password: Password) -> Checking;
}

/// Any function of verifier and password, run where it may block.
#[derive(Clone, Copy, Debug)]
pub struct Blocking(pub fn(&str, &Password) -> bool);

impl Passwords for Blocking {
    fn check(&self, verifier: Text, password: Password) -> Checking {
        let check = self.0;
        let checking = actix_web::rt::task::spawn_blocking(move || check(&verifier, &password));
        // A check that panics or is cut off by the end of the program has not succeeded.
        Box::pin(async move { checking.await.unwrap_or(false) })
    }
}
