//! TLS by rustls: the certificate of a node from files, and whom its client trusts. HTTP/1.1 and h2.

use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why files are no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not what it should be.
    #[error("`{}`: {what}; expected {expected}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        what: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Certificate and key cannot be used, or not together.
    #[error("certificate and key cannot be used together: {0}")]
    Pair(rustls::Error),
}

/// What a server shows: its certificates, its own first, and its key, both PEM.
///
/// # Errors
/// When a file is not what it should be, or the key is another certificate's.
pub fn server(certificates: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let chain = read_certificates(certificates)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error, "a private key in PEM"))?;
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let config = builder.map_err(TlsError::Pair)?.with_no_client_auth();
    config.with_single_cert(chain, key).map_err(TlsError::Pair)
}

/// Whom a client trusts: the certification authorities of these PEM files and nobody else.
///
/// # Errors
/// When a file is not what it should be.
pub fn client(authorities: &[PathBuf]) -> Result<Arc<ClientConfig>, TlsError> {
    trusting(RootCertStore::empty(), authorities)
}

/// The same, and whom the machine trusts: the store of its system, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name. What
/// cannot be read there is left out and logged.
///
/// # Errors
/// When a file is not what it should be.
pub fn client_of_system(authorities: &[PathBuf]) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "the certification authorities of the system are not all there");
    }
    let (known, odd) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(known, odd, "certification authorities of the system");
    if known == 0 && authorities.is_empty() {
        tracing::warn!("no certification authority is known: no other server is trusted over TLS");
    }
    trusting(roots, authorities)
}

fn trusting(mut roots: RootCertStore, authorities: &[PathBuf]) -> Result<Arc<ClientConfig>, TlsError> {
    for file in authorities {
        for certificate in read_certificates(file)? {
            roots.add(certificate).map_err(|error| not_good(file, error.to_string(), AUTHORITY))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    Ok(Arc::new(builder.map_err(TlsError::Pair)?.with_root_certificates(roots).with_no_client_auth()))
}

const AUTHORITY: &str = "certificates in PEM";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(file, error, AUTHORITY))?;
    let all: Vec<_> = all.collect::<Result<_, _>>().map_err(|error| unreadable(file, error, AUTHORITY))?;
    if all.is_empty() { Err(not_good(file, "no certificate in it".to_owned(), AUTHORITY)) } else { Ok(all) }
}

fn unreadable(file: &Path, error: pem::Error, expected: &'static str) -> TlsError {
    not_good(file, error.to_string(), expected)
}

fn not_good(file: &Path, what: String, expected: &'static str) -> TlsError {
    TlsError::File { file: file.to_owned(), what, expected }
}
