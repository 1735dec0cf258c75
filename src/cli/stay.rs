//! What a person needs to know to go on with a story by hand: where its servers are, who there is, and what to try.

use super::stories::Loaded;
use umaverse::sim::script::ScriptFile;
use umaverse::sim::world::{Login, logins};
use umaverse::trial::Address;

/// The lines that say it. People and passwords are made up: nothing of a simulation is anybody's secret.
pub(super) fn announcement(loaded: &Loaded, addresses: &[Address]) -> Vec<String> {
    let places = Places { script: &loaded.script, addresses };
    let head = format!("`{}` is over; its servers go on until Ctrl-C, and forget everything then.", loaded.name);
    let titled = |title: &str, lines: Vec<String>| {
        let title = (!lines.is_empty()).then(|| format!("{title}:"));
        title.into_iter().chain(lines.into_iter().map(|line| format!("  {line}"))).collect::<Vec<_>>()
    };
    std::iter::once(head)
        .chain(titled("Pages", places.pages()))
        .chain(titled("People, made up like their passwords", places.people()))
        .chain(titled("What they could do in a browser", places.fetches()))
        .chain(titled("The same without that client", places.commands()))
        .collect()
}

struct Places<'a> {
    script: &'a ScriptFile,
    addresses: &'a [Address],
}

impl Places<'_> {
    fn url(&self, name: &str) -> Option<&str> {
        self.addresses.iter().find(|address| &*address.name == name).map(|address| address.origin.as_str())
    }

    fn page(&self, name: &str, path: &str, what: &str) -> Option<String> {
        Some(format!("{}{path}  {what}", self.url(name)?))
    }

    fn pages(&self) -> Vec<String> {
        let servers = self.script.authorization_servers.iter();
        let servers = servers.map(|table| self.page(table.name.get_ref(), "/account", "what somebody shares, and may"));
        let keepers = self.script.resource_servers.iter();
        let keepers = keepers.map(|table| self.page(table.name.get_ref(), "/connect", "to have resources protected"));
        let clients = self.script.clients.iter();
        let clients = clients.map(|table| self.page(table.name.get_ref(), "/fetch", "to fetch a resource"));
        servers.chain(keepers).chain(clients).flatten().collect()
    }

    fn people(&self) -> Vec<String> {
        let one = |Login { person, server, password, second_factor }: Login| {
            let second =
                second_factor.map(|second| format!("; if a second factor is asked for: `{}`", second.expose()));
            format!("{person}  at {server}: `{}`{}", password.expose(), second.unwrap_or_default())
        };
        logins(self.script).into_iter().map(one).collect()
    }

    fn resources(&self) -> Vec<(String, &str)> {
        let of = |server: &str| self.url(server).map(str::to_owned);
        let servers = self.script.resource_servers.iter();
        let all = servers.flat_map(|server| {
            let at = of(server.name.get_ref()).unwrap_or_default();
            let revision = server.revision.as_ref().unwrap_or(&self.script.revision).get_ref().as_str();
            server.resources.iter().map(move |resource| (format!("{at}{}", resource.path.get_ref()), revision))
        });
        all.collect()
    }

    fn fetches(&self) -> Vec<String> {
        let resources = self.resources();
        let of = |client: &str| {
            let at = self.url(client).unwrap_or_default().to_owned();
            let fetch = move |(resource, _): &(String, &str)| format!("{at}/fetch?resource={resource}&method=GET");
            resources.iter().map(fetch).collect::<Vec<_>>()
        };
        self.script.clients.iter().flat_map(|client| of(client.name.get_ref())).collect()
    }

    fn commands(&self) -> Vec<String> {
        let command =
            |(resource, revision): (String, &str)| format!("umaverse get {resource} --revision {revision} -v");
        self.resources().into_iter().map(command).collect()
    }
}
