//! Authorization assessment (Grant §3.3.4; D6 §3.4.3).
