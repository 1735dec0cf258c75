//! HTTP around the codec: the front that every server has, over sockets or without, and the client.
//!
//! A front reads and writes bytes and decides nothing about them: what it cannot read reaches the role as well. Alone it
//! refuses only for size, slowness and the number of open exchanges, and while it shuts down.

pub mod client;
pub mod contents;
pub mod front;
pub mod in_process;
pub mod limits;
pub mod listener;
mod message;
mod request_id;
pub mod tls;

pub use client::{Client, Names, NoAnswer};
pub use contents::{Contents, Found, Inbox, Incoming};
pub use front::{Counts, Front, Parcel, Stamps};
pub use in_process::InProcess;
pub use limits::Limits;
pub use listener::Listening;
pub use request_id::REQUEST_ID;
