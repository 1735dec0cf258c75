//! `WWW-Authenticate` (RFC 9110 §11.6.1): writing and tolerant reading, and the UMA challenge that the revisions build on
//! it (Grant §3.2.1; D5 §3.1.1, §3.1.2; D6 §3.1.1, §3.1.2).

use super::http::HttpResponse;
use super::json::{Members, missing};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Challenge, ChallengeReason, Text, Uri};

/// The `realm` of the challenges that name none of their own.
pub(super) const REALM: &str = "uma";

/// What a revision calls the parameters of a UMA challenge.
pub(super) struct Names {
    /// The one that leads to the authorization server.
    pub(super) as_uri: &'static str,
    /// The error code of a challenge that asks for more authorization data.
    pub(super) insufficient: Option<&'static str>,
}

/// The names that most revisions use.
pub(super) const USUAL: Names = Names { as_uri: "as_uri", insufficient: None };

/// The parameters of one challenge.
pub(super) struct AuthParameters(Vec<(String, String)>);

impl AuthParameters {
    /// The parameters of the challenge of that scheme, if there is one.
    pub(super) fn find(headers: &[(Text, Text)], scheme: &str) -> Option<Self> {
        let fields = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("WWW-Authenticate"));
        fields.map(|(_, value)| value.trim_start()).find_map(|value| {
            let (word, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
            word.eq_ignore_ascii_case(scheme).then(|| Self(pairs(rest)))
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

// D6 §3.1.2: the comma before `error` is missing in the example, so white space parts parameters as well.
fn pairs(mut rest: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let Some((name, after)) = rest.split_once('=') else { return pairs };
        let (value, after) = value(after.trim_start());
        pairs.push((name.trim().to_owned(), value));
        rest = after;
    }
}

fn value(text: &str) -> (String, &str) {
    match text.strip_prefix('"') {
        Some(quoted) => quoted_value(quoted),
        None => {
            let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
            (text[..end].to_owned(), &text[end..])
        }
    }
}

fn quoted_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// A challenge as the value of a header field.
pub(super) fn written(scheme: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut text = scheme.to_owned();
    let mut joint = " ";
    for (name, value) in parameters {
        if let Some(value) = value {
            text.push_str(joint);
            text.push_str(name);
            text.push_str("=\"");
            value.chars().for_each(|c| push_quoted(&mut text, c));
            text.push('"');
            joint = ", ";
        }
    }
    text
}

fn push_quoted(text: &mut String, c: char) {
    match c {
        '"' | '\\' => text.extend(['\\', c]),
        // A line break would end the header field.
        c if c.is_control() => text.push(' '),
        c => text.push(c),
    }
}

/// A UMA challenge as an answer.
pub(super) fn write(names: &Names, challenge: &Challenge) -> HttpResponse {
    let (status, error, ticket) = match &challenge.reason {
        ChallengeReason::RptNeeded => (401, None, None),
        ChallengeReason::TicketGiven(ticket) => (401, None, Some(ticket.expose())),
        ChallengeReason::MoreNeeded(ticket) => (403, Some("insufficient_scope"), Some(ticket.expose())),
        ChallengeReason::AuthorizationDataNeeded(_) => (403, names.insufficient, None),
    };
    let parameters = [
        ("realm", challenge.realm.as_deref()),
        ("host_id", challenge.host_id.as_deref()),
        (names.as_uri, Some(challenge.as_uri.as_str())),
        ("ticket", ticket),
        ("error", error),
    ];
    let response = HttpResponse::new(status).with("WWW-Authenticate", written("UMA", &parameters));
    match &challenge.reason {
        ChallengeReason::AuthorizationDataNeeded(ticket) => {
            let body = Members::default().put("ticket", ticket.expose());
            response.with("Cache-Control", "no-store").json("application/json", &body.into_value())
        }
        ChallengeReason::RptNeeded | ChallengeReason::TicketGiven(_) | ChallengeReason::MoreNeeded(_) => response,
    }
}

/// A UMA challenge whose reason the revision has read.
pub(super) fn read(names: &Names, parameters: &AuthParameters, reason: ChallengeReason) -> Result<Challenge, Kind> {
    Ok(Challenge {
        realm: parameters.get("realm").map(Text::from),
        host_id: parameters.get("host_id").map(Text::from),
        as_uri: Uri::from(parameters.get(names.as_uri).ok_or_else(|| missing(names.as_uri))?),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(value: &str) -> Option<AuthParameters> {
        AuthParameters::find(&[("www-authenticate".into(), value.into())], "UMA")
    }

    #[test]
    fn parameters_are_read_with_and_without_commas_and_quotes() {
        let found = find("uma realm=\"a \\\"b\\\", c\",as_uri=x\n error=\"insufficient_scope\"");
        let get = |name: &str| found.as_ref().and_then(|parameters| parameters.get(name));
        assert_eq!(get("realm"), Some("a \"b\", c"));
        assert_eq!(get("as_uri"), Some("x"));
        assert_eq!(get("error"), Some("insufficient_scope"));
        assert!(find("Bearer realm=\"UMA\"").is_none());
        assert!(find("UMA realm=\"never closed").is_some());
        assert!(find("UMA").is_some());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = written("UMA", &[("realm", Some("a\\\"b")), ("host_id", None), ("as_uri", Some("x y"))]);
        assert_eq!(text, "UMA realm=\"a\\\\\\\"b\", as_uri=\"x y\"");
        let found = find(&text);
        assert_eq!(found.as_ref().and_then(|parameters| parameters.get("realm")), Some("a\\\"b"));
    }
}
