//! Where whoever operates a node leaves orders, from any thread, and waits for what comes of them.

use super::live::Live;
use crate::role::operation::{Operation, Report};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long somebody waits for a report.
const PATIENCE: Duration = Duration::from_secs(20);

struct Order {
    operation: Operation,
    tell: oneshot::Sender<Report>,
}

/// See the module. Clones are the same desk.
#[derive(Clone, Debug)]
pub struct Desk {
    orders: mpsc::UnboundedSender<Order>,
}

impl Desk {
    /// Has the node of these surroundings take orders, as long as there is a desk. In its actix system.
    pub fn open(live: Live) -> Self {
        let (orders, mut taken) = mpsc::unbounded_channel();
        actix_rt::spawn(async move {
            while let Some(Order { operation, tell }) = taken.recv().await {
                live.operate(operation, tell);
            }
        });
        Self { orders }
    }

    /// Leaves an order. `None` when the node stopped before it was done or does not answer in time; then it may be done
    /// all the same.
    pub async fn order(&self, operation: Operation) -> Option<Report> {
        let (tell, told) = oneshot::channel();
        self.orders.send(Order { operation, tell }).ok()?;
        tokio::time::timeout(PATIENCE, told).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_at_a_desk_that_nobody_serves() {
        let (orders, taken) = mpsc::unbounded_channel();
        drop(taken);
        let operation = Operation::People(crate::role::operation::OnPeople::List);
        assert_eq!(actix_rt::System::new().block_on(Desk { orders }.order(operation)), None);
    }
}
