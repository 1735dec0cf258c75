//! The command line of umaverse.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
