//! What an owner withdraws is taken from tokens at once (Grant §6.1; reading A10).
