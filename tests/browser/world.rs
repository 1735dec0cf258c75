//! Four nodes as processes: an authorization server, a resource server with a folder of photos, a client, and an identity
//! provider that knows Bob.

use crate::ecosystem::{PASSWORD, Running, free_port, umaverse};
use std::fs;
use umaverse::transport::passwords::hash;
use umaverse::wire::token::Password;

/// What Bob prints.
pub(crate) const PHOTO: &str = include_str!("../../simulations/nodes/photos/beach.svg");

pub(crate) struct World {
    folder: tempfile::TempDir,
    revision: &'static str,
    ports: Ports,
    running: Vec<Running>,
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
    }
}

struct Ports {
    server: u16,
    photos: u16,
    shop: u16,
    provider: u16,
}

impl World {
    /// Starts the nodes. With `provider`, the authorization server sends people there for claims.
    pub(crate) fn start(revision: &'static str, provider: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = Ports { server: free_port(), photos: free_port(), shop: free_port(), provider: free_port() };
        let mut world = Self { folder, revision, ports, running: Vec::new() };
        world.write(provider);
        for kind in ["as", "rs", "client", "idp"] {
            if provider || kind != "idp" {
                world.run(kind);
            }
        }
        world
    }

    /// What the nodes said, for whoever wants to know why a test failed.
    fn logs(&self) -> String {
        self.running.iter().map(Running::log).collect::<Vec<_>>().join("\n")
    }

    fn run(&mut self, kind: &str) {
        let mut command = umaverse();
        command.args(["serve", kind, "--config"]).arg(self.folder.path().join(format!("{kind}.toml")));
        let running = Running::start(command, self.folder.path(), kind);
        running.wait_for("listening on");
        self.running.push(running);
    }

    fn write(&self, provider: bool) {
        fs::create_dir(self.folder.path().join("photos")).unwrap();
        for name in ["beach.svg", "dunes.svg"] {
            fs::write(self.folder.path().join("photos").join(name), PHOTO).unwrap();
        }
        let on_file = hash(&Password::new(PASSWORD), [7; 16]).unwrap();
        let account = |name: &str, email: &str| {
            format!("[[account]]\nname = \"{name}\"\npassword = \"{on_file}\"\nclaims = {{ email = \"{email}\" }}\n")
        };
        let people = [account("alice", "alice@home.example"), account("bob", "bob@family.example")].concat();
        let from = if provider {
            format!("claims-from = \"{0}\"\ntrusts = [\"{0}\"]\n", self.provider())
        } else {
            String::new()
        };
        let server = format!("[authorization-server]\npoll-interval-secs = 1\n{from}{people}");
        self.file("as", self.ports.server, &server);
        let photos = format!(
            "[resource-server]\nname = \"Photo box\"\n[[resource-server.folder]]\npath = \"photos\"\nat = \"/photos\"\n\
             owner = \"alice\"\nprotected-by = \"{}\"\ntype = \"photo\"\n{}",
            self.server(),
            account("alice", "alice@home.example")
        );
        self.file("rs", self.ports.photos, &photos);
        self.file("client", self.ports.shop, "[client]\nname = \"Print shop\"\n");
        self.file("idp", self.ports.provider, &account("bob", "bob@work.example"));
    }

    fn file(&self, kind: &str, port: u16, rest: &str) {
        let text = format!(
            "[node]\nlisten = \"127.0.0.1:{port}\"\norigin = \"http://{}\"\nrevision = \"{}\"\njournal = \"{kind}.journal\"\n{rest}",
            host(kind, port),
            if kind == "idp" { "2.0" } else { self.revision }
        );
        fs::write(self.folder.path().join(format!("{kind}.toml")), text).unwrap();
    }

    pub(crate) fn server(&self) -> String {
        format!("http://{}", host("as", self.ports.server))
    }

    /// The host of the authorization server, as pages name it.
    pub(crate) fn server_host(&self) -> String {
        host("as", self.ports.server)
    }

    pub(crate) fn photos(&self) -> String {
        format!("http://{}", host("rs", self.ports.photos))
    }

    pub(crate) fn photo(&self, name: &str) -> String {
        format!("{}/photos/{name}", self.photos())
    }

    pub(crate) fn shop(&self) -> String {
        format!("http://{}", host("client", self.ports.shop))
    }

    pub(crate) fn provider(&self) -> String {
        format!("http://{}", host("idp", self.ports.provider))
    }

    pub(crate) fn account(&self, part: &str) -> String {
        format!("{}/account{part}", self.server())
    }
}

// Names under `localhost` are this machine, and keep cookies of different nodes apart.
fn host(kind: &str, port: u16) -> String {
    let name = match kind {
        "as" => "sharing",
        "rs" => "photos",
        "client" => "shop",
        _ => "corporate",
    };
    format!("{name}.localhost:{port}")
}
