//! How much a benchmark does. `cargo bench` calls it with `--bench`; without (`cargo test --benches`) it does next to
//! nothing, which shows that it works and measures nothing.

/// True when this run is to measure.
pub(crate) fn measures() -> bool {
    std::env::args().any(|word| word == "--bench")
}

/// What a measurement takes, or what is enough for a try.
pub(crate) fn sized<T>([measured, tried]: [T; 2]) -> T {
    if measures() { measured } else { tried }
}

/// How the line of a figure begins: what was only tried is none.
pub(crate) fn word() -> &'static str {
    sized(["figure", "tried"])
}
