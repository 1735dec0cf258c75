//! A front without sockets: the whole actix-web service, called with requests that no connection brought.

use super::message;
use super::{Front, Parcel};
use crate::wire::codec::{HttpRequest, HttpResponse};
use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::{AppConfig, Service, ServiceFactory, ServiceResponse};
use actix_web::http::{Method, Uri};
use actix_web::{App, Error};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use tokio::sync::mpsc;

type Calling = Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, Error>>>>;

/// The service of one front.
#[derive(Clone)]
pub struct InProcess {
    call: Rc<dyn Fn(Request) -> Calling>,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl InProcess {
    /// Builds the service of a front.
    ///
    /// # Errors
    /// When actix-web cannot build it.
    pub async fn new(front: Front) -> io::Result<Self> {
        let app = App::new().configure(|config| front.mount(config));
        let service = app.into_factory().new_service(AppConfig::default()).await;
        let service = service.map_err(|()| io::Error::other("the service of a front cannot be built"))?;
        Ok(Self { call: Rc::new(move |request| Box::pin(service.call(request))) })
    }

    /// Sends a request through the service and waits for the answer.
    ///
    /// # Errors
    /// When HTTP cannot carry the request, or the service fails.
    pub async fn exchange(&self, request: HttpRequest) -> io::Result<HttpResponse> {
        let answered = (self.call)(written(request)?).await.map_err(told)?;
        let (status, headers) = (answered.status().as_u16(), message::fields(answered.headers()));
        let headers = headers.ok_or_else(|| io::Error::other("an answer has a header field that is not text"))?;
        let body = to_bytes(answered.into_body()).await.map_err(told)?;
        Ok(HttpResponse { status, headers, body: body.to_vec() })
    }
}

// Errors of actix-web stay on their thread.
fn told(error: impl fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

fn written(request: HttpRequest) -> io::Result<Request> {
    let uri: Uri = request.uri.as_str().parse().map_err(io::Error::other)?;
    let mut written = Request::with_payload(actix_http::Payload::from(actix_web::web::Bytes::from(request.body)));
    let head = written.head_mut();
    head.method = Method::from_bytes(request.method.as_bytes()).map_err(io::Error::other)?;
    head.uri = uri;
    for (name, value) in &request.headers {
        let (name, value) = message::header(name, value)
            .ok_or_else(|| io::Error::other(format!("HTTP cannot carry the header field `{name}`")))?;
        head.headers.append(name, value);
    }
    Ok(written)
}

/// The service of a front, and the door at which its messages come out.
///
/// # Errors
/// When actix-web cannot build it.
pub async fn with_door(
    front: impl FnOnce(mpsc::UnboundedSender<Parcel>) -> Front,
) -> io::Result<(InProcess, mpsc::UnboundedReceiver<Parcel>)> {
    let (door, parcels) = mpsc::unbounded_channel();
    Ok((InProcess::new(front(door)).await?, parcels))
}
