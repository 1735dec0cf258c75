//! Issuing RPTs: what an assessment granted becomes a token.
