//! What `umaverse get` can be asked for.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse get http://rs.localhost:7102/photos/beach.svg -o beach.svg -v
  umaverse get https://rs.example/report.pdf --claims id-token.jwt > report.pdf
  umaverse get https://rs.example/report.pdf --revision draft-06 --own-credentials
  umaverse get https://rs.example/report.pdf --revision draft-06 --assertion bob.xml

Without a person first, where the revision has that; when somebody is needed, an address is printed to be opened in a
browser (--open opens it). In the old revisions a person approves the client first, unless it has --own-credentials or
an --assertion.

Exit codes: 0 it came, 1 it was refused, 2 usage or input.")]
pub(crate) struct Get {
    /// The resource
    pub(crate) url: String,
    /// Where it goes; standard output otherwise
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show each step
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// The revision that the servers speak
    #[arg(long, default_value = "2.0")]
    pub(crate) revision: String,
    /// The HTTP method
    #[arg(long, default_value = "GET")]
    pub(crate) method: String,
    /// Scopes to ask for beyond the ticket's (2.0)
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// An ID token to push as claims (2.0)
    #[arg(long, value_name = "FILE")]
    pub(crate) claims: Option<PathBuf>,
    /// The identity provider where a person signs in for an ID token to push (2.0)
    #[arg(long, value_name = "ISSUER")]
    pub(crate) push_claims_from: Option<String>,
    /// A SAML assertion about a person by which to get an AAT (drafts, 1.0.1)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["person", "own_credentials"])]
    pub(crate) assertion: Option<PathBuf>,
    /// Send a person at once
    #[arg(long, conflicts_with = "own_credentials")]
    pub(crate) person: bool,
    /// Never send a person
    #[arg(long)]
    pub(crate) own_credentials: bool,
    /// Open the address in a browser
    #[arg(long)]
    pub(crate) open: bool,
    /// The loopback port that browsers come back to
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// The name to register with
    #[arg(long, default_value = "umaverse get")]
    pub(crate) name: String,
    /// Where --client-id is good
    #[arg(long, value_name = "ISSUER", requires = "client_id")]
    pub(crate) authorization_server: Option<String>,
    /// Use these credentials instead of registering
    #[arg(long, value_name = "ID", requires = "authorization_server")]
    pub(crate) client_id: Option<String>,
    /// The secret that goes with them; a public client without
    #[arg(long, value_name = "FILE", requires = "client_id")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Sign with the key of this file instead of showing a secret (private_key_jwt); it is made when absent
    #[arg(long, value_name = "FILE", conflicts_with = "client_secret_file")]
    pub(crate) key: Option<PathBuf>,
    /// Keep registrations and tokens in this file for the next time
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Write DIR/trace-get-PORT.jsonl for `umaverse audit DIR`
    #[arg(long, value_name = "DIR", requires = "trace_key")]
    pub(crate) trace: Option<PathBuf>,
    /// The key that the nodes of the deployment share for their traces
    #[arg(long, value_name = "FILE", requires = "trace")]
    pub(crate) trace_key: Option<PathBuf>,
    /// Trust the certification authorities of this file besides those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
    /// Trust no certification authority of the system
    #[arg(long)]
    pub(crate) no_system_trust: bool,
    /// How long to wait for it, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) wait: u64,
}
