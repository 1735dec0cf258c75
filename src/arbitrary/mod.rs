//! Strategies that make messages, policies and whole worlds for property tests.

pub mod account;
pub mod answer;
pub mod message;
pub mod owner;
pub mod policy;
pub mod script;
pub mod words;
