//! What an authorization server does in a second as an HTTP node, beside an empty actix-web handler in the same run:
//! `cargo bench --bench http [-- PART...]`, the parts being `rates`, `million` and, only when it is named, `soak`. `cargo test --bench http` tries all of it in seconds.
//!
//! The server is a process of its own. Where there is `taskset`, it has one core for itself and the load another one, and
//! everything goes over loopback with connections that stay open. Each figure ends as a line `figure http_NAME VALUE UNIT`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark fails loudly and prints")]

mod child;
mod load;
mod rates;
mod requests;
mod server;
#[path = "../support/size.rs"]
mod size;
mod soak;
#[allow(dead_code, reason = "not every benchmark needs everything")]
#[path = "../support/state.rs"]
mod state;

fn main() {
    if let Some(kind) = std::env::var_os(child::KIND) {
        return server::run(kind.to_str().unwrap());
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        println!("load of the machine before: {}", load.trim());
    }
    child::keep_to_core(1);
    let named = |part: &str| wanted.iter().any(|word| word == part);
    if wanted.is_empty() || named("rates") {
        rates::figures();
    }
    if wanted.is_empty() || named("million") {
        rates::beside_a_million();
    }
    if named("soak") || !size::measures() {
        soak::figures();
    }
}

fn figure(name: &str, value: f64, unit: &str) {
    let digits = if value >= 100.0 { 0 } else { 2 };
    println!("{} http_{name} {value:.digits$} {unit}", size::word());
}
