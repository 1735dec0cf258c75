//! Content: what a resource server hands out and a client receives. A role only names it; the bytes stay with the host,
//! on their way between a file and a connection.

use crate::wire::Text;
use actix_files::NamedFile;
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentDisposition, DispositionType, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use std::fmt;
use std::io;
use std::path::PathBuf;

/// A file that a content is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it lies.
    pub path: PathBuf,
    /// Its media type where the name of the file does not say it.
    pub media_type: Option<String>,
    /// True when nobody will ask for it again, so that the file can go.
    pub once: bool,
}

/// Where contents lie, by the name that a role has for them.
pub trait Contents: fmt::Debug + Send + Sync {
    /// The file, if there is one.
    fn find(&self, content: &str) -> Option<Found>;
}

/// Takes what resource servers hand out.
pub trait Inbox {
    /// Something begins to come.
    ///
    /// # Errors
    /// When there is no room for it.
    fn begin(&self, media_type: Option<&str>, length: Option<u64>) -> io::Result<Box<dyn Incoming>>;
}

/// Something that is coming.
pub trait Incoming {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they cannot be kept.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// It is complete. Returns the name by which the role knows it from now on.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn end(self: Box<Self>) -> io::Result<Text>;
}

// A picture is shown and not put among the downloads; a document of somebody else is not shown as one of this origin.
fn shown_if_possible(file: NamedFile) -> NamedFile {
    let media_type = file.content_type();
    let harmless =
        matches!(media_type.type_().as_str(), "image" | "audio" | "video") || media_type.essence_str() == "text/plain";
    if !harmless {
        return file;
    }
    file.set_content_disposition(ContentDisposition { disposition: DispositionType::Inline, parameters: Vec::new() })
}

/// An answer that streams a file, in part where the request asks for a range (RFC 9110 §14).
pub(super) fn stream(found: &Found, request: &actix_web::HttpRequest) -> io::Result<HttpResponse> {
    let mut file = NamedFile::open(&found.path)?;
    if let Some(media_type) = found.media_type.as_deref().and_then(|name| name.parse().ok()) {
        file = shown_if_possible(file.set_content_type(media_type));
    }
    if found.once {
        // An open file stays readable.
        std::fs::remove_file(&found.path)?;
    }
    let mut response = file.into_response(request);
    // Somebody else's bytes: not to be kept by others, nor to act with the rights of this origin.
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
