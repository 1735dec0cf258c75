//! Token introspection (FedAuthz §5; D6 §3.3.1).
