//! Nodes as processes, each with its files in one folder that is gone afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use umaverse::role::PagesAt;
use umaverse::transport::passwords::hash;
use umaverse::wire::token::Password;
use umaverse::wire::{Text, Uri};

/// How long a process may take to say what it is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The password of everybody everywhere.
pub(crate) const PASSWORD: &str = "a password of everybody";

pub(crate) struct Ecosystem {
    folder: tempfile::TempDir,
    pub(crate) revision: &'static str,
    pub(crate) as_port: u16,
    pub(crate) rs_port: u16,
    pub(crate) photo: Vec<u8>,
}

impl Ecosystem {
    pub(crate) fn new(revision: &'static str) -> Self {
        Self::with_issuer(revision, "")
    }

    /// The same where the issuer has a path.
    pub(crate) fn with_issuer(revision: &'static str, path: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // No text in any encoding, and more than one buffer of anybody.
        let photo: Vec<u8> = (0..3_000_001_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        fs::create_dir(folder.path().join("photos")).unwrap();
        fs::write(folder.path().join("photos/beach.jpg"), &photo).unwrap();
        let ecosystem = Self { folder, revision, as_port: free_port(), rs_port: free_port(), photo };
        ecosystem.write_files(path);
        ecosystem
    }

    fn write_files(&self, issuer_path: &str) {
        let on_file = hash(&Password::new(PASSWORD), [7; 16]).unwrap();
        let node = |name: &str, port: u16, path: &str| {
            format!(
                "[node]\nlisten = \"127.0.0.1:{port}\"\norigin = \"http://{name}.localhost:{port}{path}\"\n\
                 revision = \"{}\"\njournal = \"{name}.journal\"\n",
                self.revision
            )
        };
        let account = |name: &str, claims: &str| {
            format!("[[account]]\nname = \"{name}\"\npassword = \"{on_file}\"\nclaims = {{ {claims} }}\n")
        };
        let server = format!(
            "{}[operations]\nlisten = \"127.0.0.1:{}\"\n[authorization-server]\nrefresh-tokens = true\npcts = true\n\
             poll-interval-secs = 1\n{}{}",
            node("as", self.as_port, issuer_path),
            free_port(),
            account("alice", ""),
            account("bob", "email = \"bob@family.example\"")
        );
        fs::write(self.file("as.toml"), server).unwrap();
        let issuer = format!("http://as.localhost:{}{issuer_path}", self.as_port);
        let server = format!(
            "{}[operations]\nlisten = \"127.0.0.1:{}\"\n{}[resource-server]\nname = \"photos\"\n[[resource-server.folder]]\n\
             path = \"photos\"\nat = \"/photos\"\nowner = \"alice\"\nprotected-by = \"{issuer}\"\n",
            node("rs", self.rs_port, ""),
            free_port(),
            account("alice", "")
        );
        fs::write(self.file("rs.toml"), server).unwrap();
        fs::write(self.file("issuer"), issuer).unwrap();
    }

    /// Adds an identity provider with an account of Bob, which the authorization server trusts. Returns its issuer.
    pub(crate) fn add_identity_provider(&self) -> Uri {
        let port = free_port();
        let issuer = format!("http://idp.localhost:{port}");
        let on_file = hash(&Password::new(PASSWORD), [7; 16]).unwrap();
        let provider = format!(
            "[node]\nlisten = \"127.0.0.1:{port}\"\norigin = \"{issuer}\"\njournal = \"idp.journal\"\n\
             [[account]]\nname = \"bob\"\npassword = \"{on_file}\"\nclaims = {{ email = \"bob@work.example\" }}\n"
        );
        fs::write(self.file("idp.toml"), provider).unwrap();
        let server = fs::read_to_string(self.file("as.toml")).unwrap();
        let trusting = format!("[authorization-server]\ntrusts = [\"{issuer}\"]\n");
        fs::write(self.file("as.toml"), server.replace("[authorization-server]\n", &trusting)).unwrap();
        Uri::new(issuer)
    }

    /// The authorization server serves both revisions; the others go on to speak theirs.
    pub(crate) fn side_by_side(self) -> Self {
        let server = fs::read_to_string(self.file("as.toml")).unwrap();
        let one = format!("revision = \"{}\"\n", self.revision);
        assert!(server.contains(&one));
        fs::write(self.file("as.toml"), server.replace(&one, "revision = [\"1.0.1\", \"2.0\"]\n")).unwrap();
        self
    }

    /// The authorization server has endpoints at these places below its issuer.
    pub(crate) fn place(&self, paths: &[(&str, &str)]) {
        let (below, path) = (self.issuer(), |word: &str| paths.iter().find(|(name, _)| *name == word).unwrap().1);
        let below = below.path().trim_end_matches('/');
        let rows: String = paths.iter().map(|(word, path)| format!("{word} = \"{path}\"\n")).collect();
        self.add("as", &format!("[authorization-server.paths]\n{rows}"));
        fs::write(self.file("pages"), format!("{below}{}\n{below}{}", path("form"), path("account"))).unwrap();
    }

    /// Where people find the pages of servers that have them elsewhere.
    pub(crate) fn pages_at(&self) -> BTreeMap<Text, PagesAt> {
        let Ok(pages) = fs::read_to_string(self.file("pages")) else { return BTreeMap::new() };
        let (form, account) = pages.split_once('\n').unwrap();
        BTreeMap::from([(self.issuer().origin().into(), PagesAt { form: form.into(), account: account.into() })])
    }

    /// Puts tables at the end of a node's file.
    pub(crate) fn add(&self, kind: &str, tables: &str) {
        let file = self.file(&format!("{kind}.toml"));
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, format!("{text}{tables}")).unwrap();
    }

