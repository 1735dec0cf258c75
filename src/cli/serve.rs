//! `umaverse serve`: one node, one process.

use super::arguments::Serve;
use super::config::{self, Checked, Plan};
use super::inbox::Folder;
use super::operations;
use super::{InputError, Outcome, Verdict, say};
use std::rc::Rc;
use std::sync::Arc;
use umaverse::node::figures::{Figures, Observer};
use umaverse::node::passwords::Blocking;
use umaverse::node::process::{Process, Setup};
use umaverse::role::Role;
use umaverse::transport::crypto::NodeCrypto;
use umaverse::transport::http::{Client, Inbox, Names};
use umaverse::transport::journal::Realm;
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::passwords;

/// `umaverse serve`.
pub(crate) fn serve(command: &Serve) -> Outcome {
    let Checked { role, plan } = config::load(command.kind, &command.config)?;
    if command.check {
        say(&format!("{}: good for `serve {}`", command.config.display(), command.kind.word()));
        return Ok(Verdict::Fine);
    }
    actix::System::new().block_on(run(role, plan))
}

async fn run(role: Role, plan: Plan) -> Outcome {
    let store = EmbeddedStore::open(&plan.journal).map_err(|error| InputError::new(error.to_string()))?;
    let announced = announcement(&plan);
    let insecure = plan.insecure.clone();
    let figures = Figures::default();
    let operations = plan.operations;
    let stopped = stop_signal()?;
    let process =
        Process::start(setup(role, plan, &store, &figures)?).map_err(|error| InputError::new(error.to_string()))?;
    if let Some(what) = insecure {
        tracing::warn!("insecure: {what}");
        say(&format!("insecure: {what}"));
    }
    let operating = operations.map(|on| operations::start(on.listen, figures, store.clone())).transpose()?;
    if let Some((address, _)) = &operating {
        say(&format!("health and figures at {address}"));
    }
    say(&format!("{announced}, listening on {}", process.address()));
    let signal = stopped.await;
    tracing::info!(signal, "stopping");
    process.stop().await;
    if let Some((_, handle)) = operating {
        handle.stop(false).await;
    }
    // Whatever waits is written before the file is closed.
    drop(store);
    tracing::info!("stopped");
    Ok(Verdict::Fine)
}

fn announcement(plan: &Plan) -> String {
    let Plan { kind, site, journal, .. } = plan;
    let (word, origin, revision) = (kind.word(), &site.origin, site.revision);
    format!("{word} {origin} speaks {revision}, journal {}", journal.display())
}

fn setup(role: Role, plan: Plan, store: &EmbeddedStore, figures: &Figures) -> Result<Setup, InputError> {
    let inbox = plan.inbox.as_deref().map(|path| Folder::open(path, None)).transpose()?;
    let client = match plan.trusted {
        Some(tls) => Client::over_tls(Names::new(), tls),
        None => Client::new(Names::new()),
    };
    Ok(Setup {
        role,
        rules_off: plan.rules_off,
        site: plan.site,
        listen: plan.listen,
        tls: plan.tls,
        limits: plan.limits,
        stop_within_secs: plan.stop_within_secs,
        journal: Box::new(store.journal(&Realm::new(plan.kind.word()))),
        client,
        peers: plan.peers,
        crypto: Rc::new(NodeCrypto),
        passwords: Rc::new(Blocking(passwords::check)),
        watch: Rc::new(Observer::new(figures.clone())),
        contents: plan.contents.or_else(|| inbox.clone().map(|folder| Arc::new(folder) as _)),
        inbox: inbox.map(|folder| Rc::new(folder) as Rc<dyn Inbox>),
        counts: Some(Arc::new(figures.clone())),
    })
}

/// Waits for SIGTERM or SIGINT, from now on.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let _runtime = actix_rt::System::current();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = &'static str>> {
    Ok(async {
        // Without a signal there is nothing to wait for.
        let _no_signal = tokio::signal::ctrl_c().await;
        "Ctrl-C"
    })
}
