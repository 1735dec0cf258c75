//! `umaverse dev-ca`: a certification authority for development, and certificates by it.

use super::{InputError, Outcome, Verdict, say};
use clap::Args;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  umaverse dev-ca certificates as.localhost rs.localhost 127.0.0.1

Exit codes: 0 fine, 2 usage or input.")]
pub(crate) struct DevCa {
    /// The folder for `ca.pem`, `ca.key`, and a `.pem` and `.key` for each name; an authority that is there is used again
    pub(crate) folder: PathBuf,
    /// Hosts or addresses
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
}

/// `umaverse dev-ca`.
pub(crate) fn dev_ca(command: &DevCa) -> Outcome {
    fs::create_dir_all(&command.folder)?;
    let authority = authority(&command.folder).map_err(refused)?;
    for name in &command.names {
        certificate(&command.folder, name, &authority).map_err(refused)?;
        say(&format!("{}/{name}.pem and {name}.key for {name}", command.folder.display()));
    }
    say(&format!("trust {}/ca.pem, and only for development", command.folder.display()));
    Ok(Verdict::Fine)
}

fn refused(error: impl std::fmt::Display) -> InputError {
    InputError::new(error.to_string())
}

// The same authority as long as its key is there.
fn authority(folder: &Path) -> Result<Issuer<'static, KeyPair>, io::Error> {
    let key_file = folder.join("ca.key");
    let known = key_file.exists();
    let key = match known {
        true => KeyPair::from_pem(&fs::read_to_string(&key_file)?).map_err(io::Error::other)?,
        false => KeyPair::generate().map_err(io::Error::other)?,
    };
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "umaverse development CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    if !known {
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        write_secret(&key_file, &key.serialize_pem())?;
        fs::write(folder.join("ca.pem"), certificate.pem())?;
    }
    Ok(Issuer::new(params, key))
}

fn certificate(folder: &Path, name: &str, authority: &Issuer<'static, KeyPair>) -> Result<(), io::Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if name.is_empty() || name.starts_with('.') || name == "ca" || !name.bytes().all(plain) {
        let expected = "a host such as `as.localhost` or an address such as `127.0.0.1`";
        return Err(io::Error::other(format!("`{name}` is no name for a certificate; expected {expected}")));
    }
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, authority).map_err(io::Error::other)?;
    write_secret(&folder.join(format!("{name}.key")), &key.serialize_pem())?;
    fs::write(folder.join(format!("{name}.pem")), certificate.pem())
}

fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
