//! Resource registration (FedAuthz §3; RSR draft-00).
