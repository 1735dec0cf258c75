//! The permission endpoint (FedAuthz §4; D6 §3.2).
