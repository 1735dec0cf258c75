//! `umaverse serve`: one node, one process.

use super::arguments::Serve;
use super::config::{self, Checked, Operations, Plan};
use super::inbox::Folder;
use super::operations::{self, Office, Told};
use super::own_trace::{self, Opening, OwnTrace};
use super::{InputError, Outcome, Verdict, say};
use actix_web::dev::ServerHandle;
use std::rc::Rc;
use std::sync::Arc;
use umaverse::node::figures::{Figures, Observer};
use umaverse::node::orders::Desk;
use umaverse::node::passwords::Blocking;
use umaverse::node::process::{Process, Setup};
use umaverse::node::snapshots::{Done, Keeper};
use umaverse::node::watch::Watch;
use umaverse::role::Role;
use umaverse::transport::crypto::NodeCrypto;
use umaverse::transport::http::{Client, Inbox, Names};
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::{Journal, Realm};
use umaverse::transport::passwords;

/// `umaverse serve`.
pub(crate) fn serve(command: &Serve) -> Outcome {
    let Checked { role, mut plan } = config::load(command.kind, &command.config)?;
    plan.trace.folder = command.trace.clone().or(plan.trace.folder);
    if command.check {
        say(&format!("{}: good for `serve {}`", command.config.display(), command.kind.word()));
        return Ok(Verdict::Fine);
    }
    actix::System::new().block_on(run(role, plan))
}

async fn run(role: Role, mut plan: Plan) -> Outcome {
    let store = EmbeddedStore::open(&plan.journal).map_err(|error| InputError::new(error.to_string()))?;
    let announced = announcement(&plan);
    let insecure = plan.insecure.clone();
    let figures = Figures::default();
    let operations = plan.operations.take();
    let stopped = stop_signal()?;
    let realm = Realm::new(plan.kind.word());
    let trace = open_trace(&role, &mut plan, &store.journal(&realm))?;
    let (blank, policy) = (role.clone(), plan.snapshots);
    let mut setup = setup(role, plan, &store, &figures)?;
    if let Some(trace) = &trace {
        setup.watch = trace.watching(setup.watch);
    }
    let process = Process::start(setup).map_err(|error| InputError::new(error.to_string()))?;
    let counted = figures.clone();
    let told = Box::new(move |done: &Done| counted.snapshot_written(done));
    let keeper = Keeper::start(Box::new(store.journal(&realm)), blank, policy, told)?;
    if let Some(what) = insecure {
        tracing::warn!("insecure: {what}");
        say(&format!("insecure: {what}"));
    }
    let operating = operate(operations, &process, figures, &store, realm)?;
    say(&format!("{announced}, listening on {}", process.address()));
    let signal = stopped.await;
    tracing::info!(signal, "stopping");
    process.stop().await;
    trace.iter().for_each(OwnTrace::ends);
    drop(keeper);
    if let Some(handle) = operating {
        handle.stop(false).await;
    }
    // Whatever waits is written before the file is closed.
    drop(store);
    tracing::info!("stopped");
    Ok(Verdict::Fine)
}

fn operate(
    wanted: Option<Operations>,
    process: &Process,
    figures: Figures,
    store: &EmbeddedStore,
    realm: Realm,
) -> Result<Option<ServerHandle>, InputError> {
    let Some(Operations { listen, operator }) = wanted else { return Ok(None) };
    let office = operator.map(|operator| Office { operator, desk: Desk::open(process.live().clone()) });
    let registers = office.is_some();
    let (address, handle) = operations::start(listen, Told { figures, store: store.clone(), realm }, office)?;
    say(&format!(
        "health and figures at {address}{}",
        if registers { ", registration by the operator as well" } else { "" }
    ));
    Ok(Some(handle))
}

fn announcement(plan: &Plan) -> String {
    let Plan { kind, site, journal, .. } = plan;
    let (word, origin, revision) = (kind.word(), &site.origin, site.revision);
    format!("{word} {origin} speaks {revision}, journal {}", journal.display())
}

fn open_trace(role: &Role, plan: &mut Plan, journal: &dyn Journal) -> Result<Option<OwnTrace>, InputError> {
    let Some(folder) = plan.trace.folder.take() else { return Ok(None) };
    let mut node = own_trace::node(plan.trace.name.clone(), role);
    node.origin = Some(plan.site.origin.clone());
    node.revision = Some(plan.site.revision);
    node.rules_off = plan.rules_off.iter().map(|rule| rule.name().into()).collect();
    node.trusts = std::mem::take(&mut plan.declared.trusts);
    let opening = Opening {
        folder,
        key: plan.trace.key.clone(),
        bytes_max: plan.trace.max_bytes,
        node,
        resources: std::mem::take(&mut plan.declared.resources),
        cache: plan.declared.cache,
        clock_error: plan.trace.clock_error,
    };
    OwnTrace::open(opening, journal).map(Some)
}

fn setup(role: Role, plan: Plan, store: &EmbeddedStore, figures: &Figures) -> Result<Setup, InputError> {
    let inbox = plan.inbox.as_deref().map(|path| Folder::open(path, None)).transpose()?;
    Ok(Setup {
        role,
        rules_off: plan.rules_off,
        site: plan.site,
        listen: plan.listen,
        tls: plan.tls,
        limits: plan.limits,
        stop_within_secs: plan.stop_within_secs,
        journal: Box::new(store.journal(&Realm::new(plan.kind.word()))),
        client: Client::over_tls(Names::new(), plan.trusted),
        peers: plan.peers,
        crypto: Rc::new(NodeCrypto),
        passwords: Rc::new(Blocking(passwords::check)),
        watch: Rc::new(Observer::new(figures.clone())) as Rc<dyn Watch>,
        contents: plan.contents.or_else(|| inbox.clone().map(|folder| Arc::new(folder) as _)),
        inbox: inbox.map(|folder| Rc::new(folder) as Rc<dyn Inbox>),
        counts: Some(Arc::new(figures.clone())),
    })
}

/// Waits for SIGTERM or SIGINT, from now on.
#[cfg(unix)]
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = &'static str>> {
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
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = &'static str>> {
    Ok(async {
        // Without a signal there is nothing to wait for.
        let _no_signal = tokio::signal::ctrl_c().await;
        "Ctrl-C"
    })
}
