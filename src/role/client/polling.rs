//! Waiting for the owner (Grant §3.3.6 `request_submitted`): the person is told, and the client asks again with the
//! newest ticket after the interval.

use crate::role::client::processes::{POLL, Phase, Process};
use crate::role::client::{Client, FETCH};
use crate::role::{Context, Timer};
use crate::wire::page::Page;
use crate::wire::{Duration, PermissionTicket, Request, Response};

impl Client {
    /// The owner has to decide, and there is a new ticket to ask again with.
    pub(super) fn submitted(
        &mut self,
        cx: &mut Context<'_>,
        mut process: Process,
        ticket: Option<PermissionTicket>,
        interval_secs: Option<u64>,
    ) {
        if self.take_ticket(cx, &mut process, ticket) {
            self.wait_for_owner(cx, process, interval_secs);
        } else {
            self.start_over(cx, process, "the ticket was not rotated");
        }
    }

    /// Tells the person and sets the timer for the next poll.
    pub(super) fn wait_for_owner(&mut self, cx: &mut Context<'_>, mut process: Process, interval_secs: Option<u64>) {
        if process.polls >= self.config.polls_max {
            return self.give_up(cx, process, 202, "the owner has not decided");
        }
        process.polls += 1;
        let page = self.waiting_page(&process);
        self.show(cx, &mut process, Response::Page(page));
        // Grant §3.3.6: not before the interval is over. Where it is absent, the own pause stands in.
        let interval = interval_secs.map_or(self.config.retry_after, Duration::from_secs);
        cx.set_timer(Timer { word: POLL, id: process.id }, interval);
        self.processes.park(process, Phase::Poll);
    }

    fn waiting_page(&self, process: &Process) -> Page {
        let again = Request::Fetch { resource: process.resource.clone(), method: process.method.clone() };
        let again_at = self.config.origin.join(FETCH);
        Page::Waiting { text: "waiting for the owner".into(), again: Box::new(again), again_at }
    }

    /// The interval is over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, id: u64) {
        let Some(process) = self.processes.fired(Timer { word: POLL, id }) else { return };
        self.dialect().ask_again(self, cx, process);
    }
}
