//! What `umaverse operate` can be asked for.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse operate --at http://127.0.0.1:7111 --token-file as.operator people list
  umaverse operate --at http://127.0.0.1:7111 --token-file as.operator people add carol --claim email=carol@family.example
  umaverse operate --at http://127.0.0.1:7111 --token-file as.operator people remove carol
  umaverse operate --at http://127.0.0.1:7111 --token-file as.operator identity-providers add https://idp.example \\
    --jwks-uri https://idp.example/keys --audience family-uma
  umaverse operate --at http://127.0.0.1:7111 --token-file as.operator clients add --id printer \\
    --redirect-uri http://printer.localhost:7103/return
  umaverse operate --at http://127.0.0.1:7111 --token-file as.operator clients list --json

--at is `listen` of `[operations]` in the node's file, --token-file its `token-file`. A password is a line on standard
input; the node gets its hash. The secret of a client is shown once. What stands in the node's file is changed there.

Exit codes: 0 done, 1 refused, 2 usage or input.")]
pub(crate) struct Operate {
    #[command(subcommand)]
    pub(crate) register: Register,
    /// Where the node's operations are
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) at: Option<String>,
    /// The file with the operator's token
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// What the node says, as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Send the token over plain HTTP to another machine
    #[arg(long, global = true)]
    pub(crate) insecure: bool,
    /// Trust the certification authorities of this file as well
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) trust: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// The accounts of people
    People {
        #[command(subcommand)]
        does: People,
    },
    /// The identity providers whose ID tokens an authorization server believes
    IdentityProviders {
        #[command(subcommand)]
        does: IdentityProviders,
    },
    /// The clients of an authorization server
    Clients {
        #[command(subcommand)]
        does: Clients,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum People {
    /// List them
    List,
    /// Give somebody an account, or another password, second factor and claims in the place of those before
    Add {
        /// The user name
        name: String,
        /// What the server vouches for, such as email=carol@family.example
        #[arg(long, value_name = "NAME=VALUE")]
        claim: Vec<String>,
        /// Read a second line: what a sign-in with a second factor asks for
        #[arg(long)]
        second_factor: bool,
    },
    /// Remove an account: sessions, approvals, policies and what was granted to the person end
    Remove {
        /// The user name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityProviders {
    /// List them
    List,
    /// Believe one
    Add {
        /// Its issuer
        issuer: String,
        /// Where its keys are, if not where its discovery document says
        #[arg(long, value_name = "URL", conflicts_with = "jwks_file")]
        jwks_uri: Option<String>,
        /// Its keys: a JSON Web Key Set
        #[arg(long, value_name = "FILE")]
        jwks_file: Option<PathBuf>,
        /// A name by which it knows the server, besides its issuer
        #[arg(long, value_name = "NAME")]
        audience: Option<String>,
    },
    /// Believe one no more: what was granted on its word ends
    Remove {
        /// Its issuer
        issuer: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Clients {
    /// List them, also those that registered themselves
    List,
    /// Introduce one; with an --id that was introduced before, in its place and with a new secret
    Add(Introduced),
    /// Remove one, however it came: its tokens end
    Remove {
        /// Its identifier
        id: String,
    },
}

/// What a client is introduced with.
#[derive(Debug, Args)]
pub(crate) struct Introduced {
    /// Its identifier; one is drawn when absent
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// What it is called on consent pages
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Where people are sent back to with a code
    #[arg(long, value_name = "URL")]
    pub(crate) redirect_uri: Vec<String>,
    /// Where people are sent back to with claims
    #[arg(long, value_name = "URL")]
    pub(crate) claims_redirect_uri: Vec<String>,
    /// A scope that it is registered for
    #[arg(long)]
    pub(crate) scope: Vec<String>,
    /// A grant type that it may use; every one on offer when absent
    #[arg(long, value_name = "NAME")]
    pub(crate) grant_type: Vec<String>,
    /// It proves nothing: it gets no secret
    #[arg(long, conflicts_with_all = ["jwks_file", "jwks_uri"])]
    pub(crate) public: bool,
    /// It signs instead of having a secret: a JSON Web Key Set
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks_file: Option<PathBuf>,
    /// The same, and its keys are there
    #[arg(long, value_name = "URL", conflicts_with = "jwks_file")]
    pub(crate) jwks_uri: Option<String>,
}
