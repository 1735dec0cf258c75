//! `umaverse operate`: people, identity providers and clients of a node that runs, by its listener for operations.

mod arguments;
mod asking;
mod words;

pub(crate) use arguments::Operate;

use super::config::operator;
use super::get::plan;
use super::{InputError, Outcome, Verdict, complain, say};
use asking::Ask;
use serde_json::Value;
use umaverse::transport::http::client::is_this_machine;
use umaverse::wire::codec::HttpRequest;
use umaverse::wire::{Bearer, Duration, Text, Uri};

const PATIENCE: Duration = Duration::from_secs(30);

/// `umaverse operate`.
pub(crate) fn operate(command: &Operate) -> Outcome {
    let (at, token) = (place(command)?, token(command)?);
    let ask = asking::ask(&command.register)?;
    let client = plan::http_client(&command.trust, true)?;
    let request = request(&at, &token, ask);
    let answered = actix::System::new().block_on(client.exchange(request, PATIENCE));
    match answered {
        Ok(answer) => Ok(told(command, answer.status, &answer.body)),
        Err(why) => Ok(refused(&format!("no answer from {at}: {why}"))),
    }
}

fn refused(why: &str) -> Verdict {
    complain(&format!("refused: {why}"));
    Verdict::Failed
}

fn told(command: &Operate, status: u16, body: &[u8]) -> Verdict {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    if command.json {
        say(&if told.is_null() { "{}".to_owned() } else { told.to_string() });
    }
    match status {
        200..300 if command.json => Verdict::Fine,
        200..300 => {
            say(&words::told(&command.register, &told));
            Verdict::Fine
        }
        404 if told.is_null() => {
            refused("nothing is registered there; expected a node with `token-file` in `[operations]`")
        }
        status => refused(&words::refusal(status, &told)),
    }
}

fn request(at: &Uri, token: &Bearer, ask: Ask) -> HttpRequest {
    let mut headers = vec![(Text::from("Authorization"), Text::from(format!("Bearer {}", token.expose())))];
    if ask.body.is_some() {
        headers.push(("Content-Type".into(), "application/json".into()));
    }
    let body = ask.body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    HttpRequest { method: ask.method.into(), uri: at.join(&ask.path), headers, body }
}

// Whoever reads the token on its way can do everything that the operator can.
fn place(command: &Operate) -> Result<Uri, InputError> {
    let missing = || InputError::new("no node; expected --at URL, such as --at http://127.0.0.1:7111");
    let at = plan::resource(command.at.as_deref().ok_or_else(missing)?)?;
    if !at.is_https() && !is_here(&at) && !command.insecure {
        let expected = "expected https, an address of this machine, or --insecure";
        return Err(InputError::new(format!("`{at}` is another machine over plain HTTP; {expected}")));
    }
    Ok(at)
}

fn is_here(at: &Uri) -> bool {
    match url::Url::parse(at.as_str()).ok().as_ref().and_then(url::Url::host) {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => is_this_machine(name),
        None => false,
    }
}

fn token(command: &Operate) -> Result<Bearer, InputError> {
    let missing = || InputError::new("no token; expected --token-file FILE, as `token-file` in the node's file");
    let file = command.token_file.as_ref().ok_or_else(missing)?;
    operator::read(file).map_err(|error| InputError::new(format!("token file `{}`: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_on_this_machine_or_is_veiled() {
        for (at, here) in [
            ("http://127.0.0.1:7111", true),
            ("http://[::1]:7111", true),
            ("http://as.localhost:7111", true),
            ("http://localhost.example", false),
            ("http://192.0.2.1:7111", false),
        ] {
            assert_eq!(is_here(&Uri::from(at)), here, "{at}");
        }
    }
}
