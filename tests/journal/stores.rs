//! The stores that keep the promises.

use crate::faults::Faulty;
use crate::promises::{Store, promises};
use crate::sample::scratch;
use std::sync::Arc;
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::journal::{Journal, Realm};

impl Store for MemoryStore {
    fn journal(&self, realm: &Realm) -> Arc<dyn Journal> {
        Arc::new(Self::journal(self, realm))
    }

    fn reopened(self: Box<Self>) -> Option<Box<dyn Store>> {
        None
    }

    fn refuse(&self, refusing: bool) {
        Self::refuse(self, refusing);
    }
}

#[test]
fn the_store_in_memory_keeps_its_promises() {
    promises(&mut || Box::new(MemoryStore::new()));
}

struct OnDisk {
    store: EmbeddedStore,
    faulty: Faulty,
}

impl OnDisk {
    fn open(faulty: Faulty) -> Self {
        Self { store: EmbeddedStore::open_with("test".to_owned(), faulty.opener()).unwrap(), faulty }
    }
}

impl Store for OnDisk {
    fn journal(&self, realm: &Realm) -> Arc<dyn Journal> {
        Arc::new(self.store.journal(realm))
    }

    fn reopened(self: Box<Self>) -> Option<Box<dyn Store>> {
        let Self { store, faulty } = *self;
        drop(store);
        Some(Box::new(Self::open(faulty)))
    }

    fn refuse(&self, refusing: bool) {
        self.faulty.refuse(refusing);
    }
}

#[test]
fn the_embedded_store_keeps_its_promises() {
    let folder = scratch("promises");
    let mut files = (0..).map(|nth| folder.join(format!("{nth}.journal")));
    promises(&mut || Box::new(OnDisk::open(Faulty::new(&files.next().unwrap()))));
}
