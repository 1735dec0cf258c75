//! Messages for people: every secret replaced by its reference.
