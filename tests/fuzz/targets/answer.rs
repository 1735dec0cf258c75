#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| umaverse_fuzz::answer(bytes));
