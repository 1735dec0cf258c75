//! Health and figures of a node, on a listener of their own: `/health/live`, `/health/ready`, `/metrics`; and what its
//! operator registers while it runs: `/people`, `/identity-providers`, `/clients`, where there is a token for that.

mod reading;
mod registry;
mod writing;

use actix_web::dev::ServerHandle;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, get};
use actix_web::{App, HttpResponse, HttpServer};
use std::io;
use std::net::{SocketAddr, TcpListener};
use umaverse::node::figures::Figures;
use umaverse::transport::journal::Realm;
use umaverse::transport::journal::embedded::EmbeddedStore;

pub(crate) use registry::Office;

/// What is told of the node.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) figures: Figures,
    pub(crate) store: EmbeddedStore,
    pub(crate) realm: Realm,
}

/// Starts the listener. Returns where it is, and how it is ended.
pub(crate) fn start(on: SocketAddr, told: Told, office: Option<Office>) -> io::Result<(SocketAddr, ServerHandle)> {
    let listener = TcpListener::bind(on)?;
    let address = listener.local_addr()?;
    let app = move || {
        App::new()
            .app_data(Data::new(told.clone()))
            .route("/health/live", get().to(live))
            .route("/health/ready", get().to(ready))
            .route("/metrics", get().to(metrics))
            .configure(|app| {
                office.iter().for_each(|office| registry::serve(app, office.clone()));
            })
    };
    let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run();
    let handle = server.handle();
    actix_rt::spawn(server);
    Ok((address, handle))
}

async fn live() -> &'static str {
    "live\n"
}

async fn ready(told: Data<Told>) -> HttpResponse {
    match told.figures.is_ready() {
        true => HttpResponse::Ok().body("ready\n"),
        false => HttpResponse::ServiceUnavailable().body("the role is being built anew from its journal\n"),
    }
}

async fn metrics(told: Data<Told>) -> HttpResponse {
    let text = told.figures.to_text(&told.store, &told.realm);
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    HttpResponse::Ok().insert_header((CONTENT_TYPE, media_type)).body(text)
}
