//! The command line of umaverse.

fn main() {}
