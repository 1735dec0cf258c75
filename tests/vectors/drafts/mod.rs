//! The examples of the two drafts. Most of them stand in both texts but for names and media types: those are written once,
//! with `@name@` where the texts part, and [`Draft`] has what each text writes there.

mod access;
mod configuration;
mod draft05;
mod draft06;
pub(crate) mod planted;
mod planted_registration;
mod refusals;
mod resource_sets;

use crate::support;
use umaverse::wire::codec::Routes;
use umaverse::wire::{Call, DecodeError, Request, Response, Revision};

/// What one text writes where the other writes something else.
struct Draft {
    revision: Revision,
    /// Who is asked in the examples: the first part of the authorization server's name.
    host: &'static str,
    /// What a path calls the resource server.
    rs: &'static str,
    /// What a path calls the client.
    client: &'static str,
    /// A line with the media type of requests where only one text shows it.
    json: &'static str,
    /// The parameter of the challenge.
    as_uri: &'static str,
    /// What else the challenge with a ticket has.
    insufficient: &'static str,
    permission: &'static str,
    rpt_status: &'static str,
    resource_set: &'static str,
    registration_status: &'static str,
    /// The example of the configuration data.
    configuration: fn(),
    /// The example of a resource set description.
    description: fn(),
    /// The example of a scope description.
    scope_description: fn(),
}

impl Draft {
    fn text(&self, example: &str) -> String {
        [
            ("@json@", self.json),
            ("@as_uri@", self.as_uri),
            ("@insufficient@", self.insufficient),
            ("@permission@", self.permission),
            ("@rpt_status@", self.rpt_status),
            ("@resource_set@", self.resource_set),
            ("@registration_status@", self.registration_status),
            ("@host@", self.host),
            ("@rs@", self.rs),
            ("@client@", self.client),
        ]
        .into_iter()
        .fold(example.to_owned(), |text, (name, written)| text.replace(name, written))
    }

    fn request(&self, routes: &Routes, example: &str, call: &Call) {
        support::request(self.revision, routes, &self.text(example), call);
    }

    fn response(&self, asked: &Request, example: &str, message: Response) {
        support::response(self.revision, asked, &self.text(example), message);
    }

    fn read_response(&self, asked: &Request, example: &str) -> Result<Response, DecodeError> {
        support::read_response(self.revision, asked, &self.text(example))
    }
}

/// Tests of examples that both texts have, by the names that the catalogues know them by.
macro_rules! examples {
    ($draft:ident: $(fn $name:ident() = $example:path;)*) => {
        $(#[test] fn $name() { $example(&$draft); })*
    };
}
use examples;