    /// Has the development authority make certificates in `tls`, and goes over to TLS.
    pub(crate) fn make_tls(&self) {
        let made =
            umaverse().arg("dev-ca").arg(self.file("tls")).args(["as.localhost", "rs.localhost"]).output().unwrap();
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        self.over_tls();
    }

    /// Where health and figures of a node are.
    pub(crate) fn operations(&self, kind: &str) -> String {
        let config = fs::read_to_string(self.file(&format!("{kind}.toml"))).unwrap();
        config.split("[operations]\nlisten = \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// From now on over TLS, with the certificates in `tls`.
    pub(crate) fn over_tls(&self) {
        for name in ["as", "rs"] {
            let file = self.file(&format!("{name}.toml"));
            let text = fs::read_to_string(&file).unwrap().replace("http://", "https://");
            let tls =
                format!("[tls]\ncertificate = \"tls/{name}.localhost.pem\"\nkey = \"tls/{name}.localhost.key\"\n");
            fs::write(file, format!("{text}{tls}[trust]\nauthorities = [\"tls/ca.pem\"]\n")).unwrap();
        }
        fs::write(self.file("issuer"), self.issuer().as_str().replace("http://", "https://")).unwrap();
    }

    fn scheme(&self) -> &'static str {
        if self.issuer().is_https() { "https" } else { "http" }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn issuer(&self) -> Uri {
        Uri::new(fs::read_to_string(self.file("issuer")).unwrap())
    }

    pub(crate) fn rs(&self) -> Uri {
        Uri::new(format!("{}://rs.localhost:{}", self.scheme(), self.rs_port))
    }

    pub(crate) fn resource(&self) -> Uri {
        self.rs().join("/photos/beach.jpg")
    }

    pub(crate) fn start(&self, kind: &str) -> Running {
        self.start_with(kind, umaverse(), &["--log-format", "json"])
    }

    /// The same by a command that has its environment already.
    pub(crate) fn start_with(&self, kind: &str, mut command: Command, more: &[&str]) -> Running {
        let config = self.file(&format!("{kind}.toml"));
        command.args(["serve", kind, "--config"]).arg(config).args(more);
        let running = Running::start(command, self.folder.path(), kind);
        running.wait_for("listening on");
        running
    }
}

pub(crate) fn umaverse() -> Command {
    // A test of another package finds it beside itself, in the same target folder.
    let built = std::env::current_exe().unwrap().with_file_name("../umaverse");
    let program = option_env!("CARGO_BIN_EXE_umaverse").map_or(built, PathBuf::from);
    assert!(program.exists(), "{} is not there: `cargo build` makes it", program.display());
    let mut command = Command::new(program);
    command.env_remove("UMAVERSE_LOG").env_remove("RUST_BACKTRACE");
    command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    command
}

/// A process; killed when it is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: mpsc::Receiver<String>,
    log: PathBuf,
}

impl Running {
    /// What it says on either output comes out as lines; all of it is in a file of the folder as well.
    pub(crate) fn start(mut command: Command, folder: &Path, name: &str) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (say, lines) = mpsc::channel();
        let log = folder.join(format!("{name}.log"));
        read_lines(child.stdout.take().unwrap(), say.clone(), None);
        read_lines(child.stderr.take().unwrap(), say, Some(log.clone()));
        Self { child, lines, log }
    }

    /// Waits for a line with a text in it.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            said.push(line);
        }
        panic!("no `{text}`, but\n{}", said.join("\n"))
    }

    /// Waits for its end.
    pub(crate) fn code(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

fn read_lines(from: impl std::io::Read + Send + 'static, say: mpsc::Sender<String>, log: Option<PathBuf>) {
    use std::io::Write;
    let mut log = log.map(|log| fs::OpenOptions::new().create(true).append(true).open(log).unwrap());
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if let Some(log) = &mut log {
                writeln!(log, "{line}").unwrap();
            }
            // Nobody listens any more at the end of a test.
            let _over = say.send(line);
        }
    });
}
