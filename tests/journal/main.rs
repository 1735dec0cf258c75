//! Journals: what every store promises, what a killed process leaves on the disk, write errors, and files of earlier
//! versions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]
#![allow(clippy::print_stdout, reason = "a child says how far it came")]

mod crash;
mod faults;
mod golden;
mod golden_roles;
mod keeper;
mod long_runs;
mod promises;
mod sample;
mod snapshots;
mod stores;
