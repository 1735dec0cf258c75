//! `umaverse policy`: an owner's policies and requests by command. It hosts the machine of every such program on a
//! loopback port to which the owner's browser comes and comes back.

mod arguments;
mod asking;
mod node;
mod words;

pub(crate) use arguments::Policy;

use super::serve::stop_signal;
use super::{InputError, Outcome, Verdict, complain, say};
use node::{Heard, Listener, Prepared};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use umaverse::node::live::LIVE;
use umaverse::node::process::Process;
use umaverse::role::{Act, Input};
use umaverse::trace::note::OwnerSession;
use umaverse::wire::codec::encode_response;
use umaverse::wire::{Answer, OwnerCall, Request, Response, Revision, Uri};

/// How long the end waits for the server.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(15);

/// `umaverse policy`.
pub(crate) fn policy(command: &Policy) -> Outcome {
    let (as_uri, revision) = (node::issuer(command)?, node::revision(command)?);
    let calls = asking::calls(&command.does, revision)?;
    actix::System::new().block_on(async {
        let (listener, heard) = Listener::new();
        let Prepared { setup, origin } = node::prepare(command, &as_uri, revision, listener)?;
        let process = Process::start(setup).map_err(|error| InputError::new(error.to_string()))?;
        let mut asking = Asking { command, as_uri, revision, origin, process: &process, heard };
        let stopped = stop_signal()?;
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(Duration::from_secs(command.wait), asking.all(calls)) => {
                outcome.unwrap_or_else(|_| refused("nobody signed in in time"))
            }
            signal = stopped => refused(&format!("stopped by {signal}")),
        };
        if command.state.is_none() {
            asking.give_token_back().await;
        }
        process.stop().await;
        Ok(outcome)
    })
}

fn refused(why: &str) -> Verdict {
    complain(&format!("refused: {why}"));
    Verdict::Failed
}

struct Asking<'a> {
    command: &'a Policy,
    as_uri: Uri,
    revision: Revision,
    /// The origin of the loopback port.
    origin: Uri,
    process: &'a Process,
    heard: UnboundedReceiver<Heard>,
}

impl Asking<'_> {
    // The first that is refused ends it: what was meant to follow may have rested on it.
    async fn all(&mut self, calls: Vec<OwnerCall>) -> Verdict {
        for call in calls {
            if self.one(call).await == Verdict::Failed {
                return Verdict::Failed;
            }
        }
        Verdict::Fine
    }

    async fn one(&mut self, call: OwnerCall) -> Verdict {
        let mut sent_to_browser = false;
        self.ask(&call);
        loop {
            match self.heard.recv().await {
                Some(Heard::Session(OwnerSession::Needed)) if sent_to_browser => return refused("not signed in"),
                Some(Heard::Session(OwnerSession::Needed)) => {
                    sent_to_browser = true;
                    self.send_to_browser();
                }
                Some(Heard::Session(OwnerSession::SignedIn)) => self.ask(&call),
                Some(Heard::Session(OwnerSession::NotSignedIn { why } | OwnerSession::NoApi { why })) => {
                    return refused(&why);
                }
                // Nobody gives it back before all is asked.
                Some(Heard::Session(OwnerSession::Ended | OwnerSession::NotEnded { .. })) => {}
                Some(Heard::Answered(message)) => match *message {
                    // The machine says next whether a void token is to be got anew.
                    Response::Failure(failure) if failure.status == 401 => {}
                    message => return self.told(call, message),
                },
                Some(Heard::Nothing(why)) => return refused(&why),
                None => return refused("the node has stopped"),
            }
        }
    }

    fn ask(&self, call: &OwnerCall) {
        let act = Act::Manage { as_uri: self.as_uri.clone(), call: call.clone() };
        self.process.live().deliver(LIVE, Input::Act(act));
    }

    // RFC 7009: nobody keeps the token, so nobody shall be able to use it.
    async fn give_token_back(&mut self) {
        self.process.live().deliver(LIVE, Input::Act(Act::SignOut { as_uri: self.as_uri.clone() }));
        let why = tokio::time::timeout(GIVEN_BACK_WITHIN, self.token_given_back()).await;
        if let Err(why) = why.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
            complain(&format!("the token could not be given back and is good until it ends: {why}"));
        }
    }

    async fn token_given_back(&mut self) -> Result<(), String> {
        loop {
            match self.heard.recv().await {
                Some(Heard::Session(OwnerSession::Ended)) => return Ok(()),
                Some(Heard::Session(OwnerSession::NotEnded { why })) => return Err(why.to_string()),
                // What was asked before and is of no more use.
                Some(Heard::Session(_) | Heard::Answered(_) | Heard::Nothing(_)) => {}
                None => return Err("the node has stopped".to_owned()),
            }
        }
    }

    fn send_to_browser(&self) {
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("as_uri", self.as_uri.as_str()).finish();
        let here = format!("{}/connect?{query}", self.origin);
        complain(&format!("Open this in a browser: {here}"));
        if self.command.open
            && let Err(error) = open::that_detached(&here)
        {
            complain(&format!("no browser could be opened: {error}"));
        }
    }

    fn told(&self, call: OwnerCall, message: Response) -> Verdict {
        if !matches!(message, Response::Owner(_)) {
            return refused(&words::refusal(&message));
        }
        let text = match &message {
            Response::Owner(answer) if !self.command.json => words::told(&call, answer),
            _ => String::new(),
        };
        if self.command.json {
            let body = encode_response(self.revision, &Request::Owner(call), &Answer::from(message)).body;
            let body = String::from_utf8_lossy(&body);
            say(if body.is_empty() { "{}" } else { &body });
        } else {
            say(&text);
        }
        Verdict::Fine
    }
}
