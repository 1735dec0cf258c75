//! The part of the ledger that follows browser sessions, and what clients keep under them.

use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::short;
use crate::check::ledger::tokens::Session;
use crate::message::NodeId;
use crate::trace::fact::RptObtained;
use crate::trace::{Fact, Record};
use crate::wire::Uri;

impl Ledger {
    pub(super) fn session_fact(&mut self, node: NodeId, fact: &Fact, record: &Record) {
        match fact {
            Fact::SessionOpened { session, person, expires_at } => {
                let entry = Session { server: node, person: person.clone(), expires_at: *expires_at, ended: None };
                self.tokens.sessions.insert(session.short(), entry);
            }
            Fact::SessionEnded { session } => {
                if let Some(session) = self.tokens.sessions.get_mut(&session.short()) {
                    session.ended.get_or_insert(record.step);
                }
            }
            _ => {}
        }
    }

    pub(super) fn rpt_obtained(&mut self, obtained: &RptObtained) {
        let sought_for = self.names.at(&Uri::new(obtained.resource_server.clone()));
        if let Some(rpt) = self.tokens.rpts.get_mut(&short(&obtained.rpt)) {
            rpt.sought_for = sought_for;
            rpt.session = obtained.session.map(|session| session.short());
        }
    }
}
