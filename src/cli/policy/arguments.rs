//! What `umaverse policy` can be asked for.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse policy --as http://as.localhost:7101 resources
  umaverse policy --as http://as.localhost:7101 set family.json --state ~/.umaverse-alice
  umaverse policy --as http://as.localhost:7101 requests --state ~/.umaverse-alice --json
  umaverse policy --as http://as.localhost:7101 approve 8Kx0 --state ~/.umaverse-alice

A policy is JSON, such as
  {\"id\": \"family\", \"all_resources\": true, \"scopes\": [\"view\"],
   \"permit\": {\"any\": [{\"person\": \"bob\", \"issuer\": \"https://idp.example\"}, {\"owner_approves\": true}]}}
The server's own description of it is where its discovery document says (umaverse_openapi_uri).

You sign in in a browser: an address is printed (--open opens it). The token that comes of it is revoked at the end, unless
--state says where to keep it.

Exit codes: 0 done, 1 refused or not signed in, 2 usage or input.")]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) does: Does,
    /// The authorization server: its issuer
    #[arg(long = "as", value_name = "URL", global = true, required = false, default_value = "")]
    pub(crate) authorization_server: String,
    /// The revision that the server speaks
    #[arg(long, default_value = "2.0", global = true)]
    pub(crate) revision: String,
    /// What the server says, as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Open the address in a browser
    #[arg(long, global = true)]
    pub(crate) open: bool,
    /// Keep registration and token in this file, which only you can read, for the next time
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) state: Option<PathBuf>,
    /// The loopback port that browsers come back to
    #[arg(long, global = true)]
    pub(crate) port: Option<u16>,
    /// The public client to be, where the server registers none
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) client_id: Option<String>,
    /// Trust the certification authorities of this file as well
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) trust: Vec<PathBuf>,
    /// Trust no certification authorities but those of --trust
    #[arg(long, requires = "trust", global = true)]
    pub(crate) no_system_trust: bool,
    /// How long to wait for you, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, global = true)]
    pub(crate) wait: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Does {
    /// List your policies
    List,
    /// Show one policy as JSON, to be changed and set again
    Show {
        /// Which
        policy: String,
    },
    /// Set or replace a policy
    Set {
        /// The policy as JSON; `-` for standard input
        file: PathBuf,
        /// Its name, where the file does not say it
        #[arg(long)]
        id: Option<String>,
        /// Only if this is its version still
        #[arg(long, value_name = "VERSION")]
        if_version: Option<String>,
        /// Only if there is none of that name
        #[arg(long, conflicts_with = "if_version")]
        new: bool,
    },
    /// Withdraw a policy, and from tokens what rests on it
    Withdraw {
        /// Which
        policy: String,
        /// Only if this is its version still
        #[arg(long, value_name = "VERSION")]
        if_version: Option<String>,
    },
    /// List the requests that wait for you
    Requests,
    /// Approve requests
    Approve {
        /// Which
        #[arg(required = true)]
        requests: Vec<String>,
    },
    /// Deny requests
    Deny {
        /// Which
        #[arg(required = true)]
        requests: Vec<String>,
    },
    /// List your resources, with the identifiers that policies name
    Resources,
    /// List who has access now
    Shares,
    /// List the clients that you approved
    Clients,
    /// Withdraw the approval of a client
    Disapprove {
        /// Which
        client: String,
    },
    /// List who asked for what, and what they got or why not
    History,
}
