//! Health and figures of a node, on a listener of their own: `/health/live`, `/health/ready`, `/metrics`.

use actix_web::dev::ServerHandle;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, get};
use actix_web::{App, HttpResponse, HttpServer};
use std::io;
use std::net::{SocketAddr, TcpListener};
use umaverse::node::figures::Figures;
use umaverse::transport::journal::Realm;
use umaverse::transport::journal::embedded::EmbeddedStore;

#[derive(Clone)]
struct Told {
    figures: Figures,
    store: EmbeddedStore,
    realm: Realm,
}

/// Starts the listener. Returns where it is, and how it is ended.
pub(crate) fn start(
    on: SocketAddr,
    figures: Figures,
    store: EmbeddedStore,
    realm: Realm,
) -> io::Result<(SocketAddr, ServerHandle)> {
    let told = Told { figures, store, realm };
    let listener = TcpListener::bind(on)?;
    let address = listener.local_addr()?;
    let app = move || {
        App::new()
            .app_data(Data::new(told.clone()))
            .route("/health/live", get().to(live))
            .route("/health/ready", get().to(ready))
            .route("/metrics", get().to(metrics))
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
