//! Strategies that make messages and policies for property tests.

pub mod answer;
pub mod message;
pub mod policy;
pub mod words;
